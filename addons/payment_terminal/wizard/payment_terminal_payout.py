from collections import defaultdict
from itertools import accumulate

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..tools import check_user


class PaymentTerminalPayout(models.TransientModel):
    """Reconciles what the bank received in one sum with the days that a network has
    paid out by it, and explains what is missing or too much."""

    _name = "payment.terminal.payout"
    _description = "Payout of a terminal network"

    network_id = fields.Many2one("payment.terminal.network", required=True)
    company_id = fields.Many2one(related="network_id.company_id")
    currency_id = fields.Many2one(related="network_id.currency_id")
    statement_line_id = fields.Many2one(
        "account.bank.statement.line",
        string="Received at the bank",
        domain="[('company_id', '=', company_id), ('is_reconciled', '=', False), "
        "('amount', '>', 0), ('currency_id', '=', currency_id)]",
    )
    amount = fields.Monetary(related="statement_line_id.amount", string="Sum received")
    line_ids = fields.One2many(
        "payment.terminal.payout.line",
        "payout_id",
        string="Open days",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    chosen = fields.Monetary(string="Chosen days", compute="_compute_difference")
    difference = fields.Monetary(
        compute="_compute_difference",
        help="What the bank received less what the chosen days should have brought.",
    )
    explanation = fields.Text(compute="_compute_difference")
    is_fee = fields.Boolean(
        string="The difference is a fee",
        help="It is booked on the account for fees, and the days are settled.",
    )
    fee_account_id = fields.Many2one(
        "account.account",
        compute="_compute_fee_account_id",
        store=True,
        readonly=False,
        string="Fee account",
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        network = self.env["payment.terminal.network"].browse(
            values.get("network_id") or self.env.context.get("active_id")
        )
        if network:
            values["network_id"] = network.id
            line = self._propose_line(network)
            values.setdefault("statement_line_id", line.id)
        return values

    @api.model
    def _propose_line(self, network):
        """Return the bank's line that pays some days exactly; else the oldest one that
        names the network."""
        lines = self.env["account.bank.statement.line"].search(
            Domain("company_id", "=", network.company_id.id)
            & Domain("is_reconciled", "=", False)
            & Domain("amount", ">", 0)
            & Domain("currency_id", "=", network.currency_id.id),
            order="date, id",
            limit=200,
        )
        days = self._get_days(network)
        for line in lines:
            if self._find_run(network, days, line.amount):
                return line
        name = network.name.casefold()
        return lines.filtered(
            lambda line: (
                name in f"{line.payment_ref or ''} {line.partner_name or ''}".casefold()
            )
        )[:1]

    @api.model
    def _get_days(self, network):
        """Return what is open on the clearing account, as ``{day: journal items}``."""
        items = self.env["account.move.line"].search(
            Domain("account_id", "=", network.clearing_account_id.id)
            & Domain("company_id", "=", network.company_id.id)
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("move_id.terminal_network_id", "in", (network.id, False))
            & Domain("currency_id", "=", network.currency_id.id)
        )
        fees = self.env["payment.terminal.registry"].search(
            [("fee_move_id", "in", items.move_id.ids)]
        )
        fee_days = {fee.fee_move_id: fee for fee in fees}
        days = defaultdict(lambda: self.env["account.move.line"])
        for item in items:
            move = item.move_id
            day = move.terminal_business_date
            if move in fee_days:
                if fee_days[move].network_id != network:
                    continue
                day = fee_days[move].date_until
            days[day or item.date] += item
        return dict(sorted(days.items()))

    @api.model
    def _find_run(self, network, days, amount):
        """Return consecutive days that bring an amount exactly; the oldest such."""
        rounding = network.currency_id.rounding
        sums = (
            sum(items.mapped("amount_residual_currency")) for items in days.values()
        )
        places = {}
        for place, total in enumerate((0, *accumulate(sums))):
            first = places.get(round((total - amount) / rounding))
            if first is not None:
                return list(days)[first:place]
            places.setdefault(round(total / rounding), place)
        return []

    @api.model
    def _find_nearest(self, network, days, amount):
        """Return the oldest days, as many as come nearest to an amount."""
        sums = accumulate(
            sum(items.mapped("amount_residual_currency")) for items in days.values()
        )
        distances = [abs(total - amount) for total in sums]
        if not distances:
            return []
        return list(days)[: distances.index(min(distances)) + 1]

    @api.depends("network_id", "statement_line_id")
    def _compute_line_ids(self):
        for payout in self:
            network = payout.network_id
            days = self._get_days(network) if network else {}
            chosen = []
            if payout.statement_line_id:
                amount = payout.statement_line_id.amount
                chosen = self._find_run(network, days, amount) or self._find_nearest(
                    network, days, amount
                )
            payout.line_ids = [Command.clear()] + [
                Command.create(
                    {
                        "day": day,
                        "amount": sum(items.mapped("amount_residual_currency")),
                        "move_line_ids": [Command.set(items.ids)],
                        "is_chosen": day in chosen,
                    }
                )
                for day, items in days.items()
            ]

    @api.depends("network_id")
    def _compute_fee_account_id(self):
        for payout in self:
            payout.fee_account_id = payout.network_id.fee_account_id

    @api.depends("line_ids.is_chosen", "line_ids.amount", "statement_line_id")
    @api.depends_context("lang")
    def _compute_difference(self):
        for payout in self:
            chosen = payout.line_ids.filtered("is_chosen")
            currency = payout.currency_id
            payout.chosen = sum(chosen.mapped("amount"))
            payout.difference = payout.amount - payout.chosen
            is_even = not currency or currency.is_zero(payout.difference)
            payout.explanation = (
                False
                if is_even or not payout.statement_line_id
                else "\n".join(payout._explain(chosen))
            )

    def _explain(self, chosen):
        """Return sentences on what the difference may be made of."""
        currency = self.currency_id
        days = chosen.mapped("day")
        figures = self.env["payment.terminal.day"]
        if days:
            figures = figures.search(
                [("network_id", "=", self.network_id.id), ("day", "in", days)]
            )
        sentences = []
        unbooked = self._get_unbooked_fee(days)
        if unbooked:
            sentences.append(
                self.env._("Fees not booked yet: %s.", currency.format(unbooked))
            )
        lines = self.env["payment.terminal.registry.line"].search(
            [
                ("network_id", "=", self.network_id.id),
                ("business_date", "in", days),
                ("is_open", "=", True),
            ]
        )
        names = dict(lines._fields["status"]._description_selection(self.env))
        for status, some in lines.grouped("status").items():
            sentences.append(
                self.env._(
                    "%(status)s: %(amount)s, payments: %(count)s.",
                    status=names[status],
                    count=len(some),
                    amount=currency.format(sum(some.mapped("difference"))),
                )
            )
        waiting = sum(
            self.env["payment.terminal.transaction"]
            .search(
                [
                    ("network_id", "=", self.network_id.id),
                    ("business_date", "in", days),
                    ("state", "=", "accepted"),
                    ("is_test", "=", False),
                ]
            )
            .mapped("amount")
        )
        if waiting:
            sentences.append(
                self.env._("Payments not booked yet: %s.", currency.format(waiting))
            )
        for line in self.line_ids - chosen:
            if currency.compare_amounts(line.amount, self.difference) == 0:
                sentences.append(
                    self.env._(
                        "%s brings just this: the network has paid it too.",
                        fields.Date.to_string(line.day),
                    )
                )
        for line in chosen:
            if currency.compare_amounts(line.amount, -self.difference) == 0:
                sentences.append(
                    self.env._(
                        "%s brings just this: the network has not paid it yet.",
                        fields.Date.to_string(line.day),
                    )
                )
        missing = [
            fields.Date.to_string(figure.day)
            for figure in figures
            if figure.state == "none"
        ]
        if missing:
            sentences.append(self.env._("No registry came of: %s.", ", ".join(missing)))
        return sentences or [
            self.env._("Nothing we know explains it: ask the network.")
        ]

    def _get_unbooked_fee(self, days):
        registries = self.env["payment.terminal.registry"].search(
            [
                ("network_id", "=", self.network_id.id),
                ("date_until", "in", days),
                ("fee_move_id", "=", False),
                ("state", "in", ("matched", "differs")),
            ]
        )
        return sum(registries.mapped("fee"))

    def action_reconcile(self):
        """Bring the bank's line to the clearing account, and match it with the days."""
        self.ensure_one()
        line = self.statement_line_id
        items = self.line_ids.filtered("is_chosen").move_line_ids
        if not line or not items:
            raise UserError(
                self.env._("Choose what the bank received, and the days it pays.")
            )
        check_user(line)
        line, items = line.sudo(), items.sudo()
        _liquidity, suspense, _others = line._seek_for_lines()
        if line.is_reconciled or len(suspense) != 1:
            raise UserError(self.env._("%s is reconciled already.", line.display_name))
        is_fee = self.is_fee and not self.currency_id.is_zero(self.difference)
        if is_fee and not self.fee_account_id:
            raise UserError(self.env._("Choose the account for fees."))
        commands = self._prepare_counterpart(suspense, is_fee)
        before = line.line_ids
        line.move_id.with_context(skip_readonly_check=True).write(
            {"line_ids": commands}
        )
        account = self.network_id.clearing_account_id
        counterpart = (line.line_ids - (before - suspense)).filtered(
            lambda item: item.account_id == account
        )
        (counterpart + items).reconcile()
        self.env["payment.terminal.file.line"].sudo().search(
            [("statement_line_id", "=", line.id), ("state", "=", "suspense")]
        )._note_reconciled()
        return line.move_id._get_records_action(name=line.display_name)

    def _prepare_counterpart(self, suspense, is_fee):
        """Return the commands that put the bank's line on the clearing account: with a
        fee, the whole of the days there and the fee beside it."""
        currency, home = suspense.currency_id, suspense.company_currency_id
        name = self.env._("%s, payout", self.network_id.name)
        clearing = {
            "account_id": self.network_id.clearing_account_id.id,
            "name": name,
            "partner_id": False,
        }
        if not is_fee:
            return [Command.update(suspense.id, clearing)]
        rate = suspense.balance / suspense.amount_currency
        fee = self.difference
        balance = home.round(fee * rate)
        return [
            Command.update(
                suspense.id,
                {
                    **clearing,
                    "amount_currency": suspense.amount_currency + fee,
                    "balance": suspense.balance + balance,
                },
            ),
            Command.create(
                {
                    "account_id": self.fee_account_id.id,
                    "name": self.env._("%s, fees", self.network_id.name),
                    "currency_id": currency.id,
                    "amount_currency": -fee,
                    "balance": -balance,
                }
            ),
        ]


class PaymentTerminalPayoutLine(models.TransientModel):
    """A day that is open on the clearing account."""

    _name = "payment.terminal.payout.line"
    _description = "Day of a payout"
    _order = "day, id"

    payout_id = fields.Many2one(
        "payment.terminal.payout", required=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="payout_id.currency_id")
    day = fields.Date(readonly=True)
    amount = fields.Monetary(string="Open", readonly=True)
    move_line_ids = fields.Many2many(
        "account.move.line", string="Journal items", readonly=True
    )
    is_chosen = fields.Boolean(string="Paid by it")

from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.receivables_base.tools import AS_IT_IS, PLAIN

from .jobs import NOT_BOOKED

TO_ASSIGN = "payment_terminal.mail_activity_type_assign"


class PaymentTerminalTransaction(models.Model):
    """Books payments: one entry for each network, business day and batch."""

    _inherit = "payment.terminal.transaction"

    line_ids = fields.One2many(
        "account.move.line",
        "terminal_transaction_id",
        string="Journal items",
        readonly=True,
        help="Where the money was booked, and where it was moved on from there.",
    )
    move_id = fields.Many2one(
        "account.move",
        string="Journal entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The network's entry of the day, in which it came into the books.",
    )
    archive_id = fields.Many2one(
        "payment.terminal.archive",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="payment_terminal.payment_terminal_group_manager",
        help="In whose file it is.",
    )
    reversal_move_id = fields.Many2one(
        "account.move",
        string="Reversal",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    invoice_ids = fields.Many2many(
        "account.move",
        string="Invoices paid",
        compute="_compute_invoice_ids",
        help="What it was matched with.",
    )
    invoice_count = fields.Integer("Invoice count", compute="_compute_invoice_ids")
    credit = fields.Monetary(
        compute="_compute_credit",
        store=True,
        help="Not needed for invoices yet: it pays the customer's next one.",
    )

    _credit_idx = models.Index("(partner_id) WHERE credit > 0")

    @api.depends("line_ids.matched_debit_ids")
    def _compute_invoice_ids(self):
        for payment in self:
            partials = payment.line_ids.matched_debit_ids
            payment.invoice_ids = partials.debit_move_id.move_id.filtered(
                lambda move: move.is_invoice(include_receipts=True)
            )
            payment.invoice_count = len(payment.invoice_ids)

    @api.depends("line_ids.amount_residual_currency", "line_ids.account_type")
    def _compute_credit(self):
        for payment in self:
            payment.credit = sum(
                payment._express(line, -line.amount_residual)
                if line.currency_id != payment.currency_id
                else -line.amount_residual_currency
                for line in payment.line_ids
                if line.account_type == "asset_receivable" and line.amount_residual < 0
            )

    def _express(self, line, balance):
        """Return a balance of a journal item in the payment's currency."""
        return line.company_currency_id._convert(
            balance, self.currency_id, line.company_id, line.date
        )

    def _book(self):
        """Book payments of a network and a business day in one entry."""
        network = self.network_id
        day = self[:1].business_date
        if self._is_hindered(day):
            return
        payments = self.with_company(network.company_id)
        date = network._get_accounting_date(day)
        allocation = self._read_open_items(payments.partner_id, network, date)
        shares = payments._share_out(
            allocation, {payment: payment.amount for payment in payments}
        )
        accounts = {
            payment: payment._choose_account(payment.partner_id, shares[payment])
            for payment in payments
        }
        rows = [
            payment._prepare_line(
                account or network.suspense_account_id, -payment.amount, date
            )
            for payment, account in accounts.items()
        ]
        reference = self.env._(
            "%(network)s, payments of %(day)s", network=network.name, day=day
        )
        move = payments._write_entry(rows, date, reference, sum(self.mapped("amount")))
        payments.move_id = move
        known = payments.filtered(accounts.get)
        known._set_state("booked")
        unknown = payments - known
        unknown._set_state("suspense")
        network._settle(NOT_BOOKED)
        payments._forget()
        lines = zip(payments, move.line_ids.sorted("id"), strict=False)
        self._carry_out(
            allocation,
            network,
            date,
            [(line, shares[payment]) for payment, line in lines if payment in known],
        )
        if unknown:
            unknown._remind(TO_ASSIGN)

    def _is_hindered(self, day):
        """Whether payments of a network cannot be booked on a day; then they wait, and
        somebody is told."""
        obstacle = self.network_id._get_booking_obstacle(day)
        if obstacle:
            self._park(obstacle)
            self.network_id._remind(NOT_BOOKED, obstacle, renew=True)
        return bool(obstacle)

    def _prepare_line(self, account, amount, date, balance=None):
        """Return the values of a payment's journal item.

        :param float amount: in the payment's currency, negative on the credit side
        :param float balance: the same in the company's currency; that of the day when
            it is not given
        """
        company = self.company_id
        if balance is None:
            balance = self.currency_id._convert(
                amount, company.currency_id, company, date
            )
        return {
            "account_id": account.id,
            "partner_id": self.partner_id.id,
            "terminal_transaction_id": self.id,
            "name": " ".join(filter(None, (self.account_number, self.txn_id))),
            "currency_id": self.currency_id.id,
            "amount_currency": amount,
            "balance": balance,
            "date_maturity": date,
        }

    def _write_entry(self, rows, date, reference, amount):
        """Post an entry of payments of a network and a day, whose other side is the
        network's clearing account.

        :param float amount: on the clearing account, in the network's currency
        """
        network = self.network_id
        day = self[:1].business_date
        currency = network.company_id.currency_id
        balance = currency.round(-sum(row["balance"] for row in rows))
        clearing = {
            "account_id": network.clearing_account_id.id,
            "name": f"{network.name} {fields.Date.to_string(day)}",
            "currency_id": network.currency_id.id,
            "amount_currency": network.currency_id.round(amount),
            "balance": balance,
            "partner_id": False,
        }
        move = self._post_entry(
            {
                "journal_id": network.journal_id.id,
                "date": date,
                "ref": reference,
                "currency_id": network.currency_id.id,
                "terminal_network_id": network.id,
                "terminal_business_date": day,
            },
            [*rows, clearing],
        )
        move.terminal_clearing_line_id = move.line_ids.sorted("id")[-1]
        return move

    @api.model
    def _with_old_accounts(self):
        """Book what is still open on an account that has been archived since."""
        return self.with_context(skip_account_deprecation_check=True)

    def _post_entry(self, values, rows):
        """Write an entry as it is meant, and post it; its journal items have ids in the
        order of ``rows``."""
        writer = self.env["account.move"].with_context(**AS_IT_IS)
        move = writer.create(
            {
                "move_type": "entry",
                "line_ids": [Command.create({**PLAIN, **row}) for row in rows],
                **values,
            }
        )
        move = self.env["account.move"].browse(move.id)
        move._post(soft=False)
        return move

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import LazyTranslate, formatLang

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)

BANK_LINES = 20


class CollectionSettlement(models.Model):
    """How a settlement meets the bank statement line that brought its money."""

    _inherit = "collection.settlement"

    bank_line_ids = fields.Many2many(
        "account.bank.statement.line",
        string="Bank transactions",
        compute="_compute_bank_line_ids",
    )

    @api.depends("clearing_item_id.matched_credit_ids")
    def _compute_bank_line_ids(self):
        for settlement in self:
            partials = settlement.clearing_item_id.matched_credit_ids
            settlement.bank_line_ids = partials.credit_move_id.move_id.statement_line_id

    def _follow_bank(self):
        """Take over whether the clearing account's item is settled, by whatever way."""
        for settlement in self.sudo():
            if settlement.clearing_item_id.reconciled:
                settlement._set_state("matched", reason=False)
            elif settlement.state == "matched":
                settlement._set_state("booked")

    def _find_bank_line(self):
        """Match with a transaction that has come already, where only one is meant."""
        self.ensure_one()
        lines = self._get_bank_candidates()
        meant = lines.filtered(lambda line: self._is_meant(line))
        if len(meant) != 1 or meant._get_meant_settlements() != self:
            return
        try:
            with self.env.cr.savepoint():
                self._match_bank(meant)
        except UserError as error:  # such as a locked period: it is booked all the same
            self.reason = Sentence.store(error)
            self._tell(Sentence.store(error))

    def _get_bank_candidates(self, limit=BANK_LINES):
        """Return transactions in which the money may have come, likeliest first."""
        lines = self.env["account.bank.statement.line"]
        total = sum(self.mapped("total"))
        found = lines.search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("is_reconciled", "=", False)
            & Domain("amount", ">", 0)
            & Domain("move_id.state", "=", "posted")
            & Domain("date", ">=", fields.Date.add(min(self.mapped("date")), days=-5)),
            order="date desc, id desc",
            limit=limit * 10,
        )
        return found.sorted(
            lambda line: (
                self.currency_id.compare_amounts(line._get_collection_amount(), total)
                != 0,
                not self._is_from_payer(line),
            )
        )[:limit]

    def _is_from_payer(self, line):
        """Whether the agency made a transaction. The number of an invoice proves
        nothing: its debtor pays with it too."""
        return self.agency_id._is_payer(line) or any(
            settlement.kind == "daily_batch" and settlement._is_named(line)
            for settlement in self
        )

    def _is_named(self, line):
        reference = (self.bank_reference or "").strip()
        return len(reference) > 3 and reference in (line.payment_ref or "")

    def _is_meant(self, line):
        """Whether a transaction is this payout, as far as a program can tell."""
        return (
            line._get_collection_currency() == self.currency_id
            and not self.currency_id.compare_amounts(
                line._get_collection_amount(), self.total
            )
            and self._is_from_payer(line)
        )

    def _match_bank(self, line):
        """Match settlements with the transaction that brought their money.

        :raise UserError: they do not make its amount
        """
        currency = self.currency_id
        total, amount = sum(self.mapped("total")), line._get_collection_amount()
        if len(currency) != 1 or line._get_collection_currency() != currency:
            raise UserError(
                self.env._("The transaction and the settlements differ in currency.")
            )
        if currency.compare_amounts(total, amount):
            raise UserError(
                self.env._(
                    "The bank tells %(amount)s, and the settlements make %(total)s: "
                    "%(difference)s apart. Choose others, or ask the agency.",
                    amount=self[:1]._format(amount),
                    total=self[:1]._format(total),
                    difference=self[:1]._format(amount - total),
                )
            )
        _liquidity, suspense, _other = line._seek_for_lines()
        items = self.clearing_item_id.filtered(lambda item: not item.reconciled)
        if not suspense or not items:
            raise UserError(self.env._("The transaction is matched already."))
        suspense.write(
            {
                "account_id": items.account_id[:1].id,
                "partner_id": items.partner_id[:1].id,
            }
        )
        (suspense + items).reconcile()

    def _explain_bank(self, line):
        """The agency's money has come, and it is another amount than was told."""
        self.ensure_one()
        sentence = _lt(
            "The bank tells %(amount)s of %(date)s for settlement %(number)s, which "
            "pays out %(total)s. It is not matched; ask the agency.",
            amount=self._format(line._get_collection_amount()),
            date=line.date,
            number=self.name,
            total=self._format(self.total),
        )
        self.reason = Sentence.store(sentence)
        self._tell(sentence)

    def action_match_bank(self):
        """Choose the transaction in which the money came."""
        self._check_user()
        if any(settlement.state != "booked" for settlement in self):
            raise UserError(
                self.env._("Only what is booked and not matched yet can be matched.")
            )
        if len(self.agency_id) != 1 or len(self.currency_id) != 1:
            raise UserError(
                self.env._("Choose settlements of one agency and in one currency.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Match with the bank"),
            "res_model": "collection.bank.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_settlement_ids": self.ids},
        }


class AccountBankStatementLine(models.Model):
    """A payout of an agency is known by its payer, account or reference."""

    _inherit = "account.bank.statement.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        lines = super().create(vals_list)
        lines._match_collection_settlements()
        return lines

    @api.depends_context("collection_bank")
    def _compute_display_name(self):
        # EXTENDS 'account': what tells transactions apart when one is chosen
        super()._compute_display_name()
        if not self.env.context.get("collection_bank"):
            return
        for line in self:
            amount = formatLang(
                self.env,
                line._get_collection_amount(),
                currency_obj=line._get_collection_currency(),
            )
            parts = (
                fields.Date.to_string(line.date),
                amount,
                line.partner_name or line.partner_id.name,
                line.payment_ref,
            )
            line.display_name = " · ".join(filter(None, parts))

    def _get_collection_currency(self):
        return self.foreign_currency_id or self.currency_id

    def _get_collection_amount(self):
        return self.amount_currency if self.foreign_currency_id else self.amount

    def _match_collection_settlements(self):
        """Match what agencies paid out, where only one settlement is meant."""
        waiting = self.env["collection.settlement"].sudo()
        if not waiting.search_count(
            [("company_id", "in", self.company_id.ids), ("state", "=", "booked")],
            limit=1,
        ):
            return
        for line in self.sudo().filtered(lambda line: line.amount > 0):
            meant = line._get_meant_settlements()
            if len(meant) != 1:
                continue
            line = line.with_company(line.company_id)
            try:
                if meant._is_meant(line):
                    with self.env.cr.savepoint():
                        meant._match_bank(line)
                else:
                    meant._explain_bank(line)
            except UserError as error:
                meant._tell(Sentence.store(error))

    def _get_meant_settlements(self):
        """Return the booked settlements that a transaction may pay: of the same amount
        and from the same payer, else those that its text names."""
        self.ensure_one()
        waiting = (
            self.env["collection.settlement"]
            .sudo()
            .search([("company_id", "=", self.company_id.id), ("state", "=", "booked")])
        )
        meant = waiting.filtered(lambda settlement: settlement._is_meant(self))
        named = (meant or waiting).filtered(
            lambda settlement: (
                settlement._is_named(self) and settlement._is_from_payer(self)
            )
        )
        return named or meant

import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import LazyTranslate, float_repr, formatLang

from odoo.addons.receivables_base.tools import NO_RECORDS_FAULT, Sentence

from .settlement import TO_CHECK

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
                if not settlement.has_conflict:
                    settlement._settle(TO_CHECK)
            elif settlement.state == "matched":
                settlement._set_state("booked")

    def _find_bank_line(self):
        """Match with a transaction that has come already, where only one is meant."""
        self.ensure_one()
        lines = self._get_bank_candidates()
        meant = lines.filtered(lambda line: self._is_meant(line))
        if len(meant) != 1:
            return
        waiting = Waiting(self._get_waiting(self.company_id))
        if waiting.find(meant) == self:
            self._follow_transaction(meant)

    @api.model
    def _get_waiting(self, company):
        """Return the settlements of a company whose money is waited for."""
        return self.search([("company_id", "=", company.id), ("state", "=", "booked")])

    def _follow_transaction(self, line):
        """Match with the transaction that is meant, or say what differs. Whatever goes
        wrong stops neither a booking nor a bank statement."""
        try:
            with self.env.cr.savepoint():
                if self._is_meant(line):
                    self._match_bank(line)
                else:
                    self._explain_bank(line)
        except NO_RECORDS_FAULT:
            raise
        except Exception as fault:  # such as a locked period
            self.reason = self._explain(fault)
            self._tell(self.reason)

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
        """Whether the agency made a transaction. A reference counts only where the bank
        tells nothing of the payer, since anybody may write one."""
        if self.agency_id._is_payer(line):
            return True
        is_told = line.partner_id or line.partner_name or line.account_number
        return not is_told and any(settlement._is_proven(line) for settlement in self)

    def _is_proven(self, line):
        """Whether a transaction carries the reference of a daily batch, which debtors
        do not know."""
        if self.kind != "daily_batch" or not self._is_named(line):
            return False
        cases = self.line_ids.case_id
        known = cases.mapped("reference") + cases.mapped("name")
        for name in ("name", "payment_reference"):
            known += cases.move_id.mapped(name)
        return self._get_reference() not in known

    def _is_named(self, line):
        """Whether a transaction carries the reference, which for a single payment is
        the number of an invoice."""
        reference = self._get_reference()
        if len(reference) < 4 or reference not in (line.payment_ref or ""):
            return False
        pattern = rf"(?<!\w){re.escape(reference)}(?!\w)"
        return bool(re.search(pattern, line.payment_ref))

    def _get_reference(self):
        return (self.bank_reference or "").strip()

    def _get_amount_key(self):
        return self.currency_id, float_repr(self.total, self.currency_id.decimal_places)

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

    def _get_collection_amount_key(self):
        currency = self._get_collection_currency()
        amount = self._get_collection_amount()
        return currency, float_repr(amount, currency.decimal_places)

    def _match_collection_settlements(self):
        """Match what agencies paid out, where only one settlement is meant."""
        paid = self.sudo().filtered(lambda line: line.amount > 0)
        settlements = self.env["collection.settlement"].sudo()
        for company, lines in paid.grouped("company_id").items():
            booked = settlements.with_company(company)._get_waiting(company)
            if not booked:
                continue
            waiting = Waiting(booked)
            for line in lines.with_company(company):
                meant = waiting.find(line)
                if len(meant) == 1:
                    meant._follow_transaction(line)


class Waiting:
    """Settlements that wait for their money, made ready to be looked up for any number
    of transactions."""

    def __init__(self, settlements):
        """Sort them by amount, and those that can be named by their references."""
        self.by_amount = settlements.grouped(lambda one: one._get_amount_key())
        self.references = [
            (reference, one)
            for one in settlements
            if (reference := one._get_reference())
        ]
        self.none = settlements.browse()

    def find(self, line):
        """Return the settlements that a transaction may pay: of the same amount and
        from the same payer, else those that its text names."""
        same = self.by_amount.get(line._get_collection_amount_key(), self.none)
        meant = same.filtered(lambda one: one.state == "booked" and one._is_meant(line))
        text = line.payment_ref or ""
        named = self.none.union(
            *(
                one
                for reference, one in self.references
                if reference in text
                and one.state == "booked"
                and one._is_named(line)
                and one._is_from_payer(line)
            )
        )
        return (meant & named or meant) if meant else named

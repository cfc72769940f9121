from odoo import api, fields, models
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

PAYER = "mail_activity_type_payer"


class CollectionCase(models.Model):
    """Who has paid what is matched with the invoice: its debtor, or the agency that had
    collected it. The one is told to the agency, the other never."""

    _inherit = "collection.case"

    doubtful_amount = fields.Monetary(
        string="Paid by whom?",
        readonly=True,
        help="Matched with the invoice, and nobody knows whether the agency paid it "
        "out or the customer paid it directly. The agency is told nothing of it "
        "meanwhile.",
    )

    @api.model
    def _get_payer(self, partial):
        """Return ``agency`` or ``debtor`` where a settlement, a person or the bank's
        word for the payer says who has paid, else nothing."""
        move = partial.credit_move_id.move_id
        if move.collection_settlement_id:
            return "agency"
        payer = move.origin_payment_id.collection_payer or move.collection_payer
        if payer:
            return payer
        bank = move.statement_line_id
        agency = self.agency_id
        return "agency" if bank and agency._is_payer(bank) else ""

    def _is_agency_named(self, partial):
        """Whether what was written with a payment speaks of the agency: that proves
        nothing, and is asked about."""
        move = partial.credit_move_id.move_id
        texts = {
            move.statement_line_id.payment_ref,
            move.ref,
            partial.credit_move_id.name,
        }
        return self.agency_id._is_mentioned(" ".join(filter(None, texts)))

    def _get_awaited(self):
        """Return the capital that the agency has collected and not paid out, as a
        ``Decimal``; what we told it of is no part of it."""
        self.ensure_one()
        awaited = self._get_collected() - self._get_paid_out()
        return max(awaited, 0) if self.capital_owed else 0

    def _get_paid_out(self):
        """Return what the agency has paid of the invoice, as a ``Decimal``."""
        return sum(map(self._get_amount, self._get_payouts()))

    def _get_payouts(self):
        return self._get_matchings().filtered(
            lambda partial: self._get_payer(partial) == "agency"
        )

    def _get_typed_payouts(self):
        """Return those that did not come from a settlement."""
        return self._get_payouts().filtered(
            lambda partial: not partial.credit_move_id.move_id.collection_settlement_id
        )

    def _ask_about_payer(self, doubtful):
        """Ask the person responsible who has paid; nothing where it is known."""
        amount = sum(map(self._get_amount, doubtful))
        self.doubtful_amount = float(amount)
        if not doubtful:
            self._settle(f"collection_partner.{PAYER}")
            return
        self._tell(
            _lt(
                "%(amount)s is matched with %(invoice)s (%(number)s). The agency has "
                "collected as much, or the text names it. Is it the agency's payout, "
                "or has the customer paid directly? The agency is told nothing until "
                "you say.",
                amount=self._format(amount),
                invoice=self.move_id.name,
                number=", ".join(doubtful.credit_move_id.move_id.mapped("name")),
            ),
            PAYER,
            renew=True,
        )

    def _get_doubtful(self):
        """Return what is matched with the invoice by nobody knows whom."""
        known, told = set(self.known_matchings or ()), self._get_told_money()
        return self._get_matchings().filtered(
            lambda partial: (
                not self._get_payer(partial)
                and self._get_kind_of_money(partial) == "payment"
                and partial.id not in known
                and self._get_reference(partial) not in told
            )
        )

    def action_paid_by_agency(self):
        """What is in doubt was paid out by the agency."""
        return self._answer_payer("agency")

    def action_paid_by_debtor(self):
        """What is in doubt was paid by the customer directly; the agency is told."""
        return self._answer_payer("debtor")

    def _answer_payer(self, payer):
        self._check_user()
        for case in self.sudo().filtered("doubtful_amount"):
            moves = case._get_doubtful().credit_move_id.move_id
            moves.origin_payment_id.collection_payer = payer
            (moves - moves.origin_payment_id.move_id).collection_payer = payer
            case.doubtful_amount = 0
            case._settle(f"collection_partner.{PAYER}")
            case._note_money()
        return True

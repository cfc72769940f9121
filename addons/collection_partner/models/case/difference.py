from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate, formatLang

_lt = LazyTranslate(__name__)

# Steps against the debtor: not taken without a question for more than is owed.
AGAINST_DEBTOR = ("approve", "resume", "undispute", "reopen")
OWED = "mail_activity_type_owed"


class CollectionCase(models.Model):
    """What the two sides think is open: never silently different."""

    _inherit = "collection.case"

    has_other_currency = fields.Boolean(
        "Has other currency",
        readonly=True,
        help="The agency keeps the case in another currency than the invoice; its "
        "balance is not taken over.",
    )
    differs = fields.Boolean(
        compute="_compute_difference",
        store=True,
        help="The agency and the invoice do not tell the same open amount.",
    )
    capital_owed = fields.Monetary(
        string="Owed to us",
        compute="_compute_difference",
        store=True,
        help="What the debtor has paid the agency and the invoice has not got yet.",
    )
    capital_owed_company = fields.Monetary(
        string="Owed to us in company currency",
        compute="_compute_difference",
        store=True,
        currency_field="company_currency_id",
    )
    capital_excess = fields.Monetary(
        string="Demanded too much",
        compute="_compute_difference",
        store=True,
        help="By so much the agency demands more than is open on the invoice.",
    )

    accepted_difference = fields.Monetary(
        "Accepted difference",
        readonly=True,
        help="Somebody has accepted that the agency claims so much more than is open "
        "here.",
    )

    @api.depends(
        "accepted_difference",
        "agency_case_id",
        "phase",
        "capital_open",
        "capital_paid",
        "has_other_currency",
        "move_id.amount_residual",
    )
    def _compute_difference(self):
        for case in self:
            ours = case.move_id.amount_residual if case.agency_case_id else 0
            theirs = case.capital_open if case.agency_case_id else 0
            missing = case.currency_id.round(ours - theirs)
            is_open = case.phase == "open"
            case.capital_owed = max(0, min(case.capital_paid, missing))
            case.capital_owed_company = (
                case.capital_owed * case._get_company_rate() if case.capital_owed else 0
            )
            case.capital_excess = max(0, -missing) if is_open else 0
            case.differs = is_open and (
                case.has_other_currency or -missing not in (0, case.accepted_difference)
            )

    def _get_company_rate(self):
        """Return the rate of the invoice's currency that its booking used."""
        self.ensure_one()
        total = self.move_id.amount_total
        return abs(self.move_id.amount_total_signed / total) if total else 1.0

    def _get_objection(self, kind):
        """Return what speaks against a step against the debtor; nothing if it may be
        taken without a question.

        :param str kind: a word of ``ACTIONS``
        """
        self.ensure_one()
        if kind not in AGAINST_DEBTOR:
            return ""
        if self.has_other_currency:
            return self.env._(
                "The agency keeps %s in another currency than the invoice. Ask it to "
                "correct that before anything is done against the debtor.",
                self.display_name,
            )
        if self.currency_id.compare_amounts(self.capital_open, self.residual) <= 0:
            return ""
        return self.env._(
            "%(invoice)s: the agency demands %(theirs)s, and %(ours)s is open here. "
            "Nothing should be done against the debtor before the agency knows.",
            invoice=self.move_id.name,
            theirs=self._format(self.capital_open),
            ours=self._format(self.residual),
        )

    def _format(self, amount):
        return formatLang(self.env, float(amount), currency_obj=self.currency_id)

    # === COLLECTED, AND NOT PAID OUT YET === #

    @api.model
    def _get_concluded_domain(self):
        """Return the domain of closed cases that hold an invoice without need: what
        was collected has come, or nothing is open on the invoice any more."""
        return (
            self._get_due_domain()
            & Domain([("state", "=", "closed"), ("holds_invoice", "=", True)])
            & Domain("capital_owed", "=", 0)
            & (
                Domain("outcome_decision", "!=", "pending")
                | Domain("move_id.amount_residual", "=", 0)
            )
        )

    def _conclude(self):
        """Let go of invoices about which nothing is left to wait for."""
        undecided = self.filtered(lambda c: c.outcome_decision == "pending")
        undecided._decide_outcome("none")
        self._release_invoices()
        self._settle(f"collection_partner.{OWED}")

    def _tell_owed(self):
        """Have somebody see to it that what the agency collected comes in."""
        self.ensure_one()
        if not self.capital_owed:
            self._settle(f"collection_partner.{OWED}")
            return
        self._tell(
            _lt(
                "%(agency)s has collected %(amount)s on %(invoice)s. Until its payment "
                "is matched with the invoice, the debtor is left alone. Ask the agency "
                "if it does not come.",
                agency=self.agency_id.name,
                amount=self._format(self.capital_owed),
                invoice=self.move_id.name,
            ),
            OWED,
            renew=True,
        )

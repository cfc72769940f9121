from odoo import fields, models
from odoo.tools import LazyTranslate

from ..eligibility import Eligibility

_lt = LazyTranslate(__name__)

# Outcomes after which nothing is left to be decided about the invoice.
SETTLED_OUTCOMES = ("paid", "credited")


class CollectionCase(models.Model):
    """How a case ends at the agency, and what becomes of its invoice."""

    _inherit = "collection.case"

    outcome = fields.Selection(
        [
            ("paid", "Paid"),
            ("partially_paid", "Partly paid"),
            ("credited", "Credited"),
            ("withdrawn", "Taken back"),
            ("uncollectable", "Uncollectable"),
            ("insolvent", "Insolvent"),
            ("untraceable", "Untraceable"),
            ("time_barred", "Time-barred"),
            ("rejected_duplicate", "Duplicate"),
            ("other", "Other"),
        ],
        readonly=True,
        index=True,
    )
    outcome_decision = fields.Selection(
        [
            ("pending", "To be decided"),
            ("keep", "Followed up by us"),
            ("again", "Transferred again"),
            ("ban", "Never transferred again"),
            ("credit", "Credited"),
            ("none", "Nothing left to decide"),
        ],
        string="What became of the invoice",
        readonly=True,
    )
    resend = fields.Boolean(
        readonly=True, help="Sent again under the agreement's new number once closed."
    )

    def _close(self, outcome):
        """The agency has closed the case: say so, and ask what becomes of the
        invoice unless that is clear."""
        self.ensure_one()
        asked = self.exchange_ids.filtered(
            lambda m: (
                m.type == "action"
                and m.state == "sent"
                and m._get_values().get("action") == "withdraw"
            )
        )
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        if not outcome and asked:
            outcome = "withdrawn"
        outcome = outcome if outcome in outcomes else "other"
        settled = outcome in SETTLED_OUTCOMES or (outcome == "withdrawn" and asked)
        self.action_required = False
        if self.state == "closed":
            self._correct_outcome(outcome, settled)
            return
        if not self._set_state(
            "closed",
            closed_at=fields.Datetime.now(),
            outcome=outcome,
            outcome_decision="none" if settled else "pending",
        ):
            return
        message = _lt(
            "%(agency)s has closed case %(case)s: %(outcome)s.",
            agency=self.agency_id.name,
            case=self.name,
            outcome=outcomes[self.outcome],
        )
        self.move_id._message_log(body=self.env._(message))
        if self.resend and asked:
            self._resend_now()
        elif not settled:
            self._tell(message, "mail_activity_type_outcome")

    def _correct_outcome(self, outcome, settled):
        """The agency has thought better of how a closed case ended."""
        if outcome == self.outcome:
            return
        self.outcome = outcome
        if settled and self.outcome_decision == "pending":
            self._decide_outcome("none")

    def _resend_now(self):
        """Transfer the invoice again, under the agreement's new number."""
        engine = Eligibility(self.env)
        verdicts = engine.evaluate([("id", "=", self.move_id.id)])
        if verdicts.get(self.move_id.id):
            self._tell(
                engine.describe(verdicts)[self.move_id.id],
                "mail_activity_type_outcome",
            )
            return
        self.outcome_decision = "again"
        self._request(self.move_id, self.agency_id, self.note or "")

    def _decide_outcome(self, decision):
        """Note what becomes of invoices whose cases the agency has closed."""
        self.write({"outcome_decision": decision})
        self._settle("collection_partner.mail_activity_type_outcome")

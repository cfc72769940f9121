from odoo import fields, models
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ..eligibility import Eligibility

_lt = LazyTranslate(__name__)

# What the timeline says of an outcome, to each reader in a language of theirs.
OUTCOMES = {
    "paid": _lt("Paid"),
    "partially_paid": _lt("Partly paid"),
    "credited": _lt("Credited"),
    "withdrawn": _lt("Taken back"),
    "uncollectable": _lt("Uncollectable"),
    "insolvent": _lt("Insolvent"),
    "untraceable": _lt("Untraceable"),
    "time_barred": _lt("Time-barred"),
    "rejected_duplicate": _lt("Duplicate"),
    "other": _lt("Other"),
}


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
        if not outcome and asked:
            outcome = "withdrawn"
        outcome = outcome if outcome in OUTCOMES else "other"
        self.action_required = False
        decision = self._get_decision(outcome == "withdrawn" and asked)
        if self.state == "closed":
            self._correct_outcome(outcome, decision)
            return
        if not self._set_state(
            "closed",
            closed_at=fields.Datetime.now(),
            outcome=outcome,
            outcome_decision=decision,
        ):
            return
        message = self._get_closing_message()
        self.move_id._message_log(body=Sentence.read(Sentence.store(message), self.env))
        self._tell_owed()
        if self.resend and asked:
            self._resend_now(asked[:1].create_uid)
        elif decision == "pending":
            self._tell(message, "mail_activity_type_outcome")

    def _get_decision(self, was_asked):
        """Return whether somebody must decide about the invoice: what is open on it is
        neither on its way from the agency nor taken back by us."""
        rest = self.currency_id.round(self.residual - self.capital_owed)
        return "none" if was_asked or rest <= 0 else "pending"

    def _get_closing_message(self):
        return _lt(
            "%(agency)s has closed case %(case)s: %(outcome)s.",
            agency=self.agency_id.name,
            case=self.name,
            outcome=OUTCOMES[self.outcome],
        )

    def _correct_outcome(self, outcome, decision):
        """The agency has thought better of how a closed case ended, or of its money;
        what a person has decided stays."""
        self.outcome = outcome
        self._tell_owed()
        if self.outcome_decision == decision or self.outcome_decision not in (
            "none",
            "pending",
        ):
            return
        if decision == "none":
            self._decide_outcome("none")
        else:
            self.outcome_decision = "pending"
            self._hold_invoices()
            self._tell(self._get_closing_message(), "mail_activity_type_outcome")

    def _resend_now(self, user):
        """Transfer the invoice again, under the agreement's new number, as somebody
        has wished."""
        engine = Eligibility(self.env)
        verdicts = engine.evaluate(
            [("id", "=", self.move_id.id)], agency=self.agency_id
        )
        if verdicts.get(self.move_id.id):
            self._tell(
                engine.describe(verdicts)[self.move_id.id],
                "mail_activity_type_outcome",
            )
            return
        self.outcome_decision = "again"
        self._request(self.move_id, self.agency_id, self.note or "", user=user)

    def _decide_outcome(self, decision):
        """Note what becomes of invoices whose cases the agency has closed."""
        self.write({"outcome_decision": decision})
        self._release_invoices()
        self._settle("collection_partner.mail_activity_type_outcome")

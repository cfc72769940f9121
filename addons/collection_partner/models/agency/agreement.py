from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from .agency import SYNCED_SETTINGS

_lt = LazyTranslate(__name__)

# States of a creditor at the agency (docs/agency_api.md), and ours.
CREDITOR_STATES = {
    "initialised": "onboarding",
    "pending_signature": "onboarding",
    "active": "active",
    "suspended": "suspended",
    "terminated": "terminated",
}


class CollectionAgency(models.Model):
    """The agreement with an agency: its states and number, and its end."""

    _inherit = "collection.agency"

    agreement_number = fields.Char(
        "Agreement number",
        copy=False,
        tracking=True,
        help="Number of the agreement. New cases carry it.",
    )
    _TRANSITIONS = {
        "draft": ("onboarding", "active"),
        "onboarding": ("draft", "active", "suspended", "terminated"),
        "active": ("suspended", "terminated"),
        "suspended": ("active", "terminated"),
        "terminated": ("active", "onboarding"),
    }

    def _set_state(self, state, **vals):
        # EXTENDS 'receivables_base'
        changed = super()._set_state(state, **vals)
        if state in ("suspended", "terminated"):
            changed._recall_transfers()
        return changed

    def _recall_transfers(self):
        """Take transfers that were never tried out of the outbox: when the service is
        back, their invoices are judged and written anew.

        One that is being sent just now is left to the agency's answer.
        """
        # The job locks in this order too: the agency, then what it was told.
        self.flush_recordset()
        waiting = self._get_waiting("case").try_lock_for_update()
        waiting = waiting.filtered(lambda m: not m.attempts and not m._is_under_way())
        waiting._set_state("cancelled", sent_at=fields.Datetime.now())

    def _apply_creditor(self, creditor):
        """Take over the agreement's state, number and settings from the agency.

        :param dict creditor: as the adapter's ``get_creditor`` returns it
        """
        self.ensure_one()
        agency = self.with_context(collection_from_agency=True)
        vals = {
            name: creditor[name]
            for name in (
                "agreement_number",
                "portal_url",
                "terms_version",
                "terms_url",
                "price_list_url",
            )
            if creditor.get(name) and creditor[name] != agency[name]
        }
        if creditor["creditor_id"] != agency.creditor_ref:
            vals["creditor_ref"] = creditor["creditor_id"]
        if "agreement_number" in vals and agency.agreement_number:
            agency._tell_new_agreement_number(vals["agreement_number"])
        if vals:
            agency.write(vals)
        if creditor.get("settings") and agency.settings_state != "waiting":
            agency._apply_settings(creditor["settings"])
        agency._apply_creditor_state(creditor["state"])

    def _apply_creditor_state(self, word):
        self.ensure_one()
        if word == "rejected":
            self._set_state("draft")
            self._tell(
                _lt(
                    "The agency declined to open the service. Ask it why, fix it and "
                    "open the service again."
                )
            )
            return
        state = CREDITOR_STATES.get(word)
        if not state or state == self.state:
            return
        before = self.state
        if not self._set_state(state):
            return
        if state == "active":
            self._on_active(before)
        elif state == "suspended":
            self._tell(
                _lt(
                    "The agency has suspended the service. Open cases go on; nothing "
                    "new is taken. Ask the agency what is wrong."
                )
            )
        elif state == "terminated":
            self._stop_new_cases()
            self._tell(
                _lt(
                    "The agency has ended the agreement. Open cases go on; nothing new "
                    "is taken. Choose it again in the settings to come back."
                )
            )

    def _on_active(self, before):
        """The agency has opened the service."""
        self.ensure_one()
        self._ensure_technical()
        company = self.company_id
        served = self.country_ids
        if not company.collection_agency_id and (
            not served or company.country_id in served
        ):
            company.collection_agency_id = self
        self._settle("collection_partner.mail_activity_type_agency")
        # What waited for the service need not wait for the next run of the jobs too.
        for name in ("transfer", "send"):
            self._wake(f"collection_partner.ir_cron_collection_{name}")
        if self.settings_state == "waiting":
            # What was chosen while the service was closed holds from the first day.
            self._queue_settings(SYNCED_SETTINGS)
        if before in ("draft", "terminated"):
            # The agreement was made outside, or long ago: the agency learns how the
            # company is called and paid now, and where to report.
            self._queue_company()
        if before in ("draft", "onboarding") and not self.auto_overdue_choice:
            # Nothing that was overdue leaves before somebody has answered.
            today = company._get_collection_today()
            self.write(
                {
                    "auto_overdue_choice": "pending",
                    "auto_due_after": today - timedelta(days=1),
                }
            )
            self._tell(
                _lt(
                    "%s has opened the service. Say whether invoices that are overdue "
                    "already shall go automatically too.",
                    self.name,
                ),
                "mail_activity_type_started",
            )

    def action_answer_overdue(self):
        """Answer the question at the end of the opening: do invoices that are overdue
        already go automatically? The choice comes in the context."""
        self._check_user("manager")
        self.check_access("write")
        for agency in self.sudo():
            choice = self.env.context.get("choice")
            if choice not in ("include", "leave"):
                raise UserError(self.env._("Choose one of the two answers."))
            today = agency.company_id._get_collection_today()
            agency.write(
                {
                    "auto_overdue_choice": choice,
                    "auto_due_after": today - timedelta(days=1)
                    if choice == "leave"
                    else False,
                }
            )
            agency._settle("collection_partner.mail_activity_type_started")
        return True

    def _get_waiting(self, kind, states=("to_send",)):
        """Return the calls of a kind about the agreement that are still to be made."""
        return (
            self.env["collection.message"]
            .sudo()
            .search(
                [
                    ("agency_id", "in", self.ids),
                    ("type", "=", kind),
                    ("state", "in", states),
                ]
            )
        )

    def _tell_new_agreement_number(self, number=None):
        """Say what becomes of cases that carry the old number of the agreement."""
        for agency in self:
            cases = agency._get_open_cases().filtered(
                lambda c, number=number or agency.agreement_number: (
                    c.agency_case_id and c.agreement_number != number
                )
            )
            if cases:
                agency._tell(
                    _lt(
                        "The agreement's number has changed; %s open cases carry the "
                        "old one. If they shall go on under the new one, ask the "
                        "agency first whether they may be taken back, then choose "
                        "Send again under the new number on those cases.",
                        len(cases),
                    )
                )

    def action_terminate(self):
        """End the agreement at the agency; open cases go on until they close."""
        self._check_user("manager")
        for agency in self:
            if agency.state not in ("active", "suspended"):
                raise UserError(self.env._("Only a service that is open can be ended."))
            agency._stop_new_cases()
            if not agency._takes("terminate"):
                agency.sudo()._set_state("terminated")
                agency._tell(
                    _lt(
                        "The agency cannot be told over its interface that the service "
                        "ends: end the contract with it. Open cases go on."
                    )
                )
            elif not agency._get_waiting("terminate"):
                self.env["collection.message"]._queue(agency, "terminate")
        return True

    def _stop_new_cases(self):
        """Take the agency's name out of its company's settings."""
        company = self.company_id.sudo()
        if company.collection_agency_id == self:
            company.collection_agency_id = False

    def action_reactivate(self):
        """Come back to an agency without opening the service from the beginning."""
        self._check_user("manager")
        for agency in self:
            if agency.state != "terminated" or not agency.creditor_ref:
                raise UserError(
                    self.env._("Only a service that was open before can be resumed.")
                )
            agency._come_back()
        return True

    def _come_back(self):
        """Take an agency into use that was used before: what calls need is checked
        or made, and an agreement that was ended, or was about to be, is taken up."""
        for agency in self.filtered(lambda a: a.state not in ("draft", "onboarding")):
            untold = agency._ensure_technical()
            agency._get_waiting("terminate")._set_state("cancelled")
            if agency.state != "terminated":
                untold._queue_company()
            elif not agency._takes("reactivate"):
                agency.sudo()._apply_creditor_state("active")
            elif not agency._get_waiting("reactivate"):
                self.env["collection.message"]._queue(agency, "reactivate")

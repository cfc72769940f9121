from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ...exceptions import AgencyError
from ..agency.agency import SILENT, SILENT_AFTER
from ..case.money import REPORTS, TAKEN_BACK

_lt = LazyTranslate(__name__)

AGREEMENT_TYPES = ("onboard", "company", "terminate", "reactivate")
SETTLEMENT_TYPES = ("settlement_pdf", "settlement_booked")
CASE_TYPES = (
    "documents",
    "action",
    "fetch",
    "payment",
    "payment_removed",
    "credit_note",
    "fee",
)


class CollectionMessage(models.Model):
    """The outbox, written by requests and emptied by the job."""

    _inherit = "collection.message"

    @api.model
    def _get_send_domain(self):
        return (
            self._get_due_domain()
            & Domain("state", "=", "to_send")
            & Domain("agency_id.environment", "!=", "disabled")
            & (
                Domain("type", "in", (*AGREEMENT_TYPES, *SETTLEMENT_TYPES))
                | Domain("type", "=", "settings")
                & Domain("agency_id.state", "in", ("active", "suspended"))
                | Domain("type", "=", "case") & Domain("agency_id.state", "=", "active")
                | Domain("type", "in", CASE_TYPES)
                & Domain("case_id.agency_case_id", "!=", False)
            )
        )

    @api.model
    def _cron_send(self):
        """Make the calls that wait, oldest first."""
        unconnected = self.env["collection.agency"].search(
            [
                ("connection_id", "=", False),
                ("environment", "!=", "disabled"),
                ("message_queue_ids", "any", [("state", "=", "to_send")]),
            ]
        )
        for agency in unconnected:
            agency._remind_of_fault(agency._get_unconnected())
        self._call_through("_get_send_domain", "_send")

    def _send(self):
        """Make one call and note how it fared; stages as ``receivables.queue`` says."""
        agency = self.agency_id._for_responsible().sudo()
        message = self.with_env(agency.env)
        if message._is_held_back():
            return
        if message.type == "documents" and not message.attachment_ids:
            # Settled before the call: a repeated one carries the same bytes.
            message.case_id._gather_documents(message)
        adapter, line = agency._open_line()
        yield from getattr(message, f"_send_{message.type}")(agency, adapter, line)
        if message.attempts >= SILENT_AFTER:
            agency._settle(f"collection_partner.{SILENT}")
        message._set_state(
            "sent",
            sent_at=fields.Datetime.now(),
            reason=False,
            error_code=False,
            next_attempt=False,
        )
        message._note_disclosure()

    def _is_held_back(self):
        """Whether the call is not made, or not yet."""
        if self.type == "case" and not self.tried_at:
            self.case_id._give_back_settled()
        if self.type == "case" and self.case_id.state == "cancelled":
            # Undone in the moment in which the job wrote it down, or just now.
            self._set_state("cancelled", sent_at=fields.Datetime.now())
            return True
        if self.type == "settings":
            earlier = [
                m for m in self.agency_id._get_waiting("settings") if m.id < self.id
            ]
            if earlier:
                # It may be on its way just now, and the later has the last word.
                self._wait()
                return True
        if self.type in REPORTS and self._get_same_case(TAKEN_BACK):
            # Told in order, each is applied to the capital that it belongs to.
            self._wait()
            return True
        if self.type == TAKEN_BACK:
            return self._waits_for_payment()
        return False

    def _get_same_case(self, kind):
        """Return the calls of a kind that were written down earlier about the case
        and still wait."""
        return self.case_id.exchange_ids.filtered(
            lambda m: m.type == kind and m.state == "to_send" and m.id < self.id
        )

    def _is_untried(self):
        """Whether nobody outside can know of it yet."""
        return (
            self.state == "to_send" and not self.attempts and not self._is_under_way()
        )

    def _wait(self):
        self.next_attempt = fields.Datetime.add(fields.Datetime.now(), minutes=1)

    def _waits_for_payment(self):
        """Whether the payment that is to be taken back was not told yet, or never."""
        payments = self.case_id.exchange_ids.filtered(
            lambda m: m.type == "payment" and m.money_reference == self.money_reference
        )
        states = set(payments.mapped("state"))
        if "to_send" in states:
            self._wait()
            return True
        if states & {"sent", "error"}:
            return False
        self._set_state("cancelled", sent_at=fields.Datetime.now())
        return True

    def _park(self, sentence, fault=None):
        # EXTENDS 'receivables_base'
        self.error_code = getattr(fault, "code", fault and "unexpected")
        return super()._park(sentence, fault)

    def _on_parked(self, sentence):
        # OVERRIDES 'receivables_base'
        job = "send" if self[:1].direction == "out" else "receive"
        tired = self.filtered(lambda m: m.attempts >= SILENT_AFTER)
        tired.agency_id._tell_silent(sentence)
        for message in self:
            self._wake(
                f"collection_partner.ir_cron_collection_{job}", message.next_attempt
            )

    def _give_up(self, sentence, fault=None):
        # OVERRIDES 'receivables_base'
        is_final = fault is not None and getattr(fault, "kind", "retry") != "retry"
        for message in self:
            is_refused = is_final and message.direction == "out"
            message._set_state(
                "refused" if is_refused else "error",
                reason=Sentence.store(sentence),
                error_code=getattr(fault, "code", False),
                sent_at=fields.Datetime.now(),
                next_attempt=False,
            )
            if is_refused:
                message._note_disclosure()
            message._on_failed(sentence, fault, is_refused)

    def _on_failed(self, sentence, fault, is_refused):
        """Let the record that the call was about say what went wrong."""
        self.ensure_one()
        case, agency = self.case_id, self.agency_id._for_responsible()
        if self.type == "case" and is_refused:
            code = getattr(fault, "code", "")
            case._refuse(sentence, code)
            if code == "other_case":
                case.existing_case_id = fault.details["existing_case_id"]
        elif self.type in ("case", *CASE_TYPES):
            case._tell(sentence, "mail_activity_type_refused", renew=True)
            if self.type == "action":
                case._log_event(
                    "refused",
                    _lt("The agency did not accept it: %s", Sentence.store(sentence)),
                    actor="agency",
                )
                case.resend = False
                case._ask_refresh()
        elif self.type in SETTLEMENT_TYPES:
            self.settlement_id._tell(sentence)
        else:
            if self.type == "onboard":
                agency._set_state("draft")
            if self.type == "settings" and is_refused:
                # What holds at the agency is asked for and shown again.
                agency.settings_state = "refused"
                agency._ask_soon()
            agency._tell(sentence)

    # One method a type: the call, and what its answer means.

    def _send_onboard(self, agency, adapter, line):
        asked, key = agency._prepare_onboarding(), self.idempotency_key
        creditor = yield lambda: adapter.onboard(line, asked, key)
        agency._for_api_user()._apply_creditor(creditor)

    def _send_company(self, agency, adapter, line):
        asked, key = agency._prepare_onboarding(), self.idempotency_key
        creditor = yield lambda: adapter.update_creditor(line, asked, key)
        agency._for_api_user()._apply_creditor(creditor)

    def _send_settings(self, agency, adapter, line):
        reference, values = agency.creditor_ref, self._get_values()
        key = self.idempotency_key
        settings = yield lambda: adapter.put_settings(line, reference, values, key)
        if not agency._get_waiting("settings") - self:
            # What was changed since then is told next, and its answer counts.
            agency._for_api_user().with_context(
                collection_from_agency=True
            )._apply_settings(settings)

    def _send_terminate(self, agency, adapter, line):
        reference, key = agency.creditor_ref, self.idempotency_key
        reason = self.env._("Ended by the creditor.")
        yield lambda: adapter.terminate(line, reference, reason, key)
        agency._set_state("terminated")

    def _send_reactivate(self, agency, adapter, line):
        reference, key = agency.creditor_ref, self.idempotency_key
        creditor = yield lambda: adapter.reactivate(line, reference, key)
        agency._for_api_user()._apply_creditor(creditor)

    def _send_case(self, agency, adapter, line):
        body, key, tried = self._get_bytes(), self.idempotency_key, self.tried_at
        self.tried_at = tried or fields.Datetime.now()
        if tried and (found := (yield lambda: adapter.find_case(line, body, tried))):
            self.case_id._apply_created(found)
            return
        try:
            details = yield lambda: adapter.create_case(line, body, key)
        except AgencyError as error:
            conflict = error
        else:
            self.case_id._apply_created(details)
            return
        known = conflict.details.get("existing_case_id")
        if conflict.kind != "conflict" or not known:
            raise conflict
        number = conflict.details.get("case_number")
        is_ours = conflict.code == "duplicate_reference"
        if not is_ours:
            # Made by somebody else under our number: is it the same claim?
            details = yield lambda: adapter.get_case(line, known)
            self.case_id._compare_existing(known, details)
        self.case_id._link_existing(known, number, is_duplicate=not is_ours)

    def _send_documents(self, agency, adapter, line):
        reference, key = self.case_id.agency_case_id, self.idempotency_key
        files = [(file.name, file.mimetype, file.raw) for file in self.attachment_ids]
        yield lambda: adapter.send_documents(line, reference, files, key)
        names = ", ".join(self.attachment_ids.mapped("name"))
        self.case_id._log_event("documents", _lt("Sent to the agency: %s.", names))

    def _send_action(self, agency, adapter, line):
        reference, key = self.case_id.agency_case_id, self.idempotency_key
        values = self._get_values()
        until = fields.Date.to_date(values["until"])
        yield lambda: adapter.send_action(
            line, reference, values["action"], values["reason"], until, key
        )
        self.case_id._settle("collection_partner.mail_activity_type_refused")
        self.case_id._ask_refresh()

    def _send_payment(self, agency, adapter, line):
        reference, key = self.case_id.agency_case_id, self.idempotency_key
        values = self._get_money()
        done = yield lambda: adapter.report_payment(line, reference, values, key)
        self.case_id._on_money_told(done)

    def _send_credit_note(self, agency, adapter, line):
        reference, key = self.case_id.agency_case_id, self.idempotency_key
        values = self._get_money()
        done = yield lambda: adapter.report_credit_note(line, reference, values, key)
        self.case_id._on_money_told(done)

    def _send_payment_removed(self, agency, adapter, line):
        reference, key = self.case_id.agency_case_id, self.idempotency_key
        gone = self._get_values()["external_id"]
        yield lambda: adapter.take_back_payment(line, reference, gone, key)
        # What was matched meanwhile is compared with the figure after it.
        self.case_id.is_money_new = True
        self.case_id._ask_refresh()

    def _send_fee(self, agency, adapter, line):
        reference, key = self.case_id.agency_case_id, self.idempotency_key
        values = self._get_money()
        yield lambda: adapter.report_fee(line, reference, values, key)
        self.case_id._ask_refresh()

    def _send_fetch(self, agency, adapter, line):
        reference, values = self.case_id.agency_case_id, self._get_values()
        data, mimetype = yield lambda: adapter.get_document(
            line, reference, values["document_id"]
        )
        self.case_id._store_document(values["name"], data, mimetype)

    def _send_settlement_pdf(self, agency, adapter, line):
        reference = self.settlement_id.name
        data, _mimetype = yield lambda: adapter.get_settlement_pdf(line, reference)
        self.settlement_id._store_pdf(data)

    def _send_settlement_booked(self, agency, adapter, line):
        reference, key = self.settlement_id.name, self.idempotency_key
        entry = self._get_values()["entry"]
        yield lambda: adapter.confirm_settlement(line, reference, entry, key)

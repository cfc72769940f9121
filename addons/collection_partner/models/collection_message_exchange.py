import logging
from datetime import timedelta

from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..exceptions import AgencyError

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
LONGEST_WAIT_MINUTES = 360
# An event may overtake the answer that tells the case's number.
EVENT_PATIENCE = timedelta(hours=1)
CONTRACT_TYPES = ("onboard", "company", "terminate", "reactivate")
CASE_TYPES = ("documents", "action", "fetch")
# The connection is at fault, not what was to be sent.
CONNECTION_CODES = ("wrong_credentials", "not_configured", "insecure_url")


class CollectionMessage(models.Model):
    """The outbox, written by requests and emptied by the job; the inbox, whose events
    are kept first and worked on then."""

    _inherit = "collection.message"

    # === OUTGOING === #

    @api.model
    def _get_send_domain(self):
        return [
            ("state", "=", "to_send"),
            ("agency_id.environment", "!=", "disabled"),
            "|",
            ("next_attempt", "=", False),
            ("next_attempt", "<=", fields.Datetime.now()),
            "|",
            "|",
            "|",
            ("type", "in", CONTRACT_TYPES),
            "&",
            ("type", "=", "settings"),
            ("agency_id.state", "in", ("active", "suspended")),
            "&",
            ("type", "=", "case"),
            ("agency_id.state", "=", "active"),
            "&",
            ("type", "in", CASE_TYPES),
            ("case_id.agency_case_id", "!=", False),
        ]

    @api.model
    def _cron_send(self):
        """Make the calls that wait, oldest first, each in a transaction of its own."""
        if not self._work_through(self._get_send_domain(), "_send"):
            self._trigger_send()

    def _send(self):
        """Make one call and note how it fared."""
        for message in self:
            agency = message.agency_id._for_responsible()
            message = message.with_env(agency.env)
            try:
                with self.env.cr.savepoint():
                    send = getattr(message, f"_send_{message.type}")
                    is_left = send(agency.sudo()) is False
            except AgencyError as error:
                message._set_failed(error)
            except UserError as error:
                message._set_failed(AgencyError("final", "invalid", str(error)))
            except OperationalError:
                # Another transaction was in the way: the call is repeated later.
                raise
            except Exception:
                # One poisoned message must not hold up those behind it.
                _logger.exception("Message of debt collection %s", message.id)
                message._set_failed(
                    AgencyError(
                        "final",
                        "unexpected",
                        self.env._(
                            "An unexpected fault; the server's log says more. The "
                            "message is kept."
                        ),
                    )
                )
            else:
                if is_left:
                    continue
                message._set_state(
                    "sent",
                    sent_at=fields.Datetime.now(),
                    summary=False,
                    next_attempt=False,
                )

    def _set_failed(self, error):
        """Wait and try again, or tell a person: an error is data."""
        self.ensure_one()
        self.attempts += 1
        if error.code in CONNECTION_CODES and self.case_id:
            # The agency has refused nothing: what waits goes when this is mended.
            self.agency_id._for_responsible()._warn_once(error.message)
            error.kind = "retry"
        if error.kind == "retry" and self.attempts < MAX_ATTEMPTS:
            minutes = min(2 ** (self.attempts - 1), LONGEST_WAIT_MINUTES)
            wait = timedelta(seconds=error.retry_after or 60 * minutes)
            later = fields.Datetime.now() + wait
            self.write(
                {
                    "next_attempt": later,
                    "summary": error.message,
                    "error_code": error.code,
                }
            )
            self._trigger_send(later)
            return
        state = "error" if error.kind == "retry" else "refused"
        self._set_state(
            state,
            summary=error.message,
            error_code=error.code,
            sent_at=fields.Datetime.now(),
        )
        self._on_failed(error, final=state == "refused")

    def _on_failed(self, error, final):
        """Let the record that the call was about say what went wrong."""
        self.ensure_one()
        case, agency = self.case_id, self.agency_id
        if self.type == "case" and final:
            case._refuse(error)
        elif self.type in ("case", *CASE_TYPES):
            case._warn(error.message, "mail_activity_type_refused", renew=True)
            if self.type == "action":
                case._log_event(
                    "refused",
                    self.env._("The agency did not accept it: %s", error.message),
                    actor="agency",
                )
                case.resend = False
                case._ask_refresh()
        else:
            if self.type == "onboard":
                agency._set_state("draft")
            if self.type == "settings" and final:
                # What holds at the agency is asked for and shown again.
                agency.write({"settings_state": "refused", "last_contact": False})
                self.env["collection.case"]._trigger_receive()
            agency._for_responsible()._warn(error.message)

    # One method a type: make the call, take over the answer. False: the call is still
    # to be made, in a transaction of its own.

    def _send_onboard(self, agency):
        creditor = agency._get_adapter()._onboard(agency, self.idempotency_key)
        agency._for_api_user()._apply_creditor(creditor)

    def _send_company(self, agency):
        creditor = agency._get_adapter()._update_creditor(agency, self.idempotency_key)
        agency._for_api_user()._apply_creditor(creditor)

    def _send_settings(self, agency):
        settings = agency._get_adapter()._put_settings(
            agency, self._get_values(), self.idempotency_key
        )
        if agency._get_waiting("settings") - self:
            return  # what was changed since then is told next, and its answer counts
        agency._for_api_user().with_context(
            collection_from_agency=True
        )._apply_settings(settings)

    def _send_terminate(self, agency):
        agency._get_adapter()._terminate(
            agency, self.env._("Ended by the creditor."), self.idempotency_key
        )
        agency._set_state("terminated")

    def _send_reactivate(self, agency):
        creditor = agency._get_adapter()._reactivate(agency, self.idempotency_key)
        agency._for_api_user()._apply_creditor(creditor)

    def _send_case(self, agency):
        if self.case_id.state == "cancelled":
            # Undone in the moment in which the job wrote it down.
            self._set_state("cancelled", sent_at=fields.Datetime.now())
            return
        try:
            details = agency._get_adapter()._create_case(
                agency, self._get_bytes(), self.idempotency_key
            )
        except AgencyError as error:
            known = error.details.get("existing_case_id")
            if error.kind != "conflict" or not known:
                raise
            self.case_id._link_existing(
                known,
                error.details.get("case_number"),
                is_duplicate=error.code != "duplicate_reference",
            )
        else:
            self.case_id._apply_created(details)

    def _send_documents(self, agency):
        if not self.attachment_ids:
            # Settled before the call: a repeated one carries the same bytes.
            self.case_id._gather_documents(self)
            return False
        files = [
            (attachment.name, attachment.mimetype, attachment.raw)
            for attachment in self.attachment_ids
        ]
        agency._get_adapter()._send_documents(
            agency, self.case_id.agency_case_id, files, self.idempotency_key
        )
        self.case_id._log_event(
            "documents",
            self.env._(
                "Sent to the agency: %s.", ", ".join(self.attachment_ids.mapped("name"))
            ),
        )
        return True

    def _send_action(self, agency):
        values = self._get_values()
        agency._get_adapter()._send_action(
            agency,
            self.case_id.agency_case_id,
            values["action"],
            values.get("reason") or "",
            fields.Date.to_date(values.get("until")),
            self.idempotency_key,
        )
        self.case_id.activity_unlink(["collection_partner.mail_activity_type_refused"])
        self.case_id._ask_refresh()

    def _send_fetch(self, agency):
        values = self._get_values()
        data, mimetype = agency._get_adapter()._get_document(
            agency, self.case_id.agency_case_id, values["document_id"]
        )
        self.case_id._store_document(values["name"], data, mimetype)

    # === INCOMING === #

    @api.model
    def _log_events(self, agency, events):
        """Keep events as they came, each once; the job works on them."""
        known = set(
            self.search(
                [
                    ("agency_id", "=", agency.id),
                    ("direction", "=", "in"),
                    ("event_id", "in", [event["event_id"] for event in events]),
                ]
            ).mapped("event_id")
        )
        for event in events:
            if event["event_id"] in known:
                continue
            known.add(event["event_id"])
            try:
                with self.env.cr.savepoint():
                    self._insert_event(agency, event)
            except IntegrityError:
                continue  # the other way, webhook or polling, was quicker
        self.env.ref("collection_partner.ir_cron_collection_receive").sudo()._trigger()

    @api.model
    def _insert_event(self, agency, event):
        """Keep an event. That it was kept a moment ago is nothing for the server's
        log, where :meth:`create` would report it as an error."""
        now = fields.Datetime.now()
        values = {
            "type": "event",
            "direction": "in",
            "state": "received",
            "agency_id": agency.id,
            "company_id": agency.company_id.id,
            "event_id": event["event_id"],
            "event_type": event["type"],
            "case_ref": event["case_id"],
            "create_uid": self.env.uid,
            "create_date": now,
            "write_uid": self.env.uid,
            "write_date": now,
        }
        columns = SQL(", ").join(map(SQL.identifier, values))
        self.env.cr.execute(
            SQL(
                "INSERT INTO collection_message (%s) VALUES %s",
                columns,
                tuple(values.values()),
            ),
            log_exceptions=False,
        )

    @api.model
    def _work_through_events(self):
        """Work on events, then ask the agencies for what has changed."""
        now = fields.Datetime.now()
        receive = self.env.ref("collection_partner.ir_cron_collection_receive").sudo()
        domain = [
            ("state", "=", "received"),
            ("agency_id.environment", "!=", "disabled"),
            "|",
            ("next_attempt", "=", False),
            ("next_attempt", "<=", now),
        ]
        if not self._work_through(domain, "_process", limit=100):
            receive._trigger()
            return
        cases = self.env["collection.case"].sudo()
        due = [
            ("refresh_at", "<=", now),
            ("agency_case_id", "!=", False),
            ("agency_id.environment", "!=", "disabled"),
        ]
        if not cases._work_through(due, "_refresh", order="refresh_at, id"):
            receive._trigger()

    def _process(self):
        """Work on events: they say where something changed, the agency says what."""
        for (agency, kind), events in self.grouped(
            lambda m: (m.agency_id, (m.event_type or "").partition(".")[0])
        ).items():
            if kind == "creditor":
                events._process_creditor(agency)
            else:
                events._process_cases(agency)

    def _process_creditor(self, agency):
        agency = agency._for_responsible().sudo()
        try:
            with self.env.cr.savepoint():
                creditor = agency._get_adapter()._get_creditor(agency)
                if creditor:
                    agency._for_api_user()._apply_creditor(creditor)
        except AgencyError as error:
            self._set_event_failed(error)
        else:
            self._set_state("processed", sent_at=fields.Datetime.now())

    def _process_cases(self, agency):
        references = [ref for ref in self.mapped("case_ref") if ref]
        cases = self.env["collection.case"].search(
            [("agency_id", "=", agency.id), ("agency_case_id", "in", references)]
        )
        by_reference = {case.agency_case_id: case for case in cases}
        cases._ask_refresh()
        now = fields.Datetime.now()
        for event in self:
            case = by_reference.get(event.case_ref)
            if case or not event.case_ref:
                event._set_state(
                    "processed", sent_at=now, case_id=case.id if case else False
                )
            elif event.create_date + EVENT_PATIENCE < now:
                event._set_state(
                    "processed",
                    sent_at=now,
                    summary=self.env._("About a case that was not sent from here."),
                )
            else:
                event.attempts += 1
                event.next_attempt = now + timedelta(minutes=min(event.attempts, 10))

    def _set_event_failed(self, error):
        """Events are patient; after many attempts a person looks."""
        for event in self:
            event.attempts += 1
            if error.kind == "retry" and event.attempts < MAX_ATTEMPTS:
                event.write(
                    {
                        "next_attempt": fields.Datetime.now()
                        + timedelta(minutes=min(2**event.attempts, 60)),
                        "summary": error.message,
                    }
                )
            else:
                event._set_state("error", summary=error.message, error_code=error.code)

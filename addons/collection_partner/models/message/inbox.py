from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)

# An event may overtake the answer that tells the case's number.
EVENT_PATIENCE = timedelta(hours=1)
OF_AGREEMENT = Domain("event_type", "=like", "creditor.%")


class CollectionMessage(models.Model):
    """The inbox, whose events are kept first and worked on then."""

    _inherit = "collection.message"

    @api.model
    def _log_events(self, agency, events, is_again=False):
        """Keep events as they came, each once, whichever way they came first.

        Past the ORM, for which one that was kept a moment ago would be an error.

        :param bool is_again: whether one that was worked on already is worked on once
            more, because it may tell something else
        """
        now = fields.Datetime.now()
        common = {
            "type": "event",
            "direction": "in",
            "state": "received",
            "agency_id": agency.id,
            "company_id": agency.company_id.id,
            "attempts": 0,
            "create_uid": self.env.uid,
            "create_date": now,
            "write_uid": self.env.uid,
            "write_date": now,
        }
        rows = [
            {
                **common,
                "event_id": event["event_id"],
                "event_type": event["type"],
                "case_ref": event["case_id"] or None,
            }
            for event in {event["event_id"]: event for event in events}.values()
        ]
        known = SQL("DO NOTHING")
        if is_again:
            known = SQL(
                """DO UPDATE SET state = 'received'
                   WHERE collection_message.state = 'processed'"""
            )
        if rows:
            self.env.execute_query(
                SQL(
                    """INSERT INTO collection_message (%s) VALUES %s
                       ON CONFLICT (agency_id, event_id) WHERE direction = 'in'
                       %s RETURNING id""",
                    SQL(", ").join(map(SQL.identifier, rows[0])),
                    SQL(", ").join(SQL("%s", tuple(row.values())) for row in rows),
                    known,
                )
            )
        self._wake("collection_partner.ir_cron_collection_receive")

    @api.model
    def _get_event_domain(self):
        return self._get_due_domain() & Domain(
            [
                ("type", "=", "event"),
                ("state", "=", "received"),
                ("agency_id.environment", "!=", "disabled"),
            ]
        )

    @api.model
    def _get_agreement_event_domain(self):
        return self._get_event_domain() & OF_AGREEMENT

    @api.model
    def _get_case_event_domain(self):
        return self._get_event_domain() & ~OF_AGREEMENT

    @api.model
    def _work_through_events(self):
        """Work on events: they say where something changed, the agency says what.

        Most runs find none: they look once, not in each of the queues.

        :return: False when the run ended before all was done
        """
        waiting = self._get_due_domain() & Domain("state", "=", "received")
        if not self.search_count(waiting, limit=1):
            return True
        return (
            self._work_through("_get_file_domain", "_process_file", batch=1)
            and self._work_through(
                "_get_case_event_domain", "_process_cases", keys=("agency_id",)
            )
            and self._call_through("_get_agreement_event_domain", "_process_agreement")
        )

    def _process_agreement(self):
        """Ask for the agreement; one answer is enough for all events before it."""
        agency = self.agency_id._for_responsible().sudo()
        before = self.search(
            [("agency_id", "=", agency.id), *self._get_agreement_event_domain()]
        )
        adapter, line = agency._open_line()
        creditor = yield lambda: adapter.get_creditor(line)
        if creditor:
            agency._for_api_user()._apply_creditor(creditor)
        before._set_processed()

    def _process_cases(self):
        agency = self.agency_id
        references = [ref for ref in self.mapped("case_ref") if ref]
        cases = self.env["collection.case"].search(
            [("agency_id", "=", agency.id), ("agency_case_id", "in", references)]
        )
        by_reference = {case.agency_case_id: case for case in cases}
        cases._ask_refresh()
        if "settlement.created" in self.mapped("event_type"):
            agency._ask_soon()
        now = fields.Datetime.now()
        for event in self:
            case = by_reference.get(event.case_ref)
            if case or not event.case_ref:
                event._set_processed(case_id=case.id if case else False)
            elif event.create_date + EVENT_PATIENCE < now:
                event._set_processed(
                    reason=Sentence.store(
                        _lt("About a case that was not sent from here.")
                    )
                )
            else:
                event.attempts += 1
                event.next_attempt = now + timedelta(minutes=min(event.attempts, 10))

    def _set_processed(self, **vals):
        self._set_state(
            "processed",
            **{
                "sent_at": fields.Datetime.now(),
                "next_attempt": False,
                "reason": False,
                **vals,
            },
        )

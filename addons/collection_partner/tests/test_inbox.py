import copy
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .transfer_common import TransferCommon

QUEUE = "odoo.addons.receivables_base.models.receivables_queue"


@tagged("post_install", "-at_install")
class TestInbox(TransferCommon):
    """Events come late, twice, in any order, or never."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()

    def inbox(self, event):
        return (
            self.env["collection.message"]
            .sudo()
            .search([("event_id", "=", event["event_id"])])
        )

    def test_the_same_event_twice_is_worked_on_once(self):
        case = self.case
        event = self.tell(case)
        self.env["collection.message"].sudo()._log_events(self.agency, [event, event])
        self.assertEqual(len(self.inbox(event)), 1)
        self.run_jobs()
        self.assertEqual(self.inbox(event).state, "processed")
        asked = len(self.other.told("get_case"))
        self.env["collection.message"].sudo()._log_events(self.agency, [event])
        self.run_jobs()
        self.assertEqual(len(self.other.told("get_case")), asked)

    def test_an_event_of_the_webhook_and_of_polling_is_one(self):
        case = self.case
        event = self.tell(case)
        self.agency.sudo().next_attempt = False
        self.run_jobs()
        self.assertEqual(len(self.inbox(event)), 1)
        self.assertEqual(self.agency.last_event, event["event_id"])

    def test_two_events_swapped_end_where_the_agency_is(self):
        case = self.case
        self.other.change(case, state="reminder", status_code="reminder")
        self.other.change(case, state="demand", status_code="demand")
        messages = self.env["collection.message"].sudo()
        for number in (2, 1):
            event = {
                "event_id": f"S-{number}",
                "type": "case.updated",
                "case_id": case.agency_case_id,
            }
            messages._log_events(self.agency, [event])
            self.run_jobs()
        self.assertEqual(case.state, "demand")
        self.assertEqual(case.case_version, 3)

    def test_an_answer_older_than_what_is_known_changes_nothing(self):
        """Two workers ask at once; the slower one brings the older answer."""
        case = self.case
        self.happen(case, state="reminder", status_code="reminder")
        old = copy.deepcopy(self.other.cases[case.agency_case_id])
        self.happen(
            case, state="demand", status_code="demand", action_hint="Newer than old"
        )
        self.other.cases[case.agency_case_id] = old
        self.tell(case)
        self.run_jobs()
        self.assertEqual(case.state, "demand")
        self.assertEqual(case.action_hint, "Newer than old")
        self.assertFalse(case.next_attempt)

    def test_an_event_that_overtakes_the_agencys_answer_waits_for_it(self):
        move = self.make_invoice()
        move.transfer_to_collection()
        event = {
            "event_id": "E-early",
            "type": "case.updated",
            "case_id": "C-2",
        }
        messages = self.env["collection.message"].sudo()
        messages._log_events(self.agency, [event])
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_receive()
        self.assertEqual(self.inbox(event).state, "received")
        self.run_jobs()
        case = move.collection_case_id
        self.assertEqual(case.agency_case_id, "C-2")
        self.inbox(event).next_attempt = False
        self.run_jobs()
        self.assertEqual(self.inbox(event).state, "processed")
        self.assertEqual(self.inbox(event).case_id, case)

    def test_an_event_about_a_case_of_somebody_else_is_given_up_after_an_hour(self):
        event = self.tell(self.env["collection.case"], "case.updated")
        event = {**event, "event_id": "E-strange", "case_id": "C-404"}
        self.env["collection.message"].sudo()._log_events(self.agency, [event])
        self.run_jobs()
        strange = self.inbox(event)
        self.assertEqual(strange.state, "received")
        # The hour passes; only the database can say when something was created.
        self.env.cr.execute(
            "UPDATE collection_message SET next_attempt = NULL,"
            " create_date = create_date - interval '61 minutes' WHERE id = %s",
            [strange.id],
        )
        self.env.invalidate_all()
        self.run_jobs()
        self.assertEqual(strange.state, "processed")
        self.assertIn("not sent from here", strange.summary)

    def test_an_event_of_a_kind_that_nobody_knows_is_kept(self):
        case = self.case
        event = self.tell(case, "weather.changed")
        self.run_jobs()
        self.assertEqual(self.inbox(event).state, "processed")
        self.assertEqual(self.inbox(event).event_type, "weather.changed")

    def test_a_lost_event_is_made_good_within_a_day(self):
        case = self.case
        self.other.change(case, state="demand", status_code="demand")
        self.run_jobs()
        self.assertEqual(case.state, "received")
        case.sudo().refreshed_at = fields.Datetime.now() - timedelta(hours=25)
        self.env["collection.case"].sudo()._cron_refresh()
        self.run_jobs()
        self.assertEqual(case.state, "demand")

    def test_an_agency_out_of_reach_is_asked_again(self):
        case = self.case
        self.other.change(case, state="demand", status_code="demand")
        self.tell(case)
        self.other.fail("retry", "network", "Cannot be reached.")
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertEqual(case.summary, "Cannot be reached.")
        case.sudo().next_attempt = fields.Datetime.now()
        self.run_jobs()
        self.assertEqual(case.state, "demand")
        self.assertFalse(case.summary)

    def test_an_answer_that_cannot_be_worked_on_does_not_stop_the_others(self):
        first = self.case
        second = self.transfer(self.make_invoice())
        self.other.change(first, state="demand", history=[{"id": "without the rest"}])
        self.other.change(second, state="demand", status_code="demand")
        self.tell(first)
        self.tell(second)
        with mute_logger(QUEUE):
            self.run_jobs()
        self.assertEqual(second.state, "demand")
        self.assertEqual(first.state, "received")
        self.assertTrue(first.summary)
        self.happen(first, status_code="demand", history=[])
        self.assertEqual(first.state, "demand")
        self.assertFalse(first.summary)

    def test_row_66_what_was_done_is_in_the_timeline_once(self):
        case = self.case
        entry = {
            "id": "hi_1",
            "at": fields.Datetime.now() - timedelta(days=1),
            "actor": "agency",
            "code": "reminder",
            "label": "Reminder",
            "text": "Sent by post.",
        }
        asked = {**entry, "id": "hi_2", "actor": "debtor", "text": "", "label": "Asks"}
        self.happen(case, history=[entry])
        self.happen(case, history=[entry, asked])
        lines = case.event_ids.filtered("external_id").sorted("id")
        self.assertEqual(
            [(line.actor, line.name) for line in lines],
            [("agency", "Sent by post."), ("debtor", "Asks")],
        )

    def test_row_66_an_actor_that_nobody_knows_is_the_agencys_business(self):
        case = self.case
        entry = {
            "id": "hi_1",
            "at": fields.Datetime.now(),
            "actor": "court",
            "code": "hearing",
            "label": "Hearing",
            "text": "",
        }
        self.happen(case, state="legal", status_code="legal", history=[entry])
        self.assertEqual(case.state, "legal")
        line = case.event_ids.filtered("external_id")
        self.assertEqual((line.actor, line.name), ("agency", "Hearing"))

    def test_an_event_that_cannot_be_read_is_told_and_holds_up_nothing(self):
        case = self.case
        self.other.change(case, state="demand", status_code="demand")
        fault = "The agency's answer is not as agreed (events[0].id)."
        event = self.tell(case)
        self.patch(self.other, "get_events", lambda *_args: ([event], [fault]))
        self.agency.sudo().next_attempt = False
        self.run_jobs()
        self.assertEqual(case.state, "demand")
        [activity] = self.activities(self.agency, "agency")
        self.assertIn("events[0].id", activity.note)

    def test_what_nobody_thought_of_does_not_stop_the_asking(self):
        other = self.make_agency("Öst Inkasso")
        (self.agency + other).sudo().next_attempt = False
        self.other.get_creditor = self.other.get_terms = None
        asked = []

        def get_events(_line, after):
            asked.append(after)
            if len(asked) == 1:
                raise ZeroDivisionError
            return [], []

        self.patch(self.other, "get_events", get_events)
        with mute_logger(QUEUE):
            self.run_jobs()
        self.assertEqual(len(asked), 2)
        first, second = self.agency + other
        self.assertIn("ZeroDivisionError", first.summary)
        self.assertFalse(second.summary)
        self.assertTrue(first.next_attempt > fields.Datetime.now())

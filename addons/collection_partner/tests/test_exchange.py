from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.receivables_base.adapters import LineError

from ..exceptions import AgencyError
from .transfer_common import TransferCommon

QUEUE = "odoo.addons.receivables_base.models.receivables_queue"


class Interrupted(Exception):
    """The server is stopped in the middle of its work."""


@tagged("post_install", "-at_install")
class TestExchange(TransferCommon):
    """Lines break, servers stop, people do things twice: one invoice, one case."""

    def setUp(self):
        super().setUp()
        self.calls = []  # body and key of every call that transfers a case
        self.answers = {}
        self.breaks = []  # what happens on the line after the agency has done it
        create = self.other.create_case

        def create_once(agency, body, key):
            """The agency keeps the answer to a key, as its contract says."""
            self.calls.append((body, key))
            if key in self.answers:
                known, made = self.answers[key]
                self.assertEqual(body, known, "same key, other bytes")
                return made
            made = create(agency, body, key)
            self.answers[key] = body, made
            if self.breaks:
                raise self.breaks.pop(0)
            return made

        self.patch(self.other, "create_case", create_once)

    def later(self):
        """The time to try again has come."""
        messages = self.env["collection.message"].sudo()
        messages.search([("state", "=", "to_send")]).write({"next_attempt": False})
        self.run_jobs()

    def start(self, *moves, **values):
        for move in moves:
            move.transfer_to_collection(**values)
        return [move.collection_case_id for move in moves]

    # === NO ANSWER === #

    def test_no_answer_although_the_agency_has_done_it(self):
        move = self.make_invoice()
        [case] = self.start(move)
        self.breaks.append(AgencyError("retry", "timeout", "No answer in time."))
        self.run_jobs()
        self.assertEqual(len(self.other.cases), 1)
        self.assertEqual(case.state, "to_send")
        message = self.messages(case)
        self.assertEqual(message.error_code, "timeout")
        self.assertEqual(message.summary, "No answer in time.")
        # What is told does not follow what changes here meanwhile.
        self.customer.name = "Ekströms Nya Snickeri AB"
        self.later()
        self.assertEqual(len(self.calls), 2)
        self.assertEqual(self.calls[0], self.calls[1])
        self.assertEqual(len(self.other.cases), 1)
        self.assertEqual(case.state, "received")
        self.assertFalse(case.is_duplicate)
        self.assertEqual(message.state, "sent")
        self.assertFalse(message.summary)

    def test_the_server_stops_between_the_call_and_its_note(self):
        [case] = self.start(self.make_invoice())
        with self.as_job():
            self.env["collection.case"].sudo()._cron_transfer()
        with self.assertRaises(Interrupted), self.env.cr.savepoint():
            self.run_jobs()
            raise Interrupted
        self.env.invalidate_all()
        self.assertEqual(case.state, "to_send")
        self.assertEqual(len(self.other.cases), 1)
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertEqual(self.calls[0], self.calls[1])
        self.assertEqual(len(self.other.cases), 1)

    def test_the_agency_that_is_out_is_asked_ever_more_rarely(self):
        [case] = self.start(self.make_invoice())
        self.other.fail("retry", "internal_error", "HTTP 503")
        self.run_jobs()
        message = self.messages(case)
        self.run_jobs()
        self.assertEqual(message.attempts, 1)
        waits = [message.next_attempt]
        for _attempt in range(2):
            self.other.fail("retry", "internal_error", "HTTP 503")
            self.later()
            waits.append(message.next_attempt)
        now = fields.Datetime.now()
        minutes = [round((wait - now).total_seconds() / 60) for wait in waits]
        self.assertEqual(minutes, [1, 2, 4])
        self.assertFalse(self.activities(case, "refused"))

    def test_an_agency_that_fails_for_two_hours_is_told_until_it_answers(self):
        """Waits of 1, 2, 4, … 64 minutes are two hours and seven minutes."""
        [case] = self.start(self.make_invoice())
        told = []
        for _attempt in range(8):
            self.other.fail("retry", "internal_error", "HTTP 503")
            self.later()
            told.append(len(self.activities(self.agency, "silent")))
        self.assertEqual(told, [0, 0, 0, 0, 0, 0, 1, 1])
        [activity] = self.activities(self.agency, "silent")
        self.assertIn("HTTP 503", activity.note)
        self.later()
        self.assertEqual(case.state, "received")
        self.assertFalse(self.activities(self.agency, "silent"))

    def test_an_agency_that_cannot_be_asked_for_two_hours_is_told(self):
        agency = self.agency.sudo()
        told = []
        for _attempt in range(9):
            agency.next_attempt = False
            self.other.fail("retry", "internal_error", "HTTP 503")
            self.run_jobs()
            told.append(len(self.activities(agency, "silent")))
        self.assertEqual(told, [0] * 7 + [1, 1])
        agency.next_attempt = False
        self.run_jobs()
        self.assertFalse(self.activities(agency, "silent"))

    def test_an_agency_that_cannot_tell_of_a_case_for_two_hours_is_told(self):
        [case] = self.start(self.make_invoice())
        self.run_jobs()
        case.sudo().write({"attempts": 6, "next_attempt": fields.Datetime.now()})
        self.other.fail("retry", "internal_error", "HTTP 503")
        self.run_jobs()
        self.assertTrue(self.activities(self.agency, "silent"))
        case.sudo().next_attempt = fields.Datetime.now()
        self.run_jobs()
        self.assertFalse(self.activities(self.agency, "silent"))

    def test_an_agency_that_asks_for_an_hour_gets_it(self):
        [case] = self.start(self.make_invoice())
        self.other.fail("retry", "rate_limited", "Too many.", retry_after=3600)
        before = fields.Datetime.now()
        self.run_jobs()
        wait = self.messages(case).next_attempt - before
        self.assertAlmostEqual(wait.total_seconds(), 3600, delta=60)

    def test_what_stays_unanswered_is_told_and_can_be_tried_again(self):
        """It may have arrived, so it cannot be undone here without knowing."""
        [case] = self.start(self.make_invoice())
        self.other.failures = [
            AgencyError("retry", "network", "Cannot be reached.") for _n in range(12)
        ]
        for _attempt in range(12):
            self.later()
        message = self.messages(case)
        self.assertEqual(message.state, "error")
        [activity] = self.activities(case, "refused")
        self.assertIn("Cannot be reached.", activity.note)
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            case.action_undo()
        case.with_user(self.collector).action_retry()
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertEqual(len({key for _body, key in self.calls}), 1)
        self.assertFalse(self.activities(case, "refused"))

    def test_a_fault_in_one_message_does_not_stop_the_others(self):
        first, second = self.start(self.make_invoice(), self.make_invoice())
        self.breaks.append(ZeroDivisionError())
        with mute_logger(QUEUE):
            self.run_jobs()
        self.assertEqual(self.messages(first).error_code, "unexpected")
        self.assertEqual(second.state, "received")

    # === THE AGENCY HAS IT ALREADY === #

    def test_row_68_a_case_typed_by_hand_at_the_agency_is_linked_and_said_so(self):
        move = self.make_invoice()
        made = self.other.make_case("H-17", move.name, 1000, "SEK")
        [case] = self.start(move)
        self.run_jobs()
        self.assertEqual(len(self.other.cases), 1)
        self.assertEqual(case.state, "received")
        self.assertEqual(case.name, "H-17")
        self.assertTrue(case.is_duplicate)
        self.assertIn(
            "a case for this invoice number already exist", move.collection_status
        )
        self.assertIn("H-17", move.message_ids.mapped("body")[0])
        self.assertFalse(self.other.told("documents"))
        self.assertFalse(self.activities(case, "refused"))
        self.happen(case, state="demand", status_code="demand", status_label="Demand")
        self.assertEqual(case.agency_case_id, made["agency_case_id"])
        self.assertEqual(case.state, "demand")

    def typed(self, *, amount=1000, currency="SEK", **values):
        """A case that somebody typed at the agency under our number; we transfer."""
        move = self.make_invoice()
        self.other.make_case("H-17", move.name, Decimal(amount), currency, **values)
        [case] = self.start(move)
        self.run_jobs()
        return case

    def test_a_case_under_our_number_that_contradicts_is_for_a_person(self):
        contradictions = {
            "Debtor: Lunds Plåt AB there, Ekströms Snickeri AB here": {
                "debtor_name": "Lunds Plåt AB"
            },
            "Open capital: 500 SEK there, 1000.00 SEK here": {"amount": 500},
            "Open capital: 1000 EUR there, 1000.00 SEK here": {"currency": "EUR"},
        }
        for words, values in contradictions.items():
            with self.subTest(words):
                case = self.typed(**values)
                self.assertEqual(case.state, "refused")
                self.assertFalse(case.agency_case_id)
                self.assertIn("H-17", case.summary)
                self.assertIn(words, case.summary)
                [activity] = self.activities(case, "refused")
                self.assertIn(words, activity.note)
        figures = self.env["collection.case"]._read_group(
            [("agency_id", "=", self.agency.id)],
            [],
            ["capital_original_company:sum"],
        )
        self.assertEqual(figures, [(0.0,)])
        self.assertEqual(self.agency.open_amount, 0)

    def test_what_is_written_otherwise_does_not_contradict(self):
        case = self.typed(debtor_name="ab ekströms  SNICKERI.")
        self.assertEqual(case.state, "received")

    def test_a_contradicting_case_is_linked_by_a_person_who_knows(self):
        case = self.typed(amount=500)
        case.with_user(self.collector).action_link_existing()
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertEqual(case.name, "H-17")
        self.assertTrue(case.is_duplicate)
        self.assertTrue(case.differs)
        self.assertFalse(self.activities(case, "refused"))

    def test_a_contradicting_case_that_was_closed_makes_room(self):
        case = self.typed(amount=500)
        with self.assertRaisesRegex(UserError, "no case to be linked"):
            self.transfer(self.make_invoice()).action_link_existing()
        for known in self.other.cases.values():
            known["state"] = "closed"
        case.action_retry()
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertFalse(case.is_duplicate)
        self.assertFalse(case.existing_case_id)

    def test_row_68_a_case_that_changes_its_currency_keeps_our_balance(self):
        case = self.transfer(self.make_invoice())
        self.happen(case, currency="EUR")
        self.assertEqual(case.capital_open, 1000)
        [activity] = self.activities(case, "check")
        self.assertIn("EUR", activity.note)

    def test_our_own_case_that_we_forgot_is_linked_without_a_word(self):
        """A database was restored from yesterday: the agency knows our reference."""
        move = self.make_invoice()
        [case] = self.start(move)
        self.other.make_case(
            "2026-9", move.name, 1000, "SEK", external_id=case.external_id
        )
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertFalse(case.is_duplicate)
        self.assertEqual(len(self.other.told("documents")), 1)

    def test_a_conflict_that_names_no_case_is_a_refusal(self):
        [case] = self.start(self.make_invoice())
        self.other.fail("conflict", "duplicate_invoice", "There is a case.")
        self.run_jobs()
        self.assertEqual(case.state, "refused")

    # === REFUSED === #

    def test_row_50_refused_for_the_address_mended_and_sent_again(self):
        move = self.make_invoice()
        [case] = self.start(move)
        self.other.fail("final", "address_incomplete", "The postcode is not known.")
        self.run_jobs()
        self.assertEqual(case.state, "refused")
        self.assertEqual(move.collection_state, "refused")
        self.assertTrue(move.no_followup)
        [activity] = self.activities(case, "refused")
        self.assertIn("The postcode is not known.", activity.note)
        self.customer.zip = "411 06"
        case.with_user(self.collector).action_retry()
        self.assertFalse(self.activities(case, "refused"))
        self.run_jobs()
        self.assertEqual(case.state, "received")
        refused, accepted = self.messages(case)
        self.assertEqual((refused.state, accepted.state), ("refused", "sent"))
        self.assertNotEqual(refused.idempotency_key, accepted.idempotency_key)
        told = [
            told["debtor"]["address"]["zip"] for told, _key in self.other.told("case")
        ]
        self.assertEqual(told[-1], "411 06")

    def test_a_refused_invoice_can_be_let_be(self):
        move = self.make_invoice()
        [case] = self.start(move)
        self.other.fail("final", "debtor_excluded", "Not from this debtor.")
        self.run_jobs()
        case.with_user(self.collector).action_undo()
        self.assertEqual(case.state, "cancelled")
        self.assertFalse(self.activities(case, "refused"))
        self.assertFalse(move.no_followup)
        self.assertFalse(self.reasons(move))

    def test_a_refused_invoice_that_was_paid_meanwhile_is_not_sent_again(self):
        move = self.make_invoice()
        [case] = self.start(move)
        self.other.fail("final", "address_incomplete", "The postcode is not known.")
        self.run_jobs()
        self.pay(move, 1000)
        case.action_retry()
        self.run_jobs()
        self.assertEqual(case.state, "cancelled")
        self.assertEqual(len(self.other.told("case")), 1)

    # === THE CONNECTION === #

    def test_a_wrong_secret_refuses_no_invoice(self):
        """The secret has expired: all wait, one activity says so, and all go once a
        person who has seen to it fetches anew."""
        cases = self.start(*(self.make_invoice() for _number in range(3)))
        self.other.failures = [LineError("login_refused", reason="401")]
        self.run_jobs()
        self.assertEqual({case.state for case in cases}, {"to_send"})
        self.assertEqual(len(self.other.told("case")), 1)
        connection = self.agency.sudo().connection_id
        self.assertEqual(connection.health, "paused")
        self.assertIn("does not let us in", connection.activity_ids.note)
        self.agency.action_fetch_now()
        self.later()
        self.assertEqual({case.state for case in cases}, {"received"})
        self.assertEqual(len(self.other.cases), 3)
        self.assertFalse(connection.activity_ids)

    def test_a_line_that_is_down_is_not_tried_for_case_after_case(self):
        """One call finds out, and what waits for the same line waits too."""
        cases = self.start(*(self.make_invoice() for _number in range(3)))
        self.run_jobs()
        for case in cases:
            case.sudo()._ask_refresh()
        before = len(self.other.told("get_case"))
        self.other.failures = [LineError("timeout")]
        with self.as_job():
            self.env["collection.agency"].sudo()._cron_receive()
        self.assertEqual(len(self.other.told("get_case")), before + 1)
        self.assertEqual(self.agency.sudo().connection_id.health, "paused")

    def test_suspended_in_the_middle_of_a_run_and_back(self):
        moves = [self.make_invoice() for _number in range(4)]
        cases = self.start(*moves)
        create = self.other.create_case
        refusal = AgencyError("final", "creditor_not_active", "Suspended.")

        def suspend_after_one(*args):
            if self.other.cases:
                raise refusal
            return create(*args)

        with self.subTest("suspended"):
            self.patch(self.other, "create_case", suspend_after_one)
            self.run_jobs()
            self.assertEqual(self.agency.state, "suspended")
            self.assertEqual(
                [case.state for case in cases], ["received"] + ["to_send"] * 3
            )
            self.assertTrue(self.activities(self.agency, "agency"))
            self.assertFalse(any(self.activities(case, "refused") for case in cases))
        with self.subTest("what was sent goes on"):
            self.happen(cases[0], state="reminder", status_code="reminder")
            self.assertEqual(cases[0].state, "reminder")
        with self.subTest("back after weeks, one paid and one undone"):
            self.pay(moves[2], 1000)
            self.pay(moves[1], 400)
            cases[3].action_undo()
            self.patch(self.other, "create_case", create)
            self.agency.sudo()._apply_creditor_state("active")
            self.run_jobs()
            self.assertEqual(
                [case.state for case in cases],
                ["reminder", "received", "cancelled", "cancelled"],
            )
            told = self.other.told("case")[-1][0]
            self.assertEqual(told["claim"]["capital"], "600.00")
            self.assertFalse(self.activities(self.agency, "agency"))

    # === REQUESTS === #

    def test_a_request_that_the_agency_refuses_is_told(self):
        [case] = self.start(self.make_invoice())
        self.run_jobs()
        case.with_user(self.collector).request_action("withdraw", "Paid in cash")
        self.other.fail("final", "action_not_available", "It is in court.")
        self.run_jobs()
        self.assertEqual(case.state, "received")
        [activity] = self.activities(case, "refused")
        self.assertIn("It is in court.", activity.note)
        self.assertIn("refused", case.event_ids.mapped("code"))
        self.happen(case)
        self.assertTrue(self.activities(case, "refused"))

    def test_a_request_without_answer_is_repeated_with_the_same_key(self):
        [case] = self.start(self.make_invoice())
        self.run_jobs()
        until = self.today + timedelta(days=14)
        case.request_action("pause", "They will pay", until.isoformat())
        self.other.fail("retry", "timeout", "No answer.")
        self.run_jobs()
        self.assertEqual(case.pending_action, "Pause")
        self.later()
        first, second = self.other.told("action")
        self.assertEqual(first, second)
        self.assertEqual(first[1:4], ("pause", "They will pay", until))
        self.assertFalse(case.pending_action)

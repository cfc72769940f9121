from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestUndo(TransferCommon):
    """For a while a transfer can be taken back without a trace at the agency."""

    def setUp(self):
        super().setUp()
        self.agency.undo_minutes = 120

    def start(self, move):
        move.with_user(self.collector).transfer_to_collection(note="Second try")
        return move.collection_case_id

    def let_leave(self, case):
        """The time to undo is over."""
        case.sudo().send_after = fields.Datetime.now()

    def test_nothing_leaves_before_the_time_is_over(self):
        move = self.make_invoice()
        case = self.start(move)
        wait = case.send_after - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 7200, delta=60)
        self.assertEqual(move.collection_state, "to_send")
        self.run_jobs()
        self.assertFalse(self.other.calls)
        self.let_leave(case)
        self.run_jobs()
        self.assertEqual(len(self.other.told("case")), 1)
        self.assertEqual(move.collection_state, "received")

    def test_undone_inside_the_window_nothing_ever_leaves(self):
        move = self.make_invoice()
        case = self.start(move)
        self.assertTrue(move.no_followup)
        case.with_user(self.collector).action_undo()
        self.assertEqual(case.state, "cancelled")
        self.assertFalse(move.no_followup)
        self.assertFalse(self.reasons(move))
        self.let_leave(case)
        self.run_jobs()
        self.assertFalse(self.other.calls)
        move.button_draft()

    def test_undone_twice_is_undone_once(self):
        case = self.start(self.make_invoice())
        case.action_undo()
        told = case.move_id.message_ids
        self.assertTrue(case.action_undo())
        self.assertEqual(case.state, "cancelled")
        self.assertEqual(case.move_id.message_ids, told)

    def test_undone_and_transferred_again_is_a_new_case(self):
        move = self.make_invoice()
        first = self.start(move)
        first.action_undo()
        second = self.start(move)
        self.assertNotEqual(first.external_id, second.external_id)
        self.assertEqual(move.collection_case_id, second)
        self.assertEqual(len(move.collection_case_ids), 2)

    def test_own_reminders_stop_and_go_on_as_they_were(self):
        move = self.make_invoice()
        move.no_followup = True
        case = self.start(move)
        case.action_undo()
        self.assertTrue(move.no_followup)

    def test_after_it_has_left_it_cannot_be_undone_but_taken_back(self):
        move = self.make_invoice()
        case = self.start(move)
        self.let_leave(case)
        self.run_jobs()
        with self.assertRaisesRegex(UserError, "Take it back instead"):
            case.with_user(self.collector).action_undo()
        self.assertEqual(case.state, "received")
        case.with_user(self.collector).request_action("withdraw", "Our mistake")
        self.run_jobs()
        self.assertEqual(self.other.told("action")[0][1:3], ("withdraw", "Our mistake"))

    def test_undo_and_the_job_at_the_same_moment_the_job_was_first(self):
        """It stands in the outbox: whoever sends it may be at it already."""
        case = self.start(self.make_invoice())
        self.let_leave(case)
        with self.as_job():
            self.env["collection.case"].sudo()._cron_transfer()
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            case.with_user(self.collector).action_undo()
        self.run_jobs()
        self.assertEqual(case.state, "received")

    def test_undo_and_the_job_at_the_same_moment_neither_saw_the_other(self):
        """Both looked before either was done: the outbox has the last word."""
        case = self.start(self.make_invoice())
        self.let_leave(case)
        with self.as_job():
            self.env["collection.case"].sudo()._cron_transfer()
        case.sudo()._set_state("cancelled")
        self.run_jobs()
        self.assertFalse(self.other.told("case"))
        self.assertEqual(self.messages(case).state, "cancelled")
        self.assertEqual(case.state, "cancelled")

    def test_a_transfer_of_many_is_undone_as_a_whole_or_not_at_all(self):
        moves = self.make_invoices(2)
        moves.transfer_to_collection()
        first, second = moves.collection_case_ids.sorted("id")
        self.let_leave(first)
        self.run_jobs()
        with self.assertRaises(UserError):
            (first | second).action_undo()
        self.assertEqual(second.state, "to_send")

    def test_who_is_in_a_hurry_sends_at_once(self):
        case = self.start(self.make_invoice())
        case.with_user(self.collector).action_send_now()
        self.run_jobs()
        self.assertEqual(case.state, "received")

    # === WHAT HAPPENS MEANWHILE === #

    def test_paid_inside_the_window_it_does_not_leave(self):
        move = self.make_invoice()
        case = self.start(move)
        self.pay(move, 1000)
        self.let_leave(case)
        self.run_jobs()
        self.assertFalse(self.other.calls)
        self.assertEqual(case.state, "cancelled")
        self.assertIn("Nothing is left to pay", move.message_ids[0].body)
        self.assertFalse(move.no_followup)

    def test_partly_paid_inside_the_window_the_rest_leaves(self):
        move = self.make_invoice()
        case = self.start(move)
        self.pay(move, 400)
        self.let_leave(case)
        self.run_jobs()
        self.assertEqual(self.payload(case)["claim"]["capital"], "600.00")
        self.assertEqual(case.capital_original, 600)

    def test_credited_inside_the_window_it_does_not_leave(self):
        move = self.make_invoice()
        case = self.start(move)
        reversal = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        reversal.create({"journal_id": move.journal_id.id}).modify_moves()
        self.assertEqual(move.payment_state, "reversed")
        self.let_leave(case)
        self.run_jobs()
        self.assertFalse(self.other.calls)
        self.assertEqual(case.state, "cancelled")

    def test_banned_or_without_address_inside_the_window_it_does_not_leave(self):
        for change, word in (
            ({"collection_ban": True}, "ban"),
            ({"city": False}, "city"),
        ):
            with self.subTest(word):
                partner = self.make_consumer()
                move = self.make_invoice(partner)
                case = self.start(move)
                partner.write(change)
                self.let_leave(case)
                self.run_jobs()
                self.assertEqual(case.state, "cancelled")
                self.assertIn(word, move.message_ids[0].body)
        self.assertFalse(self.other.calls)

    def test_suspended_inside_the_window_it_waits(self):
        case = self.start(self.make_invoice())
        self.agency.sudo()._apply_creditor_state("suspended")
        self.let_leave(case)
        self.run_jobs()
        self.assertEqual(case.state, "to_send")
        self.agency.sudo()._apply_creditor_state("active")
        self.run_jobs()
        self.assertEqual(case.state, "received")

    def test_a_shorter_window_does_not_hurry_what_waits_already(self):
        case = self.start(self.make_invoice())
        before = case.send_after
        self.agency.undo_minutes = 0
        self.run_jobs()
        self.assertEqual(case.send_after, before)
        self.assertEqual(case.state, "to_send")

    def test_what_waited_so_long_that_it_became_too_old_does_not_leave(self):
        move = self.make_invoice(issued=-3 * 365, due=-3 * 365)
        case = self.start(move)
        self.set_today(self.today + timedelta(days=3))
        self.let_leave(case)
        self.run_jobs()
        self.assertEqual(case.state, "cancelled")

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
class TestRemoteApi(CollectionCommon):
    """A program that got no answer calls again, and the agency is asked once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()

    def setUp(self):
        super().setUp()
        self.until = (self.today + timedelta(days=10)).isoformat()

    def asked(self):
        """What the agency was asked: action, reason and day."""
        self.run_jobs()
        return [call[1:4] for call in self.other.told("action")]

    def test_a_repeated_request_asks_once(self):
        for _time in range(2):
            self.assertIs(self.case.request_action("withdraw", "Paid in cash"), True)
        self.assertEqual(self.asked(), [("withdraw", "Paid in cash", None)])
        self.happen(self.case, available_actions=["reopen"])
        self.assertIs(self.case.request_action("withdraw", "Paid in cash"), True)
        self.assertEqual(len(self.asked()), 1)

    def test_another_wish_is_no_repeat(self):
        self.case.request_action("withdraw", "Paid in cash")
        with self.assertRaisesRegex(UserError, "on its way"):
            self.case.request_action("withdraw", "Paid by card")
        self.happen(self.case, available_actions=["reopen"])
        with self.assertRaisesRegex(UserError, "does not offer"):
            self.case.request_action("withdraw", "Paid by card")
        self.assertEqual(len(self.asked()), 1)

    def test_what_is_offered_anew_is_asked_anew(self):
        for _time in range(2):
            self.happen(self.case, available_actions=["pause"])
            self.case.request_action("pause", "Ill", self.until)
            self.run_jobs()
        self.assertEqual(len(self.asked()), 2)

    def test_a_repeated_approval_approves_one_step(self):
        self.happen(self.case, available_actions=["approve_demand", "reject_demand"])
        self.case.request_action("approve")
        self.run_jobs()
        self.happen(self.case, available_actions=["withdraw"])
        self.assertIs(self.case.request_action("approve"), True)
        self.assertEqual(self.asked(), [("approve_demand", "", None)])

    def test_what_was_taken_back_in_time_stays_so(self):
        self.agency.undo_minutes = 120
        [answer] = self.make_invoice().transfer_to_collection()
        case = self.env["collection.case"].browse(answer["case_id"])
        for _time in range(2):
            self.assertIs(case.request_action("withdraw", "A mistake"), True)
        self.assertEqual(case.state, "cancelled")

    def test_the_agencys_own_words_are_taken(self):
        """`available_actions` → `request_action`, whatever it offers."""
        self.happen(self.case, available_actions=["approve_legal", "change_due_date"])
        with self.assertRaisesRegex(UserError, "until is missing"):
            self.case.request_action("change_due_date")
        self.case.request_action("change_due_date", until=self.until)
        self.assertEqual(self.case.pending_action, "Change the due date")
        day = self.today + timedelta(days=10)
        self.assertEqual(self.asked(), [("change_due_date", "", day)])
        self.case.request_action("approve_legal")
        self.assertEqual(self.asked()[1:], [("approve_legal", "", None)])

from odoo.exceptions import UserError

from .common import CollectionCommon


class TestContractNumber(CollectionCommon):
    """The creditor's agreement has a number; the agency may change it."""

    def change_number(self, number="A-2"):
        """The agency changes the number and reports it."""
        self.other.creditor.update(state="active", agreement_number=number)
        self.report("creditor.updated")

    def resend(self, case):
        """Ask for the case to be sent again, and let the agency take it back."""
        case.action_resend()
        self.run_jobs()
        self.happen(
            case,
            state="closed",
            outcome="withdrawn",
            status_code="closed",
            status_label="Withdrawn",
            available_actions=["reopen"],
        )

    def numbers(self):
        """The contract number under which each case was sent, in order."""
        return [told["agreement_number"] for told, _key in self.other.told("case")]

    def test_row_16_a_case_carries_the_number_of_the_contract(self):
        case = self.transfer(self.make_invoice())
        self.assertEqual(self.numbers(), ["A-1"])
        self.assertEqual(case.agreement_number, "A-1")

    def test_row_16_a_new_number_asks_the_user_to_ask_the_agency_first(self):
        self.transfer(self.make_invoice())
        closed = self.transfer(self.make_invoice())
        self.happen(closed, state="closed", outcome="paid", status_code="closed")
        self.change_number()
        self.assertEqual(self.agency.agreement_number, "A-2")
        [activity] = self.activities(self.agency, "agency")
        self.assertIn("1 open cases", activity.note)
        self.assertIn("ask the agency first", activity.note)
        # Nothing is taken back by itself.
        self.assertFalse(self.other.told("action"))

    def test_row_16_without_open_cases_there_is_nothing_to_ask(self):
        self.change_number()
        self.assertEqual(self.agency.agreement_number, "A-2")
        self.assertFalse(self.activities(self.agency, "agency"))

    def test_row_16_typed_here_it_asks_too(self):
        self.transfer(self.make_invoice())
        self.agency.agreement_number = "A-2"
        self.assertEqual(len(self.activities(self.agency, "agency")), 1)

    def test_row_16_taken_back_and_sent_again_it_has_the_new_number(self):
        move = self.make_invoice()
        case = self.transfer(move)
        self.change_number()
        self.resend(case)
        self.assertEqual(case.state, "closed")
        self.assertEqual(case.outcome_decision, "again")
        self.assertFalse(self.activities(case, "outcome"))
        self.run_jobs()
        self.assertEqual(self.numbers(), ["A-1", "A-2"])
        again = move.collection_case_id
        self.assertNotEqual(again, case)
        self.assertEqual(again.agreement_number, "A-2")
        self.assertEqual(again.state, "received")
        [(agency_case, action, reason, _until, _key)] = self.other.told("action")
        self.assertEqual((agency_case, action), (case.agency_case_id, "withdraw"))
        self.assertIn("A-2", reason)

    def test_row_16_the_second_time_there_is_nothing_to_send_again(self):
        move = self.make_invoice()
        self.change_number()
        case = self.transfer(move)
        self.assertEqual(self.numbers(), ["A-2"])
        with self.assertRefused(UserError, "carries the current number"):
            case.action_resend()

    def test_row_16_pressing_twice_sends_once(self):
        case = self.transfer(self.make_invoice())
        self.change_number()
        case.action_resend()
        case.action_resend()
        self.run_jobs()
        self.assertEqual(len(self.other.told("action")), 1)

    def test_row_16_a_transfer_still_held_gets_the_new_number_by_itself(self):
        self.agency.undo_minutes = 120
        move = self.make_invoice()
        case = self.transfer(move)
        self.change_number()
        with self.assertRefused(UserError, "not left"):
            case.action_resend()
        self.assertEqual(case.state, "to_send")
        case.action_send_now()
        self.run_jobs()
        self.assertEqual(self.numbers(), ["A-2"])

    def test_row_16_the_agency_does_not_let_it_go(self):
        move = self.make_invoice()
        case = self.transfer(move)
        self.change_number()
        case.action_resend()
        self.other.fail("final", "action_not_available", "It is in court.")
        self.run_jobs()
        self.assertFalse(case.resend)
        self.assertEqual(move.collection_case_id, case)
        [activity] = self.activities(case, "refused")
        self.assertIn("It is in court.", activity.note)
        # Closed for another reason later, it is not sent again behind one's back.
        self.happen(case, state="closed", outcome="paid", status_code="closed")
        self.run_jobs()
        self.assertEqual(self.numbers(), ["A-1"])

    def test_row_16_what_can_no_longer_go_is_told(self):
        move = self.make_invoice()
        case = self.transfer(move)
        self.change_number()
        self.customer.collection_ban = True
        self.resend(case)
        self.run_jobs()
        self.assertEqual(self.numbers(), ["A-1"])
        [activity] = self.activities(case, "outcome")
        self.assertIn("collection ban", activity.note)

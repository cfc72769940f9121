from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .transfer_common import TransferCommon

# What is left to decide when the agency closes a case and the invoice is open.
OUTCOMES = {
    "paid": "none",
    "partially_paid": "pending",
    "credited": "pending",
    "withdrawn": "pending",
    "uncollectable": "pending",
    "insolvent": "pending",
    "untraceable": "pending",
    "time_barred": "pending",
    "rejected_duplicate": "pending",
    "other": "pending",
}
CLOSED = {
    "state": "closed",
    "status_code": "closed",
    "status_label": "Closed",
    "available_actions": [],
}


@tagged("post_install", "-at_install")
class TestOutcomes(TransferCommon):
    """The agency closes a case; nobody has to find out by chance."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()

    def close(self, case, outcome, **changes):
        self.happen(
            case,
            **{**CLOSED, "outcome": outcome, **changes},
        )

    def decide(self, case, decision, user=None):
        case = case.with_user(user or self.collector)
        action = case.action_decide_outcome()
        form = Form(case.env[action["res_model"]].with_context(**action["context"]))
        form.decision = decision
        return form.save().action_confirm()

    def test_every_outcome_is_told_and_the_invoice_waits_for_a_decision(self):
        moves = self.make_invoices(len(OUTCOMES))
        moves.transfer_to_collection()
        self.run_jobs()
        cases = moves.collection_case_ids.sorted("id")
        for _told_twice in range(2):
            for case, outcome in zip(cases, OUTCOMES, strict=True):
                self.other.change(case, **CLOSED, outcome=outcome)
                if outcome == "paid":
                    self.other.collect(case, 1000)
                self.tell(case)
            self.run_jobs()
        for case, (outcome, decision) in zip(cases, OUTCOMES.items(), strict=True):
            with self.subTest(outcome):
                self.assertEqual(case.state, "closed")
                self.assertEqual(case.outcome, outcome)
                self.assertEqual(case.outcome_decision, decision)
                self.assertEqual(
                    len(self.activities(case, "outcome")), int(decision == "pending")
                )
                self.assertTrue(case.closed_at)
                self.assertTrue(case.move_id.no_followup)
                self.assertIn(case.name, case.move_id.message_ids[0].body)

    def test_an_outcome_that_nobody_knows_is_another_one(self):
        case = self.case
        self.close(case, "sold_to_the_moon")
        self.assertEqual((case.state, case.outcome), ("closed", "other"))
        self.assertTrue(self.activities(case, "outcome"))

    def test_an_outcome_that_the_agency_corrects_is_corrected_here(self):
        """Closed as uncollectable; next day the debtor had paid after all."""
        case = self.case
        self.close(case, "uncollectable")
        self.other.collect(case, 1000)
        self.close(case, "paid")
        self.assertEqual(case.outcome, "paid")
        self.assertEqual(case.outcome_decision, "none")
        self.assertFalse(self.activities(case, "outcome"))

    def test_what_a_person_decided_stays_decided(self):
        case = self.case
        self.close(case, "uncollectable")
        self.decide(case, "keep")
        self.close(case, "untraceable")
        self.assertEqual(case.outcome_decision, "keep")
        self.assertFalse(self.activities(case, "outcome"))

    def test_taken_back_as_asked_leaves_nothing_to_decide(self):
        for outcome in ("withdrawn", None):
            with self.subTest(outcome):
                case = self.transfer(self.make_invoice())
                case.request_action("withdraw", "Our mistake")
                self.run_jobs()
                self.close(case, outcome)
                self.assertEqual(case.outcome, "withdrawn")
                self.assertEqual(case.outcome_decision, "none")
                self.assertFalse(case.move_id.no_followup)
                self.assertFalse(self.activities(case, "outcome"))

    def test_what_waited_for_a_decision_no_longer_does(self):
        case = self.case
        self.happen(case, action_required=True, action_hint="Approve.")
        self.assertTrue(self.activities(case, "decide"))
        self.close(case, "uncollectable", action_required=True)
        self.assertFalse(case.action_required)
        self.assertFalse(self.activities(case, "decide"))

    # === WHAT BECOMES OF THE INVOICE === #

    def test_followed_up_here_it_does_not_go_by_itself_again(self):
        self.agency.auto_transfer = True
        case = self.case
        self.close(case, "uncollectable")
        self.assertEqual(self.reasons(case.move_id), {"undecided"})
        self.decide(case, "keep")
        self.assertFalse(case.move_id.no_followup)
        self.night()
        self.assertEqual(len(case.move_id.collection_case_ids), 1)
        self.assertFalse(self.reasons(case.move_id))

    def test_an_uncollectable_invoice_does_not_go_again_before_it_is_decided(self):
        self.agency.auto_transfer = True
        case = self.case
        self.close(case, "uncollectable")
        self.night()
        self.assertEqual(len(case.move_id.collection_case_ids), 1)
        self.assertTrue(self.activities(case, "outcome"))

    def test_transferred_again_it_is_a_new_case(self):
        case = self.case
        self.close(case, "untraceable")
        self.decide(case, "again")
        self.run_jobs()
        again = case.move_id.collection_case_id
        self.assertNotEqual(again, case)
        self.assertEqual(again.state, "received")
        self.assertEqual(case.outcome_decision, "again")
        self.assertEqual(len(self.other.cases), 2)
        self.close(again, "uncollectable")
        self.decide(again, "keep")
        self.assertFalse(case.move_id.no_followup)

    def test_transferred_again_only_if_it_may_go(self):
        case = self.case
        self.close(case, "untraceable")
        self.customer.city = False
        with self.assertRefused(UserError, "address is incomplete"):
            self.decide(case, "again")
        self.assertEqual(case.outcome_decision, "pending")

    def test_never_again_bans_the_customer(self):
        case = self.case
        self.close(case, "insolvent")
        self.decide(case, "ban")
        self.assertTrue(self.customer.collection_ban)
        self.assertEqual(self.reasons(self.make_invoice()), {"banned"})

    def test_a_credit_note_opens_filled_in(self):
        case = self.case
        self.close(case, "uncollectable")
        action = self.decide(case, "credit")
        self.assertEqual(action["res_model"], "account.move.reversal")
        self.assertEqual(case.outcome_decision, "credit")

    # === TAKEN UP AGAIN === #

    def test_a_case_that_the_agency_takes_up_again_is_at_the_agency_again(self):
        case = self.case
        move = case.move_id
        self.close(case, "uncollectable", available_actions=["reopen"])
        self.assertTrue(case.can_reopen)
        case.request_action("reopen")
        self.run_jobs()
        self.assertEqual(self.other.told("action")[0][1], "reopen")
        self.happen(case, state="monitoring", status_code="monitoring", outcome=None)
        self.assertEqual(case.state, "monitoring")
        self.assertFalse(case.outcome)
        self.assertFalse(case.outcome_decision)
        self.assertFalse(self.activities(case, "outcome"))
        self.assertTrue(move.no_followup)
        with self.assertRaisesRegex(UserError, "with the collection agency"):
            move.button_draft()
        with self.assertRaisesRegex(UserError, "taken the case up again"):
            self.decide(case, "keep")

    def test_taken_up_again_while_the_invoice_has_a_new_case(self):
        """One of the two at the agency is too many; the bookkeeper is told."""
        case = self.case
        self.close(case, "uncollectable")
        self.decide(case, "again")
        self.run_jobs()
        other = self.transfer(self.make_invoice())
        self.happen(case, state="demand", status_code="demand", outcome=None)
        self.assertEqual(case.state, "closed")
        [activity] = self.activities(case, "check")
        self.assertIn("has another case", activity.note)
        self.happen(other, state="demand", status_code="demand")
        self.assertEqual(other.state, "demand")

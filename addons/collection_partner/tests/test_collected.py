from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.receivables_base.tools import Sentence

from .transfer_common import TransferCommon

CLOSED = {
    "state": "closed",
    "status_code": "closed",
    "status_label": "Closed",
    "available_actions": [],
}


@tagged("post_install", "-at_install")
class TestCollected(TransferCommon):
    """Who has paid the agency is left alone until the agency's money is here, and is
    never offered again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()

    def collect(self, amount=1000, outcome="paid", **changes):
        """An invoice of 1,000 on which the agency collects, and closes its case."""
        case = self.transferred()
        self.other.collect(case, amount)
        self.happen(case, **{**CLOSED, "outcome": outcome, **changes})
        return case

    def owed(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collection_partner.collection_case_action_owed"
        )
        domain = [("company_id", "=", self.company.id), ("capital_owed", ">", 0)]
        self.assertIn("capital_owed", action["domain"])
        return self.env["collection.case"].search(domain)

    def test_paid_at_the_agency_it_is_left_alone(self):
        case = self.collect()
        move = case.move_id
        self.assertEqual(case.capital_owed, 1000)
        self.assertEqual(case.outcome_decision, "none")
        self.assertEqual(case.status_text, "Collected, not paid out yet")
        self.assertEqual(move.collection_status, "Collected, not paid out yet")
        self.assertTrue(move.no_followup)
        self.assertEqual(self.reasons(move), {"collected"})
        self.assertIn("collected", self.reasons(move, "automatic"))
        self.assertFalse(move.transfer_to_collection()[0]["case_id"])
        self.assertIn(case, self.owed())
        self.assertEqual(self.agency.owed_amount, 1000)

    def test_what_an_agency_has_is_not_paid_in_the_portal(self):
        move = self.make_invoice()
        self.assertTrue(move._has_to_be_paid())
        case = self.transfer(move)
        self.assertFalse(move._has_to_be_paid())
        self.assertIn("collection agency", move._get_online_payment_error())
        self.other.collect(case, 1000)
        self.happen(case, **CLOSED, outcome="paid")
        self.assertFalse(move._has_to_be_paid())
        self.other.collect(case, -1000)
        self.happen(case, **CLOSED, outcome="uncollectable")
        self.assertTrue(move._has_to_be_paid())

    def test_somebody_sees_to_it_that_the_money_comes(self):
        case = self.collect()
        [activity] = self.activities(case, "owed")
        self.assertIn("1,000.00", activity.note)
        self.assertIn(case.move_id.name, activity.note)
        self.happen(case)
        self.assertEqual(len(self.activities(case, "owed")), 1)

    def test_when_the_money_is_here_nothing_is_waited_for(self):
        case = self.collect()
        self.pay(case.move_id)
        self.run_jobs()
        self.assertEqual(case.capital_owed, 0)
        self.assertFalse(case.holds_invoice)
        self.assertFalse(case.move_id.no_followup)
        self.assertFalse(self.activities(case, "owed"))
        self.assertFalse(self.owed())

    def test_a_part_that_was_collected_is_not_demanded_again(self):
        """400 collected, the rest given up: nobody may demand 1,000 once more."""
        case = self.collect(400, "partially_paid")
        self.assertEqual(case.capital_owed, 400)
        self.assertEqual(case.outcome_decision, "pending")
        self.assertEqual(self.reasons(case.move_id), {"collected", "undecided"})
        case.sudo()._decide_outcome("keep")
        self.assertEqual(self.reasons(case.move_id), {"collected"})
        self.assertTrue(case.move_id.no_followup)
        self.pay(case.move_id, 400)
        self.run_jobs()
        self.assertFalse(self.reasons(case.move_id))
        self.assertFalse(case.move_id.no_followup)

    def test_in_parts_it_is_waited_for_the_rest(self):
        case = self.collect()
        self.pay(case.move_id, 999.95)
        self.run_jobs()
        self.assertEqual(case.capital_owed, 0.05)
        self.assertEqual(self.reasons(case.move_id), {"collected"})
        self.assertTrue(self.activities(case, "owed"))

    def test_while_the_case_is_open_it_is_in_the_list_too(self):
        case = self.transferred()
        self.other.collect(case, 250)
        self.happen(case)
        self.assertEqual(case.capital_owed, 250)
        self.assertIn(case, self.owed())
        self.assertEqual(case.status_text, "Received")

    def test_what_the_debtor_paid_us_is_not_owed(self):
        """The agency was told of 400 that came here, and collected the rest."""
        case = self.transferred()
        self.pay(case.move_id, 400)
        self.other.collect(case, 1000)
        self.happen(case, **CLOSED, outcome="paid")
        self.assertEqual(case.capital_owed, 600)

    def test_paid_without_an_amount_is_for_a_person(self):
        case = self.transferred()
        self.happen(case, **CLOSED, outcome="paid")
        self.assertEqual(case.outcome_decision, "pending")
        self.assertEqual(self.reasons(case.move_id), {"undecided"})
        self.assertTrue(self.activities(case, "outcome"))

    def test_a_payment_to_the_agency_that_was_taken_back(self):
        """The agency thinks better of it: not paid after all, tried in vain."""
        case = self.collect()
        self.other.collect(case, -1000)
        self.happen(case, **CLOSED, outcome="uncollectable")
        self.assertEqual(case.capital_owed, 0)
        self.assertEqual(case.outcome_decision, "pending")
        self.assertFalse(self.activities(case, "owed"))
        self.assertTrue(self.activities(case, "outcome"))
        self.assertTrue(case.move_id.no_followup)

    def test_what_is_paid_here_meanwhile_needs_no_decision(self):
        case = self.collect(0, "uncollectable")
        self.pay(case.move_id)
        self.run_jobs()
        self.assertEqual(case.outcome_decision, "none")
        self.assertFalse(self.activities(case, "outcome"))

    def test_an_undone_transfer_does_not_hide_what_was_collected(self):
        case = self.collect(1000, "uncollectable")
        self.other.collect(case, -1000)
        self.happen(case, **CLOSED, outcome="uncollectable")
        case.sudo()._decide_outcome("again")
        self.agency.undo_minutes = 60
        [answer] = case.move_id.transfer_to_collection()
        self.env["collection.case"].browse(answer["case_id"]).action_undo()
        self.assertEqual(case.move_id.collection_case_id, case)
        self.assertEqual(case.move_id.collection_state, "closed")

    def test_everybody_reads_the_outcome_in_a_language_of_theirs(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        case = self.collect(0, "uncollectable")
        note = case._get_closing_message()
        swede = self.env(context={**self.env.context, "lang": "sv_SE"})
        kept = Sentence.store(note)
        self.assertIn("Uncollectable", Sentence.read(kept, self.env))
        self.assertNotIn("Uncollectable", Sentence.read(kept, swede))

    def test_everybody_reads_why_it_was_not_sent_in_a_language_of_theirs(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.agency.undo_minutes = 60
        [answer] = self.make_invoice().transfer_to_collection()
        case = self.env["collection.case"].browse(answer["case_id"])
        self.customer.write({"city": False, "collection_ban": True})
        case.sudo().action_send_now()
        self.run_jobs()
        event = case.event_ids.filtered(lambda e: e.code == "cancelled")
        self.assertIn("has a collection ban", event.name)
        self.assertIn("address is incomplete", event.name)
        self.assertNotIn("has a", event.with_context(lang="sv_SE").name)

    def test_figures_count_what_was_sent(self):
        sent = self.transferred()
        self.agency.undo_minutes = 60
        [answer] = self.make_invoice().transfer_to_collection()
        undone = self.env["collection.case"].browse(answer["case_id"])
        self.assertEqual(undone.capital_open_company, 1000)
        undone.action_undo()
        self.other.collect(sent, 250)
        self.happen(sent)
        [(requested, open_here, share)] = self.env["collection.case"]._read_group(
            [("id", "in", (sent | undone).ids)],
            [],
            [
                "capital_original_company:sum",
                "capital_open_company:sum",
                "recovered_share:avg",
            ],
        )
        self.assertEqual((requested, open_here, share), (1000, 750, 0.25))


@tagged("post_install", "-at_install")
class TestDiffers(TransferCommon):
    """The two sides never think differently in silence, and nothing is done against a
    debtor for more than is open without a question."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # What the agency is told by itself would end the difference.
        cls.classPatch(cls.registry["collection.case"], "_note_money", lambda _c: None)
        cls.stopped = {
            "state": "paused",
            "status_code": "paused",
            "available_actions": ["resume", "withdraw"],
        }
        cls.asks = {
            "state": "awaiting_approval_legal",
            "status_code": "awaiting_approval_legal",
            "action_required": True,
            "available_actions": ["approve_legal", "reject_legal", "withdraw"],
        }
        cls.send_one()

    def transferred(self, case=None, **changes):
        case = case or self.case
        self.happen(case, **changes)
        return case

    def differing(self):
        cases = self.env["collection.case"].search([("differs", "=", True)])
        moves = self.env["account.move"].search([("collection_differs", "=", True)])
        self.assertEqual(cases.move_id, moves)
        return cases.filtered(lambda c: c.company_id == self.company)

    def asked_for(self):
        return [call[1] for call in self.other.told("action")]

    def confirm(self, action):
        self.assertEqual(action["res_model"], "collection.action.wizard")
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
        )
        self.assertIn("1,000.00", form.objection)
        form.is_confirmed = True
        form.save().action_confirm()

    def test_the_same_on_both_sides(self):
        case = self.transferred()
        self.assertFalse(case.differs)
        self.assertNotIn(case, self.differing())
        self.assertFalse(case.move_id.collection_differs)

    def test_a_payment_here_is_a_difference_until_the_agency_knows(self):
        case = self.transferred()
        self.pay(case.move_id, 300)
        self.assertEqual(case.capital_excess, 300)
        self.assertTrue(case.move_id.collection_differs)
        self.assertIn(case, self.differing())
        self.assertEqual(self.agency.differing_count, 1)
        self.other.collect(case, 300)
        self.happen(case)
        self.assertEqual(case.capital_excess, 0)
        self.assertFalse(case.differs)

    def test_a_payment_there_is_a_difference_until_it_is_here(self):
        case = self.transferred()
        self.other.collect(case, 300)
        self.happen(case)
        self.assertTrue(case.differs)
        self.assertEqual((case.capital_owed, case.capital_excess), (300, 0))

    def test_another_currency_is_a_difference(self):
        case = self.transferred(currency="EUR")
        self.assertTrue(case.differs)
        self.happen(case, **{**self.stopped, "currency": "EUR"})
        with self.assertRaisesRegex(UserError, "another currency"):
            case.request_action("resume")
        self.happen(case, currency=case.currency_id.name)
        self.assertFalse(case.differs)

    def test_a_program_is_refused_unless_it_confirms(self):
        case = self.transferred(**self.asks)
        self.pay(case.move_id)
        for confirmed in (False, None):
            with self.assertRaisesRegex(UserError, "demands 1,000.00.*0.00.* is open"):
                case.request_action("approve", confirmed=confirmed)
        with self.assertRaises(UserError):
            case.request_action("approve_legal")
        self.run_jobs()
        self.assertFalse(self.asked_for())
        case.request_action("approve", confirmed=True)
        self.run_jobs()
        self.assertEqual(self.asked_for(), ["approve_legal"])

    def test_one_click_does_not_approve_legal_action_on_a_paid_invoice(self):
        case = self.transferred(**self.asks)
        self.pay(case.move_id)
        action = case.with_user(self.collector).action_approve()
        self.run_jobs()
        self.assertFalse(self.asked_for())
        self.confirm(action)
        self.run_jobs()
        self.assertEqual(self.asked_for(), ["approve_legal"])

    def test_going_on_is_a_step_against_the_debtor_too(self):
        case = self.transferred(**self.stopped)
        self.pay(case.move_id, 300)
        action = case.with_user(self.collector).action_resume()
        self.confirm(action)
        self.run_jobs()
        self.assertEqual(self.asked_for(), ["resume"])

    def test_what_is_for_the_debtor_is_never_asked_about(self):
        case = self.transferred(**self.asks)
        self.pay(case.move_id)
        case.request_action("withdraw", "It is paid")
        self.run_jobs()
        self.assertEqual(self.asked_for(), ["withdraw"])

    def test_of_many_those_that_agree_are_approved_and_the_others_shown(self):
        agreed = self.transferred(**self.asks)
        other = self.transfer(self.make_invoice())
        paid = self.transferred(other, **self.asks)
        self.pay(paid.move_id)
        action = (agreed | paid).with_user(self.collector).action_approve()
        self.assertEqual(action["domain"], [("id", "in", paid.ids)])
        self.run_jobs()
        self.assertEqual(
            [call[:2] for call in self.other.told("action")],
            [(agreed.agency_case_id, "approve_legal")],
        )

    def test_where_the_two_agree_one_click_is_enough(self):
        case = self.transferred(**self.asks)
        self.assertIs(case.with_user(self.collector).action_approve(), True)
        self.run_jobs()
        self.assertEqual(self.asked_for(), ["approve_legal"])

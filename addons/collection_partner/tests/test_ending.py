from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user

from .common import CollectionCommon


class EndingCommon(CollectionCommon):
    """An agency that was chosen, and may be left."""

    def setUp(self):
        super().setUp()
        self.other.creditor.update(state="active", agreement_number="A-1")

    def choose(self, agency):
        """Choose the collection partner in the settings, or nobody."""
        settings = self.env["res.config.settings"]
        return settings.create({"collection_agency_id": agency.id}).execute()

    @property
    def nobody(self):
        return self.env["collection.agency"]

    def close(self, case, outcome):
        self.happen(
            case,
            state="closed",
            status_code="closed",
            outcome=outcome,
            available_actions=[],
        )


class TestEnding(EndingCommon):
    """Taking an invoice back, leaving an agency, changing it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()

    # === ONE INVOICE === #

    def test_row_90_taking_an_invoice_back_tells_the_agency(self):
        case = self.transferred()
        move = case.move_id
        with self.assertRefused(UserError, "why"):
            case.request_action("withdraw")
        action = case.with_context(collection_action="withdraw").action_ask()
        wizard = (
            self.env[action["res_model"]]
            .with_context(**action["context"])
            .create({"reason": "The goods came back."})
        )
        wizard.action_confirm()
        # Until the agency has answered, the invoice is still there.
        self.assertTrue(case.pending_action)
        self.assertEqual(case.state, "received")
        self.run_jobs()
        [(number, word, reason, until, _key)] = self.other.told("action")
        self.assertEqual(
            (number, word, reason, until),
            (case.agency_case_id, "withdraw", "The goods came back.", None),
        )
        self.close(case, "withdrawn")
        self.assertEqual(move.collection_state, "closed")
        self.assertFalse(move.no_followup)
        # We asked for it: there is nothing to decide.
        self.assertEqual(case.outcome_decision, "none")
        self.assertFalse(self.activities(case, "outcome"))

    def test_row_90_what_it_costs_is_said_before(self):
        case = self.transferred()
        wizards = self.env["collection.action.wizard"]
        values = {"case_id": case.id, "action": "withdraw"}
        self.assertIn("charges nothing", wizards.create(values).warning)
        self.happen(
            case,
            state="demand",
            status_code="demand",
            withdrawal_fee=150,
        )
        self.assertIn("150", wizards.create(values).warning)

    def test_row_90_in_the_time_to_undo_the_agency_hears_nothing(self):
        self.other.calls.clear()
        self.agency.undo_minutes = 120
        move = self.make_invoice()
        case = self.transfer(move)
        case.request_action("withdraw", "A mistake.")
        self.run_jobs()
        self.assertEqual(case.state, "cancelled")
        self.assertFalse(self.other.told("case"))
        self.assertFalse(self.other.told("action"))
        self.assertFalse(move.no_followup)

    # === THE SERVICE === #

    def test_row_92_with_an_empty_choice_nothing_new_goes(self):
        case = self.transferred()
        self.choose(self.nobody)
        self.assertFalse(self.company.collection_agency_id)
        move = self.make_invoice()
        self.assertIn("no_agency", self.reasons(move))
        [answer] = move.transfer_to_collection()
        self.assertFalse(answer["case_id"])
        # The contract itself is ended with the agency; open cases go on.
        self.assertEqual(self.agency.state, "active")
        self.assertFalse(self.other.told("terminate"))
        self.happen(case, state="demand", status_code="demand")
        self.assertEqual(case.state, "demand")

    def test_row_92_ending_the_contract_tells_the_agency_once(self):
        case = self.transferred()
        self.agency.action_terminate()
        self.agency.action_terminate()
        self.run_jobs()
        self.assertEqual(len(self.other.told("terminate")), 1)
        self.assertEqual(self.agency.state, "terminated")
        self.assertFalse(self.company.collection_agency_id)
        self.happen(case, state="demand", status_code="demand")
        self.assertEqual(case.state, "demand")
        case.request_action("withdraw", "We settle it ourselves.")
        self.run_jobs()
        self.assertEqual(len(self.other.told("action")), 1)
        with self.assertRefused(UserError, "open can be ended"):
            self.agency.action_terminate()

    def test_row_92_the_agency_ends_the_contract(self):
        self.other.creditor["state"] = "terminated"
        self.report("creditor.updated")
        self.assertEqual(self.agency.state, "terminated")
        self.assertFalse(self.company.collection_agency_id)
        [activity] = self.activities(self.agency, "agency")
        self.assertIn("ended the agreement", activity.note)
        self.assertIn("no_agency", self.reasons(self.make_invoice()))

    def test_row_92_the_agency_suspends_and_goes_on(self):
        self.other.calls.clear()
        held = self.make_invoice()
        self.agency.undo_minutes = 120
        case = self.transfer(held)
        self.other.creditor["state"] = "suspended"
        self.report("creditor.updated")
        self.assertEqual(self.agency.state, "suspended")
        self.assertIn("agency_not_active", self.reasons(self.make_invoice()))
        case.action_send_now()
        self.run_jobs()
        self.assertEqual(case.state, "to_send")
        self.assertFalse(self.other.told("case"))
        self.other.creditor["state"] = "active"
        self.report("creditor.activated")
        self.assertFalse(self.activities(self.agency, "agency"))
        self.run_jobs()
        self.assertEqual(case.state, "received")

    def test_row_92_only_managers_end_the_service(self):
        user = new_test_user(
            self.env,
            "collector",
            "collection_partner.collection_partner_group_user",
            company_id=self.company.id,
        )
        for call in ("action_terminate", "action_reactivate"):
            with self.assertRaises(AccessError):
                getattr(self.agency.with_user(user), call)()

    def test_row_92_an_agency_in_use_is_neither_archived_nor_deleted(self):
        with self.assertRefused(ValidationError, "gets new cases"):
            self.agency.action_archive()
        case = self.transferred()
        self.choose(self.nobody)
        with self.assertRefused(ValidationError, "gets new cases or has open"):
            self.agency.action_archive()
        self.close(case, "paid")
        with self.assertRefused(UserError, "must be kept"):
            self.agency.unlink()
        self.agency.action_archive()
        self.assertFalse(self.agency.active)

    # === THE API USER === #

    def test_row_93_the_api_user_stays_until_the_last_case_is_closed(self):
        first = self.transferred()
        second = self.transferred()
        user = self.agency.api_user_id
        self.choose(self.nobody)
        self.close(first, "paid")
        for removal in (user.unlink, user.action_archive):
            with self.assertRefused(UserError, "last case is closed"):
                removal()
        self.close(second, "paid")
        user.unlink()
        self.assertFalse(user.exists())
        self.assertFalse(self.agency.api_user_id)

    def test_row_93_afterwards_nothing_is_updated(self):
        case = self.transferred()
        self.choose(self.nobody)
        self.close(case, "uncollectable")
        token = self.agency.sudo().webhook_token
        agencies = self.env["collection.agency"].sudo()
        self.assertEqual(agencies._from_webhook_token(token), self.agency)
        self.agency.api_user_id.unlink()
        self.assertFalse(agencies._from_webhook_token(token))
        self.other.calls.clear()
        self.other.creditor["settings"]["approve_before_demand"] = True
        self.agency.sudo().next_attempt = False
        self.run_jobs()
        self.assertFalse(self.other.calls)
        self.assertFalse(self.agency.approve_before_demand)

    def test_row_93_a_user_of_nobody_is_deleted_as_ever(self):
        user = new_test_user(self.env, "leaver", "base.group_user")
        user.unlink()
        self.assertFalse(user.exists())


class TestComingBack(EndingCommon):
    """The service is taken up again."""

    def test_row_94_chosen_again_it_goes_on_without_a_new_opening(self):
        self.choose(self.nobody)
        action = self.choose(self.agency)
        self.assertNotEqual(
            (action or {}).get("res_model"), "collection.onboarding.wizard"
        )
        self.run_jobs()
        self.assertEqual(self.transfer(self.make_invoice()).state, "received")
        self.assertFalse(self.other.told("onboard"))
        self.assertFalse(self.other.told("reactivate"))

    def test_row_94_an_ended_contract_is_taken_up_again(self):
        self.agency.action_terminate()
        self.run_jobs()
        self.choose(self.agency)
        self.run_jobs()
        self.assertEqual(len(self.other.told("reactivate")), 1)
        self.assertFalse(self.other.told("onboard"))
        self.assertEqual(self.agency.state, "active")
        # What has changed since is told without anybody thinking of it.
        [(told, _key)] = self.other.told("company")
        self.assertEqual(told["company"]["name"], "Granlund Bygg AB")
        self.assertEqual(self.transfer(self.make_invoice()).state, "received")

    def test_row_94_what_is_technically_missing_is_made(self):
        self.choose(self.nobody)
        self.agency.api_user_id.unlink()
        self.agency.sudo().write({"webhook_secret": False, "webhook_token": False})
        self.choose(self.agency)
        agency = self.agency.sudo()
        self.assertTrue(agency.webhook_token)
        self.assertTrue(agency.webhook_secret)
        self.assertTrue(agency.api_user_id.active)
        # The agency signs with the secret it was told.
        self.run_jobs()
        [(told, _key)] = self.other.told("company")
        self.assertEqual(told["webhook"]["secret"], agency.webhook_secret)

    def test_row_94_an_archived_api_user_works_again(self):
        self.choose(self.nobody)
        user = self.agency.api_user_id
        user.action_archive()
        self.choose(self.agency)
        self.assertTrue(user.active)
        self.assertEqual(self.agency.api_user_id, user)

    def test_row_94_changed_ones_mind_before_the_agency_was_told(self):
        self.agency.action_terminate()
        self.choose(self.agency)
        self.run_jobs()
        self.assertFalse(self.other.told("terminate"))
        self.assertEqual(self.agency.state, "active")

    def test_row_94_saving_other_settings_does_nothing(self):
        self.choose(self.agency)
        self.choose(self.agency)
        self.run_jobs()
        self.assertFalse(self.other.told("reactivate"))
        self.assertFalse(self.other.told("company"))

    def test_row_94_only_what_was_open_before_comes_back(self):
        newcomer = self.make_agency("Syd Inkasso", state="draft")
        with self.assertRefused(UserError, "open before"):
            newcomer.action_reactivate()
        with self.assertRefused(UserError, "open before"):
            self.agency.action_reactivate()

    def test_row_94_the_agency_does_not_want_it_back(self):
        self.agency.action_terminate()
        self.run_jobs()
        self.choose(self.agency)
        self.other.fail("final", "action_not_available", "Ask for a new contract.")
        self.run_jobs()
        self.assertEqual(self.agency.state, "terminated")
        [activity] = self.activities(self.agency, "agency")
        self.assertIn("Ask for a new contract.", activity.note)
        self.assertIn("agency_not_active", self.reasons(self.make_invoice()))

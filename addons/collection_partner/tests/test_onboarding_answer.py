from lxml import etree

from odoo.exceptions import UserError
from odoo.tools.safe_eval import safe_eval

from .onboarding_common import OnboardingCommon


class TestOnboardingAnswer(OnboardingCommon):
    """The agency opens the service, later, or does not."""

    def test_row_10_invoices_can_go_only_after_the_activation(self):
        move = self.make_invoice()
        self.open_service()
        self.assertEqual(self.partner.state, "onboarding")
        self.assertIn("agency_not_active", self.reasons(move))
        [answer] = move.transfer_to_collection()
        self.assertFalse(answer["case_id"])
        self.activate()
        self.assertEqual(self.partner.state, "active")
        self.assertEqual(self.partner.agreement_number, "A-77")
        self.assertFalse(self.reasons(move))
        self.assertEqual(self.transfer(move).agency_id, self.partner)

    def test_row_10_the_activation_is_found_though_its_message_was_lost(self):
        self.open_service()
        self.other.creditor.update(state="active", agreement_number="A-77")
        self.partner.sudo().next_attempt = False
        self.run_jobs()
        self.assertEqual(self.partner.state, "active")

    def test_row_10_the_settings_appear_only_then(self):
        def pages():
            arch = etree.fromstring(self.partner.get_view(view_type="form")["arch"])
            state = {"state": self.partner.state}
            return {
                page.get("name")
                for page in arch.iter("page")
                if not safe_eval(page.get("invisible", "False"), dict(state))
            }

        settings = {"services", "letter", "automatic"}
        self.assertFalse(settings & pages())
        self.open_service()
        self.assertFalse(settings & pages())
        self.activate()
        self.assertLessEqual(settings, pages())

    def test_row_10_what_was_set_before_holds_from_the_first_day(self):
        """Letters must not leave unapproved because the agency's defaults came back
        with its first answer."""
        self.partner.approve_before_demand = True
        self.open_service()
        self.assertFalse(self.other.told("settings"))
        self.activate()
        self.assertTrue(self.partner.approve_before_demand)
        [(told, _key)] = self.other.told("settings")
        self.assertTrue(told["approve_before_demand"])
        self.assertEqual(self.partner.settings_state, "synced")

    def test_row_10_the_activation_asks_about_overdue_invoices_once(self):
        self.open_service()
        self.activate()
        self.assertEqual(len(self.activities(self.partner, "started")), 1)
        self.report("creditor.activated", self.partner)
        self.assertEqual(len(self.activities(self.partner, "started")), 1)
        self.assertEqual(self.partner.state, "active")

    def test_row_11_an_agreement_made_outside_switches_itself_on(self):
        self.other.creditor["agreement_number"] = "OUT-1"
        self.partner.sudo().next_attempt = False
        self.run_jobs()
        self.assertEqual(self.partner.state, "draft")
        self.other.creditor["state"] = "active"
        self.partner.sudo().next_attempt = False
        self.run_jobs()
        self.assertEqual(self.partner.state, "active")
        self.assertEqual(self.partner.agreement_number, "OUT-1")
        self.assertEqual(self.partner.creditor_ref, "CR-2")
        self.assertEqual(self.company.collection_agency_id, self.partner)
        self.assertTrue(self.partner.api_user_id)
        self.assertFalse(self.other.told("onboard"))
        [(told, _key)] = self.other.told("company")
        self.assertIn("/collection_partner/webhook/", told["webhook"]["url"])
        self.assertEqual(self.transfer(self.make_invoice()).agency_id, self.partner)

    def test_row_11_the_agencys_message_does_it_at_once(self):
        self.activate("OUT-1")
        self.assertEqual(self.partner.state, "active")
        self.assertEqual(self.partner.agreement_number, "OUT-1")
        self.assertEqual(self.company.collection_agency_id, self.partner)
        self.assertFalse(self.other.told("onboard"))

    def test_row_11_the_partner_in_use_is_not_replaced(self):
        self.company.collection_agency_id = self.agency
        self.other.creditor["state"] = "active"
        self.partner.sudo().next_attempt = False
        self.run_jobs()
        self.assertEqual(self.partner.state, "active")
        self.assertEqual(self.company.collection_agency_id, self.agency)

    def test_row_11_15_nor_does_it_serve_a_company_elsewhere(self):
        self.partner.country_ids = self.env.ref("base.fi")
        self.other.creditor["state"] = "active"
        self.partner.sudo().next_attempt = False
        self.run_jobs()
        self.assertFalse(self.company.collection_agency_id)

    def test_row_12_the_exchange_has_a_user_of_its_own(self):
        self.open_service()
        user = self.partner.api_user_id
        self.assertEqual(
            user.group_ids,
            self.env.ref("collection_partner.collection_partner_group_api"),
        )
        self.assertEqual(user.company_ids, self.company)
        self.activate()
        self.assertEqual(self.partner.api_user_id, user)
        with self.assertRefused(UserError, "is needed"):
            user.unlink()
        with self.assertRefused(UserError, "is needed"):
            user.action_archive()

    # === REFUSED === #

    def test_the_agency_cannot_use_the_data(self):
        dialog = self.open_dialog()
        self.go_through(dialog)
        self.assertEqual(self.partner.state, "onboarding")
        self.other.fail("final", "onboarding_incomplete", "The BIC is unknown.")
        self.run_jobs()
        self.assertEqual(self.partner.state, "draft")
        [activity] = self.activities(self.partner, "agency")
        self.assertIn("The BIC is unknown.", activity.note)
        self.open_service()
        self.assertEqual(self.partner.state, "onboarding")
        (_told, first), (_told, second) = self.other.told("onboard")
        self.assertNotEqual(first, second)

    def test_no_answer_is_asked_for_again_with_the_same_key(self):
        self.go_through(self.open_dialog())
        self.other.fail("retry", "timeout", "No answer.")
        self.run_jobs()
        self.assertEqual(self.partner.state, "onboarding")
        messages = self.env["collection.message"].sudo()
        message = messages.search([("type", "=", "onboard")])
        message.next_attempt = False
        self.run_jobs()
        (told, first), (again, second) = self.other.told("onboard")
        self.assertEqual(first, second)
        self.assertEqual(told, again)
        self.assertEqual(message.state, "sent")

    def test_the_agency_declines_and_then_opens_after_all(self):
        self.open_service()
        self.other.creditor["state"] = "rejected"
        self.report("creditor.updated", self.partner)
        self.assertEqual(self.partner.state, "draft")
        [activity] = self.activities(self.partner, "agency")
        self.assertIn("declined", activity.note)
        self.assertIn("agency_not_active", self.reasons(self.make_invoice()))
        self.activate()
        self.assertEqual(self.partner.state, "active")
        self.assertFalse(self.activities(self.partner, "agency"))

    def test_sending_twice_opens_once(self):
        dialog = self.open_dialog()
        self.go_through(dialog)
        dialog.action_send()
        self.run_jobs()
        self.assertEqual(len(self.other.told("onboard")), 1)
        self.assertEqual(len(self.partner.api_user_id), 1)

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user

from .onboarding_common import OnboardingCommon


class TestOnboarding(OnboardingCommon):
    """A company chooses its collection partner and asks it to open the service."""

    def assertStopped(self, code, words):
        """The dialog says what is missing, leads to it and goes no further; nothing
        reaches the agency."""
        self.partner.invalidate_recordset()
        dialog = self.open_dialog()
        self.assertIn(code, dialog.checklist)
        self.assertIn(words, dialog.checklist[code]["message"])
        self.assertTrue(dialog.checklist[code]["action"])
        with self.assertRaises(UserError):
            dialog.action_next()
        self.assertEqual(dialog.step, "check")
        dialog.write({"step": "contact", "accept_terms": 1, "accept_api_user": 1})
        dialog.write({"contact_name": "Elsa Berg", "contact_email": "e@example.com"})
        with self.assertRefused(UserError, words):
            dialog.action_send()
        self.run_jobs()
        self.assertFalse(self.other.told("onboard"))
        self.assertEqual(self.partner.state, "draft")

    # === WHAT IS NEEDED === #

    def test_row_01_the_companys_own_number_is_needed(self):
        self.company.company_registry = False
        self.assertStopped("company_registry", "company ID")

    def test_row_02_03_a_complete_address_is_needed(self):
        for field, words in (
            ("street", "street address"),
            ("zip", "postcode"),
            ("city", "city"),
        ):
            with self.subTest(field):
                before = self.company[field]
                self.company[field] = False
                self.assertStopped(field, words)
                self.company[field] = before

    def test_row_02_a_post_office_box_goes_into_the_street(self):
        self.company.street = "Box 117"
        self.open_service()
        [(told, _key)] = self.other.told("onboard")
        self.assertEqual(told["company"]["street"], "Box 117")

    def test_the_agency_serves_companies_of_some_countries(self):
        self.partner.country_ids = self.env.ref("base.is")
        self.partner.invalidate_recordset()
        self.assertIn("does not serve", self.partner.checklist["served"]["message"])
        self.partner.country_ids += self.company.country_id
        self.partner.invalidate_recordset()
        self.assertFalse(self.partner.checklist)

    def test_a_country_without_rules_is_a_warning(self):
        self.company.country_id = self.env.ref("base.us")
        self.partner.country_ids = False
        self.partner.invalidate_recordset()
        self.assertEqual(
            {code: line["level"] for code, line in self.partner.checklist.items()},
            {"rules": "warning"},
        )
        self.assertTrue(self.open_dialog().is_ready)

    def test_a_form_has_no_link_to_itself(self):
        self.partner.sudo().environment = "disabled"
        self.partner.invalidate_recordset()
        self.assertNotIn("action", self.partner.checklist["connection"])
        opened = self.open_dialog().checklist["connection"]["action"]
        self.assertEqual(opened["res_id"], self.partner.id)

    def test_row_04_an_active_bank_account_is_needed(self):
        self.account.active = False
        self.assertStopped("bank_account", "no active bank account")

    def test_row_05_every_active_bank_account_has_a_bic(self):
        second = self.env["res.partner.bank"].create(
            {"acc_number": "5000-4711", "partner_id": self.company.partner_id.id}
        )
        self.assertStopped("bic", "5000-4711")
        second.active = False
        self.partner.invalidate_recordset()
        self.open_service()
        [(told, _key)] = self.other.told("onboard")
        [account] = told["bank_accounts"]
        self.assertEqual(account["iban"], "SE3550000000054910000003")
        self.assertEqual(account["bic"], "NDEASESS")
        self.assertEqual(account["currency"], "SEK")

    def test_row_04_an_account_of_another_company_does_not_count(self):
        self.account.company_id = self.other_company()
        self.assertStopped("bank_account", "no active bank account")
        self.assertFalse(self.open_dialog().account_ids)

    # === THE CHOICE === #

    def test_row_06_07_saving_the_choice_opens_the_dialog(self):
        dialog = self.open_dialog()
        self.assertEqual(self.company.collection_agency_id, self.partner)
        self.assertTrue(self.partner.is_partner)
        self.assertEqual(dialog.step, "check")
        self.assertFalse(dialog.checklist)
        self.assertEqual(self.partner.state, "draft")

    def test_row_06_the_contract_of_another_company_cannot_be_chosen(self):
        other = self.other_company()
        theirs = self.make_agency("Deras Inkasso", company_id=other.id)
        with self.assertRefused(ValidationError, other.name):
            self.choose(theirs)

    def test_row_06_an_administrator_without_the_right_still_saves_settings(self):
        admin = new_test_user(
            self.env, "it", "base.group_system", company_id=self.company.id
        )
        self.choose(user=admin)
        self.assertEqual(self.company.collection_agency_id, self.partner)
        with self.assertRaises(AccessError):
            self.partner.with_user(admin).action_open_onboarding()

    def test_row_15_elsewhere_the_service_cannot_be_chosen(self):
        self.partner.country_ids = self.env.ref("base.se")
        self.company.country_id = self.env.ref("base.no")
        with self.assertRefused(ValidationError, "Sweden"):
            self.choose()
        self.company.country_id = self.env.ref("base.se")
        self.choose()
        self.assertEqual(self.company.collection_agency_id, self.partner)
        with self.assertRefused(ValidationError, "Sweden"):
            self.company.country_id = self.env.ref("base.no")

    # === TERMS, API USER, CONTACT PERSON === #

    def test_row_07_nothing_goes_before_both_are_accepted(self):
        dialog = self.open_dialog()
        dialog.action_next()
        for accepted in (
            {"accept_terms": False, "accept_api_user": False},
            {"accept_terms": True, "accept_api_user": False},
            {"accept_terms": False, "accept_api_user": True},
        ):
            dialog.write(accepted)
            with self.assertRefused(UserError, "Accept the terms"):
                dialog.action_next()
            with self.assertRefused(UserError, "Accept the terms"):
                dialog.action_send()
        self.assertEqual(dialog.step, "terms")
        self.assertFalse(self.partner.api_user_id)
        dialog.write({"accept_terms": True, "accept_api_user": True})
        dialog.action_next()
        self.assertEqual(dialog.step, "contact")

    def test_row_07_who_accepted_which_terms_is_kept_and_told(self):
        self.open_service()
        self.assertEqual(self.partner.terms_accepted_version, "2026-1")
        self.assertEqual(self.partner.terms_accepted_by_id, self.env.user)
        self.assertTrue(self.partner.terms_accepted_at)
        [(told, _key)] = self.other.told("onboard")
        self.assertEqual(told["terms_accepted"]["version"], "2026-1")
        self.assertEqual(told["terms_accepted"]["by"], self.env.user.name)

    def test_row_08_09_company_and_contact_person_go_by_themselves(self):
        self.company.write({"email": "info@granlund.example", "phone": "+46 18 1"})
        users = self.env["res.users"].search_count([])
        self.open_service()
        [(told, _key)] = self.other.told("onboard")
        self.assertEqual(
            told["company"],
            {
                "name": "Granlund Bygg AB",
                "org_number": "556999-9991",
                "vat_number": self.company.vat,
                "street": "Storgatan 1",
                "zip": "753 31",
                "city": "Uppsala",
                "country": "SE",
                "email": "info@granlund.example",
                "phone": "+46 18 1",
            },
        )
        self.assertEqual(told["contact"]["name"], "Elsa Berg")
        self.assertEqual(told["contact"]["email"], "elsa.berg@example.com")
        self.assertEqual(told["contact"]["phone"], "+46 70 000 00 00")
        # Only the API user is new: Elsa Berg administers the portal, not Odoo.
        self.assertEqual(self.env["res.users"].search_count([]), users + 1)
        self.assertFalse(
            self.env["res.users"].search([("login", "=", "elsa.berg@example.com")])
        )

    def test_row_09_the_agency_needs_a_name_and_an_address(self):
        dialog = self.open_dialog()
        dialog.write({"step": "contact", "accept_terms": 1, "accept_api_user": 1})
        for missing in ("contact_name", "contact_email"):
            dialog.write({"contact_name": "Elsa", "contact_email": "e@example.com"})
            dialog[missing] = False
            with self.assertRefused(UserError, "name and e-mail"):
                dialog.action_send()
        self.assertEqual(self.partner.state, "draft")

    def test_row_13_the_mail_with_instructions_comes_in_the_companys_language(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.partner.user_id = new_test_user(
            self.env,
            "ek",
            "collection_partner.collection_partner_group_manager",
            company_id=self.company.id,
            lang="sv_SE",
        )
        self.open_service()
        [(told, _key)] = self.other.told("onboard")
        self.assertEqual(told["contact"]["language"], "sv")

    def test_row_14_terms_and_price_list_are_one_click_away(self):
        newcomer = self.make_agency("Syd Inkasso", state="draft")
        self.assertFalse(newcomer.terms_url)
        self.run_jobs()
        self.assertEqual(newcomer.terms_url, "https://portal.example.com/terms")
        self.assertEqual(newcomer.price_list_url, "https://portal.example.com/prices")
        self.assertEqual(newcomer.terms_version, "2026-1")
        self.assertFalse(newcomer.terms_accepted_version)

    def test_row_07_new_terms_are_read_before_they_are_accepted(self):
        dialog = self.open_dialog()
        dialog.action_next()
        dialog.write({"accept_terms": True, "accept_api_user": True})
        dialog.action_next()
        self.env.flush_all()
        self.other.creditor["terms_version"] = "2026-2"
        self.partner.sudo()._apply_terms(self.other.get_terms(None))
        dialog.write({"contact_name": "Elsa", "contact_email": "e@example.com"})
        with self.assertRefused(UserError, "new terms"):
            dialog.action_send()
        dialog.action_back()
        dialog.accept_terms = False
        self.env.flush_all()
        dialog.accept_terms = True
        dialog.action_next()
        dialog.action_send()
        self.assertEqual(self.partner.terms_accepted_version, "2026-2")

    def test_row_14_unknown_terms_cannot_be_accepted(self):
        self.partner.sudo().terms_version = False
        dialog = self.open_dialog()
        dialog.action_next()
        dialog.write({"accept_terms": True, "accept_api_user": True})
        with self.assertRefused(UserError, "not arrived"):
            dialog.action_next()

    # === WHO === #

    def test_only_managers_open_the_service(self):
        user = new_test_user(
            self.env,
            "u",
            "collection_partner.collection_partner_group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.partner.with_user(user).action_open_onboarding()
        with self.assertRaises(AccessError):
            self.env["collection.onboarding.wizard"].with_user(user).create(
                {"agency_id": self.partner.id}
            )

    def test_a_manager_who_is_no_administrator_opens_it_from_the_contract(self):
        manager = new_test_user(
            self.env,
            "manager",
            "collection_partner.collection_partner_group_manager",
            company_id=self.company.id,
            email="manager@granlund.example",
        )
        action = self.partner.with_user(manager).action_open_onboarding()
        dialogs = self.env[action["res_model"]].with_user(manager)
        dialog = Form(dialogs.with_context(**action["context"])).save()
        # Who opens it is proposed as the contact person.
        self.assertEqual(dialog.contact_email, "manager@granlund.example")
        self.go_through(dialog)
        self.run_jobs()
        self.assertEqual(self.partner.state, "onboarding")
        self.assertEqual(self.partner.terms_accepted_by_id, manager)
        self.assertEqual(len(self.other.told("onboard")), 1)

    def test_back_and_forth_in_the_dialog(self):
        dialog = self.open_dialog()
        dialog.action_back()
        self.assertEqual(dialog.step, "check")
        dialog.action_next()
        dialog.action_back()
        self.assertEqual(dialog.step, "check")
        dialog.write({"step": "contact", "accept_terms": 1, "accept_api_user": 1})
        dialog.action_next()
        self.assertEqual(dialog.step, "contact")

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common_norway import MOBILE, NorwayCommon

WRITTEN_OTHERWISE = "900 00 001"


@tagged("post_install", "-at_install")
class TestConsumer(NorwayCommon):
    """Private customers of an access point: who can receive, and what to change."""

    def receive(self, partner, **values):
        partner.write(
            {
                "einvoice_access_point": "B2CNO",
                "einvoice_receives": True,
                **values,
            }
        )

    def test_a_person_with_a_mobile_number_receives(self):
        self.receive(self.kari)
        self.assertFalse(self.kari.einvoice_obstacle)
        self.assertTrue(self.kari.einvoice_has_access_points)

    def test_a_number_that_is_written_otherwise_is_refused_with_the_right_one(self):
        for phone in (WRITTEN_OTHERWISE, "+47 900 00 001", "004790000001"):
            partner = self.kari.copy({"phone": phone})
            with self.assertRaisesRegex(ValidationError, r"written as \+4790000001"):
                self.receive(partner)

    def test_no_mobile_number_is_refused(self):
        # a line of Oslo, a mobile of Finland, one digit too few, none
        for phone in ("+4722225555", "+358401234567", "9000000", False):
            partner = self.kari.copy({"phone": phone})
            with self.assertRaisesRegex(ValidationError, "mobile number"):
                self.receive(partner)

    def test_a_company_and_its_contacts_are_refused(self):
        company = self.kari.copy({"is_company": True})
        contact = self.kari.copy({"parent_id": company.id})
        for partner in (company, contact):
            with self.assertRaisesRegex(ValidationError, "private persons"):
                self.receive(partner)
        self.receive(self.kari)
        with self.assertRaisesRegex(ValidationError, "private persons"):
            self.kari.is_company = True

    def test_without_email_people_are_told_what_follows(self):
        self.receive(self.kari, email=False)
        self.assertIn("have to be posted", self.kari.einvoice_obstacle)

    def test_the_access_point_must_be_chosen(self):
        with self.assertRaisesRegex(ValidationError, "choose the access point"):
            self.kari.einvoice_receives = True

    def test_one_click_on_the_form_writes_the_number_as_it_must_be(self):
        self.kari.phone = WRITTEN_OTHERWISE
        with Form(self.kari) as form:
            form.einvoice_receives = True
            self.assertEqual(form.einvoice_access_point, "B2CNO")
            self.assertIn(MOBILE, form.einvoice_obstacle)
            self.assertEqual(form.einvoice_phone_corrected, MOBILE)
            form.einvoice_correct_phone = True
            self.assertEqual(form.phone, MOBILE)
            self.assertFalse(form.einvoice_obstacle)
        self.assertEqual(self.kari.phone, MOBILE)
        with Form(self.kari) as form:  # core writes spaces into what people type
            form.phone = "90 00 00 02"
            self.assertEqual(form.phone, "+4790000002")

    def test_what_a_customer_writes_on_the_portal_is_not_refused(self):
        self.receive(self.kari)
        visitor = new_test_user(self.env, "visitor", groups="base.group_portal")
        self.kari.with_user(visitor).sudo().phone = WRITTEN_OTHERWISE
        self.assertIn(MOBILE, self.kari.einvoice_obstacle)

    # === MANY AT ONCE === #

    def check(self, partners):
        return (
            self.env["einvoice.consumer.wizard"]
            .with_context(active_model="res.partner", active_ids=partners.ids)
            .create({})
        )

    def test_many_are_checked_and_corrected_after_a_look(self):
        spaced = self.kari.copy({"phone": WRITTEN_OTHERWISE})
        abroad = self.kari.copy({"phone": "+358401234567"})
        firm = self.kari.copy({"phone": WRITTEN_OTHERWISE, "is_company": True})
        wizard = self.check(self.kari + spaced + abroad + firm)
        found = {line.partner_id: line for line in wizard.line_ids}
        states = {partner: line.state for partner, line in found.items()}
        self.assertEqual(
            states,
            {self.kari: "fine", spaced: "correct", abroad: "other", firm: "other"},
        )
        self.assertEqual(
            (found[spaced].phone_before, found[spaced].phone_after),
            (WRITTEN_OTHERWISE, MOBILE),
        )
        self.assertIn("private persons", found[firm].problem)
        self.assertEqual(
            (wizard.fine_count, wizard.correct_count, wizard.other_count), (1, 1, 2)
        )
        self.assertEqual(spaced.phone, WRITTEN_OTHERWISE)
        wizard.action_apply()
        self.assertEqual(spaced.phone, MOBILE)
        self.assertIn(WRITTEN_OTHERWISE, spaced.message_ids[0].body)
        self.assertTrue(self.kari.einvoice_receives and spaced.einvoice_receives)
        self.assertFalse(abroad.einvoice_receives or firm.einvoice_receives)
        self.assertEqual(firm.phone, WRITTEN_OTHERWISE)

    def test_who_was_not_chosen_stays_as_they_are(self):
        spaced = self.kari.copy({"phone": WRITTEN_OTHERWISE})
        wizard = self.check(spaced)
        wizard.line_ids.is_chosen = False
        with self.assertRaisesRegex(UserError, "Choose"):
            wizard.action_apply()
        wizard.line_ids.is_chosen = True
        wizard.switch_on = False
        wizard.action_apply()
        self.assertEqual(spaced.phone, MOBILE)
        self.assertFalse(spaced.einvoice_receives)

    def test_without_a_choice_those_invoiced_are_checked(self):
        self.make_invoice()
        wizard = self.env["einvoice.consumer.wizard"].create({})
        self.assertEqual(wizard.line_ids.partner_id, self.kari)

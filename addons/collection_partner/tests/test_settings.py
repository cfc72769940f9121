from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user
from odoo.tools import mute_logger

from .common import CollectionCommon


class TestSettings(CollectionCommon):
    """What was agreed with the agency, changed here."""

    def told(self):
        """The settings that the agency was told, call by call."""
        return [told for told, _key in self.other.told("settings")]

    def payload(self, move):
        """What the agency is told of an invoice."""
        self.transfer(move)
        return self.other.told("case")[-1][0]

    # === FROM WHICH STATUS === #

    def test_row_17_18_overdue_invoices_go_without_a_reminder(self):
        self.agency.send_from = "overdue"
        move = self.make_invoice()
        self.assertTrue(move.collection_can_transfer)
        self.assertFalse(self.reasons(move))

    def test_row_17_18_only_reminded_invoices_go(self):
        self.agency.send_from = "reminded"
        move = self.make_invoice()
        self.assertFalse(move.collection_can_transfer)
        self.assertEqual(self.reasons(move), {"not_reminded"})
        self.remind(move)
        self.assertTrue(move.collection_can_transfer)
        self.assertFalse(self.reasons(move))

    def test_row_18_no_button_where_nothing_can_be_collected(self):
        for what, move in {
            "due today": self.make_invoice(due=0),
            "a draft": self.make_invoice(post=False),
            "a credit note": self.make_invoice(move_type="out_refund"),
            "a bill": self.make_invoice(move_type="in_invoice"),
        }.items():
            with self.subTest(what):
                self.assertFalse(move.collection_can_transfer)
        move = self.make_invoice(due=-1)
        self.assertTrue(move.collection_can_transfer)
        self.pay(move)
        self.assertFalse(move.collection_can_transfer)
        move = self.make_invoice()
        self.transfer(move)
        self.assertFalse(move.collection_can_transfer)

    def test_row_19_with_the_reminder_service_the_agency_begins_with_a_reminder(self):
        told = self.payload(self.make_invoice())
        self.assertEqual(told["first_action"], "reminder")

    def test_row_19_collection_alone_begins_with_the_demand(self):
        with Form(self.agency) as form:
            form.service = "collection"
            # Collection alone is for what the company has reminded itself.
            self.assertEqual(form.send_from, "reminded")
        self.run_jobs()
        self.assertEqual(self.told(), [{"services": "collection"}])
        move = self.make_invoice()
        self.remind(move)
        self.assertEqual(self.payload(move)["first_action"], "demand")

    def test_row_19_the_reminder_service_is_ordered_again(self):
        self.agency.service = "collection"
        self.run_jobs()
        self.agency.service = "reminder_collection"
        self.run_jobs()
        self.assertEqual(self.told()[-1], {"services": "reminder_and_collection"})
        self.assertEqual(self.agency.send_from, "overdue")

    # === APPROVALS === #

    def await_approval(self, step):
        case = self.transfer(self.make_invoice())
        self.happen(
            case,
            state=f"awaiting_approval_{step}",
            status_code=f"awaiting_approval_{step}",
            action_required=True,
            available_actions=[f"approve_{step}", f"reject_{step}", "withdraw"],
        )
        self.assertEqual(case.state, "awaiting_approval")
        self.assertTrue(case.can_approve)
        return case

    def actions(self):
        return [call[1:3] for call in self.other.told("action")]

    def test_row_20_approval_before_the_demand_can_be_asked_for(self):
        self.assertFalse(self.agency.approve_before_demand)
        self.agency.approve_before_demand = True
        self.run_jobs()
        self.assertEqual(self.told(), [{"approve_before_demand": True}])
        case = self.await_approval("demand")
        case.action_approve()
        self.run_jobs()
        self.assertEqual(self.actions(), [("approve_demand", "")])

    def test_row_21_approval_before_legal_action_is_asked_for_unless_given_up(self):
        newcomer = self.make_agency("Syd Inkasso", state="draft")
        self.assertTrue(newcomer.approve_before_legal)
        self.agency.approve_before_legal = False
        self.run_jobs()
        self.assertEqual(self.told(), [{"approve_before_legal": False}])

    def test_row_21_legal_action_is_rejected_with_a_reason(self):
        case = self.await_approval("legal")
        with self.assertRefused(UserError, "why"):
            case.request_action("reject", "  ")
        case.request_action("reject", "Too dear for the amount.")
        self.run_jobs()
        self.assertEqual(self.actions(), [("reject_legal", "Too dear for the amount.")])

    def test_row_22_the_agency_mails_the_contact_unless_told_otherwise(self):
        self.assertFalse(self.agency.notification_email)
        self.agency.notification_email = "inkasso@granlund.example"
        self.run_jobs()
        self.agency.notification_email = False
        self.run_jobs()
        # Empty stands for the contact's address (docs/agency_api.yaml, ``Settings``).
        self.assertEqual(
            self.told(),
            [
                {"notification_email": "inkasso@granlund.example"},
                {"notification_email": ""},
            ],
        )

    def test_row_23_approving_takes_the_right_here_too(self):
        case = self.await_approval("legal")
        companies = {
            "company_id": self.company.id,
            "company_ids": [Command.set(self.company.ids)],
        }
        biller = new_test_user(
            self.env, "biller", "account.group_account_invoice", **companies
        )
        with self.assertRaises(AccessError):
            case.with_user(biller).action_approve()
        collector = new_test_user(
            self.env,
            "collector",
            "collection_partner.collection_partner_group_user",
            **companies,
        )
        case.with_user(collector).action_approve()
        self.run_jobs()
        self.assertEqual(self.actions(), [("approve_legal", "")])

    def test_row_23_approved_in_the_portal_it_cannot_be_approved_here(self):
        case = self.await_approval("legal")
        self.happen(
            case,
            state="legal",
            status_code="legal",
            action_required=False,
            available_actions=["pause", "withdraw"],
        )
        self.assertFalse(case.can_approve)
        with self.assertRefused(UserError, "does not offer"):
            case.action_approve()

    def test_row_23_approved_on_both_sides_at_once(self):
        """The agency's answer counts, and nobody has to do anything any more."""
        case = self.await_approval("legal")
        case.action_approve()
        self.other.change(
            case,
            state="legal",
            status_code="legal",
            action_required=False,
            available_actions=["pause", "withdraw"],
        )
        self.other.fail("final", "action_not_available", "It is not offered.")
        self.run_jobs()
        self.assertEqual(case.state, "legal")
        self.assertFalse(case.action_required)
        self.assertFalse(self.activities(case, "decide"))

    # === LETTER === #

    def make_long_invoice(self, count=11, comment="oiled", **values):
        lines = []
        for number in range(1, count + 1):
            name = f"Frame {number:02}\n{comment} {number:02}"
            lines.append(
                Command.create({"name": name, "price_unit": 100, "tax_ids": []})
            )
        return self.make_invoice(invoice_line_ids=lines, **values)

    def test_row_25_the_letter_shows_ten_products_and_the_additional_information(self):
        self.agency.letter_include_lines = True
        move = self.make_long_invoice(narration="<p>Order 4711 of 3 March</p>")
        shown = self.payload(move)["letter_text"]
        self.assertIn("Order 4711 of 3 March", shown)
        for number in range(1, 11):
            self.assertIn(f"Frame {number:02}", shown)
            self.assertIn(f"oiled {number:02}", shown)
        self.assertNotIn("Frame 11", shown)
        self.assertNotIn("oiled 11", shown)

    def test_row_25_unless_it_is_chosen_the_letter_shows_nothing_of_that(self):
        self.assertFalse(self.agency.letter_include_lines)
        move = self.make_long_invoice(narration="<p>Order 4711</p>")
        self.assertNotIn("letter_text", self.payload(move))

    def test_row_26_the_letter_shows_1000_characters(self):
        self.agency.letter_include_lines = True
        move = self.make_invoice(narration="x" * (1001 - len("Window frames\n")))
        text = self.payload(move)["letter_text"]
        self.assertEqual(len(text), 1000)
        self.assertTrue(text.endswith("x\nWindow frame"))

    def test_row_27_28_an_invoice_of_another_system_shows_its_own_number(self):
        self.assertTrue(self.agency.letter_external_number)
        told = self.payload(self.make_invoice(collection_external_number="WEB-9"))
        self.assertEqual(told["invoice"]["external_number"], "WEB-9")
        told = self.payload(self.make_invoice())
        self.assertNotIn("external_number", told["invoice"])

    def test_row_27_unless_that_is_switched_off(self):
        self.agency.letter_external_number = False
        told = self.payload(self.make_invoice(collection_external_number="WEB-9"))
        self.assertNotIn("external_number", told["invoice"])
        self.assertEqual(self.told(), [{"letter_external_number": False}])

    def test_row_29_the_collection_text_goes_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.agency.letter_text = "You chose not to pay."
        self.agency.with_context(lang="sv_SE").letter_text = "Ni har inte betalat."
        told = self.payload(self.make_invoice())
        self.assertEqual(told["invoice"]["description"], "You chose not to pay.")
        swede = self.make_customer("Lunds Måleri AB", lang="sv_SE")
        told = self.payload(self.make_invoice(swede))
        self.assertEqual(told["invoice"]["description"], "Ni har inte betalat.")

    def test_time_to_undo_below_zero_is_refused(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.agency.undo_minutes = -1
            self.env.flush_all()

    def test_row_29_a_longer_text_than_fits_on_a_letter_is_refused(self):
        self.agency.letter_text = "x" * 1000
        with self.assertRefused(ValidationError, "1001 characters"):
            self.agency.letter_text = "x" * 1001

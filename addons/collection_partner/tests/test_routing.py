import ast

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..wizard import collection_transfer_wizard
from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestRouting(TransferCommon):
    """A company with several agencies: rules say which one gets what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.oslo = cls.make_agency("Oslo Inkasso")
        cls.norway = cls.env.ref("base.no")
        cls.norwegian = cls.make_customer(
            "Fjord AS", country_id=cls.norway.id, company_registry="999000111"
        )
        cls.invoices_ready.append(cls.make_move(cls.norwegian))

    def make_rule(self, agency=None, **values):
        return self.env["collection.route"].create(
            {
                "company_id": self.company.id,
                "agency_id": (agency or self.oslo).id,
                **values,
            }
        )

    def goes_to(self, move):
        """Where an invoice goes, in the list and for programs."""
        [answer] = move.collection_eligibility()
        self.assertEqual(answer["agency_id"], move.collection_next_agency_id.id)
        self.assertEqual(answer["agency_reason"], move.collection_next_reason)
        return move.collection_next_agency_id

    # === WHICH RULE FITS === #

    def test_without_rules_everything_goes_to_the_collection_partner(self):
        move = self.make_invoice(self.norwegian)
        self.assertEqual(self.goes_to(move), self.agency)
        self.assertIn("no rule names another", move.collection_next_reason)

    def test_the_customers_country_chooses(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        there = self.make_invoice(self.norwegian)
        self.assertEqual(self.goes_to(there), self.oslo)
        self.assertEqual(there.collection_next_reason, "Norway")
        self.assertEqual(self.goes_to(self.make_invoice()), self.agency)

    def test_companies_and_private_persons_are_told_apart(self):
        self.make_rule(debtor_type="person")
        consumer = self.make_invoice(self.make_consumer())
        self.assertEqual(self.goes_to(consumer), self.oslo)
        self.assertEqual(self.goes_to(self.make_invoice()), self.agency)

    def test_a_contact_of_a_company_is_a_company(self):
        self.make_rule(debtor_type="company")
        contact = self.make_consumer("Ada", parent_id=self.customer.id, type="invoice")
        self.assertEqual(self.goes_to(self.make_invoice(contact)), self.oslo)

    def test_the_amount_lies_from_one_to_below_the_other(self):
        self.make_rule(amount_from=1000, amount_below=5000)
        for price, agency in (
            (999.99, self.agency),
            (1000, self.oslo),
            (4999.99, self.oslo),
            (5000, self.agency),
        ):
            with self.subTest(price):
                move = self.make_invoice(price=price)
                self.assertEqual(self.goes_to(move), agency)

    def test_what_is_open_counts_not_what_was_invoiced(self):
        self.make_rule(amount_from=1000)
        move = self.make_invoice(price=1000)
        self.pay(move, 1)
        self.assertEqual(self.goes_to(move), self.agency)

    def test_the_invoices_currency_chooses(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.make_rule(currency_ids=[Command.set(euro.ids)])
        self.assertEqual(
            self.goes_to(self.make_invoice(currency_id=euro.id)), self.oslo
        )
        self.assertEqual(self.goes_to(self.make_invoice()), self.agency)

    def test_the_first_rule_that_fits_counts(self):
        large = self.make_rule(self.agency, amount_from=1000, sequence=1)
        self.make_rule(country_ids=[Command.set(self.norway.ids)], sequence=2)
        move = self.make_invoice(self.norwegian)
        self.assertEqual(self.goes_to(move), self.agency)
        large.sequence = 3
        move.invalidate_recordset()
        self.assertEqual(self.goes_to(move), self.oslo)

    def test_a_rule_says_what_it_asks_for(self):
        rule = self.make_rule(
            country_ids=[Command.set(self.norway.ids)],
            debtor_type="company",
            amount_from=100,
        )
        self.assertRegex(rule.display_name, r"^Norway, Companies, From .*100")
        self.assertEqual(self.make_rule().display_name, "Every invoice")

    def test_amounts_are_in_order(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.make_rule(amount_from=10, amount_below=5)
            self.env.flush_all()

    def test_another_companys_agency_gets_nothing(self):
        with self.assertRaises(UserError):
            self.make_rule(company_id=self.other_company().id)

    def test_only_managers_change_the_rules(self):
        rule = self.make_rule()
        with self.assertRaises(AccessError):
            rule.with_user(self.collector).sequence = 1
        self.assertEqual(rule.with_user(self.collector).agency_id, self.oslo)

    # === WHAT FOLLOWS === #

    def test_each_invoice_is_judged_by_the_agreement_of_its_agency(self):
        self.oslo.send_from = "reminded"
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        there, here = self.make_invoice(self.norwegian), self.make_invoice()
        self.assertEqual(self.reasons(there), {"not_reminded"})
        self.assertFalse(self.reasons(here))
        self.assertFalse(there.collection_can_transfer)
        self.assertTrue(here.collection_can_transfer)

    def test_what_goes_to_an_agency_that_is_not_open_waits(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        move = self.make_invoice(self.norwegian)
        self.oslo.sudo()._set_state("suspended")
        self.assertEqual(self.reasons(move), {"agency_not_active"})

    def test_what_goes_to_an_agency_that_is_being_ended_goes_nowhere_else(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        move = self.make_invoice(self.norwegian)
        self.oslo.action_terminate()
        self.assertEqual(self.oslo.state, "active")
        self.assertEqual(self.reasons(move), {"agency_not_active"})

    def test_an_agency_that_a_rule_names_gets_new_cases(self):
        self.assertFalse(self.oslo.is_partner)
        rule = self.make_rule()
        self.assertTrue(self.oslo.is_partner)
        with self.assertRefused(ValidationError, "gets new cases"):
            self.oslo.active = False
        rule.active = False
        self.assertFalse(self.oslo.is_partner)
        self.oslo.active = False

    def test_one_transfer_reaches_both_agencies(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        moves = self.make_invoice(self.norwegian) + self.make_invoice()
        answers = moves.transfer_to_collection()
        cases = self.env["collection.case"].browse(a["case_id"] for a in answers)
        self.assertEqual(cases.agency_id, self.oslo + self.agency)
        self.run_jobs()
        self.assertEqual(cases.mapped("state"), ["received", "received"])
        # A repeated call gets the same answer.
        self.assertEqual(moves.transfer_to_collection(), answers)

    def test_a_case_stays_where_it_was_requested(self):
        """A payment makes another rule fit before the case has left."""
        self.oslo.undo_minutes = 120
        self.make_rule(amount_from=1000)
        move = self.make_invoice(price=1000)
        case = self.transfer(move)
        self.pay(move, 1)
        self.assertEqual(self.goes_to(move), self.agency)
        case.action_send_now()
        self.run_jobs()
        self.assertEqual((case.state, case.agency_id), ("received", self.oslo))

    def test_a_rule_that_is_gone_takes_its_transfers_along(self):
        self.oslo.undo_minutes = 120
        rule = self.make_rule()
        case = self.transfer(self.make_invoice())
        rule.unlink()
        case.action_send_now()
        self.run_jobs()
        self.assertEqual(case.state, "cancelled")
        self.assertFalse(self.other.told("case"))

    def test_a_program_that_expects_another_agency_is_told(self):
        move = self.make_invoice(self.norwegian)
        with self.assertRefused(UserError, "Nord Inkasso"):
            move.transfer_to_collection(self.oslo.id)
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        [answer] = move.transfer_to_collection(self.agency.id)
        self.assertFalse(answer["case_id"])
        [reason] = answer["reasons"]
        self.assertEqual(reason["code"], "routed_elsewhere")
        self.assertIn("Oslo Inkasso", reason["message"])
        [answer] = move.transfer_to_collection(self.oslo.id)
        self.assertTrue(answer["case_id"])

    # === BY NIGHT === #

    def test_by_night_each_agency_gets_its_own_by_its_own_rules(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        self.agency.write({"auto_transfer": True})
        self.oslo.write({"auto_transfer": True, "auto_min_amount": 1500})
        here = self.make_invoice(price=1200)
        small = self.make_invoice(self.norwegian, price=1200)
        large = self.make_invoice(self.norwegian, price=1800)
        self.night()
        self.assertEqual(here.collection_case_id.agency_id, self.agency)
        self.assertEqual(large.collection_case_id.agency_id, self.oslo)
        self.assertFalse(small.collection_case_id)
        self.assertEqual(self.reasons(small, "automatic"), {"amount_too_small"})

    def test_by_night_an_agency_that_is_switched_off_gets_nothing(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        self.agency.auto_transfer = True
        there = self.make_invoice(self.norwegian)
        self.night()
        self.assertFalse(there.collection_case_id)
        self.assertEqual(self.reasons(there, "automatic"), {"automatic_off"})

    def test_what_tonight_would_send_is_what_the_night_sends(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        self.agency.auto_transfer = self.oslo.auto_transfer = True
        moves = self.make_invoice(self.norwegian) + self.make_invoice()
        action = self.oslo.action_tonight()
        found = self.env["account.move"].with_context(**action["context"])
        found = found.search(
            [*ast.literal_eval(action["domain"]), ("collection_eligible", "=", True)]
        )
        self.assertIn(moves[0], found)
        self.assertNotIn(moves[1], found)
        self.assertEqual(found, self.oslo._get_tonight())

    def test_people_search_by_the_agencys_name(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        there, here = self.make_invoice(self.norwegian), self.make_invoice()
        found = there.search([("collection_next_agency_id", "ilike", "Oslo")])
        self.assertIn(there, found)
        self.assertNotIn(here, found)

    def test_the_overview_counts_for_each_agency_what_goes_there(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        before = self.agency.candidate_count
        self.make_invoice(self.norwegian, price=700)
        self.make_invoices(1)
        self.env.invalidate_all()
        # the one that each test of the class has is of 1,000
        self.assertEqual(self.oslo.candidate_count, 2)
        self.assertEqual(self.oslo.candidate_amount, 1700)
        self.assertEqual(self.agency.candidate_count, before + 1)

    # === THE DIALOG === #

    def test_the_dialog_says_which_agency_gets_what_and_why(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        self.oslo.undo_minutes = 30
        moves = self.make_invoice(self.norwegian) + self.make_invoice()
        dialog = self.dialog(moves)
        self.assertEqual(set(dialog.agency_ids.ids), {self.oslo.id, self.agency.id})
        self.assertRegex(dialog.agency_counts, r"Oslo Inkasso: 1 \(.*1,000")
        self.assertEqual(dialog.undo_minutes, 0)
        wizard = dialog.save()
        self.assertEqual(
            dict(
                wizard.ready_ids.mapped(
                    lambda move: (
                        move.collection_next_agency_id.name,
                        move.collection_next_reason,
                    )
                )
            )["Oslo Inkasso"],
            "Norway",
        )
        wizard.action_confirm()
        self.assertEqual(moves.collection_case_ids.agency_id, self.oslo + self.agency)

    def test_the_letter_is_that_of_the_invoices_agency(self):
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        self.oslo.letter_text = "Betal til Oslo."
        dialog = self.dialog(self.make_invoice(self.norwegian))
        self.assertEqual(dialog.letter_preview, "Betal til Oslo.")

    def test_very_many_go_to_each_agency_in_the_background(self):
        self.patch(collection_transfer_wizard, "AT_ONCE", 1)
        self.make_rule(country_ids=[Command.set(self.norway.ids)])
        moves = self.make_invoice(self.norwegian) + self.make_invoice()
        self.dialog(moves).save().action_confirm()
        transfers = self.env["collection.transfer"].search(
            [("state", "=", "running")], order="id desc", limit=2
        )
        self.assertEqual(transfers.agency_id, self.oslo + self.agency)
        self.run_jobs()
        self.assertEqual(transfers.mapped("state"), ["done", "done"])
        self.assertEqual(moves[0].collection_case_id.agency_id, self.oslo)

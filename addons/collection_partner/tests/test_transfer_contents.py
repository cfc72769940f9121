from datetime import timedelta

from odoo.tests import tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestTransferContents(TransferCommon):
    """What the agency is told of an invoice and of who owes it."""

    def tell_of(self, move):
        """What the agency is told."""
        return self.payload(self.transfer(move))

    def test_the_invoice_as_it_stands(self):
        move = self.make_invoice(issued=-60, due=-30, price=1250.5)
        told = self.tell_of(move)
        self.assertEqual(
            {name: told["invoice"][name] for name in ("number", "date", "due_date")},
            {
                "number": move.name,
                "date": (self.today - timedelta(days=60)).isoformat(),
                "due_date": (self.today - timedelta(days=30)).isoformat(),
            },
        )
        self.assertEqual(told["invoice"]["original_amount"], "1250.50")
        self.assertEqual(told["claim"]["capital"], "1250.50")
        self.assertEqual(told["external_id"], move.collection_case_id.external_id)
        self.assertEqual(told["agreement_number"], "A-1")

    def test_of_a_partly_paid_invoice_what_is_left(self):
        move = self.make_invoice(price=1000)
        self.pay(move, 333.33)
        told = self.tell_of(move)
        self.assertEqual(told["invoice"]["original_amount"], "1000.00")
        self.assertEqual(told["invoice"]["open_amount"], "666.67")
        self.assertEqual(told["claim"]["capital"], "666.67")

    # === WHO OWES === #

    def test_row_54_a_company_goes_with_its_number(self):
        told = self.tell_of(self.make_invoice())["debtor"]
        self.assertEqual(told["type"], "company")
        self.assertEqual(told["name"], "Ekströms Snickeri AB")
        self.assertEqual(told["id_number"], "556111-1117")
        self.assertEqual(
            told["address"],
            {
                "street": "Verkstadsgatan 2",
                "zip": "411 05",
                "city": "Göteborg",
                "country": "SE",
            },
        )

    def test_row_54_a_persons_number_goes_only_when_the_agency_needs_it(self):
        person = self.make_consumer(company_registry="19850709-9805")
        told = self.tell_of(self.make_invoice(person))["debtor"]
        self.assertEqual(told["type"], "person")
        self.assertNotIn("id_number", told)
        self.agency.send_id_number = True
        told = self.tell_of(self.make_invoice(person))["debtor"]
        self.assertEqual(told["id_number"], "19850709-9805")

    def test_row_55_a_foreign_customer_goes_with_country_and_language(self):
        self.env["res.lang"]._activate_lang("fi_FI")
        partner = self.make_customer(
            "Saari Oy",
            street="Satamakatu 3",
            street2="PL 12",
            zip="33200",
            city="Tampere",
            country_id=self.env.ref("base.fi").id,
            lang="fi_FI",
        )
        told = self.tell_of(self.make_invoice(partner))["debtor"]
        self.assertEqual(told["address"]["country"], "FI")
        self.assertEqual(told["language"], "fi")
        self.assertEqual(told["address"]["street"], "Satamakatu 3, PL 12")

    def test_row_50_the_letter_goes_to_the_address_invoiced(self):
        office = self.make_customer(
            "Invoices",
            parent_id=self.customer.id,
            type="invoice",
            is_company=False,
            company_registry=False,
        )
        office.write({"street": "Box 7", "zip": "111 22", "city": "Stockholm"})
        told = self.tell_of(self.make_invoice(office))["debtor"]
        self.assertEqual(told["name"], "Ekströms Snickeri AB")
        self.assertEqual(told["id_number"], "556111-1117")
        self.assertEqual(
            [told["address"][name] for name in ("street", "zip", "city")],
            ["Box 7", "111 22", "Stockholm"],
        )

    # === CURRENCIES === #

    def test_row_56_amounts_go_in_the_invoices_currency_with_its_decimals(self):
        for code, rate, price, amount in (
            ("EUR", 0.1, 99.95, "99.95"),
            ("JPY", 15.0, 12345, "12345"),
            ("BHD", 0.04, 1.125, "1.125"),
        ):
            with self.subTest(code):
                currency = self.setup_other_currency(code, rates=[("1900-01-01", rate)])
                move = self.make_invoice(price=price, currency_id=currency.id)
                told = self.tell_of(move)
                self.assertEqual(told["invoice"]["currency"], code)
                self.assertEqual(told["claim"]["capital"], amount)
                case = move.collection_case_id
                self.assertEqual(case.currency_id, currency)
                self.assertEqual(case.capital_open, price)
                self.assertAlmostEqual(case.capital_open_company, price / rate, 2)

    # === HOW IT WAS DELIVERED === #

    def test_row_58_how_the_customer_got_the_invoice_is_passed_on(self):
        partner = self.make_consumer()
        cases = [
            ("email", True, "email"),
            ("manual", True, "unknown"),
            ("email", False, "unknown"),
        ]
        if self.env["ir.module.module"]._get("snailmail_account").state == "installed":
            cases.append(("snailmail", True, "post"))
        for method, sent, told in cases:
            with self.subTest(method=method, sent=sent):
                partner.invoice_sending_method = method
                move = self.make_invoice(partner, sent=sent)
                self.assertEqual(self.tell_of(move)["invoice"]["delivered_as"], told)

    def test_row_58_an_einvoice_over_the_network_is_told_as_such(self):
        if "peppol_move_state" not in self.env["account.move"]._fields:
            self.skipTest("Odoo's module for e-invoices over Peppol is not installed")
        for state, told in (
            ("processing", "einvoice"),
            ("done", "einvoice"),
            ("error", "unknown"),
            (False, "unknown"),
        ):
            with self.subTest(state):
                move = self.make_invoice()
                move.peppol_move_state = state
                self.assertEqual(self.tell_of(move)["invoice"]["delivered_as"], told)

    # === THE DEFAULT CONTACT === #

    def make_contact(self, name, **values):
        return self.env["res.partner"].create(
            {"name": name, "type": "contact", "parent_id": self.customer.id, **values}
        )

    def test_row_60_the_default_contacts_telephone_and_mail_go_along(self):
        anna = self.make_contact(
            "Anna Ek", phone="+46 70 111 11 11", email="anna@example.com"
        )
        self.make_contact("Bo Alm", phone="+46 70 222 22 22", email="bo@example.com")
        self.assertEqual(self.customer.collection_contact_id, anna)
        told = self.tell_of(self.make_invoice())["debtor"]
        self.assertEqual(
            [told["contact"]["name"], told["phone"], told["email"]],
            ["Anna Ek", "+46 70 111 11 11", "anna@example.com"],
        )

    def test_row_60_another_contact_can_be_chosen_and_leaves_when_archived(self):
        anna = self.make_contact("Anna Ek")
        bo = self.make_contact("Bo Alm")
        self.customer.collection_contact_id = bo
        self.make_contact("Cia Dahl")
        self.assertEqual(self.customer.collection_contact_id, bo)
        bo.active = False
        self.assertEqual(self.customer.collection_contact_id, anna)

    def test_row_60_an_address_is_no_contact_person(self):
        self.make_contact("Warehouse", type="delivery", phone="+46 8 1")
        self.assertFalse(self.customer.collection_contact_id)

    def test_row_60_what_the_contact_lacks_comes_from_the_customer(self):
        self.make_contact("Anna Ek", email="anna@example.com")
        told = self.tell_of(self.make_invoice())["debtor"]
        self.assertEqual(told["email"], "anna@example.com")
        self.assertEqual(told["phone"], "+46 31 000 000")

    def test_row_60_the_contact_goes_with_an_invoice_to_another_address(self):
        self.make_contact("Anna Ek", email="anna@example.com")
        office = self.make_contact("Invoices", type="invoice")
        office.write({"street": "Box 7", "zip": "111 22", "city": "Stockholm"})
        office.country_id = self.customer.country_id
        told = self.tell_of(self.make_invoice(office))["debtor"]
        self.assertEqual(told["contact"], {"name": "Anna Ek"})
        self.assertEqual(told["email"], "anna@example.com")

    def test_row_61_a_setting_keeps_the_contact_here(self):
        self.assertTrue(self.agency.use_contact)
        self.make_contact("Anna Ek", phone="+46 70 111 11 11", email="anna@example.com")
        self.agency.use_contact = False
        told = self.tell_of(self.make_invoice())["debtor"]
        self.assertNotIn("contact", told)
        self.assertEqual(told["email"], "faktura@example.com")
        self.assertEqual(told["phone"], "+46 31 000 000")

    # === WHAT THE CONTRACT DOES NOT TAKE === #

    def test_one_invoice_that_cannot_be_written_does_not_stop_the_others(self):
        """The contract takes names of at most 200 letters."""
        long = self.make_invoice(self.make_customer("Å" * 300))
        fine = self.make_invoice()
        (long | fine).transfer_to_collection()
        self.run_jobs()
        self.assertEqual(fine.collection_state, "received")
        case = long.collection_case_id
        self.assertEqual(case.state, "refused")
        [activity] = self.activities(case, "refused")
        self.assertIn("200", activity.note)
        long.partner_id.name = "Å" * 200
        case.action_retry()
        self.run_jobs()
        self.assertEqual(case.state, "received")
        self.assertFalse(self.activities(case, "refused"))

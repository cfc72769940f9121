from datetime import timedelta

from odoo.fields import Command
from odoo.tests import tagged

from .common import TODAY
from .service_common import ServiceCommon

NOT_FOUND = "5"
WRONG_FACTOR = "31"


@tagged("post_install", "-at_install")
class TestDebt(ServiceCommon):
    """What a customer sees at a kiosk: how much, since when, what an amount pays."""

    # === HOW MUCH === #

    def test_nothing_owed(self):
        heard = self.assertDebt("0.00")
        self.assertFalse(heard.shown("Due on"))
        self.assertFalse(heard.shown("Invoice"))

    def test_several_invoices(self):
        self.make_invoice(amount=500, due=10)
        self.make_invoice(amount=120.5, due=-20)
        self.make_invoice(amount=1000, post=False)
        self.make_invoice(self.make_customer("Other"), amount=77)
        heard = self.assertDebt("620.50")
        self.assertEqual(heard.shown("Due on"), ["31.10.2026"])
        self.assertEqual(len(heard.shown("Invoice")), 2)

    def test_an_invoice_in_instalments(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 30)
                ],
            }
        )
        invoice = self.make_invoice(amount=500, invoice_payment_term_id=terms.id)
        name = invoice.payment_reference
        heard = self.assertDebt("500.00", sum="300")
        self.assertEqual(
            heard.shown("Invoice"),
            [f"{name}: 250.00 / 250.00", f"{name}: 50.00 / 250.00"],
        )

    def test_of_a_contact_the_company_owes(self):
        company = self.make_customer("Ромашка", is_company=True)
        contact = self.make_customer("Book-keeper", number=False, parent_id=company.id)
        self.make_invoice(contact, amount=90)
        self.assertDebt("90.00", company.terminal_number)

    def test_a_payment_counts_before_it_is_booked(self):
        self.make_invoice(amount=500)
        self.assertEqual(self.paid(1, "200").result, "0")
        self.assertDebt("300.00")
        self.book()
        self.assertDebt("300.00")
        self.ask("cancel", 1)
        self.assertDebt("500.00")
        self.book()
        self.assertDebt("500.00")
        self.paid(2, "50")
        self.ask("cancel", 2)
        self.assertDebt("500.00")

    def test_never_below_nothing(self):
        self.make_invoice(amount=500)
        self.paid(1, "700")
        heard = self.assertDebt("0.00")
        self.assertFalse(heard.shown("Invoice"))
        self.book()
        heard = self.assertDebt("0.00")
        self.assertFalse(heard.shown("Invoice"))

    def test_credit_notes(self):
        self.make_invoice(amount=500)
        self.make_invoice(amount=120, move_type="out_refund")
        self.assertDebt("380.00")

    def test_another_currency(self):
        """A dollar costs 500 tenge today; the kiosk takes tenge."""
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.env["res.currency.rate"].create(
            {
                "name": TODAY - timedelta(days=40),
                "rate": 1 / 500,
                "currency_id": dollar.id,
                "company_id": self.company.id,
            }
        )
        self.make_invoice(amount=100, currency_id=dollar.id)
        self.make_invoice(amount=30)
        self.assertDebt("50030.00")

    # === WHAT IT PAYS === #

    def test_oldest_due_first(self):
        newer = self.make_invoice(amount=120, due=10).payment_reference
        older = self.make_invoice(amount=50, due=-5).payment_reference
        heard = self.check(sum="80")
        self.assertEqual(
            heard.shown("Invoice"),
            [f"{older}: 50.00 / 50.00", f"{newer}: 30.00 / 120.00"],
        )
        self.assertEqual(
            self.check().shown("Invoice"), [f"{older}: 50.00", f"{newer}: 120.00"]
        )

    def test_the_chosen_invoice_first(self):
        newer = self.make_invoice(amount=120, due=10)
        older = self.make_invoice(amount=50, due=-5)
        lines = [
            f"{newer.payment_reference}: 80.00 / 120.00",
            f"{older.payment_reference}: 50.00",
        ]
        for written in (newer.name, newer.payment_reference, newer.name.lower()):
            heard = self.check(sum="80", data2=written)
            self.assertEqual(heard.shown("Invoice"), lines)
        self.paid(1, "80", data2=newer.name)
        self.assertEqual(self.payments(1).invoice_reference, newer.name)
        self.book()
        self.assertEqual(self.payments(1).invoice_ids, newer)

    def test_what_waiting_payments_leave(self):
        """What is promised at the second visit is what will be booked."""
        newer = self.make_invoice(amount=120, due=10)
        older = self.make_invoice(amount=50, due=-5)
        self.paid(1, "40")
        self.paid(2, "100", data2=newer.name)
        heard = self.assertDebt("30.00", sum="15")
        expected = [
            f"{older.payment_reference}: 10.00 / 10.00",
            f"{newer.payment_reference}: 5.00 / 20.00",
        ]
        self.assertEqual(heard.shown("Invoice"), expected)
        self.paid(3, "15")
        self.book()
        self.assertEqual(older.amount_residual, 0)
        self.assertEqual(newer.amount_residual, 15)

    # === BY THE REFERENCE OF AN INVOICE === #

    def test_an_invoice_reference_only_when_the_company_allows_it(self):
        reference = self.make_invoice(amount=500).payment_reference
        self.assertRefused(self.check(reference), NOT_FOUND)
        self.paid(1, account=reference)
        self.assertFalse(self.payments(1).partner_id)
        self.network.accept_invoice_references = True
        self.assertDebt("500.00", reference)
        self.paid(2, account=reference)
        payment = self.payments(2)
        self.assertEqual(payment.partner_id, self.customer)
        self.assertFalse(payment.account_id)
        self.assertEqual(payment.account_number, reference)

    def test_the_invoice_that_was_typed_is_paid_first(self):
        self.network.accept_invoice_references = True
        self.make_invoice(amount=50, due=-5)
        newer = self.make_invoice(amount=120, due=10)
        self.paid(1, "30", account=newer.payment_reference)
        self.book()
        self.assertEqual(self.payments(1).invoice_ids, newer)

    def test_references_that_prove_nothing(self):
        self.network.accept_invoice_references = True
        draft = self.make_invoice(amount=10, post=False, payment_reference="DRAFT1")
        self.assertRefused(self.check(draft.payment_reference), NOT_FOUND)
        for customer in (self.customer, self.make_customer("Other")):
            self.make_invoice(customer, amount=10, payment_reference="TWICE7")
        self.assertRefused(self.check("TWICE7"), NOT_FOUND)
        note = self.make_invoice(
            amount=10, move_type="out_refund", payment_reference="CREDIT1"
        )
        self.assertRefused(self.check(note.payment_reference), NOT_FOUND)

    # === WHO === #

    def test_the_name_is_masked(self):
        for name, shown in (
            ("Айгерим Сулейменова", "А****** С**********"),
            ("Þórður Ævar Jónsson", "Þ***** Æ*** J******"),
            ("ТОО «Ромашка»", "Т** «Р******»"),
            ("Öst & Väst AB", "Ö** & V*** A*"),
            ("O'Brien-Smith", "O'B****-S****"),
            # the same name with its accents as characters of their own
            ("Þo\u0301r\u00f0ur", "Þ*****"),
            ("Li", "L*"),
        ):
            self.customer.name = name
            self.assertEqual(self.check().shown("Customer"), [shown])

    def test_what_the_company_does_not_show(self):
        self.make_invoice(amount=500, due=-5)
        self.network.show_debt = "none"
        heard = self.assertDebt(None, sum="100")
        self.assertEqual([name for name, _text in heard.fields], ["Customer"])
        self.network.show_name = False
        self.assertFalse(self.check(sum="100").fields)
        self.assertEqual(self.paid(1).result, "0")

    def test_no_personal_data_at_all(self):
        self.customer.write(
            {"street": "Абая 1", "phone": "+7 701 234 56 78", "email": "a@example.com"}
        )
        self.make_invoice(amount=500)
        answers = self.check().body + self.paid(1).body + self.ask("status", 1).body
        for secret in ("Абая", "234", "example.com", "Айгерим"):
            self.assertNotIn(secret.encode(), answers)

    # === SOMETHING ELSE IS ASKED === #

    def test_postal_code(self):
        self.customer.zip = "050 000"
        self.make_invoice(amount=500)
        self.network.second_factor = "zip"
        self.assertDebt("500.00", data1="050000")
        self.assertDebt("500.00", data1="050 000")
        for wrong in ("50000", "050001", "", "0"):
            heard = self.check(data1=wrong)
            self.assertRefused(heard, WRONG_FACTOR)
            self.assertFalse(heard.fields)
        self.assertEqual(self.paid(1).result, "0", "money needs no second factor")

    def test_phone(self):
        self.customer.phone = "+7 (701) 234-56-78"
        self.network.second_factor = "phone"
        self.assertDebt("0.00", data1="5678")
        for wrong in ("5679", "678", "+7 (701) 234-56-78", ""):
            self.assertRefused(self.check(data1=wrong), WRONG_FACTOR)

    def test_what_the_customers_record_lacks_fits_nothing(self):
        for factor, field in (("zip", "zip"), ("phone", "phone")):
            self.network.second_factor = factor
            for value in (False, " ", "12" if factor == "phone" else "-"):
                self.customer[field] = value
                for given in ("", "12", " ", "-", "0000"):
                    self.assertRefused(self.check(data1=given), WRONG_FACTOR)

    def test_a_wrong_factor_says_no_more_than_a_wrong_number(self):
        """Neither debt nor name, whichever of the two is wrong."""
        self.network.second_factor = "zip"
        self.customer.zip = "050000"
        self.make_invoice(amount=500)
        for heard in (self.check(data1="1"), self.check("99999999", data1="050000")):
            self.assertFalse(heard.fields)
            self.assertFalse(heard.sum)

from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from ..formats import ebxml_frame, finvoice
from .common import IBAN, NORTH, SENDER, SUBJECT, EinvoiceCommon


@tagged("post_install", "-at_install")
class TestInvoice(EinvoiceCommon):
    """What Odoo knows of an invoice stands in the message, to the cent."""

    def render(self, move):
        """Return the frame and invoice as a bank reads them."""
        if not self.channel.agreement_ids:
            self.order()
        [(_move, item, problems)] = move._einvoice_render()
        self.assertTrue(item, problems)
        [message] = ebxml_frame.split_messages(item["content"])
        return message.frame, finvoice.read_invoice(message.payload)

    def test_frame_and_addresses(self):
        frame, invoice = self.render(self.make_invoice())
        self.assertEqual(
            (frame.sender, frame.sender_intermediator), (SENDER, "NDEAFIHH")
        )
        self.assertEqual((frame.receiver, frame.receiver_intermediator), NORTH)
        self.assertEqual(invoice.transmission.message_id, frame.message_id)
        self.assertEqual(invoice.transmission.timestamp, frame.timestamp)

    def test_parties_and_payment(self):
        move = self.make_invoice()
        _frame, invoice = self.render(move)
        self.assertEqual(invoice.number, move.name)
        self.assertEqual(invoice.type_code, "INV01")
        self.assertEqual(invoice.seller.identifier, "2345678-0")
        self.assertEqual(invoice.buyer.name, "Kerttu Talvela")
        self.assertEqual(invoice.customer_number, "70014")
        payment = invoice.payment
        self.assertEqual(payment.instruction_id, SUBJECT)
        self.assertEqual(payment.account.iban, IBAN)
        self.assertEqual(payment.account.bic, "NDEAFIHH")
        self.assertEqual(payment.reference.lstrip("0"), move.payment_reference)
        self.assertEqual(payment.due_date, move.invoice_date_due)

    def test_amounts(self):
        # 25.5 % is Finland's standard rate since 1 September 2024.
        self.company_data["default_tax_sale"].amount = 25.5
        _frame, invoice = self.render(self.make_invoice(price=100.0))
        self.assertEqual(invoice.total_net, Decimal("100.00"))
        self.assertEqual(invoice.total_vat, Decimal("25.50"))
        self.assertEqual(invoice.total_gross, Decimal("125.50"))
        self.assertEqual(invoice.payment.amount, Decimal("125.50"))
        [vat] = invoice.vat
        self.assertEqual(
            (vat.base, vat.rate, vat.code, vat.amount),
            (Decimal("100.00"), Decimal("25.5"), "S", Decimal("25.50")),
        )

    def test_several_rates_discounts_notes_and_rounding(self):
        tax = self.company_data["default_tax_sale"]
        reduced = tax.copy({"name": "14", "amount": 14})
        none = tax.copy({"name": "0", "amount": 0})
        lines = [
            ("Night\nper kWh", 333.33333, 0.0799, 0, tax),
            ("Day", 7, 19.99, 12.5, reduced),
            ("Deposit", 1, -5.55, 0, none),
        ]
        move = self.make_invoice(
            post=False,
            invoice_line_ids=[
                (0, 0, {"display_type": "line_section", "name": "November"}),
                *[
                    (
                        0,
                        0,
                        {
                            "name": name,
                            "quantity": quantity,
                            "price_unit": price,
                            "discount": discount,
                            "tax_ids": [(6, 0, line_tax.ids)],
                        },
                    )
                    for name, quantity, price, discount, line_tax in lines
                ],
                (0, 0, {"display_type": "line_note", "name": "Thank you"}),
            ],
        )
        move.action_post()
        _frame, invoice = self.render(move)
        self.assertAlmostEqual(float(invoice.total_gross), move.amount_total, 2)
        self.assertEqual(
            sum(row.net for row in invoice.rows if row.net is not None),
            invoice.total_net,
        )
        self.assertEqual(sum(vat.amount for vat in invoice.vat), invoice.total_vat)
        self.assertEqual(
            sorted((vat.rate, vat.code) for vat in invoice.vat),
            sorted(
                [
                    (Decimal(0), "Z"),
                    (Decimal(14), "S"),
                    (Decimal(repr(tax.amount)).normalize(), "S"),
                ]
            ),
        )
        [deposit] = [row for row in invoice.rows if row.name == "Deposit"]
        self.assertEqual(deposit.invoiced_quantity, -1)
        self.assertEqual(deposit.unit_price, Decimal("5.55"))
        texts = [text for row in invoice.rows for text in row.texts]
        self.assertIn("November", texts)
        self.assertIn("per kWh", texts)

    def test_price_that_includes_vat(self):
        tax = self.company_data["default_tax_sale"].copy(
            {
                "name": "Included",
                "price_include_override": "tax_included",
                "amount": 25.5,
            }
        )
        move = self.make_invoice(post=False, price=12.55)
        move.invoice_line_ids.tax_ids = tax
        move.action_post()
        _frame, invoice = self.render(move)
        [row] = invoice.rows
        self.assertEqual(row.unit_price_vat_included, Decimal("12.55"))
        self.assertEqual(row.net, Decimal("10.00"))
        self.assertEqual(invoice.total_gross, Decimal("12.55"))

    def test_reverse_charge(self):
        tax = self.company_data["default_tax_sale"].copy(
            {"name": "None", "amount": 0, "invoice_legal_notes": "<p>AVL 8 c §</p>"}
        )
        move = self.make_invoice(post=False)
        move.invoice_line_ids.tax_ids = tax
        move.action_post()
        _frame, invoice = self.render(move)
        [vat] = invoice.vat
        self.assertEqual((vat.code, vat.amount), ("E", Decimal("0.00")))
        self.assertIn("AVL 8 c §", vat.text)

    def test_part_payment_asks_for_the_rest(self):
        move = self.make_invoice(price=100)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"amount": 20})._create_payments()
        _frame, invoice = self.render(move)
        self.assertEqual(invoice.paid, Decimal("20.00"))
        self.assertEqual(invoice.payment.amount, invoice.total_gross - 20)
        # Digits 18-25 of a bank bar code are the euros and cents to pay.
        self.assertEqual(int(invoice.barcode[17:25]), int(invoice.payment.amount * 100))

    def test_credit_note_is_negative_and_names_its_invoice(self):
        move = self.make_invoice(price=100)
        credit = move._reverse_moves([{"invoice_date": fields.Date.today()}])
        credit.action_post()
        _frame, invoice = self.render(credit)
        self.assertEqual(invoice.type_code, "INV02")
        self.assertEqual(invoice.origin, "Original")
        self.assertEqual(invoice.original_number, move.name)
        self.assertEqual(invoice.total_gross, Decimal(repr(-credit.amount_total)))
        self.assertEqual(invoice.payment.reference.lstrip("0"), move.payment_reference)

    def test_cash_rounding_is_a_row(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "5 cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
                "rounding_method": "HALF-UP",
            }
        )
        move = self.make_invoice(price=9.99, invoice_cash_rounding_id=rounding.id)
        _frame, invoice = self.render(move)
        self.assertEqual(
            invoice.total_gross,
            Decimal(repr(move.amount_total)).quantize(Decimal("0.01")),
        )
        self.assertEqual(invoice.total_gross % Decimal("0.05"), 0)

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.kerttu.lang = "sv_SE"
        _frame, invoice = self.render(self.make_invoice())
        self.assertEqual((invoice.language, invoice.type_text), ("SV", "FAKTURA"))

    def test_identifier_is_never_used_twice(self):
        move = self.make_invoice()
        first, _invoice = self.render(move)
        second, _invoice = self.render(move)
        self.assertNotEqual(first.message_id, second.message_id)

    def test_invoice_due_later_than_sent(self):
        move = self.make_invoice(days=40)
        _frame, invoice = self.render(move)
        self.assertEqual(invoice.due_date - invoice.invoice_date, timedelta(days=40))

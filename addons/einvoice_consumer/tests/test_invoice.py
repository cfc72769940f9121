from datetime import datetime
from decimal import Decimal

from lxml import etree

from odoo import fields
from odoo.tests import tagged

from ..formats import ebxml_frame
from .common import IBAN, NORTH, SENDER, SUBJECT, EinvoiceCommon


class Paper:
    """An element of a message, read by the names of the standard."""

    def __init__(self, element):
        self.element = element

    def __call__(self, path):
        """The text at a path; empty where there is none."""
        return self.element.findtext(path, "")

    def money(self, path):
        return Decimal(self(path).replace(",", "."))

    def day(self, path):
        return datetime.strptime(self(path), "%Y%m%d").date()

    def all(self, path):
        return [Paper(element) for element in self.element.findall(path)]


DETAILS = "InvoiceDetails/"
ORDER = "EpiDetails/EpiPaymentInstructionDetails/"


@tagged("post_install", "-at_install")
class TestInvoice(EinvoiceCommon):
    """What Odoo knows of an invoice stands in the message, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order()

    def render(self, move):
        """Return the frame and invoice as a bank reads them."""
        [(_move, item, problems)] = move._einvoice_render()
        self.assertTrue(item, problems)
        [message] = ebxml_frame.split_messages(item["content"])
        return message.frame, Paper(etree.fromstring(message.payload))

    def test_frame_and_addresses(self):
        frame, invoice = self.render(self.make_invoice())
        self.assertEqual(
            (frame.sender, frame.sender_intermediator), (SENDER, "NDEAFIHH")
        )
        self.assertEqual((frame.receiver, frame.receiver_intermediator), NORTH)
        sent = "MessageTransmissionDetails/MessageDetails/"
        self.assertEqual(invoice(f"{sent}MessageIdentifier"), frame.message_id)
        stamp = datetime.fromisoformat(invoice(f"{sent}MessageTimeStamp"))
        self.assertEqual(stamp, frame.timestamp)

    def test_parties_and_payment(self):
        move = self.make_invoice()
        _frame, invoice = self.render(move)
        for path, expected in (
            ("InvoiceDetails/InvoiceNumber", move.name),
            ("InvoiceDetails/InvoiceTypeCode", "INV01"),
            ("SellerPartyDetails/SellerPartyIdentifier", "2345678-0"),
            ("BuyerPartyDetails/BuyerOrganisationName", "Kerttu Talvela"),
            ("InvoiceDetails/SellersBuyerIdentifier", "70014"),
            (f"{ORDER}EpiPaymentInstructionId", SUBJECT),
            (".//EpiAccountID", IBAN),
            (".//EpiBfiIdentifier", "NDEAFIHH"),
        ):
            with self.subTest(path):
                self.assertEqual(invoice(path), expected)
        reference = invoice(f"{ORDER}EpiRemittanceInfoIdentifier")
        self.assertEqual(reference.lstrip("0"), move.payment_reference)
        for path in (
            f"{ORDER}EpiDateOptionDate",
            f"{DETAILS}PaymentTermsDetails/InvoiceDueDate",
        ):
            self.assertEqual(invoice.day(path), move.invoice_date_due)
        self.assertEqual(invoice.day(f"{DETAILS}InvoiceDate"), move.invoice_date)

    def test_amounts(self):
        # 25.5 % is Finland's standard rate since 1 September 2024.
        self.tax.amount = 25.5
        _frame, invoice = self.render(self.make_invoice(price=100.0))
        for path, expected in (
            ("InvoiceDetails/InvoiceTotalVatExcludedAmount", "100,00"),
            ("InvoiceDetails/InvoiceTotalVatAmount", "25,50"),
            ("InvoiceDetails/InvoiceTotalVatIncludedAmount", "125,50"),
            (f"{ORDER}EpiInstructedAmount", "125,50"),
            (".//VatSpecificationDetails/VatBaseAmount", "100,00"),
            (".//VatSpecificationDetails/VatRatePercent", "25,5"),
            (".//VatSpecificationDetails/VatCode", "S"),
            (".//VatSpecificationDetails/VatRateAmount", "25,50"),
        ):
            with self.subTest(path):
                self.assertEqual(invoice(path), expected)

    def test_several_rates_discounts_notes_and_rounding(self):
        tax = self.tax
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
        gross = invoice.money(f"{DETAILS}InvoiceTotalVatIncludedAmount")
        self.assertAlmostEqual(float(gross), move.amount_total, 2)
        rows, vats = (
            invoice.all("InvoiceRow"),
            invoice.all(".//VatSpecificationDetails"),
        )
        net = "RowVatExcludedAmount"
        self.assertEqual(
            sum(row.money(net) for row in rows if row(net)),
            invoice.money(f"{DETAILS}InvoiceTotalVatExcludedAmount"),
        )
        self.assertEqual(
            sum(vat.money("VatRateAmount") for vat in vats),
            invoice.money(f"{DETAILS}InvoiceTotalVatAmount"),
        )
        self.assertEqual(
            sorted((vat.money("VatRatePercent"), vat("VatCode")) for vat in vats),
            sorted(
                [
                    (Decimal(0), "Z"),
                    (Decimal(14), "S"),
                    (Decimal(repr(tax.amount)).normalize(), "S"),
                ]
            ),
        )
        [deposit] = [row for row in rows if row("ArticleName") == "Deposit"]
        self.assertEqual(deposit.money("InvoicedQuantity"), -1)
        self.assertEqual(deposit.money("UnitPriceAmount"), Decimal("5.55"))
        texts = [text.element.text for text in invoice.all("InvoiceRow/RowFreeText")]
        self.assertIn("November", texts)
        self.assertIn("per kWh", texts)

    def test_price_that_includes_vat(self):
        tax = self.tax.copy(
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
        [row] = invoice.all("InvoiceRow")
        self.assertEqual(row.money("UnitPriceVatIncludedAmount"), Decimal("12.55"))
        self.assertEqual(row.money("RowVatExcludedAmount"), Decimal("10.00"))
        gross = invoice.money(f"{DETAILS}InvoiceTotalVatIncludedAmount")
        self.assertEqual(gross, Decimal("12.55"))

    def test_reverse_charge(self):
        tax = self.tax.copy(
            {"name": "None", "amount": 0, "invoice_legal_notes": "<p>AVL 8 c §</p>"}
        )
        move = self.make_invoice(post=False)
        move.invoice_line_ids.tax_ids = tax
        move.action_post()
        _frame, invoice = self.render(move)
        [vat] = invoice.all(".//VatSpecificationDetails")
        self.assertEqual((vat("VatCode"), vat("VatRateAmount")), ("E", "0,00"))
        self.assertIn("AVL 8 c §", vat("VatFreeText"))

    def test_part_payment_asks_for_the_rest(self):
        move = self.make_invoice(price=100)
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"amount": 20})._create_payments()
        _frame, invoice = self.render(move)
        self.assertEqual(invoice(f"{DETAILS}InvoicePaidAmount"), "20,00")
        asked = invoice.money(f"{ORDER}EpiInstructedAmount")
        gross = invoice.money(f"{DETAILS}InvoiceTotalVatIncludedAmount")
        self.assertEqual(asked, gross - 20)
        # Digits 18-25 of a bank bar code are the euros and cents to pay.
        self.assertEqual(int(invoice("VirtualBankBarcode")[17:25]), int(asked * 100))

    def test_credit_note_is_negative_and_names_its_invoice(self):
        move = self.make_invoice(price=100)
        credit = move._reverse_moves([{"invoice_date": fields.Date.today()}])
        credit.action_post()
        _frame, invoice = self.render(credit)
        self.assertEqual(invoice(f"{DETAILS}InvoiceTypeCode"), "INV02")
        self.assertEqual(invoice(f"{DETAILS}OriginCode"), "Original")
        self.assertEqual(invoice(f"{DETAILS}OriginalInvoiceNumber"), move.name)
        gross = invoice.money(f"{DETAILS}InvoiceTotalVatIncludedAmount")
        self.assertEqual(gross, Decimal(repr(-credit.amount_total)))
        reference = invoice(f"{ORDER}EpiRemittanceInfoIdentifier")
        self.assertEqual(reference.lstrip("0"), move.payment_reference)

    def test_cash_rounding_is_a_row(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "5 cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "profit_account_id": self.get_account("income").id,
                "loss_account_id": self.get_account("expense").id,
                "rounding_method": "HALF-UP",
            }
        )
        move = self.make_invoice(price=9.99, invoice_cash_rounding_id=rounding.id)
        _frame, invoice = self.render(move)
        gross = invoice.money(f"{DETAILS}InvoiceTotalVatIncludedAmount")
        self.assertEqual(
            gross, Decimal(repr(move.amount_total)).quantize(Decimal("0.01"))
        )
        self.assertEqual(gross % Decimal("0.05"), 0)

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.kerttu.lang = "sv_SE"
        _frame, invoice = self.render(self.make_invoice())
        self.assertEqual(invoice("InvoiceRecipientLanguageCode"), "SV")
        self.assertEqual(invoice(f"{DETAILS}InvoiceTypeText"), "FAKTURA")

    def test_identifier_is_never_used_twice(self):
        move = self.make_invoice()
        first, _invoice = self.render(move)
        second, _invoice = self.render(move)
        self.assertNotEqual(first.message_id, second.message_id)

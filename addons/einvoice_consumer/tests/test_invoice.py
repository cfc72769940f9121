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
        [(_move, items, problems)] = move._einvoice_render()
        self.assertTrue(items, problems)
        [item] = items
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

    def test_reasons_for_no_vat(self):
        """Categories of UN/EDIFACT 5305: AE reverse charge, K within the EU, E exempt,
        Z zero rate."""
        tags = self.env["account.account.tag"].sudo()
        for note, box, code in (
            ("AVL 8 c §", "", "AE"),
            ("Käännetty verovelvollisuus", "", "AE"),
            ("", "fi_319", "AE"),
            ("", "fi_312", "AE"),
            ("", "fi_311", "K"),
            ("AVL 37 §", "", "E"),
            ("", "", "Z"),
        ):
            with self.subTest(note=note, box=box):
                tax = self.tax.copy(
                    {"name": f"{note}{box}", "amount": 0, "invoice_legal_notes": note}
                )
                tag = (
                    tags.create({"name": box, "applicability": "taxes"})
                    if box
                    else tags
                )
                tax.invoice_repartition_line_ids.tag_ids = tag
                move = self.make_invoice(post=False)
                move.invoice_line_ids.tax_ids = tax
                move.action_post()
                _frame, invoice = self.render(move)
                [vat] = invoice.all(".//VatSpecificationDetails")
                self.assertEqual((vat("VatCode"), vat("VatRateAmount")), (code, "0,00"))
                self.assertIn(note, vat("VatFreeText"))

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

    def test_a_credit_note_of_its_own_has_no_reference(self):
        """The digits of its number are those of an invoice's reference."""
        move = self.make_invoice(move_type="out_refund")
        _frame, invoice = self.render(move)
        self.assertEqual(invoice(f"{DETAILS}InvoiceTypeCode"), "INV02")
        self.assertFalse(invoice.all(f"{ORDER}EpiRemittanceInfoIdentifier"))
        move.payment_reference = "1232"
        _frame, invoice = self.render(move)
        reference = invoice(f"{ORDER}EpiRemittanceInfoIdentifier")
        self.assertEqual(reference.lstrip("0"), "1232")

    def test_a_reference_that_another_customers_invoice_has(self):
        move = self.make_invoice()
        other = self.make_invoice(partner=self.kerttu.copy({"ref": "2"}), post=False)
        self.assertFalse(move._einvoice_check()[move])
        other.payment_reference = move.payment_reference
        other.action_post()
        [problem] = move._einvoice_check()[move]
        self.assertEqual((problem.code, problem.level), ("shared_reference", "warning"))

    # === WHO BUYS === #

    def get_party(self, invoice, kind):
        [party] = invoice.all(f"{kind}PartyDetails")
        address = f"{kind}PostalAddressDetails/{kind}"
        return [
            party(f"{kind}OrganisationName"),
            party(f"{address}StreetName"),
            party(f"{address}PostCodeIdentifier"),
            party(f"{address}TownName"),
        ]

    def test_the_buyer_is_one_record(self):
        address = {"street": "Rauhankatu 4", "zip": "33100", "city": "Tampere"}
        guardian = self.kerttu.create(
            {"name": "Eero", "type": "invoice", "parent_id": self.kerttu.id, **address}
        )
        _frame, invoice = self.render(self.make_invoice(partner=guardian))
        self.assertEqual(
            self.get_party(invoice, "Buyer"),
            ["Kerttu Talvela", "Talvikuja 5 A 12", "00100", "Helsinki"],
        )
        self.assertEqual(
            self.get_party(invoice, "InvoiceRecipient"),
            ["Eero", "Rauhankatu 4", "33100", "Tampere"],
        )
        self.kerttu.write({"street": False, "zip": False, "city": False})
        _frame, invoice = self.render(self.make_invoice(partner=guardian))
        self.assertEqual(
            self.get_party(invoice, "Buyer"),
            ["Eero", "Rauhankatu 4", "33100", "Tampere"],
        )
        self.assertFalse(invoice.all("InvoiceRecipientPartyDetails"))

    def test_a_customer_is_their_own_recipient(self):
        _frame, invoice = self.render(self.make_invoice())
        self.assertFalse(invoice.all("InvoiceRecipientPartyDetails"))

    # === WHAT WAS AGREED === #

    def test_terms_discount_and_late_interest(self):
        """2 % of 125.50 is 2.51."""
        self.tax.amount = 25.5
        self.channel.late_interest = 11.5
        term = self.env["account.payment.term"].create(
            {
                "name": "14 days, 2 %",
                "note": "<p>14 päivää, 7 päivää -2 %</p>",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 7,
                "early_pay_discount_computation": "included",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 100, "nb_days": 14})
                ],
            }
        )
        move = self.make_invoice(invoice_payment_term_id=term.id)
        _frame, invoice = self.render(move)
        terms = f"{DETAILS}PaymentTermsDetails/"
        self.assertEqual(
            invoice(f"{terms}PaymentTermsFreeText"), "14 päivää, 7 päivää -2 %"
        )
        self.assertEqual(
            invoice.day(f"{terms}CashDiscountDate"),
            fields.Date.add(move.invoice_date, days=7),
        )
        for name, value in (
            ("CashDiscountBaseAmount", "125,50"),
            ("CashDiscountPercent", "2"),
            ("CashDiscountAmount", "2,51"),
            ("PaymentOverDueFineDetails/PaymentOverDueFinePercent", "11,5"),
        ):
            with self.subTest(name):
                self.assertEqual(invoice(terms + name), value)

    def test_contacts_and_delivery(self):
        self.kerttu.phone = "040 123"
        move = self.make_invoice(delivery_date="2026-11-20")
        _frame, invoice = self.render(move)
        for path, value in (
            ("SellerContactPersonName", move.invoice_user_id.name[:70]),
            ("BuyerCommunicationDetails/BuyerPhoneNumberIdentifier", "040 123"),
            (
                "BuyerCommunicationDetails/BuyerEmailaddressIdentifier",
                "kerttu@example.com",
            ),
            ("DeliveryDetails/DeliveryDate", "20261120"),
        ):
            with self.subTest(path):
                self.assertEqual(invoice(path), value)

    # === ROUNDING === #

    def test_cents_stay_with_their_rate(self):
        """0.45 × 2.54 + 0.28 × 6.87 = 1.1430 + 1.9236 = 3.0666, 25.5 % of it 0.78."""
        self.company.tax_calculation_rounding_method = "round_globally"
        standard = self.tax.copy({"name": "25.5", "amount": 25.5})
        none = self.tax.copy({"name": "0", "amount": 0})
        rows = ((1, 90.30, none), (0.45, 2.54, standard), (0.28, 6.87, standard))
        move = self.make_invoice(
            invoice_line_ids=[
                (
                    0,
                    0,
                    {
                        "name": "Row",
                        "quantity": quantity,
                        "price_unit": price,
                        "tax_ids": [(6, 0, tax.ids)],
                    },
                )
                for quantity, price, tax in rows
            ]
        )
        _frame, invoice = self.render(move)
        self.assertEqual(
            [
                (row("RowVatExcludedAmount"), row("RowVatAmount"))
                for row in invoice.all("InvoiceRow")
            ],
            [("90,30", "0,00"), ("1,14", "0,29"), ("1,93", "0,49")],
        )
        self.assertEqual(
            [
                tuple(vat(f"Vat{name}") for name in ("RatePercent", "BaseAmount"))
                + (vat("VatRateAmount"),)
                for vat in invoice.all(".//VatSpecificationDetails")
            ],
            [("0", "90,30", "0,00"), ("25,5", "3,07", "0,78")],
        )
        self.assertEqual(invoice(f"{DETAILS}InvoiceTotalVatIncludedAmount"), "94,15")

    def test_cash_rounding_in_the_biggest_tax(self):
        """9.99 + 25.5 % (2.55) = 12.54, rounded to 12.55: one cent more VAT."""
        self.tax.amount = 25.5
        rounding = self.env["account.cash.rounding"].create(
            {"name": "5 c", "rounding": 0.05, "strategy": "biggest_tax"}
        )
        move = self.make_invoice(price=9.99, invoice_cash_rounding_id=rounding.id)
        _frame, invoice = self.render(move)
        for name, value in (
            ("InvoiceTotalVatExcludedAmount", "9,99"),
            ("InvoiceTotalVatAmount", "2,56"),
            ("InvoiceTotalVatIncludedAmount", "12,55"),
            ("VatSpecificationDetails/VatRateAmount", "2,56"),
        ):
            with self.subTest(name):
                self.assertEqual(invoice(DETAILS + name), value)

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

    def test_language(self):
        """What the consumer told the bank, else the customer's."""
        self.env["res.lang"]._activate_lang("sv_SE")
        self.kerttu.lang = "sv_SE"
        for number, (told, code, text) in enumerate(
            (
                ("", "SV", "FAKTURA"),
                ("FI", "FI", "LASKU"),
                ("EN", "EN", "INVOICE"),
                ("SE", "SE", "LASKU"),  # Northern Sami
            )
        ):
            with self.subTest(told):
                self.order_later(number, action="CHANGE", ref="RI-1", language=told)
                _frame, invoice = self.render(self.make_invoice())
                self.assertEqual(invoice("InvoiceRecipientLanguageCode"), code)
                self.assertEqual(invoice(f"{DETAILS}InvoiceTypeText"), text)

    def test_identifier_is_never_used_twice(self):
        move = self.make_invoice()
        first, _invoice = self.render(move)
        second, _invoice = self.render(move)
        self.assertNotEqual(first.message_id, second.message_id)

"""Consumer invoices: what is written is valid, complete and adds up."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

import pytest
from einvoice_formats.ebxml_frame import split_messages
from einvoice_formats.errors import FormatError
from einvoice_formats.finvoice import write_invoice, write_message
from einvoice_formats.finvoice_model import (
    Account,
    CashDiscount,
    Note,
    Terms,
    VatSpecification,
)
from finvoice_cases import BUYER, INVOICE, ROW, SELLER, typed_invoices
from hypothesis import given
from lxml import etree


@lru_cache(maxsize=1)
def official_schema(path):
    return etree.XMLSchema(etree.parse(str(path)))


@pytest.fixture(name="valid")
def _valid(official):
    schema = official_schema(official("finvoice", "xsd", "Finvoice3.0.xsd"))

    def assert_valid(document):
        root = etree.fromstring(document)
        assert schema.validate(root), schema.error_log
        return root

    return assert_valid


def texts(root, tag):
    return [element.text for element in root.iter(tag)]


def credit_note():
    def turned(value):
        return -value

    row = replace(
        ROW,
        quantity=turned(ROW.quantity),
        vat_amount=turned(ROW.vat_amount),
        net=turned(ROW.net),
        gross=turned(ROW.gross),
    )
    (line,) = INVOICE.vat
    return replace(
        INVOICE,
        type_code="INV02",
        type_text="CREDIT NOTE",
        rows=(row,),
        vat=(replace(line, base=-line.base, amount=-line.amount),),
        total_net=turned(INVOICE.total_net),
        total_vat=turned(INVOICE.total_vat),
        total_gross=turned(INVOICE.total_gross),
        original_number="2026/0001",
        original_date=date(2026, 2, 1),
        payment=replace(INVOICE.payment, amount=turned(INVOICE.payment.amount)),
    )


# --- the story of an ordinary invoice -----------------------------------------------


def test_an_ordinary_invoice_is_valid_in_the_official_schema(valid):
    valid(write_invoice(INVOICE))


def test_the_payment_block_is_what_netbanks_need(valid):
    root = valid(write_invoice(INVOICE))
    values = {e.tag: (e.text, dict(e.attrib)) for e in root.find("EpiDetails").iter()}
    scheme = "IdentificationSchemeName"
    assert values["EpiPaymentInstructionId"] == ("SAHKO1", {})
    assert values["EpiRemittanceInfoIdentifier"] == (
        "00000000000000001232",
        {scheme: "SPY"},
    )
    assert values["EpiInstructedAmount"] == (
        "125,50",
        {"AmountCurrencyIdentifier": "EUR"},
    )
    assert values["EpiAccountID"] == ("FI7944052020036082", {scheme: "IBAN"})
    assert values["EpiBfiIdentifier"] == ("ITELFIHH", {scheme: "BIC"})
    assert values["EpiNameAddressDetails"] == ("Esimerkki Oy", {})
    assert values["EpiCharge"] == ("SHA", {"ChargeOption": "SHA"})
    assert values["EpiDateOptionDate"] == ("20260220", {"Format": "CCYYMMDD"})
    assert values["EpiPaymentMeansCode"] == ("58", {})
    assert values["EpiReference"] == (None, {})


def test_every_value_stands_where_the_standard_has_it(valid):
    invoice = replace(
        INVOICE,
        type_code="INV09",
        original_number="2025/77",
        original_date=date(2025, 12, 1),
        customer_number="C-7",
        order_reference="T-8",
        buyer_reference="V-9",
        delivery=replace(BUYER, name="Varasto", street="Satama 3", town="Kotka"),
        paid=Decimal("25.50"),
        payment=replace(INVOICE.payment, amount=Decimal("100.00")),
        texts=("Kiitos",),
        barcode="4" + "0" * 53,
        language="FI",
        seller=replace(SELLER, contact="Maija"),
        buyer=replace(BUYER, contact="Pekka", phone="040 1"),
        recipient=replace(BUYER, name="Edunvalvoja", street="Rauhankatu 4"),
        delivery_date=date(2026, 1, 31),
        terms=Terms(
            text="14 päivää netto",
            discount=CashDiscount(
                date(2026, 2, 8), Decimal("125.50"), Decimal(2), Decimal("2.51")
            ),
            late_interest=Decimal("11.5"),
            late_interest_text="Viivästyskorko",
        ),
    )
    root = valid(write_invoice(invoice))
    terms = "InvoiceDetails/PaymentTermsDetails/"
    fine = f"{terms}PaymentOverDueFineDetails/PaymentOverDueFine"
    recipient = "InvoiceRecipientPartyDetails/InvoiceRecipient"
    buyer, delivery = "BuyerPartyDetails/", "DeliveryPartyDetails/"
    details, row = "InvoiceDetails/", "InvoiceRow/"
    expected = {
        "SellerPartyDetails/SellerPartyIdentifier": "1234567-1",
        "SellerPartyDetails/SellerOrganisationName": "Esimerkki Oy",
        "SellerPartyDetails/SellerOrganisationTaxCode": "FI12345671",
        "SellerCommunicationDetails/SellerPhoneNumberIdentifier": "+358 9 123456",
        "SellerCommunicationDetails/SellerEmailaddressIdentifier": (
            "laskutus@esimerkki.fi"
        ),
        "SellerInformationDetails/SellerVatRegistrationText": "Alv.Rek",
        "SellerInformationDetails/SellerWebaddressIdentifier": "www.esimerkki.fi",
        ".//SellerAccountID": "FI7944052020036082",
        ".//SellerBic": "ITELFIHH",
        "InvoiceRecipientLanguageCode": "FI",
        "SellerContactPersonName": "Maija",
        "BuyerContactPersonName": "Pekka",
        "BuyerCommunicationDetails/BuyerPhoneNumberIdentifier": "040 1",
        f"{recipient}OrganisationName": "Edunvalvoja",
        f"{recipient}PostalAddressDetails/InvoiceRecipientStreetName": "Rauhankatu 4",
        "DeliveryDetails/DeliveryDate": "20260131",
        f"{terms}PaymentTermsFreeText": "14 päivää netto",
        f"{terms}CashDiscountDate": "20260208",
        f"{terms}CashDiscountBaseAmount": "125,50",
        f"{terms}CashDiscountPercent": "2",
        f"{terms}CashDiscountAmount": "2,51",
        f"{fine}FreeText": "Viivästyskorko",
        f"{fine}Percent": "11,5",
        f"{buyer}BuyerOrganisationName": "Päivi Mäkinen",
        f"{buyer}BuyerPostalAddressDetails/BuyerStreetName": "Kotikatu 5 B 12",
        f"{buyer}BuyerPostalAddressDetails/BuyerTownName": "Hyvinkää",
        f"{buyer}BuyerPostalAddressDetails/BuyerPostCodeIdentifier": "05800",
        f"{buyer}BuyerPostalAddressDetails/CountryCode": "FI",
        f"{buyer}BuyerPostalAddressDetails/CountryName": "Suomi",
        f"{delivery}DeliveryOrganisationName": "Varasto",
        f"{delivery}DeliveryPostalAddressDetails/DeliveryStreetName": "Satama 3",
        f"{delivery}DeliveryPostalAddressDetails/DeliveryTownName": "Kotka",
        f"{details}InvoiceTypeCode": "INV09",
        f"{details}InvoiceTypeText": "LASKU",
        f"{details}InvoiceNumber": "2026/0001",
        f"{details}InvoiceDate": "20260201",
        f"{details}OriginalInvoiceNumber": "2025/77",
        f"{details}OriginalInvoiceDate": "20251201",
        f"{details}SellersBuyerIdentifier": "C-7",
        f"{details}OrderIdentifier": "T-8",
        f"{details}BuyerReferenceIdentifier": "V-9",
        f"{details}RowsTotalVatExcludedAmount": "100,00",
        f"{details}InvoiceTotalVatExcludedAmount": "100,00",
        f"{details}InvoiceTotalVatAmount": "25,50",
        f"{details}InvoiceTotalVatIncludedAmount": "125,50",
        f"{details}InvoicePaidAmount": "25,50",
        f"{details}VatSpecificationDetails/VatBaseAmount": "100,00",
        f"{details}VatSpecificationDetails/VatRatePercent": "25,5",
        f"{details}VatSpecificationDetails/VatCode": "S",
        f"{details}VatSpecificationDetails/VatRateAmount": "25,50",
        f"{details}InvoiceFreeText": "Kiitos",
        f"{details}PaymentTermsDetails/InvoiceDueDate": "20260220",
        "VirtualBankBarcode": "4" + "0" * 53,
        f"{row}ArticleIdentifier": "E-1",
        f"{row}ArticleName": "Sähköenergia",
        f"{row}DeliveredQuantity": "2,5",
        f"{row}InvoicedQuantity": "2,5",
        f"{row}InvoicedQuantity[@QuantityUnitCode='kpl']": "2,5",
        f"{row}UnitPriceAmount": "40,00",
        f"{row}UnitPriceVatIncludedAmount": "50,20",
        f"{row}RowFreeText": "Tammikuu",
        f"{row}RowDiscountPercent": "7,5",
        f"{row}RowVatRatePercent": "25,5",
        f"{row}RowVatCode": "S",
        f"{row}RowVatAmount": "25,50",
        f"{row}RowVatExcludedAmount": "100,00",
        f"{row}RowAmount": "125,50",
        "EpiDetails/EpiIdentificationDetails/EpiDate": "20260201",
        "EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount": "100,00",
    }
    assert {path: root.findtext(path) for path in expected} == expected


def test_of_a_direct_payment_a_part_may_be_asked_for(valid):
    part = replace(INVOICE.payment, amount=Decimal("25.50"))
    root = valid(write_invoice(replace(INVOICE, type_code="INV09", payment=part)))
    assert texts(root, "EpiInstructedAmount") == ["25,50"]
    for code, amount in (("INV01", "25.50"), ("INV09", "125.51")):
        payment = replace(part, amount=Decimal(amount))
        with pytest.raises(FormatError):
            write_invoice(replace(INVOICE, type_code=code, payment=payment))


def test_a_credit_note_of_its_own_has_no_reference(valid):
    credit = credit_note()
    credit = replace(credit, payment=replace(credit.payment, reference=""))
    assert not texts(valid(write_invoice(credit)), "EpiRemittanceInfoIdentifier")
    with pytest.raises(FormatError):
        write_invoice(replace(INVOICE, payment=replace(INVOICE.payment, reference="")))


def test_a_creditor_reference_has_its_own_scheme(valid):
    payment = replace(INVOICE.payment, reference="rf11 1232")
    root = valid(write_invoice(replace(INVOICE, payment=payment)))
    (element,) = root.iter("EpiRemittanceInfoIdentifier")
    assert (element.text, element.get("IdentificationSchemeName")) == (
        "RF111232",
        "ISO",
    )


def test_a_credit_note_is_original_and_negative(valid):
    root = valid(write_invoice(credit_note()))
    assert texts(root, "OriginCode") == ["Original"]
    assert texts(root, "InvoiceTypeCode") == ["INV02"]
    assert texts(root, "InvoiceTypeText") == ["CREDIT NOTE"]
    assert texts(root, "OriginalInvoiceNumber") == ["2026/0001"]
    assert texts(root, "InvoiceTotalVatIncludedAmount") == ["-125,50"]
    assert texts(root, "EpiInstructedAmount") == ["-125,50"]
    assert texts(root, "InvoicedQuantity") == ["-2,5"]
    assert texts(root, "UnitPriceAmount") == ["40,00"]


def test_a_partly_paid_invoice_asks_for_the_rest(valid):
    payment = replace(INVOICE.payment, amount=Decimal("100.50"))
    invoice = replace(INVOICE, paid=Decimal("25.00"), payment=payment)
    root = valid(write_invoice(invoice))
    assert texts(root, "InvoicePaidAmount") == ["25,00"]
    assert texts(root, "EpiInstructedAmount") == ["100,50"]


def test_reverse_charge_states_its_reason(valid):
    row = replace(
        ROW,
        vat_rate=Decimal(0),
        vat_code="AE",
        vat_amount=Decimal(0),
        gross=ROW.net,
    )
    reason = "Käännetty verovelvollisuus AVL 8 c §. " * 4
    line = VatSpecification(ROW.net, Decimal(0), "AE", Decimal(0), reason)
    invoice = replace(
        INVOICE,
        rows=(row,),
        vat=(line,),
        total_vat=Decimal(0),
        total_gross=ROW.net,
        payment=replace(INVOICE.payment, amount=ROW.net),
    )
    root = valid(write_invoice(invoice))
    assert texts(root, "VatCode") == ["AE"]
    assert " ".join(texts(root, "VatFreeText")) == reason.strip()


def test_long_descriptions_go_on_in_free_text_rows(valid):
    row = replace(ROW, name="nimi " * 40, texts=("kuvaus " * 200, "loppu"))
    root = valid(write_invoice(replace(INVOICE, rows=(row,))))
    (element,) = root.iter("InvoiceRow")
    whole = " ".join(texts(element, "ArticleName") + texts(element, "RowFreeText"))
    assert whole.split().count("nimi") == 40
    assert whole.split().count("kuvaus") == 200
    assert whole.endswith("loppu")


def test_sections_and_notes_are_rows_without_money(valid):
    rows = (Note(("Osa 1",)), ROW, Note(("Huomaa",)))
    root = valid(write_invoice(replace(INVOICE, rows=rows)))
    assert [len(row) for row in root.iter("InvoiceRow")][::2] == [1, 1]


def test_a_street_is_wrapped_over_three_lines(valid):
    street = "Pitkänsillanrannan ja Mannerheimintien kulma, kolmas kerros, ovi 12 C"
    root = valid(write_invoice(replace(INVOICE, buyer=replace(BUYER, street=street))))
    lines = texts(root, "BuyerStreetName")
    assert len(lines) <= 3
    assert " ".join(lines) == street


def test_the_document_is_latin9_without_white_space_or_empty_elements():
    document = write_invoice(
        replace(INVOICE, buyer=replace(BUYER, name="Šemeta €\t\n Mäki"))
    )
    assert document.startswith(b'<?xml version="1.0" encoding="ISO-8859-15"?>')
    assert "Šemeta € Mäki".encode("iso8859-15") in document
    body = document.partition(b"<Finvoice")[2]
    assert b"> " not in body
    assert b" <" not in body
    assert b"\n" not in body
    empty = [
        e.tag for e in etree.fromstring(document).iter() if not len(e) and not e.text
    ]
    assert empty == ["EpiReference"]


def test_frame_and_message_say_the_same():
    (message,) = split_messages(write_message(INVOICE))
    assert message.frame == INVOICE.transmission
    root = etree.fromstring(message.payload)
    assert texts(root, "FromIdentifier") == [message.frame.sender]
    assert texts(root, "FromIntermediator") == [message.frame.sender_intermediator]
    assert texts(root, "ToIdentifier") == [message.frame.receiver]
    assert texts(root, "ToIntermediator") == [message.frame.receiver_intermediator]
    assert texts(root, "MessageIdentifier") == [message.frame.message_id]
    assert texts(root, "MessageTimeStamp") == ["2026-02-01T12:00:00+02:00"]


# --- what is refused, and how it is named -------------------------------------------

PAYMENT = INVOICE.payment
IBAN = PAYMENT.account.iban
LONG = "x" * 600


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"rows": (Note(("",)),)}, "total_net", "sums_differ"),
        ({"rows": (ROW, Note(("",)))}, "rows[1].name", "missing"),
        ({"number": ""}, "number", "missing"),
        ({"number": "1" * 21}, "number", "too_long"),
        ({"number": "№ 7"}, "number", "charset"),
        ({"total_net": Decimal("99.99")}, "total_net", "sums_differ"),
        ({"total_vat": Decimal("25.49")}, "total_vat", "sums_differ"),
        ({"total_gross": Decimal("125.51")}, "total_gross", "sums_differ"),
        ({"total_gross": Decimal("NaN")}, "total_gross", "sums_differ"),
        ({"paid": Decimal("1.00")}, "payment.amount", "sums_differ"),
        ({"vat": (replace(INVOICE.vat[0], text=LONG),)}, "vat[0].text", "too_long"),
        ({"buyer": replace(BUYER, name="")}, "buyer.name", "missing"),
        ({"buyer": replace(BUYER, street="")}, "buyer.street", "missing"),
        ({"buyer": replace(BUYER, street=LONG)}, "buyer.street", "too_long"),
        ({"buyer": replace(BUYER, town="Å")}, "buyer.town", "too_short"),
        (
            {"seller": replace(INVOICE.seller, identifier="")},
            "seller.identifier",
            "missing",
        ),
        ({"rows": (replace(ROW, gross=Decimal(1)),)}, "rows[0].gross", "sums_differ"),
        ({"rows": (replace(ROW, unit=LONG),)}, "rows[0].unit", "too_long"),
        (
            {"rows": (replace(ROW, unit_price=Decimal("0.123456")),)},
            "rows[0].unit_price",
            "decimals",
        ),
        (
            {"rows": (replace(ROW, discount_percent=Decimal(-5)),)},
            "rows[0].discount_percent",
            "out_of_range",
        ),
        (
            {"payment": replace(PAYMENT, instruction_id="")},
            "payment.instruction_id",
            "missing",
        ),
        ({"payment": replace(PAYMENT, payee=LONG)}, "payment.payee", "too_long"),
        (
            {"payment": replace(PAYMENT, reference="1233")},
            "payment.reference",
            "checksum",
        ),
        (
            {"payment": replace(PAYMENT, account=Account("FI00", "X"))},
            "payment.account.iban",
            "checksum",
        ),
        (
            {"payment": replace(PAYMENT, account=Account(IBAN, "itelfihh"))},
            "payment.account.bic",
            "pattern",
        ),
        (
            {"payment": replace(PAYMENT, account=Account(IBAN, ""))},
            "payment.account.bic",
            "missing",
        ),
        (
            {"transmission": replace(INVOICE.transmission, message_id="")},
            "transmission.message_id",
            "missing",
        ),
    ],
)
def test_a_refusal_names_the_field_and_the_reason(change, field, code):
    with pytest.raises(FormatError) as caught:
        write_message(replace(INVOICE, **change))
    assert (caught.value.field, caught.value.code) == (field, code)
    assert str(caught.value).startswith(field)


def test_an_amount_with_a_third_decimal_is_refused():
    tenth = Decimal("0.005")
    row = replace(ROW, net=ROW.net + tenth, gross=ROW.gross + tenth)
    (line,) = INVOICE.vat
    with pytest.raises(FormatError) as caught:
        write_invoice(
            replace(
                INVOICE,
                rows=(row,),
                vat=(replace(line, base=row.net),),
                total_net=row.net,
                total_gross=row.gross,
                payment=replace(PAYMENT, amount=row.gross),
            )
        )
    assert caught.value.code == "decimals"


@pytest.mark.parametrize("code", ["INV01", "INV02"])
def test_the_sign_belongs_to_the_type(code):
    wrong = credit_note() if code == "INV01" else INVOICE
    with pytest.raises(FormatError) as caught:
        write_invoice(replace(wrong, type_code=code))
    assert (caught.value.code, caught.value.field) == ("sign", "total_gross")


# --- everything a user can type ----------------------------------------------------


def assert_adds_up(root):
    def amounts(tag, parent=root):
        return [Decimal(text.replace(",", ".")) for text in texts(parent, tag)]

    (net,) = amounts("InvoiceTotalVatExcludedAmount")
    (vat,) = amounts("InvoiceTotalVatAmount")
    (gross,) = amounts("InvoiceTotalVatIncludedAmount")
    (asked,) = amounts("EpiInstructedAmount")
    assert sum(amounts("RowVatExcludedAmount")) == net
    assert sum(amounts("VatBaseAmount")) == net
    assert sum(amounts("VatRateAmount")) == vat
    assert net + vat == gross
    assert asked == gross - sum(amounts("InvoicePaidAmount"))


@given(typed_invoices())
def test_whatever_is_typed_is_valid_or_refused_by_name(official, invoice):
    schema = official_schema(official("finvoice", "xsd", "Finvoice3.0.xsd"))
    try:
        document = write_invoice(invoice)
    except FormatError as error:
        assert error.code != "schema"
        head = error.field.partition(".")[0].partition("[")[0]
        assert head in {field.name for field in fields(invoice)}
        return
    root = etree.fromstring(document)
    assert schema.validate(root), schema.error_log
    assert_adds_up(root)

"""Consumer invoices: what is written is valid, complete and adds up."""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

import pytest
from einvoice_formats.ebxml_frame import split_messages
from einvoice_formats.errors import FormatError
from einvoice_formats.finvoice import (
    CANCEL,
    Account,
    Link,
    Row,
    VatSpecification,
    frame_of,
    write_invoice,
    write_message,
)
from finvoice_cases import BUYER, INVOICE, ROW, plain_invoices, typed_invoices
from finvoice_reader import read_invoice
from hypothesis import given, settings
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
        invoiced_quantity=turned(ROW.invoiced_quantity),
        delivered_quantity=None,
        vat_amount=turned(ROW.vat_amount),
        net=turned(ROW.net),
        gross=turned(ROW.gross),
    )
    (line,) = INVOICE.vat
    return replace(
        INVOICE,
        type_code="INV02",
        type_text="",
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


def test_a_cancellation_says_so(valid):
    root = valid(write_invoice(replace(credit_note(), origin=CANCEL)))
    assert texts(root, "OriginCode") == ["Cancel"]
    assert texts(root, "InvoiceTypeText") == ["CANCELLATION INVOICE"]


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
    line = VatSpecification(
        ROW.net, Decimal(0), "AE", Decimal(0), reason, "VATEX-EU-AE"
    )
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
    assert texts(root, "VatExemptionReasonCode") == ["VATEX-EU-AE"]


def test_long_descriptions_go_on_in_free_text_rows(valid):
    row = replace(ROW, name="nimi " * 40, description="kuvaus " * 200, texts=("loppu",))
    root = valid(write_invoice(replace(INVOICE, rows=(row,))))
    (element,) = root.iter("InvoiceRow")
    whole = " ".join(
        texts(element, "ArticleName")
        + texts(element, "ArticleDescription")
        + texts(element, "RowFreeText")
    )
    assert whole.split().count("nimi") == 40
    assert whole.split().count("kuvaus") == 200
    assert whole.endswith("loppu")


def test_sections_and_notes_are_rows_without_money(valid):
    rows = (Row(texts=("Osa 1",)), ROW, Row(name="Huomaa"))
    root = valid(write_invoice(replace(INVOICE, rows=rows)))
    assert [len(row) for row in root.iter("InvoiceRow")][::2] == [1, 1]


def test_a_street_is_wrapped_over_three_lines(valid):
    street = "Pitkänsillanrannan ja Mannerheimintien kulma, kolmas kerros, ovi 12 C"
    root = valid(write_invoice(replace(INVOICE, buyer=replace(BUYER, street=street))))
    lines = texts(root, "BuyerStreetName")
    assert len(lines) <= 3
    assert " ".join(lines) == street


def test_links_are_paired_by_order(valid):
    links = (Link("Ehdot", "https://a.fi/1"), Link("", "https://a.fi/2"))
    root = valid(write_invoice(replace(INVOICE, links=links)))
    assert texts(root, "InvoiceUrlNameText") == ["Ehdot", "https://a.fi/2"]
    assert texts(root, "InvoiceUrlText") == ["https://a.fi/1", "https://a.fi/2"]


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
    assert message.frame == frame_of(INVOICE)
    root = etree.fromstring(message.payload)
    assert texts(root, "FromIdentifier") == [message.frame.sender]
    assert texts(root, "FromIntermediator") == [message.frame.sender_intermediator]
    assert texts(root, "ToIdentifier") == [message.frame.receiver]
    assert texts(root, "ToIntermediator") == [message.frame.receiver_intermediator]
    assert texts(root, "MessageIdentifier") == [message.frame.message_id]
    assert texts(root, "MessageTimeStamp") == ["2026-02-01T12:00:00+02:00"]


# --- what is refused, and how it is named -------------------------------------------

PAYMENT = INVOICE.payment
LONG = "x" * 600


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"currency": "NOK"}, "currency", "currency"),
        ({"rows": ()}, "rows", "missing"),
        ({"rows": (Row(),)}, "total_net", "sums_differ"),
        ({"rows": (ROW, Row())}, "rows[1].name", "missing"),
        ({"accounts": ()}, "accounts", "missing"),
        ({"payment": None}, "payment", "missing"),
        ({"transmission": None}, "transmission", "missing"),
        ({"number": ""}, "number", "missing"),
        ({"number": "1" * 21}, "number", "too_long"),
        ({"number": "№ 7"}, "number", "charset"),
        ({"type_code": "INV99"}, "type_code", "pattern"),
        ({"origin": "original"}, "origin", "pattern"),
        ({"total_net": None}, "total_net", "missing"),
        ({"total_net": Decimal("99.99")}, "total_net", "sums_differ"),
        ({"total_vat": Decimal("25.49")}, "total_vat", "sums_differ"),
        ({"total_gross": Decimal("125.51")}, "total_gross", "sums_differ"),
        ({"total_gross": Decimal("NaN")}, "total_gross", "sums_differ"),
        ({"paid": Decimal("1.00")}, "payment.amount", "sums_differ"),
        ({"vat": ()}, "vat", "missing"),
        ({"vat": (replace(INVOICE.vat[0], code="X"),)}, "vat[0].code", "pattern"),
        ({"vat": (replace(INVOICE.vat[0], text=LONG),)}, "vat[0].text", "too_long"),
        ({"due_date": date(2026, 2, 21)}, "due_date", "differs"),
        ({"barcode": "123"}, "barcode", "pattern"),
        ({"language": "Finnish"}, "language", "pattern"),
        ({"payment_terms": LONG}, "payment_terms", "too_long"),
        ({"overdue_fine_percent": Decimal(-1)}, "overdue_fine_percent", "out_of_range"),
        ({"links": (Link("a", ""),)}, "links[0].url", "missing"),
        ({"accounts": (Account("FI00", "X"),)}, "accounts[0].iban", "checksum"),
        (
            {"accounts": (Account("FI7944052020036082", "itelfihh"),)},
            "accounts[0].bic",
            "pattern",
        ),
        ({"buyer": replace(BUYER, name="")}, "buyer.name", "missing"),
        ({"buyer": replace(BUYER, street="")}, "buyer.street", "missing"),
        ({"buyer": replace(BUYER, street=LONG)}, "buyer.street", "too_long"),
        ({"buyer": replace(BUYER, town="Å")}, "buyer.town", "too_short"),
        ({"buyer": replace(BUYER, country_code="fi")}, "buyer.country_code", "pattern"),
        (
            {"seller": replace(INVOICE.seller, identifier="")},
            "seller.identifier",
            "missing",
        ),
        ({"rows": (replace(ROW, gross=Decimal(1)),)}, "rows[0].gross", "sums_differ"),
        ({"rows": (replace(ROW, vat_code=""),)}, "rows[0].vat_code", "missing"),
        ({"rows": (replace(ROW, unit_code="kpl"),)}, "rows[0].unit_code", "pattern"),
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
        ({"rows": (ROW, Row(gross=Decimal(1)))}, "rows[1].net", "missing"),
        (
            {"payment": replace(PAYMENT, instruction_id="")},
            "payment.instruction_id",
            "missing",
        ),
        ({"payment": replace(PAYMENT, payee=LONG)}, "payment.payee", "too_long"),
        ({"payment": replace(PAYMENT, reference="")}, "payment.reference", "missing"),
        (
            {"payment": replace(PAYMENT, reference="1233")},
            "payment.reference",
            "checksum",
        ),
        ({"payment": replace(PAYMENT, charge="OUR")}, "payment.charge", "pattern"),
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


def squeezed(text):
    return "".join(text.split())


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


@settings(max_examples=300)
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


@given(plain_invoices())
def test_what_is_written_is_read_again(official, invoice):
    schema = official_schema(official("finvoice", "xsd", "Finvoice3.0.xsd"))
    document = write_invoice(invoice)
    assert schema.validate(etree.fromstring(document)), schema.error_log
    again = read_invoice(document)
    assert again == replace(
        invoice,
        accounts=again.accounts,
        payment=replace(invoice.payment, account=again.payment.account),
        type_text=invoice.type_text or again.type_text,
        rows=tuple(
            replace(
                row,
                unit_code=read.unit_code,
                unit=read.unit,
                delivered_quantity=read.delivered_quantity,
            )
            for row, read in zip(invoice.rows, again.rows, strict=True)
        ),
        links=again.links,
    )
    assert again.accounts[0].iban == squeezed(invoice.accounts[0].iban)
    assert write_invoice(again) == document


def test_reading_gives_back_every_field():
    again = read_invoice(write_invoice(INVOICE))
    account = Account("FI7944052020036082", "ITELFIHH")
    assert again == replace(
        INVOICE,
        accounts=(account,),
        payment=replace(INVOICE.payment, account=account),
    )

"""Our schema of the consumer profile is never looser than the official one."""

from functools import lru_cache

import pytest
from einvoice_formats.errors import FormatError
from einvoice_formats.finvoice import write_invoice
from einvoice_formats.finvoice_schema import SCHEMA, check
from finvoice_cases import INVOICE, plain_invoices
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            " ",
            "0",
            "-1",
            "1,5",
            "1,00",
            "-0,00",
            "1,123456",
            "20260231",
            "EUR",
            "fi",
        ]
    ),
    st.text(alphabet="aA1 ,.-:ÄRF", max_size=40),
    st.sampled_from(["x" * n for n in (1, 2, 21, 35, 36, 49, 71, 101, 513)]),
)


@lru_cache(maxsize=1)
def official_schema(path):
    return etree.XMLSchema(etree.parse(str(path)))


def passes(root):
    try:
        check(root)
    except FormatError as error:
        assert error.code == "schema"
        assert error.field.startswith("/Finvoice")
        assert error.params["reason"]
        return False
    return True


@st.composite
def mutants(draw):
    """A good document with a few things removed, repeated, moved or rewritten."""
    root = etree.fromstring(write_invoice(draw(plain_invoices())))
    for _ in range(draw(st.integers(1, 3))):
        elements = list(root.iter())
        element = elements[draw(st.integers(1, len(elements) - 1))]
        parent = element.getparent()
        match draw(st.integers(0, 6)):
            case 0:
                parent.remove(element)
            case 1:
                element.addnext(etree.fromstring(etree.tostring(element)))
            case 2:
                element.addnext(elements[draw(st.integers(1, 5))].__copy__())
            case 3 if not len(element):
                element.text = draw(TEXTS)
            case 4 if element.attrib:
                key = draw(st.sampled_from(sorted(element.attrib)))
                element.set(key, draw(TEXTS))
            case 5 if element.attrib:
                del element.attrib[draw(st.sampled_from(sorted(element.attrib)))]
            case 6:
                other = elements[draw(st.integers(1, len(elements) - 1))]
                element.tag = other.tag
    return root


@given(mutants())
def test_what_passes_ours_passes_the_official_schema(official, root):
    schema = official_schema(official("finvoice", "xsd", "Finvoice3.0.xsd"))
    # As sent: the schema must judge what is read from the bytes.
    if passes(etree.fromstring(etree.tostring(root, encoding="ISO-8859-15"))):
        assert schema.validate(root), schema.error_log


@pytest.mark.parametrize(
    "path",
    [
        "MessageTransmissionDetails",
        "SellerPartyDetails/SellerPartyIdentifier",
        "SellerInformationDetails/SellerAccountDetails",
        "BuyerPartyDetails/BuyerPostalAddressDetails",
        "InvoiceDetails/InvoiceTotalVatAmount",
        "InvoiceDetails/VatSpecificationDetails",
        "EpiDetails//EpiBfiIdentifier",
        "EpiDetails//EpiNameAddressDetails",
        "EpiDetails//EpiPaymentInstructionId",
    ],
)
def test_what_a_consumers_bank_needs_is_required_by_ours_only(official, path):
    schema = official_schema(official("finvoice", "xsd", "Finvoice3.0.xsd"))
    root = etree.fromstring(write_invoice(INVOICE))
    element = root.find(path)
    element.getparent().remove(element)
    assert schema.validate(root), schema.error_log
    assert not passes(root)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("EpiDetails//EpiPaymentInstructionId", ""),
        ("InvoiceDetails/InvoiceTypeCode", "REC01"),
        ("InvoiceDetails/InvoiceTotalVatIncludedAmount", "125,5000"),
        ("InvoiceDetails/InvoiceDate", "20261301"),
        ("BuyerPartyDetails/BuyerOrganisationName", " Mäki "),
        ("SellerInformationDetails/SellerVatRegistrationText", ""),
        ("InvoiceRow/InvoicedQuantity", "kaksi"),
    ],
)
def test_ours_is_stricter(official, path, text):
    schema = official_schema(official("finvoice", "xsd", "Finvoice3.0.xsd"))
    root = etree.fromstring(write_invoice(INVOICE))
    root.find(path).text = text
    assert schema.validate(root), schema.error_log
    assert not passes(root)


def test_foreign_currency_is_refused():
    root = etree.fromstring(write_invoice(INVOICE))
    amount = root.find("InvoiceDetails/InvoiceTotalVatIncludedAmount")
    amount.set("AmountCurrencyIdentifier", "NOK")
    with pytest.raises(FormatError) as caught:
        check(root)
    assert (
        caught.value.field == "/Finvoice/InvoiceDetails/InvoiceTotalVatIncludedAmount"
    )


def test_every_rule_gives_its_source():
    tree = etree.parse(str(SCHEMA))
    spaces = {"xs": "http://www.w3.org/2001/XMLSchema"}
    for kind in ("simpleType", "complexType", "group"):
        for definition in tree.xpath(f"/xs:schema/xs:{kind}", namespaces=spaces):
            said = definition.findtext("xs:annotation/xs:documentation", "", spaces)
            assert said.strip(), definition.get("name")

"""People are told what a schema finds wrong, in values that make a sentence."""

import pytest
from einvoice_formats.errors import FormatError
from einvoice_formats.finvoice import write_invoice
from einvoice_formats.finvoice_schema import SCHEMA
from einvoice_formats.schema_findings import MOST_FINDINGS, find, read_schema
from finvoice_cases import INVOICE
from lxml import etree

PROFILE = ((SCHEMA.name, SCHEMA.read_bytes()),)
XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{}</xs:schema>'


def damaged(path, damage):
    root = etree.fromstring(write_invoice(INVOICE))
    damage(root.find(path))
    return etree.tostring(root, encoding="ISO-8859-15")


def write(text):
    return lambda element: setattr(element, "text", text)


NUMBER = "InvoiceDetails/InvoiceNumber"
TYPE = "InvoiceDetails/InvoiceTypeCode"
VAT = "InvoiceDetails/InvoiceTotalVatAmount"
PAYEE = "EpiDetails/EpiPartyDetails/EpiBeneficiaryPartyDetails/EpiAccountID"
BUYER = "BuyerPartyDetails"
DAMAGE = [
    (NUMBER, write("x" * 30), "too_long", "InvoiceNumber", "20"),
    (PAYEE, write("FI79 4405"), "form", "EpiAccountID", ""),
    (TYPE, write("FOO"), "choice", "InvoiceTypeCode", "INV01, INV02, INV09"),
    (
        "EpiDetails",
        lambda element: element.remove(element[0]),
        "missing",
        "EpiDetails",
        "EpiIdentificationDetails",
    ),
    (BUYER, lambda e: etree.SubElement(e, "Odd"), "unexpected", "Odd", BUYER),
    (VAT, lambda e: e.attrib.clear(), "attribute", "InvoiceTotalVatAmount", ""),
]


@pytest.mark.parametrize(("path", "damage", "code", "element", "expected"), DAMAGE)
def test_one_fault_is_one_finding(path, damage, code, element, expected):
    (found,) = find(damaged(path, damage), read_schema(PROFILE, "Finvoice"))
    assert (found.code, found.path) == (code, f"/Finvoice/{path}")
    assert (found.element, found.expected) == (element, expected)
    assert found.reason


def test_a_good_message_has_no_findings():
    assert find(write_invoice(INVOICE), read_schema(PROFILE, "Finvoice")) == []


def test_an_official_message_in_the_official_schema(official):
    names = ("FinvoiceackEb.xsd", "Finvoiceack.xsd")
    files = tuple((n, official("finvoice", "xsd", n).read_bytes()) for n in names)
    schema = read_schema(files, "Finvoiceack")
    empty = b'<Finvoiceack xmlns="%s"/>' % schema.target_namespace.encode()
    found = [(finding.code, finding.expected) for finding in find(empty, schema)]
    assert found == [("attribute", ""), ("missing", "Acknowledgement")]


def test_a_message_full_of_faults_is_cut_short():
    rows = "<xs:sequence><xs:element name='r' type='xs:int' maxOccurs='999'/>"
    main = f"<xs:element name='x'><xs:complexType>{rows}</xs:sequence></xs:complexType>"
    files = (("x.xsd", XSD.format(main + "</xs:element>").encode()),)
    document = b"<x>" + b"<r>a</r>" * 900 + b"</x>"
    assert len(find(document, read_schema(files, "x"))) == MOST_FINDINGS


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("<a/>", "missing"),
        ("no xml", "not_xml"),
        ("<!DOCTYPE a><a/>", "doctype"),
        (XSD.format('<xs:element name="x" type="none"/>'), "not_schema"),
        (
            XSD.format(
                '<xs:include schemaLocation="/etc/hostname"/><xs:element name="x"/>'
            ),
            "not_schema",
        ),
        (
            XSD.format(
                '<xs:import namespace="u:y" schemaLocation="http://127.0.0.1:9/y.xsd"/>'
                '<xs:element name="x"/>'
            ),
            "not_schema",
        ),
    ],
)
def test_what_is_no_schema_or_lacks_a_part_is_refused(source, code):
    with pytest.raises(FormatError) as caught:
        read_schema((("x.xsd", source.encode()),), "x")
    assert caught.value.code == code

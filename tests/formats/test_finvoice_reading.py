"""Foreign invoices are read without losing a value."""

from copy import deepcopy
from datetime import date
from decimal import Decimal

import pytest
from einvoice_formats.errors import FormatError
from einvoice_formats.finvoice import explain, read_invoice
from lxml import etree

SAMPLES = [
    "anon_finvoice_30_invoice_with_MessageTransmissionDetails.xml",
    "anon_finvoice_30_invoice_with_SOAP.xml",
]


def sample(official, name):
    data = official("finvoice", "samples", name).read_bytes()
    return data[data.rindex(b"<?xml version") :]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read(official, name):
    invoice = read_invoice(sample(official, name))
    assert invoice.number == "9190100001"
    assert invoice.invoice_date == date(2019, 1, 21)
    assert invoice.total_gross == Decimal("1116.00")
    assert invoice.paid == Decimal("10.00")
    assert invoice.payment.reference == "91901000011"
    assert invoice.payment.amount == Decimal("1106.00")
    assert invoice.vat[0].rate == Decimal(24)
    assert invoice.rows[2].net == Decimal("900.00")
    assert invoice.rows[2].unit == "KG"
    assert len(invoice.rows) == 4
    paths = {extra.path: extra for extra in invoice.extras}
    assert paths["InvoiceDetails/DiscountDetails/Amount"].attributes == (
        ("AmountCurrencyIdentifier", "NOK"),
    )
    assert paths["InvoiceRow[4]/SubInvoiceRow/SubRowAmount"].text == "1116,00"


def changed(text):
    """Another value of the same kind."""
    if len(text) == 8 and text.isdigit():
        return text[:-1] + str(int(text[-1]) % 8 + 1)
    if "T" in text and text[:4].isdigit():
        return text.replace("2019", "2018")
    if text.replace(",", "").isdigit():
        return "7" + text
    return f"{text}x"


@pytest.mark.parametrize("name", SAMPLES)
def test_no_value_of_a_sample_is_lost(official, name):
    """Whatever leaf or attribute changes, what is read changes."""
    root = etree.fromstring(sample(official, name))
    read = read_invoice(etree.tostring(root))
    leaves = [e for e in root.iter(etree.Element) if not len(e)]
    # An empty element says nothing, and rows wrapped into one text still differ.
    assert len(leaves) > 100
    for leaf in leaves:
        kept, leaf.text = leaf.text, changed(leaf.text or "")
        try:
            assert read_invoice(etree.tostring(root)) != read, leaf.tag
        except FormatError:
            assert leaf.tag in ("InvoiceTotalVatIncludedAmount", "InvoiceDate")
        leaf.text = kept
        for key, value in leaf.attrib.items():
            leaf.set(key, f"{value}9")
            try:
                assert read_invoice(etree.tostring(root)) != read, (leaf.tag, key)
            except FormatError:
                assert key == "AmountCurrencyIdentifier"
            leaf.set(key, value)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_missing_optional_value_is_no_error(official, name):
    whole = etree.fromstring(sample(official, name))
    required = {"InvoiceNumber", "InvoiceDate", "InvoiceTotalVatIncludedAmount"}
    for index, leaf in enumerate(whole.iter(etree.Element)):
        if index == 0:
            continue
        root = deepcopy(whole)
        victim = list(root.iter(etree.Element))[index]
        victim.getparent().remove(victim)
        needed = {leaf.tag, *(e.tag for e in leaf.iter())} & required
        if needed and "InvoiceDetails" in (leaf.tag, leaf.getparent().tag):
            with pytest.raises(FormatError):
                read_invoice(etree.tostring(root))
        else:
            read_invoice(etree.tostring(root))


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", "not_xml"),
        (b"<Invoice/>", "pattern"),
        (b"<Finvoice/>", "missing"),
        (b"<!DOCTYPE a><Finvoice/>", "doctype"),
        (b"<Finvoice>", "not_xml"),
    ],
)
def test_what_is_no_invoice_is_refused(document, code):
    with pytest.raises(FormatError) as caught:
        read_invoice(document)
    assert caught.value.code == code


def test_people_are_told_what_the_profile_misses(official):
    problems = explain(sample(official, SAMPLES[1]))
    assert problems[0].path.startswith("/Finvoice")
    assert any("MessageTransmissionDetails" in p.reason for p in problems)

"""A cancellation repeats what was sent, all of it and negative (guidelines 10.14)."""

from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from einvoice_formats.ebxml_frame import split_messages
from einvoice_formats.errors import FormatError
from einvoice_formats.finvoice import write_invoice, write_message
from einvoice_formats.finvoice_cancellation import cancel, read_sent, turn
from einvoice_formats.finvoice_model import Account
from finvoice_cases import INVOICE
from lxml import etree
from test_finvoice import credit_note, official_schema

NOW = datetime(2026, 2, 5, 8, tzinfo=timezone.utc)
# what the bank finds the payment by
SAME = (
    "EpiDateOptionDate",
    "EpiAccountID",
    "EpiBfiIdentifier",
    "EpiRemittanceInfoIdentifier",
    "EpiPaymentInstructionId",
    "FromIdentifier",
    "FromIntermediator",
    "ToIdentifier",
    "ToIntermediator",
)


def sent(invoice):
    """What is read of a message that was written."""
    [message] = split_messages(write_message(invoice))
    return read_sent(message.payload, message.frame)


def values(root, tag):
    return [element.text for element in root.iter(tag)]


def cancelled(invoice):
    """The invoice and its cancellation, as they are written."""
    # what is in the books meanwhile does not count
    now = replace(
        credit_note(),
        due_date=date(2026, 2, 5),
        payment=replace(
            credit_note().payment,
            account=Account("FI2112345600000785", "NDEAFIHH"),
            instruction_id="SAHKO2",
            reference="",
            amount=Decimal(0),
        ),
    )
    cancellation = cancel(now, sent(invoice), "MSG-2", NOW)
    return tuple(
        etree.fromstring(write_invoice(each)) for each in (invoice, cancellation)
    )


def test_a_cancellation_repeats_the_payment(official):
    original, root = cancelled(INVOICE)
    schema = official_schema(official("finvoice", "xsd", "Finvoice3.0.xsd"))
    assert schema.validate(root), schema.error_log
    assert values(root, "InvoiceTypeCode") == ["INV02"]
    assert values(root, "OriginCode") == ["Cancel"]
    assert values(root, "InvoiceTypeText") == ["CANCELLATION INVOICE"]
    assert values(root, "InvoiceFreeText")[0] == "INVOICE CANCELLED BY INVOICER"
    assert {tag: values(root, tag) for tag in SAME} == {
        tag: values(original, tag) for tag in SAME
    }
    assert values(root, "EpiInstructedAmount") == ["-125,50"]
    assert values(root, "InvoiceTotalVatIncludedAmount") == ["-125,50"]
    assert values(root, "InvoicePaidAmount") == []
    assert values(root, "MessageIdentifier") == ["MSG-2"]


def test_an_invoice_without_a_credit_note_is_turned(official):
    original, root = (
        etree.fromstring(write_invoice(each))
        for each in (INVOICE, cancel(turn(INVOICE), sent(INVOICE), "MSG-2", NOW))
    )
    schema = official_schema(official("finvoice", "xsd", "Finvoice3.0.xsd"))
    assert schema.validate(root), schema.error_log
    assert values(root, "InvoiceTypeCode") == ["INV02"]
    assert values(root, "OriginCode") == ["Cancel"]
    for tag in ("RowVatExcludedAmount", "VatBaseAmount", "InvoicedQuantity"):
        assert values(root, tag) == [f"-{each}" for each in values(original, tag)]
    assert values(root, "EpiInstructedAmount") == ["-125,50"]
    assert values(root, "OriginalInvoiceNumber") == values(original, "InvoiceNumber")
    assert {tag: values(root, tag) for tag in SAME} == {
        tag: values(original, tag) for tag in SAME
    }


def test_of_a_part_that_part_is_cancelled(official):
    part = replace(
        INVOICE,
        type_code="INV09",
        payment=replace(INVOICE.payment, amount=Decimal("60.00")),
    )
    _original, root = cancelled(part)
    assert values(root, "EpiInstructedAmount") == ["-60,00"]
    assert values(root, "InvoicePaidAmount") == ["-65,50"]


def test_a_creditor_reference_is_kept():
    rf = replace(INVOICE, payment=replace(INVOICE.payment, reference="RF111232"))
    original, root = cancelled(rf)
    assert values(root, "EpiRemittanceInfoIdentifier") == ["RF111232"]
    assert values(original, "EpiRemittanceInfoIdentifier") == ["RF111232"]


def test_nothing_but_a_credit_note_cancels():
    with pytest.raises(FormatError) as refused:
        write_invoice(replace(INVOICE, origin="Cancel"))
    assert (refused.value.field, refused.value.code) == ("origin", "pattern")


def test_what_was_sent_without_a_frame_is_not_cancelled():
    with pytest.raises(FormatError):
        read_sent(write_invoice(INVOICE), None)


@pytest.mark.parametrize("wrong", [b"20260220", b"125,50"])
def test_what_cannot_be_read_is_said(wrong):
    payload = write_invoice(INVOICE).replace(b">" + wrong + b"<", b">x<")
    with pytest.raises(FormatError) as refused:
        read_sent(payload, INVOICE.transmission)
    assert refused.value.code == "pattern"

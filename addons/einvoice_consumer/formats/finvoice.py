"""A consumer's Finvoice 3.0, written and checked: see ``write_message``.

The document is written as text and parsed once, to be checked: what is checked is
what is sent.
"""

from __future__ import annotations

from lxml import etree

from .ebxml_frame import Frame, write_frame
from .errors import FormatError
from .finvoice_model import (
    CANCEL,
    COPY,
    CREDIT_NOTE,
    DIRECT_PAYMENT_COPY,
    INVOICE,
    ORIGINAL,
    Account,
    Invoice,
    Link,
    Party,
    Payment,
    Row,
    Transmission,
    VatSpecification,
)
from .finvoice_schema import check
from .finvoice_writer import to_bytes, write

__all__ = [
    "CANCEL",
    "COPY",
    "CREDIT_NOTE",
    "DIRECT_PAYMENT_COPY",
    "INVOICE",
    "ORIGINAL",
    "Account",
    "Invoice",
    "Link",
    "Party",
    "Payment",
    "Row",
    "Transmission",
    "VatSpecification",
    "frame_of",
    "write_invoice",
    "write_message",
]


def write_invoice(invoice: Invoice) -> bytes:
    """The checked document of an invoice, without its frame.

    :raises FormatError: a value is missing, does not fit or contradicts another
    """
    body = write(invoice)
    check(etree.fromstring(body))
    return to_bytes(body)


def frame_of(invoice: Invoice) -> Frame:
    """The frame that says what the invoice's MessageTransmissionDetails say."""
    sent = invoice.transmission
    if sent is None:
        raise FormatError("missing", "transmission")
    return Frame(
        sender=sent.sender,
        sender_intermediator=sent.sender_intermediator,
        receiver=sent.receiver,
        receiver_intermediator=sent.receiver_intermediator,
        message_id=sent.message_id,
        timestamp=sent.timestamp,
        ref_to_message_id=sent.ref_to_message_id,
    )


def write_message(invoice: Invoice) -> bytes:
    """The checked document with its frame before it, ready to be sent.

    :raises FormatError: a value is missing, does not fit or contradicts another
    """
    document = write_invoice(invoice)
    try:
        frame = write_frame(frame_of(invoice))
    except FormatError as error:
        raise error.within("transmission") from None
    return frame + b"\n" + document

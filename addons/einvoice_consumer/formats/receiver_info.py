"""FinvoiceReceiverInfo: a consumer's bank orders, changes or ends an e-invoice.

Rules: Finvoice notification service guidelines, 4; schema of 15.4.2013 (version
2.0). Messages of version 1.0 lack BuyerServiceCode and are read as plain e-invoice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml as xml

from .errors import FormatError
from .text import address

ROOT = "FinvoiceReceiverInfo"
ACTIONS = ("ADD", "CHANGE", "DELETE")
EINVOICE = "00"
DIRECT_PAYMENT = "01"
PERIODS = (1, 2, 4, 6, 12)

_INTERMEDIATOR = re.compile(r"\S{8,11}")
# Nothing reads them, but the schema has no such message without them.
_REQUIRED = (
    ("MessageDetails", "MessageDate"),
    ("MessageDetails", "SenderInfoIdentifier"),
    ("SellerPartyDetails", "SellerPartyIdentifier"),
    ("InvoiceSenderInformationDetails", "InvoiceSenderIntermediatorAddress"),
)


class Identifier(NamedTuple):
    """What the consumer typed for one asked identifier.

    ``type`` is SellerInvoiceIdentifierType: 01 national reference, 02 RF, 03
    personal id, 04 business id, 05 phone, 06 international phone, 07 with an IBAN
    check, 08 numeric, 09 alphanumeric, 99 other; empty when the bank gave none.
    """

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class ReceiverInfo:
    """One consumer's order, change or end of e-invoicing.

    ``recipient_address`` is a routing address in IBAN form, never an account to pay
    to; it may be empty in what a bank sends. ``service`` is ``00`` e-invoice or
    ``01`` direct payment. ``proposed_due_date`` is a day of the month (1-31),
    ``proposed_period`` invoices per year. ``timestamp`` is the bank's own text (at
    most 22 characters, form not prescribed), ``message_date`` the day of the message.
    ``epi_reference`` is the reference of
    the paid invoice the order was made from. ``origin`` is 00 or empty for what the
    consumer ordered, 01 for what was converted from direct debit (``conversion`` tells
    which), 02 for what the bank maintains.
    """

    action: str
    sender_address: str
    payment_subject: str
    buyer_name: str
    buyer_street: str
    buyer_town: str
    buyer_postcode: str
    recipient_address: str
    recipient_intermediator: str
    identifiers: tuple[Identifier, ...]
    epi_reference: str
    language: str
    proposed_due_date: int | None
    proposed_period: int | None
    service: str
    origin: str
    conversion: str
    timestamp: str
    message_date: str


def read_receiver_info(payload: bytes) -> ReceiverInfo:
    """Read a ReceiverInfo message (without its frame).

    Whatever decides whose agreement this is must be there and readable; what is
    only informative is dropped when it is not.

    :raises FormatError: ``not_xml`` and the like, ``missing`` or ``pattern``
    """
    root = xml.parse(payload)
    if xml.local(root) != ROOT:
        raise FormatError("pattern", "", value=xml.local(root), expected=ROOT)
    for path in _REQUIRED:
        _required(root, *path)
    buyer = ("BuyerPartyDetails", "BuyerPostalAddressDetails")
    recipient = "InvoiceRecipientDetails"
    sender = "InvoiceSenderInformationDetails"
    action = _required(root, "MessageDetails", "MessageActionCode")
    _check(action in ACTIONS, "MessageDetails/MessageActionCode", action, ACTIONS)
    via = "InvoiceRecipientIntermediatorAddress"
    carrier = _required(root, recipient, via)
    length = ("8 to 11 characters without spaces",)
    _check(_INTERMEDIATOR.fullmatch(carrier), f"{recipient}/{via}", carrier, length)
    service = xml.text_at(root, "BuyerServiceCode") or EINVOICE
    services = (EINVOICE, DIRECT_PAYMENT)
    _check(service in services, "BuyerServiceCode", service, services)
    return ReceiverInfo(
        action=action,
        sender_address=address(_required(root, sender, "InvoiceSenderAddress")),
        payment_subject=_required(
            root, "SellerInvoiceDetails", "PaymentInstructionIdentifier"
        ),
        buyer_name=_required(root, "BuyerPartyDetails", "BuyerOrganisationName"),
        buyer_street=xml.text_at(root, *buyer, "BuyerStreetName"),
        buyer_town=xml.text_at(root, *buyer, "BuyerTownName"),
        buyer_postcode=xml.text_at(root, *buyer, "BuyerPostCodeIdentifier"),
        recipient_address=address(
            xml.text_at(root, recipient, "InvoiceRecipientAddress")
        ),
        recipient_intermediator=address(carrier),
        identifiers=tuple(
            Identifier(element.get("SellerInvoiceIdentifierType", ""), value)
            for details in xml.children(root, recipient)
            for element in xml.children(details, "SellerInvoiceIdentifier")
            if (value := xml.leaf_text(element))
        ),
        epi_reference=xml.text_at(root, recipient, "EpiRemittanceIdentifier"),
        language=xml.text_at(root, recipient, "InvoiceRecipientLanguageCode"),
        proposed_due_date=_wish(root, "ProposedDueDate", range(1, 32)),
        proposed_period=_wish(root, "ProposedInvoicePeriod", PERIODS),
        service=service,
        origin=xml.text_at(root, "MessageDetails", "MessageActionCodeIdentifier"),
        conversion=xml.text_at(root, "ConversionDetails", "ConversionID"),
        timestamp=xml.text_at(root, "ReceiverInfoTimeStamp"),
        message_date=xml.text_at(root, "MessageDetails", "MessageDate"),
    )


def _required(root: etree._Element, *path: str) -> str:
    value = xml.text_at(root, *path)
    if not value:
        raise FormatError("missing", "/".join(path))
    return value


def _check(right: object, field: str, value: str, expected: tuple[str, ...]) -> None:
    if not right:
        raise FormatError(
            "pattern", field, value=value[:60], expected=" or ".join(expected)
        )


def _wish(
    root: etree._Element, tag: str, allowed: range | tuple[int, ...]
) -> int | None:
    """A consumer's wish; one that cannot be read is no wish."""
    text = xml.text_at(root, tag)
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        return None
    return int(text) if int(text) in allowed else None

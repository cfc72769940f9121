"""FinvoiceReceiverInfo: a consumer's bank orders, changes or ends an e-invoice.

Rules: Finvoice notification service guidelines, 4; schema of 15.4.2013 (version
2.0). Messages of version 1.0 lack BuyerServiceCode and are read as plain e-invoice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml as xml

from .errors import FormatError
from .values import read_day

ROOT = "FinvoiceReceiverInfo"
ACTIONS = ("ADD", "CHANGE", "DELETE")
EINVOICE = "00"
DIRECT_PAYMENT = "01"
PERIODS = (1, 2, 4, 6, 12)

_INTERMEDIATOR = re.compile(r"\S{8,11}")


class Identifier(NamedTuple):
    """What the consumer typed for one asked identifier.

    ``type`` is SellerInvoiceIdentifierType: 01 national reference, 02 RF, 03
    personal id, 04 business id, 05 phone, 06 international phone, 07 with an IBAN
    check, 08 numeric, 09 alphanumeric, 99 other; empty when the bank gave none.
    """

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class AskedIdentifier:
    """An identifier the invoicer announced that consumers are asked for."""

    text: str
    language: str
    type: str
    invoice_type: str = ""


@dataclass(frozen=True, slots=True)
class ReceiverInfo:
    """One consumer's order, change or end of e-invoicing.

    ``recipient_address`` is a routing address in IBAN form, never an account to pay
    to; it may be empty in what a bank sends. ``service`` is ``00`` e-invoice or
    ``01`` direct payment. ``proposed_due_date`` is a day of the month (1-31),
    ``proposed_period`` invoices per year. ``timestamp`` is the bank's own text (at
    most 22 characters, form not prescribed). ``epi_reference`` is the reference of
    the paid invoice the order was made from.
    """

    action: str
    message_date: date
    sender_info_identifier: str
    seller_identifier: str
    sender_address: str
    sender_intermediator: str
    payment_subject: str
    buyer_name: str
    recipient_address: str
    recipient_intermediator: str
    identifiers: tuple[Identifier, ...]
    action_identifier: str = ""
    asked_identifiers: tuple[AskedIdentifier, ...] = ()
    timestamp: str = ""
    buyer_identifier: str = ""
    buyer_street: str = ""
    buyer_town: str = ""
    buyer_postcode: str = ""
    buyer_country_code: str = ""
    epi_reference: str = ""
    language: str = ""
    proposed_due_date: int | None = None
    proposed_period: int | None = None
    service: str = EINVOICE
    conversion_id: str = ""
    version: str = ""


def read_receiver_info(payload: bytes) -> ReceiverInfo:
    """Read a ReceiverInfo message (without its frame).

    Whatever decides whose agreement this is must be there and readable; what is
    only informative is dropped when it is not.

    :raises FormatError: ``not_xml`` and the like, ``missing`` or ``pattern``
    """
    root = xml.parse(payload)
    if xml.local(root) != ROOT:
        raise FormatError("pattern", "", value=xml.local(root), expected=ROOT)
    message = _Block(root, "MessageDetails")
    sender = _Block(root, "InvoiceSenderInformationDetails")
    buyer = _Block(root, "BuyerPartyDetails")
    address = _Block(root, "BuyerPartyDetails", "BuyerPostalAddressDetails")
    recipient = _Block(root, "InvoiceRecipientDetails")
    via = "InvoiceRecipientIntermediatorAddress"
    return ReceiverInfo(
        action=message.choice("MessageActionCode", ACTIONS),
        action_identifier=message.text("MessageActionCodeIdentifier"),
        message_date=_message_date(message),
        sender_info_identifier=message.required("SenderInfoIdentifier"),
        seller_identifier=_Block(root, "SellerPartyDetails").required(
            "SellerPartyIdentifier"
        ),
        sender_address=sender.required("InvoiceSenderAddress"),
        sender_intermediator=_intermediator(
            sender, "InvoiceSenderIntermediatorAddress"
        ),
        payment_subject=_Block(root, "SellerInvoiceDetails").required(
            "PaymentInstructionIdentifier"
        ),
        asked_identifiers=_asked(root),
        timestamp=xml.text_at(root, "ReceiverInfoTimeStamp"),
        buyer_identifier=buyer.text("BuyerPartyIdentifier"),
        buyer_name=buyer.required("BuyerOrganisationName"),
        buyer_street=address.text("BuyerStreetName"),
        buyer_town=address.text("BuyerTownName"),
        buyer_postcode=address.text("BuyerPostCodeIdentifier"),
        buyer_country_code=address.text("CountryCode"),
        recipient_address=recipient.text("InvoiceRecipientAddress"),
        recipient_intermediator=_intermediator(recipient, via),
        identifiers=_identifiers(root),
        epi_reference=recipient.text("EpiRemittanceIdentifier"),
        language=recipient.text("InvoiceRecipientLanguageCode"),
        proposed_due_date=_wish(root, "ProposedDueDate", range(1, 32)),
        proposed_period=_wish(root, "ProposedInvoicePeriod", PERIODS),
        service=_service(root),
        conversion_id=xml.text_at(root, "ConversionDetails", "ConversionID"),
        version=root.get("Version", ""),
    )


class _Block:
    """One block of the message, and the path its errors are reported under."""

    def __init__(self, root: etree._Element, *path: str) -> None:
        self._element = xml.descend(root, *path)
        self._path = "/".join(path)

    def text(self, tag: str) -> str:
        return "" if self._element is None else xml.text_at(self._element, tag)

    def required(self, tag: str) -> str:
        value = self.text(tag)
        if not value:
            raise FormatError("missing", f"{self._path}/{tag}")
        return value

    def choice(self, tag: str, allowed: tuple[str, ...]) -> str:
        value = self.required(tag)
        if value not in allowed:
            raise self.wrong(tag, value, " or ".join(allowed))
        return value

    def wrong(self, tag: str, value: str, expected: str) -> FormatError:
        path = f"{self._path}/{tag}"
        return FormatError("pattern", path, value=value[:60], expected=expected)


def _message_date(message: _Block) -> date:
    text = message.required("MessageDate")
    day = read_day(text)
    if day is None:
        raise message.wrong("MessageDate", text, "a date CCYYMMDD")
    return day


def _intermediator(block: _Block, tag: str) -> str:
    value = block.required(tag)
    if not _INTERMEDIATOR.fullmatch(value):
        raise block.wrong(tag, value, "8 to 11 characters without spaces")
    return value


def _identifiers(root: etree._Element) -> tuple[Identifier, ...]:
    recipient = xml.descend(root, "InvoiceRecipientDetails")
    if recipient is None:
        return ()
    return tuple(
        Identifier(
            type=element.get("SellerInvoiceIdentifierType", ""),
            value=xml.leaf_text(element),
        )
        for element in xml.children(recipient, "SellerInvoiceIdentifier")
        if xml.leaf_text(element)
    )


def _asked(root: etree._Element) -> tuple[AskedIdentifier, ...]:
    details = xml.descend(root, "SellerInvoiceDetails")
    if details is None:
        return ()
    return tuple(
        AskedIdentifier(
            text=xml.leaf_text(element),
            language=element.get("LanguageCode", ""),
            type=element.get("SellerInvoiceIdentifierType", ""),
            invoice_type=xml.text_at(kind, "SellerInvoiceTypeText"),
        )
        for kind in xml.children(details, "SellerInvoiceTypeDetails")
        for element in xml.children(kind, "SellerInvoiceIdentifierText")
    )


def _wish(
    root: etree._Element, tag: str, allowed: range | tuple[int, ...]
) -> int | None:
    """A consumer's wish; one that cannot be read is no wish."""
    text = xml.text_at(root, tag)
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        return None
    return int(text) if int(text) in allowed else None


def _service(root: etree._Element) -> str:
    code = xml.text_at(root, "BuyerServiceCode") or EINVOICE
    if code not in (EINVOICE, DIRECT_PAYMENT):
        expected = f"{EINVOICE} or {DIRECT_PAYMENT}"
        raise FormatError(
            "pattern", "BuyerServiceCode", value=code[:60], expected=expected
        )
    return code

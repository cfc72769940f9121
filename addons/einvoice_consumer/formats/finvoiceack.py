"""Finvoiceack: a bank or operator says what it did not accept.

Finvoice implementation guidelines, 21; schema of 28.1.2013 (version 2.0). Banks
send it only on failure. Names are matched without their namespace, because the
prefix ``eb`` is bound to different namespaces in practice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from . import safe_xml as xml
from .errors import FormatError
from .values import read_timestamp

ROOT = "Finvoiceack"

RECEIVED = 1
RECEIVER_NOT_FOUND = 2
AGREEMENT_MISSING = 3
INTERMEDIATOR_NOT_FOUND = 4
MESSAGE_ID_USED = 5
OTHER = 6
SCHEMA_ERROR = 7


@dataclass(frozen=True, slots=True)
class AckError:
    """One detail of the refusal; ``severity`` is WARNING, ERROR or empty."""

    code: str
    texts: tuple[str, ...]
    severity: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of the message ``message_id``, sent at ``timestamp``.

    The parties are those of the original message. ``timestamp`` is None and
    ``timestamp_text`` still holds the sender's text when that is no readable time.
    ``reason_code`` is one of the constants above, 10-39 attachments, 800-807
    notification messages, 901-902 direct-debit migration; ``reason_code_text`` is
    what was sent, and ``reason_code`` 6 (other) when that is no number.
    """

    message_id: str
    timestamp: datetime | None
    timestamp_text: str
    sender: str
    sender_intermediator: str
    receiver: str
    receiver_intermediator: str
    reason_code: int
    reason_code_text: str
    reason_texts: tuple[str, ...]
    errors: tuple[AckError, ...] = ()
    counterpart_reference: str = ""
    version: str = ""


def read_acknowledgement(payload: bytes) -> Acknowledgement:
    """Read an acknowledgement (without its frame).

    :raises FormatError: it is not XML, not a Finvoiceack, or does not say which
        message it is about
    """
    root = xml.parse(payload)
    if xml.local(root) != ROOT:
        raise FormatError("pattern", "", value=xml.local(root), expected=ROOT)
    about = xml.descend(root, "Acknowledgement")
    if about is None:
        raise FormatError("missing", "Acknowledgement")
    message_id = xml.text_at(about, "MessageData", "MessageId")
    if not message_id:
        raise FormatError("missing", "Acknowledgement/MessageData/MessageId")
    sender, sender_via = _parties(about, "From")
    receiver, receiver_via = _parties(about, "To")
    stamp = xml.text_at(about, "MessageData", "Timestamp")
    code = xml.text_at(about, "Reason", "Code")
    return Acknowledgement(
        message_id=message_id,
        timestamp=read_timestamp(stamp),
        timestamp_text=stamp,
        sender=sender,
        sender_intermediator=sender_via,
        receiver=receiver,
        receiver_intermediator=receiver_via,
        reason_code=_code(code),
        reason_code_text=code,
        reason_texts=_texts(xml.descend(about, "Reason")),
        errors=tuple(_error(element) for element in xml.children(root, "Error")),
        counterpart_reference=xml.text_at(root, "RefToCounterpartMessage"),
        version=root.get("Version", ""),
    )


def _parties(about: etree._Element, side: str) -> tuple[str, str]:
    """Address and intermediator: by their roles, else by their order."""
    address, via = "", ""
    for party in xml.children(about, side):
        identifier, role = xml.text_at(party, "PartyId"), xml.text_at(party, "Role")
        if role == "Intermediator" or (address and not role):
            via = via or identifier
        else:
            address = address or identifier
    return address, via


def _code(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 6:
        return int(text)
    return OTHER


def _texts(element: etree._Element | None) -> tuple[str, ...]:
    if element is None:
        return ()
    return tuple(
        text for text in map(xml.leaf_text, xml.children(element, "Text")) if text
    )


def _error(element: etree._Element) -> AckError:
    return AckError(
        code=xml.text_at(element, "Code"),
        texts=_texts(element),
        severity=xml.text_at(element, "Severity"),
        location=xml.text_at(element, "Location"),
    )

"""The SOAP/ebXML frame that goes before every Finvoice message, and files of them.

Finvoice implementation guidelines, 20 (transmission frame): one frame per message,
directly before the message's own XML; a file may hold any number of such pairs.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from xml.sax.saxutils import escape

from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml as xml

from .errors import FormatError
from .text import identity
from .values import read_timestamp, timestamp

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_EBXML = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
_LOCATION = "http://www.pankkiyhdistys.fi/verkkolasku/finvoice/"
# Schemas that are not called as their root element is.
_FILES = {"Finvoice": "finvoice"}
_OPENING = (
    f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{_SOAP}"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink"'
    f' xmlns:eb="{_EBXML}">'
    "<SOAP-ENV:Header>"
    '<eb:MessageHeader SOAP-ENV:mustUnderstand="1" eb:version="2.0">'
)
_ROUTING = (
    "<eb:CPAId>yoursandmycpa</eb:CPAId>"
    "<eb:Service>Routing</eb:Service>"
    "<eb:Action>ProcessInvoice</eb:Action>"
)
_CLOSING = "</eb:Reference></eb:Manifest></SOAP-ENV:Body></SOAP-ENV:Envelope>"


@dataclass(frozen=True, slots=True)
class Frame:
    """Who sends one message to whom, and which message it is.

    Parties are addresses (IBAN, OVT code, business id), intermediators a BIC or an
    operator's OVT code. ``message_id`` is at most 48 characters and, together with
    ``timestamp`` (with a time zone, whole seconds), never used twice.
    """

    sender: str
    sender_intermediator: str
    receiver: str
    receiver_intermediator: str
    message_id: str
    timestamp: datetime
    ref_to_message_id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One readable message of a file.

    ``payload`` is the message's own document, ``raw`` frame and payload exactly as
    received, ``root`` the local name of the payload's root element.
    """

    frame: Frame | None
    payload: bytes
    raw: bytes
    root: str


@dataclass(frozen=True, slots=True)
class BrokenPart:
    """Bytes of a file that are no readable message."""

    raw: bytes
    error: FormatError


def _ascii(value: str, field: str, low: int, high: int) -> str:
    exact = identity(value, field, low, high)
    if not exact.isascii():
        wrong = sorted({f"U+{ord(c):04X}" for c in exact if not c.isascii()})
        raise FormatError("charset", field, characters=" ".join(wrong))
    return escape(exact, {'"': "&quot;"})


@lru_cache(maxsize=1024)
def _party(tag: str, address: str, role: str, field: str) -> str:
    return (
        f"<eb:{tag}><eb:PartyId>{_ascii(address, field, 2, 35)}</eb:PartyId>"
        f"<eb:Role>{role}</eb:Role></eb:{tag}>"
    )


def write_frame(frame: Frame, root: str = "Finvoice") -> bytes:
    """The frame of a message, to be put directly before its XML declaration.

    :param root: the root element of the message, which names its schema
    :raises FormatError: a party or id is missing, too long or not ASCII, or the
        time has no time zone
    """
    message_id = _ascii(frame.message_id, "message_id", 2, 48)
    via_sender, via_receiver = "sender_intermediator", "receiver_intermediator"
    return "".join(
        (
            _OPENING,
            _party("From", frame.sender, "Sender", "sender"),
            _party("From", frame.sender_intermediator, "Intermediator", via_sender),
            _party("To", frame.receiver, "Receiver", "receiver"),
            _party("To", frame.receiver_intermediator, "Intermediator", via_receiver),
            _ROUTING,
            f"<eb:MessageData><eb:MessageId>{message_id}</eb:MessageId><eb:Timestamp>",
            timestamp(frame.timestamp, "timestamp"),
            "</eb:Timestamp></eb:MessageData></eb:MessageHeader>",
            "</SOAP-ENV:Header><SOAP-ENV:Body>",
            '<eb:Manifest eb:id="Manifest" eb:version="2.0">',
            f'<eb:Reference xlink:href="{message_id}" eb:id="{root}">'
            f'<eb:Schema eb:location="{_LOCATION}{_FILES.get(root, root)}.xsd"'
            ' eb:version="2.0"/>',
            _CLOSING,
        )
    ).encode("ascii")


def read_frame(envelope: etree._Element) -> Frame:
    """Read a parsed envelope; names are matched without their namespace.

    :raises FormatError: a party, the message id or a readable time is missing
    """
    header = xml.descend(envelope, "Header", "MessageHeader")
    if header is None:
        raise FormatError("missing", "MessageHeader")
    parties: dict[tuple[str, bool], str] = {}
    for side in ("From", "To"):
        for party in xml.children(header, side):
            carries = xml.text_at(party, "Role") == "Intermediator"
            parties.setdefault((side, carries), xml.text_at(party, "PartyId"))
    stamp = xml.text_at(header, "MessageData", "Timestamp")
    moment = read_timestamp(stamp)
    if moment is None:
        raise FormatError("pattern", "timestamp", value=stamp[:40], expected="a time")
    frame = Frame(
        sender=parties.get(("From", False), ""),
        sender_intermediator=parties.get(("From", True), ""),
        receiver=parties.get(("To", False), ""),
        receiver_intermediator=parties.get(("To", True), ""),
        message_id=xml.text_at(header, "MessageData", "MessageId"),
        timestamp=moment,
        ref_to_message_id=xml.text_at(header, "MessageData", "RefToMessageId"),
    )
    for field in ("sender", "receiver", "message_id"):
        if not getattr(frame, field):
            raise FormatError("missing", field)
    return frame


# --- reading a file of messages -----------------------------------------------

# White space, comments and instructions: written so that each can be read in one way
# only, and a hostile file takes no longer than another.
_NOTHING = (
    rb"(?:[ \t\r\n]+(?![ \t\r\n])|\xef\xbb\xbf|<!--[^-]*(?:-[^-]+)*-->"
    rb"|<\?(?!xml\s)[^<>]*\?>){0,1000}"
)
_DECLARATION = rb"<\?xml\s[^<>]*\?>"
_ROOTS = (
    rb"<(?:[A-Za-z_][A-Za-z0-9_.-]{0,30}:)?(?:Envelope|Finvoice|FinvoiceReceiverInfo"
    rb"|FinvoiceSenderInfo|ReceiverProposal|Finvoiceack|FinvoiceAttachments)(?=[\s/>])"
)
# Where a document begins even if the one before it was cut: none of these can
# stand inside another document of this exchange.
_START = re.compile(rb"(?:%s%s)?%s|<\?xml\s" % (_DECLARATION, _NOTHING, _ROOTS))
# A document's beginning up to its root element, which has a name.
_HEAD = re.compile(
    rb"(?:%s)?%s<([A-Za-z_][A-Za-z0-9_.:-]*)(?=[\s/>])[^<>]*?(/?)>"
    % (_DECLARATION, _NOTHING)
)
_TYPED = re.compile(rb"%s%s<!DOCTYPE" % (_DECLARATION, _NOTHING))
_BLANK = re.compile(_NOTHING)

#: as much as a line carries: some 15,000 orders
MAX_FILE = 50 * 1024 * 1024


def _documents(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """(from, to, whole) of every document, and of every stretch that is none."""
    starts, before = [0], 0
    for match in _START.finditer(data):
        # A declared type is one document with its root, and refused with it.
        if match[0].startswith(b"<?xml") or not _TYPED.match(data, before):
            starts.append(match.start())
        before = match.start()
    for begin, end in pairwise([*starts, len(data)]):
        at = begin
        # Comments and white space between documents belong to none.
        while not _BLANK.fullmatch(data, at, end):
            stop = _document_end(data, at, end)
            yield at, stop or end, stop > 0
            at = stop or end


def _document_end(data: bytes, at: int, end: int) -> int:
    """Where the document that begins at ``at`` ends; 0 when it never does."""
    head = _HEAD.match(data, at, end)
    if head is None or head[2]:
        return head.end() if head else 0
    closing = re.compile(rb"</%s\s*>" % re.escape(head[1]))
    found = closing.search(data, head.end(), end)
    return found.end() if found else 0


def _refusal(raw: bytes) -> FormatError:
    """Why a stretch that is no whole document cannot be read."""
    if b"<!DOCTYPE" in raw:
        return FormatError("doctype")
    if b"\0" not in raw and raw.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"<"):
        return FormatError("truncated")
    return FormatError("not_xml", "", reason="text or bytes outside any message")


def split_messages(data: bytes, limit: int = MAX_FILE) -> list[Message | BrokenPart]:
    """Split a file of frames and messages, never raising.

    A broken message costs only itself: reading goes on at the next XML declaration,
    envelope or known root element. (Such a start inside a comment or CDATA section
    is taken for a real one; no message of this exchange holds any.) A frame belongs
    to the message directly after it; with anything unreadable between the two, the
    message comes without a frame and the frame as a broken part.

    :param limit: most bytes of a file; a message has the limit of all XML
    """
    if len(data) > limit:
        return [BrokenPart(data, FormatError("too_large", size=len(data), limit=limit))]
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return [BrokenPart(data, FormatError("charset", characters="UTF-16"))]
    found: list[Message | BrokenPart] = []
    frame, since, until = None, 0, 0  # one whose message has not come yet, and where
    for begin, end, whole in _documents(data):
        raw = data[begin:end]
        with_frame = data[since if frame else begin : end]
        try:
            if not whole:
                raise _refusal(raw)
            root = xml.parse(raw)
            if xml.local(root) == "Envelope":
                following = read_frame(root)
                if frame:
                    found.append(_alone(data[since:until]))
                frame, since, until = following, begin, end
                continue
            found.append(Message(frame, raw, with_frame, xml.local(root)))
        except FormatError as error:
            found.append(BrokenPart(with_frame, error))
        frame = None
    if frame:
        found.append(_alone(data[since:until]))
    return found


def _alone(frame: bytes) -> BrokenPart:
    return BrokenPart(frame, FormatError("no_payload"))

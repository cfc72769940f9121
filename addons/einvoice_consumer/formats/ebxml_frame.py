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

FINVOICE_SCHEMA = "http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoice.xsd"

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_EBXML = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
_QUOTE = {'"': "&quot;"}
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
    ``reference_id`` is the root element's name of the message.
    """

    sender: str
    sender_intermediator: str
    receiver: str
    receiver_intermediator: str
    message_id: str
    timestamp: datetime
    ref_to_message_id: str = ""
    reference_id: str = "Finvoice"
    schema_location: str = FINVOICE_SCHEMA
    schema_version: str = "2.0"


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
    """Bytes of a file that are no readable message, from ``offset`` on."""

    offset: int
    raw: bytes
    error: FormatError


def _ascii(value: str, field: str, low: int, high: int) -> str:
    exact = identity(value, field, low, high)
    if not exact.isascii():
        wrong = sorted({f"U+{ord(c):04X}" for c in exact if not c.isascii()})
        raise FormatError("charset", field, characters=" ".join(wrong))
    return escape(exact, _QUOTE)


@lru_cache(maxsize=1024)
def _party(tag: str, address: str, role: str, field: str) -> str:
    return (
        f"<eb:{tag}><eb:PartyId>{_ascii(address, field, 2, 35)}</eb:PartyId>"
        f"<eb:Role>{role}</eb:Role></eb:{tag}>"
    )


@lru_cache(maxsize=64)
def _schema(reference_id: str, location: str, version: str) -> str:
    return (
        f'eb:id="{_ascii(reference_id, "reference_id", 1, 35)}">'
        f'<eb:Schema eb:location="{_ascii(location, "schema_location", 1, 255)}"'
        f' eb:version="{_ascii(version, "schema_version", 1, 10)}"/>'
    )


def write_frame(frame: Frame) -> bytes:
    """The frame, to be put directly before the message's XML declaration.

    :raises FormatError: a party or id is missing, too long or not ASCII, or the
        time has no time zone
    """
    message_id = _ascii(frame.message_id, "message_id", 2, 48)
    answered = ""
    if frame.ref_to_message_id:
        answered = _ascii(frame.ref_to_message_id, "ref_to_message_id", 1, 48)
        answered = f"<eb:RefToMessageId>{answered}</eb:RefToMessageId>"
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
            f"</eb:Timestamp>{answered}</eb:MessageData></eb:MessageHeader>",
            "</SOAP-ENV:Header><SOAP-ENV:Body>",
            '<eb:Manifest eb:id="Manifest" eb:version="2.0">',
            f'<eb:Reference xlink:href="{message_id}" ',
            _schema(frame.reference_id, frame.schema_location, frame.schema_version),
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
    parties: dict[tuple[str, str], str] = {}
    for side, role in (("From", "Sender"), ("To", "Receiver")):
        for party in xml.children(header, side):
            named = xml.text_at(party, "Role")
            parties.setdefault(
                (side, "via" if named == "Intermediator" else role),
                xml.text_at(party, "PartyId"),
            )
    stamp = xml.text_at(header, "MessageData", "Timestamp")
    moment = read_timestamp(stamp)
    if moment is None:
        raise FormatError("pattern", "timestamp", value=stamp[:40], expected="a time")
    reference = xml.descend(envelope, "Body", "Manifest", "Reference")
    schema = None
    if reference is not None:
        schema = xml.descend(reference, "Schema")
        if schema is None:
            schema = xml.descend(reference, "schema")
    frame = Frame(
        sender=parties.get(("From", "Sender"), ""),
        sender_intermediator=parties.get(("From", "via"), ""),
        receiver=parties.get(("To", "Receiver"), ""),
        receiver_intermediator=parties.get(("To", "via"), ""),
        message_id=xml.text_at(header, "MessageData", "MessageId"),
        timestamp=moment,
        ref_to_message_id=xml.text_at(header, "MessageData", "RefToMessageId"),
        reference_id=_attribute(reference, "id"),
        schema_location=_attribute(schema, "location"),
        schema_version=_attribute(schema, "version"),
    )
    for field in ("sender", "receiver", "message_id"):
        if not getattr(frame, field):
            raise FormatError("missing", field)
    return frame


def _attribute(element: etree._Element | None, name: str) -> str:
    if element is None:
        return ""
    for key, value in element.attrib.items():
        if etree.QName(key).localname == name:
            return str(value)
    return ""


# --- reading a file of messages -----------------------------------------------

_ROOTS = (
    rb"Envelope|Finvoice|FinvoiceReceiverInfo|FinvoiceSenderInfo|ReceiverProposal"
    rb"|Finvoiceack|FinvoiceAttachments"
)
# Where a document begins even if the one before it was cut: none of these can
# stand inside another document of this exchange.
_START = re.compile(
    rb"<\?xml\s|<(?:[A-Za-z_][A-Za-z0-9_.-]{0,30}:)?(?:" + _ROOTS + rb")(?=[\s/>])"
)
_DECLARATION_START = re.compile(rb"<\?xml\s")
_TAG = re.compile(rb"<[^<>\"']*(?:\"[^\"<]*\"[^<>\"']*|'[^'<]*'[^<>\"']*)*>")
_BLANK = b" \t\r\n\xef\xbb\xbf"


def _pieces(data: bytes) -> Iterator[tuple[int, int]]:
    """Stretches that each begin at a document start, a prolog kept with its root."""
    starts = [match.start() for match in _START.finditer(data)]
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    starts.append(len(data))
    begin = starts[0]
    for before, end in pairwise(starts):
        prolog = begin == before and _is_prolog(data, begin, end)
        if not prolog or end == len(data):
            yield begin, end
            begin = end


def _is_prolog(data: bytes, begin: int, end: int) -> bool:
    """Only a declaration (and comments, instructions, a DOCTYPE) before a root."""
    if not _DECLARATION_START.match(data, begin):
        return False
    if _DECLARATION_START.match(data, end):
        return False
    at = begin
    while at < end:
        at = _skip_blank(data, at, end)
        if at >= end:
            return True
        if data.startswith(b"<!DOCTYPE", at):
            return True
        at = _skip_misc(data, at, end)
        if at < 0:
            return False
    return True


def _skip_blank(data: bytes, at: int, end: int) -> int:
    while at < end and data[at] in _BLANK:
        at += 1
    return at


def _skip_misc(data: bytes, at: int, end: int) -> int:
    """Past a comment or processing instruction; -1 when there is no whole one."""
    for opening, closing in ((b"<!--", b"-->"), (b"<?", b"?>")):
        if data.startswith(opening, at):
            close = data.find(closing, at + len(opening), end)
            return close + len(closing) if close >= 0 else -1
    return -1


def _root_end(data: bytes, at: int, end: int) -> int:
    """Where the element that starts at ``at`` ends; -1 when it never does."""
    depth = 0
    while True:
        at = data.find(b"<", at, end)
        if at < 0:
            return -1
        if data.startswith(b"<![CDATA[", at):
            close = data.find(b"]]>", at, end)
            at = close + 3 if close >= 0 else -1
        elif data.startswith((b"<!--", b"<?"), at):
            at = _skip_misc(data, at, end)
        else:
            tag = _TAG.match(data, at, end)
            if tag is None:
                return -1
            at = tag.end()
            if data[tag.start() + 1] == 0x2F:
                depth -= 1
            elif data[at - 2] != 0x2F:
                depth += 1
            if depth <= 0:
                return at
        if at < 0:
            return -1


def _documents(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """(from, to, whole) of every document or unreadable stretch of one piece."""
    at = start = begin
    while at < end:
        at = _skip_blank(data, at, end)
        after = _skip_misc(data, at, end)
        if after >= 0:
            at = after
        elif at >= end:
            # Trailing comments and white space belong to no document.
            return
        elif data.startswith(b"<!DOCTYPE", at):
            yield start, end, False
            return
        elif data.startswith(b"<", at):
            stop = _root_end(data, at, end)
            yield start, end if stop < 0 else stop, stop >= 0
            if stop < 0:
                return
            at = start = stop
        else:
            # Where text stands, what follows is no document but the rest of it.
            yield start, end, False
            return


def _refusal(raw: bytes) -> FormatError:
    """Why a stretch that is no whole document cannot be read."""
    if b"<!DOCTYPE" in raw:
        return FormatError("doctype")
    if b"\0" not in raw and raw.lstrip(_BLANK).startswith(b"<"):
        return FormatError("truncated")
    return FormatError("not_xml", "", reason="text or bytes outside any message")


def split_messages(
    data: bytes, limit: int = xml.MAX_BYTES
) -> list[Message | BrokenPart]:
    """Split a file of frames and messages, never raising.

    A broken message costs only itself: reading goes on at the next XML declaration,
    envelope or known root element. (Such a start inside a comment or CDATA section
    is taken for a real one; no message of this exchange holds any.) A frame belongs
    to the message directly after it; with anything unreadable between the two, the
    message comes without a frame and the frame as a broken part.

    :param limit: most bytes accepted, for the file and thus for every message
    """
    if len(data) > limit:
        error = FormatError("too_large", "", size=len(data), limit=limit)
        return [BrokenPart(0, data, error)]
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return [BrokenPart(0, data, FormatError("charset", "", characters="UTF-16"))]
    found: list[Message | BrokenPart] = []
    pending: tuple[int, int, Frame] | None = None
    for begin, end, whole in (
        document
        for piece_begin, piece_end in _pieces(data)
        for document in _documents(data, piece_begin, piece_end)
    ):
        raw = data[begin:end]
        frame: Frame | None = None
        try:
            if not whole:
                raise _refusal(raw)
            root = xml.parse(raw, limit)
            name = xml.local(root)
            if name == "Envelope":
                frame = read_frame(root)
        except FormatError as error:
            if pending:
                begin, raw = pending[0], data[pending[0] : end]
                pending = None
            found.append(BrokenPart(begin, raw, error))
            continue
        if frame is not None:
            if pending:
                found.append(_alone(data, pending))
            pending = begin, end, frame
        elif pending:
            found.append(Message(pending[2], raw, data[pending[0] : end], name))
            pending = None
        else:
            found.append(Message(None, raw, raw, name))
    if pending:
        found.append(_alone(data, pending))
    return found


def _alone(data: bytes, pending: tuple[int, int, Frame]) -> BrokenPart:
    begin, end, _frame = pending
    return BrokenPart(begin, data[begin:end], FormatError("no_payload"))

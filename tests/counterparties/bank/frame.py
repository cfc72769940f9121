"""Files and transport frames as a bank reads them.

Rules from the Finvoice implementation guidelines: chapter 8 (character set) and
chapter 20 (the SOAP/ebXML frame: one frame directly before each message, order and
constants of its elements).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

CHARSET = "ISO-8859-15"
SOAP_NS = "http://schemas.xmlsoap.org/soap/envelope/"
EB_NS = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
XLINK_NS = "http://www.w3.org/1999/xlink"

_BOM = rb"\s*(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)\s*"
_START = re.compile(rb"(?:<\?xml[^>]*\?>\s*)?<(?:[A-Za-z_][\w.-]*:)?Envelope[\s>]")
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?Envelope\s*>")
_DECLARATION = re.compile(rb"(?:%b)?\s*(?:<\?xml[^>]*\?>)?" % _BOM)
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']+)[\"']")
_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII
)
ROLES = (
    ("From", "Sender"),
    ("From", "Intermediator"),
    ("To", "Receiver"),
    ("To", "Intermediator"),
)
CONSTANTS = {
    "CPAId": "yoursandmycpa",
    "Service": "Routing",
    "Action": "ProcessInvoice",
}
_ORDER = [*(side for side, _role in ROLES), *CONSTANTS, "MessageData"]


class Unreadable(ValueError):
    """No frame could be read, so nobody can be answered."""


@dataclass(frozen=True)
class Finding:
    """One fault found, with the Finvoiceack code that names it."""

    code: int
    text: str
    location: str | None = None


@dataclass
class Frame:
    """What a frame says, with the faults seen while reading it."""

    sender: str
    sender_intermediator: str
    receiver: str
    receiver_intermediator: str
    message_id: str
    timestamp: str
    ref_to: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def parties(self) -> tuple[str, str, str, str]:
        """The four of them in the order that the guidelines fix."""
        return (
            *(self.sender, self.sender_intermediator),
            *(self.receiver, self.receiver_intermediator),
        )

    def answer(self, message_id: str, timestamp: str) -> Frame:
        """The frame of an answer."""
        sender, receiver = self.parties[2:], self.parties[:2]
        return Frame(*sender, *receiver, message_id, timestamp, self.message_id)


def local(element: etree._Element) -> str:
    """Name without namespace (prefixes and namespaces vary between senders)."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def parser() -> etree.XMLParser:
    """A parser that loads nothing and expands nothing."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def split_file(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Cut a file into frames, each with the payload that follows it.

    What has no complete frame comes as a payload without one.
    """
    starts = [match.start() for match in _START.finditer(data)]
    lead = data[: starts[0]] if starts else data
    if starts and re.fullmatch(_BOM, lead):
        starts[0] = 0
    elif lead.strip() or not starts:
        yield b"", lead
    for start, stop in zip(starts, [*starts[1:], len(data)], strict=False):
        chunk = data[start:stop]
        end = _END.search(chunk)
        cut = end.end() if end else 0
        yield chunk[:cut], chunk[cut:]


def byte_findings(data: bytes) -> Iterator[Finding]:
    """Byte order mark or bytes that are no ISO-8859-15 text: code 7."""
    if re.match(_BOM, data):
        yield Finding(7, "The file begins with a byte order mark")
        return
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", data):
        yield Finding(7, "Control characters in the text")
    elif not data.isascii() and _is_utf8(data):
        yield Finding(7, f"The bytes are UTF-8, not {CHARSET}")
    elif re.search(rb"[\x80-\x9f]", data):
        yield Finding(7, f"Bytes that are no characters of {CHARSET}")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def declared_charset(data: bytes) -> str | None:
    """The encoding in the XML declaration, when there is one."""
    named = _ENCODING.search(_DECLARATION.match(data)[0])
    return named[1].decode("ascii", "replace") if named else None


def frame_root(data: bytes) -> etree._Element:
    """A frame as XML, in the charset that it has whatever it says."""
    text = _DECLARATION.sub(b"", data, count=1).decode(CHARSET)
    return etree.fromstring(text.encode(), parser())


def read_frame(data: bytes) -> Frame:
    """Read a frame; Unreadable when the parties or the id cannot be told."""
    if not data:
        raise Unreadable("no complete transport frame in the file")
    if b"<!DOCTYPE" in data:
        raise Unreadable("the transport frame has a document type declaration")
    try:
        root = frame_root(data)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the transport frame is not XML: {error.msg}") from error
    header = root.find(f".//{{{EB_NS}}}MessageHeader")
    if header is None:
        raise Unreadable("the transport frame has no eb:MessageHeader")
    frame = _read_header(header)
    charset = declared_charset(data)
    if charset and charset.upper() != CHARSET:
        frame.findings.append(Finding(7, f"The frame is declared as {charset}"))
    where = "eb:MessageHeader"
    frame.findings += [Finding(6, text, where) for text in _header_faults(header)]
    if root.tag != f"{{{SOAP_NS}}}Envelope":
        fault = "The frame is not a SOAP 1.1 envelope"
        frame.findings.append(Finding(6, fault, "Envelope"))
    where = "eb:Manifest"
    frame.findings += [Finding(6, text, where) for text in _manifest_faults(root)]
    return frame


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f".//{{{EB_NS}}}{name}") or "").strip()


def _read_header(header: etree._Element) -> Frame:
    """Parties by side and role; a frame lacking one of them is unreadable."""
    parties: dict[tuple[str, str], str] = {}
    for side in header.iter(f"{{{EB_NS}}}From", f"{{{EB_NS}}}To"):
        parties.setdefault((local(side), _text(side, "Role")), _text(side, "PartyId"))
    known = [parties.get(role, "") for role in ROLES]
    names = ("MessageId", "Timestamp", "RefToMessageId")
    message_id, timestamp, ref_to = (_text(header, name) for name in names)
    if not all((*known, message_id)):
        raise Unreadable("the transport frame lacks a party or the message id")
    return Frame(*known, message_id, timestamp, ref_to)


def _header_faults(header: etree._Element) -> Iterator[str]:
    """Order and constants of the header (guidelines chapter 20)."""
    children = [local(child) for child in header if local(child)]
    if [name for name in children if name != "ConversationId"] != _ORDER:
        yield f"Order of the frame: {', '.join(children)}"
    roles = [(role.text or "").strip() for role in header.iter(f"{{{EB_NS}}}Role")]
    if roles != [role for _side, role in ROLES]:
        yield f"Roles in the frame: {', '.join(roles)}"
    for name, value in CONSTANTS.items():
        if _text(header, name) != value:
            yield f"eb:{name} is {_text(header, name)!r}, not {value!r}"
    if header.get(f"{{{SOAP_NS}}}mustUnderstand") != "1":
        yield "SOAP-ENV:mustUnderstand is not 1"
    if header.get(f"{{{EB_NS}}}version") != "2.0":
        yield "eb:version is not 2.0"
    if len(_text(header, "MessageId")) > 48:
        yield "eb:MessageId has more than 48 characters"
    if not _TIMESTAMP.fullmatch(_text(header, "Timestamp")):
        yield f"eb:Timestamp is {_text(header, 'Timestamp')!r}"
    empty = [local(e) for e in header.iter(etree.Element) if not len(e) and not e.text]
    if empty:
        yield f"Empty in the frame: {', '.join(empty)}"


def _manifest_faults(root: etree._Element) -> Iterator[str]:
    """The manifest names the payload, its schema and the message."""
    reference = root.find(f".//{{{EB_NS}}}Manifest/{{{EB_NS}}}Reference")
    if reference is None:
        yield "The frame has no eb:Manifest with eb:Reference"
        return
    if not reference.get(f"{{{XLINK_NS}}}href"):
        yield "eb:Reference has no xlink:href"
    if not reference.get(f"{{{EB_NS}}}id"):
        yield "eb:Reference has no eb:id"
    schema = [child for child in reference if local(child).lower() == "schema"]
    if not schema or not schema[0].get(f"{{{EB_NS}}}location"):
        yield "eb:Reference has no eb:Schema with location"

"""Files and transport frames as a bank reads them.

Rules from the Finvoice implementation guidelines: chapter 8 (character set) and
chapter 20 (the SOAP/ebXML frame: one frame directly before each message, order and
constants of its elements).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

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
_NAMES = {"eb": EB_NS, "soap": SOAP_NS, "xlink": XLINK_NS}
_ROLES = (
    ("From", "Sender"),
    ("From", "Intermediator"),
    ("To", "Receiver"),
    ("To", "Intermediator"),
)
_ORDER = ["From", "From", "To", "To", "CPAId", "Service", "Action", "MessageData"]
_TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"
# What a frame must have (guidelines chapter 20), and what is said when it has not
_RULES = {
    "/soap:Envelope": "The frame is not a SOAP 1.1 envelope",
    "//eb:MessageHeader[@soap:mustUnderstand='1']": "SOAP-ENV:mustUnderstand is not 1",
    "//eb:MessageHeader[@eb:version='2.0']": "eb:version is not 2.0",
    "//eb:CPAId[.='yoursandmycpa']": "eb:CPAId is not yoursandmycpa",
    "//eb:Service[.='Routing']": "eb:Service is not Routing",
    "//eb:Action[.='ProcessInvoice']": "eb:Action is not ProcessInvoice",
    "//eb:MessageId[string-length() <= 48]": "eb:MessageId is longer than 48",
    "//eb:Manifest/eb:Reference[@eb:id]": "eb:Manifest has no eb:Reference with eb:id",
    "//eb:Reference[@xlink:href]": "eb:Reference has no xlink:href",
    "//eb:Reference/*[@eb:location]": "eb:Reference has no eb:Schema with location",
}


class Unreadable(ValueError):
    """No frame could be read, so nobody can be answered."""


@dataclass(frozen=True)
class Finding:
    """One fault found, with the Finvoiceack code that names it."""

    code: int
    text: str
    location: str | None = None


class Frame(NamedTuple):
    """Who sends what to whom."""

    sender: str
    sender_intermediator: str
    receiver: str
    receiver_intermediator: str
    message_id: str
    timestamp: str
    ref_to: str = ""

    def answer(self, message_id: str, timestamp: str) -> Frame:
        """The frame of an answer."""
        return Frame(*self[2:4], *self[:2], message_id, timestamp, self.message_id)


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
    if not data:
        raise Unreadable("no complete transport frame in the file")
    if b"<!DOCTYPE" in data:
        raise Unreadable("the transport frame has a document type declaration")
    text = _DECLARATION.sub(b"", data, count=1).decode(CHARSET)
    try:
        return etree.fromstring(text.encode(), parser())
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the transport frame is not XML: {error.msg}") from error


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f".//{{{EB_NS}}}{name}") or "").strip()


def read_frame(root: etree._Element) -> Frame:
    """Parties by side and role; a frame lacking one of them is unreadable."""
    parties: dict[tuple[str, str], str] = {}
    for side in root.iter(f"{{{EB_NS}}}From", f"{{{EB_NS}}}To"):
        parties.setdefault((local(side), _text(side, "Role")), _text(side, "PartyId"))
    known = [parties.get(role, "") for role in _ROLES]
    names = ("MessageId", "Timestamp", "RefToMessageId")
    message_id, timestamp, ref_to = (_text(root, name) for name in names)
    if not all((*known, message_id)):
        raise Unreadable("the transport frame lacks a party or the message id")
    return Frame(*known, message_id, timestamp, ref_to)


def frame_findings(data: bytes, root: etree._Element) -> Iterator[Finding]:
    """What is wrong with a frame that can be read (guidelines chapter 20)."""
    charset = declared_charset(data)
    if charset and charset.upper() != CHARSET:
        yield Finding(7, f"The frame is declared as {charset}")
    header = root.find(f".//{{{EB_NS}}}MessageHeader")
    children = [] if header is None else [local(child) for child in header]
    if [name for name in children if name not in ("", "ConversationId")] != _ORDER:
        yield Finding(6, f"Order of the frame: {', '.join(children)}")
    roles = [role.text for role in root.iter(f"{{{EB_NS}}}Role")]
    if roles != [role for _side, role in _ROLES]:
        yield Finding(6, f"Roles in the frame: {roles}")
    stamp = _text(root, "Timestamp")
    if not re.fullmatch(_TIMESTAMP, stamp):
        yield Finding(6, f"eb:Timestamp is {stamp!r}")
    for element in root.iterfind(f".//{{{EB_NS}}}*"):
        if not len(element) and not element.text and not element.attrib:
            yield Finding(6, f"Empty in the frame: {local(element)}")
    for path, fault in _RULES.items():
        if not root.xpath(path, namespaces=_NAMES):
            yield Finding(6, fault)

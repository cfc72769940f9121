"""Files, transport frames and official schemas as a bank reads them.

Rules from the Finvoice implementation guidelines: chapter 8 (character set, no
tabs, empty elements left out) and chapter 20 (the SOAP/ebXML frame: one frame
directly before each message, order and constants of its elements).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from bank_values import timestamp_ok
from lxml import etree

CHARSET = "ISO-8859-15"
SOAP_NS = "http://schemas.xmlsoap.org/soap/envelope/"
EB_NS = "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"
XLINK_NS = "http://www.w3.org/1999/xlink"

BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_START = re.compile(rb"(?:<\?xml[^>]*\?>\s*)?<(?:[A-Za-z_][\w.-]*:)?Envelope[\s>]")
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?Envelope\s*>")
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']+)[\"']")
_HEADER_ORDER = ("From", "From", "To", "To", "CPAId", "Service", "Action")
_ROLES = ("Sender", "Intermediator", "Receiver", "Intermediator")
_CONSTANTS = {
    "CPAId": "yoursandmycpa",
    "Service": "Routing",
    "Action": "ProcessInvoice",
}
_LONGEST_MESSAGE_ID = 48

# The official msg-header-2_0.xsd imports three schemas from the network. These
# stand in for them with only the names it refers to.
_IMPORT_STUBS = {
    "xmldsig-core-schema.xsd": (
        "http://www.w3.org/2000/09/xmldsig#",
        '<xs:element name="Reference"/>',
    ),
    "xlink.xsd": (
        XLINK_NS,
        '<xs:attribute name="type"/><xs:attribute name="href"/>'
        '<xs:attribute name="role"/>',
    ),
    "xml.xsd": (
        "http://www.w3.org/XML/1998/namespace",
        '<xs:attribute name="lang"/>',
    ),
}


class Unreadable(ValueError):
    """No frame could be read, so nobody can be answered."""


@dataclass(frozen=True)
class Finding:
    """One fault found, with the Finvoiceack code that names it."""

    code: int
    text: str
    location: str | None = None


@dataclass
class Piece:
    """A frame with the payload that follows it, or what could not be split."""

    frame: bytes | None
    payload: bytes
    fault: str | None = None


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


def local(element: etree._Element) -> str:
    """Name without namespace (prefixes and namespaces vary between senders)."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def parser() -> etree.XMLParser:
    """A parser that loads nothing and expands nothing."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def split_file(data: bytes) -> list[Piece]:
    """Cut a file into frame + payload pairs, in the order they stand."""
    starts = [match.start() for match in _START.finditer(data)]
    if not starts:
        return [Piece(None, data, "no transport frame in the file")]
    pieces = []
    lead = data[: starts[0]]
    if lead.strip() and lead.strip() not in BOMS:
        pieces.append(Piece(None, lead, "text before the first transport frame"))
    for start, stop in zip(starts, [*starts[1:], len(data)], strict=True):
        chunk = data[start:stop]
        end = _END.search(chunk)
        if end is None:
            pieces.append(Piece(None, chunk, "the transport frame is not closed"))
        else:
            pieces.append(Piece(chunk[: end.end()], chunk[end.end() :]))
    return pieces


def byte_findings(data: bytes) -> list[Finding]:
    """Byte order mark or bytes that are no ISO-8859-15 text: code 7."""
    findings = []
    for mark in BOMS:
        if data.startswith(mark):
            findings.append(Finding(7, "The file begins with a byte order mark"))
            data = data.removeprefix(mark)
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", data):
        findings.append(Finding(7, "Control characters in the text"))
    elif not data.isascii() and _is_utf8(data):
        findings.append(Finding(7, f"The bytes are UTF-8, not {CHARSET}"))
    elif re.search(rb"[\x80-\x9f]", data):
        findings.append(Finding(7, f"Bytes that are no characters of {CHARSET}"))
    return findings


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def declared_charset(data: bytes) -> str | None:
    """The encoding in the XML declaration, when there is one."""
    declaration = _DECLARATION.match(data)
    named = _ENCODING.search(declaration[0]) if declaration else None
    return named[1].decode("ascii", "replace") if named else None


def parse_frame(data: bytes) -> Frame:
    """Read a frame; Unreadable when the parties or the id cannot be told."""
    if b"<!DOCTYPE" in data:
        raise Unreadable("the transport frame has a document type declaration")
    text = _DECLARATION.sub(b"", data, count=1).decode(CHARSET)
    try:
        root = etree.fromstring(text.encode(), parser())
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the transport frame is not XML: {error.msg}") from error
    header = root.find(f".//{{{EB_NS}}}MessageHeader")
    if header is None:
        raise Unreadable("the transport frame has no eb:MessageHeader")
    frame = _read_header(header)
    charset = declared_charset(data)
    if charset and charset.upper() != CHARSET:
        frame.findings.append(Finding(7, f"The frame is declared as {charset}"))
    frame.findings += _header_findings(root, header, frame)
    frame.findings += _manifest_findings(root)
    return frame


def _read_header(header: etree._Element) -> Frame:
    """Parties by side and role; a frame lacking one of them is unreadable."""
    parties: dict[tuple[str, str], str] = {}
    values: dict[str, str] = {}
    for element in header.iter(etree.Element):
        if local(element) in ("From", "To"):
            texts = {local(child): (child.text or "").strip() for child in element}
            role = texts.get("Role", "")
            parties.setdefault((local(element), role), texts.get("PartyId", ""))
        elif local(element) in ("MessageId", "Timestamp", "RefToMessageId"):
            values[local(element)] = (element.text or "").strip()
    frame = Frame(
        parties.get(("From", "Sender"), ""),
        parties.get(("From", "Intermediator"), ""),
        parties.get(("To", "Receiver"), ""),
        parties.get(("To", "Intermediator"), ""),
        values.get("MessageId", ""),
        values.get("Timestamp", ""),
        values.get("RefToMessageId", ""),
    )
    known = (frame.sender, frame.sender_intermediator, frame.receiver)
    if not all((*known, frame.receiver_intermediator, frame.message_id)):
        raise Unreadable("the transport frame lacks a party or the message id")
    return frame


def _header_findings(
    root: etree._Element, header: etree._Element, frame: Frame
) -> list[Finding]:
    """Order and constants of the header (guidelines chapter 20): code 6."""
    where = "eb:MessageHeader"
    found = []
    if root.tag != f"{{{SOAP_NS}}}Envelope":
        found.append(Finding(6, "The frame is not a SOAP 1.1 envelope", "Envelope"))
    children = [local(child) for child in header if local(child)]
    order = tuple(name for name in children if name != "ConversationId")
    if order != (*_HEADER_ORDER, "MessageData"):
        found.append(Finding(6, f"Order of the frame: {', '.join(children)}", where))
    roles = tuple((role.text or "").strip() for role in header.iter(f"{{{EB_NS}}}Role"))
    if roles != _ROLES:
        found.append(Finding(6, f"Roles in the frame: {', '.join(roles)}", where))
    for name, value in _CONSTANTS.items():
        text = (header.findtext(f"{{{EB_NS}}}{name}") or "").strip()
        if text != value:
            found.append(Finding(6, f"eb:{name} is {text!r}, not {value!r}", where))
    if header.get(f"{{{SOAP_NS}}}mustUnderstand") != "1":
        found.append(Finding(6, "SOAP-ENV:mustUnderstand is not 1", where))
    if header.get(f"{{{EB_NS}}}version") != "2.0":
        found.append(Finding(6, "eb:version is not 2.0", where))
    if len(frame.message_id) > _LONGEST_MESSAGE_ID:
        found.append(Finding(6, "eb:MessageId has more than 48 characters", where))
    if not timestamp_ok(frame.timestamp):
        found.append(Finding(6, f"eb:Timestamp is {frame.timestamp!r}", where))
    empty = [local(e) for e in header.iter(etree.Element) if not len(e) and not e.text]
    if empty:
        found.append(Finding(6, f"Empty in the frame: {', '.join(empty)}", where))
    return found


def _manifest_findings(root: etree._Element) -> list[Finding]:
    """The manifest names the payload, its schema and the message: code 6."""
    where = "eb:Manifest"
    reference = root.find(f".//{{{EB_NS}}}Manifest/{{{EB_NS}}}Reference")
    if reference is None:
        return [Finding(6, "The frame has no eb:Manifest with eb:Reference", where)]
    found = []
    if not reference.get(f"{{{XLINK_NS}}}href"):
        found.append(Finding(6, "eb:Reference has no xlink:href", where))
    if not reference.get(f"{{{EB_NS}}}id"):
        found.append(Finding(6, "eb:Reference has no eb:id", where))
    schema = [child for child in reference if local(child).lower() == "schema"]
    if not schema or not schema[0].get(f"{{{EB_NS}}}location"):
        found.append(Finding(6, "eb:Reference has no eb:Schema with location", where))
    return found


class _Stubs(etree.Resolver):
    """Answers the imports of msg-header-2_0.xsd without the network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, url: str, public_id: str, context: object) -> object:
        name = url.rsplit("/", 1)[-1]
        if name == "envelope.xsd":
            return self.resolve_filename(str(self.folder / name), context)
        if name not in _IMPORT_STUBS:
            return None
        namespace, body = _IMPORT_STUBS[name]
        text = (
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
            f'targetNamespace="{namespace}">{body}</xs:schema>'
        )
        return self.resolve_string(text, context)


class Schemas:
    """The official schemas found in a folder; any of them may be absent."""

    NAMES = {
        "Finvoice": "Finvoice3.0.xsd",
        "Finvoiceack": "Finvoiceack.xsd",
        "FinvoiceReceiverInfo": "FinvoiceReceiverInfo.xsd",
        "FinvoiceSenderInfo": "FinvoiceSenderInfo.xsd",
        "ReceiverProposal": "ReceiverProposal.xsd",
        "Envelope": "envelope.xsd",
        "Frame": "msg-header-2_0.xsd",
    }

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.compiled: dict[str, etree.XMLSchema] = {}
        self.absent: list[str] = []
        for kind, name in self.NAMES.items():
            try:
                self.compiled[kind] = self._compile(name)
            except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError):
                self.absent.append(name)

    def _compile(self, name: str) -> etree.XMLSchema:
        if self.folder is None or not (self.folder / name).is_file():
            raise OSError(name)
        reader = parser()
        reader.resolvers.add(_Stubs(self.folder))
        document = etree.parse(str(self.folder / name), reader)
        if name == self.NAMES["Frame"]:
            # Its Acknowledgment (unused here) is ambiguous by the schema rules
            # themselves, and libxml2 refuses the whole schema for it.
            for element in document.getroot().findall("./*[@name='Acknowledgment']"):
                document.getroot().remove(element)
        return etree.XMLSchema(document)

    def describe(self) -> str:
        """One sentence for the start-up line and the pages."""
        if not self.compiled:
            return "official schemas absent, own structural checks only"
        used = f"{len(self.compiled)} official schemas"
        return f"{used}; absent: {', '.join(self.absent)}" if self.absent else used

    def findings(self, kind: str, element: etree._Element, code: int) -> list[Finding]:
        """What the official schema of that kind says about an element."""
        schema = self.compiled.get(kind)
        if schema is None or schema.validate(element):
            return []
        return [
            Finding(code, error.message, f"line {error.line}, {error.path or '/'}")
            for error in list(schema.error_log)[:20]
        ]

    def frame_findings(self, data: bytes) -> list[Finding]:
        """A frame against envelope.xsd and the parts of it against msg-header.

        The header as a whole is not: the official ebXML header allows one From
        and one To, the Finvoice frame has two of each and no ConversationId.
        """
        text = _DECLARATION.sub(b"", data, count=1).decode(CHARSET)
        root = etree.fromstring(text.encode(), parser())
        found = self.findings("Envelope", root, 6)
        manifest = root.find(f".//{{{EB_NS}}}Manifest")
        header = root.find(f".//{{{EB_NS}}}MessageHeader")
        parts = [] if manifest is None else [manifest]
        if header is not None:
            parts += header.iterchildren(etree.Element)
        for part in parts:
            if part.tag != f"{{{EB_NS}}}ConversationId":
                found += self.findings("Frame", part, 6)
        return found

"""The official schemas, as far as they are at hand."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from counterparties.bank.frame import EB_NS, XLINK_NS, Finding, frame_root, parser

_NAMES = {
    "Finvoice": "Finvoice3.0.xsd",
    "Finvoiceack": "Finvoiceack.xsd",
    "FinvoiceReceiverInfo": "FinvoiceReceiverInfo.xsd",
    "FinvoiceSenderInfo": "FinvoiceSenderInfo.xsd",
    "ReceiverProposal": "ReceiverProposal.xsd",
    "Envelope": "envelope.xsd",
    "Frame": "msg-header-2_0.xsd",
}
# The official msg-header-2_0.xsd imports three schemas from the network. These
# stand in for them with only the names it refers to.
_STUB = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{}">'
    "{}</xs:schema>"
)
_STUBS = {
    "xmldsig-core-schema.xsd": _STUB.format(
        "http://www.w3.org/2000/09/xmldsig#", '<xs:element name="Reference"/>'
    ),
    "xlink.xsd": _STUB.format(
        XLINK_NS,
        '<xs:attribute name="type"/><xs:attribute name="href"/>'
        '<xs:attribute name="role"/>',
    ),
    "xml.xsd": _STUB.format(
        "http://www.w3.org/XML/1998/namespace", '<xs:attribute name="lang"/>'
    ),
}


class _Stubs(etree.Resolver):
    """Answers the imports of msg-header-2_0.xsd without the network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, url: str, public_id: str, context: object) -> object:
        name = url.rsplit("/", 1)[-1]
        if name == _NAMES["Envelope"]:
            return self.resolve_filename(str(self.folder / name), context)
        return self.resolve_string(_STUBS[name], context) if name in _STUBS else None


class Schemas:
    """The official schemas found in a folder; any of them may be absent."""

    def __init__(self, folder: Path) -> None:
        files = {kind: folder / name for kind, name in _NAMES.items()}
        self.absent = [file.name for file in files.values() if not file.is_file()]
        self.compiled = {
            kind: self._compile(kind, file)
            for kind, file in files.items()
            if file.is_file()
        }

    def _compile(self, kind: str, file: Path) -> etree.XMLSchema:
        reader = parser()
        reader.resolvers.add(_Stubs(file.parent))
        document = etree.parse(str(file), reader)
        if kind == "Frame":
            # Its Acknowledgment (unused here) is ambiguous by the schema rules
            # themselves, and libxml2 refuses the whole schema for it.
            for element in document.getroot().findall("./*[@name='Acknowledgment']"):
                document.getroot().remove(element)
        return etree.XMLSchema(document)

    def __str__(self) -> str:
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
        root = frame_root(data)
        parts = root.findall(f".//{{{EB_NS}}}MessageHeader/{{{EB_NS}}}*")
        parts += root.findall(f".//{{{EB_NS}}}Manifest")
        return self.findings("Envelope", root, 6) + [
            finding
            for part in parts
            if part.tag != f"{{{EB_NS}}}ConversationId"
            for finding in self.findings("Frame", part, 6)
        ]

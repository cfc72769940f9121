"""The official schemas, as far as they are at hand."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from counterparties.bank.frame import EB_NS, Finding, parser

# The official msg-header-2_0.xsd imports schemas from the network. What lies here
# stands in for three of them, with only the names that it refers to.
STUBS = Path(__file__).with_name("stubs")
_NAMES = {
    "Finvoice": "Finvoice3.0.xsd",
    "Finvoiceack": "Finvoiceack.xsd",
    "FinvoiceReceiverInfo": "FinvoiceReceiverInfo.xsd",
    "FinvoiceSenderInfo": "FinvoiceSenderInfo.xsd",
    "ReceiverProposal": "ReceiverProposal.xsd",
    "Envelope": "envelope.xsd",
    "Frame": "msg-header-2_0.xsd",
}


class _NoNetwork(etree.Resolver):
    """Answers imports with the files at hand."""

    def __init__(self, folder: Path) -> None:
        self.folders = (STUBS, folder)

    def resolve(self, url: str, public_id: str, context: object) -> object:
        for folder in self.folders:
            path = folder / url.rsplit("/", 1)[-1]
            if path.is_file():
                return self.resolve_filename(str(path), context)
        return None


class Schemas:
    """The official schemas found in a folder; any of them may be absent."""

    def __init__(self, folder: Path) -> None:
        self.compiled: dict[str, etree.XMLSchema] = {}
        self.absent: list[str] = []
        for kind, name in _NAMES.items():
            if (folder / name).is_file():
                self.compiled[kind] = self._compile(folder / name)
            else:
                self.absent.append(name)

    def _compile(self, file: Path) -> etree.XMLSchema:
        reader = parser()
        reader.resolvers.add(_NoNetwork(file.parent))
        document = etree.parse(str(file), reader)
        # The frame's Acknowledgment (unused here) is ambiguous by the schema rules
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

    def frame_findings(self, root: etree._Element) -> list[Finding]:
        """A frame against envelope.xsd and the parts of it against msg-header.

        The header as a whole is not: the official ebXML header allows one From
        and one To, the Finvoice frame has two of each and no ConversationId.
        """
        parts = root.findall(f".//{{{EB_NS}}}MessageHeader/{{{EB_NS}}}*")
        parts += root.findall(f".//{{{EB_NS}}}Manifest")
        return self.findings("Envelope", root, 6) + [
            finding
            for part in parts
            if part.tag != f"{{{EB_NS}}}ConversationId"
            for finding in self.findings("Frame", part, 6)
        ]

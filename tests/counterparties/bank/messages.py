"""The messages a bank sends: framed ReceiverInfo 2.0 and Finvoiceack 2.0.

Element names and order in their templates are those of FinvoiceReceiverInfo.xsd and
Finvoiceack.xsd, use of them from the notification service guidelines (ReceiverInfo)
and from chapter 21 of the implementation guidelines (Finvoiceack, only ever sent on
failure).
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import etree

from counterparties.bank.frame import CHARSET, Finding, Frame
from counterparties.bank.values import Row

CODE_TEXTS = {
    1: "Received",
    2: "Receiver not found",
    3: "Service agreement missing",
    4: "Intermediator not found",
    5: "MessageId and timestamp already used",
    6: "Other error",
    7: "Schema error",
    800: "Other notification",
    801: "SenderInfo not found",
    803: "SenderInfo exists already",
    804: "SenderInfo cannot be allocated",
    805: "Receiver is a company",
    806: "Receiver declined",
    807: "Proposal cannot be allocated",
}
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates" / "messages"),
    undefined=StrictUndefined,
    autoescape=True,
)


def _made(template: str, **values: object) -> etree._Element:
    """The XML of a template; of white space only what stands in a value."""
    text = _templates.get_template(template).render(**values)
    element = etree.fromstring(text.strip(), etree.XMLParser(remove_blank_text=True))
    etree.indent(element)
    return element


def code_text(code: int) -> str:
    """What a code means; of one that nobody knows, that something is wrong."""
    return CODE_TEXTS.get(code, CODE_TEXTS[6])


def framed(frame: Frame, payload: etree._Element) -> bytes:
    """The frame with the payload directly behind it, as one file's bytes."""
    envelope = _made("frame.xml", frame=frame, name=etree.QName(payload).localname)
    head = etree.tostring(envelope, encoding=CHARSET, xml_declaration=False)
    body = etree.tostring(payload, encoding=CHARSET, xml_declaration=True)
    return head + b"\n" + body + b"\n"


def acknowledgement(original: Frame, findings: list[Finding]) -> etree._Element:
    """Finvoiceack 2.0 naming the original message and everything wrong with it."""
    text = code_text(findings[0].code)
    values = {"original": original, "findings": findings, "text": text}
    return _made("finvoiceack.xml", **values)


def receiver_info(action: str, order: Row, invoicer: Row, stamp: str) -> etree._Element:
    """ReceiverInfo 2.0: the announcement echoed, then the consumer's order."""
    values = {"action": action, "order": order, "invoicer": invoicer, "stamp": stamp}
    return _made("receiver_info.xml", **values)

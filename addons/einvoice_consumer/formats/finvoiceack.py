"""Finvoiceack: a bank or operator says what it did not accept.

Finvoice implementation guidelines, 21; schema of 28.1.2013 (version 2.0). Banks
send it only on failure. Names are matched without their namespace, because the
prefix ``eb`` is bound to different namespaces in practice.
"""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml as xml

from .errors import FormatError

ROOT = "Finvoiceack"
OTHER = "6"
WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class AckError:
    """One detail of the refusal."""

    code: str
    texts: tuple[str, ...]
    location: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of the message ``message_id``; the code as it was sent, or 6
    (other) where there is none."""

    message_id: str
    code: str
    texts: tuple[str, ...]
    errors: tuple[AckError, ...] = ()

    @property
    def is_notice(self) -> bool:
        """Whether there are nothing but warnings: the message was accepted."""
        return bool(self.errors) and all(
            error.severity == WARNING for error in self.errors
        )


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
    return Acknowledgement(
        message_id=message_id,
        code=xml.text_at(about, "Reason", "Code") or OTHER,
        texts=_texts(xml.descend(about, "Reason")),
        errors=tuple(_error(element) for element in xml.children(root, "Error")),
    )


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
        location=xml.text_at(element, "Location"),
        severity=xml.text_at(element, "Severity"),
    )

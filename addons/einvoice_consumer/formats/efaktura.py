"""Messages between an issuer of eFaktura and its operator, in JSON, one object each.

Which matters they tell is in public documents (docs/efaktura.md says which); the names
of members are a guess that stands here and there, until somebody has seen an
operator's own.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from odoo.addons.receivables_base.formats import moments, strict_json
from odoo.addons.receivables_base.formats.errors import FormatError

MOMENT = "2026-11-21T08:00:00Z"

# === TO THE OPERATOR === #


@dataclass(frozen=True, kw_only=True)
class Message:
    """What each message to the operator has: its own identifier, and when it was made
    (UTC, ISO 8601)."""

    message_id: str
    created_at: str


@dataclass(frozen=True, kw_only=True)
class IssuerAgreement(Message):
    """Orders or terminates the agreement by which a company issues eFaktura.

    :ivar action: ``order`` or ``terminate``
    :ivar organisation_number: nine digits
    :ivar take_over: whether an agreement through another provider ends
    """

    action: str
    organisation_number: str
    name: str = ""
    approver_name: str = ""
    approver_email: str = ""
    take_over: bool = False


@dataclass(frozen=True, kw_only=True)
class Lookup(Message):
    """Asks for the eFaktura identifier of a person, and what they agreed to.

    The answer has the ``message_id`` as its ``key``.

    :ivar mobile: ``+47`` and eight digits
    """

    mobile: str = ""
    email: str = ""
    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    birth_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class ConsentRequest(Message):
    """Asks for a link under which a person agrees to get eFaktura of this issuer.

    What becomes of it has the ``message_id`` as its ``key``.
    """

    mobile: str = ""
    email: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Invoice(Message):
    """An invoice: EHF Billing 3, and the picture of it that people see.

    :ivar avtalegiro: the customer's mandate pays it; eFaktura is the notice
    """

    recipient: str
    number: str
    kid: str
    amount: Decimal
    currency: str
    due_date: date
    avtalegiro: bool = False
    ehf: bytes
    pdf: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Cancellation(Message):
    """Takes back an invoice: the message that brought it is ``cancels``."""

    cancels: str


OUTGOING: dict[str, type[Message]] = {
    "issuer_agreement": IssuerAgreement,
    "lookup": Lookup,
    "consent_request": ConsentRequest,
    "invoice": Invoice,
    "cancellation": Cancellation,
}


def write(message: Message) -> bytes:
    """Return a message's bytes; what is empty is left out."""
    [kind] = [kind for kind, made in OUTGOING.items() if type(message) is made]
    told: dict[str, object] = {"type": kind}
    for field in fields(message):
        value = getattr(message, field.name)
        if value not in ("", b"", None):
            told[field.name] = _plain(value)
    return strict_json.write(told)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def read_kind(data: bytes) -> str:
    """Return of which type a message or event is.

    :raises FormatError: it is none
    """
    return strict_json.Node(strict_json.read_object(data)).required("type")


def show(data: bytes) -> str:
    """Return a message as people read it: line by line, EHF as it is behind it, and of
    a picture its size. Empty for what is no message."""
    try:
        told = strict_json.read_object(data, number=strict_json.Number)
        ehf = base64.b64decode(str(told.get("ehf") or ""), validate=True)
        pdf = base64.b64decode(str(told.get("pdf") or ""), validate=True)
    except ValueError:  # FormatError and binascii.Error are some
        return ""
    if pdf:
        told["pdf"] = f"({len(pdf)} bytes)"
    if ehf:
        told["ehf"] = f"({len(ehf)} bytes)"
    lines = json.dumps(told, indent=2, ensure_ascii=False)
    return "\n\n".join(filter(None, (lines, ehf.decode("utf-8", "replace"))))


# === FROM THE OPERATOR === #


@dataclass(frozen=True, kw_only=True)
class Event:
    """What each event has: its own identifier, and when it happened (ISO 8601)."""

    event_id: str
    created_at: str

    @property
    def at(self) -> datetime:
        """When it happened, in UTC."""
        return _read_moment(self.created_at)


@dataclass(frozen=True, kw_only=True)
class IssuerAgreementStatus(Event):
    """How far an issuer agreement has come.

    :ivar key: the message that ordered or terminated it; empty: the operator tells by
        itself
    :ivar link: where the approver approves
    """

    STATES = ("waiting", "approved", "refused", "expired", "terminated")

    state: str
    key: str = ""
    link: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class LookupAnswer(Event):
    """Who somebody is, and what they agreed to.

    :ivar key: the message that asked
    :ivar identifier: eFaktura identifier, where one is known
    :ivar general_consent: they take eFaktura of all issuers
    :ivar blocked: they do not take any of ours
    """

    key: str
    found: bool
    identifier: str = ""
    general_consent: bool = False
    blocked: bool = False


@dataclass(frozen=True, kw_only=True)
class ConsentStatus(Event):
    """What became of asking a person; or what a person decided without being asked.

    :ivar key: the message that asked; empty where nobody asked, ``identifier`` says
        who it is then
    :ivar link: where the person agrees
    """

    STATES = (
        "link",
        "approved",
        "refused",
        "expired",
        "blocked",
        "unblocked",
        "ended",
        "general",
    )

    state: str
    key: str = ""
    identifier: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class InvoiceStatus(Event):
    """How far an invoice has come; also what became of cancelling it.

    :ivar message_id: the message that brought the invoice, or cancelled it
    :ivar code: why it was refused
    """

    STATES = (
        "received",
        "awaiting_approval",
        "opened",
        "approved",
        "deleted",
        "refused",
        "cancelled",
    )

    message_id: str
    state: str
    code: str = ""
    text: str = ""


INCOMING: dict[str, type[Event]] = {
    "issuer_agreement_status": IssuerAgreementStatus,
    "lookup_answer": LookupAnswer,
    "consent_status": ConsentStatus,
    "invoice_status": InvoiceStatus,
}


def read_event(data: bytes) -> Event:
    """Read one event.

    :raises FormatError: it is none, or lacks something
    """
    node = strict_json.Node(strict_json.read_object(data))
    kind = node.value("type", INCOMING.get, " · ".join(INCOMING))
    common = {
        "event_id": node.required("event_id", most=strict_json.IDENTIFIER),
        "created_at": _created(node),
    }
    return _READERS[kind](node, common)


def _read_moment(text: str) -> datetime:
    found = moments.read_iso(text)
    if found is None:
        raise FormatError("pattern", "created_at", value=text, expected=MOMENT)
    return found


def _created(node: strict_json.Node) -> str:
    text = node.required("created_at", most=strict_json.IDENTIFIER)
    _read_moment(text)
    return text


def _state(node: strict_json.Node, states: tuple[str, ...]) -> str:
    def known(text: str) -> str | None:
        return text if text in states else None

    return node.value("state", known, " · ".join(states))


def _read_issuer_agreement(node: strict_json.Node, common: dict[str, str]) -> Event:
    return IssuerAgreementStatus(
        **common,
        state=_state(node, IssuerAgreementStatus.STATES),
        key=node.text("key"),
        link=_link(node),
        text=node.text("text", most=strict_json.LONG),
    )


def _read_lookup(node: strict_json.Node, common: dict[str, str]) -> Event:
    found = node.flag("found")
    return LookupAnswer(
        **common,
        key=node.required("key"),
        found=found,
        identifier=node.required("identifier") if found else "",
        general_consent=node.flag("general_consent"),
        blocked=node.flag("blocked"),
    )


def _read_consent(node: strict_json.Node, common: dict[str, str]) -> Event:
    state = _state(node, ConsentStatus.STATES)
    event = ConsentStatus(
        **common,
        state=state,
        key=node.text("key"),
        identifier=node.text("identifier"),
        link=_link(node),
    )
    if state == "link" and not event.link:
        raise FormatError("missing", node.where("link"))
    if not event.key and not event.identifier:
        raise FormatError("missing", node.where("key"))
    return event


def _read_invoice(node: strict_json.Node, common: dict[str, str]) -> Event:
    return InvoiceStatus(
        **common,
        message_id=node.required("message_id"),
        state=_state(node, InvoiceStatus.STATES),
        code=node.text("code"),
        text=node.text("text", most=strict_json.LONG),
    )


def _link(node: strict_json.Node) -> str:
    """A link that people are sent: nothing else than a page of the web."""

    def page(text: str) -> str | None:
        is_page = text.startswith(("https://", "http://127.0.0.1:"))
        return text if is_page and text.isprintable() and " " not in text else None

    if not node.has("link") or not node.text("link", most=2000):
        return ""
    return node.value("link", page, "https://…", most=2000)


_READERS = {
    IssuerAgreementStatus: _read_issuer_agreement,
    LookupAnswer: _read_lookup,
    ConsentStatus: _read_consent,
    InvoiceStatus: _read_invoice,
}

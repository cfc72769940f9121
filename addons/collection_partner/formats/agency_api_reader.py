"""Answers and events of the agency API, from bytes to dataclasses.

Every function raises :class:`FormatError` naming the place, such as
``balance.capital.paid``, when the bytes are not what docs/agency_api.yaml says.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from odoo.addons.receivables_base.formats import strict_json
from odoo.addons.receivables_base.formats.amounts import read_signed
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import read_day, read_iso
from odoo.addons.receivables_base.formats.strict_json import IDENTIFIER, LONG

from .agency_api_model import (
    Action,
    Address,
    Balance,
    Case,
    Creditor,
    Document,
    Error,
    Event,
    FieldError,
    History,
    Instalment,
    Money,
    Part,
    Settings,
    Terms,
)

# It is shown as a link: a script must not come along.
_URL = re.compile(r"https?://[^\s<>\"]{1,2000}")


class Node(strict_json.Node):
    """An object with the contract's own kinds of texts ."""

    def url(self, name: str) -> str:
        """An address that a browser may open; empty when there is none."""
        if not self.text(name, most=2010):
            return ""
        return self.value(name, _read_url, "an address such as 'https://…'", most=2010)

    def money(self, name: str) -> Decimal:
        """An amount, which must be there."""
        return self.value(name, read_signed, "an amount such as '1250.00'")

    def day(self, name: str) -> date:
        """A date, which must be there."""
        return self.value(name, read_day, "a date such as '2026-03-01'")

    def optional_day(self, name: str) -> date | None:
        """A date, or None when there is none."""
        return self.day(name) if self.text(name) else None

    def moment(self, name: str) -> datetime:
        """A time, which must be there; to the second."""
        expected = "a time such as '2026-03-01T08:30:00Z'"
        return self.value(name, _read_utc, expected).replace(microsecond=0)


def _read_utc(text: str) -> datetime | None:
    return read_iso(text) if text.endswith("Z") else None


def _read_url(text: str) -> str | None:
    return text if _URL.fullmatch(text) else None


def read_terms(data: bytes) -> Terms:
    """The answer of ``GET /terms``."""
    node = _root(data)
    return Terms(
        terms_version=node.required("version"),
        terms_url=node.url("url"),
        price_list_url=node.url("price_list_url"),
        text=node.text("text", most=LONG),
    )


def read_creditor(data: bytes) -> Creditor:
    """The creditor, as ``GET /creditors/{id}`` answers it."""
    node = _root(data)
    terms = node.child("terms")
    return Creditor(
        creditor_id=node.required("id", IDENTIFIER),
        external_id=node.text("external_id", most=IDENTIFIER),
        state=node.required("state"),
        agreement_number=node.text("agreement_number"),
        portal_url=node.url("portal_url"),
        terms_version=terms.text("version"),
        terms_url=terms.url("url"),
        price_list_url=terms.url("price_list_url"),
        settings=_settings(node.child("settings")),
    )


def read_settings(data: bytes) -> Settings:
    """The answer of ``GET`` and ``PUT …/settings``."""
    return _settings(_root(data))


def _settings(node: Node) -> Settings:
    default = Settings()
    return Settings(
        services=node.text("services", default.services),
        approve_before_demand=node.flag(
            "approve_before_demand", default.approve_before_demand
        ),
        approve_before_legal=node.flag(
            "approve_before_legal", default.approve_before_legal
        ),
        letter_include_lines=node.flag(
            "letter_include_lines", default.letter_include_lines
        ),
        letter_external_number=node.flag(
            "letter_external_number", default.letter_external_number
        ),
        notification_email=node.text("notification_email"),
        version=node.whole("version") if node.has("version") else default.version,
    )


def read_case(data: bytes) -> Case:
    """The case, as ``GET /cases/{id}`` answers it."""
    return _case(_root(data))


def _case(node: Node) -> Case:
    status = node.child("agency_status")
    balance = node.child("balance")
    return Case(
        agency_case_id=node.required("id", IDENTIFIER),
        external_id=node.text("external_id", most=IDENTIFIER),
        case_number=node.text("case_number"),
        reference=node.text("reference"),
        agreement_number=node.text("agreement_number"),
        invoice_number=node.text("invoice_number"),
        state=node.required("state"),
        outcome=node.text("outcome"),
        status_code=status.required("code"),
        status_label=status.text("label"),
        version=node.whole("version"),
        updated_at=node.moment("updated_at"),
        portal_url=node.url("portal_url"),
        action_required=node.flag("action_required"),
        action_hint=node.text("action_hint", most=LONG),
        available_actions=node.texts("available_actions"),
        currency=balance.required("currency"),
        balance=Balance(
            capital=_part(balance.child("capital")),
            interest=_part(balance.child("interest")),
            fees=_part(balance.child("fees")),
            court_fees=_part(balance.child("court_fees")),
        ),
        withdrawal_fee=_fee(node, "withdrawal_fee"),
        instalments=_instalments(node),
        limitation_date=node.optional_day("limitation_date"),
        new_address=_new_address(node),
        documents=tuple(_document(one) for one in node.children("documents")),
        history=tuple(_history(one) for one in node.children("history")),
    )


def _part(node: Node) -> Part:
    return Part(
        original=node.money("original"),
        paid=node.money("paid"),
        remaining=node.money("remaining"),
    )


def _fee(node: Node, name: str) -> Money | None:
    if not node.has(name):
        return None
    fee = node.child(name)
    return Money(amount=fee.money("amount"), currency=fee.required("currency"))


def _instalments(node: Node) -> tuple[Instalment, ...]:
    if not node.has("payment_plan"):
        return ()
    return tuple(
        Instalment(
            due_date=one.day("due_date"),
            amount=one.money("amount"),
            paid=one.flag("paid"),
        )
        for one in node.child("payment_plan").children("instalments")
    )


def _new_address(node: Node) -> Address | None:
    if not node.has("debtor") or not node.child("debtor").has("new_address"):
        return None
    address = node.child("debtor").child("new_address")
    return Address(
        street=address.text("street"),
        zip=address.text("zip"),
        city=address.text("city"),
        country=address.text("country"),
    )


def _document(node: Node) -> Document:
    return Document(
        id=node.required("id", IDENTIFIER),
        name=node.text("name"),
        size=node.whole("size", most=2**63 - 1),
        created_at=node.moment("created_at"),
    )


def _history(node: Node) -> History:
    return History(
        id=node.required("id", IDENTIFIER),
        at=node.moment("at"),
        actor=node.text("actor"),
        code=node.text("code"),
        label=node.text("label"),
        text=node.text("text", most=LONG),
    )


def read_action(data: bytes) -> Action:
    """The answer of ``POST …/actions``."""
    node = _root(data)
    return Action(fee=_fee(node, "fee"), case=_case(node.child("case")))


def read_events(data: bytes) -> tuple[Event, ...]:
    """Events of a page of ``GET /events`` or of a webhook, both modes."""
    node = _root(data)
    if node.has("events"):
        return tuple(_event(one) for one in node.children("events"))
    return (_event(node),)


def read_event_page(data: bytes) -> tuple[tuple[Event, ...], tuple[FormatError, ...]]:
    """Events of a page of ``GET /events``, and what is wrong with those that cannot be
    read: one of them does not hold up the others."""
    events, errors = [], []
    for node in _root(data).children("events"):
        try:
            events.append(_event(node))
        except FormatError as error:
            errors.append(error)
    return tuple(events), tuple(errors)


def _event(node: Node) -> Event:
    return Event(
        event_id=node.required("id", IDENTIFIER),
        type=node.required("type"),
        created_at=node.moment("created_at"),
        creditor_id=node.text("creditor_id", most=IDENTIFIER),
        case_id=node.text("case_id", most=IDENTIFIER),
        case_version=node.whole("case_version") if node.has("case_version") else None,
        object_id=node.text("object_id", most=IDENTIFIER),
    )


def read_error(data: bytes) -> Error:
    """The body of a refusal."""
    node = _root(data)
    return Error(
        code=node.required("code"),
        message=node.text("message", most=LONG),
        field_errors=tuple(
            FieldError(
                field=one.text("field"),
                code=one.text("code"),
                message=one.text("message", most=LONG),
            )
            for one in node.children("field_errors")
        ),
        details=node.details("details", lists=("currencies", "available_actions")),
        trace_id=node.text("trace_id"),
    )


def _root(data: bytes) -> Node:
    return Node(strict_json.read(data))

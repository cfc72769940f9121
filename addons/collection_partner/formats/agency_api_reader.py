"""Answers and events of the agency API, from bytes to plain values.

Contract: docs/agency_api.yaml. Every function raises
:class:`FormatError` naming the place, such as ``balance.capital.paid``, when the bytes
are not what the contract says; what nobody here uses is not looked at.

Amounts are Decimal, times naive UTC, texts that are not given ``""``. Codes of states,
statuses and events are kept as they come.
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

Values = dict[str, object]

ADDRESS = ("street", "zip", "city", "country")
BALANCE = ("capital", "interest", "fees", "court_fees")
SETTLED = (
    *("capital", "interest", "fees", "agency_fees", "court_fees"),
    *("commission", "vat", "net"),
)
# It is shown as a link: a script must not come along.
_URL = re.compile(r"https?://[^\s<>\"]{1,2000}")


class Node(strict_json.Node):
    """An object with the contract's own kinds of texts."""

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

    def moment(self, name: str) -> datetime:
        """A time, which must be there; to the second."""
        return self.value(name, _read_utc, "a time such as '2026-03-01T08:30:00Z'")

    def optional(self, name: str) -> Node | None:
        """An object, or None when there is none."""
        return self.child(name) if self.has(name) else None


def _read_utc(text: str) -> datetime | None:
    moment = read_iso(text) if text.endswith("Z") else None
    return moment and moment.replace(microsecond=0, tzinfo=None)


def _read_url(text: str) -> str | None:
    return text if _URL.fullmatch(text) else None


def read_terms(data: bytes) -> Values:
    """The answer of ``GET /terms``."""
    node = _root(data)
    return {
        "terms_version": node.required("version"),
        "terms_url": node.url("url"),
        "price_list_url": node.url("price_list_url"),
        "text": node.text("text", most=LONG),
    }


def read_creditor(data: bytes) -> Values:
    """The creditor as ``GET /creditors/{id}`` answers it."""
    node = _root(data)
    terms = node.child("terms")
    return {
        "creditor_id": node.required("id", IDENTIFIER),
        "external_id": node.text("external_id", most=IDENTIFIER),
        "state": node.required("state"),
        "agreement_number": node.text("agreement_number"),
        "portal_url": node.url("portal_url"),
        "terms_version": terms.text("version"),
        "terms_url": terms.url("url"),
        "price_list_url": terms.url("price_list_url"),
        "settings": _settings(node.child("settings")),
    }


def read_settings(data: bytes) -> Values:
    """The answer of ``GET`` and ``PUT …/settings``, with its defaults."""
    return _settings(_root(data))


def _settings(node: Node) -> Values:
    return {
        "services": node.text("services", "reminder_and_collection"),
        "approve_before_demand": node.flag("approve_before_demand"),
        "approve_before_legal": node.flag("approve_before_legal", True),
        "letter_include_lines": node.flag("letter_include_lines"),
        "letter_external_number": node.flag("letter_external_number", True),
        "notification_email": node.text("notification_email"),
    }


def read_case(data: bytes) -> Values:
    """The case; all amounts are in ``currency``."""
    node = _root(data)
    status, balance = node.child("agency_status"), node.child("balance")
    fee, plan = node.optional("withdrawal_fee"), node.optional("payment_plan")
    debtor = node.optional("debtor")
    address = debtor and debtor.optional("new_address")
    return {
        "agency_case_id": node.required("id", IDENTIFIER),
        "case_number": node.text("case_number"),
        "invoice_number": node.text("invoice_number"),
        "debtor_name": debtor.text("name") if debtor else "",
        "reference": node.text("reference"),
        "matter": node.text("matter", most=IDENTIFIER),
        "state": node.required("state"),
        "outcome": node.text("outcome"),
        "status_code": status.required("code"),
        "status_label": status.text("label"),
        "version": node.whole("version"),
        "portal_url": node.url("portal_url"),
        "action_required": node.flag("action_required"),
        "action_hint": node.text("action_hint", most=LONG),
        "available_actions": list(node.texts("available_actions")),
        "currency": balance.required("currency"),
        "balance": {part: _part(balance.child(part)) for part in BALANCE},
        "withdrawal_fee": fee and fee.money("amount"),
        "instalments": [
            {
                "due_date": one.day("due_date"),
                "amount": one.money("amount"),
                "paid": one.flag("paid"),
            }
            for one in (plan.children("instalments") if plan else ())
        ],
        "limitation_date": node.day("limitation_date")
        if node.text("limitation_date")
        else None,
        "new_address": address and {name: address.text(name) for name in ADDRESS},
        "documents": [
            {"id": one.required("id", IDENTIFIER), "name": one.text("name")}
            for one in node.children("documents")
        ],
        "history": [
            {
                "id": one.required("id", IDENTIFIER),
                "at": one.moment("at"),
                "actor": one.text("actor"),
                "code": one.text("code"),
                "label": one.text("label"),
                "text": one.text("text", most=LONG),
            }
            for one in node.children("history")
        ],
    }


def _part(node: Node) -> Values:
    return {name: node.money(name) for name in ("original", "paid", "remaining")}


def read_money_done(data: bytes) -> Values:
    """What became of a payment or a credit note that was told of: how much of it
    counts, and how much does not."""
    node = _root(data)
    ignored = node.money("ignored_amount") if node.has("ignored_amount") else Decimal(0)
    return {"applied": node.money("applied_amount"), "ignored": ignored}


def read_settlement_page(
    data: bytes,
) -> tuple[list[Values], list[FormatError], str]:
    """Settlements of a page of ``GET /settlements``, what is wrong with those that
    cannot be read, and the cursor of the next page."""
    settlements, errors, root = [], [], _root(data)
    for node in root.children("settlements"):
        try:
            settlements.append(_settlement(node))
        except FormatError as error:
            errors.append(error)
    return settlements, errors, root.text("next_cursor", most=LONG)


def _settlement(node: Node) -> Values:
    return {
        "settlement_id": node.required("id", IDENTIFIER),
        "kind": node.required("payout_mode"),
        "date": node.day("value_date"),
        "bank_reference": node.text("bank_reference"),
        "payer_name": node.text("payer_name"),
        "payer_account": node.text("payer_iban"),
        "currency": node.required("currency"),
        "total": node.money("total"),
        "has_pdf": bool(node.url("pdf_url")),
        "lines": [
            {
                "case_id": one.text("case_id", most=IDENTIFIER),
                "case_number": one.text("case_number"),
                "external_id": one.text("external_id", most=IDENTIFIER),
                "invoice_number": one.text("invoice_number"),
                "reference": "",
                "payment_id": one.text("payment_id", most=IDENTIFIER),
                "date": one.day("payment_date"),
                **{name: one.money(name) for name in SETTLED},
            }
            for one in node.children("lines")
        ],
    }


def read_events(data: bytes) -> list[Values]:
    """The events of a webhook's call, one or many."""
    node = _root(data)
    nodes = node.children("events") if node.has("events") else (node,)
    return [_event(one) for one in nodes]


def read_event_page(data: bytes) -> tuple[list[Values], list[FormatError]]:
    """Events of a page of ``GET /events``, and what is wrong with those that cannot be
    read: one of them does not hold up the others."""
    events, errors = [], []
    for node in _root(data).children("events"):
        try:
            events.append(_event(node))
        except FormatError as error:
            errors.append(error)
    return events, errors


def _event(node: Node) -> Values:
    return {
        "event_id": node.required("id", IDENTIFIER),
        "type": node.required("type"),
        "case_id": node.text("case_id", most=IDENTIFIER),
    }


def read_error(data: bytes) -> Values:
    """The body of a refusal; ``details`` depend on the ``code``."""
    node = _root(data)
    return {
        "code": node.required("code"),
        "message": node.text("message", most=LONG),
        "field_errors": [
            {
                "field": one.text("field"),
                "code": one.text("code"),
                "message": one.text("message", most=LONG),
            }
            for one in node.children("field_errors")
        ],
        "details": node.details("details", lists=("currencies", "available_actions")),
    }


def _root(data: bytes) -> Node:
    return Node(strict_json.read(data))

"""Requests of the agency API, from plain values to bytes.

Contract: docs/agency_api.yaml. What the agency would refuse for its
form is refused here, with the contract's own path of the field. Members that are not
given are left out. Amounts are Decimal with the decimals of their currency, times in
UTC, countries ISO 3166-1 alpha-2, languages ISO 639-1, currencies ISO 4217.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from odoo.addons.receivables_base.formats import strict_json
from odoo.addons.receivables_base.formats.amounts import write_signed
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import write_day, write_iso

Body = dict[str, object]

_TWO_LETTERS = re.compile(r"[A-Za-z]{2}", re.ASCII), "a code of two letters"
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII), "a currency code"


class Given:
    """The values of an object that is to be written, and the place where it goes: the
    counterpart of ``strict_json.Node``."""

    def __init__(self, values: Mapping[str, Any], place: str = "") -> None:
        self._values = values
        self._place = place

    def where(self, name: str) -> str:
        """The place of a member of this object."""
        return f"{self._place}.{name}" if self._place else name

    def text(self, name: str, limit: int | None = None) -> str:
        """A text of at most ``limit`` characters, or ``""``."""
        value: str = self._values.get(name) or ""
        if limit is not None and len(value) > limit:
            where = self.where(name)
            raise FormatError("too_long", where, length=len(value), limit=limit)
        return value

    def has(self, name: str) -> bool:
        """Whether anything is given."""
        return bool(self._values.get(name))

    def texts(self, *names: str) -> Body:
        """Several texts, by their names."""
        return {name: self.text(name) for name in names}

    def required(self, name: str, limit: int | None = None) -> str:
        """A text that must be given."""
        value = self.text(name, limit)
        if not value.strip():
            raise FormatError("missing", self.where(name))
        return value

    def choice(self, name: str, *allowed: str) -> str:
        """One of the words that the contract allows."""
        value = self.text(name)
        if value not in allowed:
            expected = " or ".join(allowed)
            where = self.where(name)
            raise FormatError("pattern", where, value=value, expected=expected)
        return value

    def code(self, name: str, kind: tuple[re.Pattern[str], str]) -> str:
        """A code of a kind, which must be given."""
        pattern, expected = kind
        value = self.required(name)
        if not pattern.fullmatch(value):
            where = self.where(name)
            raise FormatError("pattern", where, value=value, expected=expected)
        return value

    def optional_code(self, name: str, kind: tuple[re.Pattern[str], str]) -> str:
        """A code of a kind, or ``""``."""
        return self.code(name, kind) if self.text(name) else ""

    def amount(self, name: str) -> str:
        """An amount."""
        return write_signed(self._values[name], self.where(name))

    def day(self, name: str) -> str:
        """A date, which must be given."""
        if not self._values[name]:
            raise FormatError("missing", self.where(name))
        return write_day(self._values[name])

    def child(self, name: str) -> Given:
        """An object."""
        return Given(self._values[name], self.where(name))

    def children(self, name: str) -> Iterator[Given]:
        """The objects of a list."""
        for index, values in enumerate(self._values.get(name) or ()):
            yield Given(values, f"{self.where(name)}[{index}]")


def render_case(told: Mapping[str, Any]) -> bytes:
    """The body of ``POST /cases``.

    :raises FormatError: ``missing``, ``too_long``, ``pattern`` or ``out_of_range``
    """
    given = Given(told)
    return _to_bytes(
        {
            "external_id": given.required("external_id", 64),
            "agreement_number": given.text("agreement_number", 64),
            "claim_type": given.choice("claim_type", "invoice", "rent", "other"),
            "first_action": given.choice("first_action", "reminder", "demand"),
            "matter": given.text("matter", 64),
            "invoice": _invoice(given.child("invoice")),
            "letter_text": given.text("letter_text", 1000),
            "claim": _claim(given.child("claim")),
            "debtor": _debtor(given.child("debtor")),
            "note": given.text("note", 4000),
        }
    )


def _invoice(invoice: Given) -> Body:
    return {
        "number": invoice.required("number", 64),
        "external_number": invoice.text("external_number", 64),
        "date": invoice.day("date"),
        "due_date": invoice.day("due_date"),
        "currency": invoice.code("currency", _CURRENCY),
        "original_amount": invoice.amount("original_amount"),
        "open_amount": invoice.amount("open_amount"),
        "delivered_as": invoice.choice(
            "delivered_as", "einvoice", "email", "post", "portal", "unknown"
        ),
        "description": invoice.text("description", 1000),
    }


def _claim(claim: Given) -> Body:
    return {
        "capital": claim.amount("capital"),
        "interest": claim.amount("interest"),
        "fees_already_claimed": [
            _fee(fee) for fee in claim.children("fees_already_claimed")
        ],
    }


def _fee(fee: Given) -> Body:
    return {
        "type": fee.choice("type", "reminder", "other"),
        "date": fee.day("date"),
        "amount": fee.amount("amount"),
        "currency": fee.code("currency", _CURRENCY),
    }


def _debtor(debtor: Given) -> Body:
    kind = debtor.choice("type", "company", "person")
    write_number = debtor.required if kind == "company" else debtor.text
    return {
        "number": debtor.text("number", 64),
        "type": kind,
        "name": debtor.required("name", 200),
        "id_number": write_number("id_number", 32),
        "address": _address(debtor),
        "language": debtor.optional_code("language", _TWO_LETTERS),
        **debtor.texts("email", "phone"),
        "contact": debtor.child("contact").texts("name", "email", "phone"),
        "co_debtors": [_co_debtor(person) for person in debtor.children("co_debtors")],
    }


def _co_debtor(person: Given) -> Body:
    return {
        "type": person.choice("type", "company", "person"),
        "name": person.required("name", 200),
        "id_number": person.text("id_number", 32),
        "address": _address(person) if person.has("address") else None,
        **person.texts("email", "phone"),
    }


def _address(person: Given) -> Body:
    address = person.child("address")
    return {
        **{name: address.required(name) for name in ("street", "zip", "city")},
        "country": address.code("country", _TWO_LETTERS),
    }


def render_reason(reason: str) -> bytes:
    """The body of ``POST …/terminate``; a call without reason is empty."""
    return _to_bytes({"reason": Given({"reason": reason}).text("reason", 1000)})


def render_registration(external_id: str, system: str, terms_version: str) -> bytes:
    """The body of ``POST /creditors``."""
    return _to_bytes(
        {
            "external_id": external_id,
            "accounting_system": system,
            "terms_version": terms_version,
        }
    )


def render_creditor(told: Mapping[str, Any]) -> bytes:
    """The body of ``PATCH /creditors/{id}``.

    Incomplete data is written as it is: the agency says what activation lacks. The
    ``external_id`` is given only while the creditor has none at the agency, as when
    its agreement was made outside; ``terms_accepted`` only when they have been.

    :raises FormatError: ``missing`` or ``pattern``
    """
    given = Given(told)
    company, contact = given.child("company"), given.child("contact")
    terms = given.child("terms_accepted") if told["terms_accepted"] else None
    return _to_bytes(
        {
            "external_id": given.text("external_id"),
            "company": {
                **company.texts("name", "org_number", "vat_number"),
                **company.texts("street", "zip", "city", "email", "phone"),
                "country": company.optional_code("country", _TWO_LETTERS),
            },
            "bank_accounts": [
                account.texts("iban", "account_number", "bic", "currency")
                for account in given.children("bank_accounts")
            ],
            "contact": {
                **contact.texts("name", "email", "phone"),
                "language": contact.optional_code("language", _TWO_LETTERS),
            },
            "terms_accepted": terms
            and {
                "version": terms.required("version"),
                "at": write_iso(told["terms_accepted"]["at"]),
                "by": terms.required("by"),
            },
        }
    )


def render_webhook(webhook: Mapping[str, Any]) -> bytes:
    """The body of ``PUT /creditors/{id}/webhook``: one event a call."""
    given = Given(webhook, "webhook")
    return _to_bytes(
        {
            "url": given.required("url", 500),
            "secret": given.required("secret", 255),
            "enabled": True,
            "mode": "single",
        }
    )


def render_settings(values: Mapping[str, object]) -> bytes:
    """The body of ``PUT …/settings``: those given of the contract's.

    An empty ``notification_email`` means the contact's address.
    """
    return strict_json.write(
        {name: None if value == "" else value for name, value in values.items()}
    )


def render_action(action: str, reason: str = "", until: date | None = None) -> bytes:
    """The body of ``POST …/actions``.

    :raises FormatError: ``too_long``
    """
    return _to_bytes(
        {
            "type": action,
            "until": until and write_day(until),
            "reason": Given({"reason": reason}).text("reason", 1000),
        }
    )


def render_payment(payment: Mapping[str, Any]) -> bytes:
    """The body of ``POST …/payments``: what the debtor paid the creditor directly.

    :raises FormatError: ``missing``, ``too_long``, ``pattern`` or ``out_of_range``
    """
    given = Given(payment)
    return _to_bytes(
        {
            "external_id": given.required("external_id", 64),
            "date": given.day("date"),
            "amount": given.amount("amount"),
            "currency": given.code("currency", _CURRENCY),
            "description": given.text("number", 1000),
        }
    )


def render_credit_note(credit_note: Mapping[str, Any]) -> bytes:
    """The body of ``POST …/credit-notes``.

    :raises FormatError: as :func:`render_payment`
    """
    given = Given(credit_note)
    return _to_bytes(
        {
            "external_id": given.required("external_id", 64),
            "number": given.required("number", 64),
            "date": given.day("date"),
            "amount": given.amount("amount"),
            "currency": given.code("currency", _CURRENCY),
        }
    )


def render_fee(fee: Mapping[str, Any]) -> bytes:
    """The body of ``POST …/fees``: what the creditor has charged since the transfer.

    :raises FormatError: as :func:`render_payment`
    """
    return _to_bytes(_fee(Given(fee)))


def _to_bytes(body: Body) -> bytes:
    return strict_json.write(_without_empty(body))


def _without_empty(value: object) -> object:
    """The value without what is not given, at every depth."""
    if isinstance(value, dict):
        made = {name: _without_empty(one) for name, one in value.items()}
        return {
            name: one for name, one in made.items() if one not in ("", None, [], {})
        }
    if isinstance(value, list):
        return [_without_empty(one) for one in value]
    return value

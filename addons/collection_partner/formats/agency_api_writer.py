"""Requests of the agency API, from dataclasses to bytes.

What the agency would refuse for its form is refused here, with the contract's own
path of the field (docs/agency_api.yaml). Members that are not given are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date

from odoo.addons.receivables_base.formats.amounts import write_signed
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import (
    check_aware,
    write_day,
    write_iso,
)

from .agency_api_model import (
    Account,
    Address,
    Claim,
    Company,
    Contact,
    CreditorChanges,
    Debtor,
    Fee,
    Invoice,
    TermsAccepted,
    Transfer,
    Webhook,
)

_CODES = {
    2: (re.compile(r"[A-Za-z]{2}", re.ASCII), "a code of two letters"),
    3: (re.compile(r"[A-Z]{3}", re.ASCII), "a currency code"),
}
_SETTINGS = {
    "services": str,
    "approve_before_demand": bool,
    "approve_before_legal": bool,
    "letter_include_lines": bool,
    "letter_external_number": bool,
    "notification_email": str,
    "version": int,
}


def render_case(transfer: Transfer) -> bytes:
    """The body of ``POST /cases``.

    :raises FormatError: ``missing``, ``too_long``, ``pattern`` or ``out_of_range``
    """
    return _to_bytes(
        {
            "external_id": _required(transfer.external_id, "external_id", 64),
            "agreement_number": _text(
                transfer.agreement_number, "agreement_number", 64
            ),
            "claim_type": _choice(
                transfer.claim_type, "claim_type", ("invoice", "rent", "other")
            ),
            "first_action": _choice(
                transfer.first_action, "first_action", ("reminder", "demand")
            ),
            "invoice": _invoice(transfer.invoice),
            "letter_text": _text(transfer.letter_text, "letter_text", 1000),
            "claim": _claim(transfer.claim),
            "debtor": _debtor(transfer.debtor),
            "note": _text(transfer.note, "note", 4000),
        }
    )


def _invoice(invoice: Invoice) -> dict[str, object]:
    return {
        "number": _required(invoice.number, "invoice.number", 64),
        "external_number": _text(
            invoice.external_number, "invoice.external_number", 64
        ),
        "date": _day(invoice.date, "invoice.date"),
        "due_date": _day(invoice.due_date, "invoice.due_date"),
        "currency": _code(invoice.currency, "invoice.currency", 3),
        "original_amount": write_signed(
            invoice.original_amount, "invoice.original_amount"
        ),
        "open_amount": write_signed(invoice.open_amount, "invoice.open_amount"),
        "delivered_as": _choice(
            invoice.delivered_as,
            "invoice.delivered_as",
            ("einvoice", "email", "post", "portal", "unknown"),
        ),
        "description": _text(invoice.description, "invoice.description", 1000),
    }


def _claim(claim: Claim) -> dict[str, object]:
    return {
        "capital": write_signed(claim.capital, "claim.capital"),
        "interest": write_signed(claim.interest, "claim.interest"),
        "fees_already_claimed": [
            _fee(fee, f"claim.fees_already_claimed[{index}]")
            for index, fee in enumerate(claim.fees_already_claimed)
        ],
    }


def _fee(fee: Fee, place: str) -> dict[str, object]:
    return {
        "type": _choice(fee.type, f"{place}.type", ("reminder", "other")),
        "date": _day(fee.date, f"{place}.date"),
        "amount": write_signed(fee.amount, f"{place}.amount"),
        "currency": _code(fee.currency, f"{place}.currency", 3),
    }


def _debtor(debtor: Debtor) -> dict[str, object]:
    kind = _choice(debtor.type, "debtor.type", ("company", "person"))
    id_number = _text(debtor.id_number, "debtor.id_number", 32)
    if kind == "company" and not id_number:
        raise FormatError("missing", "debtor.id_number")
    return {
        "number": _text(debtor.number, "debtor.number", 64),
        "type": kind,
        "name": _required(debtor.name, "debtor.name", 200),
        "id_number": id_number,
        "address": _address(debtor.address, "debtor.address"),
        "language": _optional_code(debtor.language, "debtor.language", 2),
        "email": _text(debtor.email, "debtor.email"),
        "phone": _text(debtor.phone, "debtor.phone"),
        "contact": _contact(debtor.contact) if debtor.contact else None,
    }


def _address(address: Address, place: str) -> dict[str, object]:
    return {
        "street": _required(address.street, f"{place}.street"),
        "zip": _required(address.zip, f"{place}.zip"),
        "city": _required(address.city, f"{place}.city"),
        "country": _code(address.country, f"{place}.country", 2),
    }


def _contact(contact: Contact) -> dict[str, object]:
    return {"name": contact.name, "email": contact.email, "phone": contact.phone}


def render_reason(reason: str) -> bytes:
    """The body of ``POST …/terminate``; a call without reason is empty."""
    return _to_bytes({"reason": _text(reason, "reason", 1000)})


def render_registration(external_id: str, system: str, terms_version: str) -> bytes:
    """The body of ``POST /creditors``."""
    return _to_bytes(
        {
            "external_id": _required(external_id, "external_id", 64),
            "accounting_system": _required(system, "accounting_system", 64),
            "terms_version": terms_version,
        }
    )


def render_creditor(changes: CreditorChanges) -> bytes:
    """The body of ``PATCH /creditors/{id}``.

    Incomplete data is written as it is: the agency says what activation lacks.

    :raises FormatError: ``missing``, ``pattern`` or ``timezone``
    """
    return _to_bytes(
        {
            "external_id": changes.external_id,
            "company": _company(changes.company),
            "bank_accounts": [_account(account) for account in changes.accounts],
            "contact": {
                **_contact(changes.contact),
                "language": _optional_code(
                    changes.contact.language, "contact.language", 2
                ),
            },
            "terms_accepted": _terms(changes.terms) if changes.terms else None,
        }
    )


def _company(company: Company) -> dict[str, object]:
    return {
        "name": company.name,
        "org_number": company.org_number,
        "vat_number": company.vat_number,
        "street": company.street,
        "zip": company.zip,
        "city": company.city,
        "country": _optional_code(company.country, "company.country", 2),
        "email": company.email,
        "phone": company.phone,
    }


def _account(account: Account) -> dict[str, object]:
    return {
        "iban": account.iban,
        "account_number": account.account_number,
        "bic": account.bic,
        "currency": account.currency,
    }


def _terms(terms: TermsAccepted) -> dict[str, object]:
    return {
        "version": _required(terms.version, "terms_accepted.version"),
        "at": write_iso(check_aware(terms.at, "terms_accepted.at")),
        "by": _required(terms.by, "terms_accepted.by"),
    }


def render_webhook(webhook: Webhook) -> bytes:
    """The body of ``PUT /creditors/{id}/webhook``: one event a call."""
    return _to_bytes(
        {
            "url": _required(webhook.url, "webhook.url", 500),
            "secret": _required(webhook.secret, "webhook.secret", 255),
            "enabled": webhook.enabled,
            "mode": "single",
        }
    )


def render_settings(values: Mapping[str, object]) -> bytes:
    """The body of ``PUT …/settings``: those given of the contract's.

    An empty ``notification_email`` means the contact's address.

    :raises FormatError: ``type``
    """
    body: dict[str, object] = {}
    for name, kind in _SETTINGS.items():
        if name not in values:
            continue
        value = values[name]
        if type(value) is not kind:
            found = type(value).__name__
            raise FormatError("type", name, found=found, expected=kind.__name__)
        body[name] = None if value == "" else value
    return _dump(body)


def render_action(action: str, reason: str = "", until: date | None = None) -> bytes:
    """The body of ``POST …/actions``.

    :raises FormatError: ``missing`` or ``too_long``
    """
    return _to_bytes(
        {
            "type": _required(action, "type"),
            "until": write_day(until) if until else None,
            "reason": _text(reason, "reason", 1000),
        }
    )


def _text(value: str, field: str, limit: int | None = None) -> str:
    if limit is not None and len(value) > limit:
        raise FormatError("too_long", field, length=len(value), limit=limit)
    return value


def _required(value: str, field: str, limit: int | None = None) -> str:
    if not value.strip():
        raise FormatError("missing", field)
    return _text(value, field, limit)


def _choice(value: str, field: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        expected = " or ".join(allowed)
        raise FormatError("pattern", field, value=value, expected=expected)
    return value


def _code(value: str, field: str, length: int) -> str:
    pattern, expected = _CODES[length]
    if not pattern.fullmatch(_required(value, field)):
        raise FormatError("pattern", field, value=value, expected=expected)
    return value


def _optional_code(value: str, field: str, length: int) -> str:
    return _code(value, field, length) if value else ""


def _day(value: date | None, field: str) -> str:
    if value is None:
        raise FormatError("missing", field)
    return write_day(value)


def _to_bytes(body: Mapping[str, object]) -> bytes:
    return _dump(_given(body))


def _given(body: Mapping[str, object]) -> dict[str, object]:
    """The body without what is not given, at every depth."""
    given = {}
    for name, value in body.items():
        if isinstance(value, dict):
            value = _given(value)
        elif isinstance(value, list):
            value = [_given(one) if isinstance(one, dict) else one for one in value]
        if value is not None and value not in ("", [], {}):
            given[name] = value
    return given


def _dump(body: Mapping[str, object]) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, indent=2).encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError("charset", "", characters="U+D800") from error

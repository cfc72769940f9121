"""Requests of Kravia's API, from plain values to bytes.

Contract: developer.kravia.ai, as docs/kravia.md tells it. Only members that stand on
those pages are written, spelt as there; what is not given is null. Amounts are JSON
numbers with the decimals of their currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from odoo.addons.receivables_base.formats import strict_json
from odoo.addons.receivables_base.formats.amounts import write_signed
from odoo.addons.receivables_base.formats.errors import FormatError

from .agency_api_writer import Given

# Of so many digits every number is the same one again when it is read as a double.
_SAFE_DIGITS = 15


def render_case(told: Mapping[str, Any]) -> bytes:
    """The body of ``POST /invoice/register``.

    The amount is what is overdue with VAT, without fees of reminders: there is no
    place for those, nor for interest, notes or the first step.

    :raises FormatError: ``missing``, ``pattern`` or ``out_of_range``
    """
    given = Given(told)
    invoice, debtor = given.child("invoice"), given.child("debtor")
    address = debtor.child("address")
    is_person = debtor.choice("type", "company", "person") == "person"
    number = debtor.text("id_number") if is_person else debtor.required("id_number")
    return _write(
        {
            "claimType": "CollectionCase",
            "creditorId": _whole(given, "agreement_number"),
            "accountingInvoiceId": given.required("external_id"),
            "debtorName": debtor.required("name"),
            "debtorNumber": debtor.text("number"),
            "email": debtor.text("email"),
            "ssn": number if is_person else "",
            "organizationNumber": "" if is_person else number,
            # A text, as in the documentation's example.
            "isPrivateIndividual": "true" if is_person else "false",
            "postalAddress": {
                "addressAddressLine1": address.required("street"),
                "addressPostalCode": address.required("zip"),
                "addressCity": address.required("city"),
                "addressCountryCode": address.required("country"),
            },
            "invoiceNo": invoice.required("number"),
            "invoiceDate": invoice.day("date"),
            "dueDate": invoice.day("due_date"),
            "originalAmount": _number(told["claim"]["capital"], "claim.capital"),
            "currencyCode": invoice.required("currency"),
            "description": given.text("letter_text"),
        }
    )


def render_payment(case_id: str, payment: Mapping[str, Any]) -> bytes:
    """The body of ``POST /invoice/payment``, about one case.

    :raises FormatError: ``missing``, ``pattern`` or ``out_of_range``
    """
    given = Given(payment)
    amount = _number(payment["amount"], "amount")
    return _write(
        {
            "date": given.day("date"),
            "description": given.text("number"),
            "AccountingPaymentId": given.required("external_id"),
            "amount": amount,
            "invoices": [{"invoiceId": _identifier(case_id), "amount": amount}],
        }
    )


def render_credit_note(case_id: str, credit_note: Mapping[str, Any]) -> bytes:
    """The body of ``POST /invoice/creditnote``: negative amounts, a time for a day and
    names in another case than those of a payment, as in the documentation.

    :raises FormatError: as :func:`render_payment`
    """
    given = Given(credit_note)
    amount = _number(-credit_note["amount"], "amount")
    return _write(
        {
            "Date": f"{given.day('date')}T00:00:00",
            "Amount": amount,
            "AccountingPaymentId": given.required("external_id"),
            "Description": given.required("number"),
            "Invoices": [{"InvoiceId": _identifier(case_id), "Amount": amount}],
        }
    )


def render_webhook(webhook: Mapping[str, Any]) -> bytes:
    """The body of ``PUT /creditor/{id}/webhook``.

    :raises FormatError: ``missing``
    """
    given = Given(webhook, "webhook")
    return _write(
        {
            "secret": given.required("secret"),
            "enabled": True,
            "url": given.required("url"),
        }
    )


def render_invitation(contact: Mapping[str, Any]) -> bytes:
    """The body of ``POST /creditor/{id}/invite`` for the creditor's own contact.

    :raises FormatError: ``missing``
    """
    given = Given(contact, "contact")
    return _write(
        {
            "email": given.required("email"),
            "name": given.required("name"),
            "isAccountant": False,
        }
    )


def get_creditor_number(told: Mapping[str, Any]) -> str:
    """The number that Kravia has given the company.

    :raises FormatError: ``missing`` or ``pattern``
    """
    return str(_whole(Given(told), "agreement_number"))


def _whole(given: Given, name: str) -> int:
    text = given.required(name).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _SAFE_DIGITS):
        raise FormatError("pattern", name, value=text, expected="a whole number")
    return int(text)


def _identifier(case_id: str) -> int:
    return _whole(Given({"case": case_id}), "case")


def _number(amount: Decimal, field: str) -> int | float:
    text = write_signed(amount, field)
    if sum(map(str.isdigit, text)) > _SAFE_DIGITS:
        raise FormatError(
            "out_of_range", field, value=text, expected=f"{_SAFE_DIGITS} digits"
        )
    return float(text) if amount % 1 else int(amount)


def _write(body: dict[str, object]) -> bytes:
    return strict_json.write(_nulls(body))


def _nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _nulls(one) for name, one in value.items()}
    return None if value == "" else value

"""Answers and events of Kravia's API, from bytes to plain values.

Kravia's public pages show every request and say what an answer holds, but show no
answer. The names that are read here are those of its requests, of its webhook and of
its figures (``capitalCollected``…); docs/kravia.md lists which of them are a guess. So
whoever sees a true answer has this file to correct, and nothing else.

Amounts are Decimal, times naive UTC, identifiers texts, texts that are not given
``""``. Every function raises :class:`FormatError` with the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal

from odoo.addons.receivables_base.formats import strict_json
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import read_day, read_iso
from odoo.addons.receivables_base.formats.strict_json import LONG, wrong_type

Values = dict[str, object]

OUTSTANDING = {
    "interest": "interest",
    "fees": "fees",
    "court_fees": "courtFees",
}
_LARGEST = 2**53
# Versions count from here: in seconds since 1970 they would end in 2038.
_START = datetime(2020, 1, 1)
_DAY_LENGTH = 10


class Node(strict_json.Node):
    """An object with Kravia's own kinds of values."""

    def identifier(self, name: str) -> str:
        """A whole number that names something, which must be there."""
        return str(self.whole(name, _LARGEST))

    def money(self, name: str) -> Decimal:
        """A number; nothing when it is not given."""
        value = self._value.get(name)
        if value is None:
            return Decimal(0)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise wrong_type(value, self.where(name), int)
        amount = Decimal(value)
        exponent = amount.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -6 or amount.adjusted() > 14:
            raise FormatError(
                "out_of_range",
                self.where(name),
                value=str(value)[:40],
                expected="15 digits and 6 decimals",
            )
        return amount

    def moment(self, name: str) -> datetime:
        """A time, to the second; one without a zone is in UTC."""
        return self.value(name, _read_moment, "a time such as '2026-03-01T08:30:00'")

    def day(self, name: str) -> date:
        """A day, perhaps with a time that says nothing."""
        return self.value(name, _read_day, "a date such as '2026-03-01'")


def _read_moment(text: str) -> datetime | None:
    moment = read_iso(text, timezone.utc)
    return moment and moment.replace(microsecond=0, tzinfo=None)


def _read_day(text: str) -> date | None:
    return read_day(text[:_DAY_LENGTH])


def read_registered(data: bytes) -> str:
    """The answer of ``POST /invoice/register``: Kravia's number of the case."""
    return Node(strict_json.read(data)).identifier("invoiceId")


def read_own_number(body: bytes) -> str:
    """Our own number of a case, from the body that registers it."""
    return Node(strict_json.read(body)).required("accountingInvoiceId")


def read_search(data: bytes) -> tuple[list[Values], list[FormatError]]:
    """A page of ``GET /invoice/search``, and what is wrong with rows that cannot be
    read."""
    rows: list[Values] = []
    errors: list[FormatError] = []
    for node in _children(data):
        try:
            node.moment("lastUpdatedTime")
            rows.append(
                {
                    "case_id": node.identifier("invoiceId"),
                    "external_id": node.text("accountingInvoiceId"),
                    "updated": node.required("lastUpdatedTime"),
                }
            )
        except FormatError as error:
            errors.append(error)
    return rows, errors


def read_case(data: bytes) -> Values:
    """The answer of ``GET /invoice/{id}/details``, in the words of every agency.

    The capital that was claimed is what is paid and what is outstanding: a credit note
    makes it less.
    """
    node = Node(strict_json.read(data))
    owed = node.child("outstanding")
    paid = (
        node.money("capitalPaidDirectly")
        + node.money("capitalCollected")
        - node.money("capitalRefunded")
    )
    left = owed.money("capital")
    capital = {"original": paid + left, "paid": paid, "remaining": left}
    rest = {part: owed.money(name) for part, name in OUTSTANDING.items()}
    status, updated = node.required("status"), node.moment("lastUpdatedTime")
    return {
        "agency_case_id": node.identifier("invoiceId"),
        "case_number": "",
        "invoice_number": node.text("invoiceNo"),
        "debtor_name": node.text("debtorName"),
        "reference": "",
        "state": "",
        "outcome": "" if left else "paid" if paid else "credited",
        "status_code": status,
        "status_label": node.text("statusDescription") or status,
        "version": max(int((updated - _START).total_seconds()), 0),
        "portal_url": "",
        "action_required": False,
        "action_hint": "",
        "available_actions": [],
        "currency": node.required("currencyCode"),
        "balance": {
            "capital": capital,
            **{
                part: {"original": amount, "paid": Decimal(0), "remaining": amount}
                for part, amount in rest.items()
            },
        },
        "withdrawal_fee": None,
        "instalments": [],
        "limitation_date": None,
        "new_address": None,
        "documents": [],
        "history": [
            {
                "id": one.identifier("id"),
                "at": one.moment("date"),
                "actor": "agency",
                "code": "",
                "label": one.text("title"),
                "text": one.text("description", most=LONG),
            }
            for one in node.children("timeline")
        ],
        "told": {one.text("accountingPaymentId") for one in node.children("payments")},
    }


def read_settlements(data: bytes) -> tuple[list[Values], list[FormatError]]:
    """The answer of ``GET /settlements``, and what is wrong with those that cannot be
    read."""
    settlements, errors = [], []
    for node in _children(data):
        try:
            settlements.append(_settlement(node))
        except FormatError as error:
            errors.append(error)
    return settlements, errors


def _settlement(node: Node) -> Values:
    paid_on = node.day("date")
    return {
        "settlement_id": node.identifier("settlementId"),
        # Only this way of paying out comes with a suggestion for the books.
        "kind": "daily_batch",
        "date": paid_on,
        "bank_reference": node.text("reference"),
        "payer_name": node.text("payerName"),
        "payer_account": node.text("payerAccount"),
        "currency": node.required("currencyCode"),
        "total": node.money("amount"),
        "has_pdf": False,
        "lines": [_line(one, paid_on) for one in node.children("invoices")],
    }


def _line(node: Node, paid_on: date) -> Values:
    return {
        "case_id": node.identifier("invoiceId"),
        "case_number": "",
        "external_id": node.text("accountingInvoiceId"),
        "invoice_number": node.text("invoiceNo"),
        "reference": "",
        "payment_id": "",
        "date": node.day("paymentDate") if node.has("paymentDate") else paid_on,
        "capital": node.money("capital"),
        "interest": node.money("interest"),
        "fees": node.money("fees"),
        "agency_fees": Decimal(0),
        "court_fees": node.money("courtFees"),
        "commission": node.money("provision"),
        "vat": node.money("vat"),
        "net": node.money("amount"),
    }


def read_refusal(data: bytes) -> str:
    """What a refusal says, in whatever form: a sentence to be shown, or ``""``."""
    try:
        content = strict_json.read(data)
    except FormatError:
        content = data.decode("utf-8", "replace")
    if isinstance(content, dict):
        found = (content.get(name) for name in ("message", "detail", "title", "error"))
        content = next((one for one in found if isinstance(one, str) and one), "")
    if not isinstance(content, str) or content.lstrip().startswith("<"):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in content).split())[
        :255
    ]


def _children(data: bytes) -> Iterator[Node]:
    """The objects of a list that is the whole answer."""
    content = strict_json.read(data)
    return Node({"": content}).children("")

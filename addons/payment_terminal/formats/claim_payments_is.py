"""Payments of Iceland's claims: the answer of ``GET /v1/claims/transactions``.

To ÍST TS 315, IOBWS Domestic Claims 3.1 (OpenAPI, Staðlaráð Íslands, CC BY 4.0), schema
``claimTransactionList``. What counts is ``depositedAmount``, which the bank puts on the
creditor's account. What is deposited of a claim that is paid in full beyond its
principal is interest and charges: a payment of its own, without a reference.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from odoo.addons.receivables_base.formats import moments, references, strict_json
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.strict_json import Node

from .statement import Entry, FileError, Statement

NAME = "claims_is"
_CURRENCY = "ISK"
_MOST = Decimal(10) ** 12
_KINDS = {"Complete": 1, "Partial": 1, "Refund": -1}


def recognises(data: bytes) -> bool:
    """Whether it is a JSON list of what has a claim's key and a deposit."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:4000]
    return start.startswith(b"[") and (
        b'"claimKey"' in start and b'"paymentType"' in start
    )


def read(data: bytes) -> tuple[Statement, ...]:
    """Read a list of payments.

    :raises FileError: with the place of what cannot be read
    """
    try:
        rows = strict_json.read(data.removeprefix(b"\xef\xbb\xbf"))
        if not isinstance(rows, list):
            raise FileError("unknown", "")
        entries = [
            entry
            for place, row in enumerate(rows, start=1)
            for entry in _entries(row, f"[{place}]")
        ]
        claimants = {Node(row).child("claimKey").required("claimantId") for row in rows}
    except FormatError as error:
        raise FileError(error.code, error.field, **error.params) from error
    if len(claimants) > 1:
        first, second, *_more = sorted(claimants)
        raise FileError("accounts", "claimantId", first=first, second=second)
    return (
        Statement(
            format=NAME,
            account="",
            currency=_CURRENCY,
            entries=tuple(entries),
            is_lump=True,
        ),
    )


def _entries(row: object, place: str) -> list[Entry]:
    """What was deposited, or given back; nothing where a discount was all."""
    node = Node(row, place)
    sign = node.value("paymentType", _KINDS.get, ", ".join(_KINDS))
    deposited = _amount(node, "depositedAmount")
    claim = node.child("claimKey")
    key = f"{claim.required('account')}+{claim.required('dueDate').replace('-', '')}"
    whole = Entry(
        place=place,
        amount=sign * deposited,
        currency=node.text("currency") or _CURRENCY,
        booked_on=node.value("bookingDate", moments.read_day, "a day"),
        paid_on=moments.read_day(node.text("valueDate")),
        bank_id=f"{key}/{node.text('transactionTimestamp')}",
        reference=references.normalise(node.text("reference")),
        payer=node.text("payorId"),
        text=" ".join(filter(None, (node.text("billNumber"), key))),
        is_correction=sign < 0,
    )
    beyond = deposited - _amount(node, "amount")
    if node.text("paymentType") != "Complete" or not 0 < beyond < deposited:
        return [whole] if deposited else []
    charges = replace(whole, amount=beyond, reference="", bank_id=f"{whole.bank_id}+")
    return [replace(whole, amount=deposited - beyond), charges]


def _amount(node: Node, name: str) -> Decimal:
    """An amount with at most two decimals; one that is left out is nothing."""
    number = node.number(name)
    if not 0 <= number < _MOST or number != round(number, 2):
        raise FormatError(
            "out_of_range", node.where(name), value=str(number), expected="an amount"
        )
    return number

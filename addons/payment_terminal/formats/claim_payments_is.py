"""Payments of Iceland's claims: ``GET /v1/claims/transactions`` and its answer.

To ÍST TS 315, IOBWS Domestic Claims 3.1 (OpenAPI, Staðlaráð Íslands, CC BY 4.0), schema
``claimTransactionList``. What counts is ``depositedAmount``, which the bank puts on the
creditor's account. What is deposited of a claim that is paid in full beyond its
principal is interest and charges: a payment of its own, without a reference.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from odoo.addons.receivables_base.formats import moments, references, strict_json
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.strict_json import Node

from .statement import Entry, FileError, Statement

NAME = "claims_is"
PATH = "/v1/claims/transactions"
PER_PAGE = 100  # what the description takes where nothing is asked for
_SPACE = " \t\r\n"
_CURRENCY = "ISK"
_MOST = Decimal(10) ** 12
_KINDS = {"Complete": 1, "Partial": 1, "Refund": -1}


@dataclass(frozen=True, slots=True)
class Row:
    """A payment on a page: by what it is known again, and its JSON as it came."""

    bank_id: str
    text: str


def make_question(
    claimant: str, since: date, until: date, page: int
) -> dict[str, dict[str, str]]:
    """Return parameters and headers of the call that asks for a page.

    :param claimant: whose claims were paid, by kennitala
    :param page: from 1
    """
    return {
        "params": {
            "claimantId": claimant,
            "dateFrom": since.isoformat(),
            "dateTo": until.isoformat(),
            "page": str(page),
            "itemsPerPage": str(PER_PAGE),
        },
        "headers": {"X-Request-ID": str(uuid.uuid4())},
    }


def read_page(data: bytes) -> list[Row]:
    """Return the payments on a page.

    :raises FormatError: it is no list of payments
    """
    values = strict_json.read(data)
    if not isinstance(values, list):
        raise strict_json.wrong_type(values, "", list)
    texts = _split(data.decode("utf-8"), len(values))
    return [
        Row(_identify(Node(value, f"[{place}]")), text)
        for place, (value, text) in enumerate(zip(values, texts, strict=True), start=1)
    ]


def sort_out(rows: Iterable[Row]) -> list[list[Row]]:
    """Put apart what is refused, so that its neighbours are not: rows in another
    currency, and each that cannot be read by itself."""
    groups: dict[str, list[Row]] = {}
    for place, row in enumerate(rows):
        try:
            [statement] = read(join([row]))
            key = "".join(sorted({each.currency for each in statement.entries}))
        except FileError:
            key = str(place)
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def join(rows: Iterable[Row]) -> bytes:
    """Write payments as a list, each as it came."""
    return f"[{', '.join(row.text for row in rows)}]".encode()


def _split(text: str, count: int) -> list[str]:
    """Cut a JSON list, which can be read, into the texts of its values."""
    decoder, texts = json.JSONDecoder(), []
    end = text.index("[")
    for _value in range(count):
        start = end + 1
        while text[start] in _SPACE:
            start += 1
        _read, end = decoder.raw_decode(text, start)
        texts.append(text[start:end])
        while text[end] in _SPACE:
            end += 1
    return texts


def _identify(node: Node) -> str:
    claim = node.child("claimKey")
    key = f"{claim.required('account')}+{claim.required('dueDate').replace('-', '')}"
    return f"{key}/{node.text('transactionTimestamp')}"


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
    bank_id = _identify(node)
    key = bank_id.partition("/")[0]
    whole = Entry(
        place=place,
        amount=sign * deposited,
        currency=node.text("currency") or _CURRENCY,
        booked_on=node.value("bookingDate", moments.read_day, "a day"),
        paid_on=moments.read_day(node.text("valueDate")),
        bank_id=bank_id,
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

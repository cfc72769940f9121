"""QIWI's daily registry of payments.

Source: QIWI provider protocol, "Settlement Order": fields apart by tabs,
``txn_id date time account sum``; the last line is ``Total: count sum``. Decimals have a
point, times are Moscow's, lines end with CRLF or with CR alone. How the day is written
is left to the contract; days that can be read in one way only are taken.
"""

from __future__ import annotations

from functools import partial

from odoo.addons.receivables_base.formats.errors import FormatError

from . import registry
from .registry import NOTHING, Registry, Row
from .statement import FileError, Total

NAME = "qiwi"
_TAB = "\t"
_TOTAL = "total:"
_FIELDS = 5


def recognises(data: bytes) -> bool:
    """Whether the first line is one of such a file, or its last one."""
    numbered = registry.lines(data)
    if not numbered:
        return False
    first = [*numbered[0][1].split(b"\t"), b""]
    if first[0].strip().lower() == _TOTAL.encode():
        return True
    try:
        day, clock = (field.decode("ascii").strip() for field in first[1:3])
        registry.moment(day, clock)
    except (FormatError, ValueError):
        return False
    return len(first) > 3


def read(data: bytes, decimals: int) -> Registry:
    """:raises FileError: ``missing``: it ends without its total"""
    *payments, (place, last) = registry.lines(data)
    total = [field.strip() for field in last.decode("utf-8", "replace").split(_TAB)]
    if total[0].lower() != _TOTAL or len(total) != 3:
        raise FileError("missing", str(place + 1))
    try:
        said = registry.count(total[1]), registry.money(total[2], ".", decimals)
    except FormatError as error:
        raise registry.at(place, error) from error
    rows, problems = registry.read_rows(payments, partial(_row, decimals))
    paid = sum((row.amount for row in rows), NOTHING)
    return Registry(
        NAME,
        rows,
        problems,
        (
            Total(str(place), said[0], registry.count(str(len(rows)))),
            Total(str(place), said[1], paid),
        ),
        zone=registry.MOSCOW,
    )


def _row(decimals: int, place: int, line: bytes) -> Row:
    fields = registry.decode(line, "utf-8").split(_TAB)
    if len(fields) != _FIELDS:
        raise FileError("fields", found=len(fields), expected=_FIELDS)
    txn_id, day, clock, account, amount = [field.strip() for field in fields]
    return Row(
        place,
        registry.identifier(txn_id),
        registry.label(account, "account"),
        registry.money(amount, ".", decimals),
        registry.moment(day, clock),
    )

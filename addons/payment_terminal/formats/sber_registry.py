"""Sber's registry of payments, as it comes by mail or with the bank statement.

CP1251, fields apart by semicolons, decimals with a comma. The layout that implementers
show most::

    date;time;branch;cashier;operation;account;[name;period;…;]amount;transfer;fee
    =count;amount;transfer;fee;payment order;its date

What stands between the account and the last three fields differs by contract, and is
not read. A contract with another layout (with named tails such as ``CLIENTNO:``) is
read by a saved mapping, see ``csv_registry``.
"""

from __future__ import annotations

from functools import partial

from odoo.addons.receivables_base.formats.errors import FormatError

from . import registry
from .registry import NOTHING, Registry, Row
from .statement import FileError, Total

NAME = "sber"
CHARSET = "cp1251"
_LEAST = 9
_FOOTER = b"="


def recognises(data: bytes) -> bool:
    """Whether its last line is such a footer."""
    numbered = registry.lines(data)
    return bool(numbered) and (
        numbered[-1][1].startswith(_FOOTER) and numbered[-1][1].count(b";") >= 3
    )


def read(data: bytes, decimals: int) -> Registry:
    """:raises FileError: the footer cannot be read"""
    *payments, (place, last) = registry.lines(data)
    try:
        footer = registry.split(registry.decode(last[1:], CHARSET), ";")
        said = [registry.count(footer[0])]
        said += [registry.money(text, ",", decimals) for text in footer[1:4]]
    except FormatError as error:
        raise registry.at(place, error) from error
    rows, problems = registry.read_rows(payments, partial(_row, decimals))
    paid = sum((row.amount for row in rows), NOTHING)
    fees = sum((row.fee for row in rows), NOTHING)
    found = (registry.count(str(len(rows))), paid, paid - fees, fees)
    return Registry(
        NAME,
        rows,
        problems,
        tuple(Total(str(place), *pair) for pair in zip(said, found, strict=True)),
    )


def _row(decimals: int, place: int, line: bytes) -> Row:
    fields = registry.split(registry.decode(line, CHARSET), ";")
    if len(fields) < _LEAST:
        raise FileError("fields", found=len(fields), expected=_LEAST)
    amount, transfer, fee = (
        registry.money(text, ",", decimals) for text in fields[-3:]
    )
    if transfer + fee != amount:
        raise FileError("parts", whole=str(amount), parts=str(transfer + fee))
    return Row(
        place,
        registry.identifier(fields[4]),
        registry.label(fields[5], "account"),
        amount,
        registry.moment(fields[0], fields[1]),
        fee,
        registry.label(fields[3], "terminal"),
    )

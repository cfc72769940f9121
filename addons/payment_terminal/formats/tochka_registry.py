"""Registries with named columns of Tochka and of QIWI's card payments.

Source: developers.tochka.com, "Реестры", and QIWI payments-docs, "Reports": CSV, in
Tochka's case in a ZIP, fields apart by semicolons, decimals with a comma, UTF-8. The
first line names the columns. A refund has the kind REFUND and counts below zero; QIWI's
line SETTLEMENT is the payout and no payment. There are no totals.
"""

from __future__ import annotations

from functools import partial

from . import registry
from .registry import Registry, Row
from .statement import FileError

NAME = "tochka"
CHARSET = "utf-8-sig"
_NEEDED = {"TRANS_DATE", "TRANSACTION_ID", "SUM", "COMMISSION"}
_KINDS = ("TRANSACTION_TYPE", "PURPOSE")
_ACCOUNTS = ("ORDER_UID", "BILL")


def recognises(data: bytes) -> bool:
    """Whether the first line names the columns."""
    numbered = registry.lines(data)
    if not numbered:
        return False
    names = numbered[0][1].decode(CHARSET, "replace").split(";")
    return {name.strip() for name in names} >= _NEEDED


def read(data: bytes, decimals: int) -> Registry:
    """Read a file."""
    (_place, head), *payments = registry.lines(data)
    names = registry.split(registry.decode(head, CHARSET), ";")
    rows, problems = registry.read_rows(payments, partial(_row, decimals, names))
    return Registry(NAME, rows, problems, zone=registry.MOSCOW)


def _row(decimals: int, names: list[str], place: int, line: bytes) -> Row | None:
    fields = registry.split(registry.decode(line, CHARSET), ";")
    if len(fields) != len(names):
        raise FileError("fields", found=len(fields), expected=len(names))
    values = dict(zip(names, fields, strict=True))
    kind = next((values[name] for name in _KINDS if name in values), "").upper()
    if kind == "SETTLEMENT":
        return None
    if kind not in ("PAYMENT", "REFUND", ""):
        raise FileError("pattern", value=kind, expected="PAYMENT or REFUND")
    amount = registry.money(values["SUM"], ",", decimals)
    account = next((values[name] for name in _ACCOUNTS if name in values), "")
    return Row(
        place,
        registry.identifier(values["TRANSACTION_ID"]),
        registry.label(account, "account"),
        -abs(amount) if kind == "REFUND" else amount,
        registry.moment(values["TRANS_DATE"], orders=("dmy",)),
        registry.money(values["COMMISSION"] or "0", ",", decimals, "fee"),
    )

"""What customers owe, as a file for a bank or network: one row a debt.

:class:`Layout` says how the rows are written. Sber's registry of debts ("Реестр
задолженностей") is such a file: customer number, full name and debt, in Windows-1251,
KOI8-R or UTF-8, under a name that :func:`sber_name` makes
(https://www.sberbank.ru/help/business/sbbol/100027). What parts the fields is agreed
with the bank.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo.addons.receivables_base.formats.errors import FormatError

NEW, CHANGED, SAME, GONE = "new", "changed", "same", "gone"
COLUMNS = (
    *("number", "name", "masked_name", "amount", "currency", "due_date"),
    *("invoice", "reference", "tax_id", "change"),
)
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Debt:
    """What one customer owes, in all or by one of the items that are open."""

    key: str  # by which the other side knows it again
    number: str  # the customer number
    name: str
    amount: Decimal  # zero when nothing is owed any more
    masked_name: str = ""
    currency: str = ""
    due_date: date | None = None  # of the oldest item
    invoice: str = ""
    reference: str = ""
    tax_id: str = ""
    change: str = NEW  # since the list that the other side has
    partner_id: int = 0  # whose it is here
    account_id: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows are written."""

    columns: tuple[str, ...] = ("number", "name", "amount")
    delimiter: str = ";"
    decimal: str = ","
    encoding: str = "utf-8"
    decimals: int = 2
    has_header: bool = True


def write(debts: Iterable[Debt], layout: Layout) -> bytes:
    """Write a file with lines that end in CR and LF.

    Line breaks in a name become spaces, and a character that the encoding lacks a
    question mark: one customer's name must not hold up all others' debts.
    """
    out = io.StringIO(newline="")
    rows = csv.writer(out, delimiter=layout.delimiter, lineterminator="\r\n")
    if layout.has_header:
        rows.writerow(layout.columns)
    for debt in debts:
        rows.writerow(_cell(getattr(debt, name), layout) for name in layout.columns)
    return out.getvalue().encode(layout.encoding, "replace")


def _cell(value: str | Decimal | date | None, layout: Layout) -> str:
    if isinstance(value, Decimal):
        return f"{value:.{layout.decimals}f}".replace(".", layout.decimal)
    if isinstance(value, date):
        return value.isoformat()
    return _BREAKS.sub(" ", value or "")


def sber_name(tax_id: str, account: str, serial: int, day: date) -> str:
    """Return the file's name: ``ИНН_РС_НОМЕР_MMГГ.txt``.

    :param tax_id: ИНН, 10 digits
    :param account: the company's account at the bank, 20 digits
    :param serial: of the file in its month; the number in the name has 3 digits
    :param day: of the month that is to be paid
    :raises FormatError: ``pattern``
    """
    for field, value, length in (("tax_id", tax_id, 10), ("account", account, 20)):
        if not re.fullmatch(rf"[0-9]{{{length}}}", value, re.ASCII):
            raise FormatError(
                "pattern", field, value=value, expected=f"{length} digits"
            )
    return f"{tax_id}_{account}_{serial % 1000:03d}_{day:%m%y}.txt"

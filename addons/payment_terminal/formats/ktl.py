"""Finnish reference payments (saapuvat viitemaksut, KTL or SVM): 90 characters a line.

Source of the records: kajala/django-jbank, jbank/svm.py, which names each field as the
banks' description does. A batch begins with record 0 and ends with record 9; between
them record 3 is a reference transfer and 5 a direct debit. Amounts are cents, days are
YYMMDD, letters are of ISO 8859-1. Record 9 counts payments and corrections apart: a
correction takes an earlier payment back.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from odoo.addons.receivables_base.formats import references

from .statement import Entry, FileError, Statement, Total

NAME = "ktl"
WIDTH = 90
_CURRENCIES = {"1": "EUR"}
_CENTURY = 2000


def recognises(data: bytes) -> bool:
    """Whether the first line is a header of such a file."""
    first = data.lstrip()[: WIDTH + 2].splitlines()[:1]
    return bool(
        first
        and first[0][:11].isdigit()
        and first[0][:1] == b"0"
        and first[0][22:23] == b"1"
        and len(first[0].rstrip()) <= WIDTH
    )


def read(data: bytes) -> tuple[Statement, ...]:
    """Read a file, one statement for each batch.

    :raises FileError: with the line that cannot be read
    """
    batches: list[Statement] = []
    header: _Line | None = None
    entries: list[Entry] = []
    accounts: list[str] = []
    for number, text in enumerate(data.decode("iso-8859-1").splitlines(), start=1):
        line = _Line(number, text)
        kind = line.text(1, 1)
        if not text.strip():
            continue
        if kind == "0" and header is None:
            header, entries, accounts = line, [], []
        elif kind in ("3", "5") and header is not None:
            entries.append(_entry(line))
            accounts.append(line.text(2, 15))
            if accounts[0] != accounts[-1]:
                raise FileError(
                    *("accounts", f"{number}:2"),
                    first=accounts[0],
                    second=accounts[-1],
                )
        elif kind == "9" and header is not None:
            batches.append(_batch(header, entries, line, accounts))
            header = None
        else:
            raise line.error(1, 1, "a record 0, then 3 or 5, then 9")
    if header is not None or not batches:
        raise FileError("missing", "9")
    return tuple(batches)


class _Line:
    """A record; places count from 1, as in the description."""

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self._text = text.ljust(WIDTH)

    def text(self, first: int, last: int) -> str:
        return self._text[first - 1 : last].strip()

    def error(self, first: int, last: int, expected: str) -> FileError:
        value = self._text[first - 1 : last]
        place = f"{self.number}:{first}"
        return FileError("pattern", place, value=value, expected=expected)

    def digits(self, first: int, last: int) -> int:
        raw = self._text[first - 1 : last]
        if not (raw.isascii() and raw.isdecimal()):
            raise self.error(first, last, "digits")
        return int(raw)

    def money(self, first: int, last: int) -> Decimal:
        return Decimal(self.digits(first, last)).scaleb(-2)

    def day(self, first: int, last: int) -> date:
        value = self.digits(first, last)
        year, rest = divmod(value, 10_000)
        month, day = divmod(rest, 100)
        try:
            return date(_CENTURY + year, month, day)
        except ValueError as error:
            raise self.error(first, last, "a day, YYMMDD") from error


def _entry(line: _Line) -> Entry:
    currency = _CURRENCIES.get(line.text(76, 76))
    if currency is None:
        raise line.error(76, 76, "1, the euro")
    flag = line.text(88, 88)
    if flag not in ("", "0", "1"):
        raise line.error(88, 88, "0 or 1")
    amount = line.money(78, 87)
    return Entry(
        place=str(line.number),
        amount=-amount if flag == "1" else amount,
        currency=currency,
        booked_on=line.day(16, 21),
        paid_on=line.day(22, 27),
        bank_id=line.text(28, 43),
        reference=references.normalise(line.text(44, 63)),
        payer=line.text(64, 75),
        is_correction=flag == "1",
    )


def _batch(
    header: _Line, entries: list[Entry], trailer: _Line, accounts: list[str]
) -> Statement:
    paid = [entry for entry in entries if not entry.is_correction]
    corrected = [entry for entry in entries if entry.is_correction]
    place = str(trailer.number)
    nothing = Decimal(0)
    totals = (
        Total(f"{place}:2", Decimal(trailer.digits(2, 7)), Decimal(len(paid))),
        Total(
            f"{place}:8",
            trailer.money(8, 18),
            sum((entry.amount for entry in paid), nothing),
        ),
        Total(f"{place}:19", Decimal(trailer.digits(19, 24)), Decimal(len(corrected))),
        Total(
            f"{place}:25",
            trailer.money(25, 35),
            -sum((entry.amount for entry in corrected), nothing),
        ),
    )
    return Statement(
        format=NAME,
        account=accounts[0] if accounts else "",
        currency="EUR",
        entries=tuple(entries),
        number=header.text(14, 22),
        made_on=header.day(2, 7),
        totals=totals,
        is_lump=True,
    )

"""What networks tell of a day's payments in files, in words of no network.

A reader turns the bytes of a file into a :class:`Registry`. A line that cannot be read
is kept as it came in ``problems``; :func:`get_problems` adds where the totals that the
file names and its lines differ. A file with any of these is refused whole.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.texts import check_storable, is_plain

from .statement import FileError, Total, disagreements

MOSCOW = "Europe/Moscow"
NOTHING = Decimal(0)
# What a payment's identifier and a customer's number are no longer than.
LONGEST = 100
_WHOLE_DIGITS = 12
_DAYS = {
    "dmy": re.compile(r"(?P<d>\d\d?)[./-](?P<m>\d\d?)[./-](?P<y>\d{4})", re.ASCII),
    "ymd": re.compile(r"(?P<y>\d{4})[./-]?(?P<m>\d\d)[./-]?(?P<d>\d\d)", re.ASCII),
    "mdy": re.compile(r"(?P<m>\d\d?)[./-](?P<d>\d\d?)[./-](?P<y>\d{4})", re.ASCII),
}
_TIME = re.compile(r"(\d\d?)[:-](\d\d)(?:[:-](\d\d)(?:\.\d+)?)?", re.ASCII)
_TIME_PACKED = re.compile(r"(\d\d)(\d\d)(\d\d)", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


class Row(NamedTuple):
    """A payment as the network lists it; below zero it was given back."""

    place: int  # number of the line, from 1
    txn_id: str  # the network's identifier, as in its calls
    account: str  # what the customer typed; empty where it is not told
    amount: Decimal
    paid_at: datetime  # without a zone: that of the registry
    fee: Decimal = NOTHING  # what the network keeps of it
    terminal: str = ""


class Problem(NamedTuple):
    """A line that cannot be read."""

    place: int
    content: bytes
    error: FormatError


@dataclass(frozen=True, slots=True)
class Registry:
    """What a file tells of the payments of a day, or of several."""

    format: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    totals: tuple[Total, ...] = ()
    zone: str = ""  # of its times; empty: the network's own
    currency: str = ""  # ISO 4217 letters; empty where it names none
    day: date | None = None  # which it says of itself

    @property
    def amount(self) -> Decimal:
        return sum((row.amount for row in self.rows), NOTHING)

    @property
    def fee(self) -> Decimal:
        return sum((row.fee for row in self.rows), NOTHING)

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day, in the registry's zone; none in an empty one
        that does not say its day."""
        found = {row.paid_at.date() for row in self.rows}
        if self.day:
            found.add(self.day)
        return (min(found), max(found)) if found else None


def get_problems(registry: Registry) -> list[Problem]:
    """Why a file is refused; empty when it is not."""
    return [
        *registry.problems,
        *(Problem(int(error.field), b"", error) for error in disagreements(registry)),
    ]


def at(place: int, error: FormatError) -> FileError:
    """The same error, with the number of its line."""
    name = f"{place}.{error.field}" if error.field else str(place)
    return FileError(error.code, name, **error.params)


# === LINES === #


def lines(data: bytes) -> list[tuple[int, bytes]]:
    """Lines that hold something, with their numbers; they end with CRLF, LF or CR."""
    numbered = enumerate(data.splitlines(), start=1)
    return [(number, line) for number, line in numbered if line.strip()]


def decode(line: bytes, charset: str) -> str:
    """:raises FileError: ``charset``"""
    try:
        return check_storable(line.decode(charset))
    except UnicodeDecodeError as error:
        spoilt = line[error.start : error.end].hex(" ").upper()
        raise FileError("charset", characters=spoilt) from error
    except FormatError as error:
        raise FileError(error.code, error.field, **error.params) from error


def split(line: str, delimiter: str) -> list[str]:
    """The fields of a line, without the spaces around them.

    :raises FormatError: ``quotes``
    """
    if '"' not in line:
        return [value.strip() for value in line.split(delimiter)]
    try:
        [fields] = csv.reader([line], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError) as error:
        raise FileError("quotes") from error
    return [value.strip() for value in fields]


def read_rows(
    numbered: Iterable[tuple[int, bytes]], read: Callable[[int, bytes], Row | None]
) -> tuple[tuple[Row, ...], tuple[Problem, ...]]:
    """Read each line; those that cannot be read are problems. ``read`` gives None for
    a line that is no payment."""
    rows, problems = [], []
    for number, line in numbered:
        try:
            row = read(number, line)
            if row is not None and not row.amount:
                raise FileError("pattern", "amount", value="0", expected="an amount")
        except FormatError as error:
            problems.append(Problem(number, line, error))
        else:
            if row is not None:
                rows.append(row)
    return tuple(rows), tuple(problems)


# === VALUES === #


def identifier(text: str, name: str = "txn_id") -> str:
    """:raises FormatError: ``missing``, ``too_long`` or ``pattern``"""
    if not text:
        raise FileError("missing", name)
    return label(text, name)


def label(text: str, name: str) -> str:
    """A text of one line; it may be empty.

    :raises FormatError: ``too_long`` or ``pattern``
    """
    if len(text) > LONGEST:
        raise FileError("too_long", name, length=len(text), limit=LONGEST)
    if not is_plain(text):
        raise FileError("pattern", name, value=text, expected="letters and digits")
    return text


@lru_cache(maxsize=16)
def _money(decimal: str, decimals: int) -> re.Pattern[str]:
    grouped = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+"
    fraction = rf"(?:{re.escape(decimal)}\d{{1,{decimals}}}0*)?" if decimals else ""
    if not decimals:
        fraction = rf"(?:{re.escape(decimal)}0+)?"
    return re.compile(rf"-?(?:{grouped}|\d{{1,{_WHOLE_DIGITS}}}){fraction}", re.ASCII)


def money(text: str, decimal: str, decimals: int, name: str = "amount") -> Decimal:
    """An amount of any sign, with no more decimals than its currency has. Thousands
    may stand apart by a space, and by nothing else: a point or a comma is the decimal
    one or wrong.

    :param decimal: the decimal sign
    :raises FormatError: ``pattern``
    """
    if not _money(decimal, decimals).fullmatch(text):
        expected = (
            f"an amount such as 1250{decimal}50" if decimals else "a whole amount"
        )
        raise FileError("pattern", name, value=text, expected=expected)
    plain = "".join(text.split()) if len(text) > 3 else text
    amount = Decimal(plain.replace(decimal, "."))
    return amount.quantize(Decimal(1).scaleb(-decimals))


def count(text: str, name: str = "count") -> Decimal:
    """:raises FormatError: ``pattern``"""
    if not _COUNT.fullmatch(text):
        raise FileError("pattern", name, value=text, expected="a number of payments")
    return Decimal(text)


@lru_cache(maxsize=512)
def day(text: str, orders: tuple[str, ...] = ("dmy", "ymd")) -> date:
    """:raises FormatError: ``pattern``"""
    for order in orders:
        match = _DAYS[order].fullmatch(text)
        if match:
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                break
    raise FileError("pattern", "date", value=text, expected="a day")


def moment(
    day_text: str, time_text: str = "", orders: tuple[str, ...] = ("dmy", "ymd")
) -> datetime:
    """A day, and a time in a field of its own, behind the day, or nowhere: midnight.

    :raises FormatError: ``pattern``
    """
    if not time_text:
        day_text, _space, time_text = day_text.replace("T", " ").partition(" ")
    found = day(day_text, orders)
    if not time_text:
        return datetime.combine(found, time())
    match = _TIME.fullmatch(time_text) or _TIME_PACKED.fullmatch(time_text)
    try:
        hour, minute, second = (
            (int(part or 0) for part in match.groups()) if match else (24, 0, 0)
        )
        clock = time(hour, minute, second)
    except ValueError as error:
        raise FileError(
            "pattern", "time", value=time_text, expected="a time"
        ) from error
    return datetime.combine(found, clock)

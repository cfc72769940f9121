"""Numbers, dates and times as Finvoice writes them.

Decimal comma, no thousands separator; dates as CCYYMMDD; times as xs:dateTime
(Finvoice 3.0 schema: monetaryAmount, epiMonetaryAmount, percentage, dateType).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import FormatError

_INTEGER_DIGITS = 15
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:,[0-9]{1,10})?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


def _comma(value: Decimal, field: str, least: int, most: int) -> str:
    """``value`` with ``least`` to ``most`` decimals; trailing zeros beyond are cut."""
    if not value.is_finite():
        raise FormatError("pattern", field, value=str(value), expected="a number")
    if not value:
        return "0," + "0" * least if least else "0"
    if value.adjusted() >= _INTEGER_DIGITS:
        raise FormatError(
            "out_of_range", field, value=str(value), expected="15 integer digits"
        )
    whole, _, decimals = format(value, "f").partition(".")
    if len(decimals) > least:
        decimals = decimals.rstrip("0")
        if len(decimals) > most:
            raise FormatError("decimals", field, value=str(value), limit=most)
    decimals = decimals.ljust(least, "0")
    return f"{whole},{decimals}" if decimals else whole


def amount(value: Decimal, field: str) -> str:
    """An amount of money with exactly two decimals: ``-1116,00``.

    :raises FormatError: ``decimals``, ``out_of_range`` or ``pattern``
    """
    text = str(value)
    # Nearly every amount comes rounded to the cent already.
    if text[-3:-2] == "." and len(text) <= _INTEGER_DIGITS + 3 and value:
        return f"{text[:-3]},{text[-2:]}"
    return _comma(value, field, 2, 2)


def unit_price(value: Decimal, field: str) -> str:
    """A price per unit with two to five decimals: ``0,08315``."""
    return _comma(value, field, 2, 5)


@lru_cache(maxsize=256)
def percent(value: Decimal, field: str) -> str:
    """A percentage of 0 to 999 with at most three decimals: ``25,5``."""
    if value.is_finite() and not 0 <= value < 1000:
        raise FormatError("out_of_range", field, value=str(value), expected="0-999")
    return _comma(value, field, 0, 3)


def quantity(value: Decimal, field: str) -> str:
    """A quantity of at most 14 characters: ``-2,5``."""
    text = _comma(value, field, 0, 12)
    if len(text) > 14:
        raise FormatError("too_long", field, length=len(text), limit=14)
    return text


def read_number(text: str) -> Decimal | None:
    """A decimal-comma number, or None when the text is none."""
    if not _NUMBER.fullmatch(text):
        return None
    return Decimal(text.replace(",", "."))


@lru_cache(maxsize=1024)
def day(value: date) -> str:
    """CCYYMMDD."""
    return value.isoformat()[:10].replace("-", "")


def read_day(text: str) -> date | None:
    """A CCYYMMDD date, or None when the text is none."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


@lru_cache(maxsize=64)
def timestamp(value: datetime, field: str) -> str:
    """An xs:dateTime to the second, with its offset: ``2012-08-31T12:40:57+02:00``.

    :raises FormatError: ``timezone`` when the time has none
    """
    offset = value.utcoffset()
    if offset is None:
        raise FormatError("timezone", field, value=value.isoformat())
    # xs:dateTime knows whole minutes and at most fourteen hours.
    if offset % timedelta(minutes=1) or abs(offset) > timedelta(hours=14):
        value = value.astimezone(timezone.utc)
    return value.isoformat(timespec="seconds")


def _finnish_time() -> tzinfo:
    try:
        return ZoneInfo("Europe/Helsinki")
    except ZoneInfoNotFoundError:
        return timezone(timedelta(hours=2))


def read_timestamp(text: str) -> datetime | None:
    """An xs:dateTime as an aware time, or None when the text is none.

    A stamp without an offset is taken as Finnish time: the senders are Finnish
    banks and operators, and the guidelines' own example frame has no offset.
    """
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return None
    zone = match[7]
    try:
        year, month, day_, hour, minute, second = map(int, match.groups()[:6])
        moment = datetime(year, month, day_, hour, minute, second)
        if zone is None:
            return moment.replace(tzinfo=_finnish_time())
        if zone == "Z":
            return moment.replace(tzinfo=timezone.utc)
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
        return moment.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset))
    except ValueError:
        return None

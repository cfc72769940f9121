"""Numbers and times as Finvoice writes them.

Decimal comma, no thousands separator; times as xs:dateTime (Finvoice 3.0 schema:
monetaryAmount, epiMonetaryAmount, percentage, dateType).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo.addons.receivables_base.formats import moments

from .errors import FormatError

FINLAND = ZoneInfo("Europe/Helsinki")
_INTEGER_DIGITS = 15


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


def timestamp(value: datetime, field: str) -> str:
    """An xs:dateTime to the second, with its offset: ``2012-08-31T12:40:57+02:00``.

    :raises FormatError: ``timezone`` when the time has none
    """
    return moments.check_aware(value, field).isoformat(timespec="seconds")


def read_timestamp(text: str) -> datetime | None:
    """An xs:dateTime in UTC, whole seconds, or None when the text is none.

    A stamp without an offset is taken as Finnish time: the senders are Finnish
    banks and operators, and the guidelines' own example frame has no offset.
    """
    moment = moments.read_iso(text, FINLAND)
    return moment and moment.replace(microsecond=0)


class Span(NamedTuple):
    """The first and last moment that a stamp may mean, in UTC; the same where it is
    exact to the second."""

    since: datetime
    until: datetime


# The form of ReceiverInfoTimeStamp is not prescribed (at most 22 characters): ISO 8601
# extended and basic, those of databases (2026-11-28-12.00.00.00), Finnish, days alone.
_STAMP = re.compile(
    r"(?:(?P<year>\d{4})-?(?P<month>\d\d)-?(?P<day>\d\d)"
    r"|(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4}))"
    r"(?:[T -]?(?P<hour>\d\d)[:.]?(?P<minute>\d\d)"
    r"(?:[:.]?(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r" ?(?P<offset>Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_DATE, _CLOCK = ("year", "month", "day"), ("hour", "minute", "second")
_DAY = timedelta(days=1, seconds=-1)
_MINUTE = timedelta(seconds=59)


def read_span(text: str) -> Span | None:
    """When a stamp of any form that is met says; None when it is no time.

    Without an offset it is Finnish time, as in :func:`read_timestamp`.
    """
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        return None
    given = match.groupdict()
    year, month, day = (int(given[name] or given[name[0]]) for name in _DATE)
    hour, minute, second = (int(given[name] or 0) for name in _CLOCK)
    try:
        zone = FINLAND if given["offset"] is None else _offset(given["offset"])
        local = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        since = local.astimezone(timezone.utc)
        length = timedelta()
        if given["hour"] is None:
            length = _DAY
        elif given["second"] is None:
            length = _MINUTE
        return Span(since, since + length)
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> timezone:
    if text == "Z":
        return timezone.utc
    away = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-away if text[0] == "-" else away)

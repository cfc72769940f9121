"""Money, dates and times as the agency contract writes them.

Contract: docs/agency_api.md, "Conventions". Money is a decimal string, never a JSON
number; dates are ISO 8601; times are UTC and end in ``Z``.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from decimal import Decimal

from .errors import FormatError

_INTEGER_DIGITS = 15
_MONEY = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?Z",
    re.ASCII,
)


def money(value: Decimal, field: str) -> str:
    """An amount with the decimals it has: ``1250.00``, in Icelandic krónur ``1250``.

    :raises FormatError: ``pattern`` or ``out_of_range``
    """
    if not value.is_finite():
        raise FormatError("pattern", field, value=str(value), expected="a number")
    if not value:
        value = abs(value)
    text = format(value, "f")
    if not _MONEY.fullmatch(text):
        raise FormatError(
            "out_of_range",
            field,
            value=str(value),
            expected=f"{_INTEGER_DIGITS} digits and 6 decimals",
        )
    return text


def read_money(text: str) -> Decimal | None:
    """A decimal string with a dot, or None when the text is none."""
    return Decimal(text) if _MONEY.fullmatch(text) else None


def day(value: date) -> str:
    """YYYY-MM-DD."""
    return value.isoformat()[:10]


def read_day(text: str) -> date | None:
    """A YYYY-MM-DD date, or None when the text is none."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment(value: datetime, field: str) -> str:
    """A time in UTC to the second: ``2026-03-01T08:30:00Z``.

    :raises FormatError: ``timezone`` when the time has none
    """
    if value.utcoffset() is None:
        raise FormatError("timezone", field, value=value.isoformat())
    utc = value.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='seconds')}Z"


def read_moment(text: str) -> datetime | None:
    """A time in UTC as an aware one to the second, or None when the text is none."""
    match = _MOMENT.fullmatch(text)
    if not match:
        return None
    try:
        return datetime.fromisoformat(match[1]).replace(tzinfo=timezone.utc)
    except ValueError:
        return None

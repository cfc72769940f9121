"""Days and times as others write them: ISO 8601, and milliseconds since 1970."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from .errors import FormatError

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?"
    r"(?:(Z)|([+-])(\d\d):(\d\d))?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def read_day(text: str) -> date | None:
    """``2026-03-01``; None when the text is no such day."""
    match = _DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def write_day(day: date) -> str:
    """``2026-03-01``."""
    return day.isoformat()[:10]


def write_compact_day(day: date) -> str:
    """``20260301``."""
    return write_day(day).replace("-", "")


def read_iso(text: str, zone: tzinfo | None = None) -> datetime | None:
    """``2026-11-30T14:34:58.5+05:00`` or ``…Z``, in UTC.

    :param zone: of a time that names none; without it such a time is refused
    :return: None when it is no time
    """
    match = _ISO.fullmatch(text)
    if not match:
        return None
    *parts, fraction, letter, sign, hours, minutes = match.groups()
    place: tzinfo | None = timezone.utc if letter else zone
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            return None
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        place = timezone(-offset if sign == "-" else offset)
    if place is None:
        return None
    microsecond = int((fraction or "").ljust(6, "0")[:6])
    try:
        year, month, day, hour, minute, second = map(int, parts)
        moment = datetime(year, month, day, hour, minute, second, microsecond, place)
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def write_iso(moment: datetime) -> str:
    """In UTC, whole seconds: ``2026-11-30T09:34:58Z``.

    A time without a zone is in UTC, as everywhere in the database.
    """
    return _utc(moment).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def check_aware(moment: datetime, field: str) -> datetime:
    """The time, when it says in which zone it is.

    :raises FormatError: ``timezone``
    """
    if moment.utcoffset() is None:
        raise FormatError("timezone", field, value=moment.isoformat())
    return moment


def read_milliseconds(value: int) -> datetime | None:
    """Milliseconds since 1970, positive and of 13 digits: the years 2001 to 2286."""
    if not 10**12 <= value < 10**13:
        return None
    return _EPOCH + value * _MILLISECOND


def write_milliseconds(moment: datetime | None) -> int:
    """The same; 0 for no time."""
    return 0 if moment is None else (_utc(moment) - _EPOCH) // _MILLISECOND


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """There. A time without a zone is in UTC, as everywhere in the database."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    try:
        return moment.astimezone(zone)
    except OverflowError:  # at the ends of the calendar
        return moment.replace(tzinfo=zone)


def _utc(moment: datetime) -> datetime:
    return in_zone(moment, timezone.utc)

"""The agency's clock: real time and what the sandbox has added to it."""

from __future__ import annotations

import calendar
import datetime as dt

from agency_store import Store

_SETTING = "clock_offset"


class Clock:
    """Times are UTC and whole seconds; it only ever goes forward."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def offset(self) -> int:
        """Seconds ahead of real time."""
        return self._store.setting(_SETTING, 0)

    def now(self) -> dt.datetime:
        return _real() + dt.timedelta(seconds=self.offset)

    def today(self) -> dt.date:
        return self.now().date()

    def stamp(self) -> str:
        return show(self.now())

    def advance_to(self, moment: dt.datetime) -> None:
        """Stand at this moment, unless it has passed already."""
        ahead = int((moment - _real()).total_seconds())
        self._store.set_setting(_SETTING, max(ahead, self.offset))


def _real() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc).replace(microsecond=0)


def show(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> dt.datetime:
    """ISO 8601; without an offset it is UTC.

    :raises ValueError: not a moment
    """
    moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.timezone.utc)
    return moment.astimezone(dt.timezone.utc)


def midnight(day: dt.date) -> str:
    """The moment at which a day begins."""
    return f"{day.isoformat()}T00:00:00Z"


def add_years(day: dt.date, years: int) -> dt.date:
    """The same day of another year; 29 February may become 28."""
    last = calendar.monthrange(day.year + years, day.month)[1]
    return day.replace(year=day.year + years, day=min(day.day, last))


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day some months on, or the last of a shorter month."""
    total = day.month - 1 + months
    year, month = day.year + total // 12, total % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return dt.date(year, month, min(day.day, last))

"""The program's own time: the real one plus what was let pass."""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo

from kiosk_errors import invalid
from kiosk_store import Store


class Clock:
    """Seconds since 1970, which can be moved forward."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.offset = float(store.setting("clock_offset", 0))

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self._store.set_setting("clock_offset", self.offset)

    def stamp(self) -> str:
        return utc(self.now())


def utc(moment: float) -> str:
    """A moment as UTC, to the second."""
    found = dt.datetime.fromtimestamp(moment, dt.timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def local(moment: float, zone: str) -> dt.datetime:
    """A moment in a network's zone, to the second."""
    return dt.datetime.fromtimestamp(int(moment), ZoneInfo(zone))


def read_local(text: str, zone: str) -> dt.datetime:
    """A time as a test gives it; without an offset it is the network's own.

    :raises KioskError: not a time
    """
    try:
        found = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise invalid(f"“{text}” is not a time such as 2026-03-02T10:00:00.") from None
    found = found.replace(microsecond=found.microsecond // 1000 * 1000)
    if found.tzinfo is None:
        return found.replace(tzinfo=ZoneInfo(zone))
    return found.astimezone(ZoneInfo(zone))

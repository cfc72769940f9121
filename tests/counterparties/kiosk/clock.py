"""The program's own time: the real one plus what was let pass."""

from __future__ import annotations

import datetime as dt
import time
from zoneinfo import ZoneInfo

from counterparties.common.books import Books
from counterparties.common.web import Refusal


class Clock:
    """Seconds since 1970, which can be moved forward."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.offset = float(books.setting("clock_offset", 0))

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds
        self._books.set_setting("clock_offset", self.offset)

    def stamp(self) -> str:
        return utc(self.now())

    def local(self, zone: str, text: object = None) -> str:
        """Now, or a time as a test gives it: in a network's zone.

        :raises Refusal: not a time
        """
        place = ZoneInfo(zone)
        if text is None:
            return dt.datetime.fromtimestamp(int(self.now()), place).isoformat()
        try:
            found = dt.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
        except ValueError:
            sentence = f"“{text}” is not a time such as 2026-03-02T10:00:00."
            raise Refusal(400, sentence) from None
        if found.tzinfo is None:
            return found.replace(tzinfo=place).isoformat()
        return found.astimezone(place).isoformat()


def utc(moment: float) -> str:
    """A moment as UTC, to the second."""
    found = dt.datetime.fromtimestamp(moment, dt.timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")

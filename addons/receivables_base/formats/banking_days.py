"""Banking days: weekdays on which the banks of a country work.

What is a public holiday is known by the library ``holidays``. In Finland it counts
Midsummer Eve and Christmas Eve, on which banks are closed too (Finance Finland, banking
days).
"""

from __future__ import annotations

from collections.abc import Container
from datetime import date, timedelta
from functools import lru_cache

from holidays import country_holidays

_DAY = timedelta(days=1)
_SATURDAY = 5


@lru_cache(maxsize=16)
def _closed(country: str) -> Container[date]:
    """The country's public holidays; years are worked out when they are asked for."""
    return country_holidays(country)


def is_banking_day(day: date, country: str) -> bool:
    """Whether banks work on a day.

    :param country: ISO 3166-1 alpha-2, as ``FI``
    :raises NotImplementedError: the library does not know the country
    """
    return day.weekday() < _SATURDAY and day not in _closed(country)


def add_banking_days(day: date, count: int, country: str) -> date:
    """The banking day that is ``count`` of them after a day, or before it where the
    count is negative; the day itself is not counted. Zero gives the day."""
    step = _DAY if count > 0 else -_DAY
    for _number in range(abs(count)):
        day += step
        while not is_banking_day(day, country):
            day += step
    return day

"""On which days the banks of Finland work, by their own reckoning."""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.easter import easter

DAY = timedelta(days=1)
FIXED = {(1, 1), (1, 6), (5, 1), (12, 6), (12, 24), (12, 25), (12, 26)}
# Good Friday, Easter Monday, Ascension Day
AFTER_EASTER = (-2, 1, 39)
FRIDAY, SATURDAY = 4, 5


def is_open(day: date) -> bool:
    """Whether payments move: no weekend, no holiday, not Midsummer Eve."""
    midsummer_eve = day.month == 6 and 19 <= day.day <= 25 and day.weekday() == FRIDAY
    return (
        day.weekday() < SATURDAY
        and (day.month, day.day) not in FIXED
        and (day - easter(day.year)).days not in AFTER_EASTER
        and not midsummer_eve
    )


def open_days_until(today: date, due: date) -> int:
    """How many of the days after today and until the due date payments move on; of
    a day on which they do not, from the next on which they do."""
    while not is_open(today):
        today += DAY
    days = (due - today).days
    return sum(is_open(today + DAY * number) for number in range(1, days)) + (days > 0)

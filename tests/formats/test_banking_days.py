"""Banking days: by the calendar, and against a bank that reckons by itself."""

from datetime import date, timedelta

import pytest

from odoo.addons.receivables_base.formats.banking_days import (
    add_banking_days,
    is_banking_day,
)

from counterparties.bank.calendar import is_open


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-06",  # Epiphany
        "2026-04-03",  # Good Friday
        "2026-04-06",  # Easter Monday
        "2026-05-01",
        "2026-05-14",  # Ascension Day
        "2026-06-19",  # Midsummer Eve
        "2027-12-24",
        "2026-12-05",  # a Saturday
    ],
)
def test_banks_are_closed(day):
    assert not is_banking_day(date.fromisoformat(day), "FI")


def test_an_ordinary_day():
    assert is_banking_day(date(2026, 12, 7), "FI")


def test_the_bank_reckons_the_same():
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(15 * 365)]
    assert [is_banking_day(day, "FI") for day in days] == [is_open(day) for day in days]


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (
            "2026-12-14",
            -4,
            "2026-12-08",
        ),  # Monday: Friday, Thursday, Wednesday, Tuesday
        ("2026-12-28", -1, "2026-12-23"),  # 24 to 27 December are closed
        ("2026-12-23", 1, "2026-12-28"),
        ("2026-12-13", -1, "2026-12-11"),  # from a Sunday
        ("2026-12-13", 0, "2026-12-13"),
    ],
)
def test_counting(day, count, expected):
    found = add_banking_days(date.fromisoformat(day), count, "FI")
    assert found == date.fromisoformat(expected)


def test_a_country_that_nobody_knows():
    with pytest.raises(NotImplementedError):
        is_banking_day(date(2026, 12, 7), "XX")

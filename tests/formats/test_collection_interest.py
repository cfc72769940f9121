"""Default interest by the day; expected amounts are worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal

from collection_formats.interest import accrue
from hypothesis import given
from hypothesis import strategies as st

DUE = date(2026, 3, 31)
THOUSAND = [(DUE, Decimal(1000))]
TEN = [(DUE, Decimal(10))]


def test_a_month_at_ten_percent():
    # 1000 x 10 % x 30 / 365
    interest, is_complete = accrue(THOUSAND, TEN, date(2026, 4, 30))
    assert (round(interest, 2), is_complete) == (Decimal("8.22"), True)


def test_what_was_paid_bears_no_more_interest():
    balances = [*THOUSAND, (date(2026, 4, 10), Decimal(600))]
    # 1000 x 10 % x 10 / 365 + 600 x 10 % x 20 / 365
    interest, _is_complete = accrue(balances, TEN, date(2026, 4, 30))
    assert round(interest, 2) == Decimal("6.03")


def test_a_rate_holds_from_its_first_day():
    balances = [(date(2025, 6, 10), Decimal(1000))]
    rates = [(date(2025, 6, 10), Decimal(11)), (date(2025, 7, 1), Decimal(10))]
    # twenty days in June, twenty in July
    interest, _is_complete = accrue(balances, rates, date(2025, 7, 20))
    assert round(interest, 2) == Decimal("11.51")


def test_a_time_without_a_rate_is_left_out_and_said():
    rates = [(DUE, None), (date(2026, 4, 21), Decimal(10))]
    interest, is_complete = accrue(THOUSAND, rates, date(2026, 4, 30))
    assert (round(interest, 2), is_complete) == (Decimal("2.74"), False)


def test_on_the_due_date_there_is_none():
    assert accrue(THOUSAND, TEN, DUE) == (0, True)


@given(st.integers(1, 400), st.integers(1, 400))
def test_it_does_not_matter_where_a_time_is_cut(first, second):
    middle = DUE + timedelta(days=first)
    end = middle + timedelta(days=second)
    whole = accrue(THOUSAND, TEN, end)[0]
    parts = accrue(THOUSAND, TEN, middle)[0]
    parts += accrue([(middle, Decimal(1000))], [(middle, Decimal(10))], end)[0]
    assert abs(whole - parts) < Decimal("1e-20")

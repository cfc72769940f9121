"""Default interest: simple, by the day, at the rates that held."""

from bisect import bisect_right
from datetime import date, timedelta
from decimal import Decimal
from typing import Any


def accrue(
    balances: list[tuple[date, Decimal]],
    rates: list[tuple[date, Decimal | None]],
    until: date,
) -> tuple[Decimal, bool]:
    """Return the interest on a debt, not rounded, and whether every day had a rate.

    A year has 365 days; the first day with interest is the one after the first balance.

    :param balances: what was open at the end of a day, in order; the first is that of
        the due date
    :param rates: percent a year from a day on, in order; None where it is not known
    :param until: the last day with interest
    """
    # A rate holds for the day itself, a balance from the end of its day on.
    rates = [(day - timedelta(days=1), rate) for day, rate in rates]
    days = sorted({day for day, _value in (*balances, *rates)} | {until})
    interest, is_complete = Decimal(0), True
    for start, end in zip(days, days[1:], strict=False):
        if start < balances[0][0] or start >= until:
            continue
        balance, rate = _at(balances, start), _at(rates, start)
        if not balance:
            continue
        if rate is None:
            is_complete = False
            continue
        interest += balance * rate / 100 * (end - start).days / 365
    return interest, is_complete


def _at(steps: list[tuple[date, Any]], day: date) -> Any:
    """The value that holds from a day on."""
    position = bisect_right([start for start, _value in steps], day)
    return steps[position - 1][1] if position else None

"""What is owed on a case: four buckets, each with an original and a paid amount."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import agency_money
from agency_money import ZERO

BUCKETS = ("capital", "interest", "fees", "court_fees")
# a debtor's payment covers costs first, then interest, then capital
_ORDER = ("court_fees", "fees", "interest", "capital")
_DAYS = 365


def opened(capital: Decimal, interest: Decimal, own_fees: Decimal) -> dict:
    """The balance of a new case; `own_fees` are a part of `fees`."""
    claimed = dict(zip(BUCKETS, (capital, interest, own_fees, ZERO), strict=True))
    balance = {
        name: {"original": str(amount), "paid": "0"} for name, amount in claimed.items()
    }
    return {**balance, "own_fees": {"original": str(own_fees), "paid": "0"}}


def original(case: dict, bucket: str) -> Decimal:
    return Decimal(case["balance"][bucket]["original"])


def paid(case: dict, bucket: str) -> Decimal:
    return Decimal(case["balance"][bucket]["paid"])


def remaining(case: dict, bucket: str) -> Decimal:
    return original(case, bucket) - paid(case, bucket)


def total(case: dict) -> Decimal:
    """All that remains."""
    return sum((remaining(case, bucket) for bucket in BUCKETS), ZERO)


def charge(case: dict, bucket: str, amount: Decimal) -> None:
    """Claim more (or less) of something."""
    case["balance"][bucket]["original"] = str(original(case, bucket) + amount)


def pay(case: dict, bucket: str, amount: Decimal) -> None:
    """Note a payment, or with a negative amount that it was taken back."""
    case["balance"][bucket]["paid"] = str(paid(case, bucket) + amount)


def write_off(case: dict) -> None:
    """Claim no more than was paid, except of the capital."""
    for bucket in (*BUCKETS[1:], "own_fees"):
        charge(case, bucket, -remaining(case, bucket))


def allocate(case: dict, amount: Decimal) -> dict[str, Decimal]:
    """Split a debtor's payment; what is over is in no bucket.

    `own_fees` tells how much of `fees` belongs to the creditor: the agency's own
    fees are covered before them.
    """
    applied = {}
    for bucket in _ORDER:
        applied[bucket] = min(amount, remaining(case, bucket))
        amount -= applied[bucket]
    agency_part = remaining(case, "fees") - remaining(case, "own_fees")
    applied["own_fees"] = max(applied["fees"] - agency_part, ZERO)
    return applied


def accrue(case: dict, percent: Decimal, today: dt.date) -> None:
    """Add the interest since it was last added."""
    days = (today - dt.date.fromisoformat(case["interest_until"])).days
    if days > 0:
        yearly = remaining(case, "capital") * percent / 100
        interest = agency_money.rounded(yearly * days / _DAYS, case["currency"])
        charge(case, "interest", interest)
        case["interest_until"] = today.isoformat()


def view(case: dict) -> dict:
    """As the contract shows it."""
    currency = case["currency"]
    shown: dict[str, object] = {"currency": currency}
    for bucket in BUCKETS:
        shown[bucket] = {
            "original": agency_money.show(original(case, bucket), currency),
            "paid": agency_money.show(paid(case, bucket), currency),
            "remaining": agency_money.show(remaining(case, bucket), currency),
        }
    return shown

"""What is owed on a case: four buckets, each with an original and a paid amount.

A fifth, `own_fees`, tells how much of `fees` belongs to the creditor.
"""

import datetime as dt
from decimal import Decimal

from . import money
from .money import ZERO

BUCKETS = ("capital", "interest", "fees", "court_fees")
# a debtor's payment covers costs first, then interest, then capital
_ORDER = ("court_fees", "fees", "interest", "capital")


def opened(capital: Decimal, interest: Decimal, own_fees: Decimal) -> dict:
    """The balance of a new case."""
    claimed = dict(zip(BUCKETS, (capital, interest, own_fees, ZERO), strict=True))
    claimed["own_fees"] = own_fees
    return {
        bucket: {"original": str(amount), "paid": "0"}
        for bucket, amount in claimed.items()
    }


def remaining(case: dict, bucket: str) -> Decimal:
    amounts = case["balance"][bucket]
    return Decimal(amounts["original"]) - Decimal(amounts["paid"])


def total(case: dict) -> Decimal:
    """All that remains."""
    return sum((remaining(case, bucket) for bucket in BUCKETS), ZERO)


def _add(case: dict, bucket: str, kind: str, amount: Decimal) -> None:
    amounts = case["balance"][bucket]
    amounts[kind] = str(Decimal(amounts[kind]) + amount)


def charge(case: dict, bucket: str, amount: Decimal) -> None:
    """Claim more (or less) of something."""
    _add(case, bucket, "original", amount)


def pay(case: dict, bucket: str, amount: Decimal) -> None:
    """Note a payment, or with a negative amount that it was taken back."""
    _add(case, bucket, "paid", amount)


def write_off(case: dict) -> None:
    """Claim no more than was paid, except of the capital."""
    for bucket in (*BUCKETS[1:], "own_fees"):
        charge(case, bucket, -remaining(case, bucket))


def allocate(case: dict, amount: Decimal) -> dict[str, Decimal]:
    """Split a debtor's payment; what is over is in no bucket.

    Of the fees the agency's own are covered first.
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
        charge(case, "interest", money.rounded(yearly * days / 365, case["currency"]))
        case["interest_until"] = today.isoformat()


def view(case: dict) -> dict:
    """As the contract shows it."""
    currency = case["currency"]
    shown: dict[str, object] = {"currency": currency}
    for bucket in BUCKETS:
        amounts = {**case["balance"][bucket], "remaining": remaining(case, bucket)}
        shown[bucket] = {
            kind: money.show(amount, currency) for kind, amount in amounts.items()
        }
    return shown

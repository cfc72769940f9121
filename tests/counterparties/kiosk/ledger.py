"""What the network believes: its payments, every attempt, the sums of each day."""

from __future__ import annotations

from decimal import Decimal

from .books import Books
from .clock import utc

_INNER = ("due", "deadline", "extra", "todo", "tries")
_STATES = ("confirmed", "retrying", "cancelled", "refused")


def view(payment: dict) -> dict:
    """A payment as JSON; its `day` is that of the network's zone."""
    due = payment["due"]
    shown = {name: value for name, value in payment.items() if name not in _INNER}
    return {
        **shown,
        "day": payment["at"][:10],
        "settled": due is None,
        "next_attempt_at": None if due is None else utc(due),
    }


def days(payments: list[dict]) -> list[dict]:
    """Count and sum by network, day and state, of what has an amount."""
    listed: dict[tuple[str, str], dict] = {}
    for payment in payments:
        key = (payment["network"], payment["at"][:10])
        if payment["amount"]:
            found = listed.setdefault(key, {})
            count, total = found.get(payment["state"], (0, Decimal(0)))
            found[payment["state"]] = (count + 1, total + Decimal(payment["amount"]))
    return [
        {
            "network": network,
            "day": day,
            **{
                state: {"count": count, "sum": str(total)}
                for state in _STATES
                for count, total in [sums.get(state, (0, Decimal(0)))]
            },
        }
        for (network, day), sums in sorted(listed.items())
    ]


def ledger(books: Books, network: str | None) -> dict:
    """Everything the networks, or one of them, have in their books."""
    payments = books.payments(network)
    return {
        "payments": [
            {**view(each), "log": books.attempts(each["id"])} for each in payments
        ],
        "days": days(payments),
    }

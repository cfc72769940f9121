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
    nothing = (0, Decimal(0))
    sums: dict[tuple[str, str], dict] = {}
    for payment in payments:
        if payment["amount"]:
            key = (payment["network"], payment["at"][:10])
            states = sums.setdefault(key, dict.fromkeys(_STATES, nothing))
            count, total = states.get(payment["state"], nothing)
            states[payment["state"]] = (count + 1, total + Decimal(payment["amount"]))
    listed = []
    for (network, day), states in sorted(sums.items()):
        told = {
            state: {"count": count, "sum": str(total)}
            for state, (count, total) in states.items()
        }
        listed.append({"network": network, "day": day, **told})
    return listed


def ledger(books: Books, network: str | None) -> dict:
    """Everything the networks, or one of them, have in their books."""
    payments = books.payments(network)
    return {
        "payments": [
            {**view(each), "log": books.attempts(each["id"])} for each in payments
        ],
        "days": days(payments),
    }

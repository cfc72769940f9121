"""What the network believes: its payments, every attempt, the sums of each day."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal

import kiosk_clock
import kiosk_money
from kiosk_core import Kiosk, is_settled

_INNER = ("id", "due", "deadline", "extra", "todo", "tries", "reason", "cancel", "at")


def day(payment: dict) -> str:
    """The accounting day: of `at`, in the network's zone."""
    return dt.datetime.fromisoformat(payment["at"]).date().isoformat()


def _moment(stamp: float | None) -> str | None:
    return None if stamp is None else kiosk_clock.utc(stamp)


def payment_view(payment: dict) -> dict:
    """A payment as JSON, without its attempts."""
    shown = {k: v for k, v in payment.items() if k not in _INNER}
    wish = payment["cancel"]
    if wish is not None:
        wish = {k: v for k, v in wish.items() if k != "deadline"}
    return {
        **shown,
        "at": payment["at"],
        "day": day(payment),
        "settled": is_settled(payment),
        "next_attempt_at": _moment(payment["due"]),
        "gives_up_at": _moment(payment["deadline"]),
        "cancel": wish,
    }


def content(data: bytes | None) -> dict | None:
    """Bytes as JSON: readable, and exact."""
    if data is None:
        return None
    return {
        "text": data.decode("utf-8", "replace"),
        "base64": base64.b64encode(data).decode(),
    }


def attempt_view(attempt: dict) -> dict:
    """An attempt with request and answer; `lost` answers never reached the network."""
    has_answer = attempt["answer"] is not None
    return {
        "id": attempt["id"],
        "operation": attempt["operation"],
        "at": attempt["at"],
        "ms": attempt["ms"],
        "fault": attempt["fault"],
        "verdict": attempt["verdict"],
        "code": attempt["code"],
        "message": attempt["message"],
        "changed": attempt["changed"],
        "silence": attempt["silence"],
        "lost": bool(attempt["silence"] and has_answer),
        "request": {
            "method": attempt["method"],
            "url": attempt["url"],
            "headers": attempt["headers"],
            "body": content(attempt["request"]),
        },
        "answer": {
            "status": attempt["status"],
            "headers": attempt["answer_headers"],
            "body": content(attempt["answer"]),
        }
        if has_answer
        else None,
    }


def days(payments: list[dict]) -> list[dict]:
    """Sums by network and day, of what has an amount."""
    sums: dict[tuple[str, str], dict] = {}
    for payment in payments:
        if not payment["amount"]:
            continue
        key = (payment["network"], day(payment))
        entry = sums.setdefault(key, {})
        state = payment["state"]
        count, total = entry.get(state, (0, Decimal(0)))
        entry[state] = (count + 1, total + Decimal(payment["amount"]))
    listed = []
    for (network, name), entry in sorted(sums.items()):
        states = {
            state: {"count": count, "sum": str(total)}
            for state, (count, total) in entry.items()
        }
        empty = {"count": 0, "sum": "0"}
        for state in ("confirmed", "cancelled", "refused", "retrying"):
            states.setdefault(state, dict(empty))
        listed.append({"network": network, "day": name, **states})
    return listed


def ledger(kiosk: Kiosk, network: str | None, with_attempts: bool) -> dict:
    """Everything the networks, or one of them, have in their books."""
    if network is not None:
        kiosk.protocol(network)
    payments = kiosk.store.payments(network)
    by_payment: dict[int | None, list[dict]] = {}
    if with_attempts:
        for attempt in kiosk.store.attempts(network=network):
            shown = attempt_view(attempt)
            by_payment.setdefault(attempt["payment"], []).append(shown)
    listed = []
    for payment in payments:
        shown = payment_view(payment)
        if with_attempts:
            shown["log"] = by_payment.get(payment["id"], [])
        listed.append(shown)
    return {
        "now": kiosk.clock.stamp(),
        "payments": listed,
        "days": days(payments),
        "other": by_payment.get(None, []),
    }


def total(amount: str | None, currency: str) -> str:
    """An amount as people read it."""
    found = kiosk_money.read(amount)
    if found is None:
        return ""
    return f"{found:,}".replace(",", " ") + f" {currency}"

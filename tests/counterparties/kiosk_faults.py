"""Faults that are armed on purpose: what lines and networks do now and then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kiosk_errors import invalid
from kiosk_store import Store

KINDS = {
    "lose_answer": "The company did its work; its answer is lost.",
    "cut_before": "The connection is cut before a byte is sent.",
    "cut_middle": "The connection is cut in the middle of the request.",
    "cut_after": "The connection is cut as soon as the request is sent.",
    "delay": "The answer arrives later, by `seconds`.",
    "corrupt": "Half of the answer arrives, spoilt.",
    "duplicate": "The request is sent `count` times at the same instant.",
    "cancel_first": "A cancellation overtakes the payment.",
    "old_repeat": "A payment settled before is sent once more, before this one.",
}
_AT_THE_LINE = tuple(kind for kind in KINDS if kind != "cancel_first")
_MEMBERS = {"kind", "network", "operation", "times", "seconds", "count"}
_MOST = 100_000


@dataclass(frozen=True)
class Fault:
    """One fault that strikes now."""

    kind: str
    seconds: float
    count: int


def arm(store: Store, given: dict) -> list[dict]:
    """Add a fault; `times` is how often it strikes, -1 until it is cleared.

    :raises KioskError: there is no such fault
    """
    unknown = set(given) - _MEMBERS
    if unknown:
        raise invalid(f"A fault has no {', '.join(sorted(unknown))}.")
    if given.get("kind") not in KINDS:
        raise invalid(f"The kind is one of {', '.join(KINDS)}.")
    fault = {
        "kind": given["kind"],
        "network": given.get("network"),
        "operation": given.get("operation"),
        "times": _whole(given, "times", 1, -1),
        "seconds": _seconds(given),
        "count": _whole(given, "count", 5, 2),
    }
    with store.transaction():
        listed = [*store.setting("faults", []), fault]
        store.set_setting("faults", listed)
    return listed


def armed(store: Store) -> list[dict]:
    return store.setting("faults", [])


def clear(store: Store, network: str | None = None) -> list[dict]:
    """Disarm all, or those of a network."""
    with store.transaction():
        listed = [
            fault
            for fault in armed(store)
            if network is not None and fault["network"] != network
        ]
        store.set_setting("faults", listed)
    return listed


def strike(
    store: Store,
    network: str,
    operation: str,
    kinds: Collection[str] = _AT_THE_LINE,
) -> Fault | None:
    """The fault of these kinds that hits this request; it is then used up by one.

    Without an operation a fault hits what moves money: reserve, pay, cancel;
    `cancel_first` and `old_repeat` only ever hit a payment.
    """
    with store.transaction():
        listed = armed(store)
        for fault in listed:
            if fault["kind"] not in kinds or not _hits(fault, network, operation):
                continue
            if fault["times"] > 0:
                fault["times"] -= 1
            left = [each for each in listed if each["times"] != 0]
            store.set_setting("faults", left)
            return Fault(fault["kind"], fault["seconds"], fault["count"])
    return None


def _hits(fault: dict, network: str, operation: str) -> bool:
    if fault["network"] not in (None, network):
        return False
    if fault["kind"] in ("cancel_first", "old_repeat"):
        return operation == "pay"
    if fault["operation"] is not None:
        return fault["operation"] in (operation, "*")
    return operation in ("reserve", "pay", "cancel")


def _whole(given: dict, name: str, default: int, least: int) -> int:
    value = given.get(name, default)
    text = str(value)
    if isinstance(value, bool) or not text.removeprefix("-").isdecimal():
        raise invalid(f"{name} is a whole number.")
    if not least <= int(text) <= _MOST or int(text) == 0:
        raise invalid(f"{name} is at least {max(least, 1)}.")
    return int(text)


def _seconds(given: dict) -> float:
    try:
        seconds = float(given.get("seconds", 1))
    except (TypeError, ValueError):
        raise invalid("seconds is a number.") from None
    if not 0 <= seconds <= 3600:
        raise invalid("seconds is between 0 and 3600.")
    return seconds

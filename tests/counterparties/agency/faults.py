"""Faults that are armed on purpose: what networks and programs do now and then."""

import fnmatch
from collections.abc import Callable

from . import fields
from .core import agency
from .fields import Choice, Integer, Text, needed

REQUESTS = {
    "timeout": "Done, but never answered.",
    "500_before_commit": "An error; nothing was done.",
    "500_after_commit": "An error; but it was done.",
    "429": "Too many calls; nothing was done.",
    "slow": "Answered late.",
}
WEBHOOKS = {
    "drop_webhook": "The agency believes it was delivered.",
    "duplicate_webhook": "Delivered twice.",
    "reorder_webhooks": "Held back until the next one has gone.",
    "bad_signature": "Signed with another secret.",
    "old_timestamp": "Correctly signed, an hour ago.",
}
KINDS = {**REQUESTS, **WEBHOOKS}
_FIELDS = {
    "kind": needed(Choice(KINDS)),
    "times": Integer(1, 10_000, default=1),
    "path": Text(200),
    "method": Choice(("GET", "POST", "PUT", "PATCH", "DELETE")),
    "seconds": Integer(0, 300),
}


def arm(given: dict) -> list[dict]:
    """Add a fault; `times` is how often it strikes."""
    fault = fields.read(_FIELDS, given)
    if fault["seconds"] is None:
        fault["seconds"] = 2 if fault["kind"] == "429" else 3
    with agency.books.transaction():
        all_armed = [*armed(), fault]
        agency.books.set_setting("faults", all_armed)
    return all_armed


def armed() -> list[dict]:
    return agency.books.setting("faults", [])


def clear() -> list[dict]:
    agency.books.set_setting("faults", [])
    return []


def strike_request(method: str, path: str) -> tuple[str, int]:
    """Kind and seconds of the fault that hits this call; it is used up by one."""

    def hits(fault: dict) -> bool:
        if fault["kind"] not in REQUESTS or fault["method"] not in (None, method):
            return False
        if fault["path"] is None:
            return path != "/v1/auth/token"
        return fnmatch.fnmatchcase(path, fault["path"])

    return _take(hits)


def strike_webhook() -> tuple[str, int]:
    """The same for the next delivery."""
    return _take(lambda fault: fault["kind"] in WEBHOOKS)


def _take(hits: Callable[[dict], bool]) -> tuple[str, int]:
    with agency.books.transaction():
        faults = armed()
        for fault in filter(hits, faults):
            fault["times"] -= 1
            left = [each for each in faults if each["times"] > 0]
            agency.books.set_setting("faults", left)
            return fault["kind"], fault["seconds"]
    return "", 0

"""Faults that are armed on purpose: what networks and programs do now and then."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass

from agency_core import Agency
from agency_form import Form

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
_SECONDS = {"429": 2}
_DEFAULT_SECONDS = 3
_TOKEN_PATH = "/v1/auth/token"


@dataclass(frozen=True)
class Fault:
    """One fault that strikes now."""

    kind: str
    seconds: int


def arm(agency: Agency, given: dict) -> list[dict]:
    """Add a fault; `times` is how often it strikes."""
    form = Form(given)
    kind = form.choice("kind", KINDS, required=True)
    fault = {
        "kind": kind,
        "times": form.integer("times", 1, 10_000) or 1,
        "path": form.text("path", 200),
        "method": form.choice("method", ("GET", "POST", "PUT", "PATCH", "DELETE")),
        "seconds": form.integer("seconds", 0, 300),
    }
    form.check()
    if fault["seconds"] is None:
        fault["seconds"] = _SECONDS.get(kind, _DEFAULT_SECONDS)
    with agency.store.transaction():
        armed = [*agency.store.setting("faults", []), fault]
        agency.store.set_setting("faults", armed)
    return armed


def armed(agency: Agency) -> list[dict]:
    return agency.store.setting("faults", [])


def clear(agency: Agency) -> None:
    agency.store.set_setting("faults", [])


def strike_request(agency: Agency, method: str, path: str) -> Fault | None:
    """The fault that hits this call, which is then used up by one."""

    def hits(fault: dict) -> bool:
        pattern = fault["path"]
        if fault["kind"] not in REQUESTS or fault["method"] not in ("", method):
            return False
        if pattern is None:
            return path != _TOKEN_PATH
        return fnmatch.fnmatchcase(path, pattern)

    return _take(agency, hits)


def strike_webhook(agency: Agency) -> Fault | None:
    """The fault that hits the next delivery."""
    return _take(agency, lambda fault: fault["kind"] in WEBHOOKS)


def _take(agency: Agency, hits: Callable[[dict], bool]) -> Fault | None:
    with agency.store.transaction():
        faults = armed(agency)
        for fault in faults:
            if hits(fault):
                fault["times"] -= 1
                left = [each for each in faults if each["times"] > 0]
                agency.store.set_setting("faults", left)
                return Fault(fault["kind"], fault["seconds"])
    return None

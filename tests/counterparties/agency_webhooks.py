"""Delivers events to creditors: signed, repeated, and sometimes spoilt on purpose."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import math
import secrets
import sys
import threading
import time
from urllib.parse import urlsplit

import agency_creditors
import agency_faults
import agency_time
from agency_core import Agency
from agency_faults import Fault

_TIMEOUT = 10
_ATTEMPTS = 10
_BATCH = 500
_AN_HOUR = 3600
# how long the thread sleeps when nothing wakes it
_NAP = 0.2
_SHORTEST_NAP = 0.002
_TRIED_AGAIN = (404, 408, 429)


def signature(secret: str, stamp: int, body: bytes) -> str:
    """The value of X-Agency-Signature."""
    signed = f"{stamp}.".encode() + body
    mark = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mark}"


def is_permanent(status: int) -> bool:
    """A refusal that another attempt would not change."""
    return 400 <= status < 500 and status not in _TRIED_AGAIN


def _in(seconds: float) -> str:
    """A moment of the real clock, in a form that sorts like the time."""
    return f"{time.time() + seconds:017.6f}"


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """One attempt: the status; a redirect is an answer like any other.

    :raises OSError: no connection, or no answer in time
    :raises http.client.HTTPException: not an answer of HTTP
    """
    parts = urlsplit(url)
    kind: type[http.client.HTTPConnection] = http.client.HTTPConnection
    if parts.scheme == "https":
        kind = http.client.HTTPSConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


class Sender(threading.Thread):
    """Takes what is waiting, one delivery after the other, until it is stopped."""

    def __init__(self, agency: Agency, retry_unit: float) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.agency = agency
        self.retry_unit = retry_unit
        self._stopped = threading.Event()
        self._held: set[str] = set()

    def stop(self) -> None:
        self._stopped.set()
        self.agency.wake.set()

    def run(self) -> None:
        while not self._stopped.is_set():
            self.agency.wake.wait(self._nap())
            self.agency.wake.clear()
            try:
                agency_time.catch_up(self.agency)
                while not self._stopped.is_set() and self._deliver_next():
                    pass
            except Exception as error:
                if self._stopped.is_set():
                    return
                words = f"agency: delivering failed: {type(error).__name__}"
                print(words, file=sys.stderr, flush=True)

    def _nap(self) -> float:
        """Seconds until the next delivery is due, within limits."""
        found = self.agency.store.foremost("delivery", "waiting")
        due = float(found["not_before"] or 0) if found else math.inf
        return min(max(due - time.time(), _SHORTEST_NAP), _NAP)

    def _deliver_next(self) -> bool:
        """Deliver what is due first; false when nothing is."""
        with self.agency.store.transaction():
            delivery = self._next()
            if delivery is None:
                return False
            webhook = self._webhook(delivery)
            if not webhook or not webhook["enabled"]:
                delivery["state"] = "given_up"
                self.agency.store.save("delivery", delivery)
                return True
            self._gather(delivery, webhook)
            fault = agency_faults.strike_webhook(self.agency)
        if fault and fault.kind == "reorder_webhooks":
            self._hold(delivery, fault)
            return True
        self._send(delivery, webhook, fault)
        self._release_held(delivery)
        return True

    def _next(self) -> dict | None:
        found = self.agency.store.foremost("delivery", "waiting")
        return found if found and found["not_before"] <= _in(0) else None

    def _webhook(self, delivery: dict) -> dict | None:
        return self.agency.record("creditor", delivery["creditor_id"])["webhook"]

    def _gather(self, delivery: dict, webhook: dict) -> None:
        """In batch mode one delivery carries everything that is fresh."""
        if webhook["mode"] != "batch" or delivery["attempts"]:
            return
        store, owner = self.agency.store, delivery["creditor_id"]
        for other in store.find("delivery", owner=owner, first="waiting"):
            room = _BATCH - len(delivery["events"]) - len(other["events"])
            is_fresh = not other["attempts"] and not other["held"]
            if other["id"] != delivery["id"] and is_fresh and room >= 0:
                delivery["events"] += other["events"]
                store.remove("delivery", other["id"])
        store.save("delivery", delivery)

    def _hold(self, delivery: dict, fault: Fault) -> None:
        """Keep a delivery until another one has overtaken it."""
        delivery.update(held=True, not_before=_in(fault.seconds))
        self._save(delivery)
        self._held.add(delivery["id"])

    def _release_held(self, overtaking: dict) -> None:
        """Let those go that this delivery has overtaken."""
        store = self.agency.store
        with store.transaction():
            for identity in self._held - {overtaking["id"]}:
                held = store.get("delivery", identity)
                if held and held["state"] == "waiting" and held["held"]:
                    store.save("delivery", {**held, "held": False, "not_before": ""})
        self._held.clear()

    def _send(self, delivery: dict, webhook: dict, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if kind == "drop_webhook":
            self._finish(delivery, "dropped", _attempt(delivery, None, "", kind))
            return
        status, error = self._attempt(delivery, webhook, kind)
        if kind == "duplicate_webhook":
            self._attempt(delivery, webhook, kind)
        entry = _attempt(delivery, status, error, kind)
        if status is not None and 200 <= status < 300:
            self._finish(delivery, "delivered", entry)
        elif status is not None and is_permanent(status):
            self._finish(delivery, "refused", entry)
        elif entry["attempt"] >= _ATTEMPTS:
            self._finish(delivery, "given_up", entry)
            self._switch_off(delivery["creditor_id"])
        else:
            gap = self.retry_unit * 2 ** (entry["attempt"] - 1)
            delivery.update(held=False, not_before=_in(gap))
            self._finish(delivery, "waiting", entry)

    def _attempt(
        self, delivery: dict, webhook: dict, kind: str
    ) -> tuple[int | None, str]:
        """The status of one attempt, or why there is none."""
        is_batch = webhook["mode"] == "batch"
        events = delivery["events"]
        content = {"events": events} if is_batch else events[0]
        body = json.dumps(content).encode()
        stamp = int(time.time()) - (_AN_HOUR if kind == "old_timestamp" else 0)
        secret = webhook["secret"]
        if kind == "bad_signature":
            secret = secrets.token_hex(16)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "SandboxAgency",
            "X-Agency-Signature": signature(secret, stamp, body),
            "X-Agency-Delivery": delivery["id"],
            "X-Agency-Attempt": str(len(delivery["attempts"]) + 1),
        }
        try:
            return post(webhook["url"], body, headers), ""
        except (OSError, http.client.HTTPException) as error:
            return None, type(error).__name__

    def _finish(self, delivery: dict, state: str, entry: dict) -> None:
        delivery["state"] = state
        delivery["attempts"].append(entry)
        self._save(delivery)

    def _save(self, delivery: dict) -> None:
        """Enter what became of a delivery, unless all was forgotten meanwhile."""
        store = self.agency.store
        with store.transaction():
            if store.get("delivery", delivery["id"]):
                store.save("delivery", delivery)

    def _switch_off(self, creditor_id: str) -> None:
        """Too many attempts have failed: polling must find what is left."""
        agency = self.agency
        reason = f"{_ATTEMPTS} attempts to deliver have failed."
        with agency.store.transaction():
            creditor = agency.record("creditor", creditor_id)
            creditor["webhook"].update(enabled=False, disabled_reason=reason)
            agency_creditors.changed(agency, creditor)
            for other in agency.store.find(
                "delivery", owner=creditor_id, first="waiting"
            ):
                agency.store.save("delivery", {**other, "state": "given_up"})
            contact = creditor["contact"] or {}
            if contact.get("email"):
                agency.mail(
                    creditor,
                    contact["email"],
                    "Your webhook was switched off",
                    f"{reason} Switch it on again when it can be reached; "
                    "what has happened meanwhile is found by polling the events.",
                )


def _attempt(delivery: dict, status: int | None, error: str, kind: str) -> dict:
    """One line of a delivery's log."""
    return {
        "attempt": len(delivery["attempts"]) + 1,
        "at": int(time.time()),
        "status": status,
        "error": error,
        "fault": kind,
    }

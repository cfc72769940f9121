"""Delivers events to creditors: signed, repeated, and sometimes spoilt on purpose."""

import hashlib
import hmac
import json
import secrets
import sys
import threading
import time
from typing import Any

import requests
from flask import Flask

from . import agenda, creditors, faults
from .core import Agency

_TIMEOUT = 10
_ATTEMPTS = 10
_BATCH = 500
_AN_HOUR = 3600
# how long the thread sleeps when nothing wakes it
_NAP = 0.2
_TRIED_AGAIN = (404, 408, 429)


def signature(secret: str, stamp: int, body: bytes) -> str:
    """The value of X-Agency-Signature."""
    signed = f"{stamp}.".encode() + body
    mark = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={mark}"


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int | None, str]:
    """The status of one attempt, or why there is none."""
    how: Any = {"timeout": _TIMEOUT, "allow_redirects": False, "stream": True}
    try:
        with requests.Session() as session:
            session.trust_env = False
            with session.post(url, body, headers=headers, **how) as answer:
                return answer.status_code, ""
    except (OSError, ValueError) as error:
        return None, type(error).__name__


class Sender(threading.Thread):
    """Takes what is waiting, one delivery after the other, until it is stopped."""

    def __init__(self, app: Flask, retry_unit: float, watch: Any = None) -> None:
        """:param watch: looks at what is sent, when there is one"""
        super().__init__(name="webhooks", daemon=True)
        self.app = app
        self.agency: Agency = app.extensions["agency"]
        self.books = self.agency.books
        self.retry_unit = retry_unit
        self.watch = watch
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End after the delivery under way, which may still enter its result."""
        self._stopped.set()
        self.agency.wake.set()
        self.join(2)

    def run(self) -> None:
        while not self._stopped.is_set():
            self.agency.wake.wait(self._nap())
            self.agency.wake.clear()
            try:
                with self.app.app_context():
                    agenda.catch_up()
                    while not self._stopped.is_set() and self._deliver_next():
                        pass
            except Exception as error:
                words = f"agency: delivering failed: {type(error).__name__}"
                print(words, file=sys.stderr, flush=True)

    def _next(self) -> dict | None:
        """What is to be delivered first."""
        waiting = self.books.find("delivery", state="waiting")
        return min(waiting, key=lambda each: each["not_before"], default=None)

    def _nap(self) -> float:
        """Seconds until the next delivery is due, within limits."""
        found = self._next()
        return min(max(found["not_before"] - time.time(), 0), _NAP) if found else _NAP

    def _deliver_next(self) -> bool:
        """Deliver what is due first; false when nothing is."""
        with self.books.transaction():
            delivery = self._next()
            if delivery is None or delivery["not_before"] > time.time():
                return False
            webhook = self.agency.record("creditor", delivery["creditor_id"])["webhook"]
            if not webhook["enabled"]:
                self._keep(delivery, state="given_up")
                return True
            if webhook["mode"] == "batch" and not delivery["attempts"]:
                self._gather(delivery)
            kind, seconds = faults.strike_webhook()
            if kind == "reorder_webhooks":
                # until another one has overtaken it
                self._keep(delivery, held=True, not_before=time.time() + seconds)
                return True
        self._send(delivery, webhook, kind)
        with self.books.transaction():
            for other in self.books.find("delivery", state="waiting", held=True):
                if other["id"] != delivery["id"]:
                    self._keep(other, held=False, not_before=0)
        return True

    def _gather(self, delivery: dict) -> None:
        """One delivery carries everything that is fresh."""
        mine = {"creditor_id": delivery["creditor_id"], "state": "waiting"}
        for other in self.books.find("delivery", **mine, held=False):
            is_fresh = other["id"] != delivery["id"] and not other["attempts"]
            if is_fresh and len(delivery["events"] + other["events"]) <= _BATCH:
                delivery["events"] += other["events"]
                self.books.remove(other["id"])
        self.books.save("delivery", delivery)

    def _send(self, delivery: dict, webhook: dict, kind: str) -> None:
        """One attempt, as the fault of this kind wants it."""
        number = len(delivery["attempts"]) + 1
        status: int | None = None
        error, state = "", "dropped"
        if kind != "drop_webhook":
            status, error = self._attempt(delivery, webhook, kind, number)
            state = self._outcome(status, number)
        if kind == "duplicate_webhook":
            self._attempt(delivery, webhook, kind, number)
        entry = {"attempt": number, "at": int(time.time()), "status": status}
        attempts = [*delivery["attempts"], {**entry, "error": error, "fault": kind}]
        later = time.time() + self.retry_unit * 2 ** (number - 1)
        result = {"state": state, "attempts": attempts, "not_before": later}
        self._keep(delivery, held=False, **result)
        if state == "given_up":
            self._switch_off(delivery["creditor_id"])

    def _outcome(self, status: int | None, attempt: int) -> str:
        if status and 200 <= status < 300:
            return "delivered"
        if status and 400 <= status < 500 and status not in _TRIED_AGAIN:
            return "refused"
        return "waiting" if attempt < _ATTEMPTS else "given_up"

    def _attempt(
        self, delivery: dict, webhook: dict, kind: str, number: int
    ) -> tuple[int | None, str]:
        events, secret = delivery["events"], webhook["secret"]
        content = {"events": events} if webhook["mode"] == "batch" else events[0]
        body = json.dumps(content).encode()
        stamp = int(time.time()) - (_AN_HOUR if kind == "old_timestamp" else 0)
        if kind == "bad_signature":
            secret = secrets.token_hex(16)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "SandboxAgency",
            "X-Agency-Signature": signature(secret, stamp, body),
            "X-Agency-Delivery": delivery["id"],
            "X-Agency-Attempt": str(number),
        }
        status, error = post(webhook["url"], body, headers)
        if self.watch and status:
            self.watch.sent("event", webhook["url"], headers, body, status)
        return status, error

    def _keep(self, delivery: dict, **changes: object) -> None:
        """Enter what became of a delivery, unless all was forgotten meanwhile."""
        with self.books.transaction():
            if self.books.get("delivery", delivery["id"]):
                self.books.save("delivery", {**delivery, **changes})

    def _switch_off(self, creditor_id: str) -> None:
        """Too many attempts have failed: polling must find what is left."""
        reason = f"{_ATTEMPTS} attempts to deliver have failed."
        mine = {"creditor_id": creditor_id, "state": "waiting"}
        with self.books.transaction():
            creditor = self.agency.record("creditor", creditor_id)
            creditor["webhook"].update(enabled=False, disabled_reason=reason)
            creditors.changed(creditor)
            for other in self.books.find("delivery", **mine):
                self._keep(other, state="given_up")
            words = "Switch it on again when it can be reached; what has happened"
            body = f"{reason} {words} meanwhile is found by polling the events."
            self.agency.mail(creditor, "Your webhook was switched off", body)

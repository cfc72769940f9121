"""Tells the creditor's program that a case has changed: signed, and once."""

import hashlib
import json
import queue
import threading
import time

import requests

from .books import Ledger

_TIMEOUT = 60


def signature(secret: str, data: dict) -> str:
    """MD5 of the data as JSON without spaces, and the secret."""
    text = json.dumps(data, separators=(",", ":")) + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Sender(threading.Thread):
    """Makes the calls, one after the other, until it is stopped."""

    def __init__(self, books: Ledger) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.books = books
        self.waiting: queue.Queue[int | None] = queue.Queue()

    def tell(self, number: int) -> None:
        """A case has changed."""
        self.waiting.put(number)

    def stop(self) -> None:
        """End after the call under way."""
        self.waiting.put(None)
        self.join(2)

    def run(self) -> None:
        while (number := self.waiting.get()) is not None:
            webhook = self.books.setting("webhook")
            fault = self.books.strike(f"webhook/{number}")
            if webhook and webhook["enabled"] and fault != "drop_webhook":
                for _time in range(2 if fault == "duplicate_webhook" else 1):
                    self._call(webhook, number, fault)
            self.waiting.task_done()

    def _call(self, webhook: dict, number: int, fault: str) -> None:
        data = {
            "timestamp": int(time.time()),
            "eventType": "CaseUpdate",
            "claimId": number,
        }
        secret = "another" if fault == "bad_signature" else webhook["secret"]
        body = {
            "header": {"algorithm": "MD5"},
            "data": data,
            "signature": signature(secret, data),
        }
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    webhook["url"], json=body, timeout=_TIMEOUT, allow_redirects=False
                )
            status = answer.status_code
        except (OSError, ValueError):
            status = 0
        told = [*self.books.setting("told", []), {"claimId": number, "status": status}]
        self.books.set_setting("told", told)

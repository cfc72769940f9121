"""Terminal JSON, the generic signed protocol: docs/terminal_json.md.

Requests and answers are signed with HMAC-SHA256 over timestamp, dot and body. The
timestamp is the real time, whatever the clock of this program was moved to.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from decimal import Decimal

import kiosk_money
from kiosk_line import Answer, Ask
from kiosk_protocol import AGAIN, DONE, REFUSED, Heard, Protocol

# result -> HTTP status, and whether the same call is to be sent again
_RESULTS = {
    "ok": (200, False),
    "not_found": (404, False),
    "many_found": (404, False),
    "bad_account": (422, False),
    "inactive": (422, False),
    "bad_factor": (422, False),
    "too_small": (422, False),
    "too_large": (422, False),
    "bad_amount": (422, False),
    "bad_date": (422, False),
    "bad_id": (422, False),
    "wrong_currency": (422, False),
    "bad_request": (400, False),
    "bad_operation": (400, False),
    "conflict": (409, False),
    "cancelled": (409, False),
    "closed": (409, False),
    "unknown_payment": (404, False),
    "pending": (503, True),
    "fault": (503, True),
    "forbidden": (403, False),
}
_GAPS = (1, 3, 6, 12, 30, 60, 180)
_HOURLY = 360
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_STATES = {
    "pay": ("accepted",),
    "cancel": ("cancelled", "reversed"),
    "status": ("accepted", "cancelled", "reversed"),
}
_FIELDS = {
    "lookup": ("account", "terminal", "factor"),
    "check": ("id account amount currency terminal invoice factor").split(),
    "pay": "id account amount currency paid_at terminal invoice factor".split(),
    "cancel": ("id", "account", "terminal", "reason"),
    "status": ("id", "account", "terminal"),
    "statement": ("since", "until"),
}


def signature(key: str, timestamp: str, body: bytes) -> str:
    signed = timestamp.encode() + b"." + body
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


class SignedJson(Protocol):
    """60 seconds; repeats after 10 s, 30 s, 1 .. 30 minutes, then every hour."""

    LIMIT = 60.0
    OPERATIONS = ("lookup", "check", "pay", "cancel", "status", "statement")
    # with the customer standing there not more than once again
    CHECK_ATTEMPTS = 2

    def new_id(self, number: int) -> str:
        return f"{self.network.name}-{number}"[:64]

    def gap(self, attempt: int) -> float:
        return float(_GAPS[attempt - 1] if attempt <= len(_GAPS) else _HOURLY)

    @property
    def key(self) -> str:
        return str(self.network.auth.get("secret", ""))

    def ask(self, operation: str, payment: dict) -> Ask:
        amount = self.amount(payment) if payment.get("amount") else None
        wish = payment.get("cancel") or {}
        values = {
            "id": payment.get("txn_id"),
            "account": payment.get("account"),
            "amount": amount,
            "currency": self.network.currency if amount else None,
            "paid_at": payment.get("at"),
            "terminal": payment.get("kiosk"),
            "invoice": payment.get("invoice"),
            "factor": payment.get("factor"),
            "reason": wish.get("reason") or payment.get("reason"),
            "since": payment.get("since"),
            "until": payment.get("until"),
        }
        content = {"operation": operation}
        content.update(
            (name, values[name]) for name in _FIELDS[operation] if values[name]
        )
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Timestamp": stamp,
            "X-Signature": signature(self.key, stamp, body),
        }
        return self.dressed("POST", self.network.endpoint, body, headers)

    def hear(self, operation: str, payment: dict, ask: Ask, answer: Answer) -> Heard:
        heard = Heard()
        if answer.status == 403:
            heard.code = "forbidden"
            sentence = "403: key, clock or address are not as agreed."
            return heard.unusable("forbidden", sentence)
        if not self._is_signed(heard, ask, answer):
            return heard
        self.check_type(heard, answer, self.JSON_TYPES)
        try:
            found = json.loads(answer.body.decode(), object_pairs_hook=_once)
        except ValueError as error:
            return heard.unusable("unreadable", f"The answer is not JSON: {error}")
        if not isinstance(found, dict) or not isinstance(found.get("result"), str):
            return heard.unusable("no_result", "The answer has no result.")
        heard.code = found["result"]
        if not isinstance(found.get("message"), str):
            heard.complain("message", "The answer has no message.")
        heard.message = str(found.get("message") or "")
        if not isinstance(found.get("retry"), bool):
            return heard.unusable("retry_differs", "The answer has no retry.")
        self._check_result(heard, found, answer)
        if found["retry"]:
            heard.verdict = AGAIN
        elif heard.code != "ok":
            heard.verdict = REFUSED
        else:
            heard.verdict = DONE
            self._read(heard, operation, payment, found)
        return heard

    def _is_signed(self, heard: Heard, ask: Ask, answer: Answer) -> bool:
        """An answer counts only with the right signature and the sent timestamp."""
        heard.message = f"HTTP {answer.status}"
        sent = ask.headers["X-Timestamp"]
        given = answer.headers.get("x-signature")
        if given is None:
            heard.unusable("unsigned", f"HTTP {answer.status} without a signature.")
            return False
        if answer.headers.get("x-timestamp") != sent:
            heard.unusable("timestamp", "The answer has not the timestamp sent.")
            return False
        right = signature(self.key, sent, answer.body)
        if not hmac.compare_digest(right, given):
            heard.unusable("signature", "The signature of the answer is wrong.")
            return False
        return True

    def _check_result(self, heard: Heard, found: dict, answer: Answer) -> None:
        if heard.code not in _RESULTS:
            heard.complain("unknown_code", f"There is no result {heard.code}.")
            return
        status, retry = _RESULTS[heard.code]
        if answer.status != status:
            sentence = f"{heard.code} came with HTTP {answer.status}, not {status}."
            heard.complain("status_differs", sentence)
        if found["retry"] is not retry:
            heard.complain("retry_differs", f"{heard.code} has retry {not retry}.")
        if status == 503 and "retry-after" not in answer.headers:
            heard.complain("retry_after", "503 without Retry-After.")

    def _read(self, heard: Heard, operation: str, payment: dict, found: dict) -> None:
        if operation in ("lookup", "check"):
            self._show(heard, found)
        elif operation == "statement":
            listed = found.get("payments")
            if not isinstance(listed, list):
                heard.complain("unreadable", "payments is no list.")
                listed = []
            heard.data = {"payments": listed}
            for each in listed:
                self._check_payment(heard, "status", each)
        else:
            entry = found.get("payment")
            if not isinstance(entry, dict):
                heard.unusable("no_payment", "The answer has no payment.")
                return
            heard.data = {"payment": entry}
            heard.provider_id = str(entry.get("number", ""))
            if entry.get("id") != payment["txn_id"]:
                sentence = f"It is about {entry.get('id')}, not {payment['txn_id']}."
                heard.unusable("txn_id_not_echoed", sentence)
                return
            self._check_payment(heard, operation, entry)
            if operation == "pay":
                self.check_sum(heard, payment, entry.get("amount"))

    def _show(self, heard: Heard, found: dict) -> None:
        heard.shown = {
            "name": found.get("customer") or "",
            "due": found.get("due") or "",
            "invoices": found.get("invoices") or [],
            "fields": [],
        }
        if "debt" in found:
            heard.shown["debt"] = found["debt"]
            self._check_money(heard, "debt", found["debt"])
        for each in heard.shown["invoices"]:
            for name in ("open", "pays"):
                self._check_money(heard, f"{name} of an invoice", each.get(name))

    def _check_payment(self, heard: Heard, operation: str, entry: dict) -> None:
        number = entry.get("number")
        if isinstance(number, bool) or not isinstance(number, int):
            heard.complain("no_provider_id", f"The number is {number!r}.")
        if entry.get("state") not in _STATES[operation]:
            sentence = f"The state after {operation} is {entry.get('state')}."
            heard.complain("state", sentence)
        self._check_money(heard, "amount", entry.get("amount"))
        if entry.get("currency") not in (self.network.currency, ""):
            sentence = f"The currency is {entry.get('currency')}."
            heard.complain("currency_differs", sentence)
        for name in ("paid_at", "accepted_at", "cancelled_at"):
            value = entry.get(name)
            if value is not None and not _UTC.fullmatch(str(value)):
                heard.complain("time", f"{name} is “{value}”, not UTC with Z.")

    def _check_money(self, heard: Heard, name: str, value: object) -> None:
        """A text with all decimals of the currency."""
        amount = kiosk_money.read(value) if isinstance(value, str) else None
        decimals = self.network.decimals
        if amount is None or kiosk_money.show(Decimal(amount), decimals) != value:
            heard.complain("money", f"{name} is {value!r}.")


def _once(pairs: list[tuple[str, object]]) -> dict:
    """:raises ValueError: a name stands twice"""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found

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

from .. import money
from ..line import Answer, Ask
from .base import Protocol
from .heard import AGAIN, DONE, REFUSED, Heard, Unusable

# HTTP status -> results that come with it
_RESULTS = {
    200: "ok",
    400: "bad_request bad_operation",
    403: "forbidden",
    404: "not_found many_found unknown_payment",
    409: "conflict cancelled closed",
    422: (
        "bad_account inactive bad_factor too_small too_large bad_amount bad_date bad_id"
        " wrong_currency"
    ),
    503: "pending fault",
}
_STATUSES = {
    result: status for status, named in _RESULTS.items() for result in named.split()
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
    "lookup": "account terminal factor",
    "check": "id account amount currency terminal invoice factor",
    "pay": "id account amount currency paid_at terminal invoice factor",
    "cancel": "id account terminal reason",
    "status": "id account terminal",
    "statement": "since until",
}


def signature(key: str, timestamp: str, body: bytes) -> str:
    signed = timestamp.encode() + b"." + body
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


class SignedJson(Protocol):
    """60 seconds; repeats after 10 s, 30 s, 1 .. 30 minutes, then every hour."""

    OPERATIONS = tuple(_FIELDS)
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
        has_amount = bool(payment.get("amount"))
        values = {
            **payment,
            "id": payment.get("txn_id"),
            "amount": self.amount(payment) if has_amount else None,
            "currency": self.network.currency if has_amount else None,
            "paid_at": payment.get("at"),
            "terminal": payment.get("kiosk"),
            "reason": (payment.get("cancel") or {}).get("reason"),
        }
        names = _FIELDS[operation].split()
        content = {name: values[name] for name in names if values.get(name)}
        content = {"operation": operation, **content}
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(time.time()))
        seal = {"X-Timestamp": stamp, "X-Signature": signature(self.key, stamp, body)}
        return self.post(body, "application/json", **seal)

    def read(
        self, heard: Heard, operation: str, payment: dict, ask: Ask, answer: Answer
    ) -> None:
        if answer.status == 403:
            heard.code = "forbidden"
            sentence = "403: key, clock or address are not as agreed."
            raise Unusable("forbidden", sentence)
        self._check_seal(ask, answer)
        found = self.read_json(heard, answer, _once)
        heard.code = str(found.get("result"))
        heard.message = str(found.get("message") or "")
        if not isinstance(found.get("message"), str):
            heard.complain("message", "The answer has no message.")
        if heard.code not in _STATUSES:
            heard.complain("unknown_code", f"There is no result {heard.code}.")
        elif _STATUSES[heard.code] != answer.status:
            sentence = f"{heard.code} came with HTTP {answer.status}."
            heard.complain("status_differs", sentence)
        elif found.get("retry") is not (answer.status == 503):
            sentence = f"{heard.code} came with retry {found.get('retry')}."
            heard.complain("retry_differs", sentence)
        elif answer.status == 503 and "retry-after" not in answer.headers:
            heard.complain("retry_after", "503 without Retry-After.")
        if found.get("retry") is not False:
            heard.verdict = AGAIN
        elif heard.code != "ok":
            heard.verdict = REFUSED
        else:
            heard.verdict = DONE
            self._read(heard, operation, payment, found)

    def _check_seal(self, ask: Ask, answer: Answer) -> None:
        """An answer counts only with the right signature and the sent timestamp."""
        sent = ask.headers["X-Timestamp"]
        given = answer.headers.get("x-signature")
        if given is None:
            raise Unusable("unsigned", f"HTTP {answer.status} without a signature.")
        if answer.headers.get("x-timestamp") != sent:
            raise Unusable("timestamp", "The answer has not the timestamp sent.")
        if not hmac.compare_digest(signature(self.key, sent, answer.body), given):
            raise Unusable("signature", "The signature of the answer is wrong.")

    def _read(self, heard: Heard, operation: str, payment: dict, found: dict) -> None:
        if operation in ("lookup", "check"):
            self._show(heard, found)
        elif operation == "statement":
            heard.data = {"payments": found.get("payments")}
            if not isinstance(found.get("payments"), list):
                raise Unusable("unreadable", "payments is no list.")
            for each in found["payments"]:
                self._check_payment(heard, "status", each)
        else:
            entry = found.get("payment")
            if not isinstance(entry, dict):
                raise Unusable("no_payment", "The answer has no payment.")
            heard.data = {"payment": entry}
            heard.provider_id = str(entry.get("number", ""))
            self.check_echo(entry.get("id"), payment["txn_id"])
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
        if type(entry.get("number")) is not int:
            heard.complain("no_provider_id", f"The number is {entry.get('number')!r}.")
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
        amount = money.read(value)
        if amount is None or money.show(amount, self.network.decimals) != value:
            heard.complain("money", f"{name} is {value!r}.")


def _once(pairs: list[tuple[str, object]]) -> dict:
    """:raises ValueError: a name stands twice"""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found

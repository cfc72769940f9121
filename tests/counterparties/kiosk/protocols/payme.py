"""The Payme merchant protocol: JSON-RPC 2.0, whole numbers of tiyin, HTTP 200 only.

CheckPerformTransaction, CreateTransaction, PerformTransaction; a payment that is not
performed within 12 hours is cancelled with reason 4. In the sandbox every Create,
Perform and Cancel is sent twice and the answers are compared byte for byte.
"""

from __future__ import annotations

import itertools
import json
import re
from datetime import datetime
from decimal import Decimal

from ..line import Answer, Ask
from .base import HOURS, Protocol, owed, when
from .heard import AGAIN, DONE, REFUSED, Heard, Unusable

_METHODS = {
    "lookup": "CheckPerformTransaction",
    "check": "CheckPerformTransaction",
    "reserve": "CreateTransaction",
    "pay": "PerformTransaction",
    "cancel": "CancelTransaction",
    "status": "CheckTransaction",
    "statement": "GetStatement",
}
_INTERNAL = -32400
_CODES = {-32700, -32600, -32601, -32504, -32300, -31001, -31003, -31007, -31008}
_CODES |= {_INTERNAL, *range(-31099, -31049)}
_STATES = {"reserve": (1,), "pay": (2,), "cancel": (-1, -2), "status": (1, 2, -1, -2)}
_TIMES = {
    "reserve": ("create_time",),
    "pay": ("perform_time",),
    "cancel": ("cancel_time",),
    "status": ("create_time", "perform_time", "cancel_time"),
}
# a look at the screen asks about the least amount
_SMALLEST = "1000"
_REASON_ERROR, _REASON_TIMEOUT, _REASON_REFUND = 3, 4, 5


class Payme(Protocol):
    """Repeats on -32400, on any HTTP status but 200 and on silence, for 12 hours."""

    LIFETIME = 12 * HOURS
    OPERATIONS = tuple(_METHODS)
    STEPS = ("check", "reserve", "pay")
    BINDING = ("reserve", "pay", "cancel")
    CANCELLED_WHEN_EXPIRED = ("reserve", "pay")
    _ids = itertools.count(1)

    def new_id(self, number: int) -> str:
        return f"{number:024x}"

    def ask(self, operation: str, payment: dict) -> Ask:
        params: dict = {}
        if operation == "statement":
            params = {"from": _ms(payment["since"]), "to": _ms(payment["until"])}
        elif operation in ("lookup", "check", "reserve"):
            field = self.option("account_field", "account")
            params["amount"] = int(Decimal(payment.get("amount") or _SMALLEST) * 100)
            params["account"] = {field: payment["account"]}
        if operation in ("reserve", "pay", "cancel", "status"):
            params["id"] = payment["txn_id"]
        if operation == "reserve":
            params["time"] = int(when(payment).timestamp() * 1000)
        if operation == "cancel":
            params["reason"] = _reason(payment.get("cancel") or {})
        call = {
            "jsonrpc": "2.0",
            "id": next(self._ids),
            "method": _METHODS[operation],
            "params": params,
        }
        body = json.dumps(call, ensure_ascii=False).encode()
        return self.post(body, "application/json")

    def read(
        self, heard: Heard, operation: str, payment: dict, ask: Ask, answer: Answer
    ) -> None:
        if answer.status != 200:
            heard.code = str(_INTERNAL)
            sentence = f"HTTP {answer.status}: the company must answer with 200."
            raise Unusable("http_status", sentence)
        found = self.read_json(heard, answer)
        if found.get("id") != json.loads(ask.body)["id"]:
            raise Unusable("id_not_echoed", f"The id is {found.get('id')}.")
        result, error = found.get("result"), found.get("error")
        if isinstance(error, dict) and isinstance(error.get("code"), int):
            self._refused(heard, error)
        elif isinstance(result, dict) and error is None:
            heard.verdict, heard.code, heard.data = DONE, "0", result
            if operation in ("lookup", "check"):
                self._show(heard, result)
            elif operation == "statement":
                self._statement(heard, result)
            else:
                self._transaction(heard, operation, result)
        else:
            raise Unusable("no_result", "Neither result nor an error with a code.")

    def _refused(self, heard: Heard, error: dict) -> None:
        message = error.get("message") or ""
        if isinstance(message, dict):
            message = message.get("en") or next(iter(message.values()), "")
        heard.code, heard.message = str(error["code"]), str(message)
        heard.verdict = AGAIN if error["code"] == _INTERNAL else REFUSED
        if error["code"] not in _CODES:
            sentence = f"The protocol has no error {heard.code}."
            heard.complain("unknown_code", sentence)

    def _show(self, heard: Heard, result: dict) -> None:
        if result.get("allow") is not True:
            heard.verdict = REFUSED
            heard.complain("not_allowed", "The result has no allow: true.")
        extra = result.get("additional")
        listed = extra.items() if isinstance(extra, dict) else ()
        heard.shown = owed([(str(label), str(value)) for label, value in listed])

    def _statement(self, heard: Heard, result: dict) -> None:
        listed = result.get("transactions")
        if not isinstance(listed, list):
            raise Unusable("unreadable", "transactions is no list.")
        heard.data = {"payments": listed}
        for each in listed:
            if not isinstance(each.get("amount"), int):
                heard.complain("sum_differs", f"An amount is {each.get('amount')!r}.")

    def _transaction(self, heard: Heard, operation: str, result: dict) -> None:
        state = result.get("state")
        if state not in _STATES[operation]:
            sentence = f"The state after {_METHODS[operation]} is {state}."
            if operation == "pay":
                raise Unusable("state", sentence)
            heard.complain("state", sentence)
        heard.provider_id = str(result.get("transaction") or "")
        if not isinstance(result.get("transaction"), str) or not heard.provider_id:
            heard.complain("no_provider_id", "transaction is no text.")
        for name in _TIMES[operation]:
            value = result.get(name)
            is_time = type(value) is int and len(str(value)) == 13
            if not is_time and (operation != "status" or value != 0):
                heard.complain("time", f"{name} is {value!r}, not 13 digits.")

    def is_same(self, operation: str, first: bytes, other: bytes) -> bool:
        """Byte for byte; only the ids of the requests differ."""
        return _without_id(first) == _without_id(other)


def _reason(wish: dict) -> int:
    if wish.get("reason") == "timeout":
        return _REASON_TIMEOUT
    return _REASON_REFUND if wish.get("was") == "confirmed" else _REASON_ERROR


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _without_id(body: bytes) -> bytes:
    """The answer without the id that it gives back."""
    found = re.escape(json.dumps(json.loads(body)["id"]).encode())
    return re.sub(rb'"id"\s*:\s*' + found, b"", body, count=1)

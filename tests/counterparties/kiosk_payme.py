"""The Payme merchant protocol: JSON-RPC 2.0, whole numbers of tiyin, HTTP 200 only.

CheckPerformTransaction, CreateTransaction, PerformTransaction; a payment that is not
performed within 12 hours is cancelled with reason 4. In the sandbox every Create,
Perform and Cancel is sent twice and the bytes of `result` are compared.
"""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from decimal import Decimal
from json.decoder import WHITESPACE

import kiosk_money
from kiosk_line import Answer, Ask
from kiosk_protocol import AGAIN, DONE, HOURS, REFUSED, Heard, Protocol, owed, when

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
_CODES = (-32700, -32600, -32601, -32504, -32300, -31001, -31003, -31007, -31008)
_ACCOUNT_CODES = range(-31099, -31049)
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

    LIMIT = 60.0
    LIFETIME = 12 * HOURS
    OPERATIONS = (
        "lookup",
        "check",
        "reserve",
        "pay",
        "cancel",
        "status",
        "statement",
    )
    STEPS = ("check", "reserve", "pay")
    BINDING = ("reserve", "pay", "cancel")
    CANCEL_WHEN_EXPIRED = True
    _ids = itertools.count(1)

    def new_id(self, number: int) -> str:
        return f"{number:024x}"

    def new_extra(self, number: int) -> dict:
        return {"number": str(number)}

    def ask(self, operation: str, payment: dict) -> Ask:
        params: dict = {}
        if operation == "statement":
            params = {"from": _ms(payment["since"]), "to": _ms(payment["until"])}
        elif operation in ("lookup", "check", "reserve"):
            params = {
                "amount": self._tiyin(payment),
                "account": {
                    self.option("account_field", "account"): payment["account"]
                },
            }
        if operation in ("reserve", "pay", "cancel", "status"):
            params["id"] = payment["txn_id"]
        if operation == "reserve":
            params["time"] = int(when(payment).timestamp() * 1000)
        if operation == "cancel":
            params["reason"] = self._reason(payment)
        call = {
            "jsonrpc": "2.0",
            "id": next(self._ids),
            "method": _METHODS[operation],
            "params": params,
        }
        body = json.dumps(call, ensure_ascii=False).encode()
        kind = {"Content-Type": "application/json"}
        return self.dressed("POST", self.network.endpoint, body, kind)

    def _tiyin(self, payment: dict) -> int:
        amount = Decimal(payment.get("amount") or _SMALLEST)
        return kiosk_money.minor(amount, 2)

    def _reason(self, payment: dict) -> int:
        wish = payment.get("cancel") or {}
        if wish.get("reason") == "timeout":
            return _REASON_TIMEOUT
        is_performed = wish.get("was") == "confirmed"
        return _REASON_REFUND if is_performed else _REASON_ERROR

    def hear(self, operation: str, payment: dict, ask: Ask, answer: Answer) -> Heard:
        heard = Heard()
        if answer.status != 200:
            heard.code = str(_INTERNAL)
            sentence = f"HTTP {answer.status}: the company must answer with 200."
            return heard.unusable("http_status", sentence)
        self.check_type(heard, answer, self.JSON_TYPES)
        try:
            found = json.loads(answer.body.decode())
        except ValueError as error:
            return heard.unusable("unreadable", f"The answer is not JSON: {error}")
        if not isinstance(found, dict):
            return heard.unusable("unreadable", "The answer is not an object.")
        if found.get("id") != json.loads(ask.body)["id"]:
            sentence = f"The id of the answer is {found.get('id')}."
            return heard.unusable("id_not_echoed", sentence)
        if found.get("error") is not None:
            return self._error(heard, found["error"])
        result = found.get("result")
        if not isinstance(result, dict):
            return heard.unusable("no_result", "Neither result nor error.")
        heard.verdict, heard.code = DONE, "0"
        return self._result(heard, operation, payment, result)

    def _error(self, heard: Heard, error: object) -> Heard:
        code = error.get("code") if isinstance(error, dict) else None
        if isinstance(code, bool) or not isinstance(code, int):
            return heard.unusable("no_result", "The error has no code.")
        heard.code = str(code)
        message = error.get("message") if isinstance(error, dict) else ""
        if isinstance(message, dict):
            message = message.get("en") or next(iter(message.values()), "")
        heard.message = str(message or "")
        heard.verdict = AGAIN if code == _INTERNAL else REFUSED
        is_known = code in _CODES or code in _ACCOUNT_CODES or code == _INTERNAL
        if not is_known:
            heard.complain("unknown_code", f"The protocol has no error {code}.")
        return heard

    def _result(
        self, heard: Heard, operation: str, payment: dict, result: dict
    ) -> Heard:
        heard.data = dict(result)
        if operation in ("lookup", "check"):
            if result.get("allow") is not True:
                heard.verdict = REFUSED
                heard.complain("not_allowed", "The result has no allow: true.")
            extra = result.get("additional")
            listed = list(extra.items()) if isinstance(extra, dict) else []
            fields = [(str(label), str(value)) for label, value in listed]
            heard.shown = {"fields": fields}
            if debt := owed(fields):
                heard.shown["debt"] = debt
            return heard
        if operation == "statement":
            heard.data = {"payments": self._statement(heard, result)}
            return heard
        state = result.get("state")
        if state not in _STATES[operation]:
            sentence = f"The state after {_METHODS[operation]} is {state}."
            if operation == "pay":
                return heard.unusable("state", sentence)
            heard.complain("state", sentence)
        heard.provider_id = str(result.get("transaction") or "")
        if not isinstance(result.get("transaction"), str) or not heard.provider_id:
            heard.complain("no_provider_id", "transaction is no text.")
        for name in _TIMES[operation]:
            if not _is_time(result.get(name), may_be_zero=operation == "status"):
                sentence = f"{name} is {result.get(name)!r}, not 13 digits."
                heard.complain("time", sentence)
        return heard

    def _statement(self, heard: Heard, result: dict) -> list:
        listed = result.get("transactions")
        if not isinstance(listed, list):
            heard.complain("unreadable", "transactions is no list.")
            return []
        for each in listed:
            if not isinstance(each.get("amount"), int):
                heard.complain("sum_differs", f"An amount is {each.get('amount')!r}.")
        return listed

    def is_same(self, operation: str, first: bytes, other: bytes) -> bool:
        """The bytes of `result`; the ids of the requests differ."""
        return member(first, "result") == member(other, "result")


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _is_time(value: object, may_be_zero: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return len(str(value)) == 13 or (may_be_zero and value == 0)


def member(body: bytes, name: str) -> str | None:
    """The text of a member of a JSON object exactly as it was written."""
    text = body.decode("utf-8", "replace")
    decoder = json.JSONDecoder()
    place = _after_space(text, 0)
    if text[place : place + 1] != "{":
        return None
    place = _after_space(text, place + 1)
    try:
        while text[place : place + 1] not in ("}", ""):
            key, place = decoder.raw_decode(text, place)
            place = _after_space(text, _after_space(text, place) + 1)
            _, end = decoder.raw_decode(text, place)
            if key == name:
                return text[place:end]
            place = _after_space(text, end)
            if text[place : place + 1] == ",":
                place = _after_space(text, place + 1)
    except ValueError:
        return None
    return None


def _after_space(text: str, place: int) -> int:
    found = WHITESPACE.match(text, place)
    return found.end() if found else place

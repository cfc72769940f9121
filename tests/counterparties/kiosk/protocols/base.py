"""What every protocol of this program can do, and what they share."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from lxml import etree

from .. import money
from ..line import Answer, Ask
from ..networks import Network
from . import xml
from .heard import AGAIN, DONE, REFUSED, Heard, Unusable

HOURS = 3600.0
_LONGEST_GAP = 360
_AMOUNT_LABELS = ("debt", "to pay", "amount due", "amount", "sum", "balance")
_XML_TYPES = ("text/xml", "application/xml")
_JSON_TYPES = ("application/json",)


class Protocol:
    """One network's side of a protocol.

    A payment is a dictionary with `txn_id`, `account`, `amount` (text), `at` (ISO
    8601 with the network's offset), `kiosk`, `factor`, `invoice` and `extra`, where
    the protocol keeps what it needs in later calls.
    """

    LIMIT = 60.0
    LIFETIME = 24 * HOURS
    OPERATIONS: tuple[str, ...] = ("lookup", "check", "pay")
    STEPS: tuple[str, ...] = ("check", "pay")
    # how often a check is tried while the customer stands there; None: like a payment
    CHECK_ATTEMPTS: int | None = 3
    # an answer to these is the answer for ever
    BINDING: tuple[str, ...] = ("pay", "cancel")
    # codes besides 0: those that are asked for again, and those that are not
    REPEATED: tuple[int, ...] = ()
    FATAL: tuple[int, ...] = ()
    # steps after which what was not answered for a LIFETIME is cancelled
    CANCELLED_WHEN_EXPIRED: tuple[str, ...] = ()

    def __init__(self, network: Network) -> None:
        self.network = network

    # What a protocol writes itself

    def ask(self, operation: str, payment: dict) -> Ask:
        """The request for an operation."""
        raise NotImplementedError

    def read(
        self, heard: Heard, operation: str, payment: dict, ask: Ask, answer: Answer
    ) -> None:
        """Hear what the answer says.

        :raises Unusable: it cannot count
        """
        raise NotImplementedError

    # What they share

    def hear(self, operation: str, payment: dict, ask: Ask, answer: Answer) -> Heard:
        """The meaning of the answer to that request."""
        heard = Heard()
        try:
            self.read(heard, operation, payment, ask, answer)
        except Unusable as fault:
            heard.verdict = AGAIN
            heard.message = heard.message or str(fault)
            if fault.code:
                heard.complain(fault.code, str(fault))
        return heard

    def new_id(self, number: int) -> str:
        """The id of the network's next payment."""
        return str(number)

    def new_extra(self, number: int) -> dict:
        """What the protocol fixes once for a payment."""
        return {"number": str(number)}

    def gap(self, attempt: int) -> float:
        """Units until the attempt after this one; it grows."""
        return float(min(2 ** min(attempt - 1, 20), _LONGEST_GAP))

    def is_same(self, operation: str, first: bytes, other: bytes) -> bool:
        """A repeat was answered as the protocol wants it."""
        return first == other

    @property
    def limit(self) -> float:
        return self.network.limit_seconds or self.LIMIT

    # Writing

    def amount(self, payment: dict) -> str:
        """The amount with the decimals of the currency."""
        return money.show(Decimal(payment["amount"]), self.network.decimals)

    def option(self, name: str, default: str = "") -> str:
        return str(self.network.options.get(name, default))

    def query(self, fields: dict[str, object]) -> Ask:
        """A GET with these parameters; empty ones are left out."""
        given = {k: str(v) for k, v in fields.items() if v not in (None, "")}
        base = self.network.endpoint
        joint = "&" if urlsplit(base).query else "?"
        return self._dressed("GET", f"{base}{joint}{urlencode(given)}", b"", {})

    def post(self, body: bytes, kind: str, **headers: str) -> Ask:
        worn = {"Content-Type": kind, **headers}
        return self._dressed("POST", self.network.endpoint, body, worn)

    def _dressed(self, method: str, url: str, body: bytes, headers: dict) -> Ask:
        """The request with what proves who asks."""
        auth = self.network.auth
        worn = {"User-Agent": "DemoKioskNetwork", "Accept": "*/*", **headers}
        if auth["kind"] == "basic":
            pair = f"{auth['login']}:{auth['password']}".encode()
            worn["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        elif auth.get("header"):
            worn[auth["header"]] = auth["value"]
        return Ask(method, url, {**worn, **self.network.headers}, body)

    # Reading

    def read_json(
        self,
        heard: Heard,
        answer: Answer,
        hook: Callable[[list[tuple[str, Any]]], dict] = dict,
    ) -> dict:
        """:raises Unusable: it is no JSON object in UTF-8"""
        self._check_type(heard, answer, _JSON_TYPES)
        try:
            found = json.loads(answer.body.decode(), object_pairs_hook=hook)
        except ValueError as error:
            sentence = f"The answer is not JSON: {error}"
            raise Unusable("unreadable", sentence) from None
        if not isinstance(found, dict):
            raise Unusable("unreadable", "The answer is not an object.")
        return found

    def read_xml(self, heard: Heard, answer: Answer, root: str) -> etree._Element:
        """:raises Unusable: it is no such document"""
        try:
            found = xml.read(answer.body, root)
        except Unusable:
            if answer.status == 200:
                raise
            raise Unusable("", f"HTTP {answer.status}") from None
        self._check_type(heard, answer, _XML_TYPES)
        return found

    def _check_type(self, heard: Heard, answer: Answer, kinds: tuple[str, ...]) -> None:
        """Complain when the answer does not say what it is."""
        kind, _, rest = answer.headers.get("content-type", "").partition(";")
        if kind.strip().lower() not in kinds:
            heard.complain("content_type", f"The answer is “{kind}”, not {kinds[0]}.")
        charset = rest.partition("charset=")[2].strip().strip('"').lower()
        if charset not in ("", "utf-8", "utf8"):
            heard.complain("charset", f"The answer is in {charset}, not in UTF-8.")

    def judge(self, heard: Heard, code: object) -> None:
        """The verdict by a code.

        :raises Unusable: it is none
        """
        heard.code = "" if code is None else str(code)
        if not (heard.code.isascii() and heard.code.isdigit()):
            raise Unusable("no_result", f"The result “{heard.code}” is no code.")
        number = int(heard.code)
        heard.verdict = REFUSED if number else DONE
        if number in self.REPEATED:
            heard.verdict = AGAIN
        elif number and number not in self.FATAL:
            heard.complain("unknown_code", f"The protocol has no code {number}.")

    def check_echo(self, found: object, wanted: str) -> None:
        """:raises Unusable: the answer is about another payment"""
        if str(found) != wanted:
            sentence = f"The answer is about {found or 'no payment'}, not {wanted}."
            raise Unusable("txn_id_not_echoed", sentence)

    def check_receipt(self, heard: Heard, payment: dict, confirmed: object) -> None:
        """Complain when the company confirms another sum, or has no number for it."""
        self.check_sum(heard, payment, confirmed)
        if not heard.provider_id:
            heard.complain("no_provider_id", "The company has no number for it.")

    def check_sum(self, heard: Heard, payment: dict, confirmed: object) -> None:
        if money.read(confirmed) != Decimal(payment["amount"]):
            sentence = f"{payment['amount']} was paid, {confirmed} is confirmed."
            heard.complain("sum_differs", sentence)


def owed(fields: list[tuple[str, str]]) -> dict:
    """What a screen may show; what is owed is found by its label."""
    named = {label.strip().lower(): value for label, value in fields}
    debts = [named[label] for label in _AMOUNT_LABELS if named.get(label)]
    return {"fields": fields, **({"debt": debts[0]} if debts else {})}


def when(payment: dict) -> dt.datetime:
    """When it was paid, in the network's zone."""
    return dt.datetime.fromisoformat(payment["at"])

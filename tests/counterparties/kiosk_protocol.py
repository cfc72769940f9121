"""What every protocol of this program can do, and what they share."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

import kiosk_money
from kiosk_errors import impossible
from kiosk_line import Answer, Ask
from kiosk_networks import Network

DONE, REFUSED, AGAIN = "done", "refused", "again"
HOURS = 3600.0
_LONGEST_GAP = 360
_AMOUNT_LABELS = ("debt", "to pay", "amount due", "amount", "sum", "balance")


@dataclass
class Heard:
    """What the network makes of an answer.

    `shown` is what a screen may show, `complaints` what is wrong with the answer.
    """

    verdict: str = AGAIN
    code: str = ""
    message: str = ""
    provider_id: str = ""
    shown: dict = field(default_factory=dict)
    data: dict = field(default_factory=dict)
    complaints: list[tuple[str, str]] = field(default_factory=list)

    def complain(self, code: str, sentence: str) -> None:
        self.complaints.append((code, sentence))

    def unusable(self, code: str, sentence: str) -> Heard:
        """An answer that cannot count: as if there had been none."""
        self.complain(code, sentence)
        self.verdict = AGAIN
        self.message = self.message or sentence
        return self


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
    XML_TYPES = ("text/xml", "application/xml")
    JSON_TYPES = ("application/json",)
    CANCEL_WHEN_EXPIRED = False

    def __init__(self, network: Network) -> None:
        self.network = network

    # What a protocol writes itself

    def ask(self, operation: str, payment: dict) -> Ask:
        """The request for an operation."""
        raise NotImplementedError

    def hear(self, operation: str, payment: dict, ask: Ask, answer: Answer) -> Heard:
        """The meaning of the answer to that request."""
        raise NotImplementedError

    # What they share

    def new_id(self, number: int) -> str:
        """The id of the network's next payment."""
        return str(number)

    def new_extra(self, number: int) -> dict:
        """What the protocol fixes once for a payment."""
        return {"number": str(number)}

    def steps(self, with_check: bool) -> list[str]:
        return [step for step in self.STEPS if with_check or step != "check"]

    def gap(self, attempt: int) -> float:
        """Units until the attempt after this one; it grows."""
        return float(min(2 ** min(attempt - 1, 20), _LONGEST_GAP))

    def is_same(self, operation: str, first: bytes, other: bytes) -> bool:
        """A repeat was answered as the protocol wants it."""
        return first == other

    def needs(self, operation: str) -> None:
        """:raises KioskError: the protocol has no such operation"""
        if operation not in self.OPERATIONS:
            raise impossible(f"{self.network.protocol} has no {operation}.")

    @property
    def limit(self) -> float:
        return self.network.limit_seconds or self.LIMIT

    def amount(self, payment: dict) -> str:
        """The amount with the decimals of the currency."""
        return kiosk_money.show(Decimal(payment["amount"]), self.network.decimals)

    def option(self, name: str, default: str = "") -> str:
        return str(self.network.options.get(name, default))

    def query(self, fields: dict[str, object]) -> Ask:
        """A GET with these parameters; empty ones are left out."""
        given = {k: str(v) for k, v in fields.items() if v not in (None, "")}
        base = self.network.endpoint
        joint = "&" if urlsplit(base).query else "?"
        return self.dressed("GET", f"{base}{joint}{urlencode(given)}")

    def dressed(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Ask:
        """The request with what proves who asks."""
        network = self.network
        worn = {"User-Agent": "DemoKioskNetwork", "Accept": "*/*"}
        worn.update(headers or {})
        auth = network.auth
        if auth["kind"] == "basic":
            pair = f"{auth['login']}:{auth['password']}".encode()
            worn["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        elif auth["kind"] == "certificate" or (
            auth["kind"] == "secret" and auth.get("header")
        ):
            worn[auth["header"]] = auth["value"]
        worn.update(network.headers)
        return Ask(method, url, worn, body)

    def secret(self) -> str:
        """The constant a network sends in a parameter, where one was agreed."""
        auth = self.network.auth
        is_parameter = auth["kind"] == "secret" and not auth.get("header")
        return auth["value"] if is_parameter else ""

    def check_type(self, heard: Heard, answer: Answer, kinds: tuple[str, ...]) -> None:
        """Complain when the answer does not say what it is."""
        kind, _, rest = answer.headers.get("content-type", "").partition(";")
        if kind.strip().lower() not in kinds:
            heard.complain("content_type", f"The answer is “{kind}”, not {kinds[0]}.")
        charset = rest.partition("charset=")[2].strip().strip('"').lower()
        if charset not in ("", "utf-8", "utf8"):
            heard.complain("charset", f"The answer is in {charset}, not in UTF-8.")

    def check_sum(self, heard: Heard, payment: dict, found: object) -> None:
        """Complain when the company confirms another sum than was paid."""
        amount = kiosk_money.read(found)
        if amount is None or amount != Decimal(payment["amount"]):
            heard.complain(
                "sum_differs", f"{payment['amount']} was paid, {found} is confirmed."
            )


def owed(fields: list[tuple[str, str]]) -> str:
    """What a field says is owed, by its label; empty when none does."""
    named = {label.strip().lower(): value for label, value in fields}
    return next((named[label] for label in _AMOUNT_LABELS if named.get(label)), "")


def when(payment: dict) -> dt.datetime:
    """When it was paid, in the network's zone."""
    return dt.datetime.fromisoformat(payment["at"])

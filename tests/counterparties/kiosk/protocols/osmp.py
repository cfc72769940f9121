"""The OSMP protocol: parameters in the address, XML in the answer.

Codes and their meaning for repetition: the protocol's page of errors. A cancellation
differs between networks: `options.cancel` is `same_id` (txn_id is the payment) or
`own_id` (txn_id is the cancellation, cancel_txn_id the payment).
"""

from __future__ import annotations

from ..line import Answer, Ask
from . import xml
from .base import Protocol, owed, when
from .heard import DONE, Heard, Unusable

_COMMANDS = {"lookup": "getInfo"}


class Osmp(Protocol):
    """60 seconds; fatal codes stop, others repeat with a growing interval for 24 h."""

    OPERATIONS = ("lookup", "check", "pay", "cancel", "status")
    # by then the note is in the kiosk
    CHECK_ATTEMPTS = None
    REPEATED = (1, 90)
    FATAL = (4, 5, 7, 8, 31, 32, 79, 241, 242, 243, 300)

    def _id(self, operation: str, payment: dict) -> str:
        """Under which the call is known."""
        is_own = operation == "cancel" and self.option("cancel") == "own_id"
        return payment["extra"]["number"] if is_own else payment["txn_id"]

    def ask(self, operation: str, payment: dict) -> Ask:
        is_new = operation in ("lookup", "check", "pay")
        called = self._id(operation, payment)
        fields: dict[str, object] = {
            "command": _COMMANDS.get(operation, operation),
            "txn_id": called if operation != "lookup" else None,
            "cancel_txn_id": payment["txn_id"] if called != payment["txn_id"] else None,
            "account": payment["account"],
            "ccy": (self.option("ccy") or self.network.currency) if is_new else None,
            "sum": self.amount(payment) if payment.get("amount") else None,
            "data1": payment.get("factor") if is_new else None,
            "data2": payment.get("invoice") if is_new else None,
            "prv_id": self.option("prv_id"),
            "trm_id": payment.get("kiosk"),
        }
        if operation in ("pay", "cancel"):
            fields["txn_date"] = when(payment).strftime("%Y%m%d%H%M%S")
        return self.query(fields)

    def read(
        self, heard: Heard, operation: str, payment: dict, ask: Ask, answer: Answer
    ) -> None:
        if answer.status != 200:
            sentence = f"HTTP {answer.status} is no answer of the protocol."
            raise Unusable("http_status", sentence)
        root = self.read_xml(heard, answer, "response")
        heard.message = xml.text(root, "comment")
        self.judge(heard, xml.text(root, "result"))
        if operation != "lookup":
            found = xml.text(root, "osmp_txn_id")
            self.check_echo(found, self._id(operation, payment))
        heard.provider_id = xml.text(root, "prv_txn")
        amount = xml.text(root, "sum")
        if operation in ("lookup", "check"):
            heard.shown = owed(xml.fields(root))
        if operation == "lookup" and amount:
            heard.shown["debt"] = amount
        if operation == "pay" and heard.verdict == DONE:
            self.check_receipt(heard, payment, amount)

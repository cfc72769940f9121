"""The Kaspi biller protocol: OSMP's parameters, JSON or XML in the answer.

It has check and pay and nothing else. Any HTTP 4xx or 5xx is a broken line: repeated.
"""

from __future__ import annotations

from ..line import Answer, Ask
from . import xml
from .base import Protocol, when
from .heard import DONE, Heard, Unusable

_MEMBERS = ("txn_id", "prv_txn", "prv_txn_id", "sum", "result", "comment")


class Kaspi(Protocol):
    """15 seconds; txn_id has at most 18 digits; the sum of a check is fictitious."""

    LIMIT = 15.0
    # 4: the payment is in progress
    REPEATED = (4,)
    FATAL = (1, 2, 3, 5)
    _FICTITIOUS = "100.00"

    def ask(self, operation: str, payment: dict) -> Ask:
        auth = self.network.auth
        is_parameter = auth["kind"] == "secret" and not auth.get("header")
        fields: dict[str, object] = {
            "command": "check",
            "txn_id": payment["txn_id"],
            "account": payment["account"],
            "sum": self._FICTITIOUS,
            "data1": auth["value"] if is_parameter else None,
        }
        if operation == "pay":
            fields["command"] = "pay"
            fields["sum"] = self.amount(payment)
            fields["txn_date"] = when(payment).strftime("%Y%m%d%H%M%S")
        return self.query(fields)

    def read(
        self, heard: Heard, operation: str, payment: dict, ask: Ask, answer: Answer
    ) -> None:
        if answer.status >= 400:
            raise Unusable("", f"HTTP {answer.status}")
        if answer.status != 200:
            sentence = f"HTTP {answer.status} is no answer of the protocol."
            raise Unusable("http_status", sentence)
        if self.network.protocol == "kaspi_xml":
            root = self.read_xml(heard, answer, "response")
            found: dict = {name: xml.text(root, name) for name in _MEMBERS}
            fields = xml.fields(root)
        else:
            found = self.read_json(heard, answer)
            fields = _fields(found)
        heard.message = str(found.get("comment") or "")
        self.judge(heard, found.get("result"))
        self.check_echo(found.get("txn_id"), payment["txn_id"])
        heard.provider_id = str(found.get("prv_txn_id") or found.get("prv_txn") or "")
        if operation != "pay":
            heard.shown = {"fields": fields}
            if found.get("sum"):
                heard.shown["debt"] = str(found["sum"])
        elif heard.verdict == DONE:
            self.check_receipt(heard, payment, found.get("sum"))


def _fields(found: dict) -> list[tuple[str, str]]:
    """Labels and values of `{"field1": {"@name": …, "#text": …}, …}`."""
    try:
        listed = (found.get("fields") or {}).values()
        return [(str(each["@name"]), str(each.get("#text", ""))) for each in listed]
    except (AttributeError, KeyError, TypeError):
        raise Unusable("unreadable", "A field has no @name.") from None

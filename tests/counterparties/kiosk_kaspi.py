"""The Kaspi biller protocol: OSMP's parameters, JSON or XML in the answer.

It has check and pay and nothing else. Any HTTP 4xx or 5xx is a broken line: repeated.
"""

from __future__ import annotations

import json

import kiosk_xml
from kiosk_line import Answer, Ask
from kiosk_protocol import AGAIN, DONE, REFUSED, Heard, Protocol, when

_IN_PROGRESS = 4
_CODES = (0, 1, 2, 3, 4, 5)


class Kaspi(Protocol):
    """15 seconds; txn_id has at most 18 digits; the sum of a check is fictitious."""

    LIMIT = 15.0
    OPERATIONS = ("lookup", "check", "pay")
    _FICTITIOUS = "100.00"

    def ask(self, operation: str, payment: dict) -> Ask:
        fields: dict[str, object] = {
            "command": "pay" if operation == "pay" else "check",
            "txn_id": payment["txn_id"],
            "account": payment["account"],
            "sum": self.amount(payment) if operation == "pay" else self._FICTITIOUS,
        }
        if operation == "pay":
            fields["txn_date"] = when(payment).strftime("%Y%m%d%H%M%S")
        fields["data1"] = self.secret()
        return self.query(fields)

    def hear(self, operation: str, payment: dict, ask: Ask, answer: Answer) -> Heard:
        heard = Heard()
        if answer.status >= 400:
            heard.message = f"HTTP {answer.status}"
            return heard
        if answer.status != 200:
            sentence = f"HTTP {answer.status} is no answer of the protocol."
            return heard.unusable("http_status", sentence)
        try:
            if self.network.protocol == "kaspi_xml":
                self.check_type(heard, answer, self.XML_TYPES)
                found = _from_xml(answer.body)
            else:
                self.check_type(heard, answer, self.JSON_TYPES)
                found = _from_json(answer.body)
        except (kiosk_xml.NotXml, ValueError) as error:
            return heard.unusable("unreadable", f"The answer cannot be read: {error}")
        return self._judge(heard, operation, payment, found)

    def _judge(self, heard: Heard, operation: str, payment: dict, found: dict) -> Heard:
        code = str(found.get("result", ""))
        heard.code, heard.message = code, str(found.get("comment") or "")
        if not (code.isascii() and code.isdigit()):
            return heard.unusable("no_result", f"The result “{code}” is no code.")
        if str(found.get("txn_id")) != payment["txn_id"]:
            sentence = f"It is about {found.get('txn_id')}, not {payment['txn_id']}."
            return heard.unusable("txn_id_not_echoed", sentence)
        if int(code) not in _CODES:
            heard.complain("unknown_code", f"The protocol has no result {code}.")
        heard.provider_id = str(found.get("prv_txn_id") or found.get("prv_txn") or "")
        if operation != "pay":
            heard.shown = {"fields": found.get("fields", [])}
            if found.get("sum") not in (None, ""):
                heard.shown["debt"] = str(found["sum"])
        heard.data = {"sum": found.get("sum"), "bin": found.get("bin")}
        heard.verdict = REFUSED
        if int(code) == _IN_PROGRESS:
            heard.verdict = AGAIN
        elif int(code) == 0:
            heard.verdict = DONE
            if operation == "pay":
                self._confirmed(heard, payment, found)
        return heard

    def _confirmed(self, heard: Heard, payment: dict, found: dict) -> None:
        self.check_sum(heard, payment, found.get("sum"))
        if not heard.provider_id:
            heard.complain("no_provider_id", "The payment has no prv_txn_id.")


def _from_xml(body: bytes) -> dict:
    root = kiosk_xml.read(body, "response")
    names = ("txn_id", "prv_txn", "prv_txn_id", "sum", "result", "bin", "comment")
    found: dict = {name: kiosk_xml.text(root, name) for name in names}
    return {**found, "fields": kiosk_xml.fields(root)}


def _from_json(body: bytes) -> dict:
    """:raises ValueError: not such an answer"""
    found = json.loads(body.decode())
    if not isinstance(found, dict):
        raise ValueError("not an object")
    given = found.get("fields") or {}
    if not isinstance(given, dict):
        raise ValueError("fields is not an object")
    listed = []
    for name in sorted(given, key=lambda each: (len(each), each)):
        entry = given[name]
        if not isinstance(entry, dict) or not isinstance(entry.get("@name"), str):
            raise ValueError(f"{name} has no @name")
        listed.append((entry["@name"], str(entry.get("#text", ""))))
    return {**found, "fields": listed}

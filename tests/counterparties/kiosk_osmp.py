"""The OSMP protocol: parameters in the address, XML in the answer.

Codes and their meaning for repetition: the protocol's page of errors. A cancellation
differs between networks: `options.cancel` is `same_id` (txn_id is the payment) or
`own_id` (txn_id is the cancellation, cancel_txn_id the payment).
"""

from __future__ import annotations

import kiosk_xml
from kiosk_line import Answer, Ask
from kiosk_protocol import AGAIN, DONE, REFUSED, Heard, Protocol, owed, when

_COMMANDS = {
    "lookup": "getInfo",
    "check": "check",
    "pay": "pay",
    "cancel": "cancel",
    "status": "status",
}
_NOT_FATAL = (1, 90)
_FATAL = (4, 5, 7, 8, 31, 32, 79, 241, 242, 243, 300)


class Osmp(Protocol):
    """60 seconds; fatal codes stop, others repeat with a growing interval for 24 h."""

    LIMIT = 60.0
    OPERATIONS = ("lookup", "check", "pay", "cancel", "status")
    # by then the note is in the kiosk
    CHECK_ATTEMPTS = None

    def ask(self, operation: str, payment: dict) -> Ask:
        has_amount = bool(payment.get("amount"))
        fields: dict[str, object] = {"command": _COMMANDS[operation]}
        if operation != "lookup":
            fields["txn_id"] = payment["txn_id"]
        if operation == "cancel" and self.option("cancel") == "own_id":
            fields["txn_id"] = payment["extra"]["number"]
            fields["cancel_txn_id"] = payment["txn_id"]
        fields["account"] = payment["account"]
        if operation in ("lookup", "check", "pay"):
            code = self.option("ccy") or self.network.currency
            fields["ccy"] = code
        if has_amount:
            fields["sum"] = self.amount(payment)
        if operation in ("pay", "cancel"):
            fields["txn_date"] = when(payment).strftime("%Y%m%d%H%M%S")
        if operation in ("lookup", "check", "pay"):
            fields["data1"] = payment.get("factor")
            fields["data2"] = payment.get("invoice")
        fields["prv_id"] = self.option("prv_id")
        fields["trm_id"] = payment.get("kiosk")
        return self.query(fields)

    def hear(self, operation: str, payment: dict, ask: Ask, answer: Answer) -> Heard:
        heard = Heard()
        if answer.status != 200:
            sentence = f"HTTP {answer.status} is no answer of the protocol."
            return heard.unusable("http_status", sentence)
        self.check_type(heard, answer, self.XML_TYPES)
        try:
            return self._hear(heard, operation, payment, answer.body)
        except kiosk_xml.NotXml as error:
            return heard.unusable("unreadable", str(error))

    def _hear(self, heard: Heard, operation: str, payment: dict, body: bytes) -> Heard:
        root = kiosk_xml.read(body, "response")
        result = kiosk_xml.text(root, "result") or ""
        heard.code = result
        heard.message = kiosk_xml.text(root, "comment") or ""
        if not (result.isascii() and result.isdigit()):
            return heard.unusable("no_result", f"The result “{result}” is no code.")
        if not self._echoes(heard, operation, payment, root):
            return heard
        heard.provider_id = kiosk_xml.text(root, "prv_txn") or ""
        heard.verdict = self._verdict(heard, int(result))
        listed = kiosk_xml.fields(root)
        if operation in ("lookup", "check"):
            given = kiosk_xml.text(root, "sum") if operation == "lookup" else None
            heard.shown = {"fields": listed}
            if debt := given or owed(listed):
                heard.shown["debt"] = debt
        heard.data = {"sum": kiosk_xml.text(root, "sum")}
        if operation == "pay" and heard.verdict == DONE:
            self.check_sum(heard, payment, heard.data["sum"])
            if not heard.provider_id:
                heard.complain("no_provider_id", "The payment has no prv_txn.")
        return heard

    def _echoes(
        self, heard: Heard, operation: str, payment: dict, root: object
    ) -> bool:
        """The answer is about this payment."""
        if operation == "lookup":
            return True
        wanted = payment["txn_id"]
        if operation == "cancel" and self.option("cancel") == "own_id":
            wanted = payment["extra"]["number"]
        found = kiosk_xml.text(root, "osmp_txn_id")
        if found == wanted:
            return True
        sentence = f"The answer is about {found or 'no payment'}, not {wanted}."
        heard.unusable("txn_id_not_echoed", sentence)
        return False

    def _verdict(self, heard: Heard, result: int) -> str:
        if result == 0:
            return DONE
        if result in _NOT_FATAL:
            return AGAIN
        if result not in _FATAL:
            heard.complain("unknown_code", f"The protocol has no result {result}.")
        return REFUSED

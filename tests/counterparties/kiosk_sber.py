"""The Sber EPS protocol 2: parameters in the address, XML in capitals in the answer.

The code in the body counts, whatever the HTTP status. `options.style` is `action`
(ACTION=check/payment and names in capitals) or `command` (command=check/pay).
"""

from __future__ import annotations

import re

import kiosk_money
import kiosk_xml
from kiosk_line import Answer, Ask
from kiosk_protocol import AGAIN, DONE, REFUSED, Heard, Protocol, when

_TEMPORARY = 1
_DUPLICATE = 8
_CODES = (0, 1, 2, 3, 4, 6, 8, 9, 10, 11, 12, 300)
_DATE = re.compile(r"\d\d\.\d\d\.\d{4}_\d\d:\d\d:\d\d")
_OF_A_PAYMENT = ("EXT_ID", "REG_DATE", "AMOUNT")


class Sber(Protocol):
    """Repeats on 1 and on silence; 8 is the success of the first request."""

    LIMIT = 60.0
    OPERATIONS = ("lookup", "check", "pay")

    def new_id(self, number: int) -> str:
        return f"{number:020d}"

    def ask(self, operation: str, payment: dict) -> Ask:
        is_pay = operation == "pay"
        fields: dict[str, object] = {}
        if self.option("style", "action") == "command":
            fields["command"] = "pay" if is_pay else "check"
        else:
            fields["ACTION"] = "payment" if is_pay else "check"
        fields["ACCOUNT"] = payment["account"]
        if is_pay:
            fields["AMOUNT"] = self.amount(payment)
            fields["PAY_ID"] = payment["txn_id"]
            fields["PAY_DATE"] = when(payment).strftime("%d.%m.%Y_%H:%M:%S")
        return self.query(fields)

    def hear(self, operation: str, payment: dict, ask: Ask, answer: Answer) -> Heard:
        heard = Heard()
        try:
            root = kiosk_xml.read(answer.body, "response")
            found = {
                name: kiosk_xml.text(root, name)
                for name in (
                    *_OF_A_PAYMENT,
                    "CODE",
                    "MESSAGE",
                    "FIO",
                    "BALANCE",
                    "INFO",
                )
            }
            found["ADDRESS"] = kiosk_xml.text(root, "ADDRESS")
        except kiosk_xml.NotXml as error:
            if answer.status != 200:
                # a page of some server on the way
                heard.message = f"HTTP {answer.status}"
                return heard
            return heard.unusable("unreadable", str(error))
        self.check_type(heard, answer, self.XML_TYPES)
        code = found["CODE"] or ""
        heard.code, heard.message = code, found["MESSAGE"] or ""
        if not (code.isascii() and code.isdigit()):
            return heard.unusable("no_result", f"The CODE “{code}” is no code.")
        if int(code) not in _CODES:
            heard.complain("unknown_code", f"The protocol has no CODE {code}.")
        heard.verdict = self._verdict(operation, int(code))
        if operation != "pay":
            self._show(heard, found)
        elif heard.verdict == DONE:
            self._confirmed(heard, payment, found)
        return heard

    def _verdict(self, operation: str, code: int) -> str:
        if code == 0 or (code == _DUPLICATE and operation == "pay"):
            return DONE
        return AGAIN if code == _TEMPORARY else REFUSED

    def _show(self, heard: Heard, found: dict) -> None:
        labels = {"ADDRESS": "Address", "INFO": "Info", "BALANCE": "Balance"}
        listed = [(label, found[name]) for name, label in labels.items() if found[name]]
        heard.shown = {"fields": listed, "name": found["FIO"] or ""}
        balance = kiosk_money.read(found["BALANCE"])
        # the balance is the subscriber's: below zero he owes it
        if balance is not None and balance < 0:
            heard.shown["debt"] = str(-balance)

    def _confirmed(self, heard: Heard, payment: dict, found: dict) -> None:
        """Both 0 and 8 come with what was registered first."""
        heard.provider_id = found["EXT_ID"] or ""
        heard.data = {name: found[name] for name in _OF_A_PAYMENT}
        if not heard.provider_id:
            heard.complain("no_provider_id", "The payment has no EXT_ID.")
        if not _DATE.fullmatch(found["REG_DATE"] or ""):
            heard.complain("reg_date", f"REG_DATE is “{found['REG_DATE']}”.")
        self.check_sum(heard, payment, found["AMOUNT"])

    def is_same(self, operation: str, first: bytes, other: bytes) -> bool:
        """The code may change to 8, what was registered may not."""
        return _registered(first) == _registered(other)


def _registered(body: bytes) -> tuple:
    try:
        root = kiosk_xml.read(body, "response")
        code = kiosk_xml.text(root, "CODE")
        kept = tuple(kiosk_xml.text(root, name) for name in _OF_A_PAYMENT)
    except kiosk_xml.NotXml:
        return (body,)
    return (kept, "0" if code == str(_DUPLICATE) else code)

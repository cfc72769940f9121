"""The Sber EPS protocol 2: parameters in the address, XML in capitals in the answer.

The code in the body counts, whatever the HTTP status. `options.style` is `action`
(ACTION=check/payment and names in capitals) or `command` (command=check/pay).
"""

from __future__ import annotations

import re

from lxml import etree

from .. import money
from ..line import Answer, Ask
from . import xml
from .base import Protocol, when
from .heard import DONE, Heard

_DUPLICATE = "8"
_DATE = re.compile(r"\d\d\.\d\d\.\d{4}_\d\d:\d\d:\d\d")
_OF_A_PAYMENT = ("EXT_ID", "REG_DATE", "AMOUNT")


class Sber(Protocol):
    """Repeats on 1 and on silence; 8 is the success of the first request."""

    REPEATED = (1,)
    FATAL = (2, 3, 4, 6, 8, 9, 10, 11, 12, 300)

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

    def read(
        self, heard: Heard, operation: str, payment: dict, ask: Ask, answer: Answer
    ) -> None:
        root = self.read_xml(heard, answer, "response")
        heard.message = xml.text(root, "MESSAGE")
        self.judge(heard, xml.text(root, "CODE"))
        if operation != "pay":
            self._show(heard, root)
            return
        if heard.code == _DUPLICATE:
            heard.verdict = DONE
        if heard.verdict == DONE:
            # both 0 and 8 come with what was registered first
            heard.provider_id = xml.text(root, "EXT_ID")
            day = xml.text(root, "REG_DATE")
            if not _DATE.fullmatch(day):
                heard.complain("reg_date", f"REG_DATE is “{day}”.")
            self.check_receipt(heard, payment, xml.text(root, "AMOUNT"))

    def _show(self, heard: Heard, root: etree._Element) -> None:
        labels = {"ADDRESS": "Address", "INFO": "Info", "BALANCE": "Balance"}
        listed = [(label, xml.text(root, name)) for name, label in labels.items()]
        heard.shown = {
            "fields": [(label, value) for label, value in listed if value],
            "name": xml.text(root, "FIO"),
        }
        balance = money.read(xml.text(root, "BALANCE"))
        # the balance is the subscriber's: below zero he owes it
        if balance is not None and balance < 0:
            heard.shown["debt"] = str(-balance)

    def is_same(self, operation: str, first: bytes, other: bytes) -> bool:
        """The code may change to 8, what was registered may not."""
        return _registered(first) == _registered(other)


def _registered(body: bytes) -> list[str]:
    root = xml.read(body, "response")
    code = xml.text(root, "CODE").replace(_DUPLICATE, "0")
    return [code, *(xml.text(root, name) for name in _OF_A_PAYMENT)]

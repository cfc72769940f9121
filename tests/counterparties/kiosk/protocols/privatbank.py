"""The PrivatBank Debt protocol: XML both ways, Search, Check, Pay, Cancel.

A payment is Data@id with Data@number; the company's reference of the Check comes
back in CheckReference of the Pay. Codes 7 and 8 mean: never send this again.
"""

from __future__ import annotations

from lxml import etree
from lxml.builder import ElementMaker

from ..line import Answer, Ask
from . import xml
from .base import Protocol, when
from .heard import DONE, REFUSED, Heard, Unusable

_NAMESPACE = "http://debt.privatbank.ua/Transfer"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = f"{{{_XSI}}}type"
_ACTIONS = {"lookup": "Search", "check": "Check", "pay": "Pay", "cancel": "Cancel"}
_make = ElementMaker(namespace=_NAMESPACE, nsmap={None: _NAMESPACE, "xsi": _XSI})


class PrivatBank(Protocol):
    """Silence and broken lines are repeated; any ErrorInfo is final."""

    OPERATIONS = ("lookup", "check", "pay", "cancel")
    FATAL = (1, 2, 3, 4, 5, 6, 7, 8, 99)

    def ask(self, operation: str, payment: dict) -> Ask:
        if operation == "lookup":
            name = self.option("unit_name", "bill_identifier")
            data = _make("Data", _make("Unit", name=name, value=payment["account"]))
            data.set(_TYPE, "Payer")
        else:
            data = self._payment(operation, payment)
        root = _make("Transfer", data, interface="Debt", action=_ACTIONS[operation])
        body = etree.tostring(
            root, encoding="UTF-8", xml_declaration=True, standalone=True
        )
        return self.post(body, "text/xml; charset=utf-8")

    def _payment(self, operation: str, payment: dict) -> etree._Element:
        amount = self.amount(payment) if payment["amount"] else "0.00"
        reference = payment["extra"].get("reference")
        made = when(payment).isoformat(timespec="milliseconds")
        service = self.option("service_code", "101")
        code = self.option("company_code", "1")
        company = _make("CompanyInfo", _make("CompanyCode", code))
        if reference and operation != "check":
            company.append(_make("CheckReference", reference))
        data = _make(
            "Data",
            company,
            _make("PayerInfo", billIdentifier=payment["account"]),
            _make("TotalSum", amount),
            _make("CreateTime", made),
            id=payment["txn_id"],
            number=payment["extra"]["number"],
        )
        data.set(_TYPE, "Payment")
        if operation == "pay":
            data.append(_make("ConfirmTime", made))
        group = _make("Service", sum=amount, serviceCode=service)
        data.append(_make("ServiceGroup", group))
        return data

    def read(
        self, heard: Heard, operation: str, payment: dict, ask: Ask, answer: Answer
    ) -> None:
        root = self.read_xml(heard, answer, "Transfer")
        if answer.status >= 500:
            raise Unusable("", f"HTTP {answer.status}")
        if etree.QName(root).namespace != _NAMESPACE:
            heard.complain("namespace", f"The namespace is not {_NAMESPACE}.")
        found = (root.get("interface"), root.get("action"))
        if found != ("Debt", _ACTIONS[operation]):
            sentence = f"The answer is a {found}, not a {_ACTIONS[operation]}."
            raise Unusable("action_not_echoed", sentence)
        listed = xml.children(root, "Data")
        if len(listed) != 1:
            raise Unusable("unreadable", "The answer has not one Data.")
        self._read(heard, operation, listed[0])

    def _read(self, heard: Heard, operation: str, data: etree._Element) -> None:
        kind = (data.get(_TYPE) or "").rpartition(":")[2]
        if kind == "ErrorInfo":
            heard.message = xml.text(data, "Message")
            self.judge(heard, data.get("code"))
            heard.verdict = REFUSED
        elif operation == "lookup" and kind in ("DebtPack", "PayersTable"):
            heard.verdict, heard.code = DONE, "0"
            self._show(heard, data)
        elif operation != "lookup" and kind == "Gateway":
            heard.verdict, heard.code = DONE, "0"
            heard.provider_id = data.get("reference") or ""
            if not heard.provider_id:
                heard.complain("no_provider_id", "The Gateway has no reference.")
            if operation == "check":
                heard.data["keep"] = {"reference": heard.provider_id}
        else:
            raise Unusable("unreadable", f"The answer is a {kind or 'nothing'}.")

    def _show(self, heard: Heard, pack: etree._Element) -> None:
        """Names, and of every service what is to be paid."""
        name = ""
        for payer in xml.children(pack, "PayerInfo")[:1]:
            name = xml.text(payer, "Fio")
            if xml.text(payer, "Phone") or xml.text(payer, "Address"):
                sentence = "Phone or Address is shown to whoever types the number."
                heard.complain("personal_data", sentence)
        listed = [
            (
                xml.text(service, "ServiceName") or "Service",
                info.get("amountToPay")
                or info.get("debt")
                or xml.text(info, "Balance"),
            )
            for service in pack.iterfind("{*}ServiceGroup/{*}DebtService")
            for info in xml.children(service, "DebtInfo")
        ]
        heard.shown = {"fields": listed, "name": name}
        if len(listed) == 1 and listed[0][1]:
            heard.shown["debt"] = listed[0][1]

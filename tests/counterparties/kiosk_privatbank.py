"""The PrivatBank Debt protocol: XML both ways, Search, Check, Pay, Cancel.

A payment is Data@id with Data@number; the company's reference of the Check comes
back in CheckReference of the Pay. Codes 7 and 8 mean: never send this again.
"""

from __future__ import annotations

import kiosk_xml
from kiosk_line import Answer, Ask
from kiosk_protocol import DONE, REFUSED, Heard, Protocol, when
from lxml import etree
from lxml.builder import ElementMaker

_NAMESPACE = "http://debt.privatbank.ua/Transfer"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = f"{{{_XSI}}}type"
_ACTIONS = {"lookup": "Search", "check": "Check", "pay": "Pay", "cancel": "Cancel"}
_CODES = ("1", "2", "3", "4", "5", "6", "7", "8", "99")
_make = ElementMaker(namespace=_NAMESPACE, nsmap={None: _NAMESPACE})


class PrivatBank(Protocol):
    """Silence and broken lines are repeated; any ErrorInfo is final."""

    LIMIT = 60.0
    OPERATIONS = ("lookup", "check", "pay", "cancel")

    def ask(self, operation: str, payment: dict) -> Ask:
        content = self._payer(payment) if operation == "lookup" else None
        if content is None:
            content = self._payment(operation, payment)
        root = _make("Transfer", content)
        root.set("interface", "Debt")
        root.set("action", _ACTIONS[operation])
        body = etree.tostring(
            root, encoding="UTF-8", xml_declaration=True, standalone=True
        )
        kind = {"Content-Type": "text/xml; charset=utf-8"}
        return self.dressed("POST", self.network.endpoint, body, kind)

    def _payer(self, payment: dict) -> etree._Element:
        name = self.option("unit_name", "bill_identifier")
        unit = _make("Unit", name=name, value=payment["account"])
        return _data("Payer", unit)

    def _payment(self, operation: str, payment: dict) -> etree._Element:
        amount = self.amount(payment) if payment["amount"] else "0.00"
        reference = payment["extra"].get("reference")
        code = self.option("company_code", "1")
        company = _make("CompanyInfo", _make("CompanyCode", code))
        if reference and operation != "check":
            company.append(_make("CheckReference", reference))
        made = when(payment).isoformat(timespec="milliseconds")
        service = _make(
            "Service", sum=amount, serviceCode=self.option("service_code", "101")
        )
        parts = [
            company,
            _make("PayerInfo", billIdentifier=payment["account"]),
            _make("TotalSum", amount),
            _make("CreateTime", made),
        ]
        if operation == "pay":
            parts.append(_make("ConfirmTime", made))
        data = _data("Payment", *parts, _make("ServiceGroup", service))
        data.set("id", payment["txn_id"])
        data.set("number", payment["extra"]["number"])
        return data

    def hear(self, operation: str, payment: dict, ask: Ask, answer: Answer) -> Heard:
        heard = Heard()
        try:
            root = kiosk_xml.read(answer.body, "Transfer")
        except kiosk_xml.NotXml as error:
            if answer.status != 200:
                heard.message = f"HTTP {answer.status}"
                return heard
            return heard.unusable("unreadable", str(error))
        if answer.status >= 500:
            heard.message = f"HTTP {answer.status}"
            return heard
        self.check_type(heard, answer, self.XML_TYPES)
        if etree.QName(root).namespace != _NAMESPACE:
            heard.complain("namespace", f"The namespace is not {_NAMESPACE}.")
        if (root.get("interface"), root.get("action")) != (
            "Debt",
            _ACTIONS[operation],
        ):
            found = f"{root.get('interface')}/{root.get('action')}"
            sentence = f"The answer is a {found}, not a {_ACTIONS[operation]}."
            return heard.unusable("action_not_echoed", sentence)
        found_data = kiosk_xml.children(root, "Data")
        if len(found_data) != 1:
            return heard.unusable("unreadable", "The answer has not one Data.")
        return self._hear(heard, operation, payment, found_data[0])

    def _hear(
        self, heard: Heard, operation: str, payment: dict, data: etree._Element
    ) -> Heard:
        kind = (data.get(_TYPE) or "").rpartition(":")[2]
        if kind == "ErrorInfo":
            heard.code = data.get("code") or ""
            heard.message = kiosk_xml.text(data, "Message") or ""
            if heard.code not in _CODES:
                sentence = f"The protocol has no code {heard.code}."
                heard.complain("unknown_code", sentence)
            heard.verdict = REFUSED
            return heard
        expected = (
            ("DebtPack", "PayersTable") if operation == "lookup" else ("Gateway",)
        )
        if kind not in expected:
            sentence = f"The answer is a {kind or 'nothing'}, not a {expected[0]}."
            return heard.unusable("unreadable", sentence)
        heard.verdict, heard.code = DONE, "0"
        if kind == "Gateway":
            self._gateway(heard, operation, payment, data)
        elif kind == "DebtPack":
            self._debt_pack(heard, data)
        return heard

    def _gateway(
        self, heard: Heard, operation: str, payment: dict, data: etree._Element
    ) -> None:
        heard.provider_id = data.get("reference") or ""
        if not heard.provider_id:
            heard.complain("no_provider_id", "The Gateway has no reference.")
        if operation == "check":
            heard.data["keep"] = {"reference": heard.provider_id}

    def _debt_pack(self, heard: Heard, pack: etree._Element) -> None:
        """Names, and of every service what is to be paid."""
        payers = kiosk_xml.children(pack, "PayerInfo")
        name = (kiosk_xml.text(payers[0], "Fio") or "") if payers else ""
        for private in ("Phone", "Address"):
            if payers and kiosk_xml.text(payers[0], private):
                sentence = f"{private} is shown to whoever types the number."
                heard.complain("personal_data", sentence)
        listed: list[tuple[str, str]] = []
        debts = []
        for group in kiosk_xml.children(pack, "ServiceGroup"):
            for service in kiosk_xml.children(group, "DebtService"):
                label = kiosk_xml.text(service, "ServiceName") or "Service"
                for info in kiosk_xml.children(service, "DebtInfo"):
                    debt = info.get("amountToPay") or info.get("debt")
                    debt = debt or kiosk_xml.text(info, "Balance") or ""
                    listed.append((label, debt))
                    debts.append(debt)
        heard.shown = {"fields": listed, "name": name}
        if len(debts) == 1 and debts[0]:
            heard.shown["debt"] = debts[0]


def _data(kind: str, *parts: etree._Element) -> etree._Element:
    data = etree.Element(f"{{{_NAMESPACE}}}Data", nsmap={"xsi": _XSI})
    data.set(_TYPE, kind)
    data.extend(parts)
    return data

"""How the small company of `kiosk_company` answers in each protocol."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

KEY = "a-key-of-at-least-32-characters!!"
XML, JSON = "text/xml; charset=utf-8", "application/json"
_NAMESPACE = "http://debt.privatbank.ua/Transfer"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_FIRST_MS = 1_790_000_000_000


@dataclass
class Said:
    """An answer before it is sent."""

    status: int
    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Books(Protocol):
    """What the answers need of the company."""

    paid: dict[str, dict]

    def take(self, operation: str, account: str, key: str, amount: str) -> dict:
        """Do it; `result` and what belongs to it."""


# OSMP and Kaspi

_OSMP = {"ok": 0, "fault": 1, "not_found": 5, "unknown": 5}
_KASPI = {"ok": 0, "not_found": 1, "cancelled": 2}


def _element(name: str, value: object) -> str:
    return "" if value is None else f"<{name}>{escape(str(value))}</{name}>"


def _xml(root: str, content: str) -> bytes:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{content}</{root}>'
    return text.encode()


def _osmp(company: Books, query: dict, body: bytes, headers: dict) -> tuple[str, Said]:
    operation = {"getInfo": "lookup"}.get(query["command"], query["command"])
    key = query.get("cancel_txn_id") or query.get("txn_id", "")
    account, amount = query.get("account", ""), query.get("sum", "")
    done = company.take(operation, account, key, amount)
    content = _element("osmp_txn_id", query.get("txn_id"))
    content += _element("prv_txn", done.get("number"))
    if operation == "pay" and "amount" in done:
        content += _element("sum", f"{done['amount']:.2f}")
    content += _element("result", _OSMP.get(done["result"], 300))
    content += _element("comment", done["result"])
    if "debt" in done:
        pair = f'<field1 name="Name">{done["name"]}</field1>'
        pair += f'<field2 name="Debt">{done["debt"]}</field2>'
        content += f"<fields>{pair}</fields>"
    return operation, Said(200, XML, _xml("response", content))


def _kaspi(company: Books, query: dict) -> tuple[str, dict | None]:
    """The members of a Kaspi answer, or None for a fault."""
    operation = query["command"]
    done = company.take(operation, query["account"], query["txn_id"], query["sum"])
    if done["result"] == "fault":
        return operation, None
    found: dict[str, Any] = {
        "txn_id": query["txn_id"],
        "result": _KASPI.get(done["result"], 5),
        "comment": done["result"],
    }
    if "debt" in done:
        found["sum"] = f"{done['debt']:.2f}"
        found["fields"] = {"field1": {"@name": "Name", "#text": done["name"]}}
    if "amount" in done:
        found["sum"] = f"{done['amount']:.2f}"
        found["prv_txn_id"] = str(done["number"])
    return operation, found


def _kaspi_json(
    company: Books, query: dict, body: bytes, headers: dict
) -> tuple[str, Said]:
    operation, found = _kaspi(company, query)
    if found is None:
        return operation, Said(503, "text/plain", b"")
    return operation, Said(200, JSON, json.dumps(found).encode())


def _kaspi_xml(
    company: Books, query: dict, body: bytes, headers: dict
) -> tuple[str, Said]:
    operation, found = _kaspi(company, query)
    if found is None:
        return operation, Said(503, "text/plain", b"")
    fields = found.pop("fields", {})
    content = "".join(_element(name, value) for name, value in found.items())
    pairs = "".join(
        f"<{name} name={quoteattr(each['@name'])}>{each['#text']}</{name}>"
        for name, each in fields.items()
    )
    content += f"<fields>{pairs}</fields>" if pairs else ""
    return operation, Said(200, XML, _xml("response", content))


# Sber

_SBER = {"ok": 0, "fault": 1, "not_found": 3}


def _sber(company: Books, query: dict, body: bytes, headers: dict) -> tuple[str, Said]:
    action = query.get("ACTION") or query.get("command")
    operation = "pay" if action in ("payment", "pay") else "check"
    key, amount = query.get("PAY_ID", ""), query.get("AMOUNT", "")
    done = company.take(operation, query["ACCOUNT"], key, amount)
    content, code = "", _SBER.get(done["result"], 300)
    if "amount" in done:
        content += _element("EXT_ID", done["number"])
        content += _element("REG_DATE", "16.11.2026_14:02:10")
        content += _element("AMOUNT", f"{done['amount']:.2f}")
        code = 8 if done["repeat"] else code
    if "debt" in done:
        content += _element("FIO", done["name"]) + _element("BALANCE", -done["debt"])
    content += _element("CODE", code) + _element("MESSAGE", done["result"])
    status = 200 if code in (0, 8) else 400
    return operation, Said(status, XML, _xml("response", content))


# PrivatBank

_PRIVAT = {"not_found": 2, "conflict": 8, "cancelled": 8}


def _privat(
    company: Books, query: dict, body: bytes, headers: dict
) -> tuple[str, Said]:
    root = etree.fromstring(body)
    action = root.get("action")
    operation = {"Search": "lookup"}.get(action, action.lower())
    data = root.find(f"{{{_NAMESPACE}}}Data")
    unit = data.find(f"{{{_NAMESPACE}}}Unit")
    amount, key = "", f"{data.get('id')}/{data.get('number')}"
    if unit is not None:
        account = unit.get("value")
    else:
        account = data.find(f"{{{_NAMESPACE}}}PayerInfo").get("billIdentifier")
        amount = data.findtext(f"{{{_NAMESPACE}}}TotalSum")
    done = company.take(operation, account, key, amount)
    if done["result"] == "fault":
        return operation, Said(503, "text/html", b"<h1>Later</h1>")
    if done["result"] != "ok":
        code = _PRIVAT.get(done["result"], 99)
        content = f'<Data xmlns:xsi="{_XSI}" xsi:type="ErrorInfo" code="{code}">'
        content += _element("Message", done["result"]) + "</Data>"
    elif operation == "lookup":
        content = (
            f'<Data xmlns:xsi="{_XSI}" xsi:type="DebtPack" billPeriod="202611">'
            f'<PayerInfo billIdentifier="{account}"><Fio>{done["name"]}</Fio>'
            '</PayerInfo><ServiceGroup><DebtService serviceCode="101">'
            f'<DebtInfo amountToPay="{done["debt"]}"><Balance>{done["debt"]}'
            "</Balance></DebtInfo><ServiceName>Water</ServiceName>"
            "</DebtService></ServiceGroup></Data>"
        )
    else:
        reference = done.get("number", 77)
        content = f'<Data xmlns:xsi="{_XSI}" xsi:type="Gateway"'
        content += f' reference="{reference}"/>'
    text = f'<Transfer xmlns="{_NAMESPACE}" interface="Debt" action="{action}">'
    return operation, Said(200, XML, f"{text}{content}</Transfer>".encode())


# Payme

_RPC = {
    "CheckPerformTransaction": "check",
    "CreateTransaction": "reserve",
    "PerformTransaction": "pay",
    "CancelTransaction": "cancel",
    "CheckTransaction": "status",
    "GetStatement": "statement",
}
_RPC_CODES = {"fault": -32400, "not_found": -31050, "unknown": -31003}


def _payme(company: Books, query: dict, body: bytes, headers: dict) -> tuple[str, Said]:
    call = json.loads(body)
    operation, params = _RPC[call["method"]], call["params"]
    account = params.get("account", {}).get("account", "")
    amount = params.get("amount")
    found: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
    if operation == "statement":
        found["result"] = {
            "transactions": [
                {"id": each["id"], "amount": int(each["amount"] * 100)}
                for each in company.paid.values()
            ]
        }
        return operation, Said(200, JSON, json.dumps(found).encode())
    text = "" if amount is None else f"{Decimal(amount) / 100:.2f}"
    key = params.get("id", "")
    if operation == "pay" and key not in company.paid:
        done = {"result": "unknown"}
    else:
        done = company.take(operation, account, key, text)
    if done["result"] != "ok":
        code = _RPC_CODES.get(done["result"], -31008)
        found["error"] = {"code": code, "message": {"en": done["result"]}}
    elif operation == "check":
        found["result"] = {"allow": True, "additional": {"Name": done["name"]}}
    else:
        found["result"] = _rpc_result(operation, done)
    return operation, Said(200, JSON, json.dumps(found).encode())


def _rpc_result(operation: str, done: dict) -> dict:
    states = {"reserved": 1, "accepted": 2, "cancelled": -2}
    result = {"transaction": str(done["number"]), "state": states[done["state"]]}
    if operation == "status":
        names = ["create_time", "perform_time", "cancel_time"]
    else:
        names = [{"reserve": "create", "pay": "perform"}.get(operation, "cancel")]
        names = [f"{names[0]}_time"]
    return {**result, **{name: _FIRST_MS + done["number"] for name in names}}


# Terminal JSON

_SIGNED = {
    "ok": (200, "ok"),
    "fault": (503, "fault"),
    "not_found": (404, "not_found"),
    "conflict": (409, "conflict"),
    "cancelled": (409, "cancelled"),
    "unknown": (404, "unknown_payment"),
}


def signed(stamp: str, body: bytes) -> str:
    return hmac.new(
        KEY.encode(), f"{stamp}.".encode() + body, hashlib.sha256
    ).hexdigest()


def _signed(
    company: Books, query: dict, body: bytes, headers: dict
) -> tuple[str, Said]:
    stamp = headers["X-Timestamp"]
    given = json.loads(body)
    operation = given["operation"]
    is_right = hmac.compare_digest(headers["X-Signature"], signed(stamp, body))
    if not is_right or abs(time.time() - int(stamp)) > 300:
        text = b'{"result":"forbidden","retry":false,"message":""}'
        return operation, Said(403, JSON, text)
    found: dict[str, Any] = {}
    if operation == "statement":
        status, result = 200, "ok"
        found["payments"] = [_signed_payment(each) for each in company.paid.values()]
    else:
        done = company.take(
            operation,
            given.get("account", ""),
            given.get("id", ""),
            given.get("amount", ""),
        )
        status, result = _SIGNED[done["result"]]
        if "debt" in done:
            found = {"customer": done["name"], "debt": f"{done['debt']:.2f}"}
            found["invoices"] = [
                {
                    "reference": "INV/1",
                    "due": "2026-11-15",
                    "open": found["debt"],
                    "pays": "0.00",
                }
            ]
        elif result == "ok":
            found["payment"] = _signed_payment(done)
    content = {"result": result, "retry": status == 503, "message": "", **found}
    text = json.dumps(content).encode()
    worn = {"X-Timestamp": stamp, "X-Signature": signed(stamp, text)}
    if status == 503:
        worn["Retry-After"] = "10"
    return operation, Said(status, JSON, text, worn)


def _signed_payment(done: dict) -> dict:
    stamp = "2026-11-30T09:35:00Z"
    return {
        "number": done["number"],
        "id": done["id"],
        "account": done["account"],
        "amount": f"{done['amount']:.2f}",
        "currency": "KZT",
        "state": done["state"],
        "paid_at": stamp,
        "accepted_at": stamp,
        "cancelled_at": stamp if done["state"] == "cancelled" else None,
    }


SPEAKERS: dict[str, Callable[..., tuple[str, Said]]] = {
    "osmp": _osmp,
    "kaspi_json": _kaspi_json,
    "kaspi_xml": _kaspi_xml,
    "sber_eps": _sber,
    "privatbank_debt": _privat,
    "payme": _payme,
    "signed_json": _signed,
}

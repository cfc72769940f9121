"""PrivatBank (Ukraine), interface "Debt": one XML document ``Transfer`` each way.

Sources: the exchange as petrRybalkin/sevvodokanal (PbController.php, views/pb),
mangoozt/PHP-PrivatBank, nightflyza/Ubilling (privatx) and the test requests of abills
(Privat_terminal.t, Abank.t) implement it; all cite the bank's "specification of the
exchange of data about debts and accepted payments in on-line mode".

- Search finds one payer by his number. Presearch by street or name would list payers
  to anybody; it is answered "more than one, refine" whatever is asked, so it tells
  nothing.
- ``Data@id`` is the payment. ``Data@number``, its place in the bank's pack, is no part
  of the key: a Cancel comes without it.
- The answer to Check has a reference that comes back in Pay. A check registers nothing,
  so the reference is only derived from the request, and is not looked at in Pay.
- ``TotalSum`` is the money; without it the services of ``ServiceGroup`` are summed.
- Some banks with this interface (A-Bank, Monobank) leave the namespace out; they are
  answered as they ask.
- A repeated Pay gets the first answer again, not code 7 ("never send again").
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from decimal import Decimal

from lxml import etree

from odoo.addons.receivables_base.formats.amounts import read_units, write_units
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import in_zone, read_iso
from odoo.addons.receivables_base.formats.safe_xml import clean, parse
from odoo.addons.receivables_base.formats.safe_xml import write as write_xml
from odoo.addons.receivables_base.formats.texts import is_plain

from .answers import FINAL, OK, REPEAT, unavailable
from .calls import (
    BadCall,
    Call,
    Operation,
    Outcome,
    Result,
    Terms,
    WireAnswer,
    WireRequest,
)

CONTENT_TYPE = "application/xml; charset=utf-8"
NAMESPACE = "http://debt.privatbank.ua/Transfer"
SERVICE_CODE = "101"
"""Of the only service that we have; the code of every implementation seen."""

ACTIONS = {
    "Presearch": Operation.LOOKUP,
    "Search": Operation.LOOKUP,
    "Check": Operation.CHECK,
    "Pay": Operation.PAY,
    "Cancel": Operation.CANCEL,
}
SUPPORTED = frozenset(ACTIONS.values())
_ACTION_OF = {operation: action for action, operation in ACTIONS.items()}

UNAVAILABLE = 503

CODES = {
    # 8: never send this record again. 503 stands for no answer: the bank repeats.
    **dict.fromkeys(Result, 99),
    Result.OK: 0,
    Result.NOT_FOUND: 2,
    Result.MANY_FOUND: 6,
    Result.BAD_ACCOUNT: 2,
    Result.BAD_AMOUNT: 3,
    Result.BAD_DATE: 4,
    Result.BAD_OPERATION: 1,
    Result.WRONG_CURRENCY: 8,
    Result.CONFLICT: 8,
    Result.CANCELLED: 8,
    Result.PENDING: UNAVAILABLE,
    Result.FAULT: UNAVAILABLE,
    Result.FORBIDDEN: 5,
}
MESSAGES = {
    1: "Невідомий тип запиту",
    2: "Абонента не знайдено",
    3: "Невірний формат суми",
    4: "Невірний формат дати",
    5: "Доступ заборонено",
    6: "Знайдено більше одного платника. Уточніть пошук за особовим рахунком",
    8: "Платіж не може бути прийнято. Не надсилайте його повторно",
    99: "Запит не може бути виконано",
}

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_EMPTY = (
    f'<Transfer xmlns="{NAMESPACE}" interface="Debt">'
    f'<Data xmlns:xsi="{_XSI}"/></Transfer>'
).encode()
_NUMBERS = frozenset({"bill_identifier", "billIdentifier", "ls"})
_TYPES = {Operation.LOOKUP: "Payer"}
_ID = re.compile(r"[0-9A-Za-z_.:-]{1,64}", re.ASCII)
_ZERO = re.compile(r"(?:0+(?:[.,]0+)?)?", re.ASCII)


def read(wire: WireRequest, terms: Terms) -> Call:
    """Read a request.

    Of one that cannot be read so far, the operation counts as a lookup.

    :raises BadCall: with what was understood
    """
    call = Call(Operation.LOOKUP)
    if wire.method != "POST":
        raise BadCall(Result.BAD_REQUEST, "method", call)
    try:
        root = parse(wire.body)
    except FormatError as error:
        raise BadCall(Result.BAD_REQUEST, "body", call) from error
    is_bare = root.tag == "Transfer"
    if is_bare:
        for element in root.iter():
            element.tag = _tag(element.tag)
    if root.tag != _tag("Transfer") or root.get("interface") != "Debt":
        raise BadCall(Result.BAD_REQUEST, "Transfer", call)
    action = root.get("action", "")
    if action not in ACTIONS:
        raise BadCall(Result.BAD_OPERATION, "action", call)
    call = Call(ACTIONS[action], echo={"action": action})
    if is_bare:
        call = replace(call, echo={**call.echo, "bare": "1"})
    data = _only(root, "Data", call)
    if data is None:
        raise BadCall(Result.BAD_REQUEST, "Data", call)
    kind = data.get(f"{{{_XSI}}}type", "").rpartition(":")[2]
    if kind != _TYPES.get(call.operation, "Payment"):
        raise BadCall(Result.BAD_REQUEST, "Data@xsi:type", call)
    if call.operation is Operation.LOOKUP:
        return replace(call, account=_searched(data, call))
    return _read_payment(data, call, terms)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _only(parent: etree._Element, name: str, call: Call) -> etree._Element | None:
    """The child of this name; None without one. Of two, readers could take either."""
    found = parent.findall(_tag(name))
    if len(found) > 1:
        raise BadCall(Result.BAD_REQUEST, name, call)
    return found[0] if found else None


def _text(parent: etree._Element, name: str, call: Call) -> str:
    child = _only(parent, name, call)
    if child is None:
        return ""
    if len(child):
        raise BadCall(Result.BAD_REQUEST, name, call)
    return (child.text or "").strip()


def _searched(data: etree._Element, call: Call) -> str:
    """The number that is searched for."""
    units = [
        (unit.get("name", ""), unit.get("value", "").strip())
        for unit in data.findall(_tag("Unit"))
    ]
    numbers = {value for name, value in units if value and name in _NUMBERS}
    chosen = data.get("presearchId", "").strip()
    if chosen:
        numbers.add(chosen)
    if len(numbers) > 1:
        raise BadCall(Result.BAD_REQUEST, "Unit", call)
    if not numbers:
        others = any(value for _name, value in units)
        result = Result.MANY_FOUND if others else Result.BAD_ACCOUNT
        raise BadCall(result, "Unit", call)
    return _checked(numbers.pop(), "Unit", call)


def _checked(number: str, place: str, call: Call) -> str:
    if not 1 <= len(number) <= 200 or not is_plain(number):
        raise BadCall(Result.BAD_ACCOUNT, place, call)
    return number


def _read_payment(data: etree._Element, call: Call, terms: Terms) -> Call:
    given = data.get("id", "")
    # a check may come without one
    if (given or call.operation is not Operation.CHECK) and not _ID.fullmatch(given):
        raise BadCall(Result.BAD_ID, "Data@id", call)
    call = replace(call, txn_id=given)
    if call.operation is Operation.PAY and data.get("cancel", "false") != "false":
        raise BadCall(Result.BAD_REQUEST, "Data@cancel", call)
    payer = _only(data, "PayerInfo", call)
    number = "" if payer is None else payer.get("billIdentifier", "").strip()
    if number or call.operation is not Operation.CANCEL:
        number = _checked(number, "PayerInfo@billIdentifier", call)
    call = replace(call, account=number)
    if call.operation is Operation.CANCEL:
        return call  # of a cancellation nothing else is asked
    call = replace(call, amount=_amount(data, call, terms))
    # Money that was taken is not refused for want of a date that can be read.
    created = _text(data, "CreateTime", call)
    return replace(call, paid_at=read_iso(created, terms.timezone))


def _amount(data: etree._Element, call: Call, terms: Terms) -> Decimal | None:
    """What is paid; None for a check before the customer has said how much."""
    total = _text(data, "TotalSum", call)
    if total:
        sums = [total]
    else:
        group = _only(data, "ServiceGroup", call)
        services = () if group is None else group.findall(_tag("Service"))
        sums = [service.get("sum", "") for service in services]
    if call.operation is Operation.CHECK and all(map(_ZERO.fullmatch, sums)):
        return None
    amounts = [read_units(text, terms.decimals) for text in sums]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) != len(amounts):
        raise BadCall(Result.BAD_AMOUNT, "TotalSum", call)
    return sum(known, Decimal(0))


def write(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    """The answer."""
    code = CODES[outcome.result]
    if code == UNAVAILABLE:
        return unavailable()
    action = ""
    if call is not None:
        action = call.echo.get("action") or _ACTION_OF.get(call.operation, "")
    root, data = _document(action)
    if call is None and outcome.result is Result.OK:
        code = CODES[Result.BAD_REQUEST]
    if code or call is None:
        data.set(f"{{{_XSI}}}type", "ErrorInfo")
        data.set("code", str(code))
        _child(data, "Message", outcome.message or MESSAGES[code])
    elif call.operation is not Operation.LOOKUP:
        data.set(f"{{{_XSI}}}type", "Gateway")
        data.set("reference", clean(_reference(call, outcome)))
    elif call.echo.get("action") == "Presearch":
        _write_table(data, call, outcome)
    else:
        _write_debt(data, call, outcome, terms)
    body = write_xml(root)
    if call is not None and call.echo.get("bare"):
        body = body.replace(f' xmlns="{NAMESPACE}"'.encode(), b"", 1)
    return WireAnswer(body, CONTENT_TYPE)


def _document(action: str) -> tuple[etree._Element, etree._Element]:
    """A new ``Transfer`` and its ``Data``."""
    root = parse(_EMPTY)
    if action:
        root.set("action", clean(action))
    return root, root[0]


def _child(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    child = etree.SubElement(parent, _tag(name))
    child.text = clean(text) or None
    return child


def _reference(call: Call, outcome: Outcome) -> str:
    """Our number of the payment; of a check what the bank may bring back."""
    if outcome.payment is not None:
        return str(outcome.payment.number)
    if call.txn_id:
        return call.txn_id
    asked = f"{call.account}\n{call.amount}\n{call.paid_at}"
    digest = hashlib.sha256(asked.encode("utf-8", "replace")).digest()
    return str(int.from_bytes(digest[:4], "big"))


def _write_table(data: etree._Element, call: Call, outcome: Outcome) -> None:
    """The one payer of this number, as a table with a column for each header."""
    data.set(f"{{{_XSI}}}type", "PayersTable")
    headers, columns = _child(data, "Headers"), _child(data, "Columns")
    for name, value in (("fio", outcome.customer), ("ls", call.account)):
        _child(headers, "Header").set("name", name)
        _child(_child(columns, "Column"), "Element", value)


def _write_debt(
    data: etree._Element, call: Call, outcome: Outcome, terms: Terms
) -> None:
    data.set(f"{{{_XSI}}}type", "DebtPack")
    if outcome.now is not None:
        data.set("billPeriod", f"{in_zone(outcome.now, terms.timezone):%Y%m}")
    if outcome.message:
        _child(data, "Message", outcome.message)
    _write_payer(data, call, outcome)
    service = _child(_child(data, "ServiceGroup"), "DebtService")
    service.set("serviceCode", SERVICE_CODE)
    company = _child(service, "CompanyInfo")
    _child(company, "CompanyCode", terms.registry_code or "1")
    _child(company, "CompanyName", terms.company)
    if outcome.debt is not None:
        debt = write_units(outcome.debt, terms.decimals)
        info = _child(service, "DebtInfo")
        info.set("amountToPay", debt)
        info.set("debt", debt)
        _child(info, "Balance", debt)
    _child(service, "ServiceName", terms.company)
    _write_payer(service, call, outcome)


def _write_payer(parent: etree._Element, call: Call, outcome: Outcome) -> None:
    payer = _child(parent, "PayerInfo")
    payer.set("billIdentifier", clean(call.account))
    payer.set("ls", clean(call.account))
    if outcome.customer:
        _child(payer, "Fio", outcome.customer)


def ask(call: Call, terms: Terms) -> WireRequest:
    """The bank's side: the request for a call."""
    root, data = _document(_ACTION_OF[call.operation])
    data.set(f"{{{_XSI}}}type", _TYPES.get(call.operation, "Payment"))
    if call.operation is Operation.LOOKUP:
        unit = _child(data, "Unit")
        unit.set("name", "bill_identifier")
        unit.set("value", clean(call.account))
        return WireRequest("POST", "", write_xml(root), CONTENT_TYPE)
    if call.txn_id:
        data.set("id", clean(call.txn_id))
    payer = _child(data, "PayerInfo")
    if call.account:
        payer.set("billIdentifier", clean(call.account))
    if call.amount is not None:
        _child(data, "TotalSum", write_units(call.amount, terms.decimals))
    if call.paid_at is not None:
        _child(data, "CreateTime", call.paid_at.isoformat())
    return WireRequest("POST", "", write_xml(root), CONTENT_TYPE)


def hear(answer: WireAnswer, terms: Terms) -> str:
    """The bank's side: what it makes of an answer."""
    try:
        data = parse(answer.body).find(_tag("Data"))
    except FormatError:
        data = None
    if answer.status != 200 or data is None:
        return REPEAT
    return FINAL if data.get(f"{{{_XSI}}}type") == "ErrorInfo" else OK

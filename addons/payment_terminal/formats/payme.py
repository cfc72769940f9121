"""Payme (Uzbekistan), Merchant API: JSON-RPC 2.0 by POST, with Basic authentication.

Sources: developer.help.paycom.uz, "Методы Merchant API" (CheckPerformTransaction,
CreateTransaction, CancelTransaction) and its page "Типы данных"; the states of
PaycomUZ/paycom-integration-php-template; habr.com/ru/articles/1109614 for the repeats
of the test environment.

- Amounts are whole tiyin (1/100), times milliseconds since 1970 in 13 digits.
- The answer is HTTP 200 always; any other status counts as -32400, which is repeated.
- Create, Perform and Cancel are sent twice and the answers are compared, so that every
  time in an answer is one of the stored payment.
- Perform and Cancel name nothing but the transaction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace as change

from odoo.addons.receivables_base.formats.amounts import (
    read_minor,
    write_minor,
    write_units,
)
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import (
    read_milliseconds,
    write_milliseconds,
)
from odoo.addons.receivables_base.formats.strict_json import Number, read_object
from odoo.addons.receivables_base.formats.strict_json import write as write_json
from odoo.addons.receivables_base.formats.texts import is_plain

from .answers import FINAL, OK, REPEAT
from .calls import (
    BadCall,
    Call,
    Operation,
    Outcome,
    Payment,
    Result,
    Terms,
    WireAnswer,
    WireRequest,
)
from .payme_codes import ACCOUNT, CODES, MESSAGES, NOT_JSON, NOT_POST, SYSTEM_ERROR

LONGEST_ID = 24  # "Типы данных", ID: 24 characters
CONTENT_TYPE = "application/json; charset=utf-8"

OPERATIONS = {
    "CheckPerformTransaction": Operation.CHECK,
    "CreateTransaction": Operation.RESERVE,
    "PerformTransaction": Operation.PAY,
    "CancelTransaction": Operation.CANCEL,
    "CheckTransaction": Operation.STATUS,
    "GetStatement": Operation.STATEMENT,
}
SUPPORTED = frozenset(OPERATIONS.values())
_METHOD_OF = {operation: name for name, operation in OPERATIONS.items()}

_BAD_REQUEST = frozenset({Result.BAD_DATE, Result.BAD_ID, Result.BAD_REQUEST})
# What of a call that names the transaction alone means that there is none.
_NOT_KNOWN = frozenset({Result.BAD_AMOUNT, Result.NOT_FOUND, Result.BAD_ACCOUNT})

_ID = re.compile(rf"[0-9A-Za-z_.:-]{{1,{LONGEST_ID}}}", re.ASCII)


def read(wire: WireRequest, terms: Terms) -> Call:
    """Read a request.

    Of one that cannot be read so far, the operation counts as a check.

    :raises BadCall: with what was understood; ``echo`` has the id of the request
    """
    call = Call(Operation.CHECK, echo={"id": "null"})
    if wire.method != "POST":
        raise BadCall(Result.BAD_REQUEST, "method", _coded(call, NOT_POST))
    try:
        request = read_object(wire.body, number=Number)
    except FormatError as error:
        raise BadCall(Result.BAD_REQUEST, "body", _coded(call, NOT_JSON)) from error
    given = request.get("id")
    if not _is_request_id(given):
        raise BadCall(Result.BAD_REQUEST, "id", call)
    call = change(call, echo={"id": json.dumps(given)})
    method = request.get("method")
    if not isinstance(method, str):
        raise BadCall(Result.BAD_REQUEST, "method", call)
    if method not in OPERATIONS:
        raise BadCall(Result.BAD_OPERATION, "method", call)
    call = change(call, operation=OPERATIONS[method])
    params = request.get("params")
    if not isinstance(params, dict):
        raise BadCall(Result.BAD_REQUEST, "params", call)
    return _read_params(call, params)


def _coded(call: Call, code: int) -> Call:
    return change(call, echo={**call.echo, "code": str(code)})


def _is_request_id(value: object) -> bool:
    if isinstance(value, str):
        return not isinstance(value, Number) and len(value) <= 64 and is_plain(value)
    number = _whole(value)
    return value is None or (number is not None and abs(number) < 2**63)


def _whole(value: object) -> int | None:
    # True is an int to Python, not to JSON
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _read_params(call: Call, params: Mapping[str, object]) -> Call:
    if call.operation is Operation.STATEMENT:
        call = _read_time(call, params, "from")
        call = _read_time(call, params, "to")
        if call.since and call.until and call.since > call.until:
            raise BadCall(Result.BAD_DATE, "to", call)
        return call
    if call.operation is not Operation.CHECK:
        given = params.get("id")
        if not isinstance(given, str) or not _ID.fullmatch(given):
            raise BadCall(Result.BAD_ID, "id", call)
        call = change(call, txn_id=given)
    if call.operation is Operation.CANCEL:
        reason = _whole(params.get("reason"))
        if reason is not None and abs(reason) < 10**9:
            call = change(call, reason=str(reason))
    if call.operation is Operation.RESERVE:
        call = _read_time(call, params, "time")
    if call.operation in (Operation.CHECK, Operation.RESERVE):
        call = _read_account(call, params.get("account"))
        call = _read_amount(call, params.get("amount"))
    return call


def _read_time(call: Call, params: Mapping[str, object], name: str) -> Call:
    value = _whole(params.get(name))
    moment = None if value is None else read_milliseconds(value)
    if moment is None:
        raise BadCall(Result.BAD_DATE, name, call)
    if name == "time":
        return change(call, paid_at=moment)
    return change(call, since=moment) if name == "from" else change(call, until=moment)


def _read_account(call: Call, value: object) -> Call:
    """The customer's number: the sub-field ``account``, or the only one."""
    if not isinstance(value, dict) or not value:
        raise BadCall(Result.BAD_ACCOUNT, "account", call)
    name = ACCOUNT if ACCOUNT in value else next(iter(value))
    if name not in value or (name != ACCOUNT and len(value) != 1):
        raise BadCall(Result.BAD_ACCOUNT, "account", call)
    if len(name) > 64 or not is_plain(name):
        raise BadCall(Result.BAD_ACCOUNT, "account", call)
    call = change(call, echo={**call.echo, "field": name})
    number = value[name]
    if _whole(number) is not None:
        number = str(number)
    if not isinstance(number, str) or isinstance(number, Number):
        raise BadCall(Result.BAD_ACCOUNT, name, call)
    if not 1 <= len(number) <= 200 or not is_plain(number):
        raise BadCall(Result.BAD_ACCOUNT, name, call)
    return change(call, account=number)


def _read_amount(call: Call, value: object) -> Call:
    minor = _whole(value)
    amount = None if minor is None else read_minor(str(minor))
    if amount is None:
        raise BadCall(Result.BAD_AMOUNT, "amount", call)
    return change(call, amount=amount)


def write(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    """The answer, always HTTP 200."""
    outcome = _as_payme_sees_it(call, outcome)
    if outcome.result is Result.OK and call is not None:
        said = {"result": _told(call, outcome, terms)}
    else:
        said = {"error": _error(call, outcome)}
    return _answer(call, said)


def replay(call: Call, outcome: Outcome, first: WireAnswer, terms: Terms) -> WireAnswer:
    """What was answered first, with the id of this request."""
    try:
        said = read_object(first.body, number=Number)
    except FormatError:
        return write(call, outcome, terms)
    return _answer(
        call, {name: said[name] for name in ("result", "error") if name in said}
    )


def _answer(call: Call | None, said: Mapping[str, object]) -> WireAnswer:
    number = json.loads(call.echo.get("id", "null")) if call is not None else None
    body = write_json({"jsonrpc": "2.0", "id": number, **said})
    return WireAnswer(body, CONTENT_TYPE)


def _as_payme_sees_it(call: Call | None, outcome: Outcome) -> Outcome:
    """Perform, Cancel and CheckTransaction know one reason to find nothing.

    A cancelled payment that was neither created nor performed is only remembered here
    against a Create that comes late; to Payme it is a transaction not found.
    """
    if call is None:
        return outcome
    operation, result, one = call.operation, outcome.result, outcome.payment
    if operation is Operation.PAY and result in _NOT_KNOWN:
        return change(outcome, result=Result.UNKNOWN_PAYMENT)
    if result is not Result.OK:
        return outcome
    if operation in (Operation.RESERVE, Operation.PAY) and one is None:
        return change(outcome, result=Result.FAULT)
    if operation in (Operation.CANCEL, Operation.STATUS):
        if one is None or not (one.reserved_at or one.accepted_at):
            return change(outcome, result=Result.UNKNOWN_PAYMENT)
    return outcome


def _told(call: Call, outcome: Outcome, terms: Terms) -> dict[str, object]:
    if call.operation is Operation.STATEMENT:
        return {"transactions": [_transaction(one) for one in outcome.payments]}
    one = outcome.payment
    if call.operation in (Operation.CHECK, Operation.LOOKUP) or one is None:
        return _allowed(outcome, terms)
    told: dict[str, object] = {"transaction": str(one.number), "state": _state(one)}
    if call.operation is Operation.RESERVE:
        told["create_time"] = write_milliseconds(one.reserved_at or one.accepted_at)
    elif call.operation is Operation.PAY:
        told["perform_time"] = write_milliseconds(one.accepted_at)
    elif call.operation is Operation.CANCEL:
        told["cancel_time"] = write_milliseconds(one.cancelled_at)
    else:
        told |= _times(one)
        told["reason"] = _reason(one)
    return told


def _allowed(outcome: Outcome, terms: Terms) -> dict[str, object]:
    """CheckPerformTransaction, "Добавление объекта additional"."""
    additional = {}
    if outcome.customer:
        additional["name"] = outcome.customer
    if outcome.debt is not None:
        additional["debt"] = write_units(outcome.debt, terms.decimals)
    allowed: dict[str, object] = {"allow": True}
    return {**allowed, "additional": additional} if additional else allowed


def _transaction(one: Payment) -> dict[str, object]:
    """ "Типы данных", Transaction."""
    return {
        "id": one.txn_id,
        "time": write_milliseconds(one.named_at),
        "amount": write_minor(one.amount),
        "account": {one.field or ACCOUNT: one.account},
        **_times(one),
        "transaction": str(one.number),
        "state": _state(one),
        "reason": _reason(one),
        "receivers": None,
    }


def _times(one: Payment) -> dict[str, object]:
    return {
        "create_time": write_milliseconds(one.reserved_at or one.accepted_at),
        "perform_time": write_milliseconds(one.accepted_at),
        "cancel_time": write_milliseconds(one.cancelled_at),
    }


def _state(one: Payment) -> int:
    """1 created, 2 performed, -1 cancelled before and -2 after it was performed."""
    if one.state in ("cancelled", "reversed"):
        return -2 if one.accepted_at or one.state == "reversed" else -1
    return 1 if one.state == "reserved" else 2


def _reason(one: Payment) -> int | None:
    """As Payme gave it (4: run out of time); 10, unknown, for words of our own."""
    if not one.reason:
        return None
    return int(one.reason) if re.fullmatch(r"-?[0-9]{1,9}", one.reason, re.A) else 10


def _error(call: Call | None, outcome: Outcome) -> dict[str, object]:
    result = Result.FAULT if outcome.result is Result.OK else outcome.result
    echo = call.echo if call is not None else {}
    code, data = CODES[result]
    if data == ACCOUNT:
        data = echo.get("field", ACCOUNT)
    if result is Result.BAD_REQUEST and echo.get("code"):
        code = int(echo["code"])
    if result is Result.PENDING:
        result = Result.FAULT
    if result in _BAD_REQUEST:
        result = Result.BAD_REQUEST
    message = dict(zip(("ru", "uz", "en"), MESSAGES[result], strict=True))
    return {"code": code, "message": message, "data": data}


def ask(call: Call, terms: Terms) -> WireRequest:
    """Payme's side: the request for a call."""
    given = {
        "id": call.txn_id,
        "amount": call.amount and write_minor(call.amount),
        "account": call.account and {ACCOUNT: call.account},
        "reason": call.reason and int(call.reason),
        "time": call.paid_at and write_milliseconds(call.paid_at),
        "from": call.since and write_milliseconds(call.since),
        "to": call.until and write_milliseconds(call.until),
    }
    request = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": _METHOD_OF[call.operation],
        "params": {name: value for name, value in given.items() if value},
    }
    return WireRequest("POST", "", write_json(request), "application/json")


def hear(answer: WireAnswer, terms: Terms) -> str:
    """Payme's side: what it makes of an answer."""
    try:
        said = read_object(answer.body, number=Number)
    except FormatError:
        return REPEAT
    error = said.get("error")
    if answer.status != 200 or not isinstance(error or said.get("result"), dict):
        return REPEAT
    if isinstance(error, dict):
        return REPEAT if error.get("code") == SYSTEM_ERROR else FINAL
    return OK

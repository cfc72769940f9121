"""Our own dialect, for a bank that brings none: docs/terminal_json.yaml, and what is
behind it in docs/terminal_json.md."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from odoo.addons.receivables_base.formats.amounts import read_units, write_units
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import read_iso, write_iso
from odoo.addons.receivables_base.formats.strict_json import Number, read_object
from odoo.addons.receivables_base.formats.strict_json import write as write_json
from odoo.addons.receivables_base.formats.texts import is_plain

from .access import digest, same
from .answers import FINAL, OK, REPEAT
from .calls import (
    BadCall,
    Call,
    OpenInvoice,
    Operation,
    Outcome,
    Payment,
    Result,
    Terms,
    WireAnswer,
    WireRequest,
)

LONGEST_PERIOD = timedelta(days=31)
RETRY_AFTER = "30"
CONTENT_TYPE = "application/json"

ANSWERS: dict[Result, tuple[int, bool]] = {
    # HTTP status, and whether the bank sends the same call again
    Result.OK: (200, False),
    Result.NOT_FOUND: (404, False),
    Result.MANY_FOUND: (404, False),
    Result.BAD_ACCOUNT: (422, False),
    Result.INACTIVE: (422, False),
    Result.BAD_FACTOR: (422, False),
    Result.TOO_SMALL: (422, False),
    Result.TOO_LARGE: (422, False),
    Result.BAD_AMOUNT: (422, False),
    Result.BAD_DATE: (422, False),
    Result.BAD_ID: (422, False),
    Result.BAD_REQUEST: (400, False),
    Result.BAD_OPERATION: (400, False),
    Result.WRONG_CURRENCY: (422, False),
    Result.CONFLICT: (409, False),
    Result.CANCELLED: (409, False),
    Result.UNKNOWN_PAYMENT: (404, False),
    Result.PENDING: (503, True),
    Result.CLOSED: (409, False),
    Result.FAULT: (503, True),
    Result.FORBIDDEN: (403, False),
}

# The order in which what is missing or wrong is named.
_TAKES = {
    Operation.LOOKUP: "account terminal factor",
    Operation.CHECK: "id account currency amount terminal invoice factor",
    Operation.PAY: "id account currency amount paid_at terminal invoice factor",
    Operation.CANCEL: "id account terminal reason",
    Operation.STATUS: "id account terminal",
    Operation.STATEMENT: "since until",
}
_NEEDS = {
    Operation.LOOKUP: "account",
    Operation.CHECK: "account",
    Operation.PAY: "id account currency amount paid_at",
    Operation.CANCEL: "id",
    Operation.STATUS: "id",
    Operation.STATEMENT: "since until",
}
SUPPORTED = frozenset(_TAKES)
# What is said of a field that is missing, and of one that is wrong; of all others:
# bad_request.
_MISSING = {
    "id": Result.BAD_ID,
    "amount": Result.BAD_AMOUNT,
    "paid_at": Result.BAD_DATE,
    "since": Result.BAD_DATE,
    "until": Result.BAD_DATE,
}
_WRONG = {
    **_MISSING,
    "account": Result.BAD_ACCOUNT,
    "currency": Result.WRONG_CURRENCY,
}
_LONGEST = {"account": 200, "terminal": 64, "invoice": 64, "factor": 64, "reason": 200}
_TIMES = ("paid_at", "since", "until")

_SHAPES = {
    "id": re.compile(r"[0-9A-Za-z_.:-]{1,64}", re.ASCII),
    "currency": re.compile(r"[A-Z]{3}", re.ASCII),
}
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TYPE = re.compile(r"application/json\s*(?:;\s*charset=\"?utf-8\"?\s*)?", re.I)


def signed(wire: WireRequest) -> tuple[str, tuple[bytes, ...], str]:
    """The signature given, what it must be over, and the timestamp.

    What has not the shape of a signature or timestamp is empty: it fits nothing.
    """
    signature = wire.headers.get("x-signature", "")
    stamp = _timestamp(wire.headers)
    given = signature if _SIGNATURE.fullmatch(signature) else ""
    return given, (stamp.encode(), wire.body), stamp


def read(wire: WireRequest, terms: Terms) -> Call:
    """Read a request.

    Nothing of a request without a right signature is looked at, for what is said of it
    would be signed. Whether the timestamp is of this moment is not judged here.

    Of a request that cannot be read so far, the operation counts as a lookup.

    :raises BadCall: with what was understood, at least the timestamp to sign over
    """
    given, parts, stamp = signed(wire)
    if not (stamp and terms.key and same(given, digest(terms.key, *parts))):
        raise BadCall(Result.FORBIDDEN, "X-Signature")
    call = Call(Operation.LOOKUP, echo={"timestamp": stamp})
    if wire.method != "POST":
        raise BadCall(Result.BAD_REQUEST, "method", call)
    if not _TYPE.fullmatch(wire.content_type.strip()):
        raise BadCall(Result.BAD_REQUEST, "Content-Type", call)
    try:
        fields = read_object(wire.body, number=Number)
    except FormatError as error:
        raise BadCall(Result.BAD_REQUEST, "body", call) from error
    word = _text(fields, "operation", call)
    names = {operation.value: operation for operation in _TAKES}
    if word not in names:
        result = Result.BAD_OPERATION if word else Result.BAD_REQUEST
        raise BadCall(result, "operation", call)
    call = replace(call, operation=names[word])
    for name in _TAKES[call.operation].split():
        call = _take(call, name, _text(fields, name, call), terms)
    return _whole(call)


def _text(fields: Mapping[str, object], name: str, call: Call) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or isinstance(value, Number) or not is_plain(value):
        raise BadCall(Result.BAD_REQUEST, name, call)
    return value


def _take(call: Call, name: str, text: str, terms: Terms) -> Call:
    if not text:
        if name in _NEEDS[call.operation].split():
            raise BadCall(_MISSING.get(name, Result.BAD_REQUEST), name, call)
        return call
    value = _value(call, name, text, terms)
    if value is None:
        raise BadCall(_WRONG.get(name, Result.BAD_REQUEST), name, call)
    taken: dict[str, Any] = {"txn_id" if name == "id" else name: value}
    return replace(call, **taken)


def _value(
    call: Call, name: str, text: str, terms: Terms
) -> datetime | Decimal | str | None:
    """What a field says; None when it is not what it should be."""
    if name in _TIMES:
        return read_iso(text)
    if name == "amount":
        # Of another currency the number of decimals is not known; it is refused later.
        known = call.currency in ("", terms.currency)
        return read_units(text, terms.decimals if known else 4)
    if name in _SHAPES:
        return text if _SHAPES[name].fullmatch(text) else None
    return text if len(text) <= _LONGEST[name] else None


def _whole(call: Call) -> Call:
    """What no field alone can tell."""
    if call.amount is not None and not call.currency:
        raise BadCall(Result.BAD_REQUEST, "currency", call)
    if call.since is not None and call.until is not None:
        if not timedelta(0) <= call.until - call.since <= LONGEST_PERIOD:
            raise BadCall(Result.BAD_DATE, "until", call)
    return call


def write(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    """The answer, signed over the timestamp of the request."""
    status, retry = ANSWERS[outcome.result]
    if outcome.result is Result.FORBIDDEN:
        # Who has not proved who he is gets nothing to compare signatures with.
        body = write_json({"result": "forbidden", "retry": False, "message": ""})
        return WireAnswer(body, CONTENT_TYPE, status)
    said: dict[str, object] = {
        "result": outcome.result.value,
        "retry": retry,
        "message": outcome.message,
    }
    if outcome.result is Result.OK and call is not None:
        said |= _told(call.operation, outcome, terms)
    body = write_json(said)
    headers = _signature(call, body, terms)
    if retry:
        headers["Retry-After"] = RETRY_AFTER
    return WireAnswer(body, CONTENT_TYPE, status, headers)


def replay(call: Call, outcome: Outcome, first: WireAnswer, terms: Terms) -> WireAnswer:
    """The first answer's body, byte for byte, signed over the new timestamp."""
    headers = _signature(call, first.body, terms)
    return WireAnswer(first.body, first.content_type, first.status, headers)


def _signature(call: Call | None, body: bytes, terms: Terms) -> dict[str, str]:
    stamp = call.echo.get("timestamp", "") if call is not None else ""
    if not (stamp and terms.key):
        return {}
    return {
        "X-Timestamp": stamp,
        "X-Signature": digest(terms.key, stamp.encode(), body),
    }


def _told(operation: Operation, outcome: Outcome, terms: Terms) -> dict[str, object]:
    told: dict[str, object] = {}
    if operation in (Operation.LOOKUP, Operation.CHECK):
        if outcome.customer:
            told["customer"] = outcome.customer
        if outcome.debt is not None:
            told["debt"] = write_units(outcome.debt, terms.decimals)
        if outcome.due is not None:
            told["due"] = outcome.due.isoformat()
        if outcome.invoices:
            told["invoices"] = [_invoice(one, terms) for one in outcome.invoices]
    elif operation is Operation.STATEMENT:
        told["payments"] = [_payment(one, terms) for one in outcome.payments]
    elif outcome.payment is not None:
        told["payment"] = _payment(outcome.payment, terms)
    return told


def _invoice(invoice: OpenInvoice, terms: Terms) -> dict[str, object]:
    return {
        "reference": invoice.reference,
        "due": invoice.due.isoformat() if invoice.due else None,
        "open": write_units(invoice.open, terms.decimals),
        "pays": write_units(invoice.pays, terms.decimals),
    }


def _payment(payment: Payment, terms: Terms) -> dict[str, object]:
    return {
        "number": payment.number,
        "id": payment.txn_id,
        "account": payment.account,
        "amount": write_units(payment.amount, terms.decimals),
        "currency": terms.currency,
        "state": payment.state,
        "paid_at": _optional(payment.named_at),
        "accepted_at": _optional(payment.accepted_at),
        "cancelled_at": _optional(payment.cancelled_at),
    }


def _optional(moment: datetime | None) -> str | None:
    return None if moment is None else write_iso(moment)


def ask(call: Call, terms: Terms) -> WireRequest:
    """The bank's side: the signed request for a call."""
    fields: dict[str, object] = {"operation": call.operation.value, "id": call.txn_id}
    fields |= {name: getattr(call, name) for name in ("account", "currency", *_LONGEST)}
    if call.amount is not None:
        fields["amount"] = write_units(call.amount, terms.decimals)
        fields["currency"] = call.currency or terms.currency
    for name in _TIMES:
        moment: datetime | None = getattr(call, name)
        fields[name] = moment and moment.isoformat()
    body = write_json({name: value for name, value in fields.items() if value})
    stamp = str(int(time.time()))
    signature = digest(terms.key, stamp.encode(), body)
    headers = {"x-timestamp": stamp, "x-signature": signature}
    return WireRequest("POST", "", body, CONTENT_TYPE, headers)


def hear(answer: WireAnswer, terms: Terms) -> str:
    """The bank's side: what it makes of an answer."""
    if answer.status == 403:
        return FINAL
    headers = {name.lower(): value for name, value in answer.headers.items()}
    stamp = _timestamp(headers)
    expected = digest(terms.key, stamp.encode(), answer.body)
    if not (stamp and same(headers.get("x-signature", ""), expected)):
        return REPEAT
    try:
        said = read_object(answer.body, number=Number)
    except FormatError:
        return REPEAT
    if said.get("result") == Result.OK.value:
        return OK
    return REPEAT if said.get("retry") is True else FINAL


def _timestamp(headers: Mapping[str, str]) -> str:
    stamp = headers.get("x-timestamp", "")
    return stamp if _TIMESTAMP.fullmatch(stamp) else ""

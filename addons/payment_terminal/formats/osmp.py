"""The provider protocol of OSMP, today QIWI, and of the many networks that copied it.

Source: dev.qiwi.com/explain/en/qd-qiwi-provider-protocol, "API" (transport, time
limit), "API Methods" (parameters, answers) and "Errors" (codes, which are fatal). The
identifier of up to 28 digits, ``trm_id`` and the codes from 241 are those of the Pay24
variant. ``cancel`` and ``status`` are of the copies: some name the payment in
``cancel_txn_id`` and give the cancellation a ``txn_id`` of its own, others name the
payment in ``txn_id``, and some by our own number alone, in ``prv_txn``; all are
understood. So is the currency under the name ``CURRENCY``.

A check with the amount 0 is a question: kiosks ask before the customer has said how
much he pays. Then ``sum`` of the answer is what is owed.

``data1`` is the second thing asked of the customer, ``data2`` the invoice chosen;
``prv_id`` (the service), ``extra`` and further ``dataN`` are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from lxml import etree

from odoo.addons.receivables_base.formats import amounts, safe_xml
from odoo.addons.receivables_base.formats.errors import FormatError

from . import parameters
from .answers import REPEAT, XML, add_fields, forbidden, is_shown, judge
from .calls import (
    Call,
    Operation,
    Outcome,
    Result,
    Terms,
    WireAnswer,
    WireRequest,
)

METHODS = ("GET", "POST")

COMMANDS = {
    "getInfo": Operation.LOOKUP,
    "check": Operation.CHECK,
    "pay": Operation.PAY,
    "cancel": Operation.CANCEL,
    "status": Operation.STATUS,
}
SUPPORTED = frozenset(COMMANDS.values())
_COMMAND_OF = {operation: command for command, operation in COMMANDS.items()}

# QIWI repeats after 1, 90 and a broken line, with growing pauses until something else
# comes or 24 hours are over; every other code but 0 ends the payment. After `pay` the
# money is in the kiosk, so 300 must never be said of a fault that passes.
CODES = {
    **dict.fromkeys(Result, "300"),
    Result.OK: "0",
    Result.NOT_FOUND: "5",
    Result.MANY_FOUND: "5",
    Result.BAD_ACCOUNT: "4",
    Result.INACTIVE: "79",
    Result.BAD_FACTOR: "31",
    Result.TOO_SMALL: "241",
    Result.TOO_LARGE: "242",
    Result.WRONG_CURRENCY: "7",
    Result.CONFLICT: "7",
    Result.CANCELLED: "7",
    Result.PENDING: "90",
    Result.CLOSED: "243",
    Result.FAULT: "1",
}
_PASSING = {CODES[Result.PENDING], CODES[Result.FAULT]}

# The answer to `status` when the payment is known: a payment that was taken back must
# not look like a good one.
STATES: Mapping[str, Result] = {
    "reserved": Result.PENDING,
    "cancelled": Result.CANCELLED,
    "reversed": Result.CANCELLED,
}

_NAMES = {
    name: name
    for name in (
        *("command", "txn_id", "cancel_txn_id", "account", "sum", "ccy", "txn_date"),
        *("trm_id", "data1", "data2", "prv_txn"),
    )
} | {"CURRENCY": "ccy", "currency": "ccy"}
_LONGEST_ID = 28


def read(wire: WireRequest, terms: Terms) -> Call:
    """A request: a query string (GET) or an urlencoded body (POST).

    :raises BadCall: it cannot be read
    """
    given = parameters.read(wire, METHODS, _NAMES)
    reading = parameters.Reading(given, COMMANDS, terms)
    operation = reading.operation
    # A question registers nothing, and getInfo has no identifier at all.
    later = operation in (Operation.CANCEL, Operation.STATUS)
    if later and reading.has("prv_txn") and not reading.has("txn_id"):
        reading.number("prv_txn")
    elif operation is not Operation.LOOKUP or reading.has("txn_id"):
        reading.txn_id("txn_id", _LONGEST_ID)
    if operation is Operation.CANCEL and reading.has("cancel_txn_id"):
        own = reading.call.txn_id
        reading.txn_id("cancel_txn_id", _LONGEST_ID)
        reading.call = replace(reading.call, echo={"txn_id": own})
    if operation is Operation.STATUS:
        return reading.done()
    if operation is not Operation.CANCEL or reading.has("account"):
        reading.account("account")
    reading.amount("sum", required=operation is Operation.PAY)
    reading.currency("ccy")
    if operation is Operation.PAY:
        reading.paid_at("txn_date", parameters.COMPACT)
    return replace(
        reading.done(),
        terminal=reading.text("trm_id"),
        factor=reading.text("data1"),
        invoice=reading.text("data2"),
    )


def write(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    """The answer ``<response>``.

    ``prv_txn`` is the company's number of the payment, ``sum`` what it has of it;
    ``fields`` tell the payer about himself.
    """
    result = _result(call, outcome)
    if result is Result.FORBIDDEN:
        return forbidden()
    root = etree.Element("response")
    if call:
        _name_payment(root, call)
        known = outcome.payment if result in (Result.OK, Result.PENDING) else None
        if known:
            safe_xml.add(root, "prv_txn", str(known.number))
        # A sum in the answer to a question is read as what is owed.
        if call.operation in (Operation.LOOKUP, Operation.CHECK):
            if is_shown(call, outcome) and call.amount is None:
                _name_money(root, outcome.debt, call, terms)
        else:
            _name_money(root, known.amount if known else call.amount, call, terms)
    safe_xml.add(root, "result", CODES[result])
    safe_xml.add(root, "comment", outcome.message)
    add_fields(root, call, outcome, terms)
    return WireAnswer(safe_xml.write(root), XML)


def _result(call: Call | None, outcome: Outcome) -> Result:
    payment = outcome.payment
    if call and call.operation is Operation.STATUS and payment:
        if outcome.result is Result.OK:
            return STATES.get(payment.state, Result.OK)
    return outcome.result


def _name_payment(root: etree._Element, call: Call) -> None:
    own = call.echo.get("txn_id", "")
    if own or call.txn_id:
        safe_xml.add(root, "osmp_txn_id", own or call.txn_id)
    if own:
        safe_xml.add(root, "cancel_txn_id", call.txn_id)


def _name_money(
    root: etree._Element, amount: Decimal | None, call: Call, terms: Terms
) -> None:
    if amount is not None:
        safe_xml.add(root, "sum", amounts.write_units(amount, terms.decimals))
    if call.currency:
        safe_xml.add(root, "ccy", call.currency)


def replay(call: Call, outcome: Outcome, first: WireAnswer, terms: Terms) -> WireAnswer:
    """The first answer again. A cancellation that was given another ``txn_id`` of its
    own finds that one in it, because the network looks for its answer by it."""
    own = call.echo.get("txn_id", "")
    if not own:
        return first
    try:
        root = safe_xml.parse(first.body)
    except FormatError:
        return first
    named = root.find("osmp_txn_id")
    if named is None or named.text == own:
        return first
    named.text = safe_xml.clean(own)
    return replace(first, body=safe_xml.write(root))


def ask(call: Call, terms: Terms) -> WireRequest:
    """The network's side: the request for this call."""
    return parameters.write(
        {
            "command": _COMMAND_OF[call.operation],
            "txn_id": call.txn_id,
            "account": call.account,
            "sum": parameters.write_amount(call.amount, terms),
            "ccy": call.currency,
            "txn_date": parameters.write_time(call.paid_at, terms, parameters.COMPACT),
            "trm_id": call.terminal,
            "data1": call.factor,
            "data2": call.invoice,
        }
    )


def hear(answer: WireAnswer, terms: Terms) -> str:
    """The network's side: what it makes of an answer, see :func:`judge`."""
    if answer.status != 200:
        return REPEAT
    try:
        code = safe_xml.parse(answer.body).findtext("result", "").strip()
    except FormatError:
        return REPEAT
    return judge(code, _PASSING)

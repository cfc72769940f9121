"""The on-line protocol No. 2 of Sberbank's payment service (ЕПС), also "OSMP", type B.

Sources: docs.carbonsoft.ru page 50364716 for the parameters (``command`` check and pay,
``ACTION`` check and payment; a payment's identifier of up to 20 digits) and
itpanda-llc/mikbill-sberbank-eps-api for the codes and the shape of the answers.

The two spellings of a request say the same: ``ACTION ACCOUNT AMOUNT PAY_ID PAY_DATE``
and ``command account sum txn_id txn_date``, in capitals or not.

A payment that is sent again is answered with code 8 and the ``EXT_ID``, ``REG_DATE``
and ``AMOUNT`` that were given first; the bank takes it for done. ``ADDRESS``, which
others send, is never sent: who stands at the machine may be anybody.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from odoo.addons.receivables_base.formats import amounts, safe_xml
from odoo.addons.receivables_base.formats.errors import FormatError

from . import parameters
from .answers import REPEAT, XML, is_shown, judge, shown
from .calls import (
    Call,
    Operation,
    Outcome,
    Payment,
    Result,
    Terms,
    WireAnswer,
    WireRequest,
)

METHODS = ("GET", "POST")

COMMANDS = {
    "check": Operation.CHECK,
    "pay": Operation.PAY,
    "payment": Operation.PAY,
}
SUPPORTED = frozenset(COMMANDS.values())

# 1 is the temporary error; 300 stands for the internal ones, for authentication and for
# the address, none of which passes by itself.
CODES = {
    **dict.fromkeys(Result, "300"),
    Result.OK: "0",
    Result.NOT_FOUND: "3",
    Result.MANY_FOUND: "3",
    Result.BAD_ACCOUNT: "4",
    Result.TOO_SMALL: "10",
    Result.TOO_LARGE: "11",
    Result.BAD_AMOUNT: "9",
    Result.BAD_DATE: "12",
    Result.BAD_ID: "6",
    Result.BAD_OPERATION: "2",
    Result.CONFLICT: "6",
    Result.PENDING: "1",
    Result.FAULT: "1",
}
REPEATED = "8"

_NAMES = {
    spelling: own
    for own, names in {
        "command": ("ACTION", "COMMAND"),
        "account": ("ACCOUNT",),
        "amount": ("AMOUNT", "SUM"),
        "pay_id": ("PAY_ID", "TXN_ID"),
        "pay_date": ("PAY_DATE", "TXN_DATE"),
        "currency": ("CURRENCY", "CCY"),
    }.items()
    for name in names
    for spelling in (name, name.lower())
}
_LONGEST_ID = 20


def read(wire: WireRequest, terms: Terms) -> Call:
    """A request in either spelling.

    :raises BadCall: it cannot be read
    """
    given = parameters.read(wire, METHODS, _NAMES)
    reading = parameters.Reading(given, COMMANDS, terms)
    operation = reading.operation
    if operation is Operation.PAY or reading.has("pay_id"):
        reading.txn_id("pay_id", _LONGEST_ID)
    reading.account("account")
    reading.amount("amount", required=operation is Operation.PAY)
    if operation is Operation.PAY:
        reading.paid_at("pay_date", parameters.DOTTED, parameters.COMPACT)
    reading.currency("currency")
    return reading.done()


def write(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    """The answer ``<response>``; a stranger gets code 300 with HTTP 403."""
    code = CODES[outcome.result]
    root = etree.Element("response")
    if is_shown(call, outcome):
        _tell_customer(root, call, outcome, terms)
    elif call and call.operation is Operation.PAY and outcome.result is Result.OK:
        if outcome.payment:
            _name_payment(root, outcome.payment, terms)
        code = REPEATED if outcome.repeated else code
    safe_xml.add(root, "CODE", code)
    safe_xml.add(root, "MESSAGE", outcome.message)
    status = 403 if outcome.result is Result.FORBIDDEN else 200
    return WireAnswer(safe_xml.write(root), XML, status)


def _tell_customer(
    root: etree._Element, call: Call | None, outcome: Outcome, terms: Terms
) -> None:
    if outcome.customer:
        safe_xml.add(root, "FIO", outcome.customer)
    if outcome.debt is not None:
        # The balance of the customer's account: what is owed is below zero.
        balance = -outcome.debt if outcome.debt else abs(outcome.debt)
        safe_xml.add(root, "BALANCE", amounts.write_units(balance, terms.decimals))
    rest = replace(outcome, customer="", debt=None)
    info = " // ".join(f"{label} {text}" for label, text in shown(call, rest, terms))
    if info:
        safe_xml.add(root, "INFO", info)


def _name_payment(root: etree._Element, payment: Payment, terms: Terms) -> None:
    safe_xml.add(root, "EXT_ID", str(payment.number))
    registered = payment.accepted_at or payment.reserved_at
    if registered:
        moment = parameters.write_time(registered, terms, parameters.DOTTED)
        safe_xml.add(root, "REG_DATE", moment)
    safe_xml.add(root, "AMOUNT", amounts.write_units(payment.amount, terms.decimals))


def replay(call: Call, outcome: Outcome, first: WireAnswer, terms: Terms) -> WireAnswer:
    """A payment that was taken: code 8 with its first number. A refusal: as it was."""
    if outcome.result is Result.OK and outcome.payment:
        return write(call, replace(outcome, repeated=True), terms)
    return first


def ask(call: Call, terms: Terms) -> WireRequest:
    """The bank's side: the request for this call."""
    return parameters.write(
        {
            "ACTION": "payment" if call.operation is Operation.PAY else "check",
            "ACCOUNT": call.account,
            "AMOUNT": parameters.write_amount(call.amount, terms),
            "PAY_ID": call.txn_id,
            "PAY_DATE": parameters.write_time(call.paid_at, terms, parameters.DOTTED),
        }
    )


def hear(answer: WireAnswer, terms: Terms) -> str:
    """The bank's side: what it makes of an answer, see :func:`judge`."""
    try:
        code = safe_xml.parse(answer.body).findtext("CODE", "").strip()
    except FormatError:
        return REPEAT
    return judge(code, (CODES[Result.FAULT],), (CODES[Result.OK], REPEATED))

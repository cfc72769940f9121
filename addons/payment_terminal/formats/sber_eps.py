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

from collections.abc import Mapping
from dataclasses import replace

from lxml import etree

from odoo.addons.receivables_base.formats import amounts, safe_xml
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import in_zone

from . import parameters
from .answers import FINAL, OK, REPEAT, XML, Code, is_shown, read_shown, shown
from .calls import (
    Call,
    Heard,
    Operation,
    Outcome,
    Payment,
    Result,
    Terms,
    WireAnswer,
    WireRequest,
)

AUTHENTICATION = ("none", "basic")
LIMIT_SECONDS = 60
METHODS = ("GET", "POST")

COMMANDS: Mapping[str, Operation] = {
    "check": Operation.CHECK,
    "pay": Operation.PAY,
    "payment": Operation.PAY,
}
SUPPORTED = frozenset(COMMANDS.values())

# 1 is the temporary error; 300 stands for the internal ones, for authentication and for
# the address, none of which passes by itself.
CODES: Mapping[Result, Code] = {
    Result.OK: Code("0", OK),
    Result.NOT_FOUND: Code("3", FINAL),
    Result.MANY_FOUND: Code("3", FINAL),
    Result.BAD_ACCOUNT: Code("4", FINAL),
    Result.INACTIVE: Code("300", FINAL),
    Result.BAD_FACTOR: Code("300", FINAL),
    Result.TOO_SMALL: Code("10", FINAL),
    Result.TOO_LARGE: Code("11", FINAL),
    Result.BAD_AMOUNT: Code("9", FINAL),
    Result.BAD_DATE: Code("12", FINAL),
    Result.BAD_ID: Code("6", FINAL),
    Result.BAD_REQUEST: Code("300", FINAL),
    Result.BAD_OPERATION: Code("2", FINAL),
    Result.WRONG_CURRENCY: Code("300", FINAL),
    Result.CONFLICT: Code("6", FINAL),
    Result.CANCELLED: Code("300", FINAL),
    Result.UNKNOWN_PAYMENT: Code("300", FINAL),
    Result.CANNOT_CANCEL: Code("300", FINAL),
    Result.PENDING: Code("1", REPEAT),
    Result.CLOSED: Code("300", FINAL),
    Result.FAULT: Code("1", REPEAT),
    Result.FORBIDDEN: Code("300", FINAL),
}
REPEATED = Code("8", OK)

_NAMES = {
    spelling: own
    for own, names in {
        "command": ("ACTION", "COMMAND"),
        "account": ("ACCOUNT",),
        "amount": ("AMOUNT", "SUM"),
        "pay_id": ("PAY_ID", "TXN_ID"),
        "pay_date": ("PAY_DATE", "TXN_DATE"),
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
    operation = parameters.read_command(given, COMMANDS)
    reading = parameters.Reading(given, operation, terms)
    if operation is Operation.PAY or reading.has("pay_id"):
        reading.txn_id("pay_id", _LONGEST_ID)
    reading.account("account")
    reading.amount("amount", required=operation is Operation.PAY)
    if operation is Operation.PAY:
        reading.paid_at("pay_date", parameters.DOTTED, parameters.COMPACT)
    return reading.done()


def write(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    """The answer ``<response>``; a stranger gets code 300 with HTTP 403."""
    code = CODES[outcome.result]
    root = etree.Element("response")
    if call and is_shown(call.operation, outcome):
        _tell_customer(root, outcome, terms)
    elif call and call.operation is Operation.PAY and outcome.result is Result.OK:
        if outcome.payment:
            _name_payment(root, outcome.payment, terms)
        code = REPEATED if outcome.repeated else code
    safe_xml.add(root, "CODE", code.code)
    safe_xml.add(root, "MESSAGE", outcome.message)
    status = 403 if outcome.result is Result.FORBIDDEN else 200
    return WireAnswer(safe_xml.write(root), XML, status)


def _tell_customer(root: etree._Element, outcome: Outcome, terms: Terms) -> None:
    if outcome.customer:
        safe_xml.add(root, "FIO", outcome.customer)
    if outcome.debt is not None:
        # The balance of the customer's account: what is owed is below zero.
        balance = -outcome.debt if outcome.debt else abs(outcome.debt)
        safe_xml.add(root, "BALANCE", amounts.write_units(balance, terms.decimals))
    rest = replace(outcome, customer="", debt=None)
    info = " // ".join(f"{label} {text}" for label, text in shown(rest, terms))
    if info:
        safe_xml.add(root, "INFO", info)


def _name_payment(root: etree._Element, payment: Payment, terms: Terms) -> None:
    safe_xml.add(root, "EXT_ID", str(payment.number))
    registered = payment.accepted_at or payment.reserved_at
    if registered:
        moment = in_zone(registered, terms.timezone)
        safe_xml.add(root, "REG_DATE", f"{moment:%d.%m.%Y_%H:%M:%S}")
    safe_xml.add(root, "AMOUNT", amounts.write_units(payment.amount, terms.decimals))


def replay(call: Call, outcome: Outcome, first: WireAnswer, terms: Terms) -> WireAnswer:
    """A payment that was taken: code 8 with its first number. A refusal: as it was."""
    if outcome.result is Result.OK and outcome.payment:
        return write(call, replace(outcome, repeated=True), terms)
    return first


def ask(
    call: Call, terms: Terms, method: str = "GET", spelling: str = "ACTION"
) -> WireRequest:
    """The bank's side: the request for this call.

    :param spelling: ``ACTION`` or ``command``
    """
    paying = call.operation is Operation.PAY
    moment = call.paid_at and in_zone(call.paid_at, terms.timezone)
    values = (
        call.account,
        "" if call.amount is None else amounts.write_units(call.amount, terms.decimals),
        call.txn_id,
        f"{moment:%d.%m.%Y_%H:%M:%S}" if moment else "",
    )
    if spelling == "ACTION":
        names = ("ACCOUNT", "AMOUNT", "PAY_ID", "PAY_DATE")
        command = "payment" if paying else "check"
    else:
        names = ("account", "sum", "txn_id", "txn_date")
        command = "pay" if paying else "check"
    pairs = {spelling: command, **dict(zip(names, values, strict=True))}
    return parameters.write(pairs, method)


def hear(operation: Operation, answer: WireAnswer, terms: Terms) -> Heard:
    """The bank's side: what it makes of an answer.

    What is no answer of the protocol is a broken line: it asks again.
    """
    try:
        root = safe_xml.parse(answer.body)
    except FormatError:
        return Heard(REPEAT, f"HTTP {answer.status}")
    code = root.findtext("CODE", "").strip()
    verdicts = {known.code: known.verdict for known in (*CODES.values(), REPEATED)}
    balance = read_shown(root.findtext("BALANCE", "").strip())
    return Heard(
        verdicts.get(code, FINAL if code else REPEAT),
        code or f"HTTP {answer.status}",
        number=root.findtext("EXT_ID", ""),
        amount=amounts.read_units(root.findtext("AMOUNT", ""), terms.decimals),
        debt=None if balance is None else -balance,
        customer=root.findtext("FIO", ""),
    )

"""The protocol of Kaspi.kz for billers, with answers in JSON or in XML.

Kaspi's document "Протокол взаимодействия (онлайн)" is not public. What is known of it
is what implementers quote: GET alone, ``command`` ``check`` and ``pay``, 15 seconds,
``txn_id`` of up to 18 digits, codes 0 to 5; the sum of a check is fictitious; a
repeated ``txn_id`` gets the previous result; ``txn_date`` and not the arrival decides
the day.
There is no signature; the bank can be asked to send a constant secret in ``data1``.

Both forms of the answer are allowed and the bank agrees on one: :data:`JSON` or
:data:`XML`. The company's number of the payment is ``prv_txn_id`` in JSON and
``prv_txn`` in XML.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml
from odoo.addons.receivables_base.formats.amounts import read_units, write_units
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import in_zone

from . import answers, osmp, parameters
from .answers import FINAL, LABELS, OK, REPEAT, Code, is_shown, shown
from .calls import (
    Call,
    Heard,
    Operation,
    Outcome,
    Result,
    Terms,
    WireAnswer,
    WireRequest,
)

AUTHENTICATION = ("none", "secret")
LIMIT_SECONDS = 15
METHODS = ("GET",)

COMMANDS: Mapping[str, Operation] = {"check": Operation.CHECK, "pay": Operation.PAY}
SUPPORTED = frozenset(COMMANDS.values())

# The bank repeats when the line breaks or the answer is HTTP 4xx or 5xx, and takes
# every code for final; so what passes breaks the line. Code 3, already paid, is never
# said: a repeat gets the first answer. Whether code 4, in progress, is repeated is not
# known.
UNAVAILABLE = "HTTP 503"
CODES: Mapping[Result, Code] = {
    Result.OK: Code("0", OK),
    Result.NOT_FOUND: Code("1", FINAL),
    Result.MANY_FOUND: Code("1", FINAL),
    Result.BAD_ACCOUNT: Code("1", FINAL),
    Result.INACTIVE: Code("2", FINAL),
    Result.BAD_FACTOR: Code("5", FINAL),
    Result.TOO_SMALL: Code("5", FINAL),
    Result.TOO_LARGE: Code("5", FINAL),
    Result.BAD_AMOUNT: Code("5", FINAL),
    Result.BAD_DATE: Code("5", FINAL),
    Result.BAD_ID: Code("5", FINAL),
    Result.BAD_REQUEST: Code("5", FINAL),
    Result.BAD_OPERATION: Code("5", FINAL),
    Result.WRONG_CURRENCY: Code("5", FINAL),
    Result.CONFLICT: Code("5", FINAL),
    Result.CANCELLED: Code("2", FINAL),
    Result.UNKNOWN_PAYMENT: Code("5", FINAL),
    Result.CANNOT_CANCEL: Code("5", FINAL),
    Result.PENDING: Code(UNAVAILABLE, REPEAT),
    Result.CLOSED: Code("5", FINAL),
    Result.FAULT: Code(UNAVAILABLE, REPEAT),
    Result.FORBIDDEN: Code("HTTP 403", REPEAT),
}
# Codes the bank knows and we never send: for reading somebody's answer.
_ALSO_KNOWN = {"3": FINAL, "4": REPEAT}

_NAMES = {
    name: name for name in ("command", "txn_id", "account", "sum", "txn_date", "data1")
}
_LONGEST_ID = 18
# A check must name a sum, and it says nothing.
_FICTITIOUS = Decimal(100)
_JSON = "application/json; charset=utf-8"


def read(wire: WireRequest, terms: Terms) -> Call:
    """A request. A check has no amount, whatever sum it names.

    :raises BadCall: it cannot be read
    """
    given = parameters.read(wire, METHODS, _NAMES)
    operation = parameters.read_command(given, COMMANDS)
    reading = parameters.Reading(given, operation, terms)
    reading.txn_id("txn_id", _LONGEST_ID)
    reading.call = replace(reading.call, secret=reading.text("data1"))
    reading.account("account")
    if operation is Operation.PAY:
        reading.amount("sum", required=True)
        reading.paid_at("txn_date", parameters.COMPACT)
    return reading.done()


def ask(call: Call, terms: Terms) -> WireRequest:
    """The bank's side: the request for this call."""
    commands = {operation: command for command, operation in COMMANDS.items()}
    moment = call.paid_at and in_zone(call.paid_at, terms.timezone)
    amount = _FICTITIOUS if call.amount is None else call.amount
    pairs = {
        "command": commands[call.operation],
        "txn_id": call.txn_id,
        "account": call.account,
        "sum": write_units(amount, terms.decimals),
        "txn_date": f"{moment:%Y%m%d%H%M%S}" if moment else "",
        "data1": call.secret,
    }
    return parameters.write(pairs, "GET")


@dataclass(frozen=True)
class Dialect:
    """The protocol with one of the two forms of its answers."""

    form: str  # json or xml

    AUTHENTICATION: ClassVar = AUTHENTICATION
    LIMIT_SECONDS: ClassVar = LIMIT_SECONDS
    METHODS: ClassVar = METHODS
    SUPPORTED: ClassVar = SUPPORTED
    CODES: ClassVar = CODES

    # the two forms of the answer have the same requests
    read: ClassVar = staticmethod(read)
    ask: ClassVar = staticmethod(ask)

    def answer(self, call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
        """The answer; ``bin`` is the company's registration number."""
        if outcome.result is Result.FORBIDDEN:
            return answers.forbidden()
        if CODES[outcome.result].code == UNAVAILABLE:
            return answers.unavailable()
        if self.form == "xml":
            return _write_xml(call, outcome, terms)
        return _write_json(call, outcome, terms)

    write = answer  # as every dialect calls it

    def hear(self, operation: Operation, answer: WireAnswer, terms: Terms) -> Heard:
        """The bank's side: what it makes of an answer.

        What is no answer of the protocol is a broken line: it asks again.
        """
        if answer.status != 200:
            return Heard(REPEAT, f"HTTP {answer.status}")
        said, fields = (_hear_xml if self.form == "xml" else _hear_json)(answer.body)
        code = said.get("result", "")
        verdicts = {known.code: known.verdict for known in CODES.values()}
        label = {**LABELS, **terms.labels}
        amount = read_units(said.get("sum", ""), terms.decimals)
        return Heard(
            {**_ALSO_KNOWN, **verdicts}.get(code, FINAL if code else REPEAT),
            code or "unreadable",
            number=said.get("prv_txn_id") or said.get("prv_txn", ""),
            amount=amount if operation is Operation.PAY else None,
            debt=answers.read_shown(fields.get(label["debt"], "")),
            customer=fields.get(label["customer"], ""),
        )


JSON = Dialect("json")
XML = Dialect("xml")


def _said(call: Call | None, outcome: Outcome, terms: Terms) -> dict[str, str]:
    """What both forms say, under the names of JSON; what is empty is left out."""
    paid = call and call.operation is Operation.PAY and outcome.result is Result.OK
    payment = outcome.payment if paid else None
    amount = payment.amount if payment else call.amount if call and paid else None
    # In the answer to a check, what the customer should pay.
    if call and is_shown(call.operation, outcome) and outcome.debt and outcome.debt > 0:
        amount = outcome.debt
    said = {
        "txn_id": call.txn_id if call else "",
        "prv_txn_id": str(payment.number) if payment else "",
        "sum": "" if amount is None else write_units(amount, terms.decimals),
        "result": CODES[outcome.result].code,
        "bin": terms.registry_code,
    }
    return {name: safe_xml.clean(text) for name, text in said.items() if text}


def _write_json(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    said: dict[str, object] = dict(_said(call, outcome, terms))
    said["result"] = int(CODES[outcome.result].code)
    said["comment"] = safe_xml.clean(outcome.message)
    pairs = shown(outcome, terms) if call and is_shown(call.operation, outcome) else []
    if pairs:
        said["fields"] = {
            f"field{index}": {
                "@name": safe_xml.clean(label),
                "#text": safe_xml.clean(text),
            }
            for index, (label, text) in enumerate(pairs, start=1)
        }
    return WireAnswer(json.dumps(said, ensure_ascii=False).encode(), _JSON)


def _write_xml(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    root = etree.Element("response")
    for name, text in _said(call, outcome, terms).items():
        safe_xml.add(root, "prv_txn" if name == "prv_txn_id" else name, text)
    if call and is_shown(call.operation, outcome):
        osmp.add_fields(root, outcome, terms)
    safe_xml.add(root, "comment", outcome.message)
    return WireAnswer(safe_xml.write(root), answers.XML)


def _hear_json(body: bytes) -> tuple[dict[str, str], dict[str, str]]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}, {}
    if not isinstance(said, dict):
        return {}, {}
    given = said.get("fields")
    fields = given.values() if isinstance(given, dict) else ()
    return (
        {name: str(value) for name, value in said.items()},
        {
            str(field.get("@name")): str(field.get("#text"))
            for field in fields
            if isinstance(field, dict)
        },
    )


def _hear_xml(body: bytes) -> tuple[dict[str, str], dict[str, str]]:
    try:
        root = safe_xml.parse(body)
    except FormatError:
        return {}, {}
    return (
        {str(child.tag): (child.text or "").strip() for child in root},
        {
            field.get("name", ""): field.text or ""
            for field in root.iterfind("fields/*")
        },
    )

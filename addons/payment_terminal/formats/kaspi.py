"""The protocol of Kaspi.kz for billers, with answers in JSON or in XML.

Kaspi's document "Протокол взаимодействия (онлайн)" is not public. What is known of it
is what implementers quote: GET alone, ``command`` ``check`` and ``pay``, 15 seconds,
``txn_id`` of up to 18 digits, codes 0 to 5; the sum of a check is fictitious; a
repeated ``txn_id`` gets the previous result; ``txn_date`` and not the arrival decides
the day.
There is no signature; the bank can be asked to send a constant secret in ``data1``.

Some implementers are also asked for a list of their customers, page by page:
``date=202611&page=1&rows=10`` without a ``command``. What the bank reads in the answer
is not public; here it is the protocol's own words, ``account`` and ``sum``, for each
customer, with the ``total`` number of them.

Both forms of the answer are allowed and the bank agrees on one: :data:`JSON` or
:data:`XML`. The company's number of the payment is ``prv_txn_id`` in JSON and
``prv_txn`` in XML.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml, strict_json
from odoo.addons.receivables_base.formats.amounts import write_units
from odoo.addons.receivables_base.formats.errors import FormatError

from . import answers, parameters
from .answers import REPEAT, is_shown, judge, shown
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

METHODS = ("GET",)

COMMANDS = {"check": Operation.CHECK, "pay": Operation.PAY}
SUPPORTED = frozenset(COMMANDS.values())
_COMMAND_OF = {operation: command for command, operation in COMMANDS.items()}

# The bank repeats when the line breaks or the answer is HTTP 4xx or 5xx, and takes
# every code for final; so what passes breaks the line. Code 3, already paid, is never
# said: a repeat gets the first answer. Whether code 4, in progress, is repeated is not
# known.
CODES = {
    **dict.fromkeys(Result, "5"),
    Result.OK: "0",
    Result.NOT_FOUND: "1",
    Result.MANY_FOUND: "1",
    Result.BAD_ACCOUNT: "1",
    Result.INACTIVE: "2",
    Result.CANCELLED: "2",
}
_PASSING = (Result.PENDING, Result.FAULT)

_NAMES = {
    **{
        name: name
        for name in ("command", "txn_id", "account", "sum", "txn_date", "data1", "ccy")
    },
    **{"currency": "ccy", "CURRENCY": "ccy"},
}
_PAGE = {name: name for name in ("command", "date", "page", "rows", "data1")}
_MOST = {"page": 1_000_000, "rows": 1_000}
_LONGEST_ID = 18
# A check must name a sum, and it says nothing.
_FICTITIOUS = Decimal(100)
_JSON = "application/json; charset=utf-8"


def read_secret(wire: WireRequest) -> str:
    """The secret that the bank sends in ``data1``; empty where there is none."""
    try:
        values, broken = parameters.read(wire, METHODS, _NAMES)
    except BadCall:
        return ""
    return "" if "data1" in broken else values.get("data1", "")


def read(wire: WireRequest, terms: Terms) -> Call:
    """A request. A check has no amount, whatever sum it names.

    :raises BadCall: it cannot be read
    """
    page = parameters.read(wire, METHODS, _PAGE)
    if "command" not in page[0] and "page" in page[0]:
        return _read_page(page, terms)
    given = parameters.read(wire, METHODS, _NAMES)
    reading = parameters.Reading(given, COMMANDS, terms)
    operation = reading.operation
    reading.txn_id("txn_id", _LONGEST_ID)
    reading.call = replace(reading.call, secret=reading.text("data1"))
    reading.account("account")
    if operation is Operation.PAY:
        reading.amount("sum", required=True)
        reading.paid_at("txn_date", parameters.COMPACT)
    reading.currency("ccy")
    return reading.done()


def _read_page(given: tuple[dict[str, str], set[str]], terms: Terms) -> Call:
    """The month of ``date`` is that of the bank's list; what is told is owed now."""
    values, broken = given
    asked = ({**values, "command": "list"}, broken)
    reading = parameters.Reading(asked, {"list": Operation.DEBTS}, terms)
    reading.call = replace(reading.call, secret=reading.text("data1"))
    page, rows = (reading.whole(name, most) for name, most in _MOST.items())
    reading.call = replace(reading.call, page=page, rows=rows)
    return reading.done()


def ask(call: Call, terms: Terms) -> WireRequest:
    """The bank's side: the request for this call."""
    return parameters.write(
        {
            "command": _COMMAND_OF[call.operation],
            "txn_id": call.txn_id,
            "account": call.account,
            "sum": parameters.write_amount(call.amount or _FICTITIOUS, terms),
            "txn_date": parameters.write_time(call.paid_at, terms, parameters.COMPACT),
            "data1": call.secret,
        }
    )


@dataclass(frozen=True)
class Form:
    """One of the two forms of the answers; both have the same requests."""

    form: str  # json or xml

    def write(self, call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
        """The answer; ``bin`` is the company's registration number."""
        if outcome.result is Result.FORBIDDEN:
            return answers.forbidden()
        if outcome.result in _PASSING:
            return answers.unavailable()
        if self.form == "xml":
            return _write_xml(call, outcome, terms)
        return _write_json(call, outcome, terms)

    def hear(self, answer: WireAnswer, terms: Terms) -> str:
        """The bank's side: what it makes of an answer, see :func:`judge`."""
        if answer.status != 200:
            return REPEAT
        try:
            if self.form == "xml":
                code = safe_xml.parse(answer.body).findtext("result", "").strip()
            else:
                code = str(strict_json.read_object(answer.body).get("result", ""))
        except FormatError:
            return REPEAT
        return judge(code, ("4",))


JSON = Form("json")
XML = Form("xml")


def _said(call: Call | None, outcome: Outcome, terms: Terms) -> dict[str, str]:
    """What both forms say, under the names of JSON; what is empty is left out."""
    paid = call and call.operation is Operation.PAY and outcome.result is Result.OK
    payment = outcome.payment if paid else None
    amount = payment.amount if payment else call.amount if call and paid else None
    # In the answer to a check, what the customer should pay.
    if is_shown(call, outcome) and outcome.debt and outcome.debt > 0:
        amount = outcome.debt
    said = {
        "txn_id": call.txn_id if call else "",
        "prv_txn_id": str(payment.number) if payment else "",
        "sum": "" if amount is None else write_units(amount, terms.decimals),
        "result": CODES[outcome.result],
        "bin": terms.registry_code,
    }
    return {name: safe_xml.clean(text) for name, text in said.items() if text}


def _is_page(call: Call | None, outcome: Outcome) -> bool:
    is_page = call is not None and call.operation is Operation.DEBTS
    return is_page and outcome.result is Result.OK


def _listed(outcome: Outcome, terms: Terms) -> list[dict[str, str]]:
    rows = (
        {
            "account": owed.account,
            "name": safe_xml.clean(owed.customer),
            "sum": write_units(owed.amount, terms.decimals),
        }
        for owed in outcome.owed
    )
    return [{name: text for name, text in row.items() if text} for row in rows]


def _write_json(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    said: dict[str, object] = dict(_said(call, outcome, terms))
    said["result"] = int(CODES[outcome.result])
    said["comment"] = safe_xml.clean(outcome.message)
    if _is_page(call, outcome):
        said["total"] = outcome.count
        said["accounts"] = _listed(outcome, terms)
    pairs = shown(call, outcome, terms)
    if pairs:
        said["fields"] = {
            f"field{index}": {
                "@name": safe_xml.clean(label),
                "#text": safe_xml.clean(text),
            }
            for index, (label, text) in enumerate(pairs, start=1)
        }
    return WireAnswer(strict_json.write(said), _JSON)


def _write_xml(call: Call | None, outcome: Outcome, terms: Terms) -> WireAnswer:
    root = etree.Element("response")
    for name, text in _said(call, outcome, terms).items():
        safe_xml.add(root, "prv_txn" if name == "prv_txn_id" else name, text)
    answers.add_fields(root, call, outcome, terms)
    if _is_page(call, outcome):
        safe_xml.add(root, "total", str(outcome.count))
        accounts = etree.SubElement(root, "accounts")
        for owed in _listed(outcome, terms):
            row = etree.SubElement(accounts, "row")
            for name, text in owed.items():
                safe_xml.add(row, name, text)
    safe_xml.add(root, "comment", outcome.message)
    return WireAnswer(safe_xml.write(root), answers.XML)

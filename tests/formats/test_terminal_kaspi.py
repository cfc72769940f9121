"""The Kaspi dialect in both forms of its answers."""

import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal_cases import (
    ALMATY,
    BROKEN_VALUES,
    KAZAKH,
    NO_AMOUNTS,
    NO_IDENTIFIERS,
    OWES,
    PAID,
    RUSSIAN,
    any_calls,
    refusal,
)
from terminal_formats import kaspi, parameters
from terminal_formats.calls import (
    Call,
    Operation,
    Outcome,
    Owed,
    Result,
    WireAnswer,
    WireRequest,
)
from terminal_strategies import outcomes

from odoo.addons.receivables_base.formats import safe_xml

CHECK = "command=check&txn_id=1234567&account=4957835959&sum=200.00"
PAY = "command=pay&txn_id=1234567&account=4957835959&sum=200.00&txn_date=20260501153045"
FORMS = [kaspi.JSON, kaspi.XML]
both_forms = pytest.mark.parametrize("dialect", FORMS, ids=lambda d: d.form)


def read(query):
    return kaspi.read(WireRequest("GET", query=query), KAZAKH)


def said(answer):
    """What an answer says, in either form under the names of JSON."""
    if answer.content_type.startswith("application/json"):
        return json.loads(answer.body)
    root = safe_xml.parse(answer.body)
    found = {child.tag: child.text or "" for child in root if child.tag != "fields"}
    if "prv_txn" in found:
        found["prv_txn_id"] = found.pop("prv_txn")
    if root.find("fields") is not None:
        found["fields"] = {
            field.tag: {"@name": field.get("name"), "#text": field.text}
            for field in root.find("fields")
        }
    return {**found, "result": int(found["result"])}


# --- requests ----------------------------------------------------------------------


def test_the_sum_of_a_check_is_fictitious():
    assert read(CHECK) == Call(Operation.CHECK, txn_id="1234567", account="4957835959")
    for sum_ in ("0", "-1", "1e5", "", "999999999999999999"):
        assert read(CHECK.replace("200.00", sum_)).amount is None


def test_money_is_not_refused_for_a_time_that_is_none():
    for wrong in ("20260431153045", "01.05.2026"):
        assert read(PAY.replace("20260501153045", wrong)).paid_at is None


@pytest.mark.parametrize("name", ["ccy", "currency", "CURRENCY"])
def test_a_currency_that_is_named_is_the_payments(name):
    assert read(f"{PAY}&{name}=RUB").currency == "RUB"


def test_a_payment():
    """The time is the network's, and it decides the day."""
    assert read(PAY) == Call(
        Operation.PAY,
        txn_id="1234567",
        account="4957835959",
        amount=Decimal("200.00"),
        paid_at=datetime(2026, 5, 1, 15, 30, 45, tzinfo=ALMATY),
    )


def test_the_constant_of_the_bank_is_the_secret():
    def secret(query, method="GET"):
        return kaspi.read_secret(WireRequest(method, query))

    assert secret(PAY + "&data1=s3cret") == "s3cret"
    assert "s3cret" not in repr(read(PAY + "&data1=s3cret"))
    assert secret("command=pay&txn_id=x&data1=s3cret") == "s3cret"
    assert secret(PAY + "&data1=s3cret&data1=s3cret") == ""
    assert secret(PAY) == secret(PAY + "&data1=s3cret", "PUT") == ""


def test_a_page_of_the_list():
    """https://github.com/anphsw/abills, Paysys/t/Kaspi.t: USER_LIST"""
    assert read("date=202611&page=1&rows=10") == Call(Operation.DEBTS, page=1, rows=10)
    secret = "date=202611&page=2&rows=1000&data1=s3cret"
    assert read(secret).secret == "s3cret"


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("page=0&rows=10", "page"),
        ("page=x&rows=10", "page"),
        ("page=1", "rows"),
        ("page=1&rows=1001", "rows"),
        ("page=1&rows=-1", "rows"),
        ("page=1&rows=10&rows=10", "rows"),
        ("page=1&page=2&rows=10", "page"),
    ],
)
def test_wrong_pages(query, place):
    assert refusal(read, query)[:2] == (Result.BAD_REQUEST, place)


@both_forms
def test_what_is_on_a_page(dialect):
    owed = (
        Owed("4821093657", Decimal("1234.5"), "А****** С**********"),
        Owed("0009441", Decimal(0)),
    )
    answer = dialect.write(
        Call(Operation.DEBTS, page=1, rows=2),
        Outcome(Result.OK, message="OK", owed=owed, count=57),
        KAZAKH,
    )
    if dialect is kaspi.JSON:
        told = json.loads(answer.body)
        total, rows = told["total"], told["accounts"]
    else:
        root = safe_xml.parse(answer.body)
        total = int(root.findtext("total"))
        rows = [{e.tag: e.text for e in row} for row in root.iterfind("accounts/row")]
    assert total == 57
    assert rows == [
        {"account": "4821093657", "name": "А****** С**********", "sum": "1234.50"},
        {"account": "0009441", "sum": "0.00"},
    ]


@pytest.mark.parametrize(
    ("query", "result", "place"),
    [
        ("", Result.BAD_OPERATION, "command"),
        ("command=cancel&txn_id=1&account=1", Result.BAD_OPERATION, "command"),
        ("command=Pay&txn_id=1&account=1&sum=1", Result.BAD_OPERATION, "command"),
        ("command=pay&command=pay&txn_id=1", Result.BAD_REQUEST, "command"),
        ("command=check&account=1&sum=1", Result.BAD_ID, "txn_id"),
        ("command=pay&account=1&sum=1", Result.BAD_ID, "txn_id"),
        ("command=check&txn_id=1", Result.BAD_ACCOUNT, "account"),
        ("command=pay&txn_id=1&sum=1", Result.BAD_ACCOUNT, "account"),
        ("command=pay&txn_id=1&account=1", Result.BAD_AMOUNT, "sum"),
        (PAY + "&txn_id=1", Result.BAD_REQUEST, "txn_id"),
        (PAY + "&account=1", Result.BAD_REQUEST, "account"),
        (PAY + "&sum=1", Result.BAD_REQUEST, "sum"),
        (PAY + "&data1=1&data1=2", Result.BAD_REQUEST, "data1"),
        (CHECK + "&sum=1", Result.BAD_REQUEST, "sum"),
        (PAY.replace("1234567", "1" * 19), Result.BAD_ID, "txn_id"),
        (PAY.replace("4957835959", "1" * 201), Result.BAD_ACCOUNT, "account"),
        (PAY + "&data1=" + "1" * 201, Result.BAD_REQUEST, "data1"),
        (PAY + "&ccy=roubles", Result.WRONG_CURRENCY, "ccy"),
    ],
)
def test_wrong_requests(query, result, place):
    assert refusal(read, query)[:2] == (result, place)


@pytest.mark.parametrize("sum_", NO_AMOUNTS)
def test_sums_that_are_none(sum_):
    pairs = {"command": "pay", "txn_id": "1", "account": "2", "sum": sum_}
    wire = parameters.write(pairs)
    assert refusal(kaspi.read, wire, KAZAKH)[:2] == (Result.BAD_AMOUNT, "sum")


@pytest.mark.parametrize("txn_id", NO_IDENTIFIERS)
@pytest.mark.parametrize("command", ["check", "pay"])
def test_identifiers_that_are_none(command, txn_id):
    pairs = {"command": command, "txn_id": txn_id, "account": "2", "sum": "1"}
    wire = parameters.write(pairs)
    assert refusal(kaspi.read, wire, KAZAKH)[:2] == (Result.BAD_ID, "txn_id")


@pytest.mark.parametrize("value", BROKEN_VALUES)
@pytest.mark.parametrize("name", ["txn_id", "account", "sum", "txn_date", "data1"])
def test_characters_that_are_none(name, value):
    pairs = [pair for pair in PAY.split("&") if not pair.startswith(f"{name}=")]
    query = "&".join([*pairs, f"{name}={value}"])
    assert refusal(read, query)[:2] == (Result.BAD_REQUEST, name)


def test_the_bank_asks_with_get_alone():
    wire = WireRequest("POST", body=PAY.encode())
    assert refusal(kaspi.read, wire, KAZAKH)[:2] == (Result.BAD_REQUEST, "method")


# --- answers -----------------------------------------------------------------------


@both_forms
def test_a_customer_who_owes(dialect):
    answer = dialect.write(read(CHECK), OWES, KAZAKH)
    assert said(answer) == {
        "txn_id": "1234567",
        "result": 0,
        "sum": "170.00",
        "bin": "030213500928",
        "comment": "Pay <now> & be done",
        "fields": {
            "field1": {"@name": "name", "#text": "A*** B***"},
            "field2": {"@name": "debt", "#text": "170.00"},
            "field3": {"@name": "due", "#text": "01.03.2026"},
            "field4": {"@name": "invoice", "#text": "INV/1: 120.00 / 120.00"},
            "field5": {"@name": "invoice", "#text": "INV/2: 30.00 / 50.00"},
            "field6": {"@name": "invoice", "#text": "INV/3: 7.00"},
        },
    }


@both_forms
def test_a_customer_who_owes_nothing_is_not_asked_for_a_sum(dialect):
    outcome = Outcome(Result.OK, debt=Decimal(0))
    answer = said(dialect.write(read(CHECK), outcome, KAZAKH))
    assert "sum" not in answer
    assert answer["fields"]["field1"] == {"@name": "debt", "#text": "0.00"}


@both_forms
def test_a_payment_is_confirmed(dialect):
    assert said(dialect.write(read(PAY), PAID, KAZAKH)) == {
        "txn_id": "1234567",
        "prv_txn_id": "2016",
        "sum": "10.45",
        "result": 0,
        "bin": "030213500928",
        "comment": "OK",
    }


def test_the_forms_call_the_companys_number_differently():
    assert b'"prv_txn_id":"2016"' in kaspi.JSON.write(read(PAY), PAID, KAZAKH).body
    answer = kaspi.XML.write(read(PAY), PAID, KAZAKH)
    assert b"<prv_txn>2016</prv_txn>" in answer.body
    assert answer.body.startswith(b"<?xml ")


def test_the_types_of_the_answers():
    outcome = Outcome(Result.OK)
    assert kaspi.JSON.write(None, outcome, KAZAKH).content_type == (
        "application/json; charset=utf-8"
    )
    assert kaspi.XML.write(None, outcome, KAZAKH).content_type == (
        "text/xml; charset=utf-8"
    )


@both_forms
def test_without_a_registration_number_there_is_no_bin(dialect):
    assert "bin" not in said(dialect.write(read(PAY), PAID, RUSSIAN))


# --- codes -------------------------------------------------------------------------


@both_forms
@pytest.mark.parametrize(
    ("code", "results"),
    [
        (1, [Result.NOT_FOUND, Result.MANY_FOUND, Result.BAD_ACCOUNT]),
        (2, [Result.INACTIVE, Result.CANCELLED]),
        (5, [Result.BAD_FACTOR, Result.BAD_AMOUNT, Result.CONFLICT, Result.CLOSED]),
        (5, [Result.BAD_REQUEST, Result.BAD_OPERATION, Result.UNKNOWN_PAYMENT]),
    ],
)
def test_a_result_has_its_code(dialect, code, results):
    for result in results:
        assert said(dialect.write(read(PAY), Outcome(result), KAZAKH))["result"] == code


@both_forms
@pytest.mark.parametrize("result", [Result.FAULT, Result.PENDING])
def test_what_passes_breaks_the_line_and_claims_nothing(dialect, result):
    answer = dialect.write(read(PAY), replace(PAID, result=result), KAZAKH)
    assert (answer.status, answer.body) == (503, b"")


@both_forms
def test_a_stranger_learns_nothing(dialect):
    outcome = replace(PAID, result=Result.FORBIDDEN)
    answer = dialect.write(read(PAY), outcome, KAZAKH)
    assert (answer.status, answer.body) == (403, b"Forbidden")


@both_forms
@pytest.mark.parametrize(
    ("code", "verdict"), [("3", "final"), ("4", "repeat"), ("17", "final")]
)
def test_codes_that_are_never_said_are_understood(dialect, code, verdict):
    body = {
        "json": f'{{"result": {code}, "fields": [1]}}',
        "xml": f"<response><result>{code}</result></response>",
    }[dialect.form]
    assert dialect.hear(WireAnswer(body.encode(), ""), KAZAKH) == verdict


# --- properties --------------------------------------------------------------------


@given(any_calls, outcomes, st.sampled_from([KAZAKH, RUSSIAN]))
def test_both_forms_say_the_same(call, outcome, terms):
    answers = [dialect.write(call, outcome, terms) for dialect in FORMS]
    if answers[0].status == 200:
        found = [said(answer) for answer in answers]
        assert found[0] == found[1]
        assert found[0]["comment"] == safe_xml.clean(outcome.message)

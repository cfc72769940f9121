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
    identifiers,
    local_times,
    plain,
    refusal,
)
from terminal_formats import kaspi, parameters
from terminal_formats.calls import (
    BadCall,
    Call,
    Operation,
    Outcome,
    Result,
    WireAnswer,
    WireRequest,
)
from terminal_strategies import amounts, outcomes

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
    call = read(PAY + "&data1=s3cret")
    assert call.secret == "s3cret"
    assert "s3cret" not in repr(call)


def test_a_wrong_request_still_brings_its_secret():
    _result, _place, call = refusal(read, "command=pay&txn_id=1&data1=s3cret")
    assert call.secret == "s3cret"


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
        (PAY.replace("0501", "0431"), Result.BAD_DATE, "txn_date"),
        (PAY.replace("20260501153045", "01.05.2026"), Result.BAD_DATE, "txn_date"),
    ],
)
def test_wrong_requests(query, result, place):
    assert refusal(read, query)[:2] == (result, place)


@pytest.mark.parametrize("sum_", NO_AMOUNTS)
def test_sums_that_are_none(sum_):
    pairs = {"command": "pay", "txn_id": "1", "account": "2", "sum": sum_}
    wire = parameters.write(pairs, "GET")
    assert refusal(kaspi.read, wire, KAZAKH)[:2] == (Result.BAD_AMOUNT, "sum")


@pytest.mark.parametrize("txn_id", NO_IDENTIFIERS)
@pytest.mark.parametrize("command", ["check", "pay"])
def test_identifiers_that_are_none(command, txn_id):
    pairs = {"command": command, "txn_id": txn_id, "account": "2", "sum": "1"}
    wire = parameters.write(pairs, "GET")
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
    assert b'"prv_txn_id": "2016"' in kaspi.JSON.write(read(PAY), PAID, KAZAKH).body
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


@both_forms
@pytest.mark.parametrize("result", [r for r in Result if r is not Result.OK])
@pytest.mark.parametrize("query", [CHECK, PAY])
def test_a_refusal_tells_nothing_of_the_customer(dialect, query, result):
    outcome = replace(OWES, result=result, payment=PAID.payment)
    body = dialect.write(read(query), outcome, KAZAKH).body
    for secret in (b"***", b"170.00", b"INV/", b"2016"):
        assert secret not in body


# --- codes -------------------------------------------------------------------------


def test_every_result_has_a_code_of_the_protocol():
    assert set(kaspi.CODES) == set(Result)
    for result, code in kaspi.CODES.items():
        if result in (Result.FAULT, Result.PENDING):
            assert (code.code, code.verdict) == ("HTTP 503", "repeat")
        elif result is not Result.FORBIDDEN:
            assert code.code in ("0", "1", "2", "5")
            assert code.verdict == ("ok" if result is Result.OK else "final")


@both_forms
@pytest.mark.parametrize("result", Result)
@pytest.mark.parametrize("call", [None, read(CHECK), read(PAY)])
def test_the_bank_hears_what_was_meant(dialect, call, result):
    answer = dialect.write(call, Outcome(result, message="x"), KAZAKH)
    heard = dialect.hear(Operation.PAY, answer, KAZAKH)
    meant = kaspi.CODES[result]
    assert (heard.code, heard.verdict) == (meant.code, meant.verdict)


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
    "body", [b"", b"<html>", b"[]", b"[" * 100_000, b"{}", b"<response/>", b"\xff"]
)
def test_a_broken_line_is_asked_again(dialect, body):
    answer = WireAnswer(body, "text/html")
    assert dialect.hear(Operation.PAY, answer, KAZAKH).verdict == "repeat"


@both_forms
@pytest.mark.parametrize(
    ("code", "verdict"), [("3", "final"), ("4", "repeat"), ("17", "final")]
)
def test_codes_that_are_never_said_are_understood(dialect, code, verdict):
    body = {
        "json": f'{{"result": {code}, "fields": [1]}}',
        "xml": f"<response><result>{code}</result></response>",
    }[dialect.form]
    heard = dialect.hear(Operation.PAY, WireAnswer(body.encode(), ""), KAZAKH)
    assert (heard.code, heard.verdict) == (code, verdict)


@both_forms
def test_what_the_bank_hears(dialect):
    answer = dialect.write(read(CHECK), OWES, KAZAKH)
    heard = dialect.hear(Operation.CHECK, answer, KAZAKH)
    assert (heard.debt, heard.customer) == (Decimal("170.00"), "A*** B***")
    assert heard.amount is None
    answer = dialect.write(read(PAY), PAID, KAZAKH)
    heard = dialect.hear(Operation.PAY, answer, KAZAKH)
    assert (heard.number, heard.amount) == ("2016", Decimal("10.45"))


# --- properties --------------------------------------------------------------------

askable = st.one_of(
    st.builds(
        Call,
        operation=st.just(Operation.CHECK),
        txn_id=identifiers(18),
        account=plain,
        secret=st.just("") | plain,
    ),
    st.builds(
        Call,
        operation=st.just(Operation.PAY),
        txn_id=identifiers(18),
        account=plain,
        amount=amounts,
        paid_at=st.none() | local_times(ALMATY),
        secret=st.just("") | plain,
    ),
)


@given(askable, st.sampled_from(FORMS))
def test_a_call_is_read_as_it_was_asked(call, dialect):
    wire = dialect.ask(call, KAZAKH)
    assert "sum=" in wire.query
    assert dialect.read(wire, KAZAKH) == call


@given(any_calls, outcomes, st.sampled_from([KAZAKH, RUSSIAN]))
def test_everything_is_answered_and_both_forms_say_the_same(call, outcome, terms):
    answers = [dialect.write(call, outcome, terms) for dialect in FORMS]
    assert answers == [dialect.write(call, outcome, terms) for dialect in FORMS]
    if answers[0].status == 200:
        found = [said(answer) for answer in answers]
        assert found[0] == found[1]
        assert found[0]["comment"] == safe_xml.clean(outcome.message)
    heard = [
        dialect.hear(Operation.PAY, answer, terms)
        for dialect, answer in zip(FORMS, answers, strict=True)
    ]
    assert heard[0] == heard[1]


@given(st.text(max_size=60))
def test_any_request_is_a_call_or_a_refusal(query):
    try:
        read(query)
    except BadCall as refused:
        assert refused.result in Result

"""The Sberbank dialect against real answers of a company that speaks it."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from terminal_cases import (
    BROKEN_VALUES,
    ICELANDIC,
    MOSCOW,
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
from terminal_formats import parameters, sber_eps
from terminal_formats.calls import (
    BadCall,
    Call,
    Operation,
    Outcome,
    Payment,
    Result,
    WireAnswer,
    WireRequest,
)
from terminal_strategies import amounts, outcomes

from odoo.addons.receivables_base.formats import safe_xml

CHECK = "ACTION=check&ACCOUNT=123456"
PAY = (
    "ACTION=payment&ACCOUNT=123456&AMOUNT=580.00&PAY_ID=7&PAY_DATE=16.11.2019_14:01:55"
)
TAKEN = Outcome(
    Result.OK,
    message="Платеж принят",
    payment=Payment(
        191120,
        "7",
        "123456",
        Decimal("580.00"),
        "accepted",
        accepted_at=datetime(2019, 11, 16, 14, 2, 10, tzinfo=MOSCOW),
    ),
)


def read(query):
    return sber_eps.read(WireRequest("GET", query=query), RUSSIAN)


def elements(data):
    return [(child.tag, child.text.strip()) for child in etree.fromstring(data)]


# --- the real answers --------------------------------------------------------------


def sample(official, number):
    file = official("terminal", "sber_eps", f"response_0{number}.xml")
    return elements(file.read_bytes())


def test_a_customer_is_shown_as_in_the_sample_but_for_his_address(official):
    """The sample shows where the customer lives; we never do."""
    real = dict(sample(official, 1))
    outcome = Outcome(
        Result.OK,
        message=real["MESSAGE"],
        customer=real["FIO"],
        debt=Decimal("0.00"),
        due=OWES.due,
    )
    ours = elements(sber_eps.write(read(CHECK), outcome, RUSSIAN).body)
    assert [tag for tag, _text in ours] == [tag for tag in real if tag != "ADDRESS"]
    for tag, text in ours:
        assert tag == "INFO" or text == real[tag]


def test_a_payment_is_taken_as_in_the_sample(official):
    answer = sber_eps.write(read(PAY), TAKEN, RUSSIAN)
    assert elements(answer.body) == sample(official, 2)


def test_a_repeated_payment_is_answered_as_in_the_sample(official):
    first = sber_eps.write(read(PAY), TAKEN, RUSSIAN)
    again = replace(TAKEN, message="Дублирование транзакции")
    answer = sber_eps.replay(read(PAY), again, first, RUSSIAN)
    assert elements(answer.body) == sample(official, 3)
    assert answer.status == 200


def test_a_stranger_is_answered_as_in_the_sample(official):
    outcome = Outcome(Result.FORBIDDEN, message="Аутентификация не выполнена")
    answer = sber_eps.write(None, outcome, RUSSIAN)
    assert elements(answer.body) == sample(official, 4)
    assert answer.status == 403


@pytest.mark.parametrize(
    ("number", "operation", "heard"),
    [
        (1, Operation.CHECK, ("ok", "0", "", None, Decimal(0))),
        (2, Operation.PAY, ("ok", "0", "191120", Decimal("580.00"), None)),
        (3, Operation.PAY, ("ok", "8", "191120", Decimal("580.00"), None)),
        (4, Operation.PAY, ("final", "300", "", None, None)),
    ],
)
def test_the_bank_understands_the_samples(official, number, operation, heard):
    body = official("terminal", "sber_eps", f"response_0{number}.xml").read_bytes()
    said = sber_eps.hear(operation, WireAnswer(body, "text/xml"), RUSSIAN)
    assert (said.verdict, said.code, said.number, said.amount, said.debt) == heard


# --- requests ----------------------------------------------------------------------


def test_a_check():
    assert read(CHECK) == Call(Operation.CHECK, account="123456")
    assert read(CHECK + "&AMOUNT=5.00&PAY_ID=7") == Call(
        Operation.CHECK, txn_id="7", account="123456", amount=Decimal("5.00")
    )


def test_a_payment():
    assert read(PAY) == Call(
        Operation.PAY,
        txn_id="7",
        account="123456",
        amount=Decimal("580.00"),
        paid_at=datetime(2019, 11, 16, 14, 1, 55, tzinfo=MOSCOW),
    )


@pytest.mark.parametrize(
    "query",
    [
        "action=payment&account=123456&amount=580.00&pay_id=7"
        "&pay_date=16.11.2019_14:01:55",
        "command=pay&account=123456&sum=580.00&txn_id=7&txn_date=16.11.2019_14:01:55",
        "command=pay&ACCOUNT=123456&sum=580.00&txn_id=7&txn_date=20191116140155",
        "COMMAND=pay&ACCOUNT=123456&SUM=580.00&TXN_ID=7&TXN_DATE=20191116140155",
    ],
)
def test_every_spelling_says_the_same(query):
    assert read(query) == read(PAY)
    wire = WireRequest("POST", body=query.encode(), content_type=parameters.FORM)
    assert sber_eps.read(wire, RUSSIAN) == read(PAY)


@pytest.mark.parametrize(
    ("query", "result", "place"),
    [
        ("", Result.BAD_OPERATION, "command"),
        ("ACTION=", Result.BAD_OPERATION, "command"),
        ("ACTION=cancel&ACCOUNT=1&PAY_ID=1", Result.BAD_OPERATION, "command"),
        ("ACTION=check&command=pay&ACCOUNT=1", Result.BAD_REQUEST, "command"),
        ("ACTION=check&action=check&ACCOUNT=1", Result.BAD_REQUEST, "command"),
        ("ACTION=check", Result.BAD_ACCOUNT, "account"),
        ("ACTION=check&ACCOUNT=", Result.BAD_ACCOUNT, "account"),
        ("ACTION=payment&ACCOUNT=1&AMOUNT=1", Result.BAD_ID, "pay_id"),
        ("ACTION=payment&ACCOUNT=1&PAY_ID=1", Result.BAD_AMOUNT, "amount"),
        ("ACTION=payment&AMOUNT=1&PAY_ID=1", Result.BAD_ACCOUNT, "account"),
        # two spellings of one thing are the same thing twice
        (PAY + "&account=123456", Result.BAD_REQUEST, "account"),
        (PAY + "&sum=580.00", Result.BAD_REQUEST, "amount"),
        (PAY + "&txn_id=7", Result.BAD_REQUEST, "pay_id"),
        (PAY + "&txn_date=20191116140155", Result.BAD_REQUEST, "pay_date"),
        (CHECK + "&PAY_DATE=1&PAY_DATE=1", Result.BAD_REQUEST, "pay_date"),
        (PAY.replace("PAY_ID=7", "PAY_ID=" + "1" * 21), Result.BAD_ID, "pay_id"),
        (PAY.replace("123456", "1" * 201), Result.BAD_ACCOUNT, "account"),
        (PAY.replace("16.11", "31.11"), Result.BAD_DATE, "pay_date"),
        (PAY.replace("_14:", "_24:"), Result.BAD_DATE, "pay_date"),
        (PAY.replace("_14:", "+14:"), Result.BAD_DATE, "pay_date"),
    ],
)
def test_wrong_requests(query, result, place):
    assert refusal(read, query)[:2] == (result, place)


@pytest.mark.parametrize("sum_", NO_AMOUNTS)
def test_sums_that_are_none(sum_):
    pairs = {"ACTION": "payment", "ACCOUNT": "1", "PAY_ID": "2", "AMOUNT": sum_}
    wire = parameters.write(pairs, "GET")
    result, place, call = refusal(sber_eps.read, wire, RUSSIAN)
    assert (result, place, call.txn_id) == (Result.BAD_AMOUNT, "amount", "2")


@pytest.mark.parametrize("pay_id", NO_IDENTIFIERS)
def test_identifiers_that_are_none(pay_id):
    pairs = {"ACTION": "payment", "ACCOUNT": "1", "PAY_ID": pay_id, "AMOUNT": "1"}
    wire = parameters.write(pairs, "GET")
    assert refusal(sber_eps.read, wire, RUSSIAN)[:2] == (Result.BAD_ID, "pay_id")


@pytest.mark.parametrize("value", BROKEN_VALUES)
@pytest.mark.parametrize("name", ["PAY_ID", "ACCOUNT", "AMOUNT", "PAY_DATE"])
def test_characters_that_are_none(name, value):
    pairs = [pair for pair in PAY.split("&") if not pair.startswith(f"{name}=")]
    query = "&".join([*pairs, f"{name}={value}"])
    assert refusal(read, query)[:2] == (Result.BAD_REQUEST, name.lower())


# --- answers -----------------------------------------------------------------------


def test_what_is_owed_is_a_balance_below_zero():
    answer = sber_eps.write(read(CHECK), OWES, RUSSIAN)
    assert elements(answer.body) == [
        ("FIO", "A*** B***"),
        ("BALANCE", "-170.00"),
        (
            "INFO",
            "due 01.03.2026 // invoice INV/1: 120.00 / 120.00"
            " // invoice INV/2: 30.00 / 50.00 // invoice INV/3: 7.00",
        ),
        ("CODE", "0"),
        ("MESSAGE", "Pay <now> & be done"),
    ]
    assert b"Pay &lt;now&gt; &amp; be done" in answer.body
    heard = sber_eps.hear(Operation.CHECK, answer, RUSSIAN)
    assert (heard.debt, heard.customer) == (Decimal("170.00"), "A*** B***")


def test_a_company_that_shows_nothing_shows_nothing():
    answer = sber_eps.write(read(CHECK), Outcome(Result.OK, message="OK"), RUSSIAN)
    assert elements(answer.body) == [("CODE", "0"), ("MESSAGE", "OK")]


def test_a_payment_known_from_elsewhere_is_a_repeat():
    """The bank's registry brought it before the request: there is no first answer."""
    outcome = replace(TAKEN, repeated=True)
    answer = sber_eps.write(read(PAY), outcome, RUSSIAN)
    assert elements(answer.body)[:4] == [
        ("EXT_ID", "191120"),
        ("REG_DATE", "16.11.2019_14:02:10"),
        ("AMOUNT", "580.00"),
        ("CODE", "8"),
    ]


@pytest.mark.parametrize(
    "outcome",
    [Outcome(Result.CONFLICT), Outcome(Result.BAD_AMOUNT), Outcome(Result.OK)],
)
def test_a_refusal_is_repeated_as_it_was(outcome):
    first = sber_eps.write(read(PAY), outcome, RUSSIAN)
    assert sber_eps.replay(read(PAY), outcome, first, RUSSIAN) is first


def test_a_repeat_never_changes_what_was_said_first():
    first = sber_eps.write(read(PAY), TAKEN, RUSSIAN)
    second = sber_eps.replay(read(PAY), TAKEN, first, RUSSIAN)
    third = sber_eps.replay(read(PAY), TAKEN, first, RUSSIAN)
    assert second == third
    assert elements(first.body)[:3] == elements(second.body)[:3]


@pytest.mark.parametrize("result", [r for r in Result if r is not Result.OK])
@pytest.mark.parametrize("query", [CHECK, PAY])
def test_a_refusal_tells_nothing_of_the_customer(query, result):
    outcome = replace(OWES, result=result, payment=PAID.payment)
    answer = sber_eps.write(read(query), outcome, RUSSIAN)
    assert [tag for tag, _text in elements(answer.body)] == ["CODE", "MESSAGE"]


# --- codes -------------------------------------------------------------------------


def test_every_result_has_a_code_of_the_protocol():
    assert set(sber_eps.CODES) == set(Result)
    for result, code in sber_eps.CODES.items():
        assert code.code in "0 1 2 3 4 6 9 10 11 12 300".split()
        passing = result in (Result.FAULT, Result.PENDING)
        assert (code.code == "1") == (code.verdict == "repeat") == passing


@pytest.mark.parametrize("result", Result)
@pytest.mark.parametrize("call", [None, read(CHECK), read(PAY)])
def test_the_bank_hears_what_was_meant(call, result):
    answer = sber_eps.write(call, Outcome(result, message="x"), RUSSIAN)
    heard = sber_eps.hear(Operation.PAY, answer, RUSSIAN)
    meant = sber_eps.CODES[result]
    assert (heard.code, heard.verdict) == (meant.code, meant.verdict)


@pytest.mark.parametrize("body", [b"", b"<html>", b"<response/>", b"\xff"])
def test_a_broken_line_is_asked_again(body):
    answer = WireAnswer(body, "text/html", 502)
    heard = sber_eps.hear(Operation.PAY, answer, RUSSIAN)
    assert (heard.verdict, heard.code) == ("repeat", "HTTP 502")


# --- properties --------------------------------------------------------------------

askable = st.one_of(
    st.builds(
        Call,
        operation=st.just(Operation.CHECK),
        txn_id=st.just("") | identifiers(20),
        account=plain,
        amount=st.none() | amounts,
    ),
    st.builds(
        Call,
        operation=st.just(Operation.PAY),
        txn_id=identifiers(20),
        account=plain,
        amount=amounts,
        paid_at=st.none() | local_times(MOSCOW),
    ),
)


@given(
    askable, st.sampled_from(sber_eps.METHODS), st.sampled_from(["ACTION", "command"])
)
def test_a_call_is_read_as_it_was_asked(call, method, spelling):
    wire = sber_eps.ask(call, RUSSIAN, method=method, spelling=spelling)
    assert sber_eps.read(wire, RUSSIAN) == call


@given(any_calls, outcomes, st.sampled_from([RUSSIAN, ICELANDIC]))
def test_everything_is_answered_and_every_answer_is_xml(call, outcome, terms):
    answer = sber_eps.write(call, outcome, terms)
    again = sber_eps.replay(call or Call(Operation.PAY), outcome, answer, terms)
    assert answer == sber_eps.write(call, outcome, terms)
    for one in (answer, again):
        root = etree.fromstring(one.body)
        assert root.tag == "response"
        assert root.findtext("CODE").isdigit()
        assert root.findtext("MESSAGE") == safe_xml.clean(outcome.message)
        sber_eps.hear(Operation.PAY, one, terms)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 12))
def test_the_day_of_registration_is_the_networks(moment, hours):
    moment = moment.replace(microsecond=0, tzinfo=MOSCOW)
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    payment = replace(TAKEN.payment, accepted_at=elsewhere)
    answer = sber_eps.write(read(PAY), replace(TAKEN, payment=payment), RUSSIAN)
    shown = elsewhere.astimezone(MOSCOW).strftime("%d.%m.%Y_%H:%M:%S")
    assert dict(elements(answer.body))["REG_DATE"] == shown


@given(st.text(max_size=60), st.binary(max_size=60), st.sampled_from(["GET", "POST"]))
def test_any_request_is_a_call_or_a_refusal(query, body, method):
    try:
        sber_eps.read(WireRequest(method, query=query, body=body), RUSSIAN)
    except BadCall as refused:
        assert refused.result in Result

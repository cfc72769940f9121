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
    MOSCOW,
    NO_AMOUNTS,
    NO_IDENTIFIERS,
    OWES,
    RUSSIAN,
    refusal,
)
from terminal_formats import parameters, sber_eps
from terminal_formats.calls import (
    Call,
    Operation,
    Outcome,
    Payment,
    Result,
    WireAnswer,
    WireRequest,
)

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
    return [(one.tag, (one.text or "").strip()) for one in etree.fromstring(data)]


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
    ("number", "heard"), [(1, "ok"), (2, "ok"), (3, "ok"), (4, "final")]
)
def test_the_bank_understands_the_samples(official, number, heard):
    body = official("terminal", "sber_eps", f"response_0{number}.xml").read_bytes()
    assert sber_eps.hear(WireAnswer(body, "text/xml"), RUSSIAN) == heard


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
        (PAY + "&CURRENCY=1", Result.WRONG_CURRENCY, "currency"),
    ],
)
def test_wrong_requests(query, result, place):
    assert refusal(read, query)[:2] == (result, place)


def test_money_is_not_refused_for_a_time_that_is_none():
    for wrong in (PAY.replace("16.11", "31.11"), PAY.replace("_14:", "_24:")):
        assert read(wrong).paid_at is None
    assert read(PAY.replace("_14:", "+14:")).paid_at == read(PAY).paid_at


def test_a_check_of_nothing_asks_how_much():
    query = "command=check&txn_id=0&account=123456&sum=0.00"
    call = read(query)
    assert (call.operation, call.amount) == (Operation.CHECK, None)
    root = etree.fromstring(sber_eps.write(call, OWES, RUSSIAN).body)
    assert (root.findtext("CODE"), root.findtext("BALANCE")) == ("0", "-170.00")


@pytest.mark.parametrize("sum_", NO_AMOUNTS)
def test_sums_that_are_none(sum_):
    pairs = {"ACTION": "payment", "ACCOUNT": "1", "PAY_ID": "2", "AMOUNT": sum_}
    wire = parameters.write(pairs)
    result, place, call = refusal(sber_eps.read, wire, RUSSIAN)
    assert (result, place, call.txn_id) == (Result.BAD_AMOUNT, "amount", "2")


@pytest.mark.parametrize("pay_id", NO_IDENTIFIERS)
def test_identifiers_that_are_none(pay_id):
    pairs = {"ACTION": "payment", "ACCOUNT": "1", "PAY_ID": pay_id, "AMOUNT": "1"}
    wire = parameters.write(pairs)
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


# --- codes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "results"),
    [
        ("1", [Result.FAULT, Result.PENDING]),
        ("2", [Result.BAD_OPERATION]),
        ("3", [Result.NOT_FOUND, Result.MANY_FOUND]),
        ("4", [Result.BAD_ACCOUNT]),
        ("6", [Result.BAD_ID, Result.CONFLICT]),
        ("9", [Result.BAD_AMOUNT]),
        ("10", [Result.TOO_SMALL]),
        ("11", [Result.TOO_LARGE]),
        ("12", [Result.BAD_DATE]),
        ("300", [Result.FORBIDDEN, Result.INACTIVE, Result.CANCELLED, Result.CLOSED]),
    ],
)
def test_a_result_has_the_code_of_the_documents(code, results):
    for result in results:
        answer = sber_eps.write(read(PAY), Outcome(result), RUSSIAN)
        assert dict(elements(answer.body))["CODE"] == code


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 12))
def test_the_day_of_registration_is_the_networks(moment, hours):
    moment = moment.replace(microsecond=0, tzinfo=MOSCOW)
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    payment = replace(TAKEN.payment, accepted_at=elsewhere)
    answer = sber_eps.write(read(PAY), replace(TAKEN, payment=payment), RUSSIAN)
    shown = elsewhere.astimezone(MOSCOW).strftime("%d.%m.%Y_%H:%M:%S")
    assert dict(elements(answer.body))["REG_DATE"] == shown

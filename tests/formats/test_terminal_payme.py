"""Payme, Merchant API (developer.help.paycom.uz)."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from terminal_formats import payme as dialect
from terminal_formats.calls import (
    BadCall,
    Call,
    Operation,
    Outcome,
    Payment,
    Result,
    Terms,
    WireAnswer,
    WireRequest,
)
from terminal_formats.payme_codes import CODES, MESSAGES

TERMS = Terms("UZS", 2, ZoneInfo("Asia/Tashkent"))
ID = "5305e3bab097f420a62ced0b"
CREATED = datetime(2014, 5, 3, 10, 51, 24, 39000, tzinfo=timezone.utc)
CREATED_MS = 1399114284039
PAYMENT = Payment(
    number=5123,
    txn_id=ID,
    account="903595731",
    amount=Decimal("5000.00"),
    state="reserved",
    reserved_at=CREATED,
    named_at=CREATED,
)
PERFORMED = replace(
    PAYMENT, state="accepted", accepted_at=CREATED + timedelta(seconds=5)
)
CREATE = {
    "id": ID,
    "time": CREATED_MS,
    "amount": 500000,
    "account": {"phone": "903595731"},
}


def request(method, params, number=1, http="POST"):
    body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return WireRequest(http, "", json.dumps(body).encode(), "application/json")


def read(method, params, number=1):
    return dialect.read(request(method, params, number), TERMS)


def refusal(wire):
    with pytest.raises(BadCall) as caught:
        dialect.read(wire, TERMS)
    return caught.value


def said(call, outcome):
    answer = dialect.write(call, outcome, TERMS)
    assert answer.status == 200
    body = json.loads(answer.body)
    assert body["jsonrpc"] == "2.0"
    assert ("result" in body) is not ("error" in body)
    return body


def error_of(call, result):
    return said(call, Outcome(result))["error"]


def test_check_perform_transaction_is_a_check():
    params = {"amount": 500000, "account": {"phone": "903595731"}}
    call = read("CheckPerformTransaction", params)
    assert call == Call(
        Operation.CHECK,
        account="903595731",
        amount=Decimal("5000.00"),
        echo={"id": "1", "field": "phone"},
    )
    assert said(call, Outcome(Result.OK))["result"] == {"allow": True}
    shown = Outcome(Result.OK, customer="A*** B***", debt=Decimal(1250))
    assert said(call, shown)["result"] == {
        "allow": True,
        "additional": {"name": "A*** B***", "debt": "1250.00"},
    }


def test_create_transaction_is_a_reservation():
    call = read("CreateTransaction", CREATE)
    assert (call.operation, call.txn_id) == (Operation.RESERVE, ID)
    assert (call.paid_at, call.amount) == (CREATED, Decimal("5000.00"))
    assert said(call, Outcome(Result.OK, payment=PAYMENT))["result"] == {
        "transaction": "5123",
        "state": 1,
        "create_time": CREATED_MS,
    }


def test_perform_transaction_is_the_payment_and_names_nothing_else():
    call = read("PerformTransaction", {"id": ID})
    assert (call.operation, call.amount, call.account) == (Operation.PAY, None, "")
    assert said(call, Outcome(Result.OK, payment=PERFORMED))["result"] == {
        "transaction": "5123",
        "state": 2,
        "perform_time": CREATED_MS + 5000,
    }


@pytest.mark.parametrize(
    ("payment", "state", "number"),
    [
        (PAYMENT, "cancelled", -1),
        (PERFORMED, "cancelled", -2),
        (PERFORMED, "reversed", -2),
        (PAYMENT, "reversed", -2),
    ],
)
def test_cancel_transaction(payment, state, number):
    call = read("CancelTransaction", {"id": ID, "reason": 5})
    assert (call.operation, call.reason) == (Operation.CANCEL, "5")
    ended = replace(payment, state=state, cancelled_at=CREATED + timedelta(hours=1))
    assert said(call, Outcome(Result.OK, payment=ended))["result"] == {
        "transaction": "5123",
        "state": number,
        "cancel_time": CREATED_MS + 3600000,
    }


@pytest.mark.parametrize(
    ("reason", "number"),
    [("", None), ("4", 4), ("10", 10), ("-5", -5), ("mistake", 10), ("٤", 10)],
)
def test_check_transaction_tells_all_times_and_the_reason(reason, number):
    call = read("CheckTransaction", {"id": ID})
    assert call.operation is Operation.STATUS
    payment = replace(PERFORMED, reason=reason)
    assert said(call, Outcome(Result.OK, payment=payment))["result"] == {
        "transaction": "5123",
        "state": 2,
        "create_time": CREATED_MS,
        "perform_time": CREATED_MS + 5000,
        "cancel_time": 0,
        "reason": number,
    }


def test_get_statement():
    params = {"from": CREATED_MS, "to": CREATED_MS + 86400000}
    call = read("GetStatement", params)
    assert (call.since, call.until) == (CREATED, CREATED + timedelta(days=1))
    outcome = Outcome(Result.OK, payments=(PERFORMED,))
    assert said(call, outcome)["result"] == {
        "transactions": [
            {
                "id": ID,
                "time": CREATED_MS,
                "amount": 500000,
                "account": {"account": "903595731"},
                "create_time": CREATED_MS,
                "perform_time": CREATED_MS + 5000,
                "cancel_time": 0,
                "transaction": "5123",
                "state": 2,
                "reason": None,
                "receivers": None,
            }
        ]
    }
    assert said(call, Outcome(Result.OK))["result"] == {"transactions": []}


def test_a_statement_has_the_account_under_the_name_that_payme_gave_it():
    call = read("GetStatement", {"from": CREATED_MS, "to": CREATED_MS + 1})
    payment = replace(PERFORMED, field="phone")
    answer = said(call, Outcome(Result.OK, payments=(payment,)))
    [told] = answer["result"]["transactions"]
    assert told["account"] == {"phone": "903595731"}


# a deliberate code for everything that can happen
@pytest.mark.parametrize(
    ("result", "code", "data"),
    [
        (Result.NOT_FOUND, -31050, "phone"),
        (Result.MANY_FOUND, -31051, "phone"),
        (Result.BAD_ACCOUNT, -31052, "phone"),
        (Result.INACTIVE, -31053, "phone"),
        (Result.BAD_FACTOR, -31054, "phone"),
        (Result.CLOSED, -31099, "phone"),
        (Result.TOO_SMALL, -31001, "amount"),
        (Result.TOO_LARGE, -31001, "amount"),
        (Result.BAD_AMOUNT, -31001, "amount"),
        (Result.WRONG_CURRENCY, -31001, "amount"),
        (Result.UNKNOWN_PAYMENT, -31003, "id"),
        (Result.CONFLICT, -31008, "id"),
        (Result.CANCELLED, -31008, "id"),
        (Result.BAD_DATE, -32600, "time"),
        (Result.BAD_ID, -32600, "id"),
        (Result.BAD_REQUEST, -32600, "params"),
        (Result.BAD_OPERATION, -32601, "method"),
        (Result.PENDING, -32400, "id"),
        (Result.FAULT, -32400, "id"),
        (Result.FORBIDDEN, -32504, "authorization"),
    ],
)
def test_every_refusal_has_its_code_and_three_languages(result, code, data):
    call = read("CreateTransaction", CREATE, number=17)
    answer = dialect.write(call, Outcome(result), TERMS)
    body = json.loads(answer.body)
    assert (body["id"], body["error"]["code"]) == (17, code)
    assert body["error"]["data"] == data
    assert set(body["error"]["message"]) == {"ru", "uz", "en"}
    assert all(body["error"]["message"].values())


def test_the_tables_cover_every_result():
    assert set(CODES) == set(Result)
    said_as_another = {Result.OK, Result.PENDING, Result.BAD_DATE, Result.BAD_ID}
    assert set(MESSAGES) == set(Result) - said_as_another


def test_perform_cancel_and_check_know_one_reason_to_find_nothing():
    perform = read("PerformTransaction", {"id": ID})
    for result in (Result.BAD_AMOUNT, Result.NOT_FOUND, Result.BAD_ACCOUNT):
        assert error_of(perform, result)["code"] == -31003
    # cancelled before it came: remembered here, not a transaction of Payme's
    tombstone = replace(PAYMENT, state="cancelled", reserved_at=None)
    for method in ("CancelTransaction", "CheckTransaction"):
        call = read(method, {"id": ID})
        outcome = Outcome(Result.OK, payment=tombstone)
        assert said(call, outcome)["error"]["code"] == -31003
        assert error_of(call, Result.OK)["code"] == -31003


def test_success_without_a_payment_is_never_said():
    for method, params in (
        ("CreateTransaction", CREATE),
        ("PerformTransaction", CREATE),
    ):
        assert error_of(read(method, params), Result.OK)["code"] == -32400


@pytest.mark.parametrize(
    ("method", "change", "result", "place"),
    [
        ("CreateTransaction", {"id": None}, Result.BAD_ID, "id"),
        ("CreateTransaction", {"id": 5}, Result.BAD_ID, "id"),
        ("CreateTransaction", {"id": ""}, Result.BAD_ID, "id"),
        ("CreateTransaction", {"id": "1" * 25}, Result.BAD_ID, "id"),
        ("CreateTransaction", {"id": "a'b"}, Result.BAD_ID, "id"),
        ("CreateTransaction", {"time": None}, Result.BAD_DATE, "time"),
        ("CreateTransaction", {"time": "1399114284039"}, Result.BAD_DATE, "time"),
        ("CreateTransaction", {"time": 1399114284}, Result.BAD_DATE, "time"),
        ("CreateTransaction", {"time": 10**13}, Result.BAD_DATE, "time"),
        ("CreateTransaction", {"time": -CREATED_MS}, Result.BAD_DATE, "time"),
        ("CreateTransaction", {"time": True}, Result.BAD_DATE, "time"),
        ("CreateTransaction", {"account": None}, Result.BAD_ACCOUNT, "account"),
        ("CreateTransaction", {"account": {}}, Result.BAD_ACCOUNT, "account"),
        ("CreateTransaction", {"account": "1"}, Result.BAD_ACCOUNT, "account"),
        (
            "CreateTransaction",
            {"account": {"user": "1", "order": "2"}},
            Result.BAD_ACCOUNT,
            "account",
        ),
        ("CreateTransaction", {"account": {"a": ""}}, Result.BAD_ACCOUNT, "a"),
        ("CreateTransaction", {"account": {"a": 1.5}}, Result.BAD_ACCOUNT, "a"),
        ("CreateTransaction", {"account": {"a": True}}, Result.BAD_ACCOUNT, "a"),
        ("CreateTransaction", {"account": {"a": None}}, Result.BAD_ACCOUNT, "a"),
        ("CreateTransaction", {"account": {"a": "1\x00"}}, Result.BAD_ACCOUNT, "a"),
        ("CreateTransaction", {"account": {"a": "1" * 201}}, Result.BAD_ACCOUNT, "a"),
        (
            "CreateTransaction",
            {"account": {"\x00": "1"}},
            Result.BAD_ACCOUNT,
            "account",
        ),
        ("CreateTransaction", {"amount": None}, Result.BAD_AMOUNT, "amount"),
        ("CreateTransaction", {"amount": 0}, Result.BAD_AMOUNT, "amount"),
        ("CreateTransaction", {"amount": -1}, Result.BAD_AMOUNT, "amount"),
        ("CreateTransaction", {"amount": 500000.0}, Result.BAD_AMOUNT, "amount"),
        ("CreateTransaction", {"amount": "500000"}, Result.BAD_AMOUNT, "amount"),
        ("CreateTransaction", {"amount": True}, Result.BAD_AMOUNT, "amount"),
        ("CreateTransaction", {"amount": 10**16}, Result.BAD_AMOUNT, "amount"),
        ("CheckPerformTransaction", {"amount": 1.5}, Result.BAD_AMOUNT, "amount"),
        ("PerformTransaction", {"id": None}, Result.BAD_ID, "id"),
        ("CancelTransaction", {"id": None}, Result.BAD_ID, "id"),
        ("CheckTransaction", {"id": None}, Result.BAD_ID, "id"),
        ("GetStatement", {"from": None, "to": CREATED_MS}, Result.BAD_DATE, "from"),
        ("GetStatement", {"from": CREATED_MS, "to": 1}, Result.BAD_DATE, "to"),
        (
            "GetStatement",
            {"from": CREATED_MS, "to": CREATED_MS - 1},
            Result.BAD_DATE,
            "to",
        ),
        ("ChangePassword", {"password": "x"}, Result.BAD_OPERATION, "method"),
        ("createtransaction", {}, Result.BAD_OPERATION, "method"),
    ],
)
def test_wrong_parameters_are_refused_with_the_id_of_the_request(
    method, change, result, place
):
    error = refusal(request(method, {**CREATE, **change}, number="q-7"))
    assert (error.result, error.place) == (result, place)
    assert said(error.call, Outcome(result))["id"] == "q-7"
    if result is Result.BAD_ACCOUNT:
        assert said(error.call, Outcome(result))["error"]["data"] == place


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"[]", -32700),
        (b'[{"id":1,"method":"CheckTransaction"}]', -32700),
        (b'{"id":1,"id":2}', -32700),
        (b'{"id":1,"params":{"amount":NaN}}', -32700),
        (b'{"id":"\xff"}', -32700),
        (b'{"id":1}', -32600),
        (b'{"id":1,"method":5}', -32600),
        (b'{"id":1,"method":"CheckTransaction"}', -32600),
        (b'{"id":1,"method":"CheckTransaction","params":[]}', -32600),
        (b'{"id":{},"method":"CheckTransaction","params":{}}', -32600),
        (b'{"id":true,"method":"CheckTransaction","params":{}}', -32600),
        (b'{"id":1.5,"method":"CheckTransaction","params":{}}', -32600),
        (b'{"id":"\\u0000","method":"CheckTransaction","params":{}}', -32600),
    ],
)
def test_what_is_no_json_rpc_is_refused_with_its_own_code(body, code):
    error = refusal(WireRequest("POST", "", body, "application/json"))
    assert error.result is Result.BAD_REQUEST
    assert error_of(error.call, Result.BAD_REQUEST)["code"] == code


def test_another_http_method_has_its_own_code():
    error = refusal(request("CheckTransaction", {"id": ID}, http="GET"))
    assert error_of(error.call, Result.BAD_REQUEST)["code"] == -32300


def test_who_is_not_read_is_answered_without_an_id():
    body = said(None, Outcome(Result.FORBIDDEN))
    assert (body["id"], body["error"]["code"]) == (None, -32504)


def test_the_account_is_its_own_field_or_the_only_one():
    for account, field in (
        ({"account": "77", "other": "1"}, "account"),
        ({"login": "77"}, "login"),
        ({"login": 77}, "login"),
    ):
        call = read("CheckPerformTransaction", {"amount": 1, "account": account})
        assert (call.account, call.echo["field"]) == ("77", field)


@pytest.mark.parametrize("number", [None, 0, -5, 2032, "abc", 2**62])
def test_the_id_of_the_request_comes_back(number):
    call = read("CheckTransaction", {"id": ID}, number)
    assert said(call, Outcome(Result.UNKNOWN_PAYMENT))["id"] == number


def test_the_certification_sends_all_twice_and_compares():
    """The environment for tests repeats Create, Perform and Cancel with a new id."""
    for method, payment in (
        ("CreateTransaction", PAYMENT),
        ("PerformTransaction", PERFORMED),
        ("CancelTransaction", replace(PERFORMED, state="reversed")),
    ):
        outcome = Outcome(Result.OK, payment=payment, now=CREATED)
        first = dialect.write(read(method, CREATE, 1), outcome, TERMS)
        later = replace(outcome, now=CREATED + timedelta(days=1), repeated=True)
        later = replace(later, payment=replace(payment, state="cancelled"))
        again = dialect.replay(read(method, CREATE, 2), later, first, TERMS)
        assert again.body == first.body.replace(b'"id":1,', b'"id":2,')
        assert json.loads(again.body)["id"] == 2


def test_a_stored_answer_that_is_damaged_is_written_anew():
    call = read("CreateTransaction", CREATE)
    outcome = Outcome(Result.OK, payment=PAYMENT)
    damaged = WireAnswer(b"", "text/plain")
    assert dialect.replay(call, outcome, damaged, TERMS) == dialect.write(
        call, outcome, TERMS
    )

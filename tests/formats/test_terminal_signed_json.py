"""Our own dialect for banks without one (docs/terminal_json.yaml)."""

import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from terminal_formats import signed_json as dialect
from terminal_formats.access import digest, same
from terminal_formats.calls import (
    BadCall,
    Call,
    OpenInvoice,
    Operation,
    Outcome,
    Payment,
    Result,
    WireAnswer,
    WireRequest,
)
from terminal_strategies import (
    TERMS,
    calls,
    outcomes,
)

STAMP = "1796031300"
KEY = TERMS.key.decode()
DOCS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENT = DOCS.joinpath("terminal_json.md").read_text(encoding="utf-8")
CONTRACT = yaml.safe_load(DOCS.joinpath("terminal_json.yaml").read_text("utf-8"))
CALL = CONTRACT["paths"]["/{token}"]["post"]
PAID = datetime(2026, 11, 30, 9, 34, 58, tzinfo=timezone.utc)
PAYMENT = Payment(
    number=20451,
    txn_id="K17-000123",
    account="4821093657",
    amount=Decimal("150.00"),
    state="accepted",
    accepted_at=datetime(2026, 11, 30, 9, 35, tzinfo=timezone.utc),
    named_at=PAID,
)
PAY = {
    "operation": "pay",
    "id": "K17-000123",
    "account": "4821093657",
    "amount": "150.00",
    "currency": "KZT",
    "paid_at": "2026-11-30T14:34:58+05:00",
    "terminal": "K17",
}


def wire(body, method="POST", content_type="application/json", stamp=STAMP):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = digest(TERMS.key, stamp.encode(), raw)
    headers = {"x-timestamp": stamp, "x-signature": signature}
    return WireRequest(method, "", raw, content_type, headers)


def refusal(body, **how):
    with pytest.raises(BadCall) as caught:
        dialect.read(wire(body, **how), TERMS)
    return caught.value


def is_answer(key, sent_timestamp, headers, body):
    """The check that the document prints for the bank."""
    right = hmac.new(
        key.encode(), sent_timestamp.encode() + b"." + body, hashlib.sha256
    ).hexdigest()
    return headers.get("X-Timestamp") == sent_timestamp and hmac.compare_digest(
        right, headers.get("X-Signature", "")
    )


def example(start):
    """A message of section 7: its headers and its body."""
    block = next(
        part
        for part in re.findall(r"```http\n(.*?)\n```", DOCUMENT, re.S)
        if part.startswith(start)
    )
    head, _, body = block.partition("\n\n")
    return dict(line.split(": ", 1) for line in head.splitlines()[1:]), body.encode()


def documented_results():
    yield "ok", (200, False)
    for status, response in CALL["responses"].items():
        schema = response["content"]["application/json"]["schema"]
        told = {}
        for part in schema.get("allOf", [schema]):
            name = part.get("$ref", "").rpartition("/")[2]
            part = CONTRACT["components"]["schemas"].get(name, part)
            told |= part.get("properties", {})
        codes = told.get("result", {}).get("x-extensible-enum", [])
        for code in [*codes, *(["forbidden"] if status == "403" else [])]:
            yield code, (int(status), told["retry"]["const"])


def test_the_request_of_the_document_is_read_and_proved():
    headers, body = example("POST")
    lower = {name.lower(): value for name, value in headers.items()}
    request = WireRequest("POST", "", body, headers["Content-Type"], lower)
    given_, parts, stamp = dialect.signed(request)
    assert (stamp, same(given_, digest(TERMS.key, *parts))) == (STAMP, True)
    assert KEY in DOCUMENT
    assert f"one line of {len(body)} bytes" in DOCUMENT
    assert dialect.read(request, TERMS) == Call(
        Operation.PAY,
        txn_id="K17-000123",
        account="4821093657",
        amount=Decimal("150.00"),
        currency="KZT",
        paid_at=PAID,
        terminal="K17",
        echo={"timestamp": STAMP},
    )


def test_the_answer_of_the_document_is_what_is_written():
    headers, body = example("HTTP")
    call = dialect.read(wire(PAY), TERMS)
    outcome = Outcome(Result.OK, "Payment accepted", payment=PAYMENT)
    answer = dialect.write(call, outcome, TERMS)
    assert answer.body == body
    assert {"Content-Type": answer.content_type, **answer.headers} == headers
    assert is_answer(KEY, STAMP, headers, body)


def test_the_other_bodies_of_the_document_are_read_or_written():
    for each in CALL["requestBody"]["content"]["application/json"]["examples"].values():
        dialect.read(wire(each["value"]), TERMS)
    invoice = OpenInvoice("INV/2026/00017", date(2026, 11, 15), Decimal(1250))
    outcome = Outcome(
        Result.OK,
        customer="A*** B****",
        debt=Decimal(1250),
        due=date(2026, 11, 15),
        invoices=(invoice,),
    )
    answer = dialect.write(Call(Operation.LOOKUP), outcome, TERMS)
    shown = CALL["responses"]["200"]["content"]["application/json"]["examples"]
    assert json.loads(answer.body) == shown["lookup"]["value"]


def test_the_document_and_the_code_say_the_same_of_every_result():
    said = {result.value: meaning for result, meaning in dialect.ANSWERS.items()}
    assert dict(documented_results()) == said
    assert set(dialect.ANSWERS) == set(Result)


@pytest.mark.parametrize("result", Result)
def test_only_a_passing_fault_is_repeated(result):
    answer = dialect.write(dialect.read(wire(PAY), TERMS), Outcome(result), TERMS)
    passing = result in (Result.PENDING, Result.FAULT)
    said = json.loads(answer.body)
    assert (said["result"], said["retry"]) == (result.value, passing)
    assert (answer.status == 503) is passing is ("Retry-After" in answer.headers)


def test_a_stranger_gets_a_short_answer_without_a_signature():
    call = dialect.read(wire(PAY), TERMS)
    for asked in (call, None):
        answer = dialect.write(asked, Outcome(Result.FORBIDDEN, "secret"), TERMS)
        assert answer.status == 403
        assert answer.body == b'{"result":"forbidden","retry":false,"message":""}'
        assert not answer.headers
        shown = CALL["responses"]["403"]["content"]["application/json"]["example"]
        assert json.loads(answer.body) == shown


# what is wrong, the result, the field that is named
@pytest.mark.parametrize(
    ("change", "result", "place"),
    [
        ({"operation": None}, Result.BAD_REQUEST, "operation"),
        ({"operation": ""}, Result.BAD_REQUEST, "operation"),
        ({"operation": "reserve"}, Result.BAD_OPERATION, "operation"),
        ({"operation": "PAY"}, Result.BAD_OPERATION, "operation"),
        ({"operation": 5}, Result.BAD_REQUEST, "operation"),
        ({"id": None}, Result.BAD_ID, "id"),
        ({"id": ""}, Result.BAD_ID, "id"),
        ({"id": "a b"}, Result.BAD_ID, "id"),
        ({"id": "ж"}, Result.BAD_ID, "id"),
        ({"id": "1" * 65}, Result.BAD_ID, "id"),
        ({"id": "1\n"}, Result.BAD_REQUEST, "id"),
        ({"id": 17}, Result.BAD_REQUEST, "id"),
        ({"account": None}, Result.BAD_REQUEST, "account"),
        ({"account": 4821093657}, Result.BAD_REQUEST, "account"),
        ({"account": 1.5}, Result.BAD_REQUEST, "account"),
        ({"account": ["1"]}, Result.BAD_REQUEST, "account"),
        ({"account": "1" * 201}, Result.BAD_ACCOUNT, "account"),
        ({"account": "1\x00"}, Result.BAD_REQUEST, "account"),
        ({"account": "1\ud800"}, Result.BAD_REQUEST, "account"),
        ({"amount": None}, Result.BAD_AMOUNT, "amount"),
        ({"amount": 150}, Result.BAD_REQUEST, "amount"),
        ({"amount": 150.5}, Result.BAD_REQUEST, "amount"),
        ({"amount": True}, Result.BAD_REQUEST, "amount"),
        ({"amount": "0"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "0.00"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "-1"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "+1"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "1e3"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "1 000"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "1.005"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "NaN"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "١٥٠"}, Result.BAD_AMOUNT, "amount"),
        ({"amount": "1" * 16}, Result.BAD_AMOUNT, "amount"),
        ({"currency": None}, Result.BAD_REQUEST, "currency"),
        ({"currency": "kzt"}, Result.WRONG_CURRENCY, "currency"),
        ({"currency": "398"}, Result.WRONG_CURRENCY, "currency"),
        ({"paid_at": None}, Result.BAD_DATE, "paid_at"),
        ({"paid_at": "2026-11-30"}, Result.BAD_DATE, "paid_at"),
        ({"paid_at": "2026-11-30T14:34:58"}, Result.BAD_DATE, "paid_at"),
        ({"paid_at": "2026-11-31T14:34:58Z"}, Result.BAD_DATE, "paid_at"),
        ({"paid_at": "2026-11-30T14:34:58+24:00"}, Result.BAD_DATE, "paid_at"),
        ({"paid_at": "0001-01-01T00:00:00+01:00"}, Result.BAD_DATE, "paid_at"),
        ({"terminal": "1" * 65}, Result.BAD_REQUEST, "terminal"),
        ({"invoice": {}}, Result.BAD_REQUEST, "invoice"),
        ({"factor": "\x1b[0m"}, Result.BAD_REQUEST, "factor"),
    ],
)
def test_wrong_fields_are_refused_by_name(change, result, place):
    error = refusal({**PAY, **change})
    assert (error.result, error.place) == (result, place)
    assert error.call.echo == {"timestamp": STAMP}  # so that the refusal is signed
    answer = dialect.write(error.call, Outcome(result), TERMS)
    assert is_answer(KEY, STAMP, answer.headers, answer.body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"pay"',
        b"{",
        b'{"operation":"status","id":"1","id":"2"}',
        b'{"operation":"status","id":"1","x":{"a":1,"a":1}}',
        b'{"operation":"status","id":"1","x":NaN}',
        b'{"operation":"status","id":"1","x":-Infinity}',
        b'\xef\xbb\xbf{"operation":"status","id":"1"}',
        b'{"operation":"status","id":"\xff"}',
        '{"operation":"status","id":"1"}'.encode("utf-16"),
        b"[" * 30000,
        b'{"operation":"status","id":"1"} x',
    ],
)
def test_what_is_not_one_strict_object_is_refused(body):
    error = refusal(body)
    assert (error.result, error.place) == (Result.BAD_REQUEST, "body")


@pytest.mark.parametrize(
    ("how", "place"),
    [
        ({"method": "GET"}, "method"),
        ({"method": "PUT"}, "method"),
        ({"content_type": ""}, "Content-Type"),
        ({"content_type": "text/plain"}, "Content-Type"),
        ({"content_type": "application/x-www-form-urlencoded"}, "Content-Type"),
        ({"content_type": "application/json; charset=cp1251"}, "Content-Type"),
    ],
)
def test_another_method_or_type_is_refused(how, place):
    error = refusal(PAY, **how)
    assert (error.result, error.place) == (Result.BAD_REQUEST, place)


@pytest.mark.parametrize(
    "content_type", ["application/json", 'Application/JSON ; charset="UTF-8"']
)
def test_the_type_may_name_the_character_set(content_type):
    assert dialect.read(wire(PAY, content_type=content_type), TERMS).txn_id


def test_empty_and_unknown_fields_do_not_matter():
    plain_call = dialect.read(wire(PAY), TERMS)
    more = {**PAY, "factor": "", "invoice": None, "since": 5, "new": {"a": [1.5]}}
    assert dialect.read(wire(more), TERMS) == plain_call


def test_fields_of_other_operations_are_ignored():
    everything = {**PAY, "operation": "lookup", "amount": "nonsense", "id": 5}
    assert dialect.read(wire(everything), TERMS) == Call(
        Operation.LOOKUP,
        account="4821093657",
        terminal="K17",
        echo={"timestamp": STAMP},
    )


def test_the_decimals_of_an_unknown_currency_are_not_judged():
    call = dialect.read(wire({**PAY, "currency": "KWD", "amount": "1.125"}), TERMS)
    assert (call.currency, call.amount) == ("KWD", Decimal("1.125"))


def test_an_amount_without_decimals_is_money():
    crowns = replace(TERMS, currency="ISK", decimals=0)
    call = dialect.read(wire({**PAY, "currency": "ISK", "amount": "150"}), crowns)
    assert b'"150"' in dialect.ask(call, crowns).body


@pytest.mark.parametrize(
    ("since", "until", "place"),
    [
        ("2026-11-30T00:00:00Z", None, "until"),
        (None, "2026-11-30T00:00:00Z", "since"),
        ("2026-11-30T00:00:01Z", "2026-11-30T00:00:00Z", "until"),
        ("2026-10-30T00:00:00Z", "2026-11-30T00:00:01Z", "until"),
        ("yesterday", "2026-11-30T00:00:00Z", "since"),
    ],
)
def test_periods_that_are_none_are_refused(since, until, place):
    error = refusal({"operation": "statement", "since": since, "until": until})
    assert (error.result, error.place) == (Result.BAD_DATE, place)


def test_a_period_may_be_a_moment_and_31_days():
    body = {"operation": "statement", "since": "2026-10-30T00:00:00Z"}
    for until in ("2026-10-30T00:00:00Z", "2026-11-30T02:00:00+02:00"):
        assert dialect.read(wire({**body, "until": until}), TERMS).until


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x-signature", ""),
        ("x-signature", "A" * 64),
        ("x-signature", "0" * 63),
        ("x-signature", f"{'0' * 64}, {'0' * 64}"),
        ("x-signature", "é" * 64),
        ("x-timestamp", ""),
        ("x-timestamp", "-1"),
        ("x-timestamp", "1e9"),
        ("x-timestamp", "1" * 13),
        ("x-timestamp", "١"),
        ("x-timestamp", f"{STAMP}, {STAMP}"),
    ],
)
def test_headers_of_another_shape_prove_nothing(header, value):
    request = wire(PAY)
    request = replace(request, headers={**request.headers, header: value})
    given_, parts, stamp = dialect.signed(request)
    assert not (stamp and same(given_, digest(TERMS.key, *parts)))


def test_of_a_request_that_is_not_proved_nothing_is_read_or_signed():
    right = wire(b"not even JSON")
    for changed in (
        replace(right, headers={}),
        replace(right, headers={**right.headers, "x-signature": "0" * 64}),
        replace(right, headers={**right.headers, "x-timestamp": "1796031301"}),
        replace(right, body=right.body + b" "),
    ):
        with pytest.raises(BadCall) as caught:
            dialect.read(changed, TERMS)
        error = caught.value
        assert (error.result, error.call) == (Result.FORBIDDEN, None)
        assert not dialect.write(None, Outcome(error.result), TERMS).headers
    with pytest.raises(BadCall) as caught:
        dialect.read(wire(PAY), replace(TERMS, key=b""))
    assert caught.value.result is Result.FORBIDDEN


def test_an_unknown_timestamp_is_not_signed_over():
    outcome = Outcome(Result.OK, payment=PAYMENT)
    assert not dialect.write(Call(Operation.PAY), outcome, TERMS).headers
    assert not dialect.write(None, outcome, TERMS).headers


def test_nothing_is_signed_with_an_empty_key():
    call = dialect.read(wire(PAY), TERMS)
    answer = dialect.write(call, Outcome(Result.OK), replace(TERMS, key=b""))
    assert not answer.headers


def test_a_repeat_gets_the_same_body_with_a_new_signature():
    outcome = Outcome(Result.OK, "Thank you", payment=PAYMENT)
    first = dialect.write(dialect.read(wire(PAY), TERMS), outcome, TERMS)
    again = dialect.read(wire(PAY, stamp="1796031999"), TERMS)
    changed = replace(outcome, message="Another language", repeated=True)
    stored = WireAnswer(first.body, first.content_type, first.status)
    answer = dialect.replay(again, changed, stored, TERMS)
    assert (answer.body, answer.status) == (first.body, first.status)
    assert is_answer(KEY, "1796031999", answer.headers, answer.body)
    assert not is_answer(KEY, STAMP, answer.headers, answer.body)


def test_an_answer_is_no_request():
    outcome = Outcome(Result.OK, payment=PAYMENT)
    answer = dialect.write(dialect.read(wire(PAY), TERMS), outcome, TERMS)
    assert refusal(answer.body).place == "operation"


def test_an_answer_that_is_not_signed_is_none():
    call = dialect.read(wire(PAY), TERMS)
    answer = dialect.write(call, Outcome(Result.OK, payment=PAYMENT), TERMS)
    assert dialect.hear(answer, TERMS) == "ok"
    forged = replace(answer, body=answer.body.replace(b"150.00", b"950.00"))
    assert dialect.hear(forged, TERMS) == "repeat"


def test_what_is_not_told_is_absent_and_a_statement_may_be_empty():
    call = Call(Operation.CHECK, account="1", echo={"timestamp": STAMP})
    assert set(json.loads(dialect.write(call, Outcome(Result.OK), TERMS).body)) == {
        "result",
        "retry",
        "message",
    }
    call = Call(Operation.STATEMENT, echo={"timestamp": STAMP})
    said = json.loads(dialect.write(call, Outcome(Result.OK), TERMS).body)
    assert said["payments"] == []


def test_a_refusal_tells_nothing_of_the_customer():
    outcome = Outcome(
        Result.BAD_FACTOR, customer="A***", debt=Decimal(5), payment=PAYMENT
    )
    call = Call(Operation.CHECK, account="1", echo={"timestamp": STAMP})
    said = json.loads(dialect.write(call, outcome, TERMS).body)
    assert set(said) == {"result", "retry", "message"}


@given(calls(st.sampled_from([{}, {"timestamp": STAMP}])), outcomes)
def test_every_answer_to_the_bank_is_signed(call, outcome):
    answer = dialect.write(call, outcome, TERMS)
    signed = call is not None and call.echo and outcome.result is not Result.FORBIDDEN
    assert bool(signed) is ("X-Signature" in answer.headers)

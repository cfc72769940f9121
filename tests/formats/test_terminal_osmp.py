"""The OSMP dialect: examples of its documents, and everything that is none."""

from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal

import pytest
from terminal_cases import (
    ALMATY,
    ICELANDIC,
    KAZAKH,
    MOSCOW,
    OWES,
    PAID,
    RUSSIAN,
)
from terminal_formats import osmp
from terminal_formats.calls import Call, Operation, Outcome, Result, WireRequest

from odoo.addons.receivables_base.formats import safe_xml

CHECK = "command=check&txn_id=1234567&account=4957835959&sum=10.45"
PAY = "command=pay&txn_id=1234567&txn_date=20090815120133&account=4957835959&sum=10.45"


def get(query):
    return WireRequest("GET", query=query)


def read(query, terms=RUSSIAN):
    return osmp.read(get(query), terms)


def elements(answer):
    return [(child.tag, child.text) for child in safe_xml.parse(answer.body)]


# --- what the documents show -------------------------------------------------------


def test_the_documents_check():
    assert read(CHECK) == Call(
        Operation.CHECK,
        txn_id="1234567",
        account="4957835959",
        amount=Decimal("10.45"),
    )


def test_the_documents_pay():
    """The time is the network's; the day of the payment depends on it."""
    call = read(PAY)
    assert call.operation is Operation.PAY
    assert call.paid_at == datetime(2009, 8, 15, 12, 1, 33, tzinfo=MOSCOW)
    night = read(PAY.replace("20090815120133", "20251231235959"), KAZAKH).paid_at
    assert night.tzinfo is ALMATY
    assert night.astimezone(timezone.utc).isoformat() == "2025-12-31T18:59:59+00:00"


def test_the_answer_of_the_documents():
    answer = osmp.write(read(PAY), PAID, RUSSIAN)
    declaration, _newline, rest = answer.body.partition(b"\n")
    assert declaration.startswith(b"<?xml ") and b"UTF-8" in declaration
    assert rest.startswith(b"<response><osmp_txn_id>")
    assert answer.content_type == "text/xml; charset=utf-8"
    assert elements(answer) == [
        ("osmp_txn_id", "1234567"),
        ("prv_txn", "2016"),
        ("sum", "10.45"),
        ("result", "0"),
        ("comment", "OK"),
    ]


def test_get_info_needs_neither_an_identifier_nor_an_amount():
    call = read("command=getInfo&account=4957835959&ccy=RUB&prv_id=7&data1=x&data2=INV")
    assert call == Call(
        Operation.LOOKUP,
        account="4957835959",
        currency="RUB",
        factor="x",
        invoice="INV",
    )


def test_the_kiosk_is_kept():
    assert read(PAY + "&trm_id=4151200&pay_type=1").terminal == "4151200"


def test_a_body_is_read_as_an_address_is():
    wire = WireRequest(
        "POST",
        body=PAY.encode(),
        content_type="application/x-www-form-urlencoded; charset=UTF-8",
    )
    assert osmp.read(wire, RUSSIAN) == read(PAY)
    half = WireRequest("POST", query="command=pay", body=PAY.encode()[12:])
    assert osmp.read(half, RUSSIAN) == read(PAY)


@pytest.mark.parametrize(
    ("ccy", "currency"),
    [("KZT", "KZT"), ("398", "KZT"), ("RUR", "RUB"), ("810", "RUB"), ("usd", "USD")],
)
def test_a_currency_has_letters_or_a_number(ccy, currency):
    assert read(f"{PAY}&ccy={ccy}").currency == currency


def test_an_unknown_currency_is_not_guessed():
    assert read(f"{PAY}&ccy=999").currency == "999"


def test_letters_of_any_alphabet_and_spaces():
    query = "command=getInfo&account=%D0%96+12%2F3%2B4"
    assert read(query).account == "Ж 12/3+4"


@pytest.mark.parametrize("name", ["CURRENCY", "currency"])
def test_a_currency_under_another_name(name):
    assert read(f"{PAY}&{name}=RUB").currency == "RUB"


@pytest.mark.parametrize("sum_", ["0", "0.00", "0,0", "000"])
def test_a_check_of_nothing_asks_how_much(sum_):
    """As kiosks ask before an amount is known; they read the amount of the answer."""
    call = read(f"command=check&txn_id=0&account=4957835959&sum={sum_}")
    assert (call.txn_id, call.amount) == ("0", None)
    answer = dict(elements(osmp.write(call, OWES, RUSSIAN)))
    assert (answer["sum"], answer["result"]) == ("170.00", "0")
    refused = osmp.write(call, Outcome(Result.NOT_FOUND), RUSSIAN)
    assert "sum" not in dict(elements(refused))
    assert "sum" not in dict(elements(osmp.write(read(CHECK), OWES, RUSSIAN)))


@pytest.mark.parametrize("command", ["cancel", "status"])
def test_our_own_number_of_a_payment(command):
    call = read(f"command={command}&prv_txn=2016")
    assert (call.number, call.txn_id) == (2016, "")
    both = read(f"command={command}&prv_txn=2016&txn_id=7")
    assert (both.number, both.txn_id) == (None, "7")


def test_the_customer_sees_what_he_owes_and_what_he_would_pay():
    answer = osmp.write(read(CHECK), OWES, RUSSIAN)
    assert elements(answer)[:3] == [
        ("osmp_txn_id", "1234567"),
        ("result", "0"),
        ("comment", "Pay <now> & be done"),
    ]
    assert b"Pay &lt;now&gt; &amp; be done" in answer.body
    fields = safe_xml.parse(answer.body).find("fields")
    assert [(f.tag, f.get("name"), f.text) for f in fields] == [
        ("field1", "name", "A*** B***"),
        ("field2", "debt", "170.00"),
        ("field3", "due", "01.03.2026"),
        ("field4", "invoice", "INV/1: 120.00 / 120.00"),
        ("field5", "invoice", "INV/2: 30.00 / 50.00"),
        ("field6", "invoice", "INV/3: 7.00"),
    ]


def test_labels_are_in_the_networks_language():
    terms = replace(RUSSIAN, labels={**RUSSIAN.labels, "debt": "Долг", "due": "Срок"})
    fields = safe_xml.parse(osmp.write(read(CHECK), OWES, terms).body).find("fields")
    assert [f.get("name") for f in fields][:3] == ["name", "Долг", "Срок"]


def test_a_company_that_shows_nothing_shows_nothing():
    answer = osmp.write(read(CHECK), Outcome(Result.OK), RUSSIAN)
    assert [tag for tag, _text in elements(answer)] == [
        "osmp_txn_id",
        "result",
        "comment",
    ]


def test_amounts_have_the_currencys_decimals():
    call = osmp.read(get("command=pay&txn_id=1&account=2&sum=1500.00"), ICELANDIC)
    assert call.amount == 1500
    answer = osmp.write(call, Outcome(Result.OK), ICELANDIC)
    assert safe_xml.parse(answer.body).findtext("sum") == "1500"


def test_the_currency_that_was_named_comes_back():
    answer = osmp.write(read(PAY + "&ccy=RUB"), PAID, RUSSIAN)
    assert safe_xml.parse(answer.body).findtext("ccy") == "RUB"


# --- cancellation and status -------------------------------------------------------


def test_a_cancellation_names_the_payment_in_txn_id():
    call = read("command=cancel&txn_id=1234567&txn_date=20090815120133&sum=10.45")
    assert (call.operation, call.txn_id) == (Operation.CANCEL, "1234567")
    assert call.echo == {}


def test_a_cancellation_with_an_identifier_of_its_own():
    call = read("command=cancel&txn_id=99&cancel_txn_id=1234567&account=1&sum=10.45")
    assert call.txn_id == "1234567"
    answer = osmp.write(call, PAID, RUSSIAN)
    assert elements(answer)[:4] == [
        ("osmp_txn_id", "99"),
        ("cancel_txn_id", "1234567"),
        ("prv_txn", "2016"),
        ("sum", "10.45"),
    ]


def test_a_cancellation_that_is_not_decided_is_asked_again():
    call = read("command=cancel&txn_id=1234567")
    answer = osmp.write(call, Outcome(Result.PENDING), RUSSIAN)
    assert safe_xml.parse(answer.body).findtext("result") == "90"
    assert osmp.hear(answer, RUSSIAN) == "repeat"


def test_a_repeated_cancellation_is_named_as_it_asked():
    first_call = read("command=cancel&txn_id=99&cancel_txn_id=1234567")
    first = osmp.write(first_call, PAID, RUSSIAN)
    assert osmp.replay(first_call, PAID, first, RUSSIAN) == first
    other_call = read("command=cancel&txn_id=100&cancel_txn_id=1234567")
    again = osmp.replay(other_call, PAID, first, RUSSIAN)
    assert again == osmp.write(other_call, PAID, RUSSIAN)


def test_a_repeated_payment_is_answered_byte_for_byte():
    first = osmp.write(read(PAY), PAID, RUSSIAN)
    assert osmp.replay(read(PAY), Outcome(Result.FAULT), first, RUSSIAN) is first


@pytest.mark.parametrize(
    ("state", "code", "verdict"),
    [
        ("accepted", "0", "ok"),
        ("reserved", "90", "repeat"),
        ("cancelled", "7", "final"),
        ("reversed", "7", "final"),
    ],
)
def test_the_status_of_a_payment(state, code, verdict):
    outcome = replace(PAID, payment=replace(PAID.payment, state=state))
    call = read("command=status&txn_id=1234567")
    answer = osmp.write(call, outcome, RUSSIAN)
    assert safe_xml.parse(answer.body).findtext("result") == code
    assert osmp.hear(answer, RUSSIAN) == verdict


# --- codes -------------------------------------------------------------------------


# "Errors" of the documents; 241 and more are those of the Pay24 variant
@pytest.mark.parametrize(
    ("code", "results"),
    [
        ("1", [Result.FAULT]),
        ("4", [Result.BAD_ACCOUNT]),
        ("5", [Result.NOT_FOUND, Result.MANY_FOUND]),
        ("7", [Result.WRONG_CURRENCY, Result.CONFLICT, Result.CANCELLED]),
        ("31", [Result.BAD_FACTOR]),
        ("79", [Result.INACTIVE]),
        ("90", [Result.PENDING]),
        ("241", [Result.TOO_SMALL]),
        ("242", [Result.TOO_LARGE]),
        ("243", [Result.CLOSED]),
        ("300", [Result.BAD_AMOUNT, Result.BAD_DATE, Result.BAD_ID]),
        ("300", [Result.BAD_REQUEST, Result.BAD_OPERATION, Result.UNKNOWN_PAYMENT]),
    ],
)
def test_a_result_has_the_code_of_the_documents(code, results):
    for result in results:
        answer = osmp.write(read(PAY), Outcome(result), RUSSIAN)
        assert safe_xml.parse(answer.body).findtext("result") == code


def test_a_stranger_learns_nothing():
    answer = osmp.write(read(PAY), replace(PAID, result=Result.FORBIDDEN), RUSSIAN)
    assert (answer.status, answer.body) == (403, b"Forbidden")

"""What is no request of the OSMP protocol, and why it is refused."""

from datetime import datetime

import pytest
from terminal_cases import (
    BROKEN_VALUES,
    NO_AMOUNTS,
    NO_IDENTIFIERS,
    RUSSIAN,
    refusal,
)
from terminal_formats import osmp
from terminal_formats.calls import Result, WireRequest

CHECK = "command=check&txn_id=1234567&account=4957835959&sum=10.45"
PAY = CHECK.replace("check", "pay") + "&txn_date=20090815120133"


def read(query):
    return osmp.read(WireRequest("GET", query=query), RUSSIAN)


@pytest.mark.parametrize(
    ("query", "result", "place"),
    [
        ("", Result.BAD_OPERATION, "command"),
        ("account=1", Result.BAD_OPERATION, "command"),
        ("command=", Result.BAD_OPERATION, "command"),
        ("command=refund&txn_id=1", Result.BAD_OPERATION, "command"),
        ("command=PAY&txn_id=1", Result.BAD_OPERATION, "command"),
        ("command=pay&command=check", Result.BAD_REQUEST, "command"),
        ("command=check&account=1&sum=1.00", Result.BAD_ID, "txn_id"),
        ("command=pay&account=1&sum=1.00", Result.BAD_ID, "txn_id"),
        ("command=cancel", Result.BAD_ID, "txn_id"),
        ("command=status", Result.BAD_ID, "txn_id"),
        ("command=getInfo&account=1&txn_id=x", Result.BAD_ID, "txn_id"),
        ("command=cancel&txn_id=1&cancel_txn_id=x", Result.BAD_ID, "cancel_txn_id"),
        ("command=getInfo", Result.BAD_ACCOUNT, "account"),
        ("command=check&txn_id=1&sum=1.00", Result.BAD_ACCOUNT, "account"),
        ("command=pay&txn_id=1&account=&sum=1", Result.BAD_ACCOUNT, "account"),
        ("command=pay&txn_id=1&account=++&sum=1", Result.BAD_ACCOUNT, "account"),
        ("command=pay&txn_id=1&account=1", Result.BAD_AMOUNT, "sum"),
        (PAY + "&ccy=KZ", Result.WRONG_CURRENCY, "ccy"),
        (PAY + "&ccy=T%C2%ABG", Result.WRONG_CURRENCY, "ccy"),
        # two readers could take another of the two
        (PAY + "&txn_id=1234567", Result.BAD_REQUEST, "txn_id"),
        (PAY + "&%74xn_id=7", Result.BAD_REQUEST, "txn_id"),
        (PAY + "&account=", Result.BAD_REQUEST, "account"),
        (PAY + "&sum=1000000.00", Result.BAD_REQUEST, "sum"),
        (PAY + "&txn_date=20090815120133", Result.BAD_REQUEST, "txn_date"),
        (PAY + "&trm_id=1&trm_id=2", Result.BAD_REQUEST, "trm_id"),
        (CHECK + "&txn_date=1&txn_date=2", Result.BAD_REQUEST, "txn_date"),
        # too long
        (PAY.replace("1234567", "1" * 29), Result.BAD_ID, "txn_id"),
        (PAY.replace("4957835959", "9" * 201), Result.BAD_ACCOUNT, "account"),
        (PAY + "&trm_id=" + "1" * 201, Result.BAD_REQUEST, "trm_id"),
        (PAY + "&data1=" + "1" * 201, Result.BAD_REQUEST, "data1"),
        (PAY + "&x=1" * 70, Result.BAD_REQUEST, "parameters"),
    ],
)
def test_wrong_requests(query, result, place):
    assert refusal(read, query)[:2] == (result, place)


@pytest.mark.parametrize("sum_", NO_AMOUNTS)
@pytest.mark.parametrize("command", ["pay", "check"])
def test_sums_that_are_none(command, sum_):
    pairs = {"command": command, "txn_id": "1", "account": "2", "sum": sum_}
    wire = osmp.parameters.write(pairs)
    if sum_ in ("", "0", "0.00", "00") and command == "check":
        assert osmp.read(wire, RUSSIAN).amount is None
        return
    result, place, call = refusal(osmp.read, wire, RUSSIAN)
    assert (result, place) == (Result.BAD_AMOUNT, "sum")
    assert (call.txn_id, call.account) == ("1", "2")


@pytest.mark.parametrize("txn_id", NO_IDENTIFIERS)
def test_identifiers_that_are_none(txn_id):
    wire = osmp.parameters.write({"command": "status", "txn_id": txn_id})
    assert refusal(osmp.read, wire, RUSSIAN)[:2] == (Result.BAD_ID, "txn_id")


@pytest.mark.parametrize("value", BROKEN_VALUES)
@pytest.mark.parametrize(
    "name", ["txn_id", "account", "sum", "ccy", "txn_date", "trm_id", "data1", "data2"]
)
def test_characters_that_are_none(name, value):
    pairs = [pair for pair in PAY.split("&") if not pair.startswith(f"{name}=")]
    query = "&".join([*pairs, f"{name}={value}"])
    result, place, call = refusal(read, query)
    assert (result, place) == (Result.BAD_REQUEST, name)
    assert name == "txn_id" or call.txn_id == "1234567"


@pytest.mark.parametrize(
    "txn_date",
    [
        *("20090230120133", "20091315120133", "20090815250133", "20090815120160"),
        *("2009081512013", "200908151201330", "2009-02-30 12:01:33", "19991231235959"),
        *("00000000000000", "٢٠٠٩٠٨١٥١٢٠١٣٣", "1250323293", "15.08.2009_12:01:33"),
    ],
)
def test_money_is_not_refused_for_a_time_that_is_none(txn_date):
    pairs = {"command": "pay", "txn_id": "1", "account": "2", "sum": "3"}
    wire = osmp.parameters.write({**pairs, "txn_date": txn_date})
    assert osmp.read(wire, RUSSIAN).paid_at is None


@pytest.mark.parametrize(
    "txn_date", ["2026-11-28 15:40:00", "2026-11-28T15:40:00", "28.11.2026 15:40:00"]
)
def test_times_as_some_networks_write_them(txn_date):
    pairs = {"command": "pay", "txn_id": "1", "account": "2", "sum": "3"}
    wire = osmp.parameters.write({**pairs, "txn_date": txn_date})
    moment = datetime(2026, 11, 28, 15, 40, tzinfo=RUSSIAN.timezone)
    assert osmp.read(wire, RUSSIAN).paid_at == moment


def test_money_is_not_refused_for_want_of_a_date():
    assert read("command=pay&txn_id=1&account=2&sum=3").paid_at is None


@pytest.mark.parametrize(
    ("wire", "place"),
    [
        (WireRequest("PUT", query=PAY), "method"),
        (WireRequest("get", query=PAY), "method"),
        (WireRequest("GET", query=CHECK, body=b"sum=1"), "body"),
        (WireRequest("POST", body=PAY.encode(), content_type="text/xml"), "body"),
        (WireRequest("POST", body="account=Ж".encode()), "body"),
        (WireRequest("POST", query=PAY, body=b"sum=1"), "sum"),
        (WireRequest("GET", query=PAY.replace("4957835959", "Ж")), "account"),
    ],
)
def test_requests_of_another_shape(wire, place):
    assert refusal(osmp.read, wire, RUSSIAN)[:2] == (Result.BAD_REQUEST, place)


@pytest.mark.parametrize("junk", ["extra=%FF", "extra=1&extra=2", "=", "&&", "%FF=1"])
def test_what_the_dialect_does_not_know_is_not_looked_at(junk):
    assert read(f"{PAY}&{junk}") == read(PAY)

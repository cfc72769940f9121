"""The line to an operator, against one that fails in every way; no Odoo runs.

The operator is a program that was written to Maventa's public pages; docs/operator.md
says what of it is a guess.
"""

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from dev.server import House
from support.lines import adapters, english, fault_of
from support.operator import Operator, operator

SECONDS = 2.0


@pytest.fixture(scope="module")
def running(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operator]:
    with operator(house, tmp_path_factory.mktemp("operator")) as started:
        yield started


@pytest.fixture
def line(running: Operator) -> Any:
    """A line that knows no token yet."""
    return line_to(running)


def line_to(running: Operator, of: str = "maventa.MaventaLine", **settings: Any) -> Any:
    https = adapters("https")
    module, _dot, name = of.partition(".")
    adapter = importlib.import_module(
        f"odoo.addons.einvoice_consumer.adapters.{module}"
    )
    given = {**running.settings, "may_be_private": True, **settings}
    return getattr(adapter, name)(https.Settings(**given), seconds=SECONDS)


def message(identifier: str, root: str = "Finvoice") -> bytes:
    """As much of a message as an operator looks at."""
    return f"<eb:MessageId>{identifier}</eb:MessageId><{root} Version='3.0'/>".encode()


def sent(running: Operator, identifier: str) -> list[Any]:
    """What the operator has with an identifier in its frame."""
    return [
        each for each in running.state()["sent"] if each["message_id"] == identifier
    ]


def test_invoices_and_bank_messages_go_their_ways(running: Operator, line: Any) -> None:
    line.send("a.xml", message("M-1"))
    line.send("b.xml", message("M-2", "FinvoiceSenderInfo"))
    [invoice], [notice] = sent(running, "M-1"), sent(running, "M-2")
    assert (invoice["way"], notice["way"]) == ("invoices", "bank_messages")
    assert invoice["content"].encode() == message("M-1")
    assert invoice["filename"] == "a.xml"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("cut", "network"),
        ("500_after", "server_error"),
        ("unreadable", "wrong_content_type"),
        ("500_before", "server_error"),
        ("hang", "timeout"),
        ("429", "too_many_calls"),
    ],
)
def test_what_was_sent_again_arrives_once(
    running: Operator, line: Any, kind: str, code: str
) -> None:
    content = message(f"once-{kind}")
    running.fault(kind, "/invoices")
    fault = fault_of(line.send, "once.xml", content)
    assert (fault.kind, fault.code, fault.is_line) == ("retry", code, True)
    line.send("once.xml", content)
    line.send("once.xml", content)
    assert len(sent(running, f"once-{kind}")) == 1


def test_what_something_on_the_way_says_twice_arrives_once(
    running: Operator, line: Any
) -> None:
    running.fault("twice", "/invoices")
    line.send("twice.xml", message("twice"))
    assert len(sent(running, "twice")) == 1


def test_what_is_wrong_with_one_message_stops_it_alone(line: Any) -> None:
    fault = fault_of(line.send, "a.xml", b"<Finvoice/>")
    assert (fault.kind, fault.code, fault.is_line) == (
        *("final", "operator_refused"),
        False,
    )
    assert "SOAP HEADER MISSING" in english(fault.sentence)
    fault = fault_of(line.send, "a.xml", message("A") + message("B"))
    assert "ONLY ONE MESSAGE PER FILE ALLOWED" in english(fault.sentence)


def test_what_is_wrong_with_the_company_stops_all(running: Operator, line: Any) -> None:
    running.order("close", why="ERROR: COMPANY BANK CONNECTION NOT ACTIVE")
    fault = fault_of(line.send, "a.xml", message("closed"))
    assert (fault.kind, fault.is_line) == ("final", True)
    running.order("close", why="")
    line.send("a.xml", message("closed"))
    assert len(sent(running, "closed")) == 1


def test_what_waits_is_fetched_and_put_away(running: Operator, line: Any) -> None:
    running.deliver(b"<one/>", "one.xml")
    running.deliver(b"<two/>", "two.xml", times=2)
    entries = line.list()
    read = [line.read(entry.name) for entry in entries]
    assert read == [b"<one/>", b"<two/>", b"<two/>"]
    assert len(line.list(2)) == 2
    for entry in entries:
        line.put_away(entry.name)
        line.put_away(entry.name)
    assert line.list() == []
    assert running.state()["waiting"] == []


def test_an_entry_whose_removal_was_lost_is_told_again(
    running: Operator, line: Any
) -> None:
    running.deliver(b"<again/>")
    [entry] = line.list()
    running.fault("500_before", "/fi/bank_messages/received/*")
    assert fault_of(line.put_away, entry.name).code == "server_error"
    assert [again.name for again in line.list()] == [entry.name]
    line.put_away(entry.name)


def test_what_failed_says_why(running: Operator, line: Any) -> None:
    line.send("a.xml", message("fails"))
    running.order("fail", message_id="fails", code="2", text="Receiver not found")
    [entry] = line.list()
    formats = importlib.import_module("odoo.addons.einvoice_consumer.formats.operator")
    told = formats.read_refusal(line.read(entry.name))
    assert told == formats.Refusal("fails", "2", "Receiver not found")
    line.put_away(entry.name)
    assert line.list() == []


def test_what_is_gone_is_told(line: Any) -> None:
    assert fault_of(line.read, "received/no-such").code == "gone"


def test_a_token_is_got_with_all_that_is_asked_for(running: Operator) -> None:
    kept: list[str] = []
    line = line_to(running)
    line.keep_token = lambda token, _expiry: kept.append(token)
    line.try_out()
    running.order("forget")
    line.try_out()
    assert len(kept) == 2
    wrong = line_to(running, token_extra="vendor_api_key=guess")
    assert fault_of(wrong.try_out).code == "login_refused"
    assert "vendor-api-key" not in repr(wrong.settings)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Finvoice/>",
        b"{",
        b"[]",
        b'{"status": "OK"}',
        b'{"status": "ERROR"}',
        b'{"status": "ERROR", "original_message_id": 5}',
    ],
)
def test_other_bytes_are_no_refusal(line: Any, body: bytes) -> None:
    formats = importlib.import_module("odoo.addons.einvoice_consumer.formats.operator")
    assert formats.read_refusal(body) is None


def test_messages_of_efaktura_go_as_they_are_and_once(running: Operator) -> None:
    line = line_to(running, of="efaktura_operator.EfakturaLine")
    told = {"type": "lookup", "message_id": "L-1", "created_at": "", "mobile": "+47"}
    content = json.dumps(told).encode()
    for _time in range(2):  # the answer to the first one was lost
        line.send("lookup.json", content)
    [message] = sent(running, "L-1")
    assert (message["way"], message["content"].encode()) == ("lookups", content)
    [entry] = line.list()
    answer = json.loads(line.read(entry.name))
    assert (answer["type"], answer["key"], answer["found"]) == (
        "lookup_answer",
        "L-1",
        False,
    )
    line.put_away(entry.name)
    assert line.list() == []

"""The demo bank of tests/counterparties, as a real process with real files.

Run with `pytest tests/einvoice/test_bank.py`. The official schemas are read from
RECEIVABLES_TEST_DATA or ../shared/data; tests that need them are skipped, saying
so, where those are absent.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

sys.path.insert(0, str(Path(__file__).with_name("counterparties")))

from bank_driver import (
    EB,
    NORTH,
    PROGRAM,
    SENDER,
    SENDER_BANK,
    SOUTH,
    BankProcess,
    halves,
    official,
    setter,
    valid,
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BankProcess]:
    """One bank for the tests that only add to it."""
    process = BankProcess(tmp_path_factory.mktemp("bank"))
    yield process
    process.stop()


@pytest.fixture
def bank(running: BankProcess) -> BankProcess:
    return running


@pytest.fixture(scope="module")
def ordered(running: BankProcess) -> dict:
    return running.order(identifiers=["SHARED1", "10003"])


# Starting and stopping


def test_start_health_and_pages(bank: BankProcess) -> None:
    assert bank.fetch("/health")[0] == 200
    customer = bank.state()["customers"][0]
    for path in ("/", "/operations", f"/customer/{customer['id']}?bank={SOUTH}"):
        status, body = bank.fetch(path)
        assert status == 200
        assert b'<html lang="en">' in body
    assert customer["name"].encode() in bank.fetch("/")[1]


def test_errors_are_sentences(bank: BankProcess) -> None:
    assert bank.fetch("/nothing")[0] == 404
    assert bank.fetch("/customer/abc")[0] == 404
    assert bank.fetch("/api/order", b"not json")[0] == 400
    assert bank.fetch("/api/order", b"[]")[0] == 400
    assert bank.fetch("/api/none", b"{}")[0] == 404
    assert bank.fetch("/api/order", b" " * 70_000)[0] == 413
    answer = bank.post("order", customer=1, bank="NOWHERE", invoicer="power")
    assert answer["status_code"] == 422
    assert answer["error"] == f"Bank NOWHERE is not one of {NORTH}, {SOUTH}."


def test_busy_port_is_one_line_and_code_2(bank: BankProcess, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        BankProcess(tmp_path, "--port", str(bank.port))
    invoicers = tmp_path / "invoicers.json"
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--folder", str(tmp_path)]
        + ["--invoicers", str(invoicers), "--port", str(bank.port)],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 2
    assert done.stderr == f"bank: port {bank.port} is busy\n"


def test_only_loopback(bank: BankProcess) -> None:
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex(("127.0.0.2", bank.port)) != 0


def test_restart_keeps_state(tmp_path: Path) -> None:
    first = BankProcess(tmp_path, "--state", str(tmp_path / "books.sqlite"))
    order = first.order()
    before = first.state()
    assert first.stop() == 0
    second = BankProcess(tmp_path, "--state", str(tmp_path / "books.sqlite"))
    after = second.state()
    assert second.stop() == 0
    assert after == before
    assert [each["id"] for each in after["orders"]] == [order["id"]]


def test_runs_without_official_schemas(tmp_path: Path) -> None:
    process = BankProcess(tmp_path, "--schemas", str(tmp_path / "none"))
    assert "official schemas absent" in process.ready
    assert b"official schemas absent" in process.fetch("/operations")[1]
    process.order()
    assert process.stop() == 0


def test_wrong_invoicers_file(tmp_path: Path) -> None:
    file = tmp_path / "invoicers.json"
    file.write_text('[{"name": "X"}]', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--folder", str(tmp_path)]
        + ["--invoicers", str(file), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert "name must have 2-70 characters" in done.stderr


# Orders


@official
def test_order_change_and_stop_are_valid_messages(tmp_path: Path) -> None:
    bank = BankProcess(tmp_path)
    order = bank.order(reference="10003")
    changed = bank.post("change", order=order["id"], name="Aino Järvinen", service="01")
    assert changed["order"]["name"] == "Aino Järvinen"
    assert bank.post("stop", order=order["id"])["order"]["status"] == "stopped"
    files = bank.inbox("receiverinfo")
    assert bank.stop() == 0
    actions = []
    for file in files:
        frame, payload = halves(file.read_bytes())
        valid(payload, "FinvoiceReceiverInfo.xsd")
        actions.append(payload.findtext(".//MessageActionCode"))
        parties = [e.text for e in frame.iter(f"{EB}PartyId")]
        assert parties == [order["address"], NORTH, SENDER, SENDER_BANK]
        reference = frame.findtext(f".//{EB}RefToMessageId")
        added = actions == ["ADD"]
        assert reference == (None if added else order["message_id"])
    assert actions == ["ADD", "CHANGE", "DELETE"]
    assert payload.get("Version") == "2.0"
    assert payload.findtext(".//BuyerOrganisationName") == "Aino Järvinen"
    assert payload.findtext("BuyerServiceCode") == "01"
    given = payload.findall(".//SellerInvoiceIdentifier")
    assert [(e.text, e.get("SellerInvoiceIdentifierType")) for e in given] == [
        ("CUST77", "09"),
        ("1232", "01"),
    ]
    assert payload.findtext(".//EpiRemittanceIdentifier") == "10003"
    assert payload.findtext(".//InvoiceRecipientAddress") == order["address"]


@pytest.mark.parametrize("first", ["delete", "add"])
def test_move_to_the_other_bank(bank: BankProcess, first: str) -> None:
    order = bank.order(identifiers=[f"MOVE{first}", "1232"])
    moved = bank.post("move", order=order["id"], to_bank=SOUTH, first=first)
    assert moved["old"]["status"] == "stopped"
    assert moved["order"]["bank"] == SOUTH
    assert moved["order"]["address"] != order["address"]
    actions = [message["action"] for message in moved["messages"]]
    assert actions == (["DELETE", "ADD"] if first == "delete" else ["ADD", "DELETE"])
    names = [bank.folder / "inbox" / m["file"] for m in moved["messages"]]
    assert sorted(names) == names
    assert all(name.is_file() for name in names)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["", "1232"], "Customer number is missing."),
        (["A B", "1232"], "Customer number must be written without spaces."),
        (["AB", "1232"], "Customer number must have 3-12 characters."),
        (["ABC", "1233"], "its check digit does not match."),
        (["ABC"], "The invoicer asks for: Customer number, Earlier reference."),
        (["\u0416\u0416\u0416", "1232"], "cannot contain the character"),
    ],
)
def test_identifiers_are_checked(bank: BankProcess, given: list, sentence: str) -> None:
    answer = bank.post(
        "order", customer=1, invoicer="power", bank=NORTH, identifiers=given
    )
    assert answer["status_code"] == 422
    assert sentence in answer["error"]


def test_same_order_twice(bank: BankProcess, ordered: dict) -> None:
    answer = bank.post(
        "order",
        customer=ordered["customer"],
        invoicer="power",
        bank=NORTH,
        identifiers=ordered["identifiers"],
    )
    assert answer["status_code"] == 409


def test_garbage_is_recorded_and_not_answered(bank: BankProcess) -> None:
    answers = len(bank.inbox("finvoiceack"))
    for data in (os.urandom(300), b"", b"<SOAP-ENV:Envelope>", b"\xff\xfe<\x00"):
        assert bank.exchange(data)["verdict"] == "unreadable"
    assert len(bank.inbox("finvoiceack")) == answers
    assert b"unreadable" in bank.fetch("/operations")[1]


def test_incomplete_files_are_left_alone(bank: BankProcess) -> None:
    names = [".hidden.xml", "half.xml.part", "half.xml.tmp"]
    for name in names:
        (bank.folder / "outbox" / name).write_bytes(b"not finished")
    bank.post("poll")
    time.sleep(0.3)
    for name in names:
        assert (bank.folder / "outbox" / name).is_file()
        (bank.folder / "outbox" / name).unlink()


def test_file_is_taken_once(bank: BankProcess) -> None:
    bank.exchange(b"first")
    bank.send(b"second", "same.xml")
    bank.wait(lambda: (bank.folder / "bank_taken" / "same.xml").is_file())
    bank.send(b"third", "same.xml")
    bank.wait(lambda: (bank.folder / "bank_taken" / "same-2.xml").is_file())
    files = [file["taken"] for file in bank.state()["files"]]
    assert files.count("same.xml") == files.count("same-2.xml") == 1
    assert list((bank.folder / "outbox").iterdir()) == []
    assert (bank.folder / "bank_taken" / "same.xml").read_bytes() == b"second"


def test_file_taken_before_a_crash_is_read_at_start(tmp_path: Path) -> None:
    taken = tmp_path / "bank_taken"
    taken.mkdir()
    (taken / "left.xml.working").write_bytes(b"left behind")
    bank = BankProcess(tmp_path)
    bank.wait(lambda: (taken / "left.xml").is_file())
    assert len(bank.state()["messages"]) == 1
    assert bank.stop() == 0


# Faults


@official
def test_faults_delivered_to_the_invoicer(tmp_path: Path) -> None:
    bank = BankProcess(tmp_path)
    assert bank.post("fault", kind="duplicate")["status_code"] == 409
    bank.order()
    first = bank.inbox("receiverinfo")[0].read_bytes()
    files = {}
    for kind in (
        *("garbage", "truncated", "doctype"),
        *("duplicate", "same_id", "unknown_ack"),
    ):
        answer = bank.post("fault", kind=kind)
        assert answer["status_code"] == 200
        files[kind] = (tmp_path / "inbox" / answer["message"]["file"]).read_bytes()
    assert files["duplicate"] == first
    assert b"<!DOCTYPE" in files["doctype"]
    with pytest.raises(etree.XMLSyntaxError):
        halves(files["truncated"])
    frame, payload = halves(files["same_id"])
    original, content = halves(first)
    path = f".//{EB}MessageId"
    assert frame.findtext(path) == original.findtext(path)
    name = ".//BuyerOrganisationName"
    assert payload.findtext(name) != content.findtext(name)
    valid(halves(files["unknown_ack"])[1], "Finvoiceack.xsd")
    assert bank.post("fault", kind="nonsense")["status_code"] == 422
    assert bank.stop() == 0


@official
def test_refuse_the_next_good_invoice(bank: BankProcess, ordered: dict) -> None:
    bank.post("fault", kind="refuse_next", code=2, text="Moved away")
    bad = bank.exchange(bank.invoice(ordered, change=setter("OriginCode", "Copy")))
    assert bad["findings"][0]["code"] == 6
    refused = bank.exchange(bank.invoice(ordered))
    assert refused["findings"][0] == {"code": 2, "text": "Moved away", "location": None}
    assert bank.exchange(bank.invoice(ordered))["verdict"] == "accepted"


# The pages' forms


def test_forms_order_and_escape(bank: BankProcess) -> None:
    body = f"name=%3Cb%3EBo%3C%2Fb%3E&bank={SOUTH}&language=FI".encode()
    status, page = bank.fetch("/enter", body)
    assert status == 200
    assert b"<b>Bo" not in page
    assert b"&lt;b&gt;Bo" in page
    customer = bank.state()["customers"][-1]["id"]
    form = f"customer={customer}&bank={SOUTH}&number=1&service=00"
    wrong = bank.fetch("/order", f"{form}&identifier-1=A1&identifier-2=1232".encode())
    assert wrong[0] == 422
    assert b'id="error"' in wrong[1]
    assert b'value="A1"' in wrong[1]
    right = bank.fetch("/order", f"{form}&identifier-1=A12&identifier-2=1232".encode())
    assert right[0] == 200
    assert b"ReceiverInfo ADD" in right[1]

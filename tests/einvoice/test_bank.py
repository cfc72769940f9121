"""The demo bank: that it is a strict judge, and independent of the addons.

What it accepts, refuses and says is held against the official schemas and sample of
Finvoice, read from RECEIVABLES_TEST_DATA or ../shared/data; tests that need them are
skipped, saying so, where those are absent.
"""

import os
import re
import socket
import subprocess
import sys
import urllib.request
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from counterparties.bank import values
from support.played_bank import (
    ACK,
    EB,
    NORTH,
    OTHER_ACCOUNT,
    SENDER,
    SENDER_BANK,
    SOUTH,
    Change,
    PlayedBank,
    day,
    drop,
    halves,
    official,
    put,
    setter,
    valid,
    write_invoicers,
)


@pytest.fixture
def bank(tmp_path: Path) -> PlayedBank:
    """A bank with nothing in its books but Aino."""
    return PlayedBank(tmp_path)


# The program


def started(folder: Path, *options: str) -> "subprocess.Popen[str]":
    """The bank as a program."""
    command = [sys.executable, "-m", "counterparties.bank", f"--folder={folder}"]
    command += [f"--invoicers={write_invoicers(folder)}", *options]
    return subprocess.Popen(
        command,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_program_keeps_its_books_and_its_port(tmp_path: Path) -> None:
    shown = []
    for _time in range(2):
        program = started(tmp_path, "--port=0", f"--state={tmp_path / 'books.sqlite'}")
        ready = program.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", ready)
        for path in ("health", "operations", "static/style.css"):
            with urllib.request.urlopen(address[0] + path, timeout=10) as answer:
                assert answer.status == 200
        with urllib.request.urlopen(address[0] + "api/state", timeout=10) as answer:
            shown.append(answer.read())
        second = started(tmp_path, f"--port={address[1]}")
        assert second.communicate(timeout=20)[1] == f"bank: port {address[1]} is busy\n"
        assert second.returncode == 2
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.2", int(address[1]))), "only loopback"
        program.terminate()
        program.communicate(timeout=20)
        assert program.returncode == 0
    assert b"Mary O'Neill" in shown[0]
    assert shown[0] == shown[1]


def test_errors_are_sentences(bank: PlayedBank) -> None:
    for path in ("/nothing", "/customer/abc", "/operations/sent/9"):
        assert bank.pages.get(path).status_code == 404
    for body, status in ((b"no json", 400), (b"[]", 400), (b" " * 70_000, 413)):
        assert bank.pages.post("/api/order", data=body).status_code == status
    assert bank.post("none")["status_code"] == 404
    answer = bank.post("order", customer=bank.aino, bank="NOWHERE", invoicer="power")
    assert answer["status_code"] == 422
    assert answer["error"] == f"Bank NOWHERE is not one of {NORTH}, {SOUTH}."


def test_forms_order_and_escape(bank: PlayedBank) -> None:
    form = {"name": "<b>Bo</b>", "bank": SOUTH, "language": "FI"}
    entered = bank.pages.post("/", data=form, follow_redirects=True)
    assert "<b>Bo" not in entered.text and "&lt;b&gt;Bo" in entered.text
    customer = bank.state()["customers"][-1]["id"]
    path = f"/customer/{customer}/new/1?bank={SOUTH}"
    form = {"service": "00", "identifier-1": "A1", "identifier-2": "1232"}
    wrong = bank.pages.post(path, data=form)
    assert wrong.status_code == 422
    assert 'id="error"' in wrong.text and 'value="A1"' in wrong.text
    form["identifier-1"] = "A12"
    right = bank.pages.post(path, data=form, follow_redirects=True)
    assert "Ordered. The bank has told the invoicer (ReceiverInfo ADD)." in right.text
    assert bank.state()["orders"][-1]["bank"] == SOUTH


# Orders


@official
def test_order_change_and_stop_are_valid_messages(bank: PlayedBank) -> None:
    order = bank.order(reference="10003")
    changed = bank.post("change", order=order["id"], name="Aino Järvinen", service="01")
    assert changed["order"]["name"] == "Aino Järvinen"
    assert bank.post("stop", order=order["id"])["order"]["status"] == "stopped"
    actions = []
    for file in bank.inbox("receiverinfo"):
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
def test_move_to_the_other_bank(bank: PlayedBank, first: str) -> None:
    order = bank.order()
    moved = bank.post("move", order=order["id"], to_bank=SOUTH, first=first)
    assert moved["old"]["status"] == "stopped"
    assert (moved["order"]["bank"], moved["order"]["status"]) == (SOUTH, "active")
    assert moved["order"]["address"] != order["address"]
    actions = [message["action"] for message in moved["messages"]]
    assert actions == (["DELETE", "ADD"] if first == "delete" else ["ADD", "DELETE"])
    files = [message["file"] for message in moved["messages"]]
    assert [path.name for path in bank.inbox()][1:] == files


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
def test_identifiers_are_checked(bank: PlayedBank, given: list, sentence: str) -> None:
    answer = bank.post(
        "order", customer=bank.aino, invoicer="power", bank=NORTH, identifiers=given
    )
    assert answer["status_code"] == 422
    assert sentence in answer["error"]


# Published examples: ISO 11649, the Finnish authorities (personal identity code and
# business id), the notification service guidelines
@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("01", "1232", "1231"),
        ("02", "RF18539007547034", "RF18539007547035"),
        ("03", "131052-308T", "131052-308U"),
        ("04", "2077474-0", "2077474-1"),
        ("05", "0401234567", "+358401234567"),
        ("06", "+358401234567", "0401234567"),
        ("07", "FI2112345600000785", "FI2112345600000786"),
        ("08", "123", "12A"),
    ],
)
def test_identifiers_of_each_type(kind: str, right: str, wrong: str) -> None:
    rules = {"min": 1, "max": 35, "spaces": False, "hyphens": False}
    asked = {"label": "Number", "type": kind, **rules}
    assert values.identifier_fault(right, asked) is None
    assert values.identifier_fault(wrong, asked)


# Bank Bar Code Guide 5.3, example invoices
@pytest.mark.parametrize(
    ("code", "payment"),
    [
        (
            "479440520200360820048831500000000868516259619897100612",
            ("FI7944052020036082", "4883.15", "868516259619897", "100612"),
        ),
        (
            "579440520200360820048831509000000868516259619897100612",
            ("FI7944052020036082", "4883.15", "RF09868516259619897", "100612"),
        ),
    ],
)
def test_published_bar_codes_are_read(code: str, payment: tuple[str, ...]) -> None:
    read = values.decode_barcode(code)
    account, amount, reference, due = payment
    assert (read.account, str(read.amount), read.due) == (account, amount, due)
    assert values.same_reference(read.reference, reference)
    assert values.reference_ok(reference, None)


def test_same_order_twice(bank: PlayedBank) -> None:
    bank.order()
    with pytest.raises(AssertionError, match="409"):
        bank.order()


# Files


def test_garbage_is_recorded_and_not_answered(bank: PlayedBank) -> None:
    for data in (os.urandom(300), b"", b"<SOAP-ENV:Envelope>", b"\xff\xfe<\x00"):
        [message] = bank.exchange(data)
        assert message["verdict"] == "unreadable"
    [large] = bank.exchange(b" " * 100_001)
    assert large["findings"][0]["text"] == "larger than 100000 bytes"
    assert not bank.inbox()
    assert "unreadable" in bank.pages.get("/operations").text


def test_files_are_taken_when_complete_and_once(bank: PlayedBank) -> None:
    outbox, taken = bank.folder / "outbox", bank.folder / "bank_taken"
    for name in (".hidden.xml", "half.xml.part", "half.xml.tmp"):
        (outbox / name).write_bytes(b"not finished")
    assert bank.post("poll")["taken"] == 0
    for name in (".hidden.xml", "half.xml.part", "half.xml.tmp"):
        (outbox / name).unlink()
    for data in (b"second", b"third"):
        bank.exchange(data, "same.xml")
    assert (taken / "same.xml").read_bytes() == b"second"
    assert (taken / "same-2.xml").read_bytes() == b"third"
    # what an earlier run took before it ended
    (taken / "left.xml.working").write_bytes(b"left behind")
    assert bank.post("poll")["taken"] == 1
    assert (taken / "left.xml").is_file()


# Faults


@official
def test_faults_delivered_to_the_invoicer(bank: PlayedBank) -> None:
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
        files[kind] = (bank.folder / "inbox" / answer["message"]["file"]).read_bytes()
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


@official
def test_refuse_the_next_good_invoice(bank: PlayedBank) -> None:
    order = bank.order()
    bank.post("fault", kind="refuse_next", code=2, text="Moved away")
    bad = bank.verdict(order, **change("OriginCode", "Copy"))
    assert bad["findings"][0]["code"] == 6
    refused = bank.verdict(order)
    assert refused["findings"] == [{"code": 2, "text": "Moved away", "location": None}]
    assert bank.verdict(order)["verdict"] == "accepted"


# Invoices


@official
def test_good_invoice_is_shown_and_not_answered(bank: PlayedBank) -> None:
    message = bank.verdict(bank.order())
    assert (message["findings"], message["verdict"]) == ([], "accepted")
    [shown] = bank.state()["invoices"]
    assert (shown["number"], shown["amount"]) == ("9190100001", "1106,00")
    assert "91901000011" in bank.pages.get(f"/invoice/{shown['id']}").text
    assert bank.post("pay", invoice=shown["id"])["invoice"]["status"] == "paid"
    [batch] = (bank.folder / "inbox").glob("*.ktl")
    header, payment, trailer = batch.read_text("iso-8859-1").splitlines()
    assert {len(record) for record in (header, payment, trailer)} == {90}
    assert payment[43:63].lstrip("0") == shown["reference"].lstrip("0")
    assert payment[77:88] == "00001106000"
    assert trailer[:18] == "900000100000110600"
    assert bank.inbox("finvoiceack") == []
    refused = bank.post("refuse", invoice=shown["id"], code=6, text="Closed")
    assert refused["invoice"]["status"] == "refused"
    frame, payload = halves(bank.inbox("finvoiceack")[0].read_bytes())
    valid(payload, "Finvoiceack.xsd")
    assert frame.findtext(f".//{EB}RefToMessageId") == message["message_id"]


def change(path: str, text: str) -> dict[str, Change]:
    return {"change": setter(path, text)}


def in_crowns(root: etree._Element) -> None:
    root.find(".//EpiInstructedAmount").set("AmountCurrencyIdentifier", "SEK")


def less_vat(root: etree._Element) -> None:
    for path in ("InvoiceTotalVatExcludedAmount", "VatBaseAmount"):
        put(root, path, "899,00")


SERVICE_FIRST = (
    "<eb:CPAId>yoursandmycpa</eb:CPAId><eb:Service>Routing</eb:Service>",
    "<eb:Service>Routing</eb:Service><eb:CPAId>yoursandmycpa</eb:CPAId>",
)
DOCTYPE = (b"?>", b"?><!DOCTYPE x>", 1)
# what is done to a good invoice: the code of the refusal, and words of it
FAULTS = {
    "schema": (7, "", change("InvoiceNumber", "X" * 21)),
    "no number": (7, "", {"change": lambda root: drop(root, "InvoiceNumber")}),
    "charset": (7, "", {"edit": lambda b: b.replace(b"ISO-8859-15", b"UTF-8", 1)}),
    "utf-8": (7, "UTF-8", {"edit": lambda b: b.decode("iso-8859-15").encode()}),
    "doctype": (7, "document type", {"edit": lambda b: b.replace(*DOCTYPE)}),
    "cut off": (7, "not XML", {"edit": lambda b: b[: len(b) // 2]}),
    "no payload": (7, "No message follows", {"edit": lambda b: b""}),
    "sender": (3, "", {"sender": "003700000000"}),
    "sender's bank": (3, "", {"sender_bank": SOUTH}),
    "receiver": (2, "", {"receiver": OTHER_ACCOUNT}),
    "receiver's bank": (2, "", {"receiver_bank": SOUTH}),
    "intermediator": (4, "", {"receiver_bank": "DABAFIHH"}),
    "order": (6, "Order of", {"frame_edit": lambda t: t.replace(*SERVICE_FIRST)}),
    "constant": (6, "eb:CPAId", {"frame_edit": lambda t: t.replace("yoursand", "my")}),
    "id": (6, "MessageIdentifier", change("MessageIdentifier", "ANOTHER")),
    "subject": (6, "InstructionId", change("EpiPaymentInstructionId", "OTHER")),
    "account": (6, "was not announced", change("EpiAccountID", OTHER_ACCOUNT)),
    "currency": (6, "SEK", {"change": in_crowns}),
    "copy": (6, "Copies", change("OriginCode", "Copy")),
    "due too soon": (6, "2026-03-08", change("EpiDateOptionDate", day(6))),
    "due too late": (6, "2027-03-03", change("EpiDateOptionDate", day(366))),
    "reference": (6, "check", change("EpiRemittanceInfoIdentifier", "91901000012")),
    "amount": (6, "To be paid 1107.00", change("EpiInstructedAmount", "1107,00")),
    "rows": (6, "do not add up", change("RowVatExcludedAmount", "880,00")),
    "vat": (6, "VAT 24 % of 899.00", {"change": less_vat}),
    "bar code": (6, "The bar code", change("VirtualBankBarcode", "4" + "0" * 53)),
    "empty": (6, "Empty element", change("OrderIdentifier", "")),
    "tab": (6, "Tab", change("InvoiceTypeText", "LAS\tKU")),
    "cancellation of nothing": (6, "INV02", change("OriginCode", "Cancel")),
    "direct payment": (6, "has not ordered direct", change("InvoiceTypeCode", "INV09")),
}


@official
@pytest.mark.parametrize("fault", FAULTS)
def test_refusal(bank: PlayedBank, fault: str) -> None:
    code, words, done = FAULTS[fault]
    message = bank.verdict(bank.order(), **done)
    assert message["verdict"] == "refused"
    assert message["findings"][0]["code"] == code, message["findings"]
    assert words in message["findings"][0]["text"]
    frame, ack = halves(bank.inbox("finvoiceack")[0].read_bytes())
    valid(ack, "Finvoiceack.xsd")
    assert ack.findtext(f".//{ACK}Reason/{ACK}Code") == str(code)
    assert frame.findtext(f".//{EB}RefToMessageId") == message["message_id"]
    parties = [e.text for e in frame.iter(f"{EB}PartyId")]
    assert parties[:2] == [message["receiver"], message["receiver_intermediator"]]
    assert parties[2:] == [message["sender"], message["sender_intermediator"]]
    original = [e.text for e in ack.iter(f"{EB}PartyId")]
    assert original == parties[2:] + parties[:2]
    if fault == "schema":
        where = ack.findtext(f"{ACK}Error/{ACK}Location")
        assert re.match(r"line \d+, .*InvoiceNumber", where)


@official
def test_structure_is_checked_without_schemas(tmp_path: Path) -> None:
    bank = PlayedBank(tmp_path, tmp_path / "none")
    assert "official schemas absent" in bank.pages.get("/operations").text
    order = bank.order()
    assert bank.verdict(order)["findings"] == []
    message = bank.verdict(order, change=lambda root: drop(root, "EpiCharge"))
    assert message["findings"][0]["code"] == 7
    assert message["findings"][0]["text"] == "Element EpiCharge is missing"


@official
def test_byte_order_mark(bank: PlayedBank) -> None:
    [message] = bank.exchange(b"\xef\xbb\xbf" + bank.invoice(bank.order()))
    assert message["findings"][0]["code"] == 7
    assert "byte order mark" in message["findings"][0]["text"]


@official
def test_same_id_and_time_twice(bank: PlayedBank) -> None:
    data = bank.invoice(bank.order())
    assert bank.exchange(data)[0]["verdict"] == "accepted"
    again = bank.exchange(data)[0]
    assert [finding["code"] for finding in again["findings"]] == [5]


@official
def test_stopped_order_receives_nothing(bank: PlayedBank) -> None:
    order = bank.order()
    bank.post("stop", order=order["id"])
    assert bank.verdict(order)["findings"][0]["code"] == 2


def credit(root: etree._Element) -> None:
    """The same invoice as a full cancellation: every amount negative."""
    put(root, "InvoiceTypeCode", "INV02")
    put(root, "OriginCode", "Cancel")
    drop(root, "VirtualBankBarcode")
    for element in root.iter(etree.Element):
        if element.get("AmountCurrencyIdentifier"):
            element.text = f"-{element.text}"


@official
def test_cancellation(bank: PlayedBank) -> None:
    order = bank.order()
    assert bank.verdict(order)["verdict"] == "accepted"
    assert bank.verdict(order, change=credit)["findings"] == []
    statuses = [each["status"] for each in bank.state()["invoices"]]
    assert statuses == ["cancelled", "cancellation"]


@official
@pytest.mark.parametrize(
    ("where", "today", "verdict"),
    [
        # what falls due on Monday 23 March: at another bank than the invoicer's four
        # banking days before, Tuesday; at the same one, on Friday
        (SOUTH, "2026-03-17", "accepted"),
        (SOUTH, "2026-03-18", "refused"),
        (NORTH, "2026-03-20", "accepted"),
        (NORTH, "2026-03-21", "refused"),
    ],
)
def test_a_cancellation_comes_in_time(
    bank: PlayedBank, where: str, today: str, verdict: str
) -> None:
    order = bank.order(bank=where)
    assert bank.verdict(order)["verdict"] == "accepted"
    bank.bank.day = date.fromisoformat(today)
    assert bank.verdict(order, change=credit)["verdict"] == verdict


@official
def test_direct_payments_are_debited_on_their_day_or_cancelled(
    bank: PlayedBank,
) -> None:
    order = bank.order(service="01")
    for number in ("A1", "A2"):

        def copy(root: etree._Element, number: str = number) -> None:
            put(root, "InvoiceTypeCode", "INV09")
            put(root, "InvoiceNumber", number)

        assert bank.verdict(order, change=copy)["verdict"] == "accepted"
    assert bank.post("debit", until=day(20))["payments"] == []
    assert bank.verdict(order, change=credit)["findings"] == []
    [paid] = bank.post("debit", until=day(21))["payments"]
    assert (paid["number"], paid["due"]) == ("A2", day(21))
    assert bank.post("debit", until=day(21))["payments"] == []
    statuses = [each["status"] for each in bank.state()["invoices"]]
    assert statuses == ["cancelled", "paid", "cancellation"]
    late = bank.verdict(order, change=credit)
    assert late["findings"][0]["text"] == "Cancellation could not be allocated"


@official
def test_several_pairs_in_one_file(bank: PlayedBank) -> None:
    order = bank.order()
    copy = bank.invoice(order, **change("OriginCode", "Copy"))
    found = bank.exchange(bank.invoice(order) + b"\n" + copy + bank.invoice(order))
    verdicts = [message["verdict"] for message in found]
    assert verdicts == ["accepted", "refused", "accepted"]

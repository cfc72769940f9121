"""What the demo bank accepts and refuses of the invoices sent to it.

Run with `pytest tests/counterparties`. The official schemas and samples are read
from RECEIVABLES_TEST_DATA or ../shared/data; tests that need them are skipped,
saying so, where those are absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bank_driver import (
    ACK,
    EB,
    OTHER_ACCOUNT,
    SOUTH,
    BankProcess,
    day,
    drop,
    halves,
    official,
    put,
    setter,
    valid,
)
from lxml import etree


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


# Invoices


@official
def test_good_invoice_is_shown_and_not_answered(tmp_path: Path) -> None:
    bank = BankProcess(tmp_path)
    order = bank.order()
    message = bank.exchange(bank.invoice(order))
    assert message["findings"] == []
    assert message["verdict"] == "accepted"
    shown = bank.state()["invoices"][0]
    assert (shown["number"], shown["amount"]) == ("9190100001", "1106,00")
    page = bank.fetch(f"/customer/{order['customer']}/invoice/{shown['id']}")[1]
    assert b"91901000011" in page
    assert bank.post("pay", invoice=shown["id"])["invoice"]["status"] == "paid"
    assert bank.inbox("finvoiceack") == []
    refused = bank.post("refuse", invoice=shown["id"], code=6, text="Closed")
    assert refused["invoice"]["status"] == "refused"
    frame, payload = halves(bank.inbox("finvoiceack")[0].read_bytes())
    valid(payload, "Finvoiceack.xsd")
    assert frame.findtext(f".//{EB}RefToMessageId") == message["message_id"]
    assert bank.stop() == 0


def empty_element(root: etree._Element) -> None:
    put(root, "OrderIdentifier", "")


def two_credit_amounts(root: etree._Element) -> None:
    for path in ("InvoiceTotalVatExcludedAmount", "VatBaseAmount"):
        put(root, path, "899,00")


CONTENT_FAULTS = {
    "schema": (7, {"change": setter("InvoiceNumber", "X" * 21)}),
    "no number": (
        7,
        {"change": lambda root: drop(root, "InvoiceNumber")},
    ),
    "charset": (7, {"edit": lambda b: b.replace(b"ISO-8859-15", b"UTF-8", 1)}),
    "utf-8 bytes": (7, {"edit": lambda b: b.decode("iso-8859-15").encode()}),
    "doctype": (7, {"edit": lambda b: b.replace(b"?>", b"?><!DOCTYPE x>", 1)}),
    "cut off": (7, {"edit": lambda b: b[: len(b) // 2]}),
    "no payload": (7, {"edit": lambda b: b""}),
    "sender": (3, {"sender": "003700000000"}),
    "sender's bank": (3, {"sender_bank": SOUTH}),
    "receiver": (2, {"receiver": OTHER_ACCOUNT}),
    "receiver's bank": (2, {"receiver_bank": SOUTH}),
    "intermediator": (4, {"receiver_bank": "DABAFIHH"}),
    "frame order": (
        6,
        {
            "frame_edit": lambda text: text.replace(
                "<eb:CPAId>yoursandmycpa</eb:CPAId><eb:Service>Routing</eb:Service>",
                "<eb:Service>Routing</eb:Service><eb:CPAId>yoursandmycpa</eb:CPAId>",
            )
        },
    ),
    "frame constant": (6, {"frame_edit": lambda t: t.replace("yoursand", "my")}),
    "frame id": (
        6,
        {"change": setter("MessageIdentifier", "ANOTHER")},
    ),
    "subject": (6, {"change": setter("EpiPaymentInstructionId", "OTHER")}),
    "account": (6, {"change": setter("EpiAccountID", OTHER_ACCOUNT)}),
    "currency": (
        6,
        {
            "change": lambda root: root.find(".//EpiInstructedAmount").set(
                "AmountCurrencyIdentifier", "SEK"
            )
        },
    ),
    "copy": (6, {"change": setter("OriginCode", "Copy")}),
    "due too soon": (6, {"change": setter("EpiDateOptionDate", day(6))}),
    "due too late": (6, {"change": setter("EpiDateOptionDate", day(366))}),
    "reference": (6, {"change": setter("EpiRemittanceInfoIdentifier", "91901000012")}),
    "amount": (6, {"change": setter("EpiInstructedAmount", "1107,00")}),
    "rows": (6, {"change": setter("RowVatExcludedAmount", "880,00")}),
    "vat": (6, {"change": two_credit_amounts}),
    "bar code": (6, {"change": setter("VirtualBankBarcode", "4" + "0" * 53)}),
    "empty": (6, {"change": empty_element}),
    "tab": (6, {"change": setter("InvoiceTypeText", "LAS\tKU")}),
    "cancellation of nothing": (6, {"change": setter("OriginCode", "Cancel")}),
    "direct payment": (6, {"change": setter("InvoiceTypeCode", "INV09")}),
}


WORDS = {
    "utf-8 bytes": "UTF-8",
    "doctype": "document type declaration",
    "no payload": "No message follows",
    "frame order": "Order of the frame",
    "frame constant": "eb:CPAId",
    "frame id": "MessageIdentifier",
    "subject": "EpiPaymentInstructionId",
    "account": "was not announced",
    "currency": "SEK",
    "copy": "Copies",
    "due too soon": "2026-03-08",
    "due too late": "2027-03-03",
    "reference": "check digits",
    "amount": "To be paid 1107.00",
    "rows": "do not add up",
    "vat": "VAT 24 % of 899.00",
    "bar code": "The bar code",
    "empty": "Empty element",
    "tab": "Tab",
    "cancellation of nothing": "INV02",
    "direct payment": "has not ordered direct payment",
}


@official
@pytest.mark.parametrize("fault", CONTENT_FAULTS)
def test_refusal(bank: BankProcess, ordered: dict, fault: str) -> None:
    code, change = CONTENT_FAULTS[fault]
    message = bank.exchange(bank.invoice(ordered, **change))
    assert message["verdict"] == "refused"
    assert message["findings"][0]["code"] == code, message["findings"]
    assert WORDS.get(fault, "") in message["findings"][0]["text"]
    sent = {each["id"]: each for each in bank.state()["sent"]}[message["ack"]]
    frame, ack = halves((bank.folder / "inbox" / sent["file"]).read_bytes())
    valid(ack, "Finvoiceack.xsd")
    assert ack.findtext(f".//{ACK}Reason/{ACK}Code") == str(code)
    assert frame.findtext(f".//{EB}RefToMessageId") == message["message_id"]
    parties = [e.text for e in frame.iter(f"{EB}PartyId")]
    assert parties[:2] == [message["to"], message["to_intermediator"]]
    assert parties[2:] == [message["from"], message["from_intermediator"]]
    original = [e.text for e in ack.iter(f"{EB}PartyId")]
    assert original == parties[2:] + parties[:2]
    if fault == "schema":
        where = ack.findtext(f"{ACK}Error/{ACK}Location")
        assert re.match(r"line \d+, .*InvoiceNumber", where)


@official
def test_structure_is_checked_without_schemas(tmp_path: Path) -> None:
    bank = BankProcess(tmp_path, "--schemas", str(tmp_path / "none"))
    order = bank.order()
    assert bank.exchange(bank.invoice(order))["findings"] == []
    change = setter("InvoiceNumber", "9190100002")
    assert bank.exchange(bank.invoice(order, change=change))["findings"] == []
    message = bank.exchange(bank.invoice(order, change=lambda r: drop(r, "EpiCharge")))
    assert message["findings"][0]["code"] == 7
    assert message["findings"][0]["text"] == "Element EpiCharge is missing"
    assert bank.stop() == 0


@official
def test_sender_info_is_checked_and_noted(tmp_path: Path) -> None:
    bank = BankProcess(tmp_path)
    order = bank.order()
    info = halves(bank.inbox("receiverinfo")[0].read_bytes())[1]
    info.tag = "FinvoiceSenderInfo"
    put(info, "MessageTypeCode", "SENDERINFO")
    for element in info[info.index(info.find("SellerInvoiceDetails")) + 1 :]:
        info.remove(element)
    service = etree.SubElement(info.find("SellerInvoiceDetails"), "SellerServiceCode")
    service.text = "01"
    data = etree.tostring(info, encoding="ISO-8859-15", xml_declaration=True)
    receiver = {"receiver": "SENDERINFO"}
    message = bank.exchange(bank.invoice(order, edit=lambda _: data, **receiver))
    assert (message["findings"], message["verdict"]) == ([], "noted")
    wrong = bank.exchange(bank.invoice(order, **receiver))
    words = "The message is Finvoice, not FinvoiceSenderInfo"
    assert (wrong["findings"][0]["code"], wrong["findings"][0]["text"]) == (7, words)
    assert bank.stop() == 0


@official
def test_byte_order_mark(bank: BankProcess, ordered: dict) -> None:
    message = bank.exchange(b"\xef\xbb\xbf" + bank.invoice(ordered))
    assert message["findings"][0]["code"] == 7


@official
def test_same_id_and_time_twice(bank: BankProcess, ordered: dict) -> None:
    data = bank.invoice(ordered)
    assert bank.exchange(data)["verdict"] == "accepted"
    again = bank.exchange(data)
    assert [finding["code"] for finding in again["findings"]] == [5]


@official
def test_stopped_order_receives_nothing(bank: BankProcess) -> None:
    person = bank.post("customer", name="Only Once")["customer"]
    order = bank.order(customer=person["id"])
    bank.post("stop", order=order["id"])
    message = bank.exchange(bank.invoice(order))
    assert message["findings"][0]["code"] == 2


def credit(root: etree._Element) -> None:
    """The same invoice as a full cancellation: every amount negative."""
    put(root, "InvoiceTypeCode", "INV02")
    put(root, "OriginCode", "Cancel")
    drop(root, "VirtualBankBarcode")
    for element in root.iter(etree.Element):
        if element.get("AmountCurrencyIdentifier"):
            element.text = f"-{element.text}"


@official
def test_cancellation(tmp_path: Path) -> None:
    bank = BankProcess(tmp_path)
    order = bank.order()
    assert bank.exchange(bank.invoice(order))["verdict"] == "accepted"
    message = bank.exchange(bank.invoice(order, change=credit))
    assert message["findings"] == []
    statuses = [each["status"] for each in bank.state()["invoices"]]
    assert statuses == ["cancelled", "cancellation"]
    assert bank.stop() == 0


@official
def test_several_pairs_in_one_file(bank: BankProcess, ordered: dict) -> None:
    before = len(bank.state()["messages"])
    good, late = bank.invoice(ordered), {"change": setter("OriginCode", "Copy")}
    bank.send(good + b"\n" + bank.invoice(ordered, **late) + bank.invoice(ordered))
    found = bank.wait(lambda: bank.state()["messages"][before:])
    verdicts = [message["verdict"] for message in found]
    assert verdicts == ["accepted", "refused", "accepted"]

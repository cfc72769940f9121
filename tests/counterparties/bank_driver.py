"""Drives the demo bank from tests: its process, its API and correct invoices.

Invoices are made from the official anonymous sample, not by any addon.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("bank.py")
DATA = Path(os.environ.get("RECEIVABLES_TEST_DATA", PROJECT.parent / "shared" / "data"))
XSD = DATA / "finvoice" / "xsd"
SAMPLE = (
    DATA
    / "finvoice"
    / "samples"
    / "anon_finvoice_30_invoice_with_MessageTransmissionDetails.xml"
)
official = pytest.mark.skipif(
    not (XSD / "Finvoice3.0.xsd").is_file() or not SAMPLE.is_file(),
    reason=f"official Finvoice schemas and samples are not in {DATA}",
)

TODAY = dt.date(2026, 3, 2)
SENDER, SENDER_BANK = "003712345671", "NDEAFIHH"
NORTH, SOUTH = "NDEAFIHH", "OKOYFIHH"
ACCOUNT, OTHER_ACCOUNT = "FI2112345600000785", "FI5810171000000122"
SUBJECT = "SUBJECT-1"
EB = "{http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd}"
ACK = "{http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd}"

INVOICERS = [
    {
        "id": "power",
        "name": "Pohjolan Sähkö Oy",
        "business_id": "1234567-1",
        "sender_address": SENDER,
        "sender_intermediator": SENDER_BANK,
        "payment_subject": SUBJECT,
        "service_code": "01",
        "accounts": [{"iban": ACCOUNT, "bic": NORTH}],
        "identifiers": [
            {"label": "Customer number", "type": "09", "min": 3, "max": 12},
            {"label": "Earlier reference", "type": "01", "min": 4, "max": 20},
        ],
    }
]

FRAME = """<SOAP-ENV:Envelope \
xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" \
xmlns:xlink="http://www.w3.org/1999/xlink" \
xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">
<SOAP-ENV:Header><eb:MessageHeader SOAP-ENV:mustUnderstand="1" eb:version="2.0">
<eb:From><eb:PartyId>{sender}</eb:PartyId><eb:Role>Sender</eb:Role></eb:From>
<eb:From><eb:PartyId>{sender_bank}</eb:PartyId><eb:Role>Intermediator</eb:Role></eb:From>
<eb:To><eb:PartyId>{receiver}</eb:PartyId><eb:Role>Receiver</eb:Role></eb:To>
<eb:To><eb:PartyId>{receiver_bank}</eb:PartyId><eb:Role>Intermediator</eb:Role></eb:To>
<eb:CPAId>yoursandmycpa</eb:CPAId><eb:Service>Routing</eb:Service>
<eb:Action>ProcessInvoice</eb:Action>
<eb:MessageData><eb:MessageId>{message_id}</eb:MessageId>
<eb:Timestamp>{stamp}</eb:Timestamp></eb:MessageData>
</eb:MessageHeader></SOAP-ENV:Header>
<SOAP-ENV:Body><eb:Manifest eb:id="Manifest" eb:version="2.0">
<eb:Reference eb:id="Finvoice" xlink:href="{message_id}">
<eb:Schema eb:location="http://www.pankkiyhdistys.fi/finvoice.xsd" eb:version="3.0"/>
</eb:Reference></eb:Manifest></SOAP-ENV:Body></SOAP-ENV:Envelope>
"""


class BankProcess:
    """The bank running, with its folder and its JSON API."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        invoicers = folder / "invoicers.json"
        invoicers.write_text(json.dumps(INVOICERS), encoding="utf-8")
        command = [
            sys.executable,
            str(PROGRAM),
            *("--folder", str(folder), "--invoicers", str(invoicers)),
            *("--port", "0", "--poll", "0.05", "--today", TODAY.isoformat()),
            *("--schemas", str(XSD), *options),
        ]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.child.stdout is not None
        self.ready = self.child.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", self.ready)
        assert found, self.ready
        self.address = found[0]
        self.port = int(self.address.rsplit(":", 1)[1])
        self.number = 0

    def stop(self) -> int:
        self.child.terminate()
        code = self.child.wait(10)
        assert self.child.stdout is not None
        self.child.stdout.close()
        return code

    def fetch(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(self.address + path, body)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def post(self, name: str, /, **given: object) -> dict:
        status, body = self.fetch(f"/api/{name}", json.dumps(given).encode())
        return {"status_code": status, **json.loads(body)}

    def state(self) -> dict:
        return json.loads(self.fetch("/api/state")[1])

    def order(self, **given: object) -> dict:
        answer = self.post(
            "order",
            **{
                "customer": self.state()["customers"][0]["id"],
                "invoicer": "power",
                "bank": NORTH,
                "identifiers": ["CUST77", "1232"],
                **given,
            },
        )
        assert answer["status_code"] == 201, answer
        return answer["order"]

    def send(self, data: bytes, name: str | None = None) -> None:
        """Put a complete file into the outbox, as the invoicer does."""
        self.number += 1
        name = name or f"invoice-{self.number:03}.xml"
        part = self.folder / "outbox" / f".{name}.part"
        part.write_bytes(data)
        part.rename(part.with_name(name))

    def exchange(self, data: bytes) -> dict:
        """Send a file; the first message the bank read in it."""
        before = len(self.state()["messages"])
        self.send(data)
        return self.wait(lambda: self.state()["messages"][before:])[0]

    def wait(self, look: Callable[[], object]) -> object:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            found = look()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError("the bank did nothing for ten seconds")

    def inbox(self, kind: str = "") -> list[Path]:
        return sorted((self.folder / "inbox").glob(f"*{kind}.xml"))

    def invoice(self, order: dict, **given: object) -> bytes:
        return invoice(order, message_id=f"MSG-{time.monotonic_ns()}", **given)


def halves(data: bytes) -> tuple[etree._Element, etree._Element]:
    """Frame and payload of a file the bank has written."""
    end = b"</SOAP-ENV:Envelope>"
    frame, payload = data.split(end)
    payload = payload.strip()
    assert payload.startswith(b"<?xml version='1.0' encoding='ISO-8859-15'?>")
    return etree.fromstring(frame + end), etree.fromstring(payload)


def valid(payload: etree._Element, name: str) -> None:
    schema = etree.XMLSchema(etree.parse(str(XSD / name)))
    schema.assertValid(payload)


def put(root: etree._Element, path: str, text: str) -> None:
    element = root.find(f".//{path}")
    assert element is not None, path
    element.text = text


def setter(path: str, text: str) -> Callable:
    """A change to an invoice: this text in the first such element."""
    return lambda root: put(root, path, text)


def drop(root: etree._Element, path: str) -> None:
    element = root.find(f".//{path}")
    element.getparent().remove(element)


def day(distance: int) -> str:
    return f"{TODAY + dt.timedelta(distance):%Y%m%d}"


def sample(order: dict, frame: dict, change: Callable | None) -> bytes:
    """The official sample with this order's parties and a correct payment."""
    root = etree.parse(str(SAMPLE)).getroot()
    values = {
        "FromIdentifier": frame["sender"],
        "FromIntermediator": frame["sender_bank"],
        "ToIdentifier": frame["receiver"],
        "ToIntermediator": frame["receiver_bank"],
        "MessageIdentifier": frame["message_id"],
        "MessageTimeStamp": frame["stamp"],
        "BuyerOrganisationName": order["name"],
        "InvoiceDate": day(0),
        "InvoiceDueDate": day(21),
        "EpiDate": day(0),
        "EpiAccountID": ACCOUNT,
        "EpiDateOptionDate": day(21),
        "VirtualBankBarcode": "4" + ACCOUNT[2:] + "00110600" + "000"
        "00000000091901000011" + day(21)[2:],
    }
    for path, text in values.items():
        put(root, path, text)
    for element in root.iter("{*}Amount", "{*}BaseAmount"):
        element.set("AmountCurrencyIdentifier", "EUR")
    payment = root.find(".//EpiPaymentInstructionDetails")
    subject = etree.Element("EpiPaymentInstructionId")
    subject.text = SUBJECT
    payment.insert(0, subject)
    if change:
        change(root)
    return etree.tostring(root, encoding="ISO-8859-15", xml_declaration=True)


def invoice(
    order: dict,
    message_id: str,
    change: Callable | None = None,
    edit: Callable[[bytes], bytes] | None = None,
    frame_edit: Callable[[str], str] | None = None,
    **given: str,
) -> bytes:
    frame = {
        "sender": SENDER,
        "sender_bank": SENDER_BANK,
        "receiver": order["address"],
        "receiver_bank": order["bank"],
        "message_id": message_id,
        "stamp": f"{TODAY}T10:00:00+02:00",
        **given,
    }
    payload = sample(order, frame, change)
    text = FRAME.format(**frame)
    text = frame_edit(text) if frame_edit else text
    return text.encode("iso-8859-15") + (edit(payload) if edit else payload)

"""A bank in the process of its own tests, and invoices for it from the official sample.

No addon has a hand in them: what is wrong with an invoice is what a test changed.
"""

import functools
import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from counterparties.bank import setup
from counterparties.bank.incoming import Incoming
from counterparties.bank.netbank import Bank
from counterparties.bank.pages import application
from counterparties.bank.records import Folder, Records
from counterparties.bank.schemas import Schemas

PROJECT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("RECEIVABLES_TEST_DATA", PROJECT.parent / "shared" / "data"))
XSD = DATA / "finvoice" / "xsd"
SAMPLE = (
    DATA
    / "finvoice/samples/anon_finvoice_30_invoice_with_MessageTransmissionDetails.xml"
)
official = pytest.mark.skipif(
    not (XSD / "Finvoice3.0.xsd").is_file() or not SAMPLE.is_file(),
    reason=f"official Finvoice schemas and samples are not in {DATA}",
)

TODAY = date(2026, 3, 2)
SENDER, SENDER_BANK = "003712345671", "NDEAFIHH"
NORTH, SOUTH = "NDEAFIHH", "OKOYFIHH"
ACCOUNT, OTHER_ACCOUNT = "FI2112345600000785", "FI5810171000000122"
SUBJECT = "SUBJECT-1"
CHARSET = "ISO-8859-15"
EB = "{http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd}"
ACK = "{http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd}"
Row = dict[str, Any]
Change = Callable[[etree._Element], object]

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


class PlayedBank:
    """A bank with its folder, its pages and its JSON API."""

    def __init__(self, folder: Path, schemas: Path = XSD) -> None:
        self.folder = folder
        self.banks = setup.read_banks(list(setup.BANKS))
        invoicers = setup.read_invoicers(write_invoicers(folder))
        self.bank = Bank(
            *(Records(), Folder(folder), compiled(schemas)),
            *(self.banks, TODAY),
        )
        self.bank.register.begin(invoicers)
        incoming = Incoming(self.bank, max_file=100_000)
        self.pages = application(self.bank, incoming, limit=65_536).test_client()
        self.aino = self.post("customer", name="Aino Mäkinen")["customer"]["id"]
        self.number = 0

    def post(self, action: str, /, **given: object) -> Row:
        """Do something through its JSON API: the answer, and its status."""
        answer = self.pages.post(f"/api/{action}", json=given)
        return {"status_code": answer.status_code, **answer.get_json()}

    def state(self) -> Row:
        """Everything it knows."""
        return self.pages.get("/api/state").get_json()

    def order(self, **given: object) -> Row:
        """An order of Aino's, or what is given."""
        usual = {"customer": self.aino, "invoicer": "power", "bank": NORTH}
        usual["identifiers"] = ["CUST77", "1232"]
        answer = self.post("order", **{**usual, **given})
        assert answer["status_code"] == 201, answer
        return answer["order"]

    def invoice(
        self,
        order: Row,
        change: Change | None = None,
        edit: Callable[[bytes], bytes] = bytes,
        frame_edit: Callable[[str], str] = str,
        **given: str,
    ) -> bytes:
        """A file with a correct invoice for an order, and what was done to it.

        :param change: does it to the invoice as XML
        :param edit: does it to the bytes of the invoice
        :param frame_edit: does it to the text of the frame
        :param given: parties of the frame
        """
        self.number += 1
        frame = {
            "sender": SENDER,
            "sender_bank": SENDER_BANK,
            "receiver": order["address"],
            "receiver_bank": order["bank"],
            "message_id": f"MSG-{self.number}",
            "stamp": f"{TODAY}T10:00:00+02:00",
            **given,
        }
        text = frame_edit(FRAME.format(**frame))
        return text.encode(CHARSET) + edit(sample(order, frame, change))

    def exchange(self, data: bytes, name: str = "") -> list[Row]:
        """Send a file; what the bank says of the messages in it."""
        self.number += 1
        outbox = self.folder / "outbox"
        (outbox / (name or f"file-{self.number}.xml")).write_bytes(data)
        before = len(self.state()["messages"])
        self.post("poll")
        assert not list(outbox.iterdir())
        return self.state()["messages"][before:]

    def verdict(self, order: Row, **change: Any) -> Row:
        """What the bank says of an invoice."""
        [message] = self.exchange(self.invoice(order, **change))
        return message

    def inbox(self, kind: str = "") -> list[Path]:
        """What it has delivered."""
        return sorted((self.folder / "inbox").glob(f"*{kind}.xml"))


def write_invoicers(folder: Path) -> Path:
    """What the invoicers have announced, in a file."""
    path = folder / "invoicers.json"
    path.write_text(json.dumps(INVOICERS), encoding="utf-8")
    return path


@functools.cache
def compiled(folder: Path) -> Schemas:
    """The official schemas of a folder, read once."""
    return Schemas(folder)


def halves(data: bytes) -> tuple[etree._Element, etree._Element]:
    """Frame and payload of a file the bank has written."""
    end = b"</SOAP-ENV:Envelope>"
    frame, payload = data.split(end)
    payload = payload.strip()
    assert payload.startswith(b"<?xml version='1.0' encoding='ISO-8859-15'?>")
    return etree.fromstring(frame + end), etree.fromstring(payload)


def valid(payload: etree._Element, name: str) -> None:
    """Fail unless an official schema finds nothing wrong."""
    etree.XMLSchema(etree.parse(str(XSD / name))).assertValid(payload)


def put(root: etree._Element, path: str, text: str) -> None:
    """This text in the first such element."""
    element = root.find(f".//{path}")
    assert element is not None, path
    element.text = text


def setter(path: str, text: str) -> Change:
    """A change to an invoice."""
    return lambda root: put(root, path, text)


def drop(root: etree._Element, path: str) -> None:
    """Remove the first such element."""
    element = root.find(f".//{path}")
    element.getparent().remove(element)


def day(distance: int) -> str:
    """A day so far from the one that is played."""
    return f"{TODAY + timedelta(distance):%Y%m%d}"


def sample(order: Row, frame: dict[str, str], change: Change | None) -> bytes:
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
    subject = etree.Element("EpiPaymentInstructionId")
    subject.text = SUBJECT
    root.find(".//EpiPaymentInstructionDetails").insert(0, subject)
    if change:
        change(root)
    return etree.tostring(root, encoding=CHARSET, xml_declaration=True)

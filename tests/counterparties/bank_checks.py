"""One frame + Finvoice pair against the books of the receiving bank.

Codes are those of Finvoiceack (guidelines chapter 21): 2 receiver, 3 service
agreement, 4 intermediator, 5 id used, 6 other, 7 schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bank_contents import (
    ACCOUNT,
    AMOUNT,
    DUE,
    EPI_PARTY,
    INVOICE,
    PAYMENT,
    SUBJECT,
    TOTAL,
    check_contents,
    fault_at,
    summary,
    text_at,
)
from bank_frame import (
    CHARSET,
    Finding,
    Frame,
    Schemas,
    byte_findings,
    declared_charset,
    local,
    parser,
)
from lxml import etree

# What the schema makes mandatory, for when the official one is absent.
_MANDATORY = (
    "SellerPartyDetails/SellerOrganisationName",
    "BuyerPartyDetails/BuyerOrganisationName",
    *(
        f"{INVOICE}/{name}"
        for name in ("InvoiceTypeCode", "InvoiceTypeText", "OriginCode")
    ),
    f"{INVOICE}/InvoiceNumber",
    f"{INVOICE}/InvoiceDate",
    TOTAL,
    "InvoiceRow",
    "EpiDetails/EpiIdentificationDetails/EpiDate",
    "EpiDetails/EpiIdentificationDetails/EpiReference",
    f"{EPI_PARTY}/EpiBfiPartyDetails",
    ACCOUNT,
    AMOUNT,
    f"{PAYMENT}/EpiCharge",
    DUE,
)
_BLOCKS = (
    "MessageTransmissionDetails",
    "SellerPartyDetails",
    "BuyerPartyDetails",
    "InvoiceDetails",
    "InvoiceRow",
    "EpiDetails",
)


# Fixed receivers of the notification service and the message each one takes.
# They are checked and noted; the invoicers on offer are those of the start file.
MAILBOXES = {"SENDERINFO": "FinvoiceSenderInfo", "PROPOSAL": "ReceiverProposal"}


@dataclass
class Agreements:
    """What the checks ask the bank's books."""

    today: dt.date
    schemas: Schemas
    banks: set[str]
    seen: Callable[[Frame], bool]
    invoicers: Callable[[str, str], list[dict]]
    orders: Callable[[str, str], list[dict]]
    cancellable: Callable[[Frame, dict], dict | None]


@dataclass
class Verdict:
    """Faults in the order they were found, and what was read on the way."""

    findings: list[Finding] = field(default_factory=list)
    root: etree._Element | None = None
    invoicer: dict | None = None
    order: dict | None = None
    cancels: dict | None = None
    sender_known: bool = False


def check_message(
    raw: bytes, frame: Frame, frame_bytes: bytes, payload: bytes, books: Agreements
) -> Verdict:
    """All checks of one pair. Schema faults first, then the frame, the parties
    and last the contents; every fault is reported, the first names the code."""
    verdict = Verdict()
    found = verdict.findings
    found += byte_findings(raw)
    expected = MAILBOXES.get(frame.receiver, "Finvoice")
    verdict.root, reading = _read_payload(payload, expected)
    found += reading
    if verdict.root is not None and not reading:
        found += _structure(verdict.root, expected, books.schemas)
    if books.seen(frame):
        found.append(Finding(5, "MessageId and Timestamp have been used before"))
    found += frame.findings
    found += books.schemas.frame_findings(frame_bytes)
    found += _parties(frame, verdict, books)
    readable = verdict.root is not None and not any(f.code == 7 for f in found)
    if readable and expected == "Finvoice":
        found += _contents(frame, verdict, books)
    found.sort(key=lambda finding: finding.code != 7)
    return verdict


def _read_payload(
    payload: bytes, expected: str
) -> tuple[etree._Element | None, list[Finding]]:
    """The payload as XML; anything unreadable is a schema fault (7)."""
    body = payload.strip()
    if not body:
        return None, [Finding(7, "No message follows the transport frame")]
    if b"<!DOCTYPE" in body:
        return None, [Finding(7, "The message has a document type declaration")]
    found = []
    charset = declared_charset(body)
    if charset is None or charset.upper() != CHARSET:
        found.append(Finding(7, f"The message is declared as {charset or 'nothing'}"))
    try:
        root = etree.fromstring(body, parser())
    except (etree.XMLSyntaxError, LookupError) as error:
        words = getattr(error, "msg", "") or str(error)
        return None, [*found, Finding(7, f"The message is not XML: {words}")]
    if root.tag != expected:
        found.append(Finding(7, f"The message is {local(root)}, not {expected}", "/"))
    return root, found


def _structure(root: etree._Element, expected: str, schemas: Schemas) -> list[Finding]:
    """The official schema, or the mandatory elements and the order of blocks."""
    if expected in schemas.compiled or expected != "Finvoice":
        return schemas.findings(expected, root, 7)
    found = [
        fault_at(root, path, f"Element {path.rsplit('/', 1)[-1]} is missing", 7)
        for path in _MANDATORY
        if root.find(path) is None
    ]
    blocks = [_BLOCKS.index(local(e)) for e in root if local(e) in _BLOCKS]
    if blocks != sorted(blocks):
        found.append(Finding(7, "The blocks of the message are out of order", "/"))
    return found


def _parties(frame: Frame, verdict: Verdict, books: Agreements) -> Iterator[Finding]:
    """Intermediator (4), sender's agreement (3) and receiver's order (2)."""
    if frame.receiver_intermediator not in books.banks:
        yield Finding(4, f"Intermediator {frame.receiver_intermediator} is not known")
        return
    if frame.receiver in MAILBOXES:
        return
    invoicers = books.invoicers(frame.sender, frame.sender_intermediator)
    if not invoicers:
        yield Finding(
            3,
            f"No service agreement for sender {frame.sender} "
            f"at {frame.sender_intermediator}",
        )
        return
    verdict.sender_known = True
    subject = text_at(verdict.root, SUBJECT) if verdict.root is not None else ""
    announced = {invoicer["payment_subject"]: invoicer for invoicer in invoicers}
    verdict.invoicer = announced.get(subject)
    keys = {invoicer["id"] for invoicer in announced.values()}
    if verdict.invoicer:
        keys = {verdict.invoicer["id"]}
    orders = books.orders(frame.receiver, frame.receiver_intermediator)
    orders = [order for order in orders if order["invoicer"] in keys]
    if not orders:
        yield Finding(2, f"{frame.receiver} has no order for invoices of this sender")
        return
    verdict.order = orders[-1]


def _contents(frame: Frame, verdict: Verdict, books: Agreements) -> list[Finding]:
    root = verdict.root
    assert root is not None
    service = verdict.order["service"] if verdict.order else None
    found = check_contents(root, frame, books.today, verdict.invoicer, service)
    if verdict.invoicer is None and verdict.sender_known:
        fault = f"EpiPaymentInstructionId {text_at(root, SUBJECT)!r} was not announced"
        found.append(fault_at(root, SUBJECT, fault))
    if text_at(root, f"{INVOICE}/OriginCode") == "Cancel":
        verdict.cancels = books.cancellable(frame, summary(root))
        if verdict.cancels is None:
            fault = "Cancellation could not be allocated"
            found.append(fault_at(root, f"{INVOICE}/OriginCode", fault))
    return found

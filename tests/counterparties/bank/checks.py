"""One frame + Finvoice pair against the books of the receiving bank.

Codes are those of Finvoiceack (guidelines chapter 21): 2 receiver, 3 service
agreement, 4 intermediator, 5 id used, 6 other, 7 schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from counterparties.bank import proposals, register
from counterparties.bank.calendar import open_days_until
from counterparties.bank.contents import (
    CREDIT_NOTE,
    DIRECT_PAYMENT,
    ORIGIN,
    SUBJECT,
    check_contents,
    fault_at,
    missing,
    summary,
    text_at,
)
from counterparties.bank.frame import (
    CHARSET,
    Finding,
    Frame,
    byte_findings,
    declared_charset,
    frame_findings,
    frame_root,
    local,
    parser,
    read_frame,
)
from counterparties.bank.netbank import WAITING, Bank
from counterparties.bank.values import Row, parse_amount, parse_date

# Fixed receivers of the notification service and the message each one takes.
MAILBOXES = {
    register.MAILBOX: register.ROOT,
    proposals.MAILBOX: proposals.ROOT,
}
STATUS = {CREDIT_NOTE: "credit note", DIRECT_PAYMENT: "direct payment"}


@dataclass
class Verdict:
    """Faults in the order they were found, and what was read on the way."""

    frame: Frame
    findings: list[Finding] = field(default_factory=list)
    root: etree._Element | None = None
    invoicer: Row | None = None
    order: Row | None = None
    cancels: Row | None = None
    sender_known: bool = False

    def invoice(self) -> Row:
        """What the netbank shows, once nothing is wrong with it."""
        shown = summary(self.root)
        status = STATUS.get(shown["type"], "open")
        return {
            **shown,
            **self.frame._asdict(),
            "status": "cancellation" if self.cancels else status,
            "order": self.order["id"],
            "customer": self.order["customer"],
            "bank": self.frame.receiver_intermediator,
        }


def judge(head: bytes, payload: bytes, bank: Bank) -> Verdict:
    """All checks of one pair. Schema faults first, then the frame, the parties
    and last the contents; every fault is reported, the first names the code.

    :param head: the bytes of the frame; Unreadable when nobody could be answered
    """
    root = frame_root(head)
    verdict = Verdict(read_frame(root))
    frame = verdict.frame
    found = verdict.findings
    found += byte_findings(head + payload)
    expected = MAILBOXES.get(frame.receiver, "Finvoice")
    try:
        verdict.root = _read(payload.strip())
    except ValueError as error:
        found.append(Finding(7, str(error)))
    else:
        found += _structure(verdict.root, payload, expected, bank)
    if bank.has_seen(frame):
        found.append(Finding(5, "MessageId and Timestamp have been used before"))
    found += frame_findings(head, root)
    found += bank.schemas.frame_findings(root)
    found += _parties(verdict, bank)
    if expected == "Finvoice" and not any(finding.code == 7 for finding in found):
        found += _contents(verdict, bank)
    if frame.receiver == register.MAILBOX and not found:
        found += bank.register.check(verdict.root, frame)
    if frame.receiver == proposals.MAILBOX and not found:
        found += proposals.check(verdict.root, frame, bank)
    found.sort(key=lambda finding: finding.code != 7)
    return verdict


def _read(body: bytes) -> etree._Element:
    """The payload as XML; ValueError says why it is none."""
    if not body:
        raise ValueError("No message follows the transport frame")
    if b"<!DOCTYPE" in body:
        raise ValueError("The message has a document type declaration")
    try:
        return etree.fromstring(body, parser())
    except (etree.XMLSyntaxError, LookupError) as error:
        raise ValueError(f"The message is not XML: {error}") from error


def _structure(
    root: etree._Element, payload: bytes, expected: str, bank: Bank
) -> Iterator[Finding]:
    """Charset, kind, and the official schema or at least the mandatory elements."""
    charset = declared_charset(payload)
    if charset is None or charset.upper() != CHARSET:
        yield Finding(7, f"The message is declared as {charset or 'nothing'}")
    if root.tag != expected:
        yield Finding(7, f"The message is {local(root)}, not {expected}", "/")
        return
    yield from bank.schemas.findings(expected, root, 7)
    if expected == "Finvoice" and expected not in bank.schemas.compiled:
        yield from missing(root)


def _parties(verdict: Verdict, bank: Bank) -> Iterator[Finding]:
    """Intermediator (4), sender's agreement (3) and receiver's order (2)."""
    frame = verdict.frame
    bic = frame.receiver_intermediator
    if bic not in bank.banks:
        yield Finding(4, f"Intermediator {bic} is not known")
        return
    if frame.receiver in MAILBOXES:
        return
    announced = {
        invoicer["payment_subject"]: invoicer
        for invoicer in bank.register.announced(
            bic,
            sender_address=frame.sender,
            sender_intermediator=frame.sender_intermediator,
        )
    }
    if not announced:
        who = f"sender {frame.sender} at {frame.sender_intermediator}"
        yield Finding(3, f"No service agreement for {who}")
        return
    verdict.sender_known = True
    subject = text_at(verdict.root, SUBJECT) if verdict.root is not None else ""
    verdict.invoicer = announced.get(subject)
    meant = [verdict.invoicer] if verdict.invoicer else announced.values()
    keys = {invoicer["key"] for invoicer in meant}
    for order in bank.books.all(
        "order", status="active", address=frame.receiver, bank=bic
    ):
        if order["invoicer"] in keys:
            verdict.order = order
    if not verdict.order:
        yield Finding(2, f"{frame.receiver} has no order for invoices of this sender")


def _contents(verdict: Verdict, bank: Bank) -> Iterator[Finding]:
    frame, root, today = verdict.frame, verdict.root, bank.now().date()
    service = verdict.order["service"] if verdict.order else None
    yield from check_contents(root, frame, today, verdict.invoicer, service)
    if verdict.invoicer is None and verdict.sender_known:
        fault = f"EpiPaymentInstructionId {text_at(root, SUBJECT)!r} was not announced"
        yield fault_at(root, SUBJECT, fault)
    if text_at(root, ORIGIN) == "Cancel":
        verdict.cancels = _cancelled(frame, summary(root), bank)
        if verdict.cancels is None:
            yield fault_at(root, ORIGIN, "Cancellation could not be allocated")


def _cancelled(frame: Frame, credit: Row, bank: Bank) -> Row | None:
    """The waiting invoice a cancellation is for: same payment, amount negative, in time
    (guidelines 10.14): four banking days before it is due at the invoicer's own bank,
    one where that is the consumer's bank too."""
    amount = parse_amount(credit["amount"])
    same = {key: credit[key] for key in ("due", "account", "reference", "subject")}
    parties = {key: getattr(frame, key) for key in ("sender", "receiver")}
    is_one_bank = frame.sender_intermediator == frame.receiver_intermediator
    for invoice in bank.books.all("invoice", **parties, **same):
        known, due = parse_amount(invoice["amount"]), parse_date(invoice["due"])
        if invoice["status"] not in WAITING or None in (amount, known, due):
            continue
        left = open_days_until(bank.now().date(), due)
        if known == -amount and left >= (1 if is_one_bank else 4):
            return invoice
    return None

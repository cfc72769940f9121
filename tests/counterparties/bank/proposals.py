"""Proposals of invoicers to consumers (ReceiverProposal), as a bank takes them.

From the notification service guidelines, 2: the bank finds the consumer by an account
number, shows the proposal, and answers with an order that names it, or refuses it:
801 no such notification, 805 the receiver is a company, 806 declined, 807 not found.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from counterparties.bank.frame import Finding, Frame
from counterparties.bank.netbank import Bank
from counterparties.bank.register import identifiers_in, text_in
from counterparties.bank.values import Row
from counterparties.common.web import Refusal

MAILBOX, ROOT = "PROPOSAL", "ReceiverProposal"
DECLINED = 806
_ADDRESS = "InvoiceRecipientDetails/InvoiceRecipientAddress"


def check(root: etree._Element, frame: Frame, bank: Bank) -> Iterator[Finding]:
    """What a bank refuses a proposal for; the form has been checked."""
    if not _invoicer(root, frame, bank):
        yield Finding(801, "SenderInfo not found")
    if not _customer(root, frame, bank):
        yield Finding(807, "The proposal cannot be allocated")


def _invoicer(root: etree._Element, frame: Frame, bank: Bank) -> Row | None:
    for row in bank.register.announced(
        frame.receiver_intermediator,
        sender_address=frame.sender,
        sender_intermediator=frame.sender_intermediator,
        payment_subject=text_in(
            root, "SellerInvoiceDetails/PaymentInstructionIdentifier"
        ),
        sender_info_id=text_in(root, "MessageDetails/SenderInfoIdentifier"),
    ):
        return row
    return None


def _customer(root: etree._Element, frame: Frame, bank: Bank) -> Row | None:
    """Who has the account, under the name that the proposal says."""
    address, name = text_in(root, _ADDRESS), _name(root)
    for row in bank.books.all("customer", name=name):
        if row["ibans"].get(frame.receiver_intermediator) == address:
            return row
    return None


def _name(root: etree._Element) -> str:
    return text_in(root, "BuyerPartyDetails/BuyerOrganisationName")


def enter(root: etree._Element, frame: Frame, bank: Bank) -> Row:
    """Show a good proposal to its consumer."""
    invoicer, customer = _invoicer(root, frame, bank), _customer(root, frame, bank)
    return bank.books.add(
        "proposal",
        {
            **frame._asdict(),
            "bank": frame.receiver_intermediator,
            "customer": customer["id"],
            "invoicer": invoicer["key"],
            "seller": invoicer["name"],
            "text": text_in(root, "RPFreeText"),
            "identifiers": identifiers_in(root),
            "status": "open",
        },
    )


def accept(given: Row, bank: Bank) -> Row:
    """Order what was proposed: ReceiverInfo ADD that names the proposal."""
    proposal = _open(given, bank)
    answer = bank.order(
        {
            **{key: proposal[key] for key in ("customer", "bank", "invoicer")},
            "identifiers": given.get("identifiers") or proposal["identifiers"],
            "answers": proposal["message_id"],
        }
    )
    bank.books.update(proposal, status="accepted")
    return answer


def decline(given: Row, bank: Bank) -> Row:
    """Say no: Finvoiceack 806."""
    proposal = _open(given, bank)
    original = Frame(*(proposal[name] for name in Frame._fields))
    sent = bank.acknowledge(original, [Finding(DECLINED, "Receiver declined")])
    bank.books.update(proposal, status="declined")
    return {"message": sent, "proposal": proposal}


def _open(given: Row, bank: Bank) -> Row:
    proposal = bank.record("proposal", given.get("proposal"))
    if proposal["status"] != "open":
        raise Refusal(409, "This proposal has been answered already.")
    return proposal

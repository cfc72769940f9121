"""ReceiverProposal: an invoicer proposes e-invoices to a consumer through a bank.

Rules: Finvoice notification service guidelines, 2; schema of 1.4.2013 (version 1.0).
The consumer sees the proposal in the netbank, and accepts it there: then the bank sends
an order (ReceiverInfo) whose frame refers to the proposal. What a bank cannot show, and
what a consumer declines, it answers by Finvoiceack (805-807).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from lxml import etree

from . import finvoice_elements as element
from . import text
from .ebxml_frame import Frame, write_frame
from .errors import FormatError
from .finvoice_schema import check
from .receiver_info import Identifier
from .sender_info import Terms, invoices, seller, sender

ROOT = "ReceiverProposal"
#: where a bank takes these messages, in place of a receiver's address
MAILBOX = "PROPOSAL"
LONGEST_TEXT = 420

_ROOT = f'<{ROOT} Version="1.0">'
_OPENING = f'<?xml version="1.0" encoding="{text.ENCODING}"?>\n'
_TYPE = "RECEIVERPROPOSAL"
_TYPE_TEXT = "RECEIVER PROPOSAL"
_NORMAL = "00"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One consumer who is asked.

    ``identifier`` is that of the invoicer notification whose ``terms`` the bank knows.
    ``address`` is an account number of the consumer, by which the bank finds who it is,
    and ``bank`` its BIC. ``identifiers`` are what the consumer would type (at most two,
    1-35 characters); ``free_text`` is at most 420 characters.
    """

    identifier: str
    message_date: date
    terms: Terms
    name: str
    address: str
    bank: str
    identifiers: tuple[Identifier, ...] = ()
    street: str = ""
    town: str = ""
    postcode: str = ""
    country_code: str = ""
    free_text: str = ""


def write_file(proposals: Iterable[tuple[Proposal, Frame]]) -> bytes:
    """The checked proposals of one bank, each with its frame before it.

    :raises FormatError: a value is missing or does not fit
    """
    return b"\n".join(write_message(*each) for each in proposals)


def write_message(proposal: Proposal, frame: Frame) -> bytes:
    """One checked proposal with its frame before it.

    :raises FormatError: a value is missing or does not fit
    """
    document = write_proposal(proposal)
    try:
        head = write_frame(frame, ROOT)
    except FormatError as error:
        raise error.within("transmission") from None
    return head + b"\n" + document


def write_proposal(proposal: Proposal) -> bytes:
    """The checked document without its frame.

    :raises FormatError: a value is missing or does not fit
    """
    body = _write(proposal)
    check(etree.fromstring(body), ROOT)
    return (_OPENING + body).encode(text.ENCODING)


def _write(proposal: Proposal) -> str:
    # the schema has no place for them here
    terms = replace(proposal.terms, industry_code="", service="")
    return "".join(
        (
            _ROOT,
            element.block(
                "MessageDetails",
                element.plain("MessageTypeCode", _TYPE),
                element.plain("MessageTypeText", _TYPE_TEXT),
                element.plain("MessageActionCode", "ADD"),
                element.plain("MessageActionCodeIdentifier", _NORMAL),
                element.day("MessageDate", proposal.message_date),
                element.identity(
                    "SenderInfoIdentifier", proposal.identifier, "identifier", 48
                ),
            ),
            seller(terms),
            sender(terms),
            invoices(terms),
            _buyer(proposal),
            _recipient(proposal),
            element.described(
                "RPFreeText", proposal.free_text, "free_text", LONGEST_TEXT, 0
            ),
            f"</{ROOT}>",
        )
    )


def _buyer(proposal: Proposal) -> str:
    return element.block(
        "BuyerPartyDetails",
        element.described("BuyerOrganisationName", proposal.name, "buyer.name", 70, 2),
        _postal_address(proposal),
    )


def _postal_address(proposal: Proposal) -> str:
    if not (proposal.street and proposal.town and proposal.postcode):
        return ""
    return element.block(
        "BuyerPostalAddressDetails",
        element.described("BuyerStreetName", proposal.street, "buyer.street", 35, 2),
        element.described("BuyerTownName", proposal.town, "buyer.town", 35, 2),
        element.described(
            "BuyerPostCodeIdentifier", proposal.postcode, "buyer.postcode", 48
        ),
        element.plain("CountryCode", proposal.country_code),
    )


def _recipient(proposal: Proposal) -> str:
    return element.block(
        "InvoiceRecipientDetails",
        element.identity(
            "InvoiceRecipientAddress", proposal.address, "transmission.receiver", 35, 2
        ),
        element.identity(
            "InvoiceRecipientIntermediatorAddress",
            proposal.bank,
            "transmission.receiver_intermediator",
            *(11, 8),
        ),
        *(
            element.plain(
                "SellerInvoiceIdentifier",
                text.identity(each.value, f"identifiers[{number}].value", 1, 35),
                element.attribute("SellerInvoiceIdentifierType", each.type),
            )
            for number, each in enumerate(proposal.identifiers)
        ),
    )

"""The parties' blocks of a consumer's Finvoice: who sends, sells, buys, receives."""

from __future__ import annotations

from functools import lru_cache

from . import finvoice_elements as element
from . import values
from .ebxml_frame import Frame
from .errors import FormatError
from .finvoice_model import Account, Party

IBAN = element.attribute("IdentificationSchemeName", "IBAN")
BIC = element.attribute("IdentificationSchemeName", "BIC")
# The schema lets names repeat without limit; this is beyond any real one.
_MOST_NAMES = 10


def transmission(sent: Frame) -> str:
    """MessageTransmissionDetails: says again what the frame says; banks compare."""
    at = "transmission"
    return element.block(
        "MessageTransmissionDetails",
        _address("Sender", "From", sent.sender, sent.sender_intermediator),
        _address("Receiver", "To", sent.receiver, sent.receiver_intermediator),
        element.block(
            "MessageDetails",
            element.identity(
                "MessageIdentifier", sent.message_id, f"{at}.message_id", 48, 2
            ),
            element.plain(
                "MessageTimeStamp", values.timestamp(sent.timestamp, f"{at}.timestamp")
            ),
        ),
    )


@lru_cache(maxsize=1024)
def _address(side: str, prefix: str, address: str, intermediator: str) -> str:
    """One side's address; cached because many consumers share one bank's."""
    field = f"transmission.{side.lower()}"
    via = f"{field}_intermediator"
    return element.block(
        f"Message{side}Details",
        element.identity(f"{prefix}Identifier", address, field, 35, 2),
        element.identity(f"{prefix}Intermediator", intermediator, via, 35, 2),
    )


@lru_cache(maxsize=128)
def seller(party: Party, account: Account) -> str:
    """The seller's blocks, written once: one seller sends thousands of invoices."""
    if not party.identifier.strip():
        raise FormatError("missing", "seller.identifier")
    website, registered = party.website, party.vat_registration_text
    return _party("Seller", party, "seller", 70) + element.block(
        "SellerInformationDetails",
        element.described(
            "SellerVatRegistrationText",
            registered,
            "seller.vat_registration_text",
            35,
            0,
        ),
        element.described(
            "SellerWebaddressIdentifier", website, "seller.website", 70, 0
        ),
        element.block(
            "SellerAccountDetails",
            element.plain("SellerAccountID", account.iban, IBAN),
            element.plain("SellerBic", account.bic, BIC),
        ),
    )


def recipient(party: Party) -> str:
    """InvoiceRecipientPartyDetails: who gets the invoice in the buyer's place."""
    return _party("InvoiceRecipient", party, "recipient", 35)


def buyer(party: Party) -> str:
    """BuyerPartyDetails and how the buyer is reached."""
    return _party("Buyer", party, "buyer", 70)


def delivery(party: Party) -> str:
    """DeliveryPartyDetails and how the receiver is reached."""
    return _party("Delivery", party, "delivery", 35)


def _party(kind: str, party: Party, at: str, width: int) -> str:
    identifier, vat_number = party.identifier, party.vat_number
    return element.block(
        f"{kind}PartyDetails",
        element.identity(
            f"{kind}PartyIdentifier", identifier, f"{at}.identifier", 35, 0
        ),
        element.spread(
            f"{kind}OrganisationName", party.name, f"{at}.name", width, _MOST_NAMES, 2
        ),
        element.identity(
            f"{kind}OrganisationTaxCode", vat_number, f"{at}.vat_number", 35, 0
        ),
        element.block(
            f"{kind}PostalAddressDetails",
            element.spread(f"{kind}StreetName", party.street, f"{at}.street", 35, 3, 2),
            _town(kind, at, party.town, party.postcode),
            element.plain("CountryCode", party.country_code),
            element.described(
                "CountryName", party.country_name, f"{at}.country_name", 35, 0
            ),
        ),
    ) + _communication(kind, party, at)


@lru_cache(maxsize=1024)
def _town(kind: str, at: str, town: str, postcode: str) -> str:
    """Town and postcode; cached because many consumers live in one town."""
    tag, field = f"{kind}PostCodeIdentifier", f"{at}.postcode"
    return element.described(
        f"{kind}TownName", town, f"{at}.town", 35, 2
    ) + element.described(tag, postcode, field, 35, 2)


def _communication(kind: str, party: Party, at: str) -> str:
    phone = element.described(
        f"{kind}PhoneNumberIdentifier", party.phone, f"{at}.phone", 35, 0
    )
    email = element.identity(
        f"{kind}EmailaddressIdentifier", party.email, f"{at}.email", 70, 0
    )
    name = f"{kind}ContactPersonName"
    contact = element.described(name, party.contact, f"{at}.contact", 70, 0)
    ways = phone + email
    return contact + (
        element.block(f"{kind}CommunicationDetails", ways) if ways else ""
    )

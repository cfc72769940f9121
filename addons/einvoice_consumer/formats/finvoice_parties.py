"""The parties' blocks of a consumer's Finvoice: who sends, sells, buys, receives."""

from __future__ import annotations

import re
from functools import lru_cache

from . import finvoice_elements as element
from . import values
from .errors import FormatError
from .finvoice_model import Account, Party, Transmission
from .finvoice_rules import check_account, compact_iban
from .text import latin9

IBAN = element.attribute("IdentificationSchemeName", "IBAN")
BIC = element.attribute("IdentificationSchemeName", "BIC")
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
# The schema lets names repeat without limit; this is beyond any real one.
_MOST_NAMES = 10


def transmission(sent: Transmission) -> str:
    """MessageTransmissionDetails."""
    via_sender, via_receiver = sent.sender_intermediator, sent.receiver_intermediator
    return element.block(
        "MessageTransmissionDetails",
        _address("Sender", "From", sent.sender, via_sender),
        _address("Receiver", "To", sent.receiver, via_receiver),
        _message(sent),
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


def _message(sent: Transmission) -> str:
    at, answered = "transmission", sent.ref_to_message_id
    field, ref_field = f"{at}.message_id", f"{at}.ref_to_message_id"
    return element.block(
        "MessageDetails",
        element.identity("MessageIdentifier", sent.message_id, field, 48, 2),
        element.plain(
            "MessageTimeStamp", values.timestamp(sent.timestamp, f"{at}.timestamp")
        ),
        element.optional_identity("RefToMessageIdentifier", answered, ref_field, 48),
    )


@lru_cache(maxsize=128)
def seller(party: Party, accounts: tuple[Account, ...]) -> str:
    """The seller's blocks, written once: one seller sends thousands of invoices."""
    if not party.identifier.strip():
        raise FormatError("missing", "seller.identifier")
    return _party("Seller", party, "seller", 70) + element.block(
        "SellerInformationDetails",
        element.optional_described(
            "SellerHomeTownName", party.home_town, "seller.home_town", 35
        ),
        element.optional_described(
            "SellerVatRegistrationText",
            party.vat_registration_text,
            "seller.vat_registration_text",
            35,
        ),
        element.optional_described(
            "SellerWebaddressIdentifier", party.website, "seller.website", 70
        ),
        *(_account(account, f"accounts[{i}]") for i, account in enumerate(accounts)),
    )


def _account(account: Account, field: str) -> str:
    check_account(account, field)
    return element.block(
        "SellerAccountDetails",
        element.plain("SellerAccountID", compact_iban(account.iban), IBAN),
        element.plain("SellerBic", account.bic, BIC),
    )


def buyer(party: Party) -> str:
    """BuyerPartyDetails and the buyer's contact."""
    return _party("Buyer", party, "buyer", 70)


def delivery(party: Party) -> str:
    """DeliveryPartyDetails and the receiver's contact; it has no trading name."""
    if party.trading_name:
        raise FormatError("unsupported", "delivery.trading_name")
    return _party("Delivery", party, "delivery", 35)


def _party(kind: str, party: Party, at: str, width: int) -> str:
    details = element.block(
        f"{kind}PartyDetails",
        element.optional_identity(
            f"{kind}PartyIdentifier", party.identifier, f"{at}.identifier", 35
        ),
        element.spread(
            f"{kind}OrganisationName", party.name, f"{at}.name", width, _MOST_NAMES, 2
        ),
        element.optional_described(
            f"{kind}OrganisationTradingName",
            party.trading_name,
            f"{at}.trading_name",
            70,
            2,
        ),
        element.optional_identity(
            f"{kind}OrganisationTaxCode", party.vat_number, f"{at}.vat_number", 35
        ),
        _postal_address(kind, party, at),
    )
    contact = element.optional_described(
        f"{kind}ContactPersonName", party.contact_name, f"{at}.contact_name", 70
    )
    return details + contact + _communication(kind, party, at)


def _postal_address(kind: str, party: Party, at: str) -> str:
    return element.block(
        f"{kind}PostalAddressDetails",
        element.spread(f"{kind}StreetName", party.street, f"{at}.street", 35, 3, 2),
        _town(kind, at, party.town, party.postcode),
        _country(at, party.country_code, party.country_name),
    )


@lru_cache(maxsize=1024)
def _town(kind: str, at: str, town: str, postcode: str) -> str:
    """Town and postcode; cached because many consumers live in one town."""
    tag, field = f"{kind}PostCodeIdentifier", f"{at}.postcode"
    return element.described(
        f"{kind}TownName", town, f"{at}.town", 35, 2
    ) + element.described(tag, postcode, field, 35, 2)


@lru_cache(maxsize=256)
def _country(at: str, code: str, name: str) -> str:
    tag, field = "CountryCode", f"{at}.country_code"
    return element.code(
        tag, code, field, _COUNTRY, "AA-ZZ"
    ) + element.optional_described("CountryName", name, f"{at}.country_name", 35)


def _communication(kind: str, party: Party, at: str) -> str:
    phone, email = latin9(party.phone)[0], party.email.strip()
    if not (phone or email):
        return ""
    return element.block(
        f"{kind}CommunicationDetails",
        element.optional_described(
            f"{kind}PhoneNumberIdentifier", phone, f"{at}.phone", 35
        ),
        element.optional_identity(
            f"{kind}EmailaddressIdentifier", email, f"{at}.email", 70
        ),
    )

"""The parties' blocks of a consumer's Finvoice: who sends, sells, buys, receives."""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

from . import values
from .errors import FormatError
from .finvoice_elements import (
    add,
    add_code,
    add_described,
    add_identity,
    add_optional_identity,
)
from .finvoice_model import Account, Party, Transmission
from .finvoice_rules import check_account, compact_iban
from .text import described, latin9, spread

IBAN = {"IdentificationSchemeName": "IBAN"}
BIC = {"IdentificationSchemeName": "BIC"}
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
# The schema lets names repeat without limit; this is beyond any real one.
_MOST_NAMES = 10


def add_transmission(root: etree._Element, sent: Transmission) -> None:
    """MessageTransmissionDetails."""
    block = add(root, "MessageTransmissionDetails")
    at = "transmission"
    side = add(block, "MessageSenderDetails")
    add_identity(side, "FromIdentifier", sent.sender, f"{at}.sender", 35, 2)
    via = f"{at}.sender_intermediator"
    add_identity(side, "FromIntermediator", sent.sender_intermediator, via, 35, 2)
    side = add(block, "MessageReceiverDetails")
    add_identity(side, "ToIdentifier", sent.receiver, f"{at}.receiver", 35, 2)
    via = f"{at}.receiver_intermediator"
    add_identity(side, "ToIntermediator", sent.receiver_intermediator, via, 35, 2)
    message = add(block, "MessageDetails")
    field = f"{at}.message_id"
    add_identity(message, "MessageIdentifier", sent.message_id, field, 48, 2)
    stamp = values.timestamp(sent.timestamp, f"{at}.timestamp")
    add(message, "MessageTimeStamp").text = stamp
    tag, field = "RefToMessageIdentifier", f"{at}.ref_to_message_id"
    add_optional_identity(message, tag, sent.ref_to_message_id, field, 48)


@lru_cache(maxsize=128)
def seller_blocks(seller: Party, accounts: tuple[Account, ...]) -> etree._Element:
    """The seller's blocks, built once: one seller sends thousands of invoices.

    They are the children of the element returned, which is shared: take a copy.
    """
    if not seller.identifier.strip():
        raise FormatError("missing", "seller.identifier")
    holder = etree.Element("Finvoice")
    _add_party(holder, "Seller", seller, "seller", 70)
    information = add(holder, "SellerInformationDetails")
    for tag, value, field, high in (
        ("SellerHomeTownName", seller.home_town, "home_town", 35),
        (
            "SellerVatRegistrationText",
            seller.vat_registration_text,
            "vat_registration_text",
            35,
        ),
        ("SellerWebaddressIdentifier", seller.website, "website", 70),
    ):
        add_described(information, tag, value, f"seller.{field}", high)
    for index, account in enumerate(accounts):
        check_account(account, f"accounts[{index}]")
        details = add(information, "SellerAccountDetails")
        add(details, "SellerAccountID", IBAN).text = compact_iban(account.iban)
        add(details, "SellerBic", BIC).text = account.bic
    return holder


def add_buyer(root: etree._Element, buyer: Party) -> None:
    """BuyerPartyDetails and the buyer's contact."""
    _add_party(root, "Buyer", buyer, "buyer", 70)


def add_delivery(root: etree._Element, delivery: Party) -> None:
    """DeliveryPartyDetails and the receiver's contact; it has no trading name."""
    if delivery.trading_name:
        raise FormatError("unsupported", "delivery.trading_name")
    _add_party(root, "Delivery", delivery, "delivery", 35)


def _add_party(
    root: etree._Element, kind: str, party: Party, at: str, width: int
) -> None:
    block = add(root, f"{kind}PartyDetails")
    tag, field = f"{kind}PartyIdentifier", f"{at}.identifier"
    add_optional_identity(block, tag, party.identifier, field, 35)
    name = f"{kind}OrganisationName"
    for piece in spread(party.name, f"{at}.name", 2, width, _MOST_NAMES):
        add(block, name).text = piece
    if party.trading_name:
        tag, field = f"{kind}OrganisationTradingName", f"{at}.trading_name"
        add_described(block, tag, party.trading_name, field, 70, 2)
    tag, field = f"{kind}OrganisationTaxCode", f"{at}.vat_number"
    add_optional_identity(block, tag, party.vat_number, field, 35)
    _add_address(block, kind, party, at)
    if party.contact_name:
        tag, field = f"{kind}ContactPersonName", f"{at}.contact_name"
        add_described(root, tag, party.contact_name, field, 70)
    _add_communication(root, kind, party, at)


def _add_address(block: etree._Element, kind: str, party: Party, at: str) -> None:
    address = add(block, f"{kind}PostalAddressDetails")
    street, town = f"{kind}StreetName", f"{kind}TownName"
    for piece in spread(party.street, f"{at}.street", 2, 35, 3):
        add(address, street).text = piece
    add(address, town).text = described(party.town, f"{at}.town", 2, 35)
    postcode = described(party.postcode, f"{at}.postcode", 2, 35)
    add(address, f"{kind}PostCodeIdentifier").text = postcode
    field = f"{at}.country_code"
    add_code(address, "CountryCode", party.country_code, field, _COUNTRY, "AA-ZZ")
    if party.country_name:
        field = f"{at}.country_name"
        add_described(address, "CountryName", party.country_name, field, 35)


def _add_communication(root: etree._Element, kind: str, party: Party, at: str) -> None:
    phone, email = latin9(party.phone)[0], party.email.strip()
    if not (phone or email):
        return
    block = add(root, f"{kind}CommunicationDetails")
    add_described(block, f"{kind}PhoneNumberIdentifier", phone, f"{at}.phone", 35)
    tag, field = f"{kind}EmailaddressIdentifier", f"{at}.email"
    add_optional_identity(block, tag, email, field, 70)

"""Reading of FinvoiceSenderInfo, as written here or by a bank's own program."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml as xml

from . import text
from .errors import FormatError
from .finvoice_model import Account
from .sender_info import (
    ACTIONS,
    LONGEST_IDENTIFIER,
    ROOT,
    YES,
    Asked,
    Previous,
    SenderInfo,
    Terms,
)


def read_sender_info(payload: bytes) -> SenderInfo:
    """Read a message (without its frame), whoever wrote it.

    :raises FormatError: ``not_xml`` and the like, ``missing`` or ``pattern``
    """
    root = xml.parse(payload)
    if xml.local(root) != ROOT:
        raise FormatError("pattern", "", value=xml.local(root), expected=ROOT)
    details = "MessageDetails"
    action = _required(root, details, "MessageActionCode")
    if action not in ACTIONS:
        expected = ", ".join(ACTIONS)
        at = f"{details}/MessageActionCode"
        raise FormatError("pattern", at, value=action[:60], expected=expected)
    day = _required(root, details, "MessageDate")
    try:
        message_date = datetime.strptime(day, "%Y%m%d").date()
    except ValueError:
        at = f"{details}/MessageDate"
        raise FormatError("pattern", at, value=day[:60], expected="CCYYMMDD") from None
    seller, invoices = "SellerPartyDetails", "SellerInvoiceDetails"
    place = (seller, "SellerPostalAddressDetails")
    sender = "InvoiceSenderInformationDetails"
    old = _read_accounts(root, "")
    address = _read_address(root, sender, "")
    is_change = action == "CHANGE"
    terms = Terms(
        business_id=_required(root, seller, "SellerPartyIdentifier"),
        names=_read_names(root),
        sender_address=_read_address(root, sender, "New")[0] or address[0],
        sender_intermediator=_read_address(root, sender, "New")[1] or address[1],
        accounts=_read_accounts(root, "New") if is_change else old,
        payment_subject=_required(root, invoices, "PaymentInstructionIdentifier"),
        topics=_read_texts(root, "SellerInvoiceTypeText"),
        identifiers=_read_identifiers(root),
        service=_required(root, invoices, "SellerServiceCode"),
        instructions=_read_texts(root, "SellerInstructionFreeText"),
        street=xml.text_at(root, *place, "SellerStreetName"),
        town=xml.text_at(root, *place, "SellerTownName"),
        postcode=xml.text_at(root, *place, "SellerPostCodeIdentifier"),
        country_code=xml.text_at(root, *place, "CountryCode"),
        industry_code=xml.text_at(root, seller, "IndustryCode"),
        website_name=xml.text_at(root, sender, "SellerWebaddressNameText"),
        website=xml.text_at(root, sender, "SellerWebaddressText"),
        due_date_accepted=xml.text_at(root, "ProposedDueDateAccepted") == YES,
        period_accepted=xml.text_at(root, "ProposedInvoicePeriodAccepted") == YES,
    )
    return SenderInfo(
        action=action,
        identifier=_required(root, details, "SenderInfoIdentifier"),
        message_date=message_date,
        terms=terms,
        previous=Previous(*address, old) if is_change else None,
    )


def _required(root: etree._Element, *path: str) -> str:
    value = xml.text_at(root, *path)
    if not value:
        raise FormatError("missing", "/".join(path))
    return value


def _read_address(root: etree._Element, sender: str, prefix: str) -> tuple[str, str]:
    address = f"{prefix}InvoiceSenderAddress"
    via = f"{prefix}InvoiceSenderIntermediatorAddress"
    read = xml.text_at if prefix else _required
    return (
        text.address(read(root, sender, address)),
        text.address(read(root, sender, via)),
    )


def _read_accounts(root: etree._Element, prefix: str) -> tuple[Account, ...]:
    """Each once, in the order of the message."""
    found = {}
    for block in xml.children(root, "SellerAccountDetails"):
        iban = text.address(xml.text_at(block, f"{prefix}SellerAccountID"))
        if iban:
            bic = text.address(xml.text_at(block, f"{prefix}SellerBic"))
            found[iban] = Account(iban, bic)
    return tuple(found.values())


def _language_of(node: etree._Element) -> str:
    """Banks' own examples write SE for Swedish, which is Northern Sami; without a
    code it is Finnish."""
    code = node.get("LanguageCode", "FI")
    return "SV" if code == "SE" else code


def _read_names(root: etree._Element) -> dict[str, str]:
    return {
        _language_of(names): " ".join(
            xml.leaf_text(name)
            for name in xml.children(names, "SellerOrganisationName")
        )
        for seller in xml.children(root, "SellerPartyDetails")
        for names in xml.children(seller, "SellerOrganisationNames")
    }


def _read_texts(root: etree._Element, tag: str) -> dict[str, str]:
    return {_language_of(node): xml.leaf_text(node) for node in root.iter(tag)}


def _read_identifiers(root: etree._Element) -> tuple[Asked, ...]:
    """Those of the first language, with their labels in all."""
    prefix = "SellerInvoiceIdentifier"
    groups = [
        [*xml.children(details, f"{prefix}Text")]
        for invoices in xml.children(root, "SellerInvoiceDetails")
        for details in xml.children(invoices, "SellerInvoiceTypeDetails")
    ]
    if not groups:
        return ()
    return tuple(
        Asked(
            type=node.get(f"{prefix}Type", "99"),
            labels={
                _language_of(group[number]): xml.leaf_text(group[number])
                for group in groups
                if len(group) > number
            },
            min_length=_read_length(node.get(f"{prefix}MinLength"), 1),
            max_length=_read_length(node.get(f"{prefix}MaxLength"), LONGEST_IDENTIFIER),
            spaces=node.get(f"{prefix}Spaces") in ("true", "1"),
            hyphens=node.get(f"{prefix}Hyphens") in ("true", "1"),
        )
        for number, node in enumerate(groups[0])
    )


def _read_length(value: str | None, default: int) -> int:
    """A length that can be read, or the schema's default."""
    if value and value.isascii() and value.isdigit() and len(value) <= 3:
        return int(value)
    return default

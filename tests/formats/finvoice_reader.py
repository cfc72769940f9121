"""Read back what was written: every field of a Finvoice 3.0 document of ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from einvoice_formats import values
from einvoice_formats.finvoice_model import (
    Account,
    Invoice,
    Link,
    Party,
    Payment,
    Row,
    Transmission,
    VatSpecification,
)
from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml as xml
from odoo.addons.receivables_base.formats.references import normalise

_Value = TypeVar("_Value")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
_DAY = {"Format": "CCYYMMDD"}
_IBAN = {"IdentificationSchemeName": "IBAN"}
_BIC = {"IdentificationSchemeName": "BIC"}


class _Reader:
    """Takes values out of a tree, in the currency of the invoice."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.currency = ""

    def block(self, parent: etree._Element | None, *path: str) -> etree._Element | None:
        return None if parent is None else xml.descend(parent, *path)

    def value(
        self,
        parent: etree._Element | None,
        tag: str,
        convert: Callable[[str], _Value | None],
        expected: dict[str, str] | None = None,
    ) -> _Value | None:
        """The first ``tag`` converted, and its attributes as expected."""
        element = self.block(parent, tag)
        if element is None or len(element):
            return None
        value = convert(xml.leaf_text(element))
        for key, text in (expected or {}).items():
            assert element.get(key, text) == text, (tag, key)
        return value

    def text(
        self,
        parent: etree._Element | None,
        tag: str,
        expected: dict[str, str] | None = None,
    ) -> str:
        return self.value(parent, tag, str, expected) or ""

    def texts(self, parent: etree._Element | None, tag: str) -> tuple[str, ...]:
        if parent is None:
            return ()
        elements = [e for e in xml.children(parent, tag) if not len(e)]
        return tuple(text for text in map(xml.leaf_text, elements) if text)

    def joined(self, parent: etree._Element | None, tag: str) -> str:
        """Elements that one text was wrapped over."""
        return " ".join(self.texts(parent, tag))

    def day(self, parent: etree._Element | None, tag: str) -> date | None:
        return self.value(parent, tag, values.read_day, _DAY)

    def number(self, parent: etree._Element | None, tag: str) -> Decimal | None:
        return self.value(parent, tag, values.read_number)

    def money(
        self,
        parent: etree._Element | None,
        tag: str,
        expected: dict[str, str] | None = None,
    ) -> Decimal | None:
        """An amount in the invoice's currency."""
        element = self.block(parent, tag)
        currency = {"AmountCurrencyIdentifier": self.currency}
        if element is None or element.get("AmountCurrencyIdentifier") != self.currency:
            return None
        return self.value(
            parent, tag, values.read_number, {**currency, **(expected or {})}
        )


def read_invoice(data: bytes) -> Invoice:
    """Read a Finvoice document that the addon wrote."""
    root = xml.parse(data)
    assert xml.local(root) == "Finvoice"
    reader = _Reader(root)
    assert root.attrib == {"Version": "3.0", _XSI: "Finvoice3.0.xsd"}
    details = reader.block(root, "InvoiceDetails")
    total = reader.block(details, "InvoiceTotalVatIncludedAmount")
    if total is not None:
        reader.currency = total.get("AmountCurrencyIdentifier", "")
    number = reader.text(details, "InvoiceNumber")
    invoice_date = reader.day(details, "InvoiceDate")
    gross = reader.money(details, "InvoiceTotalVatIncludedAmount")
    assert number
    assert invoice_date is not None
    assert gross is not None
    terms = reader.block(details, "PaymentTermsDetails")
    fine = reader.block(terms, "PaymentOverDueFineDetails")
    net = reader.money(details, "InvoiceTotalVatExcludedAmount")
    assert reader.money(details, "RowsTotalVatExcludedAmount") == net
    delivery = reader.block(root, "DeliveryPartyDetails")
    return Invoice(
        number=number,
        invoice_date=invoice_date,
        seller=_party(reader, "Seller"),
        buyer=_party(reader, "Buyer"),
        accounts=_accounts(reader),
        rows=tuple(_row(reader, row) for row in xml.children(root, "InvoiceRow")),
        total_net=net,
        total_vat=reader.money(details, "InvoiceTotalVatAmount"),
        total_gross=gross,
        payment=_payment(reader),
        vat=_vat(reader, details),
        transmission=_transmission(reader),
        type_code=reader.text(
            details, "InvoiceTypeCode", {"CodeListAgencyIdentifier": "SPY"}
        ),
        type_text=reader.text(details, "InvoiceTypeText"),
        origin=reader.text(details, "OriginCode"),
        original_number=reader.text(details, "OriginalInvoiceNumber"),
        original_date=reader.day(details, "OriginalInvoiceDate"),
        period_start=reader.day(details, "InvoicingPeriodStartDate"),
        period_end=reader.day(details, "InvoicingPeriodEndDate"),
        customer_number=reader.text(details, "SellersBuyerIdentifier"),
        seller_reference=reader.text(details, "SellerReferenceIdentifier"),
        order_reference=reader.text(details, "OrderIdentifier"),
        agreement_reference=reader.text(details, "AgreementIdentifier"),
        buyer_reference=reader.text(details, "BuyerReferenceIdentifier"),
        delivery=None if delivery is None else _party(reader, "Delivery"),
        delivery_date=reader.day(reader.block(root, "DeliveryDetails"), "DeliveryDate"),
        paid=reader.money(details, "InvoicePaidAmount"),
        texts=reader.texts(details, "InvoiceFreeText"),
        payment_terms=reader.joined(terms, "PaymentTermsFreeText"),
        overdue_fine_text=reader.joined(fine, "PaymentOverDueFineFreeText"),
        overdue_fine_percent=reader.number(fine, "PaymentOverDueFinePercent"),
        due_date=reader.day(terms, "InvoiceDueDate"),
        barcode=reader.text(root, "VirtualBankBarcode"),
        language=reader.text(root, "InvoiceRecipientLanguageCode"),
        links=_links(reader),
        currency=reader.currency,
    )


def _party(reader: _Reader, kind: str) -> Party:
    root = reader.root
    party = reader.block(root, f"{kind}PartyDetails")
    address = reader.block(party, f"{kind}PostalAddressDetails")
    contact = reader.block(root, f"{kind}CommunicationDetails")
    own = kind == "Seller"
    information = reader.block(root, "SellerInformationDetails") if own else None
    return Party(
        name=reader.joined(party, f"{kind}OrganisationName"),
        street=reader.joined(address, f"{kind}StreetName"),
        town=reader.text(address, f"{kind}TownName"),
        postcode=reader.text(address, f"{kind}PostCodeIdentifier"),
        country_code=reader.text(address, "CountryCode"),
        country_name=reader.text(address, "CountryName"),
        identifier=reader.text(party, f"{kind}PartyIdentifier"),
        trading_name=reader.text(party, f"{kind}OrganisationTradingName"),
        vat_number=reader.text(party, f"{kind}OrganisationTaxCode"),
        contact_name=reader.text(root, f"{kind}ContactPersonName"),
        phone=reader.text(contact, f"{kind}PhoneNumberIdentifier"),
        email=reader.text(contact, f"{kind}EmailaddressIdentifier"),
        website=reader.text(information, "SellerWebaddressIdentifier"),
        home_town=reader.text(information, "SellerHomeTownName"),
        vat_registration_text=reader.text(information, "SellerVatRegistrationText"),
    )


def _accounts(reader: _Reader) -> tuple[Account, ...]:
    information = reader.block(reader.root, "SellerInformationDetails")
    if information is None:
        return ()
    return tuple(
        Account(
            iban=reader.text(account, "SellerAccountID", _IBAN),
            bic=reader.text(account, "SellerBic", _BIC),
        )
        for account in xml.children(information, "SellerAccountDetails")
    )


def _vat(
    reader: _Reader, details: etree._Element | None
) -> tuple[VatSpecification, ...]:
    """The lines of the VAT breakdown; an amount or rate a line lacks is zero."""
    if details is None:
        return ()
    lines = []
    for line in xml.children(details, "VatSpecificationDetails"):
        base = reader.money(line, "VatBaseAmount")
        rate = reader.number(line, "VatRatePercent")
        charged = reader.money(line, "VatRateAmount")
        zero = Decimal(0)
        lines.append(
            VatSpecification(
                base=zero if base is None else base,
                rate=zero if rate is None else rate,
                code=reader.text(line, "VatCode"),
                amount=zero if charged is None else charged,
                text=reader.joined(line, "VatFreeText"),
                exemption_code=reader.text(line, "VatExemptionReasonCode"),
            )
        )
    return tuple(lines)


def _row(reader: _Reader, row: etree._Element) -> Row:
    unit, unit_code = "", ""
    for tag in ("InvoicedQuantity", "DeliveredQuantity"):
        found = reader.block(row, tag)
        if found is not None and not (unit or unit_code):
            unit = found.get("QuantityUnitCode", "")
            unit_code = found.get("QuantityUnitCodeUN", "")
    units = {"QuantityUnitCode": unit, "QuantityUnitCodeUN": unit_code}
    number = values.read_number
    return Row(
        name=reader.text(row, "ArticleName"),
        article_id=reader.text(row, "ArticleIdentifier"),
        description=reader.text(row, "ArticleDescription"),
        texts=reader.texts(row, "RowFreeText"),
        delivered_quantity=reader.value(row, "DeliveredQuantity", number, units),
        invoiced_quantity=reader.value(row, "InvoicedQuantity", number, units),
        unit=unit,
        unit_code=unit_code,
        start_date=reader.day(row, "StartDate"),
        end_date=reader.day(row, "EndDate"),
        unit_price=reader.money(row, "UnitPriceAmount", units),
        unit_price_vat_included=reader.money(row, "UnitPriceVatIncludedAmount", units),
        discount_percent=reader.number(row, "RowDiscountPercent"),
        discount_amount=reader.money(row, "RowDiscountAmount"),
        vat_rate=reader.number(row, "RowVatRatePercent"),
        vat_code=reader.text(row, "RowVatCode"),
        vat_amount=reader.money(row, "RowVatAmount"),
        net=reader.money(row, "RowVatExcludedAmount"),
        gross=reader.money(row, "RowAmount"),
        position=reader.text(row, "RowPositionIdentifier"),
    )


def _payment(reader: _Reader) -> Payment | None:
    epi = reader.block(reader.root, "EpiDetails")
    identification = reader.block(epi, "EpiIdentificationDetails")
    parties = reader.block(epi, "EpiPartyDetails")
    bank = reader.block(parties, "EpiBfiPartyDetails")
    payee = reader.block(parties, "EpiBeneficiaryPartyDetails")
    order = reader.block(epi, "EpiPaymentInstructionDetails")
    made = reader.day(identification, "EpiDate")
    due = reader.day(order, "EpiDateOptionDate")
    amount = reader.money(order, "EpiInstructedAmount")
    if made is None or due is None or amount is None:
        return None
    tag = "EpiRemittanceInfoIdentifier"
    reference = normalise(reader.text(order, tag))
    scheme = "ISO" if reference.startswith("RF") else "SPY"
    reader.text(order, tag, {"IdentificationSchemeName": scheme})
    charge = xml.text_at(order, "EpiCharge") if order is not None else ""
    return Payment(
        account=Account(
            iban=reader.text(payee, "EpiAccountID", _IBAN),
            bic=reader.text(bank, "EpiBfiIdentifier", _BIC),
        ),
        payee=reader.text(payee, "EpiNameAddressDetails"),
        instruction_id=reader.text(order, "EpiPaymentInstructionId"),
        reference=reference,
        amount=amount,
        due_date=due,
        date=made,
        charge=reader.text(order, "EpiCharge", {"ChargeOption": charge}),
        means_code=reader.text(order, "EpiPaymentMeansCode"),
    )


def _transmission(reader: _Reader) -> Transmission | None:
    block = reader.block(reader.root, "MessageTransmissionDetails")
    sender = reader.block(block, "MessageSenderDetails")
    receiver = reader.block(block, "MessageReceiverDetails")
    message = reader.block(block, "MessageDetails")
    moment = reader.value(message, "MessageTimeStamp", values.read_timestamp)
    if moment is None:
        return None
    return Transmission(
        sender=reader.text(sender, "FromIdentifier"),
        sender_intermediator=reader.text(sender, "FromIntermediator"),
        receiver=reader.text(receiver, "ToIdentifier"),
        receiver_intermediator=reader.text(receiver, "ToIntermediator"),
        message_id=reader.text(message, "MessageIdentifier"),
        timestamp=moment,
        ref_to_message_id=reader.text(message, "RefToMessageIdentifier"),
    )


def _links(reader: _Reader) -> tuple[Link, ...]:
    """Names and addresses paired by order; empty where one of them is missing."""
    names = reader.texts(reader.root, "InvoiceUrlNameText")
    urls = reader.texts(reader.root, "InvoiceUrlText")
    count = max(len(names), len(urls))
    return tuple(
        Link(*pair)
        for pair in zip(
            names + ("",) * (count - len(names)),
            urls + ("",) * (count - len(urls)),
            strict=True,
        )
    )

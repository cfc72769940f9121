"""Build the XML of a consumer's Finvoice 3.0.

Order, lengths and cardinalities: Finvoice 3.0 schema (17.12.2020). Which optional
elements a consumer's bank needs: Finvoice implementation guidelines, 10 and 14.

Nothing that identifies or is money is cut or altered. Descriptive text is made
ISO-8859-15 and wrapped over the elements the schema allows; what then does not fit
is a ``FormatError`` that names the field. No empty element is written but
EpiReference, which the schema demands and which has no content here.
"""

from __future__ import annotations

import re
from copy import deepcopy
from functools import lru_cache

from lxml import etree

from . import values
from .errors import FormatError
from .finnish_reference import normalise
from .finvoice_elements import (
    DAY,
    EUR,
    add,
    add_code,
    add_day,
    add_free_texts,
    add_identity,
    add_money,
    add_optional_identity,
    add_percent,
    add_spread,
)
from .finvoice_model import (
    CANCEL,
    Account,
    Invoice,
    Link,
    Payment,
    Row,
    VatSpecification,
)
from .finvoice_parties import (
    BIC,
    IBAN,
    add_buyer,
    add_delivery,
    add_transmission,
    seller_blocks,
)
from .finvoice_rules import TYPE_TEXTS, check_invoice, check_row, compact_iban
from .text import ENCODING, described, latin9, wrap

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
_ROOT = {"Version": "3.0", _XSI: "Finvoice3.0.xsd"}
_DECLARATION = (
    f'<?xml version="1.0" encoding="{ENCODING}"?>\n'
    '<?xml-stylesheet type="text/xsl" href="Finvoice.xsl"?>\n'
).encode("ascii")
_TYPE = {"CodeListAgencyIdentifier": "SPY"}
_LANGUAGE = re.compile(r"[A-Z]{2}", re.ASCII)
_UNIT_CODE = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)
_EXEMPTION = re.compile(r"[A-Za-z0-9-]{1,20}", re.ASCII)
_MEANS = re.compile(r"[A-Z0-9]{1,3}", re.ASCII)
_NAME_WIDTH = 100
_TEXT_WIDTH = 512


def serialise(root: etree._Element) -> bytes:
    """The document of a built element, in ISO-8859-15 with its declaration."""
    # Encoding here, not in libxml2, is twice as fast and refuses what does not fit
    # instead of writing a character reference.
    body: str = etree.tostring(root, encoding="unicode")
    return _DECLARATION + body.encode(ENCODING)


def build_invoice(invoice: Invoice) -> etree._Element:
    """Build the ``Finvoice`` element; run ``check`` on it before it is sent.

    :raises FormatError: a value is missing, does not fit or contradicts another
    """
    payment = check_invoice(invoice)
    if invoice.transmission is None:
        raise FormatError("missing", "transmission")
    root = etree.Element("Finvoice", _ROOT)
    add_transmission(root, invoice.transmission)
    root.extend(list(deepcopy(seller_blocks(invoice.seller, invoice.accounts))))
    tag = "InvoiceRecipientLanguageCode"
    add_code(root, tag, invoice.language, "language", _LANGUAGE, "two capitals")
    add_buyer(root, invoice.buyer)
    if invoice.delivery is not None:
        add_delivery(root, invoice.delivery)
    if invoice.delivery_date is not None:
        add_day(add(root, "DeliveryDetails"), "DeliveryDate", invoice.delivery_date)
    _add_details(root, invoice, payment)
    if invoice.barcode:
        add(root, "VirtualBankBarcode").text = invoice.barcode
    for index, row in enumerate(invoice.rows):
        try:
            _add_row(root, row)
        except FormatError as error:
            raise error.within(f"rows[{index}]") from None
    _add_payment(root, payment)
    _add_links(root, invoice.links)
    return root


def _add_details(root: etree._Element, invoice: Invoice, payment: Payment) -> None:
    block = add(root, "InvoiceDetails")
    add(block, "InvoiceTypeCode", _TYPE).text = invoice.type_code
    cancelled = invoice.origin == CANCEL
    default = "CANCELLATION INVOICE" if cancelled else TYPE_TEXTS[invoice.type_code]
    type_text = invoice.type_text or default
    add(block, "InvoiceTypeText").text = described(type_text, "type_text", 1, 35)
    add(block, "OriginCode").text = invoice.origin
    add_identity(block, "InvoiceNumber", invoice.number, "number", 20)
    add_day(block, "InvoiceDate", invoice.invoice_date)
    tag, number = "OriginalInvoiceNumber", invoice.original_number
    add_optional_identity(block, tag, number, "original_number", 20)
    add_day(block, "OriginalInvoiceDate", invoice.original_date)
    add_day(block, "InvoicingPeriodStartDate", invoice.period_start)
    add_day(block, "InvoicingPeriodEndDate", invoice.period_end)
    for tag, value, field in (
        ("SellerReferenceIdentifier", invoice.seller_reference, "seller_reference"),
        ("SellersBuyerIdentifier", invoice.customer_number, "customer_number"),
        ("OrderIdentifier", invoice.order_reference, "order_reference"),
        ("AgreementIdentifier", invoice.agreement_reference, "agreement_reference"),
        ("BuyerReferenceIdentifier", invoice.buyer_reference, "buyer_reference"),
    ):
        add_optional_identity(block, tag, value, field, 70)
    _add_totals(block, invoice)
    add_free_texts(block, "InvoiceFreeText", invoice.texts)
    _add_terms(block, invoice, payment)


def _add_totals(block: etree._Element, invoice: Invoice) -> None:
    net, vat = invoice.total_net, invoice.total_vat
    if net is not None and vat is not None:
        add_money(block, "RowsTotalVatExcludedAmount", net, "total_net")
        add_money(block, "InvoiceTotalVatExcludedAmount", net, "total_net")
        add_money(block, "InvoiceTotalVatAmount", vat, "total_vat")
    gross = invoice.total_gross
    add_money(block, "InvoiceTotalVatIncludedAmount", gross, "total_gross")
    if invoice.paid is not None:
        add_money(block, "InvoicePaidAmount", invoice.paid, "paid")
    for index, line in enumerate(invoice.vat):
        try:
            _add_vat(block, line)
        except FormatError as error:
            raise error.within(f"vat[{index}]") from None


def _add_vat(parent: etree._Element, line: VatSpecification) -> None:
    block = add(parent, "VatSpecificationDetails")
    add_money(block, "VatBaseAmount", line.base, "base")
    add_percent(block, "VatRatePercent", line.rate, "rate")
    add(block, "VatCode").text = line.code
    add_money(block, "VatRateAmount", line.amount, "amount")
    add_spread(block, "VatFreeText", line.text, "text", 70, 3)
    tag, code = "VatExemptionReasonCode", line.exemption_code
    add_code(block, tag, code, "exemption_code", _EXEMPTION, "a VATEX code")


def _add_terms(parent: etree._Element, invoice: Invoice, payment: Payment) -> None:
    block = add(parent, "PaymentTermsDetails")
    terms = invoice.payment_terms
    add_spread(block, "PaymentTermsFreeText", terms, "payment_terms", 70, 2)
    add_day(block, "InvoiceDueDate", payment.due_date)
    percent, text = invoice.overdue_fine_percent, latin9(invoice.overdue_fine_text)[0]
    if percent is None and not text:
        return
    fine = add(block, "PaymentOverDueFineDetails")
    add_spread(fine, "PaymentOverDueFineFreeText", text, "overdue_fine_text", 70, 3)
    add_percent(fine, "PaymentOverDueFinePercent", percent, "overdue_fine_percent")


def _add_row(root: etree._Element, row: Row) -> None:
    has_money = check_row(row)
    block = add(root, "InvoiceRow")
    article = row.article_id
    add_optional_identity(block, "ArticleIdentifier", article, "article_id", 70)
    # Neither name nor description repeats, so what does not fit goes on as free text.
    name, *more_name = wrap(latin9(row.name)[0], _NAME_WIDTH) or [""]
    described_as, *more_text = wrap(latin9(row.description)[0], _TEXT_WIDTH) or [""]
    if name:
        add(block, "ArticleName").text = name
    if described_as:
        add(block, "ArticleDescription").text = described_as
    _add_quantities(block, row)
    add_day(block, "StartDate", row.start_date)
    add_day(block, "EndDate", row.end_date)
    _add_unit_prices(block, row)
    position = row.position
    add_optional_identity(block, "RowPositionIdentifier", position, "position", 35)
    overflow = (*wrap(" ".join(more_name), _TEXT_WIDTH), *more_text)
    add_free_texts(block, "RowFreeText", (*overflow, *row.texts))
    add_percent(block, "RowDiscountPercent", row.discount_percent, "discount_percent")
    if row.discount_amount is not None:
        discount = row.discount_amount
        add_money(block, "RowDiscountAmount", discount, "discount_amount")
    if has_money:
        _add_row_money(block, row)
    if len(block) == 0:
        raise FormatError("missing", "name")


def _add_quantities(block: etree._Element, row: Row) -> None:
    unit = {}
    if row.unit or row.unit_code:
        name = latin9(row.unit)[0]
        if name:
            unit["QuantityUnitCode"] = described(name, "unit", 1, 14)
        if row.unit_code:
            if not _UNIT_CODE.fullmatch(row.unit_code):
                expected = "a UN/ECE recommendation 20 code"
                raise FormatError(
                    "pattern", "unit_code", value=row.unit_code, expected=expected
                )
            unit["QuantityUnitCodeUN"] = row.unit_code
    for tag, value, field in (
        ("DeliveredQuantity", row.delivered_quantity, "delivered_quantity"),
        ("InvoicedQuantity", row.invoiced_quantity, "invoiced_quantity"),
    ):
        if value is not None:
            add(block, tag, unit).text = values.quantity(value, field)


def _add_unit_prices(block: etree._Element, row: Row) -> None:
    for tag, value, field in (
        ("UnitPriceAmount", row.unit_price, "unit_price"),
        (
            "UnitPriceVatIncludedAmount",
            row.unit_price_vat_included,
            "unit_price_vat_included",
        ),
    ):
        if value is not None:
            price = add(block, tag, EUR)
            price.text = values.unit_price(value, field)
            if row.unit_code:
                price.set("QuantityUnitCodeUN", row.unit_code)


def _add_row_money(block: etree._Element, row: Row) -> None:
    add_percent(block, "RowVatRatePercent", row.vat_rate, "vat_rate")
    add(block, "RowVatCode").text = row.vat_code
    for tag, value, field in (
        ("RowVatAmount", row.vat_amount, "vat_amount"),
        ("RowVatExcludedAmount", row.net, "net"),
        ("RowAmount", row.gross, "gross"),
    ):
        if value is not None:
            add_money(block, tag, value, field)


@lru_cache(maxsize=128)
def _payment_block(
    account: Account, payee: str, instruction_id: str, charge: str, means_code: str
) -> etree._Element:
    """EpiDetails with the seller's side filled in, built once for all invoices.

    The element is shared: fill in a copy.
    """
    if charge not in ("SHA", "SLEV"):
        raise FormatError(
            "pattern", "payment.charge", value=charge, expected="SHA or SLEV"
        )
    block = etree.Element("EpiDetails")
    identification = add(block, "EpiIdentificationDetails")
    add(identification, "EpiDate", DAY)
    add(identification, "EpiReference")
    parties = add(block, "EpiPartyDetails")
    bank = add(parties, "EpiBfiPartyDetails")
    add(bank, "EpiBfiIdentifier", BIC).text = account.bic
    beneficiary = add(parties, "EpiBeneficiaryPartyDetails")
    name = described(payee, "payment.payee", 2, 35)
    add(beneficiary, "EpiNameAddressDetails").text = name
    add(beneficiary, "EpiAccountID", IBAN).text = compact_iban(account.iban)
    order = add(block, "EpiPaymentInstructionDetails")
    field = "payment.instruction_id"
    add_identity(order, "EpiPaymentInstructionId", instruction_id, field, 35)
    add(order, "EpiRemittanceInfoIdentifier")
    add(order, "EpiInstructedAmount", EUR)
    add(order, "EpiCharge", {"ChargeOption": charge}).text = charge
    add(order, "EpiDateOptionDate", DAY)
    field, expected = "payment.means_code", "a UN/EDIFACT 4461 code"
    add_code(order, "EpiPaymentMeansCode", means_code, field, _MEANS, expected)
    return block


def _add_payment(root: etree._Element, payment: Payment) -> None:
    block = deepcopy(
        _payment_block(
            payment.account,
            payment.payee,
            payment.instruction_id,
            payment.charge,
            payment.means_code,
        )
    )
    identification, _parties, order = block
    made = identification[0]
    _subject, reference, amount, _charge, due, *_means = order
    made.text = values.day(payment.date)
    amount.text = values.amount(payment.amount, "payment.amount")
    due.text = values.day(payment.due_date)
    # Twenty digits, or the creditor reference (implementation guidelines, 14).
    compact = normalise(payment.reference)
    if compact.startswith("RF"):
        reference.text = compact
        reference.set("IdentificationSchemeName", "ISO")
    else:
        reference.text = compact.zfill(20)
        reference.set("IdentificationSchemeName", "SPY")
    root.append(block)


def _add_links(root: etree._Element, links: tuple[Link, ...]) -> None:
    """All names, then all addresses: the schema pairs them by order."""
    for index, link in enumerate(links):
        shown = described(link.name or link.url, f"links[{index}].name", 1, 512)
        add(root, "InvoiceUrlNameText").text = shown
    for index, link in enumerate(links):
        add_identity(root, "InvoiceUrlText", link.url, f"links[{index}].url", 512)

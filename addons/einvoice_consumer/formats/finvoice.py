"""Write a consumer's Finvoice 3.0, checked: see ``write_message``.

Order, lengths and cardinalities: Finvoice 3.0 schema (17.12.2020). Which optional
elements a consumer's bank needs: Finvoice implementation guidelines, 10 and 14.

Nothing that identifies or is money is cut or altered. Descriptive text is made
ISO-8859-15 and wrapped over the elements the schema allows; what then does not fit
is a ``FormatError`` that names the field. No empty element is written but
EpiReference, which the schema demands and which has no content here.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from lxml import etree

from odoo.addons.receivables_base.formats.references import normalise

from . import finvoice_elements as element
from . import finvoice_parties as parties
from .ebxml_frame import write_frame
from .errors import FormatError
from .finvoice_model import Account, Invoice, Payment, VatSpecification
from .finvoice_rows import write_row
from .finvoice_rules import check_invoice
from .finvoice_schema import check
from .text import ENCODING

_ROOT = (
    '<Finvoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" Version="3.0"'
    ' xsi:noNamespaceSchemaLocation="Finvoice3.0.xsd">'
)
_DECLARATION = (
    f'<?xml version="1.0" encoding="{ENCODING}"?>\n'
    '<?xml-stylesheet type="text/xsl" href="Finvoice.xsl"?>\n'
)
_TYPE = element.attribute("CodeListAgencyIdentifier", "SPY")
_SHARED_CHARGES = element.attribute("ChargeOption", "SHA")
_CREDIT_TRANSFER = "58"  # UN/EDIFACT 4461


def write_message(invoice: Invoice) -> bytes:
    """The checked document with its frame before it, ready to be sent.

    :raises FormatError: a value is missing, does not fit or contradicts another
    """
    document = write_invoice(invoice)
    try:
        frame = write_frame(invoice.transmission)
    except FormatError as error:
        raise error.within("transmission") from None
    return frame + b"\n" + document


def write_invoice(invoice: Invoice) -> bytes:
    """The checked document of an invoice, without its frame.

    It is written as text and parsed once: what is checked is what is sent.

    :raises FormatError: a value is missing, does not fit or contradicts another
    """
    check_invoice(invoice)
    body = _write(invoice)
    check(etree.fromstring(body))
    # Encoded here and not in libxml2, which would write a character reference for
    # what does not fit.
    return (_DECLARATION + body).encode(ENCODING)


def _write(invoice: Invoice) -> str:
    payment, delivery = invoice.payment, invoice.delivery
    return "".join(
        (
            _ROOT,
            parties.transmission(invoice.transmission),
            parties.seller(invoice.seller, payment.account),
            parties.recipient(invoice.recipient) if invoice.recipient else "",
            element.plain("InvoiceRecipientLanguageCode", invoice.language),
            parties.buyer(invoice.buyer),
            parties.delivery(delivery) if delivery else "",
            _delivered(invoice.delivery_date),
            _details(invoice),
            element.plain("VirtualBankBarcode", invoice.barcode),
            *(write_row(row, f"rows[{i}]") for i, row in enumerate(invoice.rows)),
            element.block(
                "EpiDetails",
                element.block(
                    "EpiIdentificationDetails",
                    element.day("EpiDate", invoice.invoice_date),
                    "<EpiReference/>",
                ),
                _payee(payment.account, payment.payee),
                _instruction(invoice, payment),
            ),
            "</Finvoice>",
        )
    )


def _details(invoice: Invoice) -> str:
    identity, day, money = element.identity, element.day, element.money
    net, vat, gross = invoice.total_net, invoice.total_vat, invoice.total_gross
    original, customer = invoice.original_number, invoice.customer_number
    order, reference = invoice.order_reference, invoice.buyer_reference
    return element.block(
        "InvoiceDetails",
        element.plain("InvoiceTypeCode", invoice.type_code, _TYPE),
        element.described("InvoiceTypeText", invoice.type_text, "type_text", 35),
        element.plain("OriginCode", invoice.origin),
        identity("InvoiceNumber", invoice.number, "number", 20),
        day("InvoiceDate", invoice.invoice_date),
        identity("OriginalInvoiceNumber", original, "original_number", 20, 0),
        day("OriginalInvoiceDate", invoice.original_date),
        identity("SellersBuyerIdentifier", customer, "customer_number", 70, 0),
        identity("OrderIdentifier", order, "order_reference", 70, 0),
        identity("BuyerReferenceIdentifier", reference, "buyer_reference", 70, 0),
        money("RowsTotalVatExcludedAmount", net, "total_net"),
        money("InvoiceTotalVatExcludedAmount", net, "total_net"),
        money("InvoiceTotalVatAmount", vat, "total_vat"),
        money("InvoiceTotalVatIncludedAmount", gross, "total_gross"),
        money("InvoicePaidAmount", invoice.paid, "paid"),
        *(_vat(line, f"vat[{i}]") for i, line in enumerate(invoice.vat)),
        element.free_texts("InvoiceFreeText", invoice.texts),
        _terms(invoice),
    )


def _delivered(on: date | None) -> str:
    return (
        element.block("DeliveryDetails", element.day("DeliveryDate", on)) if on else ""
    )


def _terms(invoice: Invoice) -> str:
    terms, discount, fine = invoice.terms, "", ""
    if terms.discount:
        offer, at = terms.discount, "terms.discount"
        discount = "".join(
            (
                element.day("CashDiscountDate", offer.until),
                element.money("CashDiscountBaseAmount", offer.base, f"{at}.base"),
                element.percent("CashDiscountPercent", offer.percent, f"{at}.percent"),
                element.money("CashDiscountAmount", offer.amount, f"{at}.amount"),
            )
        )
    if terms.late_interest is not None:
        text, at = terms.late_interest_text, "terms.late_interest"
        fine = element.block(
            "PaymentOverDueFineDetails",
            element.described("PaymentOverDueFineFreeText", text, at, 70, 0),
            element.percent("PaymentOverDueFinePercent", terms.late_interest, at),
        )
    return element.block(
        "PaymentTermsDetails",
        element.spread("PaymentTermsFreeText", terms.text, "terms.text", 70, 2, 0),
        element.day("InvoiceDueDate", invoice.due_date),
        discount,
        fine,
    )


def _vat(line: VatSpecification, at: str) -> str:
    try:
        return element.block(
            "VatSpecificationDetails",
            element.money("VatBaseAmount", line.base, "base"),
            element.percent("VatRatePercent", line.rate, "rate"),
            element.plain("VatCode", line.code),
            element.money("VatRateAmount", line.amount, "amount"),
            element.spread("VatFreeText", line.text, "text", 70, 3, 0),
        )
    except FormatError as error:
        raise error.within(at) from None


@lru_cache(maxsize=128)
def _payee(account: Account, name: str) -> str:
    """EpiPartyDetails, written once: thousands of invoices are paid to one account."""
    return element.block(
        "EpiPartyDetails",
        element.block(
            "EpiBfiPartyDetails",
            element.plain("EpiBfiIdentifier", account.bic, parties.BIC),
        ),
        element.block(
            "EpiBeneficiaryPartyDetails",
            element.described("EpiNameAddressDetails", name, "payment.payee", 35, 2),
            element.plain("EpiAccountID", account.iban, parties.IBAN),
        ),
    )


def _instruction(invoice: Invoice, payment: Payment) -> str:
    subject, at = payment.instruction_id, "payment.instruction_id"
    return element.block(
        "EpiPaymentInstructionDetails",
        element.identity("EpiPaymentInstructionId", subject, at, 35),
        _reference(payment.reference),
        element.money("EpiInstructedAmount", payment.amount, "payment.amount"),
        element.plain("EpiCharge", "SHA", _SHARED_CHARGES),
        element.day("EpiDateOptionDate", invoice.due_date),
        element.plain("EpiPaymentMeansCode", _CREDIT_TRANSFER),
    )


def _reference(reference: str) -> str:
    """Twenty digits or the creditor reference (implementation guidelines, 14)."""
    if not reference:
        return ""
    compact, scheme = normalise(reference), "ISO"
    if not compact.startswith("RF"):
        compact, scheme = compact.zfill(20), "SPY"
    of_scheme = element.attribute("IdentificationSchemeName", scheme)
    return element.plain("EpiRemittanceInfoIdentifier", compact, of_scheme)

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
from functools import lru_cache

from odoo.addons.receivables_base.formats.references import normalise

from . import finvoice_elements as element
from . import finvoice_parties as parties
from .errors import FormatError
from .finvoice_model import (
    CANCEL,
    Account,
    Invoice,
    Link,
    Payment,
    VatSpecification,
)
from .finvoice_rows import write_row
from .finvoice_rules import TYPE_TEXTS, check_invoice, compact_iban
from .text import ENCODING, encode, latin9

_ROOT = (
    '<Finvoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" Version="3.0"'
    ' xsi:noNamespaceSchemaLocation="Finvoice3.0.xsd">'
)
_DECLARATION = (
    f'<?xml version="1.0" encoding="{ENCODING}"?>\n'
    '<?xml-stylesheet type="text/xsl" href="Finvoice.xsl"?>\n'
).encode("ascii")
_TYPE = element.attribute("CodeListAgencyIdentifier", "SPY")
_SCHEMES = {
    scheme: element.attribute("IdentificationSchemeName", scheme)
    for scheme in ("ISO", "SPY")
}
_LANGUAGE = re.compile(r"[A-Z]{2}", re.ASCII)
_EXEMPTION = re.compile(r"[A-Za-z0-9-]{1,20}", re.ASCII)
_MEANS = re.compile(r"[A-Z0-9]{1,3}", re.ASCII)


def to_bytes(body: str) -> bytes:
    """The document of a written element, in ISO-8859-15 with its declaration."""
    # Encoding here, not in libxml2, is twice as fast and refuses what does not fit
    # instead of writing a character reference.
    return _DECLARATION + encode(body)


def write(invoice: Invoice) -> str:
    """The ``Finvoice`` element as text, character for character as it is sent.

    :raises FormatError: a value is missing, does not fit or contradicts another
    """
    payment = check_invoice(invoice)
    if invoice.transmission is None:
        raise FormatError("missing", "transmission")
    delivery, language = invoice.delivery, invoice.language
    tag = "InvoiceRecipientLanguageCode"
    return "".join(
        (
            _ROOT,
            parties.transmission(invoice.transmission),
            parties.seller(invoice.seller, invoice.accounts),
            element.code(tag, language, "language", _LANGUAGE, "two capitals"),
            parties.buyer(invoice.buyer),
            "" if delivery is None else parties.delivery(delivery),
            _delivery_details(invoice),
            _details(invoice, payment),
            _barcode(invoice.barcode),
            *(write_row(row, f"rows[{i}]") for i, row in enumerate(invoice.rows)),
            _payment(payment),
            _links(invoice.links),
            "</Finvoice>",
        )
    )


def _delivery_details(invoice: Invoice) -> str:
    if invoice.delivery_date is None:
        return ""
    delivered = element.day("DeliveryDate", invoice.delivery_date)
    return element.block("DeliveryDetails", delivered)


def _barcode(digits: str) -> str:
    return element.plain("VirtualBankBarcode", digits) if digits else ""


def _details(invoice: Invoice, payment: Payment) -> str:
    identity, day = element.optional_identity, element.day
    cancelled = invoice.origin == CANCEL
    default = "CANCELLATION INVOICE" if cancelled else TYPE_TEXTS[invoice.type_code]
    type_text = invoice.type_text or default
    return element.block(
        "InvoiceDetails",
        element.plain("InvoiceTypeCode", invoice.type_code, _TYPE),
        element.described("InvoiceTypeText", type_text, "type_text", 35),
        element.plain("OriginCode", invoice.origin),
        element.identity("InvoiceNumber", invoice.number, "number", 20),
        day("InvoiceDate", invoice.invoice_date),
        identity(
            "OriginalInvoiceNumber", invoice.original_number, "original_number", 20
        ),
        day("OriginalInvoiceDate", invoice.original_date),
        day("InvoicingPeriodStartDate", invoice.period_start),
        day("InvoicingPeriodEndDate", invoice.period_end),
        identity(
            "SellerReferenceIdentifier",
            invoice.seller_reference,
            "seller_reference",
            70,
        ),
        identity(
            "SellersBuyerIdentifier", invoice.customer_number, "customer_number", 70
        ),
        identity("OrderIdentifier", invoice.order_reference, "order_reference", 70),
        identity(
            "AgreementIdentifier",
            invoice.agreement_reference,
            "agreement_reference",
            70,
        ),
        identity(
            "BuyerReferenceIdentifier", invoice.buyer_reference, "buyer_reference", 70
        ),
        _totals(invoice),
        *(_vat(line, f"vat[{i}]") for i, line in enumerate(invoice.vat)),
        element.free_texts("InvoiceFreeText", invoice.texts),
        _terms(invoice, payment),
    )


def _totals(invoice: Invoice) -> str:
    net, vat, gross = invoice.total_net, invoice.total_vat, invoice.total_gross
    money = element.optional_money
    return "".join(
        (
            money("RowsTotalVatExcludedAmount", net, "total_net"),
            money("InvoiceTotalVatExcludedAmount", net, "total_net"),
            money("InvoiceTotalVatAmount", vat, "total_vat"),
            money("InvoiceTotalVatIncludedAmount", gross, "total_gross"),
            money("InvoicePaidAmount", invoice.paid, "paid"),
        )
    )


def _vat(line: VatSpecification, at: str) -> str:
    exemption, expected = line.exemption_code, "a VATEX code"
    try:
        return element.block(
            "VatSpecificationDetails",
            element.money("VatBaseAmount", line.base, "base"),
            element.percent("VatRatePercent", line.rate, "rate"),
            element.plain("VatCode", line.code),
            element.money("VatRateAmount", line.amount, "amount"),
            element.optional_spread("VatFreeText", line.text, "text", 70, 3),
            element.code(
                "VatExemptionReasonCode",
                exemption,
                "exemption_code",
                _EXEMPTION,
                expected,
            ),
        )
    except FormatError as error:
        raise error.within(at) from None


def _terms(invoice: Invoice, payment: Payment) -> str:
    terms = invoice.payment_terms
    return element.block(
        "PaymentTermsDetails",
        element.optional_spread("PaymentTermsFreeText", terms, "payment_terms", 70, 2),
        element.day("InvoiceDueDate", payment.due_date),
        _overdue_fine(invoice),
    )


def _overdue_fine(invoice: Invoice) -> str:
    percent, text = invoice.overdue_fine_percent, latin9(invoice.overdue_fine_text)[0]
    if percent is None and not text:
        return ""
    return element.block(
        "PaymentOverDueFineDetails",
        element.optional_spread(
            "PaymentOverDueFineFreeText", text, "overdue_fine_text", 70, 3
        ),
        element.percent("PaymentOverDueFinePercent", percent, "overdue_fine_percent"),
    )


def _payment(payment: Payment) -> str:
    charge = payment.charge
    if charge not in ("SHA", "SLEV"):
        raise FormatError(
            "pattern", "payment.charge", value=charge, expected="SHA or SLEV"
        )
    return element.block(
        "EpiDetails",
        element.block(
            "EpiIdentificationDetails",
            element.day("EpiDate", payment.date),
            "<EpiReference/>",
        ),
        _payee(payment.account, payment.payee),
        _instruction(payment),
    )


@lru_cache(maxsize=128)
def _payee(account: Account, name: str) -> str:
    """EpiPartyDetails, written once: thousands of invoices are paid to one account."""
    bank = element.plain("EpiBfiIdentifier", account.bic, parties.BIC)
    iban = compact_iban(account.iban)
    return element.block(
        "EpiPartyDetails",
        element.block("EpiBfiPartyDetails", bank),
        element.block(
            "EpiBeneficiaryPartyDetails",
            element.described("EpiNameAddressDetails", name, "payment.payee", 35, 2),
            element.plain("EpiAccountID", iban, parties.IBAN),
        ),
    )


def _instruction(payment: Payment) -> str:
    subject, means = payment.instruction_id, payment.means_code
    charge = element.attribute("ChargeOption", payment.charge)
    expected = "a UN/EDIFACT 4461 code"
    return element.block(
        "EpiPaymentInstructionDetails",
        element.identity(
            "EpiPaymentInstructionId", subject, "payment.instruction_id", 35
        ),
        _reference(payment.reference),
        element.money("EpiInstructedAmount", payment.amount, "payment.amount"),
        element.plain("EpiCharge", payment.charge, charge),
        element.day("EpiDateOptionDate", payment.due_date),
        element.code(
            "EpiPaymentMeansCode", means, "payment.means_code", _MEANS, expected
        ),
    )


def _reference(reference: str) -> str:
    """Twenty digits or the creditor reference (implementation guidelines, 14)."""
    compact, scheme = normalise(reference), "ISO"
    if not compact.startswith("RF"):
        compact, scheme = compact.zfill(20), "SPY"
    return element.plain("EpiRemittanceInfoIdentifier", compact, _SCHEMES[scheme])


def _links(links: tuple[Link, ...]) -> str:
    """All names, then all addresses: the schema pairs them by order."""
    names = [
        element.described(
            "InvoiceUrlNameText", link.name or link.url, f"links[{i}].name", 512
        )
        for i, link in enumerate(links)
    ]
    urls = [
        element.identity("InvoiceUrlText", link.url, f"links[{i}].url", 512)
        for i, link in enumerate(links)
    ]
    return "".join(names + urls)

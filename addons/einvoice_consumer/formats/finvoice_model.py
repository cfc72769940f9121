"""What a consumer's Finvoice 3.0 says, as plain frozen values.

Amounts are ``Decimal`` in ``Invoice.currency``; dates are calendar dates. Texts may
be as a user typed them: the writer makes them fit (see ``finvoice_writer``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

INVOICE = "INV01"
CREDIT_NOTE = "INV02"
DIRECT_PAYMENT_COPY = "INV09"

ORIGINAL = "Original"
COPY = "Copy"
CANCEL = "Cancel"


@dataclass(frozen=True, slots=True)
class Transmission:
    """MessageTransmissionDetails: says again what the frame says.

    Banks compare the two, so make the frame from this with ``finvoice.frame_of``.
    """

    sender: str
    sender_intermediator: str
    receiver: str
    receiver_intermediator: str
    message_id: str
    timestamp: datetime
    ref_to_message_id: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Seller, buyer or delivery party.

    ``identifier`` is the business id (``1234567-8``), ``country_code`` ISO 3166-1
    alpha-2. ``website``, ``home_town`` and ``vat_registration_text`` (in Finland
    ``Alv.Rek`` of a VAT-registered seller) are written for the seller only.
    """

    name: str
    street: str = ""
    town: str = ""
    postcode: str = ""
    country_code: str = ""
    country_name: str = ""
    identifier: str = ""
    trading_name: str = ""
    vat_number: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    home_town: str = ""
    vat_registration_text: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A seller's account that receives payments."""

    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class VatSpecification:
    """One line of the VAT breakdown.

    ``code`` is UN/EDIFACT 5305: S standard, Z zero, E exempt, AE reverse charge,
    K intra-community, G export, O outside scope. ``text`` gives the reason where
    no VAT is charged (at most 3 lines of 70), ``exemption_code`` its VATEX code.
    """

    base: Decimal
    rate: Decimal
    code: str
    amount: Decimal
    text: str = ""
    exemption_code: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice row; one without ``net`` is a row of text (a section or a note).

    ``net``, ``vat_amount`` and ``gross`` are the row's money, discount deducted.
    ``unit_price`` excludes VAT, ``unit_price_vat_included`` includes it; both are
    positive also in credit notes, where the quantity is negative, and have at most
    five decimals. ``unit`` is the unit in words, ``unit_code`` UN/ECE rec. 20.
    """

    name: str = ""
    article_id: str = ""
    description: str = ""
    texts: tuple[str, ...] = ()
    delivered_quantity: Decimal | None = None
    invoiced_quantity: Decimal | None = None
    unit: str = ""
    unit_code: str = ""
    start_date: date | None = None
    end_date: date | None = None
    unit_price: Decimal | None = None
    unit_price_vat_included: Decimal | None = None
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    vat_rate: Decimal | None = None
    vat_code: str = ""
    vat_amount: Decimal | None = None
    net: Decimal | None = None
    gross: Decimal | None = None
    position: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """EpiDetails: the payment the consumer's bank will propose.

    ``instruction_id`` is the channel's announced payment subject
    (PaymentInstructionIdentifier of the invoicer notification), never the payment
    reference: the bank rejects the message when it differs (Finvoice
    implementation guidelines, 14). ``amount`` is what is still to be paid.
    ``payee`` is at most 35 characters.
    """

    account: Account
    payee: str
    instruction_id: str
    reference: str
    amount: Decimal
    due_date: date
    date: date
    charge: str = "SHA"
    means_code: str = "58"


@dataclass(frozen=True, slots=True)
class Link:
    """A link the netbank shows beside the invoice (generic material only)."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """A Finvoice 3.0 message.

    ``customer_number`` is the seller's number for the buyer. ``paid`` is what was
    paid before sending; ``total_net``, ``total_vat`` and ``total_gross`` are
    negative in a credit note. ``type_text`` empty means the type's English name.
    """

    number: str
    invoice_date: date
    seller: Party
    buyer: Party
    accounts: tuple[Account, ...]
    rows: tuple[Row, ...]
    total_net: Decimal | None
    total_vat: Decimal | None
    total_gross: Decimal
    payment: Payment | None
    vat: tuple[VatSpecification, ...] = ()
    transmission: Transmission | None = None
    type_code: str = INVOICE
    type_text: str = ""
    origin: str = ORIGINAL
    original_number: str = ""
    original_date: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    customer_number: str = ""
    seller_reference: str = ""
    order_reference: str = ""
    agreement_reference: str = ""
    buyer_reference: str = ""
    delivery: Party | None = None
    delivery_date: date | None = None
    paid: Decimal | None = None
    texts: tuple[str, ...] = ()
    payment_terms: str = ""
    overdue_fine_text: str = ""
    overdue_fine_percent: Decimal | None = None
    due_date: date | None = None
    barcode: str = ""
    language: str = ""
    links: tuple[Link, ...] = ()
    currency: str = "EUR"

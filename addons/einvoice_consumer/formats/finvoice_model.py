"""What a consumer's Finvoice 3.0 says, as plain frozen values.

Amounts are ``Decimal`` in euros; dates are calendar dates. Texts may be as a user
typed them: ``finvoice`` makes them fit when it writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .ebxml_frame import Frame

INVOICE = "INV01"
CREDIT_NOTE = "INV02"
DIRECT_PAYMENT_COPY = "INV09"
# OriginCode: a credit note is an original too, and only with the other one does it ask
# a bank to cancel (guidelines 10.14).
ORIGINAL = "Original"
CANCEL = "Cancel"


@dataclass(frozen=True, slots=True)
class Party:
    """Seller, buyer or delivery party.

    ``identifier`` is the business id (``1234567-8``), ``country_code`` ISO 3166-1
    alpha-2. ``website`` and ``vat_registration_text`` (in Finland ``Alv.Rek`` of a
    VAT-registered seller) are written for the seller only, ``contact`` (a person's
    name) for seller and buyer.
    """

    name: str
    street: str = ""
    town: str = ""
    postcode: str = ""
    country_code: str = ""
    country_name: str = ""
    identifier: str = ""
    vat_number: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    vat_registration_text: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """The seller's account that the payment goes to; the IBAN without spaces."""

    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class VatSpecification:
    """One line of the VAT breakdown.

    ``code`` is UN/EDIFACT 5305: S standard, Z zero, E exempt, AE reverse charge,
    K intra-community, G export, O outside scope. ``text`` gives the reason where
    no VAT is charged (at most 3 lines of 70).
    """

    base: Decimal
    rate: Decimal
    code: str
    amount: Decimal
    text: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice row with its money, discount deducted.

    ``unit_price`` excludes VAT, ``unit_price_vat_included`` includes it; both are
    positive also in credit notes, where the quantity is negative, and have at most
    five decimals. ``unit`` is the unit in words.
    """

    name: str
    net: Decimal
    vat_rate: Decimal
    vat_code: str
    vat_amount: Decimal
    gross: Decimal
    article_id: str = ""
    texts: tuple[str, ...] = ()
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    unit_price_vat_included: Decimal | None = None
    discount_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A row without money: a section or a remark."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """EpiDetails: the payment the consumer's bank will propose.

    ``instruction_id`` is the channel's announced payment subject
    (PaymentInstructionIdentifier of the invoicer notification), never the payment
    reference: the bank rejects the message when it differs (Finvoice
    implementation guidelines, 14). ``amount`` is what is still to be paid; of a direct
    payment in parts, what falls due on the due date. ``payee`` is at most 35
    characters. Only a credit note may lack a ``reference``.
    """

    account: Account
    payee: str
    instruction_id: str
    reference: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CashDiscount:
    """What is taken off where the invoice is paid at the latest on ``until``."""

    until: date
    base: Decimal
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed on paying, beside the due date.

    ``text`` has at most 140 characters; ``late_interest`` is percent a year, and
    ``late_interest_text`` names it.
    """

    text: str = ""
    discount: CashDiscount | None = None
    late_interest: Decimal | None = None
    late_interest_text: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A Finvoice 3.0 message; ``transmission`` goes into it and before it.

    ``customer_number`` is the seller's number for the buyer; ``recipient`` gets the
    invoice where that is another than the buyer. ``paid`` is what was
    paid before sending; ``total_net``, ``total_vat`` and ``total_gross`` are
    negative in a credit note.
    """

    number: str
    invoice_date: date
    due_date: date
    type_text: str
    seller: Party
    buyer: Party
    rows: tuple[Row | Note, ...]
    vat: tuple[VatSpecification, ...]
    total_net: Decimal
    total_vat: Decimal
    total_gross: Decimal
    payment: Payment
    transmission: Frame
    type_code: str = INVOICE
    origin: str = ORIGINAL
    original_number: str = ""
    original_date: date | None = None
    customer_number: str = ""
    order_reference: str = ""
    buyer_reference: str = ""
    recipient: Party | None = None
    delivery: Party | None = None
    delivery_date: date | None = None
    terms: Terms = Terms()
    paid: Decimal | None = None
    texts: tuple[str, ...] = ()
    barcode: str = ""
    language: str = ""

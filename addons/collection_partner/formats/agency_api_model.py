"""What the agency API talks about (docs/agency_api.yaml).

Amounts are Decimal with the decimals of their currency, times are aware, countries
ISO 3166-1 alpha-2, languages ISO 639-1, currencies ISO 4217. An empty text or None is
"not given".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

# === WHAT IS SENT === #


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee the creditor has claimed already; ``type`` is ``reminder``, ``other``."""

    type: str
    date: dt.date
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """The invoice to collect.

    ``original_amount`` is as invoiced with VAT, without own fees and interest;
    ``delivered_as`` ``einvoice``, ``email``, ``post``, ``portal`` or ``unknown``;
    ``description`` has at most 1,000 characters.
    """

    number: str
    date: dt.date
    due_date: dt.date
    currency: str
    original_amount: Decimal
    open_amount: Decimal
    external_number: str = ""
    delivered_as: str = "unknown"
    description: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be collected, in the invoice's currency."""

    capital: Decimal
    interest: Decimal = Decimal(0)
    fees_already_claimed: tuple[Fee, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at the debtor or the creditor."""

    name: str
    email: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    street: str
    zip: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who owes; ``type`` is ``company`` (needs ``id_number``) or ``person``."""

    type: str
    name: str
    address: Address
    number: str = ""
    id_number: str = ""
    language: str = ""
    email: str = ""
    phone: str = ""
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One case for the agency: ``POST /cases``.

    ``first_action`` is ``reminder`` or ``demand``; ``letter_text`` (at most 1,000
    characters) is for the debtor, ``note`` (at most 4,000) for the agency.
    """

    external_id: str
    invoice: Invoice
    claim: Claim
    debtor: Debtor
    agreement_number: str = ""
    claim_type: str = "invoice"
    first_action: str = "reminder"
    letter_text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    """The creditor's company."""

    name: str
    org_number: str = ""
    vat_number: str = ""
    street: str = ""
    zip: str = ""
    city: str = ""
    country: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account of the creditor; it has an ``iban`` or an ``account_number``."""

    iban: str = ""
    account_number: str = ""
    bic: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class TermsAccepted:
    """Which terms were accepted, when and by whom (name of the person)."""

    version: str
    at: dt.datetime
    by: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the agency calls; ``secret`` has 16 to 255 characters."""

    url: str
    secret: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CreditorChanges:
    """What the agency shall know about the creditor from now on.

    ``external_id`` is given only while the creditor has none at the agency, as when
    its agreement was made outside; ``terms`` only when they have been accepted.
    """

    company: Company
    accounts: tuple[Account, ...]
    contact: Contact
    external_id: str = ""
    terms: TermsAccepted | None = None


# === WHAT COMES BACK === #


@dataclass(frozen=True, slots=True)
class Terms:
    """The agency's present terms."""

    terms_version: str
    terms_url: str
    price_list_url: str
    text: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The agreement's settings; ``version`` grows with each change."""

    services: str = "reminder_and_collection"
    approve_before_demand: bool = False
    approve_before_legal: bool = True
    letter_include_lines: bool = False
    letter_external_number: bool = True
    notification_email: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Creditor:
    """The agreement as the agency sees it; ``state`` is a word of the contract."""

    creditor_id: str
    external_id: str
    state: str
    agreement_number: str
    portal_url: str
    terms_version: str
    terms_url: str
    price_list_url: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what is owed: ``remaining = original - paid``."""

    original: Decimal
    paid: Decimal
    remaining: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    capital: Part
    interest: Part
    fees: Part
    court_fees: Part


@dataclass(frozen=True, slots=True)
class Instalment:
    due_date: dt.date
    amount: Decimal
    paid: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A document at the agency; ``size`` is in bytes."""

    id: str
    name: str
    size: int
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class History:
    """One event of the case; ``actor`` is ``agency``, ``creditor`` or ``debtor``."""

    id: str
    at: dt.datetime
    actor: str
    code: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case as the agency sees it; all amounts are in ``currency``.

    ``status_code`` and ``status_label`` are the agency's own, finer than ``state``.
    ``available_actions`` are words that the agency would accept now.
    """

    agency_case_id: str
    external_id: str
    case_number: str
    reference: str
    agreement_number: str
    invoice_number: str
    state: str
    outcome: str
    status_code: str
    status_label: str
    version: int
    updated_at: dt.datetime
    portal_url: str
    action_required: bool
    action_hint: str
    available_actions: tuple[str, ...]
    currency: str
    balance: Balance
    withdrawal_fee: Money | None
    instalments: tuple[Instalment, ...]
    limitation_date: dt.date | None
    new_address: Address | None
    documents: tuple[Document, ...]
    history: tuple[History, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """The answer to an action: what it costs the creditor, and the case."""

    fee: Money | None
    case: Case


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened: read the thing it names."""

    event_id: str
    type: str
    created_at: dt.datetime
    creditor_id: str
    case_id: str
    case_version: int | None
    object_id: str


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of the request, named by its path."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Error:
    """A refusal; ``details`` depend on the ``code``."""

    code: str
    message: str
    field_errors: tuple[FieldError, ...]
    details: dict[str, str]
    trace_id: str

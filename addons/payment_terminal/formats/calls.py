"""What a bank or kiosk network asks and what it is told, in words of no network.

A protocol's module turns the bytes that came into a :class:`Call` and an
:class:`Outcome` into the bytes that go back; everything between speaks only these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo


class Operation(str, Enum):
    """What may be asked."""

    LOOKUP = "lookup"  # what does this customer owe; registers nothing
    CHECK = "check"  # may this payment be made; registers nothing
    RESERVE = "reserve"  # the same, and remember the payment until it is performed
    PAY = "pay"  # the money is taken: credit it
    CANCEL = "cancel"  # the payment is taken back
    STATUS = "status"  # what became of a payment
    STATEMENT = "statement"  # the payments of a period
    DEBTS = "debts"  # a page of what all customers owe


class Result(str, Enum):
    """How it went. A dialect knows the code of each and if the network repeats."""

    OK = "ok"
    NOT_FOUND = "not_found"  # no customer has this number
    MANY_FOUND = "many_found"  # a search found several customers
    BAD_ACCOUNT = "bad_account"  # this can be no number of a customer
    INACTIVE = "inactive"  # the number is blocked
    BAD_FACTOR = "bad_factor"  # the second thing asked of the customer does not fit
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    BAD_AMOUNT = "bad_amount"
    BAD_DATE = "bad_date"
    BAD_ID = "bad_id"
    BAD_REQUEST = "bad_request"  # unreadable, or something is missing
    BAD_OPERATION = "bad_operation"
    WRONG_CURRENCY = "wrong_currency"
    CONFLICT = "conflict"  # known payment, other account, amount or currency
    CANCELLED = "cancelled"  # a payment that was cancelled before, or has run out
    UNKNOWN_PAYMENT = "unknown_payment"
    PENDING = "pending"  # not decided yet: ask again
    CLOSED = "closed"  # lookups are switched off; payments are taken
    FAULT = "fault"  # a passing fault of ours: ask again
    FORBIDDEN = "forbidden"  # wrong address, password or signature


@dataclass(frozen=True, slots=True)
class WireRequest:
    """An HTTP request as it came. Header names are in lower case."""

    method: str
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An HTTP answer."""

    body: bytes
    content_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a dialect must know of the network that it speaks for."""

    currency: str  # ISO 4217 letters: KZT
    decimals: int  # of that currency: KZT 2, ISK 0
    timezone: ZoneInfo  # in which the network writes times without a zone
    registry_code: str = ""  # the company's registration number (Kaspi: bin)
    company: str = ""  # the company's name, for networks that show it
    key: bytes = field(default=b"", repr=False)  # of the signature, where there is one
    # what "customer", "debt", "overdue", "due" and "invoice" are called in the
    # network's language
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One thing asked.

    ``amount`` is in units of the currency (never in kopecks or tiyin); ``paid_at`` is
    aware. ``echo`` is the dialect's own: what it must repeat in its answer.
    """

    operation: Operation
    txn_id: str = ""  # the network's identifier of the payment
    account: str = ""  # what the customer typed
    amount: Decimal | None = None
    currency: str = ""  # ISO 4217 letters, empty when the network sends none
    paid_at: datetime | None = None
    terminal: str = ""  # the kiosk
    invoice: str = ""  # an invoice the customer chose
    factor: str = ""  # the second thing asked of the customer
    reason: str = ""  # why it is cancelled
    since: datetime | None = None  # of a statement, inclusive
    until: datetime | None = None  # of a statement, inclusive
    page: int = 0  # of a list, from 1
    rows: int = 0  # on each page
    number: int | None = None  # our own number of it, where the network names no other
    secret: str = field(default="", repr=False)  # a shared secret inside the message
    echo: Mapping[str, str] = field(default_factory=dict)


class BadCall(Exception):
    """A request that cannot be read.

    :param result: why
    :param place: the parameter or element, for the log and the self-test
    :param call: as much of the call as was understood, so that the answer can echo it
    """

    def __init__(self, result: Result, place: str, call: Call | None = None) -> None:
        super().__init__(f"{result.value}: {place}")
        self.result = result
        self.place = place
        self.call = call


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An unpaid invoice, and what the named amount would pay of it."""

    reference: str
    due: date | None
    open: Decimal
    pays: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the company has it. Times are aware."""

    number: int  # the company's own identifier of it
    txn_id: str
    account: str
    amount: Decimal
    state: str  # reserved, accepted, cancelled (before the money), reversed (after it)
    reserved_at: datetime | None = None
    accepted_at: datetime | None = None
    cancelled_at: datetime | None = None
    named_at: datetime | None = None  # the time the network gave it
    reason: str = ""
    field: str = ""  # under which name the network sent the account


@dataclass(frozen=True, slots=True)
class Owed:
    """What one customer owes, in a list of all."""

    account: str
    amount: Decimal
    customer: str = ""  # masked name


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the network is told.

    ``message`` is a sentence for the customer, in the network's language.
    ``debt`` is None when the company shows none; a customer who owes nothing has 0.
    """

    result: Result
    message: str = ""
    customer: str = ""  # masked name
    debt: Decimal | None = None
    overdue: Decimal | None = None  # what of it is due; None when all of it is
    due: date | None = None  # of the oldest open invoice
    invoices: tuple[OpenInvoice, ...] = ()
    payment: Payment | None = None
    payments: tuple[Payment, ...] = ()  # of a statement
    owed: tuple[Owed, ...] = ()  # a page of a list
    count: int = 0  # of customers on all pages
    repeated: bool = False  # the payment was answered before
    now: datetime | None = None  # when what is owed was read, aware


RESERVATION = timedelta(hours=12)
"""How long a reserved payment waits for being performed (Payme: 43 200 000 ms)."""

"""FinvoiceSenderInfo: an invoicer tells a bank what it offers to consumers.

Rules: Finvoice notification service guidelines, 3 and 4; schema of 15.4.2013 (version
2.0). A change replaces everything that the bank has: the message carries all of it,
with the accounts that the bank has beside those that it shall have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

from lxml import etree

from . import finvoice_elements as element
from . import text
from .ebxml_frame import Frame, write_frame
from .errors import FormatError
from .finvoice_model import Account
from .finvoice_schema import check
from .own_address import is_iban

ROOT = "FinvoiceSenderInfo"
ACTIONS = ("ADD", "CHANGE", "DELETE")
#: where a bank takes these messages, in place of a receiver's address
MAILBOX = "SENDERINFO"
#: LanguageCode, in the order in which they are written; Finnish must be there
LANGUAGES = ("FI", "SV", "EN")
EINVOICE = "00"
DIRECT_PAYMENT = "01"
NO_NEW_DIRECT_PAYMENT = "02"
SERVICES = (EINVOICE, DIRECT_PAYMENT, NO_NEW_DIRECT_PAYMENT)
#: SellerInvoiceIdentifierType: see ``receiver_info.Identifier``
IDENTIFIER_TYPES = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "99")
MOST_IDENTIFIERS = 2
LONGEST_IDENTIFIER = 35

_OPENING = (
    f'<?xml version="1.0" encoding="{text.ENCODING}"?>\n'
    '<?xml-stylesheet type="text/xsl" href="FinvoiceSenderInfo.xsl"?>\n'
)
_ROOT = f'<{ROOT} Version="2.0">'
_TYPE = "SENDERINFO"
_TYPE_TEXT = "INVOICER NOTIFICATION"
_NORMAL = "00"
_IBAN = element.attribute("IdentificationSchemeName", "IBAN")
_BIC = element.attribute("IdentificationSchemeName", "BIC")
YES, NO = "YES", "NO"

Texts = Mapping[str, str]  # language -> text


@dataclass(frozen=True, slots=True)
class Asked:
    """What a consumer is asked for in the netbank.

    ``type`` is SellerInvoiceIdentifierType; lengths are in characters, 1 to 35;
    ``labels`` are what it is called, 4 to 70 characters.
    """

    type: str
    labels: Texts
    min_length: int = 1
    max_length: int = LONGEST_IDENTIFIER
    spaces: bool = False
    hyphens: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that a bank knows of an invoicer's consumer invoices.

    ``names`` are at most 140 characters, ``topics`` what the invoices are about (35),
    ``instructions`` what helps a consumer to order (420). ``accounts`` are all that
    consumers may be asked to pay to. Texts are there in Finnish, and each other
    language is there for all of them or for none.
    """

    business_id: str
    names: Texts
    sender_address: str
    sender_intermediator: str
    accounts: tuple[Account, ...]
    payment_subject: str
    topics: Texts
    identifiers: tuple[Asked, ...]
    service: str = EINVOICE
    instructions: Texts | None = None
    street: str = ""
    town: str = ""
    postcode: str = ""
    country_code: str = ""
    industry_code: str = ""
    website_name: str = ""
    website: str = ""
    due_date_accepted: bool = False
    period_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Previous:
    """By what a bank finds what it has, and the accounts that it has."""

    sender_address: str
    sender_intermediator: str
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """One message: ``terms`` are what the bank shall have, or had (DELETE).

    ``identifier`` (1-48 characters) stays the same over the changes of one
    notification. ``previous`` is there in a CHANGE only.
    """

    action: str
    identifier: str
    message_date: date
    terms: Terms
    previous: Previous | None = None


def pair_accounts(
    old: tuple[Account, ...], new: tuple[Account, ...]
) -> Iterator[tuple[Account, Account | None]]:
    """Every account that the bank has, each beside one that it shall have.

    Notification service guidelines, 4.6: the old accounts together are what the bank
    has, the new ones what it shall have, also where only a street changes. One that
    stays stands beside itself; one that goes beside the one that takes its place, or
    alone. One that is added needs an old one beside it, for the schema has no new
    account without an old one: that is the last old one once more.
    """
    kept = [account for account in old if account in new]
    gone = [account for account in old if account not in new]
    added = [account for account in new if account not in old]
    yield from ((account, account) for account in kept)
    for before, after in zip_longest(gone, added):
        yield before or old[-1], after


def write_message(info: SenderInfo, frame: Frame) -> bytes:
    """The checked document with its frame before it, ready to be sent.

    :param frame: from the address that the bank knows, to ``MAILBOX`` at the bank
    :raises FormatError: a value is missing, does not fit or contradicts another
    """
    document = write_sender_info(info)
    try:
        head = write_frame(frame, ROOT)
    except FormatError as error:
        raise error.within("transmission") from None
    return head + b"\n" + document


def write_sender_info(info: SenderInfo) -> bytes:
    """The checked document without its frame.

    :raises FormatError: a value is missing, does not fit or contradicts another
    """
    _check(info)
    body = _write(info)
    check(etree.fromstring(body), ROOT)
    return (_OPENING + body).encode(text.ENCODING)


def _check(info: SenderInfo) -> None:
    """What no schema can say."""
    terms = info.terms
    if (info.action == "CHANGE") != (info.previous is not None):
        raise FormatError("missing" if info.previous is None else "pattern", "previous")
    for name in ("names", "topics"):
        if not getattr(terms, name).get("FI"):
            raise FormatError("missing", f"{name}.FI")
    if not terms.accounts:
        raise FormatError("missing", "accounts")
    if not terms.identifiers:
        raise FormatError("missing", "identifiers")
    for number, asked in enumerate(terms.identifiers):
        at = f"identifiers[{number}]"
        if not 1 <= asked.min_length <= asked.max_length <= LONGEST_IDENTIFIER:
            lengths = f"{asked.min_length}-{asked.max_length}"
            limits = f"1-{LONGEST_IDENTIFIER}"
            raise FormatError("pattern", f"{at}.length", value=lengths, expected=limits)
        for language in _languages(terms.topics):
            if not asked.labels.get(language):
                raise FormatError("missing", f"{at}.labels.{language}")
        for language in _languages(asked.labels):
            if not terms.topics.get(language):
                raise FormatError("missing", f"topics.{language}")


def _languages(texts: Texts) -> list[str]:
    return [language for language in LANGUAGES if texts.get(language)]


def _write(info: SenderInfo) -> str:
    terms = info.terms
    return "".join(
        (
            _ROOT,
            element.block(
                "MessageDetails",
                element.plain("MessageTypeCode", _TYPE),
                element.plain("MessageTypeText", _TYPE_TEXT),
                element.plain("MessageActionCode", info.action),
                element.plain("MessageActionCodeIdentifier", _NORMAL),
                element.day("MessageDate", info.message_date),
                element.identity(
                    "SenderInfoIdentifier", info.identifier, "identifier", 48
                ),
            ),
            seller(terms),
            sender(terms, info.previous),
            *_accounts(terms, info.previous),
            invoices(terms),
            element.plain(
                "ProposedDueDateAccepted", YES if terms.due_date_accepted else NO
            ),
            element.plain(
                "ProposedInvoicePeriodAccepted", YES if terms.period_accepted else NO
            ),
            f"</{ROOT}>",
        )
    )


def seller(terms: Terms) -> str:
    """Who invoices; a proposal says it as well."""
    names = [
        f"<SellerOrganisationNames{_language(language)}>"
        + element.spread(
            "SellerOrganisationName",
            terms.names[language],
            f"names.{language}",
            *(70, 2, 2),
        )
        + "</SellerOrganisationNames>"
        for language in _languages(terms.names)
    ]
    return element.block(
        "SellerPartyDetails",
        element.identity(
            "SellerPartyIdentifier", terms.business_id, "seller.identifier", 48
        ),
        *names,
        _postal_address(terms),
        element.identity("IndustryCode", terms.industry_code, "industry_code", 6, 0),
    )


def _postal_address(terms: Terms) -> str:
    if not terms.street:
        return ""
    return element.block(
        "SellerPostalAddressDetails",
        element.described("SellerStreetName", terms.street, "seller.street", 35, 2),
        element.described("SellerTownName", terms.town, "seller.town", 35, 2),
        element.described(
            "SellerPostCodeIdentifier", terms.postcode, "seller.postcode", 48
        ),
        element.plain("CountryCode", terms.country_code),
    )


def sender(terms: Terms, previous: Previous | None = None) -> str:
    """Where the invoices come from."""
    now = previous or terms
    address = ""
    if previous and (previous.sender_address, previous.sender_intermediator) != (
        terms.sender_address,
        terms.sender_intermediator,
    ):
        address = _address("New", terms)
    return element.block(
        "InvoiceSenderInformationDetails",
        element.described(
            "SellerWebaddressNameText", terms.website_name, "website_name", 70, 0
        ),
        element.identity("SellerWebaddressText", terms.website, "website", 512, 0),
        _address("", now),
        address,
    )


def _address(prefix: str, at: Terms | Previous) -> str:
    tag, via = "InvoiceSenderAddress", "InvoiceSenderIntermediatorAddress"
    return element.identity(
        f"{prefix}{tag}", at.sender_address, "transmission.sender", 35, 2
    ) + element.identity(
        f"{prefix}{via}",
        at.sender_intermediator,
        "transmission.sender_intermediator",
        *(11, 8),
    )


def _accounts(terms: Terms, previous: Previous | None) -> Iterator[str]:
    if previous is None:
        for account in terms.accounts:
            yield element.block("SellerAccountDetails", *_account("", account))
        return
    if not previous.accounts:
        raise FormatError("missing", "previous.accounts")
    for old, new in pair_accounts(previous.accounts, terms.accounts):
        after = _account("New", new) if new else ()
        yield element.block("SellerAccountDetails", *_account("", old), *after)


def _account(prefix: str, account: Account) -> tuple[str, str]:
    if not is_iban(account.iban):
        raise FormatError("checksum", "payment.account.iban", value=account.iban)
    if not account.bic:
        raise FormatError("missing", "payment.account.bic")
    return (
        element.plain(f"{prefix}SellerAccountID", account.iban, _IBAN),
        element.plain(f"{prefix}SellerBic", account.bic, _BIC),
    )


def invoices(terms: Terms) -> str:
    """What the invoices are about, and what is asked of consumers."""
    given = terms.instructions or {}
    instructions = [
        element.plain(
            "SellerInstructionFreeText",
            text.described(given[language], f"instructions.{language}", 1, 420),
            _language(language),
        )
        for language in _languages(given)
    ]
    return element.block(
        "SellerInvoiceDetails",
        element.identity(
            "PaymentInstructionIdentifier",
            terms.payment_subject,
            "payment.instruction_id",
            35,
        ),
        *instructions,
        *(_topic(terms, language) for language in _languages(terms.topics)),
        element.plain("SellerServiceCode", terms.service),
    )


def _topic(terms: Terms, language: str) -> str:
    topic = text.described(terms.topics[language], f"topics.{language}", 1, 35)
    return element.block(
        "SellerInvoiceTypeDetails",
        element.plain("SellerInvoiceTypeText", topic, _language(language)),
        *(
            _asked(asked, language, f"identifiers[{number}].labels.{language}")
            for number, asked in enumerate(terms.identifiers)
        ),
    )


def _asked(asked: Asked, language: str, at: str) -> str:
    prefix = "SellerInvoiceIdentifier"
    rules = {
        "Type": asked.type,
        "MinLength": str(asked.min_length),
        "MaxLength": str(asked.max_length),
        "Spaces": str(asked.spaces).lower(),
        "Hyphens": str(asked.hyphens).lower(),
    }
    attributes = "".join(
        element.attribute(f"{prefix}{name}", value) for name, value in rules.items()
    )
    label = text.described(asked.labels[language], at, 4, 70)
    return element.plain(f"{prefix}Text", label, _language(language) + attributes)


def _language(language: str) -> str:
    return element.attribute("LanguageCode", language)

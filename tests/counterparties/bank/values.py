"""Check digits, identifiers, amounts and dates as a Finnish bank reads them.

Written from the Finvoice implementation guidelines (amount and date formats,
virtual bar code) and the notification service guidelines (identifier types 01-99);
check digits that the world knows are those of python-stdnum.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from stdnum import iban, iso11649, luhn
from stdnum.fi import hetu, ytunnus
from stdnum.iso7064 import mod_97_10

Row = dict[str, Any]


def iban_ok(text: str) -> bool:
    """An account number as it travels: without spaces, in capitals."""
    return text == iban.compact(text) and iban.is_valid(text)


def finnish_iban(prefix: str, serial: int) -> str:
    """An account of 13 digits, the Luhn digit, and the check digits in front."""
    body = prefix + str(serial).zfill(13 - len(prefix))
    bban = body + luhn.calc_check_digit(body)
    return f"FI{iban.calc_check_digits('FI00' + bban)}{bban}"


def national_reference_ok(text: str) -> bool:
    """Viitenumero: 4-20 digits after leading zeros, weights 7-3-1 from the right."""
    if not re.fullmatch(r"0*[1-9][0-9]{3,19}", text) or len(text) > 20:
        return False
    weighted = zip(reversed(text[:-1]), (7, 3, 1) * len(text), strict=False)
    return -sum(int(digit) * weight for digit, weight in weighted) % 10 == int(text[-1])


def rf_reference_ok(text: str) -> bool:
    """ISO 11649: RF, two check digits, 1-21 characters."""
    shape = re.fullmatch(r"RF[0-9]{2}[0-9A-Za-z]{1,21}", text)
    return bool(shape) and iso11649.is_valid(text)


def reference_ok(text: str, scheme: str | None) -> bool:
    """SPY is the national reference, ISO the RF one; else told by its start."""
    if scheme == "ISO" or (scheme != "SPY" and text.startswith("RF")):
        return rf_reference_ok(text)
    return national_reference_ok(text)


def same_reference(one: str, other: str) -> bool:
    """References compared without their padding zeros (also behind RFnn)."""
    pattern, bare = r"(RF..)?0*(.*)", r"\1\2"
    return re.sub(pattern, bare, one) == re.sub(pattern, bare, other)


class IdentifierType(NamedTuple):
    """One value of SellerInvoiceIdentifierType and how a netbank checks it."""

    help: str
    pattern: str
    check: Callable[[str], bool] = bool


IDENTIFIER_TYPES = {
    "01": IdentifierType(
        "Digits only, as printed on a bill you have received.",
        r"[0-9]{4,20}",
        national_reference_ok,
    ),
    "02": IdentifierType(
        "Starts with RF, as printed on a bill you have received.",
        r"RF.+",
        rf_reference_ok,
    ),
    "03": IdentifierType("For example 131052-308T.", r".{11}", hetu.is_valid),
    "04": IdentifierType(
        "For example 1234567-1.", r"[0-9]{7}-?[0-9]", ytunnus.is_valid
    ),
    "05": IdentifierType(
        "In domestic form without breaks, for example 0401234567.", r"0[0-9]{4,14}"
    ),
    "06": IdentifierType(
        "In international form, for example +358401234567.", r"\+[0-9]{6,15}"
    ),
    "07": IdentifierType(
        "Letters and digits without spaces.",
        r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}",
        lambda text: mod_97_10.is_valid(text[4:] + text[:4]),
    ),
    "08": IdentifierType("Digits only.", r"[0-9]+"),
    "09": IdentifierType("Letters and digits.", r"[^\W_]+"),
    "99": IdentifierType("As given by the invoicer.", r".+"),
}


def identifier_fault(value: str, asked: Row) -> str | None:
    """Why a netbank would not take this identifier, or None when it would.

    The rules asked are those of SellerInvoiceIdentifierText: type, shortest and
    longest length, whether spaces and hyphens may be written.
    """
    kind, label = IDENTIFIER_TYPES[asked["type"]], asked["label"]
    keeps_hyphen = asked["type"] in ("03", "04")
    bare = value.replace(" ", "")
    bare = bare if keeps_hyphen else bare.replace("-", "")
    if not value:
        return f"{label} is missing."
    if " " in value and not asked["spaces"]:
        return f"{label} must be written without spaces."
    if "-" in value and not asked["hyphens"] and not keeps_hyphen:
        return f"{label} must be written without hyphens."
    if not asked["min"] <= len(value) <= asked["max"]:
        return f"{label} must have {asked['min']}-{asked['max']} characters."
    if not re.fullmatch(kind.pattern, bare):
        return f"{label} is not in the right form. {kind.help}"
    if not kind.check(bare):
        return f"{label} has a typing error: its check digit does not match."
    return None


def parse_amount(text: str) -> Decimal | None:
    """A Finvoice amount: comma decimals, optional minus sign."""
    if not re.fullmatch(r"-?[0-9]{1,15}(,[0-9]{2,5})?", text):
        return None
    return Decimal(text.replace(",", "."))


def parse_percent(text: str) -> Decimal | None:
    """A Finvoice percentage: up to three digits, one to three decimals."""
    if not re.fullmatch(r"[0-9]{1,3}(,[0-9]{1,3})?", text):
        return None
    return Decimal(text.replace(",", "."))


def parse_date(text: str) -> date | None:
    """A Finvoice date, CCYYMMDD."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


class Barcode(NamedTuple):
    """The payment data of a virtual bank bar code."""

    account: str
    amount: Decimal
    reference: str
    due: str


def decode_barcode(text: str) -> Barcode | None:
    """4: account 16, euros 6, cents 2, 000, reference 20, due date YYMMDD.
    5: account 16, euros 6, cents 2, RF check 2, reference 21, due date YYMMDD.
    """
    if not re.fullmatch(r"4[0-9]{24}000[0-9]{26}|5[0-9]{53}", text):
        return None
    national = text[0] == "4"
    return Barcode(
        account=f"FI{text[1:17]}",
        amount=Decimal(f"{text[17:23]}.{text[23:25]}"),
        reference=text[28:48] if national else f"RF{text[25:48]}",
        due=text[48:],
    )

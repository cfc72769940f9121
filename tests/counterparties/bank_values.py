"""Check digits, identifiers, amounts and dates as a Finnish bank reads them.

Written from the Finvoice implementation guidelines (amount and date formats,
virtual bar code), the notification service guidelines (identifier types 01-99)
and the public standards behind the check digits (ISO 13616 and ISO 11649 mod
97-10, the national reference 7-3-1, the business id mod 11, the personal
identity code mod 31).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

_HETU_CHARS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_AMOUNT = re.compile(r"-?[0-9]{1,15}(,[0-9]{2,5})?")
_BARCODE = re.compile(r"[45][0-9]{53}")


def mod97(text: str) -> int:
    """Remainder by 97 with letters counted as 10..35 (ISO 7064 mod 97-10)."""
    return int("".join(str(int(char, 36)) for char in text)) % 97


def _rotated_mod97_ok(text: str) -> bool:
    return mod97(text[4:] + text[:4]) == 1


def iban_ok(text: str) -> bool:
    """ISO 13616: four leading characters moved last, remainder 1."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}", text):
        return False
    if text.startswith("FI") and not re.fullmatch(r"FI[0-9]{16}", text):
        return False
    return _rotated_mod97_ok(text)


def finnish_iban(prefix: str, serial: int) -> str:
    """A valid Finnish IBAN: 13 digits, Luhn digit, then the mod 97 digits."""
    body = prefix + str(serial).zfill(13 - len(prefix))
    total = 0
    for position, char in enumerate(reversed(body)):
        value = int(char) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    bban = body + str(-total % 10)
    return f"FI{98 - mod97(bban + 'FI00'):02d}{bban}"


def national_reference_ok(text: str) -> bool:
    """Viitenumero: 4-20 digits after leading zeros, weights 7-3-1 from the right."""
    digits = text.lstrip("0")
    if not re.fullmatch(r"[0-9]{4,20}", digits) or len(text) > 20:
        return False
    body, check = digits[:-1], int(digits[-1])
    weighted = sum(
        int(char) * (7, 3, 1)[position % 3]
        for position, char in enumerate(reversed(body))
    )
    return -weighted % 10 == check


def rf_reference_ok(text: str) -> bool:
    """ISO 11649: RF, two check digits, 1-21 characters."""
    if not re.fullmatch(r"RF[0-9]{2}[0-9A-Za-z]{1,21}", text):
        return False
    return _rotated_mod97_ok(text.upper())


def reference_ok(text: str, scheme: str | None) -> bool:
    """SPY is the national reference, ISO the RF one; else told by its start."""
    if scheme == "SPY":
        return national_reference_ok(text)
    if scheme == "ISO" or text.startswith("RF"):
        return rf_reference_ok(text)
    return national_reference_ok(text)


def business_id_ok(text: str) -> bool:
    """Y-tunnus: weights 7 9 10 5 8 4 2, remainder by 11."""
    match = re.fullmatch(r"([0-9]{7})-?([0-9])", text)
    if not match:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2)
    rest = sum(int(c) * w for c, w in zip(match[1], weights, strict=True)) % 11
    return rest != 1 and int(match[2]) == (11 - rest if rest else 0)


def personal_id_ok(text: str) -> bool:
    """Henkilötunnus: date, century sign, serial and a mod 31 character."""
    match = re.fullmatch(r"([0-9]{6})[-+A-FU-Y]([0-9]{3})([0-9A-Y])", text.upper())
    return bool(match) and _HETU_CHARS[int(match[1] + match[2]) % 31] == match[3]


@dataclass(frozen=True)
class IdentifierType:
    """One value of SellerInvoiceIdentifierType and how a netbank checks it."""

    name: str
    help: str
    pattern: str
    check: Callable[[str], bool] | None = None


IDENTIFIER_TYPES: dict[str, IdentifierType] = {
    "01": IdentifierType(
        "reference number",
        "Digits only, as printed on a bill you have received.",
        r"[0-9]{4,20}",
        national_reference_ok,
    ),
    "02": IdentifierType(
        "RF reference",
        "Starts with RF, as printed on a bill you have received.",
        r"RF[0-9]{2}[0-9A-Za-z]{1,21}",
        rf_reference_ok,
    ),
    "03": IdentifierType(
        "personal identity code", "For example 131052-308T.", r".{11}", personal_id_ok
    ),
    "04": IdentifierType(
        "business id", "For example 1234567-1.", r"[0-9]{7}-?[0-9]", business_id_ok
    ),
    "05": IdentifierType(
        "phone number",
        "In domestic form without breaks, for example 0401234567.",
        r"0[0-9]{4,14}",
    ),
    "06": IdentifierType(
        "phone number",
        "In international form, for example +358401234567.",
        r"\+[0-9]{6,15}",
    ),
    "07": IdentifierType(
        "identifier with IBAN check digits",
        "Letters and digits without spaces.",
        r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}",
        _rotated_mod97_ok,
    ),
    "08": IdentifierType("number", "Digits only.", r"[0-9]+"),
    "09": IdentifierType("identifier", "Letters and digits.", r"[^\W_]+"),
    "99": IdentifierType("identifier", "As given by the invoicer.", r".+"),
}


def identifier_fault(value: str, asked: dict) -> str | None:
    """Why a netbank would not take this identifier, or None when it would.

    The rules asked are those of SellerInvoiceIdentifierText: type, shortest and
    longest length, whether spaces and hyphens may be written.
    """
    kind = IDENTIFIER_TYPES[asked["type"]]
    label, shortest, longest = asked["label"], asked["min"], asked["max"]
    if not value:
        return f"{label} is missing."
    if " " in value and not asked["spaces"]:
        return f"{label} must be written without spaces."
    if "-" in value and not asked["hyphens"] and asked["type"] not in ("03", "04"):
        return f"{label} must be written without hyphens."
    if not shortest <= len(value) <= longest:
        return f"{label} must have {shortest}-{longest} characters."
    bare = value.replace(" ", "")
    if asked["type"] not in ("03", "04"):
        bare = bare.replace("-", "")
    if not re.fullmatch(kind.pattern, bare):
        return f"{label} is not in the right form. {kind.help}"
    if kind.check and not kind.check(bare):
        return f"{label} has a typing error: its check digit does not match."
    return None


def parse_amount(text: str) -> Decimal | None:
    """A Finvoice amount: comma decimals, optional minus sign."""
    if not _AMOUNT.fullmatch(text):
        return None
    return Decimal(text.replace(",", "."))


def parse_percent(text: str) -> Decimal | None:
    """A Finvoice percentage: up to three digits, one to three decimals."""
    if not re.fullmatch(r"[0-9]{1,3}(,[0-9]{1,3})?", text):
        return None
    return Decimal(text.replace(",", "."))


def parse_date(text: str) -> dt.date | None:
    """A Finvoice date, CCYYMMDD."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def timestamp_ok(text: str) -> bool:
    """xs:dateTime, with or without fractions and zone."""
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"
    if not re.fullmatch(shape, text):
        return False
    try:
        dt.datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Barcode:
    """The payment data of a virtual bank bar code (54 digits, version 4 or 5)."""

    account: str
    amount: Decimal
    reference: str
    due: str


def decode_barcode(text: str) -> Barcode | None:
    """4: account 16, euros 6, cents 2, 000, reference 20, due date YYMMDD.
    5: account 16, euros 6, cents 2, RF check 2, reference 21, due date YYMMDD.
    """
    if not _BARCODE.fullmatch(text):
        return None
    account = "FI" + text[1:17]
    amount = Decimal(text[17:23]) + Decimal(text[23:25]) / 100
    if text[0] == "4":
        if text[25:28] != "000":
            return None
        return Barcode(account, amount, text[28:48].lstrip("0"), text[48:])
    reference = "RF" + text[25:27] + text[27:48].lstrip("0")
    return Barcode(account, amount, reference, text[48:])


def same_reference(one: str, other: str) -> bool:
    """References compared without their padding zeros (also behind RFnn)."""

    def bare(text: str) -> str:
        if text.startswith("RF"):
            return text[:4] + text[4:].lstrip("0")
        return text.lstrip("0")

    return bare(one) == bare(other)

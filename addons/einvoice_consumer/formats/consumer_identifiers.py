"""What consumers type in a netbank to say who they are.

``SellerInvoiceIdentifierType`` of the notification service guidelines 2.0, 4.7.4.2:
01 national reference, 02 creditor reference (RF), 03 personal identity code, 04
business ID, 05 telephone number in domestic form, 06 in international form, 07 with
check digits as an IBAN has them, 08 digits, 09 letters and digits, 99 other.
"""

import re
from collections.abc import Callable

import phonenumbers
from stdnum.fi import hetu, ytunnus
from stdnum.iso7064 import mod_97_10

from odoo.addons.receivables_base.formats.references import is_national, is_rf

COUNTRY = "FI"


def is_right(kind: str, value: str) -> bool:
    """Whether a value can be of its type, as its form and check digits tell."""
    compact = re.sub(r"\s", "", value)
    check = _CHECKS.get(kind)
    return bool(compact) and (check is None or bool(check(compact)))


def phone(value: str) -> str:
    """Return a telephone number in the international form; empty where it is none."""
    try:
        number = phonenumbers.parse(value, COUNTRY)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def business_ids(value: str) -> tuple[str, ...]:
    """Return the forms in which a register may have a business ID: as it is written,
    without its hyphen, and as a VAT number."""
    if not ytunnus.is_valid(value):
        return ()
    digits = ytunnus.compact(value)
    return f"{digits[:7]}-{digits[7]}", digits, f"{COUNTRY}{digits}"


def _is_domestic(value: str) -> bool:
    return value.startswith("0") and not value.startswith("00") and bool(phone(value))


def _is_international(value: str) -> bool:
    return value.startswith(("+", "00")) and bool(phone(value))


def _is_as_an_iban(value: str) -> bool:
    compact = value.replace("-", "").upper()
    return (
        len(compact) > 4
        and compact.isascii()
        and compact.isalnum()
        and mod_97_10.is_valid(compact[4:] + compact[:4])
    )


_CHECKS: dict[str, Callable[[str], object]] = {
    "01": lambda value: is_national(value.replace("-", "")),
    "02": lambda value: is_rf(value.replace("-", "")),
    "03": hetu.is_valid,
    "04": ytunnus.is_valid,
    "05": _is_domestic,
    "06": _is_international,
    "07": _is_as_an_iban,
    "08": lambda value: re.fullmatch(r"[0-9-]+", value),
    "09": lambda value: any(map(str.isalnum, value)),
}

"""The e-invoice addresses of invoicers, and the codes of who carries their messages.

Finvoice implementation guidelines, 20.3: an OVT code (0037, the eight digits of a
business id, up to five characters more), a business id, an IBAN, or what was agreed.
"""

from __future__ import annotations

import re

from stdnum import bic
from stdnum.fi import ytunnus
from stdnum.iso7064 import mod_97_10

from . import text
from .errors import FormatError

_OVT = re.compile(r"0037(\d{8})[0-9A-Z]{0,5}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}")
_FINNISH_LENGTH = 18
_FINNISH_IBAN = re.compile(r"FI\d{2}[0-9A-Z]*")
_BUSINESS_ID = re.compile(r"\d{7}-\d")


def kind_of(address: str) -> str:
    """What an address is: ``ovt``, ``iban``, ``business_id`` or ``agreed``.

    :param address: in capitals, without spaces (``text.address``)
    :raises FormatError: ``checksum``, ``pattern`` (an OVT code that is none), or the
        length does not fit
    """
    text.identity(address, "address", 2, 35)
    if address.startswith("0037"):
        ovt = _OVT.fullmatch(address)
        if not ovt:
            expected = "0037 and the eight digits of a business ID"
            raise FormatError("pattern", "address", value=address, expected=expected)
        return _checked("ovt", address, ytunnus.is_valid(ovt[1]))
    if _BUSINESS_ID.fullmatch(address):
        return _checked("business_id", address, ytunnus.is_valid(address))
    if _FINNISH_IBAN.fullmatch(address):
        return _checked("iban", address, is_iban(address))
    return "iban" if is_iban(address) else "agreed"


def _checked(kind: str, address: str, is_valid: bool) -> str:
    if not is_valid:
        raise FormatError("checksum", "address", value=address)
    return kind


def is_iban(text: str) -> bool:
    """Whether a text in capitals, without spaces, has the form and the check digits of
    an IBAN (ISO 13616)."""
    fits = not text.startswith("FI") or len(text) == _FINNISH_LENGTH
    shape = _IBAN.fullmatch(text)
    return bool(fits and shape) and mod_97_10.is_valid(text[4:] + text[:4])


def is_intermediator(code: str) -> bool:
    """Whether a code can be a bank's or an operator's: a BIC or an OVT code."""
    if bic.is_valid(code):
        return True
    ovt = _OVT.fullmatch(code)
    return ovt is not None and ytunnus.is_valid(ovt[1])

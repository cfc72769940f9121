"""Money as others write it. Always Decimal, never a binary fraction."""

from __future__ import annotations

import re
from decimal import Decimal

from .errors import FormatError

_INTEGER_DIGITS = 15
_SIGNED = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)
_PLAIN = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{1,8})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)


def read_signed(text: str) -> Decimal | None:
    """A decimal string with a dot, of any sign: ``-1250.00``; None when it is none."""
    return Decimal(text) if _SIGNED.fullmatch(text) else None


def write_signed(amount: Decimal, field: str) -> str:
    """With the decimals that it has: ``1250.00``, in Icelandic krónur ``1250``.

    :raises FormatError: ``pattern`` or ``out_of_range``
    """
    if not amount.is_finite():
        raise FormatError("pattern", field, value=str(amount), expected="a number")
    text = format(amount or abs(amount), "f")
    if not _SIGNED.fullmatch(text):
        raise FormatError(
            "out_of_range",
            field,
            value=str(amount),
            expected=f"{_INTEGER_DIGITS} digits and 6 decimals",
        )
    return text


def read_units(text: str, decimals: int) -> Decimal | None:
    """A payment in units with a decimal point or comma: ``200``, ``200.00``, ``10,45``.

    Signs, exponents, separators of thousands, NaN and the like are none of it; nor are
    more decimals than the currency has, unless they are zeros.

    :param decimals: of the currency: KZT 2, ISK 0
    :return: None when it is no positive amount of the currency
    """
    if not _PLAIN.fullmatch(text):
        return None
    amount = Decimal(text.replace(",", "."))
    exact = amount.quantize(Decimal(1).scaleb(-decimals))
    return exact if exact == amount and amount > 0 else None


def write_units(amount: Decimal, decimals: int = 2) -> str:
    """With a decimal point and always so many decimals: ``200.00``."""
    return f"{amount:.{decimals}f}"


def read_minor(text: str) -> Decimal | None:
    """A payment in hundredths (kopecks, tiyin, cents): ``15050`` is 150.50.

    :return: None when it is no positive whole number
    """
    if not _WHOLE.fullmatch(text) or int(text) == 0:
        return None
    return Decimal(text).scaleb(-2)


def write_minor(amount: Decimal) -> int:
    """In hundredths."""
    return int(amount.scaleb(2))

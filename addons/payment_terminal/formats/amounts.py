"""Money as networks write it. Always Decimal, never a binary fraction."""

from __future__ import annotations

import re
from decimal import Decimal

_PLAIN = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{1,8})?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)


def read_units(text: str, decimals: int) -> Decimal | None:
    """An amount in units with a decimal point or comma: ``200``, ``200.00``, ``10,45``.

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


def read_minor(text: str) -> Decimal | None:
    """Hundredths (kopecks, tiyin) as a whole number: ``15050`` is 150.50.

    :return: None when it is no positive whole number
    """
    if not _WHOLE.fullmatch(text) or int(text) == 0:
        return None
    return Decimal(text).scaleb(-2)


def write_units(amount: Decimal, decimals: int = 2) -> str:
    """With a decimal point and always so many decimals: ``200.00``."""
    return f"{amount:.{decimals}f}"


def write_minor(amount: Decimal) -> int:
    """In hundredths."""
    return int(amount.scaleb(2))

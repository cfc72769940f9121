"""Amounts: decimal strings outside, Decimal inside, rounded to the currency."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
# ISO 4217 minor units where they are not two
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_AMOUNT = re.compile(r"-?\d{1,13}(?:\.(\d{1,4}))?", re.ASCII)


def digits(currency: str) -> int:
    """Decimals of a currency."""
    return _DIGITS.get(currency, 2)


def parse(text: str, currency: str) -> Decimal:
    """A decimal string with at most the decimals of its currency.

    :raises ValueError: anything else
    """
    found = _AMOUNT.fullmatch(text)
    if not found or len(found[1] or "") > digits(currency):
        raise ValueError(text)
    return Decimal(text)


def rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), ROUND_HALF_UP)


def show(amount: Decimal, currency: str) -> str:
    """With all decimals of the currency; never a negative zero."""
    return str(rounded(amount, currency) + ZERO)


def percent(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    return rounded(amount * rate / 100, currency)

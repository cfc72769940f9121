"""Amounts: decimal strings outside, Decimal inside, rounded to the currency."""

from decimal import ROUND_HALF_UP, Decimal

from .errors import invalid

ZERO = Decimal(0)
# ISO 4217 minor units where they are not two
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0),
    **dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def digits(currency: object) -> int:
    """Decimals of a currency; two of what is none."""
    return _DIGITS.get(str(currency), 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-digits(currency)), ROUND_HALF_UP)


def show(amount: Decimal | str, currency: str) -> str:
    """With all decimals of the currency; never a negative zero."""
    return str(rounded(Decimal(amount), currency) + ZERO)


def percent(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    return rounded(amount * rate / 100, currency)


def refuse_not_positive(amount: Decimal, field: str = "amount") -> None:
    """
    :raises ApiError: the amount is not above zero
    """
    if amount <= 0:
        words = "The amount must be above zero."
        raise invalid(field, "non_positive_amount", words)

"""Amounts: text outside, `Decimal` inside, and never a float."""

from __future__ import annotations

import re
from decimal import Decimal

_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,6})?")


def read(text: object) -> Decimal | None:
    """A number with a point; None when it is anything else."""
    if isinstance(text, bool) or text is None:
        return None
    if isinstance(text, (int, Decimal)):
        return Decimal(text)
    words = str(text)
    return Decimal(words) if _PLAIN.fullmatch(words) else None


def typed(text: object) -> Decimal | None:
    """A number as a person types it: spaces, and a comma for the point."""
    return read(str(text).strip().replace(" ", "").replace(",", "."))


def show(amount: Decimal, decimals: int) -> str:
    """With exactly so many decimals."""
    return f"{amount:.{decimals}f}"


def has_decimals(amount: Decimal, decimals: int) -> bool:
    """It can be written with so many decimals and nothing is lost."""
    return amount == amount.quantize(Decimal(1).scaleb(-decimals))


def minor(amount: Decimal, decimals: int) -> int:
    """In the smallest unit of the currency."""
    return int(amount.scaleb(decimals))

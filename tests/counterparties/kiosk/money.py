"""Amounts: text outside, `Decimal` inside, and never a float."""

from __future__ import annotations

import re
from decimal import Decimal

_PLAIN = re.compile(r"-?\d{1,15}(\.\d{1,6})?")


def read(text: object) -> Decimal | None:
    """A number with a point; None when it is anything else."""
    return Decimal(str(text)) if _PLAIN.fullmatch(str(text)) else None


def typed(text: str) -> Decimal | None:
    """A number as a person types it: spaces, and a comma for the point."""
    return read("".join(text.split()).replace(",", "."))


def show(amount: Decimal, decimals: int) -> str:
    """With exactly so many decimals."""
    return f"{amount:.{decimals}f}"


def has_decimals(amount: Decimal, decimals: int) -> bool:
    """It can be written with so many decimals and nothing is lost."""
    return amount == amount.quantize(Decimal(1).scaleb(-decimals))


def printed(amount: str | None, currency: str) -> str:
    """An amount as people read it; what is no number stays as it is."""
    found = read(amount)
    if found is None:
        return amount or ""
    return f"{found:,} {currency}".replace(",", " ")

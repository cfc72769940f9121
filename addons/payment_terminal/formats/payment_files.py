"""Files of payments, whichever bank sends them: a file is recognised by its content."""

from __future__ import annotations

from . import camt, claim_payments_is, csv_payments, ktl, ocr_giro, onec
from .csv_registry import Mapping
from .statement import FileError, Statement

READERS = (camt, ktl, ocr_giro, onec, claim_payments_is)


def recognises(data: bytes) -> bool:
    """Whether some format knows it as its own."""
    return any(reader.recognises(data) for reader in READERS)


def is_for_others_too(data: bytes) -> bool:
    """Whether it holds what is no payment besides, and somebody else may know."""
    return ocr_giro.has_mandates(data)


def read(
    data: bytes, mapping: Mapping | None = None, decimals: int = 2, currency: str = ""
) -> tuple[Statement, ...]:
    """Read a file by the first format that recognises it, or as a table by a mapping.

    :param decimals: of the table's currency
    :raises FileError: ``unknown``, or what its reader says
    """
    for reader in READERS:
        if reader.recognises(data):
            statements: tuple[Statement, ...] = reader.read(data)
            return statements
    if mapping:
        return (csv_payments.read(data, mapping, decimals, currency),)
    raise FileError("unknown")

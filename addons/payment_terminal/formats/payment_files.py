"""Files of payments, whichever bank sends them: a file is recognised by its content."""

from __future__ import annotations

from . import camt, ktl, ocr_giro, onec
from .statement import FileError, Statement

READERS = (camt, ktl, ocr_giro, onec)


def recognises(data: bytes) -> bool:
    """Whether some format knows it as its own."""
    return any(reader.recognises(data) for reader in READERS)


def read(data: bytes) -> tuple[Statement, ...]:
    """Read a file by the first format that recognises it.

    :raises FileError: ``unknown``, or what its reader says
    """
    for reader in READERS:
        if reader.recognises(data):
            statements: tuple[Statement, ...] = reader.read(data)
            return statements
    raise FileError("unknown")

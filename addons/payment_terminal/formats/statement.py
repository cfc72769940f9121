"""What banks tell of an account in files, in words of no bank.

A reader turns the bytes of a file into :class:`Statement`, :func:`disagreements` proves
it against the totals that the file itself names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

from odoo.addons.receivables_base.formats.errors import FormatError


class FileError(FormatError):
    """A file that cannot be read; ``field`` is the line or the element."""

    sentences = {
        **FormatError.sentences,
        "unknown": "this is none of the formats that are read",
        "empty": "the file is empty",
        "accounts": "the file is of several accounts, {first} and {second}",
        "totals": "the file says {said}, its lines give {found}: ask for it again",
        "fields": "{found} fields where {expected} were expected",
        "lines": "{found} lines where at least {expected} were expected",
        "quotes": "quotes that do not close",
        "parts": "the parts add up to {parts}, not to {whole}",
        "currencies": "several currencies in one file: {found}",
        "currency": "it is in {found}, the network is in {expected}",
    }


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that came (above zero) or went, as the bank has booked it.

    What was booked in one sum has its parts in ``details``; they add up to the amount,
    or they are left out.
    """

    place: str  # the line, or the element, for whoever looks into the file
    amount: Decimal
    currency: str
    booked_on: date
    paid_on: date | None = None
    bank_id: str = ""  # the bank's own identifier of it
    reference: str = ""  # a structured one: of the invoice
    payer: str = ""
    payer_account: str = ""
    text: str = ""
    is_correction: bool = False  # takes an earlier one back
    details: tuple[Entry, ...] = ()

    def payments(self) -> tuple[Entry, ...]:
        """What single customers paid."""
        return self.details or (self,)


@dataclass(frozen=True, slots=True)
class Total:
    """What a file says of itself."""

    place: str
    amount: Decimal
    found: Decimal  # what its lines give

    @property
    def agrees(self) -> bool:
        return self.amount == self.found


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file tells of one account."""

    format: str
    account: str  # IBAN, or the number as the bank writes it
    currency: str
    entries: tuple[Entry, ...]
    number: str = ""  # by which the bank knows it
    made_on: date | None = None
    totals: tuple[Total, ...] = field(default=())
    is_lump: bool = False  # the account itself shows its entries in one sum a day
    opening: Decimal | None = None  # the account's balances, where the bank tells both
    closing: Decimal | None = None

    def payments(self) -> Iterator[Entry]:
        for entry in self.entries:
            yield from entry.payments()


class Proved(Protocol):
    """What says something of itself: a statement, a registry."""

    @property
    def totals(self) -> tuple[Total, ...]: ...


def disagreements(statement: Proved) -> list[FileError]:
    """Where the totals of a file and its lines differ; such a file is refused whole."""
    return [
        FileError("totals", total.place, said=str(total.amount), found=str(total.found))
        for total in statement.totals
        if not total.agrees
    ]

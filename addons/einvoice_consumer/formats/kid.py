"""The Norwegian customer identification (KID): what tells which invoice money pays.

2-25 digits, of which the last is a check digit of modulus 10 or 11, as the agreement
with the bank says; a check of modulus 11 may be ``-`` (Nets, AvtaleGiro system
specification 3.3, chapter 4). What the other digits mean is the invoicer's choice; for
AvtaleGiro some of them must tell the payer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import cycle

from stdnum import luhn

from odoo.addons.receivables_base.formats.references import is_digits

from .errors import FormatError

MOD10 = "mod10"
MOD11 = "mod11"
SHORTEST = 2
LONGEST = 25
CUSTOMER = "customer"
INVOICE = "invoice"
FIXED = "fixed"

FormatError.sentences |= {
    "kid_part": "{value} has more digits than the {length} of its part: make the part "
    "longer",
}


def check_digit(base: str, method: str) -> str:
    """The check of a base of digits: ``12345678`` gives ``2`` by modulus 10, ``5`` by
    modulus 11; by modulus 11 it may be ``-``.

    :raises ValueError: the base is not digits
    """
    if not is_digits(base):
        raise ValueError(f"{base!r} is not a base of digits")
    if method == MOD10:
        return str(luhn.calc_check_digit(base))
    weights = cycle(range(2, 8))
    total = sum(
        int(digit) * weight
        for digit, weight in zip(reversed(base), weights, strict=False)
    )
    check = -total % 11
    return "-" if check == 10 else str(check)


def is_valid(kid: str, method: str) -> bool:
    """Whether a KID, without spaces, has a length that there is and the right check."""
    base = kid[:-1]
    return (
        SHORTEST <= len(kid) <= LONGEST
        and is_digits(base)
        and check_digit(base, method) == kid[-1]
    )


@dataclass(frozen=True)
class Part:
    """Neighbouring digits that tell one thing: ``customer``, ``invoice`` or what is
    always the same (``fixed``, its ``digits``)."""

    kind: str
    length: int
    digits: str = ""


@dataclass(frozen=True)
class Layout:
    """What the digits of a company's KIDs mean, from left to right, before the
    check."""

    parts: tuple[Part, ...]
    method: str = MOD10

    @cached_property
    def length(self) -> int:
        """Of the whole KID, its check digit counted."""
        return sum(part.length for part in self.parts) + 1

    def find(self, kind: str) -> tuple[int, int] | None:
        """First and last place of a kind of digits, counted from 1; None without."""
        place = 1
        for part in self.parts:
            if part.kind == kind:
                return place, place + part.length - 1
            place += part.length
        return None

    def make(self, customer: str, invoice: str) -> str:
        """The KID of an invoice.

        Nothing is cut: two customers, or two invoices, would share a KID.

        :param customer: digits of the customer's number
        :param invoice: digits of the invoice's number
        :raises FormatError: a number that the layout has does not fit in its part
        """
        numbers = {CUSTOMER: customer, INVOICE: invoice}
        base = ""
        for part in self.parts:
            number = numbers.get(part.kind, part.digits)
            if not is_digits(number):
                raise FormatError("missing", part.kind)
            if len(number) > part.length:
                raise FormatError(
                    "kid_part", part.kind, value=number, length=part.length
                )
            base += number.zfill(part.length)
        return base + check_digit(base, self.method)

    def read_customer(self, kid: str) -> str:
        """The customer's number in a KID of this layout, without leading zeros; empty
        where the KID is none of it.

        What a bank registers for a payer may have zeros for the invoice, and thus
        another check digit than any invoice's: it is checked all the same.
        """
        place = self.find(CUSTOMER)
        if place is None or len(kid) != self.length or not is_valid(kid, self.method):
            return ""
        fixed = self.find(FIXED)
        if fixed:
            digits = next(part.digits for part in self.parts if part.kind == FIXED)
            if kid[fixed[0] - 1 : fixed[1]] != digits:
                return ""
        return kid[place[0] - 1 : place[1]].lstrip("0")

"""Payment references, which tell from the money alone what it pays.

Finnish national reference: 3-19 digits and a 7-3-1 check digit (Finance Finland,
structure of the domestic reference). Creditor reference: ISO 11649, "RF".
"""

from __future__ import annotations

from functools import lru_cache

from stdnum import iso11649

_WEIGHTS = (7, 3, 1)


def is_digits(text: str) -> bool:
    """Whether the text is digits of our own script, at least one."""
    return text.isascii() and text.isdigit()


@lru_cache(maxsize=1024)
def normalise(reference: str) -> str:
    """Without white space and leading zeros, ``RF`` in capitals: the compared form."""
    compact = "".join(reference.split()).upper()
    if compact.startswith("RF"):
        return compact
    return compact.lstrip("0")


def check_digit(base: str) -> str:
    """The 7-3-1 check digit of a base of digits: ``123`` gives ``2``.

    :raises ValueError: the base is not digits
    """
    if not is_digits(base):
        raise ValueError(f"{base!r} is not a base of digits")
    total = sum(
        int(digit) * _WEIGHTS[place % 3] for place, digit in enumerate(reversed(base))
    )
    return str(-total % 10)


def make(base: str) -> str:
    """A national reference for a base of 3-19 digits: ``123`` gives ``1232``.

    :raises ValueError: the base is not 3-19 digits, leading zeros not counted
    """
    digits = base.lstrip("0")
    if not 3 <= len(digits) <= 19:
        raise ValueError(f"{base!r} is not a base of 3 to 19 digits")
    return digits + check_digit(digits)


def make_rf(reference: str) -> str:
    """The ISO 11649 form of a valid national reference: ``1232`` to ``RF111232``.

    :raises ValueError: the reference is not a valid national one
    """
    body = normalise(reference)
    if not is_national(body):
        raise ValueError(f"{reference!r} is not a national reference")
    # "RF00" as the two letters' digits (R = 27, F = 15), mod 97-10.
    check = 98 - int(f"{body}271500") % 97
    return f"RF{check:02d}{body}"


def is_national(reference: str) -> bool:
    """A national reference of 4-20 digits whose check digit is right."""
    compact = normalise(reference)
    return (
        4 <= len(compact) <= 20
        and is_digits(compact)
        and check_digit(compact[:-1]) == compact[-1]
    )


def is_rf(reference: str) -> bool:
    """A creditor reference whose mod 97-10 check digits are right."""
    compact = normalise(reference)
    return (
        5 <= len(compact) <= 25
        and compact.isascii()
        and compact.startswith("RF")
        and iso11649.is_valid(compact)
    )


@lru_cache(maxsize=1024)
def is_valid(reference: str) -> bool:
    """A national reference or a creditor reference."""
    return (
        is_rf(reference) if normalise(reference)[:2] == "RF" else is_national(reference)
    )


def printed(reference: str) -> str:
    """A reference as paper has it: a national one in fives from the right (Finance
    Finland, structure of the domestic reference), a creditor reference in fours from
    the left (ISO 11649); another as it is."""
    if is_rf(reference):
        return str(iso11649.format(normalise(reference)))
    if not is_national(reference):
        return reference
    compact = normalise(reference)
    first = len(compact) % 5
    groups = [compact[:first]]
    groups += [compact[at : at + 5] for at in range(first, len(compact), 5)]
    return " ".join(filter(None, groups))

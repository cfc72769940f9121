"""Customer numbers: what a customer types at a kiosk.

A number is random digits, the first not 0 (machines and spreadsheets drop leading
zeros), and two check digits of ISO 7064 MOD 97-10, which catch every single wrong digit
and every swap of neighbours. It is a text, never a number.
"""

from __future__ import annotations

import re
import secrets

from stdnum.iso7064 import mod_97_10

SHORTEST = 8
LONGEST = 18
USUAL = 10

_TYPED = re.compile(r"[\s.\-/\u00a0\u2009\u202f]+")
_IMPORTED = re.compile(r"[0-9A-Za-z]{3,40}", re.ASCII)


def issue(length: int = USUAL) -> str:
    """A new number that says nothing about any other one.

    :param length: with the check digits, SHORTEST to LONGEST
    """
    digits = length - 2
    body = str(10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1)))
    return body + mod_97_10.calc_check_digits(body)


def normalize(typed: str) -> str:
    """What a customer or a bank typed, without spaces, dots, dashes and slashes.

    Leading zeros stay. Letters become capitals.
    """
    return _TYPED.sub("", typed).upper()


def is_possible(number: str) -> bool:
    """Whether a normalised text can be a number at all: 3 to 40 letters and digits."""
    return bool(_IMPORTED.fullmatch(number))


def spaced(number: str) -> str:
    """In groups that people can read out: ``4821 0936 57``."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))

"""Text as Finnish banks can carry it: ISO-8859-15, no control characters.

The character set is fixed by the Finvoice implementation guidelines, 8.3.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from anyascii import anyascii

from .errors import FormatError

ENCODING = "ISO-8859-15"

_SOFT_HYPHEN = 0xAD
_PRINTABLE = frozenset(
    bytes([*range(0x20, 0x7F), *range(0xA1, _SOFT_HYPHEN), *range(0xAE, 0x100)]).decode(
        ENCODING
    )
)
# Marks and invisible signs leave no trace: nothing of the word is lost with them.
_TRACELESS = frozenset({"Cf", "Mn", "Me"})
_CACHED_LENGTH = 256


def _substitute(character: str) -> str:
    if unicodedata.category(character) in _TRACELESS:
        return ""
    return anyascii(character) or "?"


def _latin9(text: str) -> tuple[str, tuple[str, ...]]:
    clean = []
    replaced = set()
    for character in unicodedata.normalize("NFC", text):
        if character in _PRINTABLE:
            clean.append(character)
        elif character.isspace() or unicodedata.category(character) == "Cc":
            clean.append(" ")
        else:
            clean.append(_substitute(character))
            replaced.add(character)
    return " ".join("".join(clean).split()), tuple(sorted(replaced))


_cached_latin9 = lru_cache(maxsize=4096)(_latin9)


def latin9(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text as one ISO-8859-15 line, and the characters it cost.

    Composed to NFC first, so that a typed ``a`` + combining diaeresis survives as
    ``ä``. Only what ISO-8859-15 lacks is transliterated; control characters and
    every kind of white space become single spaces.
    """
    if (
        text.isascii()
        and text.isprintable()
        and "  " not in text
        and text[:1] != " "
        and text[-1:] != " "
    ):
        return text, ()
    return _cached_latin9(text) if len(text) <= _CACHED_LENGTH else _latin9(text)


def wrap(text: str, width: int, minimum: int = 1) -> list[str]:
    """Break clean text into pieces of ``minimum`` to ``width`` characters.

    Breaks at a space where there is one, inside a word otherwise; no character
    other than the spaces at the breaks is lost. A text shorter than ``minimum``
    comes back as it is.
    """
    pieces = []
    while len(text) > width:
        # The rest must keep `minimum` characters even if it begins with a space.
        last = min(width, len(text) - minimum - 1)
        cut = text.rfind(" ", minimum, last + 1)
        if cut < 0:
            cut = last
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    if text:
        pieces.append(text)
    return pieces


def paragraphs(text: str, width: int) -> list[str]:
    """The lines of a free text, each clean and at most ``width`` long; no empty one."""
    if "\n" not in text and "\r" not in text:
        return wrap(latin9(text)[0], width)
    return [p for line in text.splitlines() for p in wrap(latin9(line)[0], width)]


def described(text: str, field: str, low: int, high: int) -> str:
    """Descriptive text for one element of ``low`` to ``high`` characters.

    :raises FormatError: ``missing``, ``too_short`` or ``too_long``
    """
    clean = latin9(text)[0]
    if low <= len(clean) <= high:
        return clean
    raise length_error(clean, field, low, high)


def spread(text: str, field: str, low: int, high: int, count: int) -> list[str]:
    """Descriptive text over at most ``count`` elements of ``low``-``high`` characters.

    :raises FormatError: ``missing``, ``too_short`` or ``too_long``
    """
    clean = latin9(text)[0]
    if low <= len(clean) <= high:
        return [clean]
    pieces = wrap(clean, high, low)
    if not pieces or len(clean) < low or len(pieces) > count:
        raise length_error(clean, field, low, high * count)
    return pieces


def identity(text: str, field: str, low: int, high: int) -> str:
    """Text that identifies something: taken exactly as it is or refused.

    :raises FormatError: ``missing``, ``too_short``, ``too_long`` or ``charset``
    """
    if not (text.isascii() and text.isprintable()):
        wrong = sorted(set(text) - _PRINTABLE)
        if wrong:
            raise FormatError(
                "charset",
                field,
                characters=" ".join(f"U+{ord(character):04X}" for character in wrong),
            )
    exact = text.strip()
    if low <= len(exact) <= high:
        return exact
    raise length_error(exact, field, low, high)


def address(text: str) -> str:
    """An e-invoice address or routing code as it is compared and sent: people write
    IBANs in groups, and codes in small letters."""
    return "".join(text.split()).upper()


def length_error(text: str, field: str, low: int, high: int) -> FormatError:
    """Why a clean text does not fit: ``missing``, ``too_short`` or ``too_long``."""
    if not text:
        return FormatError("missing", field)
    if len(text) < low:
        return FormatError("too_short", field, length=len(text), limit=low)
    return FormatError("too_long", field, length=len(text), limit=high)

"""Single Finvoice elements as text: one value each, refused or made to fit.

An element is a string, so that a document is put together by joining and parsed
once, for the schema check: that takes half the time of building it as a tree.

Optional text that is empty, or nothing but white space and invisible signs, writes
no element: empty elements are not allowed (Finvoice implementation guidelines, 8.2).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from . import text, values
from .errors import FormatError

_FREE_TEXT = 512
_QUOTE = {'"': "&quot;"}


def block(tag: str, *content: str) -> str:
    """An element that holds elements."""
    return f"<{tag}>{''.join(content)}</{tag}>"


def attribute(name: str, value: str) -> str:
    """An attribute and the space before it, to be put after a tag's name."""
    return f' {name}="{escape(value, _QUOTE)}"'


def plain(tag: str, value: str, attributes: str = "") -> str:
    """A value that has been checked already."""
    return f"<{tag}{attributes}>{escape(value)}</{tag}>"


def identity(tag: str, value: str, field: str, high: int, low: int = 1) -> str:
    """A required identifier, exactly as given."""
    return f"<{tag}>{escape(text.identity(value, field, low, high))}</{tag}>"


def optional_identity(tag: str, value: str, field: str, high: int) -> str:
    """An identifier exactly as given, or nothing where there is none."""
    if not value or value.isspace():
        return ""
    return f"<{tag}>{escape(text.identity(value, field, 1, high))}</{tag}>"


def code(
    tag: str, value: str, field: str, pattern: re.Pattern[str], expected: str
) -> str:
    """An optional code that must look like ``pattern``."""
    if not value:
        return ""
    if not pattern.fullmatch(value):
        raise FormatError("pattern", field, value=value, expected=expected)
    return plain(tag, value)


def described(tag: str, value: str, field: str, high: int, low: int = 1) -> str:
    """Required descriptive text of one element."""
    return f"<{tag}>{escape(text.described(value, field, low, high))}</{tag}>"


def optional_described(
    tag: str, value: str, field: str, high: int, low: int = 1
) -> str:
    """Optional descriptive text of one element."""
    if not value or not text.latin9(value)[0]:
        return ""
    return described(tag, value, field, high, low)


def spread(
    tag: str, value: str, field: str, high: int, count: int, low: int = 1
) -> str:
    """Required descriptive text over at most ``count`` elements."""
    pieces = text.spread(value, field, low, high, count)
    return "".join([f"<{tag}>{escape(piece)}</{tag}>" for piece in pieces])


def optional_spread(tag: str, value: str, field: str, high: int, count: int) -> str:
    """Optional descriptive text over at most ``count`` elements."""
    if not value or not text.latin9(value)[0]:
        return ""
    return spread(tag, value, field, high, count)


def free_texts(tag: str, paragraphs: tuple[str, ...]) -> str:
    """Free texts of any length over as many elements of 512 as they need."""
    return "".join(
        [
            f"<{tag}>{escape(piece)}</{tag}>"
            for paragraph in paragraphs
            for piece in text.paragraphs(paragraph, _FREE_TEXT)
        ]
    )


# Numbers and dates hold nothing that would have to be escaped.


def money(tag: str, value: Decimal, field: str) -> str:
    """An amount with two decimals."""
    written = values.amount(value, field)
    return f'<{tag} AmountCurrencyIdentifier="EUR">{written}</{tag}>'


def optional_money(tag: str, value: Decimal | None, field: str) -> str:
    """An amount with two decimals, or nothing where there is none."""
    return "" if value is None else money(tag, value, field)


def day(tag: str, value: date | None) -> str:
    """An optional date."""
    if value is None:
        return ""
    return f'<{tag} Format="CCYYMMDD">{values.day(value)}</{tag}>'


def percent(tag: str, value: Decimal | None, field: str) -> str:
    """An optional percentage."""
    if value is None:
        return ""
    return f"<{tag}>{values.percent(value, field)}</{tag}>"

"""Single Finvoice elements: one value each, refused or made to fit.

Optional text that is empty, or nothing but white space and invisible signs, writes
no element: empty elements are not allowed (Finvoice implementation guidelines, 8.2).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from lxml import etree

from . import values
from .errors import FormatError
from .text import identity, latin9, length_error, paragraphs, spread

add = etree.SubElement

EUR = {"AmountCurrencyIdentifier": "EUR"}
DAY = {"Format": "CCYYMMDD"}
_FREE_TEXT = 512


def add_identity(
    parent: etree._Element, tag: str, value: str, field: str, high: int, low: int = 1
) -> None:
    """A required identifier, exactly as given."""
    add(parent, tag).text = identity(value, field, low, high)


def add_optional_identity(
    parent: etree._Element, tag: str, value: str, field: str, high: int
) -> None:
    """An identifier exactly as given, or nothing where there is none."""
    if value and not value.isspace():
        add(parent, tag).text = identity(value, field, 1, high)


def add_code(
    parent: etree._Element,
    tag: str,
    value: str,
    field: str,
    pattern: re.Pattern[str],
    expected: str,
) -> None:
    """An optional code that must look like ``pattern``."""
    if not value:
        return
    if not pattern.fullmatch(value):
        raise FormatError("pattern", field, value=value, expected=expected)
    add(parent, tag).text = value


def add_described(
    parent: etree._Element, tag: str, value: str, field: str, high: int, low: int = 1
) -> None:
    """Optional descriptive text of one element."""
    if not value:
        return
    clean = latin9(value)[0]
    if not clean:
        return
    if not low <= len(clean) <= high:
        raise length_error(clean, field, low, high)
    add(parent, tag).text = clean


def add_spread(
    parent: etree._Element, tag: str, value: str, field: str, high: int, count: int
) -> None:
    """Optional descriptive text over at most ``count`` elements."""
    if value and latin9(value)[0]:
        for piece in spread(value, field, 1, high, count):
            add(parent, tag).text = piece


def add_free_texts(parent: etree._Element, tag: str, texts: tuple[str, ...]) -> None:
    """Free texts of any length over as many elements of 512 as they need."""
    for text in texts:
        for piece in paragraphs(text, _FREE_TEXT):
            add(parent, tag).text = piece


def add_money(parent: etree._Element, tag: str, value: Decimal, field: str) -> None:
    """An amount with two decimals."""
    add(parent, tag, EUR).text = values.amount(value, field)


def add_day(parent: etree._Element, tag: str, value: date | None) -> None:
    """An optional date."""
    if value is not None:
        add(parent, tag, DAY).text = values.day(value)


def add_percent(
    parent: etree._Element, tag: str, value: Decimal | None, field: str
) -> None:
    """An optional percentage."""
    if value is not None:
        add(parent, tag).text = values.percent(value, field)

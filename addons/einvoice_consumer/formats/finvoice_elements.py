"""Single Finvoice elements as text: one value each, refused or made to fit.

An element is a string, so that a document is put together by joining and parsed
once, for the schema check: that takes half the time of building it as a tree.

A text whose shortest length is 0 is optional: where it is empty, no element is
written, for empty elements are not allowed (Finvoice implementation guidelines, 8.2).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from odoo.addons.receivables_base.formats.moments import write_compact_day

from . import text, values

_FREE_TEXT = 512
_QUOTE = {'"': "&quot;"}


def block(tag: str, *content: str) -> str:
    """An element that holds elements."""
    return f"<{tag}>{''.join(content)}</{tag}>"


def attribute(name: str, value: str) -> str:
    """An attribute and the space before it, to be put after a tag's name."""
    return f' {name}="{escape(value, _QUOTE)}"'


def plain(tag: str, value: str, attributes: str = "") -> str:
    """A value that has been checked already, or nothing where it is empty."""
    return f"<{tag}{attributes}>{escape(value)}</{tag}>" if value else ""


def identity(tag: str, value: str, field: str, high: int, low: int = 1) -> str:
    """An identifier, exactly as given."""
    return plain(tag, text.identity(value, field, low, high))


def described(tag: str, value: str, field: str, high: int, low: int = 1) -> str:
    """Descriptive text of one element."""
    return plain(tag, text.described(value, field, low, high))


def spread(
    tag: str, value: str, field: str, high: int, count: int, low: int = 1
) -> str:
    """Descriptive text over at most ``count`` elements."""
    pieces = text.spread(value, field, low, high, count)
    return "".join([plain(tag, piece) for piece in pieces])


def free_texts(tag: str, paragraphs: tuple[str, ...]) -> str:
    """Free texts of any length over as many elements of 512 as they need."""
    return "".join(
        [
            plain(tag, piece)
            for paragraph in paragraphs
            for piece in text.paragraphs(paragraph, _FREE_TEXT)
        ]
    )


def money(tag: str, value: Decimal | None, field: str) -> str:
    """An amount with two decimals, or nothing where there is none."""
    if value is None:
        return ""
    written = values.amount(value, field)
    return f'<{tag} AmountCurrencyIdentifier="EUR">{written}</{tag}>'


def day(tag: str, value: date | None) -> str:
    """A date, or nothing where there is none."""
    if value is None:
        return ""
    return f'<{tag} Format="CCYYMMDD">{write_compact_day(value)}</{tag}>'


def percent(tag: str, value: Decimal | None, field: str) -> str:
    """A percentage, or nothing where there is none."""
    return "" if value is None else f"<{tag}>{values.percent(value, field)}</{tag}>"

"""What the debtor reads in the agency's letter about the invoice.

Contract: docs/agency_api.yaml, ``letter_text``. The letter shows the invoice's
additional information and the names and comments of its first ten products, of
which the first 1,000 characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import islice

LIMIT = 1000
PRODUCTS_LIMIT = 10


def compose_letter(
    additional_information: str,
    products: Iterable[tuple[str, str]],
    text: str = "",
    limit: int = LIMIT,
    products_limit: int = PRODUCTS_LIMIT,
) -> tuple[str, str]:
    """Put the letter's text together.

    :param products: name and comment of each, in the invoice's order
    :param text: the creditor's own words; they come first, so that a long invoice
        does not push them off the letter
    :return: the whole text, one line a product, and the part of it that fits; both
        are the same when nothing is cut
    """
    parts = [_clean(text), _clean(additional_information)]
    for name, comment in islice(products, products_limit):
        name, comment = _clean(name), _clean(comment)
        separator = ": " if name and comment else ""
        parts.append(f"{name}{separator}{comment}")
    full = "\n".join(part for part in parts if part)
    return full, full[:limit]


def _clean(text: str) -> str:
    """Lines without control characters; runs of white space are one space."""
    lines = (
        " ".join("".join(map(_substitute, line)).split()) for line in text.splitlines()
    )
    return "\n".join(line for line in lines if line)


def _substitute(character: str) -> str:
    # Half a character cannot be sent; anything else invisible has its reason.
    replaced = {"Cc": " ", "Cs": ""}
    return replaced.get(unicodedata.category(character), character)

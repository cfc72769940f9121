"""What a text from outside may not hold."""

from __future__ import annotations

import re
import unicodedata

from .errors import FormatError

# PostgreSQL can store neither NUL nor half a character.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = frozenset({"Cc", "Cs"})


def check_storable(text: str, field: str = "") -> str:
    """The text, when the database can keep it.

    :raises FormatError: ``charset``
    """
    found = _UNSTORABLE.search(text)
    if found:
        raise FormatError("charset", field, characters=f"U+{ord(found[0]):04X}")
    return text


def is_plain(text: str) -> bool:
    """Whether the text is free of control characters and halves of characters."""
    return not any(unicodedata.category(sign) in _CONTROL for sign in text)

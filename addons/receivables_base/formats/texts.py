"""What a text from outside may not hold."""

from __future__ import annotations

import re

from .errors import FormatError

# PostgreSQL can store neither NUL nor half a character.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Unicode's categories Cc (control) and Cs (halves of characters), which never change.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


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
    return not _CONTROL.search(text)

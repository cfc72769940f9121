"""JSON from strangers, read so that no two readers can differ; and JSON for them."""

from __future__ import annotations

import json
import unicodedata

# Neither can be part of what a customer typed; PostgreSQL could not store some.
_CONTROL = frozenset({"Cc", "Cs"})


class BadJson(ValueError):
    """Bytes that are no JSON object that we would read; names no contents."""


class Number(str):
    """A number with decimals or an exponent, as it is written. Nobody may count it."""


def read_object(data: bytes) -> dict[str, object]:
    """Read one object in UTF-8.

    :raises BadJson: it is none; a name stands twice; NaN, Infinity; nested too deep
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_float=Number,
            parse_constant=_refuse,
            object_pairs_hook=_make_object,
        )
    except BadJson:
        raise
    except (ValueError, RecursionError) as error:
        raise BadJson("not JSON") from error
    if not isinstance(value, dict):
        raise BadJson("no object")
    return value


def write(value: object) -> bytes:
    """Without spaces, in UTF-8; the same value gives the same bytes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")  # half characters cannot be sent


def is_plain(text: str) -> bool:
    """Whether the text is free of control characters and halves of characters."""
    return not any(unicodedata.category(sign) in _CONTROL for sign in text)


def _refuse(text: str) -> object:
    raise BadJson(text)


def _make_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadJson("a name stands twice")
    return made

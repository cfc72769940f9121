"""The one error every format raises."""

from __future__ import annotations

_SENTENCES = {
    "missing": "a value is required: fill it in",
    "too_long": "{length} characters where at most {limit} fit: shorten it",
    "type": "{found} where {expected} was expected",
    "pattern": "{value!r} is not {expected}",
    "out_of_range": "{value} is outside {expected}: correct it",
    "timezone": "{value} has no time zone: give one",
    "charset": "these characters cannot be used here: {characters}",
    "not_json": "this cannot be read as JSON ({reason})",
    "duplicate_key": "the same name is given twice",
}

Param = str | int


class FormatError(ValueError):
    """A value that cannot be written, or bytes that cannot be read.

    ``code`` is a stable short word, ``field`` the place (dotted path such as
    ``debtor.street`` or ``documents[2].size``; empty for the whole) and ``params``
    plain values: together enough to build a sentence in any language. ``str()`` is
    that sentence in English.
    """

    def __init__(self, code: str, field: str = "", **params: Param) -> None:
        super().__init__(code, field)
        self.code = code
        self.field = field
        self.params: dict[str, Param] = params

    def __str__(self) -> str:
        sentence = _SENTENCES[self.code].format(**self.params)
        return f"{self.field}: {sentence}." if self.field else f"{sentence}."

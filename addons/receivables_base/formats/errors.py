"""The one error every format raises."""

from __future__ import annotations

from typing import ClassVar

Param = str | int


class FormatError(ValueError):
    """A value that cannot be written, or bytes that cannot be read.

    ``code`` is a stable short word, ``field`` the place (dotted path such as
    ``buyer.street`` or ``documents[2].size``, or an element path; empty for the whole)
    and ``params`` plain values: together enough to build a sentence in any language.
    ``str()`` is that sentence in English.
    """

    sentences: ClassVar[dict[str, str]] = {
        "missing": "a value is required: fill it in",
        "too_long": "{length} characters where at most {limit} fit: shorten it",
        "too_short": "{length} characters where at least {limit} are needed: "
        "complete it",
        "type": "{found} where {expected} was expected",
        "pattern": "{value!r} is not {expected}: correct it",
        "out_of_range": "{value} is outside {expected}: correct it",
        "decimals": "{value} has more than {limit} decimals: round it",
        "timezone": "{value} has no time zone: give one",
        "charset": "these characters cannot be used here: {characters}; replace them",
        "not_json": "this cannot be read as JSON ({reason}): ask for it again",
        "duplicate_key": "the same name is given twice",
        "not_xml": "this cannot be read as XML ({reason}): ask for it again",
        "doctype": "a document type declaration is refused: "
        "ask for the file without it",
        "too_large": "{size} bytes where at most {limit} are read: split the file",
    }
    """Of every code; a format that has codes of its own adds theirs."""

    def __init__(self, code: str, field: str = "", **params: Param) -> None:
        super().__init__(code, field)
        self.code = code
        self.field = field
        self.params: dict[str, Param] = params

    def within(self, prefix: str) -> FormatError:
        """The same error seen from the object that holds the field."""
        field = f"{prefix}.{self.field}" if self.field else prefix
        return FormatError(self.code, field, **self.params)

    def __str__(self) -> str:
        sentence = self.sentences[self.code].format(**self.params)
        return f"{self.field}: {sentence}." if self.field else f"{sentence}."

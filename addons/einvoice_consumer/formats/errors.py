"""The one error every format raises."""

from __future__ import annotations

_SENTENCES = {
    "missing": "a value is required: fill it in",
    "too_long": "{length} characters where at most {limit} fit: shorten it",
    "too_short": "{length} characters where at least {limit} are needed: complete it",
    "pattern": "{value!r} is not {expected}: correct it",
    "checksum": "the check digits of {value!r} are wrong: correct it",
    "charset": "these characters cannot be used here: {characters}; replace them",
    "decimals": "{value} has more than {limit} decimals: round it",
    "out_of_range": "{value} is outside {expected}: correct it",
    "sign": "{value} must be {expected} in {type_code}: correct it",
    "timezone": "{value} has no time zone: give one",
    "currency": "{value} cannot be sent, only {expected}: invoice in {expected}",
    "sums_differ": "{value} differs from {expected} ({compared}): recompute it",
    "differs": "{value} differs from {expected} ({compared}): make them the same",
    "doctype": "a document type declaration is refused: ask for the file without it",
    "truncated": "the message ends in the middle: ask for it again",
    "not_xml": "this cannot be read as XML ({reason}): ask for it again",
    "too_large": "{size} bytes where at most {limit} are read: split the file",
    "no_payload": "a frame without a message after it: ask for the message again",
    "schema": "{reason}",
    "not_schema": "this is no XML schema ({reason}): load the right file",
}

Param = str | int


class FormatError(ValueError):
    """A value that cannot be written, or bytes that cannot be read.

    ``code`` is a stable short word, ``field`` the place (dotted path in the
    dataclass such as ``buyer.street`` or ``rows[2].net``, or an element path) and
    ``params`` plain values: together enough to build a sentence in any language.
    ``str()`` is that sentence in English.
    """

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
        sentence = _SENTENCES[self.code].format(**self.params)
        return f"{self.field}: {sentence}." if self.field else f"{sentence}."

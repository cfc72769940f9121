"""The one way JSON from outside is read: strictly, and naming every wrong place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn, TypeVar

from .errors import FormatError
from .values import read_day, read_moment, read_money

_T = TypeVar("_T")

_KINDS = {
    bool: "true or false",
    dict: "an object",
    int: "a whole number",
    list: "a list",
    str: "a text",
    type(None): "null",
}
# It is shown as a link: a script must not come along.
_URL = re.compile(r"https?://[^\s<>\"]{1,2000}")
# PostgreSQL's integer holds no more.
_MOST = 2**31 - 1
# A broken value is quoted so far that it can be recognised.
_QUOTED = 60


def read_json(data: bytes) -> object:
    """Read one JSON value in UTF-8.

    Refuses what two readers could take in two ways: a name given twice, NaN and
    Infinity. Numbers with decimals become Decimal.

    :raises FormatError: ``not_json`` or ``duplicate_key``
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_make_object,
        )
    except FormatError:
        raise
    except RecursionError as error:
        raise FormatError("not_json", "", reason="nested too deep") from error
    except ValueError as error:
        raise FormatError("not_json", "", reason=str(error)[:_QUOTED]) from error


def _refuse_constant(text: str) -> None:
    raise FormatError("not_json", "", reason=text)


def _make_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FormatError("duplicate_key", twice[:_QUOTED])
    return made


class Node:
    """An object of the document and the place where it stands.

    Fields that are asked for must have the type the contract gives them; all others
    are ignored, because an agency may add some at any time. An optional field may be
    absent, null or empty.
    """

    def __init__(self, value: object, place: str = "") -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, place, dict)
        self._value = value
        self.place = place

    def where(self, name: str) -> str:
        """The place of a field of this object."""
        return f"{self.place}.{name}" if self.place else name

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._value.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self._get(name, str)
        if value is None:
            return default
        # Neither can be stored as text by PostgreSQL.
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise FormatError("charset", self.where(name), characters="U+0000, U+D800")
        return value

    def required(self, name: str) -> str:
        return self.text(name) or self._missing(name)

    def url(self, name: str) -> str:
        """An address that a browser may open; empty when there is none."""
        value = self.text(name)
        if value and not _URL.fullmatch(value):
            raise self._wrong(name, value, "an address such as 'https://…'")
        return value

    def whole(self, name: str, most: int = _MOST) -> int:
        """A whole number from 0 to ``most``, which must be there."""
        value = self._get(name, int)
        if value is None:
            self._missing(name)
        if not 0 <= value <= most:
            raise FormatError(
                "out_of_range",
                self.where(name),
                value=str(value)[:_QUOTED],
                expected=f"0 to {most}",
            )
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._get(name, bool)
        return default if value is None else value

    def money(self, name: str) -> Decimal:
        """An amount, which must be there."""
        return self._read(name, read_money, "an amount such as '1250.00'")

    def day(self, name: str) -> date:
        """A date, which must be there."""
        return self._read(name, read_day, "a date such as '2026-03-01'")

    def optional_day(self, name: str) -> date | None:
        """A date, or None when there is none."""
        return self.day(name) if self.text(name) else None

    def moment(self, name: str) -> datetime:
        """A time, which must be there."""
        return self._read(name, read_moment, "a time such as '2026-03-01T08:30:00Z'")

    def child(self, name: str) -> Node:
        """An object, which must be there."""
        if not self.has(name):
            self._missing(name)
        return Node(self._value[name], self.where(name))

    def children(self, name: str) -> Iterator[Node]:
        """The objects of a list; none when there is no list."""
        for index, value in enumerate(self._get(name, list) or ()):
            yield Node(value, f"{self.where(name)}[{index}]")

    def members(self, name: str) -> dict[str, object]:
        """The members of an object as they are; none when there is no object."""
        return self._get(name, dict) or {}

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list; none when there is no list."""
        values = self._get(name, list) or []
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise wrong_type(value, f"{self.where(name)}[{index}]", str)
        return tuple(values)

    def _get(self, name: str, kind: type[_T]) -> _T | None:
        value = self._value.get(name)
        if value is None:
            return None
        # bool is an int to Python, not to JSON.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise wrong_type(value, self.where(name), kind)
        return value

    def _read(self, name: str, read: Callable[[str], _T | None], expected: str) -> _T:
        text = self.required(name)
        value = read(text)
        if value is None:
            raise self._wrong(name, text, expected)
        return value

    def _wrong(self, name: str, value: str, expected: str) -> FormatError:
        return FormatError(
            "pattern", self.where(name), value=value[:_QUOTED], expected=expected
        )

    def _missing(self, name: str) -> NoReturn:
        raise FormatError("missing", self.where(name))


def wrong_type(value: object, place: str, expected: type) -> FormatError:
    """The error of a value of another type than the contract's."""
    return FormatError(
        "type",
        place,
        found=_KINDS.get(type(value), "a number with decimals"),
        expected=_KINDS[expected],
    )

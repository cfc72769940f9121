"""The one way JSON from outside is read, strictly, and JSON for others is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NoReturn, TypeVar

from .errors import FormatError
from .texts import check_storable

MAX_BYTES = 20 * 1024 * 1024

_T = TypeVar("_T")
_N = TypeVar("_N", bound="Node")

_KINDS = {
    bool: "true or false",
    dict: "an object",
    int: "a whole number",
    list: "a list",
    str: "a text",
    type(None): "null",
}
# A broken value is quoted so far that it can be recognised.
_QUOTED = 60
# PostgreSQL's integer holds no more.
_MOST = 2**31 - 1
# What an identifier, a short and a long text usually have at most.
IDENTIFIER = 64
SHORT = 255
LONG = 10_000


class Number(str):
    """A number with decimals or an exponent, as it is written. Nobody may count it."""


def read(
    data: bytes,
    limit: int = MAX_BYTES,
    number: Callable[[str], object] = Decimal,
) -> object:
    """Read one JSON value in UTF-8.

    Refuses what two readers could take in two ways: a name given twice, NaN and
    Infinity. Texts that the database cannot keep are left to :class:`Node` (or, in a
    plain object, to ``is_plain``), which finds them where they stand.

    :param number: makes the value of a number with decimals of its text; `Number` keeps
        it as it is
    :raises FormatError: ``too_large``, ``not_json`` or ``duplicate_key``
    """
    if len(data) > limit:
        raise FormatError("too_large", "", size=len(data), limit=limit)
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_float=number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_make_object,
        )
    except FormatError:
        raise
    except RecursionError as error:
        raise FormatError("not_json", "", reason="nested too deep") from error
    except ValueError as error:
        raise FormatError("not_json", "", reason=str(error)[:_QUOTED]) from error


def read_object(
    data: bytes,
    limit: int = MAX_BYTES,
    number: Callable[[str], object] = Decimal,
) -> dict[str, object]:
    """Read one JSON object, as :func:`read` does.

    :raises FormatError: also ``type``
    """
    value = read(data, limit, number)
    if not isinstance(value, dict):
        raise wrong_type(value, "", dict)
    return value


def write(value: object) -> bytes:
    """Without spaces, in UTF-8; the same value gives the same bytes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")  # half characters cannot be sent


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
    are ignored, because another party may add some at any time. An optional field may
    be absent, null or empty.
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

    def text(self, name: str, default: str = "", most: int = SHORT) -> str:
        """A text of at most ``most`` characters that the database can keep."""
        value = self._get(name, str)
        return default if value is None else _checked(value, self.where(name), most)

    def required(self, name: str, most: int = SHORT) -> str:
        """The same, which must be there."""
        return self.text(name, most=most) or self._missing(name)

    def value(
        self,
        name: str,
        reader: Callable[[str], _T | None],
        expected: str,
        most: int = SHORT,
    ) -> _T:
        """What a reader makes of a text, which must be there.

        :param reader: returns None for a text that is none of its kind
        :param expected: of what kind it should be, in English, for the error
        """
        text = self.required(name, most)
        found = reader(text)
        if found is None:
            raise FormatError(
                "pattern", self.where(name), value=text[:_QUOTED], expected=expected
            )
        return found

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

    def number(self, name: str) -> Decimal:
        """A number, with decimals or without; 0 where there is none."""
        value = self._value.get(name)
        if value is None:
            return Decimal(0)
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise wrong_type(value, self.where(name), int)
        return Decimal(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self._get(name, bool)
        return default if value is None else value

    def child(self: _N, name: str) -> _N:
        """An object, which must be there."""
        if not self.has(name):
            self._missing(name)
        return type(self)(self._value[name], self.where(name))

    def children(self: _N, name: str) -> Iterator[_N]:
        """The objects of a list; none when there is no list."""
        for index, value in enumerate(self._get(name, list) or ()):
            yield type(self)(value, f"{self.where(name)}[{index}]")

    def details(self, name: str, lists: tuple[str, ...] = ()) -> dict[str, str]:
        """The members of an object as short texts; none when there is no object.

        :param lists: members that are lists of texts; a list elsewhere is refused, an
            object ignored
        """
        node = Node(self._get(name, dict) or {}, self.where(name))
        found = {}
        for key, value in node._value.items():
            if value is None or isinstance(value, dict):
                continue
            if key in lists:
                text = ", ".join(node.texts(key))[:SHORT]
            elif isinstance(value, (bool, int, Decimal)):
                text = _checked(str(value), node.where(key), SHORT)
            else:
                text = node.text(key)
            found[_checked(key, node.place, IDENTIFIER)] = text
        return found

    def texts(self, name: str, most: int = SHORT) -> tuple[str, ...]:
        """The texts of a list; none when there is no list."""
        values = self._get(name, list) or []
        for index, value in enumerate(values):
            place = f"{self.where(name)}[{index}]"
            if not isinstance(value, str):
                raise wrong_type(value, place, str)
            _checked(value, place, most)
        return tuple(values)

    def _get(self, name: str, kind: type[_T]) -> _T | None:
        value = self._value.get(name)
        if value is None:
            return None
        # bool is an int to Python, not to JSON.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise wrong_type(value, self.where(name), kind)
        return value

    def _missing(self, name: str) -> NoReturn:
        raise FormatError("missing", self.where(name))


def _checked(value: str, place: str, most: int) -> str:
    if len(value) > most:
        raise FormatError("too_long", place, length=len(value), limit=most)
    return check_storable(value, place)


def wrong_type(value: object, place: str, expected: type) -> FormatError:
    """The error of a value of another type than the contract's."""
    return FormatError(
        "type",
        place,
        found=_KINDS.get(type(value), "a number with decimals"),
        expected=_KINDS[expected],
    )

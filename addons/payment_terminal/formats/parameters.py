"""Parameters of a request as the networks of the OSMP family send them.

A query string or an urlencoded body, read strictly: what two readers could understand
in two ways is refused. Parameters that a dialect does not know are never looked at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import NoReturn
from urllib.parse import unquote_to_bytes, urlencode
from zoneinfo import ZoneInfo

from odoo.addons.receivables_base.formats import amounts, safe_xml
from odoo.addons.receivables_base.formats.moments import in_zone

from .calls import BadCall, Call, Operation, Result, Terms, WireRequest

FORM = "application/x-www-form-urlencoded"

COMPACT = "%Y%m%d%H%M%S"
"""``20260301153045``"""
DOTTED = "%d.%m.%Y_%H:%M:%S"
"""``01.03.2026_15:30:45``"""
# As some networks write it against their own document.
_SEEN = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S")

# ISO 4217; some networks send the number, and some Russian ones the letters of the
# rouble before 1998.
_CURRENCIES: Mapping[str, str] = {
    **{"051": "AMD", "352": "ISK", "398": "KZT", "417": "KGS", "498": "MDL"},
    **{"578": "NOK", "643": "RUB", "752": "SEK", "810": "RUB", "840": "USD"},
    **{"860": "UZS", "933": "BYN", "934": "TMT", "944": "AZN", "972": "TJS"},
    **{"978": "EUR", "980": "UAH", "981": "GEL", "RUR": "RUB"},
}

LONGEST_TEXT = 200
_LONGEST_NUMBER = 9  # of what the database counts
_MOST_PARAMETERS = 64
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ZERO = re.compile(r"0+(?:[.,]0+)?", re.ASCII)
_INVISIBLE = {"Cc", "Zl", "Zp"}
# Nobody pays in the past century: such a time is of a clock that lost its battery.
_FIRST_YEAR = 2000


def read(
    wire: WireRequest, methods: Collection[str], names: Mapping[str, str]
) -> tuple[dict[str, str], set[str]]:
    """The known parameters of a request, and which of them are broken: given twice, not
    UTF-8, or with a control character.

    :param names: the network's names, with the name under which each is returned;
        two of the same name are spellings of one parameter
    :raises BadCall: ``bad_request``; the method or the body is none of the protocol
    """
    values: dict[str, str] = {}
    broken = set()
    for name, value in _pairs(wire, methods):
        own = names.get(_decode(name) or "")
        if own is None:
            continue
        text = _decode(value)
        if own in values or text is None or not is_plain(text):
            broken.add(own)
        values[own] = text or ""
    return values, broken


def _pairs(wire: WireRequest, methods: Collection[str]) -> list[tuple[str, str]]:
    if wire.method not in methods:
        raise BadCall(Result.BAD_REQUEST, "method")
    encoded = [wire.query]
    if wire.body:
        kind = wire.content_type.partition(";")[0].strip().lower()
        if wire.method != "POST" or kind not in ("", FORM) or not wire.body.isascii():
            raise BadCall(Result.BAD_REQUEST, "body")
        encoded.append(wire.body.decode("ascii").strip())
    pieces = [piece for part in encoded for piece in part.split("&") if piece]
    if len(pieces) > _MOST_PARAMETERS:
        raise BadCall(Result.BAD_REQUEST, "parameters")
    return [(name, value) for name, _, value in (p.partition("=") for p in pieces)]


def _decode(text: str) -> str | None:
    """Percent-decoded, strictly UTF-8; None when it is not."""
    if not text.isascii() or _BROKEN_ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        return None


def is_plain(text: str) -> bool:
    """Whether a text is free of control characters and of what XML cannot carry."""
    return safe_xml.clean(text) == text and not any(
        unicodedata.category(sign) in _INVISIBLE for sign in text
    )


def write(pairs: Mapping[str, str]) -> WireRequest:
    """The request with these parameters; empty ones are left out."""
    given = {name: value for name, value in pairs.items() if value}
    return WireRequest("GET", query=urlencode(given))


def write_amount(amount: Decimal | None, terms: Terms) -> str:
    """With the currency's decimals; empty for none."""
    return "" if amount is None else amounts.write_units(amount, terms.decimals)


def write_time(moment: datetime | None, terms: Terms, layout: str) -> str:
    """In the network's zone; empty for none."""
    return f"{in_zone(moment, terms.timezone):{layout}}" if moment else ""


def read_time(text: str, zone: ZoneInfo, *layouts: str) -> datetime | None:
    """A local time of the network as an aware one; None when it is none.

    Of the two times that a clock shows twice when summer ends, the first.
    """
    for layout in layouts:
        try:
            moment = datetime.strptime(text, layout).replace(tzinfo=zone)
        except ValueError:
            continue
        # what is read leniently would not be written so
        if moment.year >= _FIRST_YEAR and f"{moment:{layout}}" == text:
            return moment
    return None


class Reading:
    """A call that grows parameter by parameter.

    Whatever is refused, the refusal carries what was understood before, so that the
    answer can name the payment.
    """

    def __init__(
        self,
        given: tuple[dict[str, str], set[str]],
        commands: Mapping[str, Operation],
        terms: Terms,
    ) -> None:
        """:raises BadCall: nobody knows what ``command`` asks"""
        self._values, self._broken = given
        self._terms = terms
        if "command" in self._broken:
            raise BadCall(Result.BAD_REQUEST, "command")
        operation = commands.get(self._values.get("command", ""))
        if operation is None:
            raise BadCall(Result.BAD_OPERATION, "command")
        self.operation = operation
        self.call = Call(operation)

    def has(self, name: str) -> bool:
        """Whether the parameter is there and not empty."""
        return bool(self._value(name))

    def refuse(self, result: Result, name: str) -> NoReturn:
        raise BadCall(result, name, self.call)

    def _value(self, name: str) -> str:
        if name in self._broken:
            self.refuse(Result.BAD_REQUEST, name)
        return self._values.get(name, "")

    def done(self) -> Call:
        """The call, if no known parameter was broken, not even one it does not need."""
        for name in sorted(self._broken):
            self.refuse(Result.BAD_REQUEST, name)
        return self.call

    def txn_id(self, name: str, most: int) -> None:
        value = self._value(name)
        if not (value.isascii() and value.isdecimal() and len(value) <= most):
            self.refuse(Result.BAD_ID, name)
        self.call = replace(self.call, txn_id=value)

    def number(self, name: str) -> None:
        """Our own number of a payment."""
        value = self._value(name)
        if not (
            value.isascii() and value.isdecimal() and len(value) <= _LONGEST_NUMBER
        ):
            self.refuse(Result.BAD_ID, name)
        self.call = replace(self.call, number=int(value))

    def whole(self, name: str, most: int) -> int:
        """A whole number from 1 on, which must be there."""
        value = self._value(name)
        is_whole = value.isascii() and value.isdecimal()
        if not is_whole or len(value) > _LONGEST_NUMBER or not 0 < int(value) <= most:
            self.refuse(Result.BAD_REQUEST, name)
        return int(value)

    def account(self, name: str) -> None:
        value = self._value(name)
        if not value.strip() or len(value) > LONGEST_TEXT:
            self.refuse(Result.BAD_ACCOUNT, name)
        self.call = replace(self.call, account=value)

    def amount(self, name: str, required: bool) -> None:
        if not required and (not self.has(name) or self._is_question(name)):
            return
        amount = amounts.read_units(self._value(name), self._terms.decimals)
        if amount is None:
            self.refuse(Result.BAD_AMOUNT, name)
        self.call = replace(self.call, amount=amount)

    def _is_question(self, name: str) -> bool:
        """Whether a check names nothing: what is owed is asked before the customer has
        said how much he pays."""
        return bool(_ZERO.fullmatch(self._value(name)))

    def currency(self, name: str) -> None:
        """The currency, where the network names one."""
        if not self.has(name):
            return
        text = self._value(name).upper()
        code = _CURRENCIES.get(text, text)
        if len(code) != 3 or not code.isascii() or not code.isalnum():
            self.refuse(Result.WRONG_CURRENCY, name)
        self.call = replace(self.call, currency=code)

    def paid_at(self, name: str, *layouts: str) -> None:
        """When the customer paid. Without it, or where it cannot be read, the arrival
        counts: money that was taken is not refused for want of a date."""
        value = self._value(name)
        moment = read_time(value, self._terms.timezone, *layouts, *_SEEN)
        self.call = replace(self.call, paid_at=moment)

    def text(self, name: str) -> str:
        """An optional text."""
        value = self._value(name)
        if len(value) > LONGEST_TEXT:
            self.refuse(Result.BAD_REQUEST, name)
        return value

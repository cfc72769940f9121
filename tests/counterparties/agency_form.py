"""Reads a request's fields and collects everything that is wrong with them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from decimal import Decimal

import agency_clock
import agency_money
from agency_errors import ApiError, fault

CURRENCY = re.compile(r"[A-Z]{3}")
COUNTRY = re.compile(r"[A-Z]{2}")
LANGUAGE = re.compile(r"[a-z]{2}")
# beyond these, adding a term to a date could leave the calendar
_YEARS = range(1900, 3000)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Form:
    """One object of a request; `path` is where it stands in the body."""

    def __init__(
        self, given: dict, path: str = "", faults: list[dict] | None = None
    ) -> None:
        self.given = given
        self.path = path
        self.faults: list[dict] = [] if faults is None else faults

    def where(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, code: str, message: str) -> None:
        self.faults.append(fault(self.where(name), code, message))

    def check(self) -> None:
        """
        :raises ApiError: something was wrong in this form or its parts
        """
        if self.faults:
            raise ApiError("validation_failed", self.faults[0]["message"], self.faults)

    def has(self, name: str) -> bool:
        return self.given.get(name) not in (None, "")

    def _value(self, name: str, kind: type, required: bool) -> object:
        if not self.has(name):
            if required:
                self.wrong(name, "required", f"{self.where(name)} is missing.")
            return None
        value = self.given[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            words = {str: "text", int: "a whole number", bool: "true or false"}
            words |= {dict: "an object", list: "a list"}
            self.wrong(name, "type", f"{self.where(name)} is not {words[kind]}.")
            return None
        return value

    def text(
        self,
        name: str,
        limit: int,
        required: bool = False,
        pattern: re.Pattern | None = None,
        least: int = 1,
        strip: bool = True,
    ) -> str | None:
        value = self._value(name, str, required)
        if not isinstance(value, str):
            return None
        value = value.strip() if strip else value
        if any("\ud800" <= char <= "\udfff" for char in value):
            self.wrong(name, "format", f"{self.where(name)} has half a character.")
            return None
        if required and not value:
            self.wrong(name, "required", f"{self.where(name)} is missing.")
        elif value and not least <= len(value) <= limit:
            words = f"has {len(value)} characters, allowed are {least} to {limit}"
            self.wrong(name, "length", f"{self.where(name)} {words}.")
        elif value and pattern and not pattern.fullmatch(value):
            self.wrong(name, "format", f"{self.where(name)} is not well-formed.")
        else:
            return value or None
        return None

    def choice(
        self,
        name: str,
        values: Collection[str],
        default: str = "",
        required: bool = False,
    ) -> str:
        value = self._value(name, str, required)
        if not isinstance(value, str):
            return default
        if value not in values:
            words = ", ".join(values)
            self.wrong(name, "value", f"{self.where(name)} is not one of {words}.")
        return value

    def boolean(self, name: str, default: bool) -> bool:
        value = self._value(name, bool, False)
        return default if value is None else bool(value)

    def integer(self, name: str, least: int = 0, most: int = 2**31) -> int | None:
        value = self._value(name, int, False)
        if not isinstance(value, int):
            return None
        if not least <= value <= most:
            words = f"is not between {least} and {most}"
            self.wrong(name, "value", f"{self.where(name)} {words}.")
        return value

    def date(self, name: str, required: bool = False) -> dt.date | None:
        value = self._value(name, str, required)
        if not isinstance(value, str):
            return None
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            try:
                day = dt.date.fromisoformat(value)
            except ValueError:
                day = dt.date.min
            if day.year in _YEARS:
                return day
        self.wrong(name, "format", f"{self.where(name)} is not a date YYYY-MM-DD.")
        return None

    def moment(self, name: str, required: bool = False) -> str | None:
        value = self._value(name, str, required)
        if not isinstance(value, str):
            return None
        try:
            return agency_clock.show(agency_clock.read(value))
        except (ValueError, OverflowError):
            self.wrong(name, "format", f"{self.where(name)} is not a time of ISO 8601.")
        return None

    def currency(self, name: str = "currency") -> str:
        return self.text(name, 3, required=True, pattern=CURRENCY) or ""

    def money(
        self, name: str, currency: str, required: bool = False, signed: bool = True
    ) -> Decimal:
        """Zero when not given; with `signed` the caller judges what is not above 0."""
        value = self._value(name, str, required)
        if not isinstance(value, str):
            return agency_money.ZERO
        try:
            amount = agency_money.parse(value.strip(), currency)
        except ValueError:
            words = f"a decimal string with {agency_money.digits(currency)} decimals"
            self.wrong(name, "format", f"{self.where(name)} is not {words} at most.")
            return agency_money.ZERO
        if amount < 0 and not signed:
            self.wrong(name, "value", f"{self.where(name)} is negative.")
        return amount

    def child(self, name: str, required: bool = False) -> Form:
        """An object inside; without it an empty one whose fields may all be missing."""
        value = self._value(name, dict, required)
        # what is missing inside a missing object is not worth a line each
        faults = self.faults if isinstance(value, dict) else []
        return Form(value if isinstance(value, dict) else {}, self.where(name), faults)

    def children(self, name: str, limit: int) -> list[Form]:
        value = self._value(name, list, False)
        if not isinstance(value, list):
            return []
        if len(value) > limit:
            self.wrong(name, "length", f"{self.where(name)} has more than {limit}.")
        found = []
        for number, each in enumerate(value[:limit]):
            place = f"{name}[{number}]"
            if isinstance(each, dict):
                found.append(Form(each, self.where(place), self.faults))
            else:
                self.wrong(place, "type", f"{self.where(place)} is not an object.")
        return found

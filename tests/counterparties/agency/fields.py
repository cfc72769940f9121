"""The fields of a request: what each takes, and everything that is wrong with them."""

import copy
import datetime as dt
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from .errors import ApiError, fault
from .money import ZERO

# beyond these, adding a term to a date could leave the calendar
_YEARS = range(1900, 3000)
_AMOUNT = re.compile(r"-?\d{1,13}(?:\.(\d{1,4}))?", re.ASCII)

Faults = list[dict]


class Wrong(Exception):
    """A value that a field does not take: the code, and how the sentence ends."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


class Field:
    """A value of a request; what is not given is `default`."""

    kind: type = str
    called = "text"

    def __init__(self, default: Any = None, required: bool = False) -> None:
        self.default, self.required = default, required

    def read(self, value: Any, path: str, faults: Faults) -> Any:
        """The value as the agency keeps it; what is wrong is added to the faults."""
        try:
            if value is None or value == "":
                if self.required:
                    raise Wrong("required", "is missing.")
                return self.default
            if type(value) is not self.kind:
                raise Wrong("type", f"is not {self.called}.")
            return self.take(value, path, faults)
        except Wrong as wrong:
            faults.append(fault(path, wrong.code, f"{path} {wrong}"))
            return self.default

    def take(self, value: Any, path: str, faults: Faults) -> Any:
        """
        :raises Wrong: it is of the right type, but not well-formed
        """
        return value


class Text(Field):
    """Spaces at both ends are removed, except of secrets."""

    def __init__(
        self, most: int, pattern: str = "(?s).*", least: int = 1, strip: bool = True
    ) -> None:
        super().__init__()
        self.most, self.least, self.pattern, self.strip = most, least, pattern, strip

    def take(self, value: str, path: str, faults: Faults) -> str | None:
        value = value.strip() if self.strip else value
        if not value:
            return self.read(value, path, faults)
        if not self.least <= len(value) <= self.most:
            allowed = f"{self.least} to {self.most} are allowed"
            raise Wrong("length", f"has {len(value)} characters, {allowed}.")
        half = any("\ud800" <= char <= "\udfff" for char in value)
        if half or not re.fullmatch(self.pattern, value, re.ASCII):
            raise Wrong("format", "is not well-formed.")
        return value


class Choice(Field):
    """One of some words."""

    def __init__(self, values: Collection[str], default: Any = None) -> None:
        super().__init__(default)
        self.values = values

    def take(self, value: str, path: str, faults: Faults) -> str:
        if value not in self.values:
            raise Wrong("value", f"is not one of {', '.join(self.values)}.")
        return value


class Boolean(Field):
    kind, called = bool, "true or false"


class Integer(Field):
    kind, called = int, "a whole number"

    def __init__(self, least: int = 0, most: int = 2**31, default: Any = None) -> None:
        super().__init__(default)
        self.least, self.most = least, most

    def take(self, value: int, path: str, faults: Faults) -> int:
        if not self.least <= value <= self.most:
            raise Wrong("value", f"is not between {self.least} and {self.most}.")
        return value


class Date(Field):
    def take(self, value: str, path: str, faults: Faults) -> dt.date:
        try:
            day = dt.datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError:
            day = dt.date.min
        if day.year not in _YEARS or value != day.isoformat():
            raise Wrong("format", "is not a date YYYY-MM-DD.")
        return day


class Moment(Field):
    """A time; without an offset it is UTC. It is kept as the contract shows it."""

    def take(self, value: str, path: str, faults: Faults) -> str:
        try:
            moment = dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
            zone = moment.tzinfo or dt.timezone.utc
            moment = moment.replace(tzinfo=zone).astimezone(dt.timezone.utc)
        except (ValueError, OverflowError):
            raise Wrong("format", "is not a time of ISO 8601.") from None
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class Money(Field):
    """A decimal string; zero when not given. Whether it may be negative is said."""

    def __init__(self, digits: int, signed: bool = True) -> None:
        super().__init__(ZERO)
        self.digits, self.signed = digits, signed

    def take(self, value: str, path: str, faults: Faults) -> Decimal:
        found = _AMOUNT.fullmatch(value.strip())
        if not found or len(found[1] or "") > self.digits:
            words = f"is not a decimal string with {self.digits} decimals at most."
            raise Wrong("format", words)
        amount = Decimal(found[0])
        if amount < 0 and not self.signed:
            raise Wrong("value", "is negative.")
        return amount


class Object(Field):
    """Fields inside a field; of an object that is missing none is."""

    kind, called = dict, "an object"

    def __init__(self, fields: Mapping[str, Field]) -> None:
        super().__init__({name: field.default for name, field in fields.items()})
        self.fields = fields

    def take(self, value: dict, path: str, faults: Faults) -> dict:
        start = f"{path}." if path else ""
        return {
            name: field.read(value.get(name), f"{start}{name}", faults)
            for name, field in self.fields.items()
        }


class Many(Field):
    """A list; each member is read as the same kind of field."""

    kind, called = list, "a list"

    def __init__(self, member: Field, most: int) -> None:
        super().__init__([])
        self.member, self.most = needed(member), most

    def take(self, value: list, path: str, faults: Faults) -> list:
        if len(value) > self.most:
            raise Wrong("length", f"has more than {self.most}.")
        return [
            self.member.read(each, f"{path}[{number}]", faults)
            for number, each in enumerate(value)
        ]


def needed(field: Field) -> Field:
    """The same field, but it must be given."""
    field = copy.copy(field)
    field.required = True
    return field


# what a name takes wherever nothing else is said
_LONGEST = {
    "external_id accounting_system agreement_number external_number matter": 64,
    "batch_account internal_accounting_id client_id terms_version": 64,
    "invoice_number number case_id payment_id creditor code": 64,
    "name debtor_name by street street2 label path": 200,
    "city": 100,
    "phone account_number iban": 50,
    "org_number vat_number id_number": 32,
    "zip": 16,
    "reason description letter_text text": 1000,
    "note": 4000,
}
_NAMES: dict[str, Field] = {
    **{name: Text(n) for names, n in _LONGEST.items() for name in names.split()},
    **dict.fromkeys(("email", "notification_email"), Text(200, r"[^@\s]+@[^@\s]+")),
    "client_secret": Text(255, strip=False),
    "bic": Text(11, "[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?"),
    "country": Text(2, "[A-Z]{2}"),
    "language": Text(2, "[a-z]{2}"),
    "currency": Text(3, "[A-Z]{3}"),
    "version": Integer(),
    **dict.fromkeys(("date", "due_date", "until", "first_due_date"), Date()),
}


def some(names: str, **others: Field) -> dict[str, Field]:
    """Fields by their names, and others; a name with `!` must be given."""
    found = {
        name.rstrip("!"): needed(_NAMES[name[:-1]]) if name[-1] == "!" else _NAMES[name]
        for name in names.split()
    }
    return {**found, **others}


def read(
    wanted: Mapping[str, Field] | str,
    given: Mapping[str, Any],
    faults: Faults | None = None,
) -> dict:
    """The values of these fields; unknown ones are ignored.

    :param faults: takes what is wrong, for a caller who looks further and then calls
        `refuse`; without it whatever is wrong is refused here
    """
    found: Faults = [] if faults is None else faults
    fields = some(wanted) if isinstance(wanted, str) else wanted
    values = Object(fields).take(dict(given), "", found)
    if faults is None:
        refuse(found)
    return values


def refuse(faults: Faults) -> None:
    """
    :raises ApiError: with everything that is wrong, if anything is
    """
    if faults:
        raise ApiError("validation_failed", faults[0]["message"], faults=faults)

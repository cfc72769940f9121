"""What the agency takes and charges; the sandbox can change all of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation

import agency_clock
from agency_errors import ApiError, invalid

DEFAULTS: dict[str, object] = {
    "min_days_after_invoice": 8,
    "min_days_after_due": 4,
    "max_age_years": 3,
    "currencies": ["SEK", "NOK", "DKK", "EUR", "ISK", "USD", "GBP", "CHF", "PLN"],
    "excluded_id_numbers": [],
    "asynchronous": False,
    "step_days": {
        "received": 1,
        "registered": 1,
        "reminder": 14,
        "demand": 21,
        "legal": 60,
        "enforcement": 180,
    },
    "reminder_fee": "60.00",
    "demand_fee": "180.00",
    "court_fee": "680.00",
    "withdrawal_fee_demand": "150.00",
    "withdrawal_fee_legal": "600.00",
    "interest_percent": "10.00",
    "commission_percent": "5.00",
    "vat_percent": "25.00",
}


class Rules:
    """The defaults with the sandbox's changes over them."""

    def __init__(self, changed: dict) -> None:
        self._values = {**DEFAULTS, **changed}

    def all(self) -> dict:
        return dict(self._values)

    def number(self, name: str) -> int:
        return int(str(self._values[name]))

    def amount(self, name: str) -> Decimal:
        return Decimal(str(self._values[name]))

    def names(self, name: str) -> list[str]:
        value = self._values[name]
        return list(value) if isinstance(value, list) else []

    def on(self, name: str) -> bool:
        return self._values[name] is True

    def step_days(self, state: str) -> int | None:
        """Days until the next step; None where only a person goes on."""
        steps = self._values["step_days"]
        return steps.get(state) if isinstance(steps, dict) else None

    def earliest(self, invoice_date: dt.date, due_date: dt.date) -> dt.date:
        """The first day on which an invoice is taken."""
        after_invoice = dt.timedelta(days=self.number("min_days_after_invoice"))
        after_due = dt.timedelta(days=self.number("min_days_after_due"))
        return max(invoice_date + after_invoice, due_date + after_due)

    def oldest(self, today: dt.date) -> dt.date:
        """The oldest invoice date that is taken."""
        return agency_clock.add_years(today, -self.number("max_age_years"))


def read_changes(given: dict) -> dict:
    """Changes of rules, of the same types as the defaults.

    :raises ApiError: an unknown rule or a value of another type
    """
    for name, value in given.items():
        if name not in DEFAULTS:
            raise invalid(name, "value", f"There is no rule {name}.")
        if not _fits(DEFAULTS[name], value):
            raise invalid(name, "type", f"{name} is not like {DEFAULTS[name]!r}.")
    steps = given.get("step_days")
    if steps is not None:
        unknown = set(steps) - set(_steps())
        if unknown:
            raise ApiError("validation_failed", f"No step is due in {sorted(unknown)}.")
        return {**given, "step_days": {**_steps(), **steps}}
    return given


def _steps() -> dict:
    steps = DEFAULTS["step_days"]
    return steps if isinstance(steps, dict) else {}


def _fits(default: object, value: object) -> bool:
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int):
        return _is_count(value)
    if isinstance(default, list):
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(default, dict):
        return isinstance(value, dict) and all(map(_is_count, value.values()))
    return _is_amount(value)


def _is_count(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and 0 <= int(str(value)) <= 36500


def _is_amount(value: object) -> bool:
    try:
        return isinstance(value, str) and Decimal(value) >= 0
    except InvalidOperation:
        return False

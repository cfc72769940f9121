"""What the agency takes and charges; the sandbox can change all of it."""

from typing import Any

from . import fields
from .errors import invalid
from .fields import Boolean, Integer, Many, Money, Object, Text

DEFAULTS: dict[str, Any] = {
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
_STEPS = DEFAULTS["step_days"]
_LIKE = {
    bool: Boolean(),
    int: Integer(0, 1000),
    str: Money(4, signed=False),
    list: Many(Text(64), 1000),
    dict: Object(dict.fromkeys(_STEPS, Integer(0, 36_500))),
}


def read_changes(given: dict) -> dict:
    """Changes of rules, of the same types as the defaults.

    :raises ApiError: an unknown rule or a value of another type
    """
    for name, value in given.items():
        if name not in DEFAULTS or value is None:
            raise invalid(name, "value", f"There is no such rule: {name}.")
    read = fields.read({name: _LIKE[type(DEFAULTS[name])] for name in given}, given)
    if "step_days" not in given:
        return given
    days = {name: days for name, days in read["step_days"].items() if days is not None}
    return {**given, "step_days": {**_STEPS, **days}}

"""What the agency takes and charges; the sandbox can change all of it."""

from typing import Any

from .errors import invalid

DEFAULTS: dict[str, Any] = {
    "min_days_after_invoice": 8,
    "min_days_after_due": 4,
    "max_age_years": 3,
    "currencies": ["SEK", "NOK", "DKK", "EUR", "ISK", "USD", "GBP", "CHF", "PLN"],
    "excluded_id_numbers": [],
    "asynchronous": False,
    "join_cases": True,
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


def changed(present: dict, given: dict) -> dict:
    """The rules with what is given over them; of the steps those that are given.

    :raises ApiError: there is no such rule, or it is not of that type
    """
    for name, value in given.items():
        if name not in DEFAULTS or type(value) is not type(DEFAULTS[name]):
            raise invalid(name, "value", f"There is no such rule: {name}.")
    steps = {**present["step_days"], **given.get("step_days", {})}
    return {**present, **given, "step_days": steps}

"""The bank bar code that Finnish invoices show.

Finance Finland, Bank Bar Code Guide 5.3, symbol versions 4 (national reference) and 5
(RF).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from odoo.addons.receivables_base.formats.moments import write_compact_day
from odoo.addons.receivables_base.formats.references import (
    is_digits,
    is_valid,
    normalise,
)

_MAX_CODED = Decimal("999999.99")


def bank_barcode(iban: str, amount: Decimal, reference: str, due: date | None) -> str:
    """The 54 digits of the bank bar code, or an empty string when it has none.

    Version 5 for an RF reference whose body is digits, version 4 for a national
    reference. There is no code for a foreign account, an invalid or alphanumeric
    reference, or an amount that is negative, above 999 999.99 or not in cents.
    ``due`` None means "pay at once" (six zeros).
    """
    account = "".join(iban.split()).upper()
    digits = normalise(reference)
    cents = amount * 100
    codable = (
        account.startswith("FI")
        and len(account) == 18
        and is_digits(account[2:])
        and 0 <= amount <= _MAX_CODED
        and cents == cents.to_integral_value()
        and is_valid(digits)
    )
    if not codable:
        return ""
    if digits.startswith("RF"):
        body = digits[4:]
        if not is_digits(body):
            return ""
        symbol, coded = "5", digits[2:4] + body.zfill(21)
    else:
        symbol, coded = "4", "000" + digits.zfill(20)
    due_digits = write_compact_day(due)[2:] if due else "000000"
    return f"{symbol}{account[2:]}{int(cents):08d}{coded}{due_digits}"

from decimal import Decimal
from urllib.parse import parse_qsl

from odoo.tools import LazyTranslate

from odoo.addons.payment_terminal.adapters.dialects import Dialect
from odoo.addons.payment_terminal.formats.calls import (
    BadCall,
    Call,
    Operation,
    Result,
    WireAnswer,
)

_lt = LazyTranslate(__name__)


class Shouting(Dialect):
    """``?do=check&id=1&account=…&sum=…``, answered as ``OK 600.00``."""

    name = "example_shouting"
    label = _lt("Shouting")
    operations = frozenset({Operation.CHECK, Operation.PAY})

    def read(self, wire, terms):
        given = dict(parse_qsl(wire.query))
        try:
            return Call(
                Operation(given["do"]),
                txn_id=given["id"],
                account=given["account"],
                amount=Decimal(given["sum"]),
            )
        except (ArithmeticError, KeyError, ValueError) as error:
            raise BadCall(Result.BAD_REQUEST, "query") from error

    def write(self, call, outcome, terms):
        amount = outcome.payment.amount if outcome.payment else outcome.debt
        words = [outcome.result.value.upper(), "" if amount is None else str(amount)]
        return WireAnswer(" ".join(words).strip().encode(), "text/plain")

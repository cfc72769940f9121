"""What may be answered about a payment, and what it is after that."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from support.books import CREDITED
from support.caller import Said

# nobody has this number: what is paid for it waits for a person
NOBODY = "5550001"

# What is answered, and what the payment is afterwards. `gone` was there and was taken
# back, `barred` was cancelled before it came.
PLAIN = {
    ("pay", "none"): ("done", "paid"),
    ("pay", "paid"): ("done", "paid"),
    ("pay", "gone"): ("refused", "gone"),
    ("pay", "barred"): ("refused", "barred"),
    ("cancel", "none"): ("done", "barred"),
    ("cancel", "paid"): ("done", "gone"),
    ("cancel", "gone"): ("done", "gone"),
    ("cancel", "barred"): ("done", "barred"),
    ("status", "none"): ("refused", "none"),
    ("status", "paid"): ("done", "paid"),
    ("status", "gone"): ("done", "gone"),
    ("status", "barred"): ("done", "barred"),
}
OSMP = PLAIN | {
    # a payment that was taken back must not look like a good one
    ("status", "gone"): ("refused", "gone"),
    ("status", "barred"): ("refused", "barred"),
}
PAYME = PLAIN | {
    ("reserve", "none"): ("done", "reserved"),
    ("reserve", "reserved"): ("done", "reserved"),
    ("reserve", "paid"): ("done", "paid"),
    ("reserve", "gone"): ("refused", "gone"),
    ("reserve", "barred"): ("refused", "barred"),
    ("pay", "none"): ("refused", "none"),
    ("pay", "reserved"): ("done", "paid"),
    ("cancel", "none"): ("refused", "barred"),
    ("cancel", "reserved"): ("done", "gone"),
    ("cancel", "barred"): ("refused", "barred"),
    ("status", "reserved"): ("done", "reserved"),
    ("status", "barred"): ("refused", "barred"),
}
# nothing but pays
KASPI = {key: PLAIN[key] for key in (("pay", "none"), ("pay", "paid"))}
TABLES = {"osmp": OSMP, "kaspi_json": KASPI, "payme": PAYME, "signed_json": PLAIN}
# our states that fit what the model says
OURS = {
    "reserved": {"reserved"},
    "paid": {*CREDITED},
    "gone": {"cancelled", "reversing", "reversed"},
    "barred": {"cancelled"},
}


@dataclass
class Known:
    """A payment as the model knows it."""

    dialect: str
    payment: dict[str, Any]
    state: str = "none"
    # operation -> the answer that is binding
    first: dict[str, Said] = field(default_factory=dict)

    @property
    def amount(self) -> Decimal:
        return Decimal(self.payment["amount"])

    def __str__(self) -> str:
        said = self.payment
        return (
            f"{self.dialect} {said['txn_id']} of {said['account']}, "
            f"{said['amount']}, {self.state}"
        )

    def knows(self, operation: str) -> bool:
        """Whether the network has such an operation."""
        return operation == "check" or (operation, "none") in TABLES[self.dialect]

    def expect(self, operation: str) -> str:
        """What must be answered; the payment becomes what it is after that."""
        if operation == "check":
            return "refused" if self.payment["account"] == NOBODY else "done"
        if (operation, self.state) == ("reserve", "none"):
            if self.payment["account"] == NOBODY:
                return "refused"
        verdict, self.state = TABLES[self.dialect][operation, self.state]
        return verdict

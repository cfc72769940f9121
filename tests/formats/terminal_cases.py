"""What the tests of the OSMP family share: companies, payments, broken values."""

from datetime import date, datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from terminal_formats.calls import (
    BadCall,
    OpenInvoice,
    Outcome,
    Payment,
    Result,
    Terms,
)
from terminal_strategies import anything, calls

ALMATY = ZoneInfo("Asia/Almaty")
MOSCOW = ZoneInfo("Europe/Moscow")
REYKJAVIK = ZoneInfo("Atlantic/Reykjavik")

LABELS = {"customer": "name", "debt": "debt", "due": "due", "invoice": "invoice"}
KAZAKH = Terms(
    *("KZT", 2, ALMATY), registry_code="030213500928", company="Jylu", labels=LABELS
)
RUSSIAN = Terms("RUB", 2, MOSCOW, labels=LABELS)
ICELANDIC = Terms("ISK", 0, REYKJAVIK, labels=LABELS)

# Sums that are no amounts of a currency with two decimals.
NO_AMOUNTS = (
    *("1e5", "1E5", "NaN", "inf", "Infinity", "-1", "+1", "0", "0.00", "-0", "00"),
    *("1 234,56", "1\u00a0234,56", "1.234,56", "1,234.56", "1_000", "10.455"),
    *(".5", "5.", "0x10", "١٢٣", "200.00 KZT", " 200", "200 ", "1" * 16, "1.123456789"),
    *("", "--1", "1/2", "٣.٠٠"),
)
# Identifiers that are no digits.
NO_IDENTIFIERS = ("", "12a", "-1", "1.0", " 1", "1 ", "0x1", "١٢٣", "1e5", "²")
# Values that no parameter may have, as they stand in an address.
BROKEN_VALUES = ("%00", "a%0Ab", "%1B[0m", "%C2%85", "%FF%FE", "%CF%F0%E8", "%zz", "%")


def refusal(read, *arguments):
    """Why a request is refused: the result, the place and what was understood."""
    with pytest.raises(BadCall) as caught:
        read(*arguments)
    return caught.value.result, caught.value.place, caught.value.call


# What a customer or a bank can have typed.
plain = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"]),
    min_size=1,
    max_size=40,
).filter(lambda text: text.strip() != "")


any_calls = calls(st.dictionaries(st.just("txn_id"), anything, max_size=1))

OWES = Outcome(
    Result.OK,
    message="Pay <now> & be done",
    customer="A*** B***",
    debt=Decimal("170.00"),
    due=date(2026, 3, 1),
    invoices=(
        OpenInvoice("INV/1", date(2026, 3, 1), Decimal("120.00"), Decimal("120.00")),
        OpenInvoice("INV/2", date(2026, 4, 1), Decimal("50.00"), Decimal("30.00")),
        OpenInvoice("INV/3", None, Decimal("7.00")),
    ),
)
PAID = Outcome(
    Result.OK,
    message="OK",
    payment=Payment(
        2016,
        "1234567",
        "4957835959",
        Decimal("10.45"),
        "accepted",
        accepted_at=datetime(2019, 11, 16, 11, 2, 10, tzinfo=timezone.utc),
    ),
)

"""Calls and outcomes for the tests of the terminal networks' formats."""

from datetime import datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from terminal_formats.calls import (
    Call,
    OpenInvoice,
    Operation,
    Outcome,
    Payment,
    Result,
    Terms,
)

TERMS = Terms(
    currency="KZT",
    decimals=2,
    timezone=ZoneInfo("Asia/Almaty"),
    registry_code="050140000656",
    company="Energy & Water <Ltd>",
    key=b"kiosk-demo-key-7b1e0c52f4a94d0f",
    labels={"customer": "name", "debt": "debt", "due": "due", "invoice": "invoice"},
)

# what may stand in a field; what may come from the database is wider
plain = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
    max_size=60,
)
anything = st.one_of(st.text(max_size=60), st.sampled_from(["\x00<&\"'>", "]]>", "ў"]))
amounts = st.integers(1, 10**12).map(lambda cents: Decimal(cents).scaleb(-2))
money = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2))
moments = st.datetimes(
    datetime(2001, 10, 1),
    datetime(2200, 1, 1),
    timezones=st.just(timezone.utc),
)
zoned = st.datetimes(
    timezones=st.sampled_from([timezone.utc, ZoneInfo("Asia/Almaty"), None])
)

payments = st.builds(
    Payment,
    number=st.integers(1, 10**9),
    txn_id=anything,
    account=anything,
    amount=money,
    state=st.sampled_from(["reserved", "accepted", "cancelled", "reversed", "other"]),
    reserved_at=st.none() | zoned,
    accepted_at=st.none() | zoned,
    cancelled_at=st.none() | zoned,
    named_at=st.none() | zoned,
    reason=anything | st.integers().map(str),
)
outcomes = st.builds(
    Outcome,
    result=st.sampled_from(Result),
    message=anything,
    customer=anything,
    debt=st.none() | money,
    due=st.none() | st.dates(),
    invoices=st.lists(
        st.builds(
            OpenInvoice,
            reference=anything,
            due=st.none() | st.dates(),
            open=money,
            pays=money,
        ),
        max_size=3,
    ).map(tuple),
    payment=st.none() | payments,
    payments=st.lists(payments, max_size=3).map(tuple),
    repeated=st.booleans(),
    now=st.none() | zoned,
)


def calls(echo):
    """Calls as anything could have made them, with an echo that the reader makes."""
    return st.none() | st.builds(
        Call,
        operation=st.sampled_from(Operation),
        txn_id=anything,
        account=anything,
        amount=st.none() | money,
        currency=anything,
        paid_at=st.none() | zoned,
        echo=echo,
    )

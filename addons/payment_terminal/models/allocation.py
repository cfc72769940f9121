"""Which invoices an amount pays. The same for the kiosk and the books."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """An open invoice of a customer."""

    id: int
    reference: str
    due: date | None
    open: Decimal
    names: tuple[str, ...] = ()  # by which a customer may have chosen it


def in_order(items: Iterable[Item], chosen: str = "") -> list[Item]:
    """The invoice that the customer chose, then the oldest due, then the first."""
    wanted = chosen.strip().upper()
    return sorted(
        items,
        key=lambda item: (
            not wanted or wanted not in (name.upper() for name in item.names),
            item.due or date.max,
            item.id,
        ),
    )


def allocate(
    amount: Decimal, items: Iterable[Item], chosen: str = ""
) -> list[tuple[Item, Decimal]]:
    """What an amount pays of each invoice, in order."""
    shares = []
    for item in in_order(items, chosen):
        share = min(amount, item.open)
        shares.append((item, share))
        amount -= share
    return shares


def leave(shares: Iterable[tuple[Item, Decimal]]) -> list[Item]:
    """What payments leave open of invoices."""
    return [
        replace(item, open=item.open - share)
        for item, share in shares
        if share < item.open
    ]

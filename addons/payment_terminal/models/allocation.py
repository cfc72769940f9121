"""What customers owe and what it is paid with. The same for the kiosk and the books.

No database here: :mod:`.open_items` reads what is open, a kiosk is told what comes out,
and the booking job does it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal


def rounded(amount: Decimal, quantum: Decimal) -> Decimal:
    """An amount as its currency has it: a multiple of its smallest unit."""
    return (amount / quantum).quantize(Decimal(1), ROUND_HALF_UP) * quantum


@dataclass(slots=True, eq=False)
class Item:
    """Something open: what a customer owes, or what it can be paid with.

    ``left`` is in the item's own currency and positive for both; ``open`` is the same
    in the currency of the network.
    """

    id: int | None  # the journal item; None: not in the books yet
    partner_id: int
    account_id: int | None
    currency_id: int
    is_debt: bool
    left: Decimal
    rate: Decimal = Decimal(1)  # of the network's currency for one of the own
    quantum: Decimal = Decimal("0.01")  # the smallest unit of the own currency
    due: date | None = None
    reference: str = ""
    names: tuple[str, ...] = ()  # by which a customer may have chosen it
    wanted: str = ""  # the name of the invoice that it shall pay first
    is_held: bool = False  # counts, and is left alone by the books
    open: Decimal = Decimal(0)
    _value: Decimal = Decimal(0)
    _rest: Decimal = Decimal(0)

    @property
    def place(self) -> tuple[int | None, int]:
        """Items of one place can be matched with each other as they are."""
        return self.account_id, self.currency_id

    def express(self, quantum: Decimal) -> None:
        """Say what is left in the network's currency, whose smallest unit is given."""
        self._rest = self.left
        self._value = self.open = rounded(self.left * self.rate, quantum)

    def take(self, amount: Decimal) -> Decimal:
        """Take off an amount of the network's currency; return it in the own one.

        All parts together are all that is left, to the last cent.
        """
        before = self._rest
        self.open -= amount
        if self.open:
            self._rest = rounded(self.left * self.open / self._value, self.quantum)
        else:
            self._rest = Decimal(0)
        return before - self._rest


@dataclass(frozen=True, slots=True)
class Share:
    """What one item pays of another."""

    credit: Item
    debt: Item
    amount: Decimal  # in the network's currency
    given: Decimal  # in the currency of the credit
    paid: Decimal  # in the currency of the debt


def in_order(items: Iterable[Item], chosen: str = "") -> list[Item]:
    """The invoice that the customer chose, then the oldest due, then the first."""
    wanted = chosen.strip().upper()
    return sorted(
        items,
        key=lambda item: (
            not wanted or wanted not in (name.upper() for name in item.names),
            item.due or date.max,
            item.id or 0,
        ),
    )


class Allocation:
    """What is open of some customers, in the currency of one network, at one rate.

    Credits are used first: those of the same currency as they are, then all others.
    :meth:`pay` goes on from there.
    """

    def __init__(self, items: Iterable[Item], quantum: Decimal) -> None:
        self.quantum = quantum
        self.debts: dict[int, list[Item]] = defaultdict(list)
        self.credits: dict[int, list[Item]] = defaultdict(list)
        self.shares: list[Share] = []
        for item in items:
            side = self.debts if item.is_debt else self.credits
            side[item.partner_id].append(item)
        for credits in self.credits.values():
            credits.sort(key=lambda item: item.id or 0)
            for credit in credits:
                self._use_alike(credit)
        for item in self._get_items():
            item.express(quantum)
        for credits in self.credits.values():
            for credit in credits:
                self.shares += self._use(credit)

    def _get_items(self) -> list[Item]:
        sides = (*self.debts.values(), *self.credits.values())
        return [item for items in sides for item in items]

    def _use_alike(self, credit: Item) -> None:
        """Pay what has the same currency, without any rate; on the same account
        first."""
        debts = in_order(self.debts[credit.partner_id], credit.wanted)
        debts.sort(key=lambda debt: debt.place != credit.place)
        for debt in debts:
            amount = min(credit.left, debt.left)
            if amount and debt.currency_id == credit.currency_id:
                credit.left -= amount
                debt.left -= amount
                self.shares.append(Share(credit, debt, amount, amount, amount))

    def _use(self, credit: Item) -> list[Share]:
        shares = []
        for debt in in_order(self.debts[credit.partner_id], credit.wanted):
            amount = min(credit.open, debt.open)
            if amount:
                given, paid = credit.take(amount), debt.take(amount)
                shares.append(Share(credit, debt, amount, given, paid))
        return shares

    def pay(
        self, partner_id: int, currency_id: int, amount: Decimal, wanted: str = ""
    ) -> tuple[Item, list[Share]]:
        """Pay an amount of the network's currency.

        :return: the payment, of which ``open`` is left as a credit, and what it pays
        """
        payment = Item(
            *(None, partner_id, None, currency_id, False, amount),
            quantum=self.quantum,
            wanted=wanted,
        )
        payment.express(self.quantum)
        self.credits[partner_id].append(payment)
        return payment, self._use(payment)

    def get_open(self, partner_id: int) -> list[Item]:
        """What a customer has to pay still, in order."""
        return [item for item in in_order(self.debts[partner_id]) if item.open]

    def get_debt(self, partner_id: int) -> Decimal:
        """All that a customer has to pay still."""
        owed = sum((item.open for item in self.debts[partner_id]), Decimal(0))
        credit = sum((item.open for item in self.credits[partner_id]), Decimal(0))
        return max(owed - credit, Decimal(0))

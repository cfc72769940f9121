"""What the company has of a network's payments, read in one moment."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from support.system import OdooInstance, TestDatabases

# One statement sees one moment, whatever is being paid and booked meanwhile.
BOOKS = """
    SELECT json_build_object(
        'payments', (
            SELECT coalesce(json_agg(json_build_array(
                       txn_id, state, amount::text, account_number) ORDER BY id), '[]')
              FROM payment_terminal_transaction WHERE network_id = {network}),
        'clearing', (
            SELECT coalesce(sum(line.amount_currency), 0)::text
              FROM account_move move
              JOIN account_move_line line ON line.id = move.terminal_clearing_line_id
             WHERE move.terminal_network_id = {network} AND move.state = 'posted'))
"""
# our states of money that is the customer's to have been credited with
CREDITED = ("accepted", "booked", "suspense")
ON_CLEARING = ("booked", "suspense", "reversing")
UNDER_WAY = ("accepted", "reversing")


@dataclass(frozen=True)
class Entry:
    """A payment in the books."""

    txn_id: str
    state: str
    amount: Decimal
    account: str


@dataclass(frozen=True)
class Books:
    """The payments of one network and its clearing account."""

    entries: tuple[Entry, ...]
    clearing: Decimal

    @classmethod
    def of(
        cls, databases: TestDatabases, server: OdooInstance, network: int
    ) -> "Books":
        """Read them."""
        [text] = databases.sql(server.database, BOOKS.format(network=network))
        found = json.loads(text)
        entries = tuple(
            Entry(txn_id, state, Decimal(amount or 0), account or "")
            for txn_id, state, amount, account in found["payments"]
        )
        return cls(entries, Decimal(found["clearing"]))

    def total(self, states: Iterable[str]) -> Decimal:
        """The sum of the payments in some states."""
        wanted = set(states)
        return sum(
            (entry.amount for entry in self.entries if entry.state in wanted),
            Decimal(0),
        )

    @property
    def by_id(self) -> dict[str, Entry]:
        """The payments by the network's number; there is one of each."""
        found = {entry.txn_id: entry for entry in self.entries}
        assert len(found) == len(self.entries), "a payment is there twice"
        return found

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits for the booking job."""
        return not any(entry.state in UNDER_WAY for entry in self.entries)

    def check(self) -> None:
        """What is on the clearing account is what was booked and not reversed."""
        assert self.by_id is not None
        assert self.clearing == self.total(ON_CLEARING)

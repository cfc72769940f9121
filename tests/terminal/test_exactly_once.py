"""Money is credited exactly once, in whatever order a network asks.

Two servers on one database are asked by networks that repeat, lose answers, ask twice
at the same moment, cancel before they pay and pay after they cancelled, while payments
are booked and servers are killed. A model says for each payment what may be answered
and what must be in the books.
"""

import contextlib
import functools
import random
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

import odoorpc
import pytest

from support.books import Books
from support.caller import Caller, Said, callers
from support.cashier import Cashier
from support.payment_model import NOBODY, OURS, Known
from support.system import OdooInstance, ServerFactory, TestDatabases
from support.waiting import PATIENCE, eventually

STORIES, STEPS = 4, 40
# how often a server is killed in all
MOST_CRASHES = 2
ROUNDS = 20
# dialect -> what the network proves itself by
NETWORKS = {"osmp": "basic", "kaspi_json": "secret", "payme": "basic"}
NETWORKS["signed_json"] = "hmac"

Answer = TypeVar("Answer")


@dataclass
class Stage:
    """The servers, the networks and the customers, for all examples."""

    start_server: ServerFactory
    databases: TestDatabases
    servers: list[OdooInstance]
    cashier: Cashier
    networks: dict[str, int]
    # number -> partner and what was billed
    customers: dict[str, tuple[int, Decimal]]
    told: dict[str, Caller] = field(default_factory=dict)
    known: list[Known] = field(default_factory=list)
    crashes: int = 0

    @classmethod
    def open(cls, start_server: ServerFactory, databases: TestDatabases) -> "Stage":
        """Two servers, a network of each dialect, and customers with debts."""
        one = start_server()
        two = start_server(one.database)
        cashier = Cashier(one)
        networks = {
            dialect: cashier.open_network(dialect, proof)
            for dialect, proof in NETWORKS.items()
        }
        customers = {}
        for bills in ((), (1200,), (300, 4000, 70)):
            partner = cashier.register()
            for amount in bills:
                cashier.bill(partner, amount)
            customers[cashier.number(partner)] = (partner, Decimal(sum(bills)))
        for network in networks.values():
            cashier.change(network, minimum_amount=0, maximum_amount=0)
        stage = cls(start_server, databases, [one, two], cashier, networks, customers)
        known = callers(databases, one)
        stage.told = {name: known[f"network-{key}"] for name, key in networks.items()}
        return stage

    def caller(self, dialect: str, server: int) -> Caller:
        """The network, asking one of the servers."""
        return self.told[dialect].to(self.servers[server])

    def new(self, dialect: str, account: str, amount: str) -> Known:
        """A payment that nobody has told yet."""
        known = Known(dialect, self.told[dialect].payment(account, amount))
        self.known.append(known)
        return known

    def books(self, dialect: str) -> Books:
        """What the company has of a network, and that it adds up."""
        network = self.networks[dialect]
        books = Books.of(self.databases, self.servers[0], network)
        books.check()
        return books

    def insist(
        self, operation: str, known: Known, server: int = 0, **more: Any
    ) -> Said:
        """Ask until there is an answer, as every network does."""
        caller = self.caller(known.dialect, server)

        def asked() -> Said | None:
            said = caller.ask(operation, {**known.payment, **more})
            return said if said.verdict != "again" else None

        return eventually(asked, PATIENCE, f"{operation} is answered", pause=0.05)

    def crash(self, known: Sequence[Known], server: int) -> None:
        """Kill a server while it takes payments; the networks ask again and again."""
        host = self.servers[server]

        def pay(one: Known) -> Said:
            said = self.caller(one.dialect, server).ask("pay", one.payment)
            # whoever is answered first brings it down
            host.server.process.send_signal(signal.SIGKILL)
            return said

        told = at_once([lambda one=one: pay(one) for one in known])
        host.server.process.wait(PATIENCE)
        self.crashes += 1
        self.servers[server] = self.start_server(host.database)
        if not server:
            self.cashier = Cashier(self.servers[0])
        for one, said in zip(known, told, strict=True):
            again = self.insist("pay", one, server)
            assert again.verdict == one.expect("pay")
            one.first["pay"] = again
            if said.verdict != "again":
                assert self.told[one.dialect].is_same("pay", said, again)

    def agree(self) -> None:
        """Both sides have the same: each payment, each network, each customer."""
        for dialect in NETWORKS:
            ours = self.books(dialect).by_id
            theirs = {
                one.payment["txn_id"]: one
                for one in self.known
                if one.dialect == dialect and one.state != "none"
            }
            assert ours.keys() == theirs.keys()
            for txn_id, one in theirs.items():
                entry = ours[txn_id]
                assert entry.state in OURS[one.state], (one, entry)
                expected = 0 if one.state == "barred" else one.amount
                assert entry.amount == expected, (one, entry)

    def settle(self) -> None:
        """Book everything, then compare with the ledgers of the networks."""
        for dialect in NETWORKS:

            def booked(dialect: str = dialect) -> bool:
                if not self.books(dialect).is_settled:
                    self.cashier.book()
                    return False
                return True

            eventually(booked, PATIENCE, "everything is booked")
            confirmed = sum(
                (
                    one.amount
                    for one in self.known
                    if (one.dialect, one.state) == (dialect, "paid")
                ),
                Decimal(0),
            )
            assert self.books(dialect).clearing == confirmed
        for number, (partner, billed) in self.customers.items():
            paid = sum(
                one.amount
                for one in self.known
                if (one.payment["account"], one.state) == (number, "paid")
            )
            assert Decimal(str(self.cashier.owed(partner))) == billed - paid


def at_once(works: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Do all of it at the same instant."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Answer]) -> Answer:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as crowd:
        return list(crowd.map(run, works))


class Story:
    """What networks do, in any order; the same for the same seed.

    Every step is printed, so that a failure tells how it came about.
    """

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.dice = random.Random(seed)
        self.known: list[Known] = []
        self.booking: list[threading.Thread] = []
        print(f"story {seed}")

    def run(self) -> None:
        """Some steps, then both sides are compared."""
        steps = {
            self.begin: 10,
            self.ask: 24,
            self.cancel_while_paying: 4,
            self.use_number_again: 3,
            self.book: 2,
            self.crash: 1,
            self.look: 1,
        }
        self.begin()
        for step in self.dice.choices([*steps], [*steps.values()], k=STEPS):
            step()
        for thread in self.booking:
            thread.join()
        self.stage.agree()
        self.stage.settle()

    def server(self) -> int:
        return self.dice.randrange(2)

    def number(self) -> str:
        """What a customer types; now and then nobody's number."""
        return self.dice.choice([*self.stage.customers, NOBODY])

    def begin(self) -> None:
        """A customer pays, as far as they come."""
        cents = self.dice.randint(1, 500_000)
        amount = f"{Decimal(cents) / 100:.2f}"
        one = self.stage.new(self.dice.choice([*NETWORKS]), self.number(), amount)
        self.known.append(one)
        beginnings = ((), ("check",), ("reserve",), ("reserve", "pay"), ("pay",))
        for operation in filter(one.knows, self.dice.choice(beginnings)):
            self.say(one, operation, [self.server()])

    def ask(self) -> None:
        """Something about a payment, perhaps several times at the same instant."""
        one = self.dice.choice(self.known)
        asked = ("check", "reserve", "pay", "pay", "cancel", "status")
        operation = self.dice.choice([*filter(one.knows, asked)])
        servers = [self.server() for _ in range(self.dice.choice((1, 1, 2, 4)))]
        self.say(one, operation, servers, is_lost=self.dice.random() < 0.3)

    def say(
        self, one: Known, operation: str, servers: list[int], is_lost: bool = False
    ) -> None:
        """Ask, perhaps several servers at the same instant."""
        print(operation, servers, "lost" if is_lost else "", one)
        before, expected = one.state, one.expect(operation)
        said = at_once(
            [lambda at=at: self.stage.insist(operation, one, at) for at in servers]
        )
        for each in said:
            assert each.verdict == expected, (operation, before, one, each)
            complaints = [] if expected == "refused" else each.heard.complaints
            assert complaints == [], (operation, before, one, each)
        if not is_lost:
            self.compare(one, operation, said)

    def compare(self, one: Known, operation: str, said: list[Said]) -> None:
        """A repeat is answered byte for byte like the first."""
        if operation not in ("reserve", "pay", "cancel") or said[0].verdict != "done":
            return
        first = one.first.setdefault(operation, said[0])
        caller = self.stage.told[one.dialect]
        for each in said:
            assert caller.is_same(operation, first, each), (first, each)

    def cancel_while_paying(self) -> None:
        """A payment and its cancellation at the same instant."""
        one = self.dice.choice(self.known)
        if not one.knows("cancel"):
            return
        print("cancel while paying", one)
        at = self.server()
        paid, cancelled = at_once(
            [
                lambda: self.stage.insist("pay", one, at),
                lambda: self.stage.insist("cancel", one, 1 - at),
            ]
        )
        # which of them came first, the answer to the payment tells
        order = ("pay", "cancel") if paid.verdict == "done" else ("cancel", "pay")
        expected = {operation: one.expect(operation) for operation in order}
        assert paid.verdict == expected["pay"], (one, paid, cancelled)
        assert cancelled.verdict == expected["cancel"], (one, paid, cancelled)
        self.compare(one, "cancel", [cancelled])

    def use_number_again(self) -> None:
        """The number of a known payment, with another amount."""
        one = self.dice.choice(self.known)
        operation = "reserve" if one.dialect == "payme" else "pay"
        if one.state in ("none", "barred"):
            return
        print("number again", one)
        other = {"amount": f"{one.amount + 1:.2f}"}
        said = self.stage.insist(operation, one, self.server(), **other)
        assert said.verdict == "refused", (one, said)

    def book(self) -> None:
        """The job runs, while the networks wait or while they go on."""
        if self.dice.random() < 0.5:
            print("book")
            self.stage.cashier.book()
            return

        def run(server: OdooInstance = self.stage.servers[1]) -> None:
            # the server may be killed meanwhile
            with contextlib.suppress(OSError, odoorpc.error.Error):
                Cashier(server).book()

        print("book beside")
        self.booking.append(threading.Thread(target=run))
        self.booking[-1].start()

    def crash(self) -> None:
        """A server is killed while payments arrive."""
        if self.stage.crashes == MOST_CRASHES:
            return
        print("crash")
        dialects = [name for name in NETWORKS if name != "payme"] * 2
        burst = [self.stage.new(name, self.number(), "10.00") for name in dialects]
        self.known += burst
        self.stage.crash(burst, self.server())

    def look(self) -> None:
        """Both sides agree at any time."""
        self.stage.agree()


@pytest.fixture(scope="module")
def stage(start_server: ServerFactory, databases: TestDatabases) -> Iterator[Stage]:
    """Two servers on one database."""
    opened = Stage.open(start_server, databases)
    yield opened
    for server in opened.servers:
        server.stop()


def test_any_order_credits_once(stage: Stage) -> None:
    for seed in range(STORIES):
        Story(stage, seed).run()
    states = {one.state for one in stage.known}
    assert states == {"none", "reserved", "paid", "gone", "barred"}
    assert stage.crashes


@pytest.mark.parametrize("dialect", NETWORKS)
def test_equal_payments_at_one_instant_are_one(stage: Stage, dialect: str) -> None:
    number = next(iter(stage.customers))
    for _round in range(ROUNDS):
        one = stage.new(dialect, number, "25.00")
        for operation in filter(one.knows, ("reserve", "pay")):
            said = at_once(
                [
                    functools.partial(caller.ask, operation, one.payment)
                    for caller in (stage.caller(dialect, 0), stage.caller(dialect, 1))
                ]
            )
            expected = one.expect(operation)
            assert [each.verdict for each in said] == [expected, expected]
            assert stage.told[dialect].is_same(operation, *said)
    stage.agree()

"""Two Odoo servers on one database take payments and book them together.

Nothing that a network believes confirmed is lost and nothing is there twice, also when
a server is killed in the middle; the sums of each day are equal on both sides.
"""

import contextlib
import itertools
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

import odoorpc
import pytest

from support.books import CREDITED, Books
from support.cashier import Cashier
from support.kiosk import KioskFactory, KioskInstance
from support.system import Json, OdooInstance, ServerFactory, TestDatabases
from support.waiting import PATIENCE, eventually

PAYMENTS = 100
SHARED = 60
# how many payments are there when a server is killed
ENOUGH = 40
CUSTOMERS = 5
CLIENTS = 8
# dialect -> what the network proves itself by
NETWORKS = {"osmp": "basic", "kaspi_json": "secret", "payme": "basic"}
NETWORKS["signed_json"] = "hmac"
CANCELLING = ("osmp", "payme", "signed_json")
# what happens on each line: kind, how often, how many at once
FAULTS = (("lose_answer", 4, 2), ("duplicate", 4, 3), ("cut_after", 2, 2))
FAULTS += (("old_repeat", 2, 2),)

# A lane of the booking job on a host of its own, in small batches; prints what it has
# booked.
BOOK = """
payments = env["payment.terminal.transaction"]
type(payments)._BATCH = 5
book, done = type(payments)._book, []
def counted(self):
    book(self)
    done.extend(self.mapped("txn_id"))
type(payments)._book = counted
payments._cron_book()
env.cr.commit()
print(" ".join(done))
"""
# the day totals of networks, which prove themselves
TOTALS = """
networks = env["payment.terminal.network"]
days = [(network, datetime.date.fromisoformat(day)) for network, day in {days}]
action = [
    networks.browse(network)._read_day_totals(day, day)[network, day]
    for network, day in days
]
"""


@dataclass
class Hosts:
    """The servers, what they share, and the networks that call either of them."""

    start_server: ServerFactory
    databases: TestDatabases
    running: list[OdooInstance]
    cashier: Cashier
    kiosk: KioskInstance
    networks: dict[str, int]
    numbers: list[str]

    def start(self) -> None:
        """One more host on the same database."""
        database = self.running[0].database
        self.running.append(self.start_server(database, cron_threads=2))

    def tell(self) -> None:
        """Tell the kiosks where the hosts are: each network calls both of them."""
        for dialect, network in self.networks.items():
            for place, host in enumerate(self.running):
                there = working_at(self.cashier, host)
                told = {**there.told(network), "name": f"{dialect}-{place}"}
                self.kiosk.enter(told)

    def lines(self) -> list[str]:
        """What the kiosks call the networks: once for each host."""
        return [f"{dialect}-{place}" for dialect in self.networks for place in (0, 1)]

    def pay(self, count: int) -> None:
        """So many customers pay, on all lines; nobody waits for an answer."""
        lines, numbers = itertools.cycle(self.lines()), itertools.cycle(self.numbers)
        orders = [
            {
                "network": next(lines),
                "account": next(numbers),
                "amount": f"{100 + number}.{number % 100:02}",
                "check": bool(number % 2),
            }
            for number in range(count)
        ]
        with ThreadPoolExecutor(CLIENTS) as crowd:
            list(crowd.map(lambda order: self.kiosk.sandbox("pay", **order), orders))

    def ledger(self, dialect: str) -> list[Json]:
        """The payments of a network for which it took money, whichever host they were
        told."""
        return [
            payment
            for place in (0, 1)
            for payment in self.kiosk.ledger(f"{dialect}-{place}")["payments"]
            if payment["money_taken"]
        ]

    def books(self, dialect: str) -> Books:
        """What the company has of a network; it always adds up."""
        books = Books.of(self.databases, self.running[0], self.networks[dialect])
        books.check()
        return books

    def arrived(self) -> int:
        """How many payments the company has been told."""
        return sum(len(self.books(dialect).entries) for dialect in self.networks)

    def calm(self) -> None:
        """Wait until every network has its answers."""
        # what was tried in vain is due again
        self.kiosk.sandbox("clock", seconds=600, wait=PATIENCE)
        assert self.kiosk.sandbox("wait", wait=PATIENCE)["idle"]

    def settle(self) -> None:
        """Book everything, now on one host, now on the other."""
        cashiers = itertools.cycle(
            [working_at(self.cashier, host) for host in self.running]
        )

        def booked() -> bool:
            if all(self.books(dialect).is_settled for dialect in self.networks):
                return True
            next(cashiers).book()
            return False

        eventually(booked, PATIENCE, "everything is booked")

    def agree(self) -> None:
        """Payment by payment and day by day, both sides have the same."""
        confirmed: dict[tuple[int, str], Decimal] = {}
        for dialect, network in self.networks.items():
            theirs = self.ledger(dialect)
            assert {one["state"] for one in theirs} <= {"confirmed", "cancelled"}
            kept = [one for one in theirs if one["state"] == "confirmed"]
            ours = self.books(dialect)
            assert {
                entry.txn_id: entry.amount
                for entry in ours.entries
                if entry.state in CREDITED
            } == {one["txn_id"]: Decimal(one["amount"]) for one in kept}
            assert ours.by_id.keys() == {one["txn_id"] for one in theirs}
            for one in kept:
                day = (network, one["day"])
                confirmed[day] = confirmed.get(day, Decimal(0)) + Decimal(one["amount"])
        totals = self.running[0].act(TOTALS.format(days=list(confirmed)))
        for day, sums in zip(confirmed, totals, strict=True):
            assert (sums["difference"], sums["waiting"], sums["to_reverse"]) == (
                0,
                0,
                0,
            )
            kept_here = Decimal(f"{sums['accepted'] - sums['reversed']:.2f}")
            assert kept_here == confirmed[day], (day, sums)
        assert self.kiosk.complaints() == []


def working_at(cashier: Cashier, host: OdooInstance) -> Cashier:
    """The same accountants at another host."""
    return cashier if cashier.server is host else Cashier(host)


@pytest.fixture(scope="module")
def hosts(
    start_server: ServerFactory, start_kiosk: KioskFactory, databases: TestDatabases
) -> Iterator[Hosts]:
    """Two servers, each with two threads for jobs, and the kiosks."""
    first = start_server(cron_threads=2)
    cashier = Cashier(first)
    networks = {
        dialect: cashier.open_network(dialect, proof)
        for dialect, proof in NETWORKS.items()
    }
    customers = [cashier.register() for _ in range(CUSTOMERS)]
    for customer in customers:
        cashier.bill(customer, 2000)
    kiosk = start_kiosk(first.folder.parent, options=["--retry-unit=0.05"])
    opened = Hosts(
        *(start_server, databases, [first], cashier, kiosk, networks),
        numbers=[cashier.number(customer) for customer in customers],
    )
    opened.start()
    opened.tell()
    yield opened
    kiosk.stop()
    for host in opened.running:
        host.stop()


def test_server_killed_while_paying_loses_and_doubles_nothing(hosts: Hosts) -> None:
    for line in hosts.lines():
        for kind, times, count in FAULTS:
            given = {"operation": "pay", "times": times, "count": count}
            hosts.kiosk.sandbox("faults", kind=kind, network=line, **given)
    paying = threading.Thread(target=hosts.pay, args=[PAYMENTS])
    paying.start()
    eventually(lambda: hosts.arrived() >= ENOUGH, PATIENCE, "they come", pause=0.05)
    victim = hosts.running.pop()

    def book() -> None:
        with contextlib.suppress(OSError, odoorpc.error.Error):
            Cashier(victim).book()

    booking = threading.Thread(target=book)
    booking.start()
    victim.server.process.send_signal(signal.SIGKILL)
    assert victim.server.process.wait(PATIENCE) == -signal.SIGKILL
    assert hosts.arrived() < PAYMENTS
    paying.join()
    booking.join()

    # customers come back for their money meanwhile
    regretted = [
        payment
        for dialect in CANCELLING
        for payment in hosts.ledger(dialect)
        if payment["state"] == "confirmed" and payment["network"].endswith("-0")
    ][::8]
    for payment in regretted:
        order = {"network": payment["network"], "txn_id": payment["txn_id"]}
        hosts.kiosk.sandbox("cancel", **order)
    assert regretted

    hosts.start()
    hosts.tell()
    hosts.calm()
    hosts.settle()
    hosts.agree()


def test_lanes_on_both_servers_share_the_work(hosts: Hosts) -> None:
    job = hosts.cashier.ref("payment_terminal.ir_cron_payment_terminal_book")

    def paused() -> bool:
        with contextlib.suppress(odoorpc.error.RPCError):
            hosts.cashier.call("ir.cron", "write", [job], {"active": False})
            return True
        return False

    eventually(paused, PATIENCE, "the job is paused")
    before = {txn_id for dialect in NETWORKS for txn_id in hosts.books(dialect).by_id}
    hosts.pay(SHARED)
    hosts.calm()
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda host: host.shell(BOOK).split(), hosts.running))
    assert all(done), "one of them did everything"
    told = {txn_id for dialect in NETWORKS for txn_id in hosts.books(dialect).by_id}
    assert sorted(itertools.chain(*done)) == sorted(told - before), "once each"
    hosts.settle()
    hosts.agree()

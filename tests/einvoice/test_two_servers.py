"""Two Odoo servers on one database and one folder share the work.

What waits is sent exactly once and what comes is taken exactly once, also when a
server is killed in the middle of sending.
"""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.office import Consumer, Netbank, Office
from support.system import (
    BankFactory,
    OdooInstance,
    ServerFactory,
    TestDatabases,
)
from support.waiting import PATIENCE, eventually

CONSUMERS = 30
INVOICES = 60

# Posted invoices of every customer with an agreement, put into the outbox without
# their PDFs, which would take a second each.
QUEUE = """
import datetime
today = datetime.date.today()
agreements = env["einvoice.agreement"].search([("state", "=", "active")])
tax = env.company.account_sale_tax_id
moves = env["account.move"].with_context(tracking_disable=True).create([
    {
        "move_type": "out_invoice",
        "partner_id": agreements[number % len(agreements)].partner_id.id,
        "invoice_date": today,
        "invoice_date_due": today + datetime.timedelta(days=20),
        "invoice_line_ids": [
            (0, 0, {"name": "Power", "price_unit": 10, "tax_ids": [(6, 0, tax.ids)]})
        ],
    }
    for number in range(count)
])
moves.action_post()
assert not moves._einvoice_render_and_queue()
env.cr.commit()
"""
# A further process works on the queue while the jobs of the servers do.
HELP = """
env["einvoice.document"]._cron_send()
"""


@dataclass
class Hosts:
    """The servers, what they share, and the people around them."""

    start_server: ServerFactory
    running: list[OdooInstance]
    office: Office
    netbank: Netbank

    @property
    def folder(self) -> Path:
        """The exchange folder that both use."""
        return self.netbank.bank.folder

    def start(self) -> None:
        """One more host on the same database."""
        database = self.running[0].database
        self.running.append(self.start_server(database, cron_threads=2))

    def unsent(self) -> int:
        """How many invoices still wait."""
        return self.office.call(
            "einvoice.document",
            "search_count",
            [("direction", "=", "out"), ("state", "!=", "sent")],
        )

    def received(self) -> int:
        """How many messages the bank has judged."""
        return len(self.netbank.bank.state()["messages"])

    def expect_each_once(self, count: int) -> None:
        """Wait for all of them, then look for what came twice."""
        self.office.until(lambda: not self.unsent(), "everything is sent", PATIENCE)
        eventually(lambda: self.received() >= count, PATIENCE, "all are at the bank")
        documents = self.office.documents(("direction", "=", "out"))
        books = self.netbank.bank.state()
        assert len(documents) == count
        sent = Counter(document["message_id"] for document in documents)
        assert Counter(message["message_id"] for message in books["messages"]) == sent
        assert {message["verdict"] for message in books["messages"]} == {"accepted"}
        assert len({invoice["number"] for invoice in books["invoices"]}) == count
        assert not list((self.folder / "outbox").iterdir())


@pytest.fixture(scope="module")
def hosts(start_server: ServerFactory, start_bank: BankFactory) -> Iterator[Hosts]:
    """Two servers, each with two threads for jobs, and the bank."""
    first = start_server(cron_threads=2)
    bank = start_bank(first.folder)
    opened = Hosts(start_server, [first], Office.of(first), Netbank(bank))
    opened.start()
    yield opened


def test_burst_of_orders_is_taken_once(hosts: Hosts) -> None:
    consumers = [Consumer(f"Kuluttaja {number}") for number in range(CONSUMERS)]
    for consumer in consumers:
        hosts.office.register(consumer)
    orders = [hosts.netbank.order(consumer) for consumer in consumers]
    other = Office.of(hosts.running[1])

    def taken() -> bool:
        other.exchange()
        return not list((hosts.folder / "inbox").iterdir())

    hosts.office.until(taken, "the inbox is empty")
    documents = hosts.office.documents(("direction", "=", "in"))
    assert [document["state"] for document in documents] == ["processed"] * CONSUMERS
    agreements = hosts.office.find("einvoice.agreement", [], "state", "consumer_name")
    assert {row["state"] for row in agreements} == {"active"}
    assert sorted(row["consumer_name"] for row in agreements) == sorted(
        order["name"] for order in orders
    )
    assert len(list((hosts.folder / "archive").iterdir())) == CONSUMERS
    assert not list((hosts.folder / "error").iterdir())


def test_what_waits_reaches_the_bank_once(hosts: Hosts) -> None:
    hosts.running[0].shell(f"count = {INVOICES}" + QUEUE + HELP)
    hosts.expect_each_once(INVOICES)


def test_server_killed_while_sending_loses_and_doubles_nothing(
    hosts: Hosts, databases: TestDatabases
) -> None:
    one, two = hosts.running
    two.stop()
    # The whole batch is queued before the job may begin, then the server is killed
    # with some of its files handed over and none of them marked as sent.
    archive = hosts.folder / "archive"
    before = len(list(archive.iterdir()))
    watcher = watch(one, archive, before + 10)
    one.shell(f"count = {INVOICES}" + QUEUE)
    assert watcher.wait(PATIENCE) == 0
    assert one.server.process.wait(PATIENCE) == -signal.SIGKILL
    handed_over = len(list(archive.iterdir())) - before
    assert 10 <= handed_over < INVOICES

    databases.end_leases(one.database)
    hosts.start()
    hosts.office = Office.of(hosts.running[-1])
    assert hosts.unsent() > 0
    hosts.start()
    hosts.expect_each_once(2 * INVOICES)


def test_server_killed_while_receiving_loses_and_doubles_nothing(
    hosts: Hosts, databases: TestDatabases
) -> None:
    one, other = hosts.running[-2:]
    other.stop()
    before = {row["id"] for row in hosts.office.find("einvoice.agreement", [], "state")}
    consumers = [Consumer(f"Tilaaja {number}") for number in range(CONSUMERS)]
    for consumer in consumers:
        hosts.office.register(consumer)
    archive = hosts.folder / "archive"
    taken = len(list(archive.iterdir()))
    watcher = watch(one, archive, taken + 5)
    orders = [hosts.netbank.order(consumer) for consumer in consumers]
    with suppress(OSError):  # the answer of who is killed
        hosts.office.exchange()
    assert watcher.wait(PATIENCE) == 0
    assert one.server.process.wait(PATIENCE) == -signal.SIGKILL
    assert len(list(archive.iterdir())) - taken < CONSUMERS

    databases.end_leases(one.database)
    hosts.start()
    hosts.office = Office.of(hosts.running[-1])

    inbox = hosts.folder / "inbox"
    hosts.office.until(lambda: not list(inbox.iterdir()), "the inbox is empty")
    agreements = [
        row
        for row in hosts.office.find("einvoice.agreement", [], "state", "consumer_name")
        if row["id"] not in before
    ]
    assert Counter(row["consumer_name"] for row in agreements) == Counter(
        order["name"] for order in orders
    )
    assert {row["state"] for row in agreements} == {"active"}
    documents = hosts.office.documents(("direction", "=", "in"))
    assert {document["state"] for document in documents} == {"processed"}


def watch(server: OdooInstance, folder: Path, enough: int) -> subprocess.Popen[bytes]:
    """Kill a server when so many files are in a folder."""
    told = (str(folder), str(enough), str(server.server.process.pid))
    return subprocess.Popen([sys.executable, "-c", KILLER, *told])


# Ends the process when so many files are in a folder. A process of its own, because
# the test waits for the queue to be filled meanwhile.
KILLER = """
import os, signal, sys, time
folder, enough, process = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
while len(os.listdir(folder)) < enough:
    time.sleep(0.001)
os.kill(process, signal.SIGKILL)
"""

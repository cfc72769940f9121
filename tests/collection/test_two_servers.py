"""Two Odoo servers on one database share the transfers to the agency.

Each invoice gets one case, also when a server is killed in the middle of sending. A
server on a copy of the database sends nothing.
"""

import contextlib
import operator
import re
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import odoorpc
import pytest

from support.agency import AgencyFactory
from support.creditor import PDF, Creditor
from support.system import OdooInstance, ServerFactory, TestDatabases
from support.waiting import PATIENCE, eventually

TRANSFERS = 30
SHARED = 12
LANED = 8
# How far sending has come when the server is killed.
ENOUGH = 10
SENT = re.compile(r": POST /…/cases 201 ")
# A further process works on the queue while the jobs of the servers do.
HELP = """
env["collection.case"]._cron_transfer()
env["collection.message"]._cron_send()
"""


@dataclass
class Hosts:
    """The servers, and the creditor whose jobs they share."""

    start_server: ServerFactory
    running: list[OdooInstance]
    creditor: Creditor

    def start(self) -> None:
        """One more host on the same database."""
        database = self.running[0].database
        self.running.append(self.start_server(database, cron_threads=2))

    def sent(self) -> list[int]:
        """How many cases each host has sent; one runs the job, whoever was first."""
        return [
            sum(map(bool, map(SENT.search, host.log_lines()))) for host in self.running
        ]

    def turn_to(self, host: OdooInstance) -> None:
        """People work on another host."""
        self.creditor = Creditor(host, self.creditor.other)

    def expect_each_once(self, moves: list[int]) -> None:
        """Wait for all of them, then look for what came twice."""
        creditor = self.creditor

        def done() -> bool:
            creditor.fetch()
            states = Counter(
                case["state"] for case in creditor.cases(("move_id", "in", moves))
            )
            unsent = [("type", "=", "documents"), ("state", "!=", "sent")]
            waiting = creditor.call("collection.message", "search_count", unsent)
            return states == {"received": len(moves)} and not waiting

        eventually(done, PATIENCE, "everything is at the agency", pause=1)
        books = creditor.books(*moves)
        cases = creditor.find(
            "collection.case",
            [("move_id", "in", moves)],
            *("agency_case_id", "external_id"),
        )
        assert len(books) == len(cases) == len(moves)
        assert {case["agency_case_id"]: case["external_id"] for case in cases} == {
            book["id"]: book["external_id"] for book in books
        }
        for book in books:
            sizes = [document["size"] for document in book["documents"]]
            assert sizes == [len(PDF)], book["case_number"]
        messages = creditor.find(
            "collection.message",
            [("case_id.move_id", "in", moves), ("type", "=", "case")],
            "state",
        )
        assert [message["state"] for message in messages] == ["sent"] * len(moves)


@pytest.fixture(scope="module")
def hosts(
    start_server: ServerFactory, start_agency: AgencyFactory, databases: TestDatabases
) -> Iterator[Hosts]:
    """Two servers, each with two threads for jobs, and the agency."""
    first = start_server(cron_threads=2)
    agency = start_agency(first.folder.parent)
    databases.all.set_demo_agency(first.database, agency.api)
    opened = Hosts(start_server, [first], Creditor.open(first, agency))
    opened.start()
    yield opened


def test_what_waits_reaches_the_agency_once(hosts: Hosts) -> None:
    moves = hosts.creditor.debts(SHARED)
    hosts.creditor.send(*moves)
    hosts.running[0].shell(HELP)
    hosts.expect_each_once(moves)


def test_a_second_lane_shares_the_work(hosts: Hosts) -> None:
    """An administrator duplicates the scheduled action, as docs/operations.md says."""
    creditor = hosts.creditor
    job = creditor.ref("collection_partner.ir_cron_collection_send")
    [lane] = creditor.call("ir.cron", "copy", [job])
    moves = creditor.debts(LANED)
    creditor.fault("slow", path="/v1/cases*", method="POST", seconds=1, times=1000)
    creditor.send(*moves)
    due = {"active": True, "nextcall": "2026-01-01 00:00:00"}
    creditor.call("ir.cron", "write", [lane], due)
    hosts.expect_each_once(moves)
    creditor.other.sandbox("faults/clear")

    def has_run() -> bool:
        [row] = creditor.call("ir.cron", "read", [lane], ["lastcall"])
        return bool(row["lastcall"])

    eventually(has_run, PATIENCE, "the second lane has run")

    def is_gone() -> bool:
        with contextlib.suppress(odoorpc.error.RPCError):  # while it runs
            return bool(creditor.call("ir.cron", "unlink", [lane]))
        return False

    eventually(is_gone, PATIENCE, "the second lane is gone")


def test_server_killed_while_sending_loses_and_doubles_nothing(
    hosts: Hosts, databases: TestDatabases
) -> None:
    creditor = hosts.creditor
    moves = creditor.debts(TRANSFERS)
    before, sent_before = len(creditor.other.state()["cases"]), hosts.sent()
    creditor.send(*moves)

    def opened() -> int:
        return len(creditor.other.state()["cases"]) - before

    eventually(lambda: opened() >= ENOUGH, PATIENCE, "it has begun", pause=0.02)
    sent = map(operator.sub, hosts.sent(), sent_before)
    _count, killed = max(
        zip(sent, hosts.running, strict=True), key=lambda each: each[0]
    )
    killed.server.process.send_signal(signal.SIGKILL)
    assert killed.server.process.wait(PATIENCE) == -signal.SIGKILL
    assert ENOUGH <= opened() < TRANSFERS

    databases.end_leases(killed.database)
    hosts.running.remove(killed)
    hosts.turn_to(*hosts.running)
    hosts.creditor.run("collection_partner.ir_cron_collection_send")
    hosts.expect_each_once(moves)


def run_jobs(creditor: Creditor) -> None:
    """Press "Run manually" on every job: a copy's jobs do not run by themselves."""
    for name in ("transfer", "send", "receive", "refresh"):
        creditor.run(f"collection_partner.ir_cron_collection_{name}")


def test_neutralized_copy_sends_nothing(
    hosts: Hosts, start_agency: AgencyFactory, databases: TestDatabases
) -> None:
    agency = hosts.creditor.other
    hosts.creditor.run("collection_partner.ir_cron_collection_receive")
    hosts.creditor.quiet(with_webhooks=False)
    agency.stop()
    move = hosts.creditor.debt()
    hosts.creditor.send(move)
    hosts.creditor.tried(move)
    [host] = hosts.running
    host.stop()
    copy = hosts.start_server(databases.neutralized_copy(host.database))
    again = start_agency(agency.folder, port=agency.port)
    before = again.state()["calls"]

    creditor = Creditor(copy, again)
    kept = creditor.contract("environment", "client_id", "client_secret")
    assert kept["environment"] == "disabled"
    assert not kept["client_id"] and not kept["client_secret"]
    creditor.retry(*creditor.messages(move, "case"))
    run_jobs(creditor)
    [message] = creditor.messages(move, "case")
    assert (message["state"], again.state()["calls"]) == ("to_send", before)

    # it cannot even be switched on by mistake
    copy.expected.append("cannot be switched on yet")
    with pytest.raises(odoorpc.error.RPCError, match="cannot be switched on"):
        creditor.change(environment="test")
    run_jobs(creditor)
    assert again.state()["calls"] == before

    hosts.running[:] = [hosts.start_server(host.database)]
    original = Creditor(hosts.running[0], again)
    original.retry(*original.messages(move, "case"))
    original.arrived(move, "received")
    original.book(move)

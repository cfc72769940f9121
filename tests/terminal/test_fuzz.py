"""The endpoint under rubbish: nothing breaks, nothing is paid, nothing grows.

`RECEIVABLES_FUZZ_REQUESTS` says how many requests (1,500 without it), and
`RECEIVABLES_FUZZ_SEED` which ones.
"""

import itertools
import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.caller import Caller, callers, exchanged
from support.cashier import Cashier
from support.rubbish import Heap, Rubbish
from support.system import OdooInstance, ServerFactory, TestDatabases

REQUESTS = int(os.environ.get("RECEIVABLES_FUZZ_REQUESTS", "1500"))
SEED = os.environ.get("RECEIVABLES_FUZZ_SEED", "rubbish")
CLIENTS = 4
# how many requests fill the server's caches and pools before its memory is looked at
WARM_UP = min(5000, max(500, REQUESTS // 20))
# what the memory of the server may grow by afterwards
MARGIN_MB = 40
PROGRESS = 25_000
SHOWN = 10
# dialect -> what the network proves itself by
NETWORKS = {
    "osmp": "basic",
    "kaspi_json": "secret",
    "kaspi_xml": "none",
    "sber_eps": "none",
    "privatbank_debt": "none",
    "payme": "basic",
    "signed_json": "hmac",
}
# What a dialect may answer to a request that reaches it. Nobody says 5xx to rubbish:
# the network would repeat it for a day.
STATUSES = {dialect: {200, 403} for dialect in NETWORKS} | {
    "payme": {200},
    "privatbank_debt": {200},
    "signed_json": {200, 400, 403, 404, 409, 422},
}
# What HTTP itself and Odoo's other pages say, 0 for a server that hangs up.
OF_HTTP = {0, 100, 301, 302, 303, 308, 400, 403, 404, 405}
OF_HTTP |= {409, 411, 413, 414, 415, 417, 422, 431, 505}
# Odoo's HTTP server reports, and stumbles over, what it cannot read as HTTP/1.1. None
# of it gets as far as a controller, and a proxy in front of Odoo lets none through.
EXPECTED = (
    r" werkzeug: .* code (400|414|431|505), message",
    r"odoo\.service\.server: Exception happened [\s\S]*no attribute 'headers'",
    r"odoo\.http: Exception during request handling\. [\s\S]*KeyError: 'HTTP_HOST'",
    # an address that begins with // is the start page to it
    r"odoo\.http: No CSRF validation token provided for path '/'",
)


@dataclass
class Tally:
    """What came back."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    kinds: Counter[tuple[str, int]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def note(self, rubbish: Rubbish, answer: bytes, seconds: float) -> None:
        found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        status = int(found[1]) if found else 0
        self.statuses[rubbish.dialect, status] += 1
        self.kinds[rubbish.kind, status] += 1
        self.slowest = max(self.slowest, seconds)
        allowed = STATUSES[rubbish.dialect] | (set() if rubbish.is_http else OF_HTTP)
        if rubbish.kind == "oversized" and not rubbish.is_http:
            allowed = {413, 0}
        is_wrong = status not in allowed or b"Traceback" in answer
        if is_wrong and len(self.wrong) < SHOWN:
            self.wrong.append(
                f"{rubbish.kind} {rubbish.dialect}: {status}\n"
                f"  {rubbish.data[:1500]!r}\n  {answer[:600]!r}"
            )


@pytest.fixture(scope="module")
def server(start_server: ServerFactory) -> Iterator[OdooInstance]:
    """A server of its own, whose memory is looked at."""
    # a million lines of the access log would be in nobody's interest
    quiet = ["--log-handler=werkzeug:WARNING"] if REQUESTS > PROGRESS else []
    started = start_server(options=quiet)
    started.expected.extend(EXPECTED)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def networks(server: OdooInstance, databases: TestDatabases) -> dict[str, Caller]:
    """A network of each dialect, with a line to it."""
    cashier = Cashier(server)
    opened = {
        dialect: f"network-{cashier.open_network(dialect, proof)}"
        for dialect, proof in NETWORKS.items()
    }
    known = callers(databases, server)
    return {dialect: known[name] for dialect, name in opened.items()}


def resident(process: int) -> float:
    """The memory of a process in MB."""
    text = Path(f"/proc/{process}/status").read_text()
    [kilobytes] = re.findall(r"VmRSS:\s+(\d+) kB", text)
    return int(kilobytes) / 1024


def throw(heap: Heap, port: int, count: int) -> Tally:
    """So many requests by a few clients at once."""
    tally, lock = Tally(), threading.Lock()
    counter = itertools.count(1)
    begun = time.monotonic()
    faults: list[BaseException] = []

    def run() -> None:
        try:
            while True:
                with lock:
                    number = next(counter)
                    if number > count or faults:
                        return
                    rubbish = heap.take()
                asked = time.monotonic()
                answer = exchanged(port, rubbish.data)
                with lock:
                    tally.note(rubbish, answer, time.monotonic() - asked)
                if number % PROGRESS == 0:
                    rate = number / (time.monotonic() - begun)
                    print(f"{number} requests, {rate:.0f}/s", file=sys.stderr)
        except BaseException as fault:
            faults.append(fault)
            raise

    clients = [threading.Thread(target=run) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert not faults, faults
    return tally


def test_rubbish_breaks_nothing(
    server: OdooInstance, networks: dict[str, Caller], databases: TestDatabases
) -> None:
    heap = Heap(list(networks.values()), SEED)
    process = server.server.process.pid
    throw(heap, server.port, WARM_UP)
    before, begun = resident(process), time.monotonic()
    tally = throw(heap, server.port, REQUESTS)
    took, after = time.monotonic() - begun, resident(process)
    print(
        f"\n{REQUESTS} requests, {REQUESTS / took:.0f}/s, seed {SEED}, "
        f"slowest {tally.slowest:.2f} s, memory {before:.0f} -> {after:.0f} MB"
    )
    for counted in (tally.statuses, tally.kinds):
        print(", ".join(f"{name} {n}: {c}" for (name, n), c in sorted(counted.items())))

    assert not tally.wrong, "\n".join(tally.wrong)
    assert server.server.process.poll() is None
    surprises = server.surprises()
    assert not surprises, "\n".join(surprises[:SHOWN])
    [paid] = databases.sql(
        server.database,
        "SELECT count(*) FROM payment_terminal_transaction t "
        "JOIN payment_terminal_network n ON n.id = t.network_id "
        f"WHERE n.id IN ({', '.join(each.name[8:] for each in networks.values())})",
    )
    assert paid == "0", "rubbish was taken for a payment"
    assert after - before < MARGIN_MB, f"{before:.0f} MB grew to {after:.0f} MB"


def test_a_good_request_is_still_answered(networks: dict[str, Caller]) -> None:
    for dialect, line in networks.items():
        said = line.ask("check", line.payment("4543301230", "150.00"))
        assert (dialect, said.verdict) == (dialect, "done")
        assert not said.heard.complaints

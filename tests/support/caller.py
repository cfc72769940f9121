"""One network's side of the line, inside the test.

Speaks through the kiosk program's protocols, which share no code with the addon. What
the kiosks decide (when to repeat, what to book) is the test's own here.
"""

import contextlib
import itertools
import json
import os
import socket
import time
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from counterparties.kiosk.contract import breaches
from counterparties.kiosk.line import Answer, send
from counterparties.kiosk.networks import Network, read
from counterparties.kiosk.protocols import speak
from counterparties.kiosk.protocols.heard import Heard
from dev import kiosks
from support.contract import TERMINAL_JSON
from support.system import Json, OdooInstance, TestDatabases

LIMIT_SECONDS = 60
# identifiers that no other run of the tests has used
_numbers = itertools.count(int(time.time()) * 10**6 + os.getpid() % 1000 * 1000)


@dataclass(frozen=True)
class Said:
    """A request's answer; none when the line broke."""

    heard: Heard
    answer: Answer | None

    @property
    def verdict(self) -> str:
        """`done`, `refused` or `again`."""
        return self.heard.verdict


class Caller:
    """A network that asks one server."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.protocol = speak(network)

    @property
    def name(self) -> str:
        """As the network is called in the tests."""
        return self.network.name

    def to(self, server: OdooInstance) -> "Caller":
        """The same network, asking another server of the database."""
        path = urlsplit(self.network.endpoint).path
        return Caller(replace(self.network, endpoint=f"{server.url}{path}"))

    def payment(self, account: str, amount: str = "", **more: Json) -> dict[str, Json]:
        """A payment that nobody has told yet."""
        number = next(_numbers)
        return {
            "txn_id": self.protocol.new_id(number),
            "extra": self.protocol.new_extra(number),
            "account": account,
            "amount": amount,
            "at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
            "kiosk": self.network.kiosks[0],
            **more,
        }

    def ask(self, operation: str, payment: dict[str, Json]) -> Said:
        """Ask, and say what the network makes of the answer."""
        request = self.protocol.ask(operation, payment)
        traffic = send(request, LIMIT_SECONDS)
        if traffic.answer is None:
            return Said(Heard(message=traffic.silence), None)
        if self.network.protocol == "signed_json":
            broken = breaches(TERMINAL_JSON, request, traffic.answer)
            assert not broken, broken
        heard = self.protocol.hear(operation, payment, request, traffic.answer)
        return Said(heard, traffic.answer)

    def is_same(self, operation: str, first: Said, other: Said) -> bool:
        """Whether a repeat was answered as the protocol wants it: byte for byte."""
        if first.answer is None or other.answer is None:
            return False
        return self.protocol.is_same(operation, first.answer.body, other.answer.body)


def callers(databases: TestDatabases, server: OdooInstance) -> dict[str, Caller]:
    """A caller of a server for each network in its database, by name."""
    told = kiosks.networks(databases.all, server.database, server.url)
    told = json.loads(json.dumps(told))
    return {each["name"]: Caller(read(each)) for each in told}


def exchanged(port: int, data: bytes) -> bytes:
    """What a server says to these bytes until it hangs up, whatever they are."""
    with socket.create_connection(("127.0.0.1", port), LIMIT_SECONDS) as line:
        parts = []
        # it may answer and hang up before it has read everything
        with contextlib.suppress(ConnectionError):
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while part := line.recv(65536):
                parts.append(part)
    return b"".join(parts)

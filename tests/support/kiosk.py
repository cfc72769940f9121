"""The kiosks of one test run, seen from the networks' side."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.server import House, Server, start_kiosk
from support.contract import TERMINAL_JSON
from support.system import READY_SECONDS, Json, unused_port
from support.waiting import PATIENCE

# A payment that could not be told is told again within a test's patience
IMPATIENT = ("--retry-unit=0.2",)


@dataclass
class KioskInstance:
    """Running kiosks and the folder where they remember."""

    server: Server
    folder: Path
    judged: list[Json] = field(default_factory=list)
    """What broke the contract before it was stopped."""

    @property
    def url(self) -> str:
        """Where customers pay."""
        return self.server.url

    @property
    def operator(self) -> str:
        """Where the people of the networks look."""
        return f"{self.url}/operator"

    @property
    def port(self) -> int:
        """The port of `url`, for starting it again at the same address."""
        return int(self.url.rpartition(":")[2])

    def sandbox(self, control: str, /, **given: Json) -> Json:
        """Use a control, such as `pay`; a refusal is an error here."""
        return self._fetch(
            urllib.request.Request(
                f"{self.url}/sandbox/{control}",
                data=json.dumps(given).encode(),
                headers={"Content-Type": "application/json"},
            )
        )

    def look(self, control: str, /, **query: str) -> Json:
        """Look at what they know, such as `ledger`."""
        query_text = urllib.parse.urlencode(query)
        return self._fetch(
            urllib.request.Request(f"{self.url}/sandbox/{control}?{query_text}")
        )

    def enter(self, *networks: Json) -> None:
        """Add networks, or give known ones new terms."""
        self.sandbox("networks", networks=list(networks))

    def lookup(self, network: str, account: str, **given: Json) -> Json:
        """What a kiosk shows for a number."""
        return self.sandbox("lookup", network=network, account=account, **given)

    def pay(self, network: str, account: str, amount: str, **given: Json) -> Json:
        """A payment, waited for until nothing of it is under way any more."""
        given.setdefault("wait", PATIENCE)
        return self.sandbox(
            "pay", network=network, account=account, amount=amount, **given
        )

    def cancel(self, network: str, txn_id: str, **given: Json) -> Json:
        """Take a payment back."""
        given.setdefault("wait", PATIENCE)
        return self.sandbox("cancel", network=network, txn_id=txn_id, **given)

    def ledger(self, network: str) -> Json:
        """The books of a network."""
        return self.look("ledger", network=network)

    def complaints(self, network: str = "") -> list[Json]:
        """What was wrong with the answers of the company."""
        query = {"network": network} if network else {}
        return self.look("complaints", **query)["complaints"]

    def broken(self) -> list[Json]:
        """What broke the contract of Terminal JSON, on either side."""
        if self.server.process.poll() is None:
            told = self.complaints()
            self.judged = [each for each in told if each["code"] == "contract"]
        return self.judged

    def stop(self) -> None:
        """Stop them; what they know stays in their file."""
        self.broken()
        self.server.stop()

    def _fetch(self, request: urllib.request.Request) -> Json:
        try:
            with urllib.request.urlopen(request, timeout=2 * PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"the kiosks: {error.read().decode()}") from None


class KioskFactory:
    """Starts kiosks."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.started: list[KioskInstance] = []

    def __call__(
        self,
        folder: Path,
        networks: Sequence[Json] = (),
        port: int = 0,
        options: Sequence[str] = IMPATIENT,
    ) -> KioskInstance:
        """Start kiosks; on the folder of some that were stopped, they are those."""
        number = len(self.started) + 1
        told = folder / "kiosk_networks.json"
        told.touch(mode=0o600)
        told.write_text(json.dumps(list(networks)))
        server = start_kiosk(
            self.house.python,
            folder,
            port or unused_port(),
            self.house.places.logs / f"test_{os.getpid()}_kiosk-{number}.log",
            told,
            [f"--contract={TERMINAL_JSON}", *options],
        )
        instance = KioskInstance(server, folder)
        self.started.append(instance)
        server.wait_until_ready("/health", READY_SECONDS)
        return instance

    def check(self) -> None:
        """Neither Odoo nor a kiosk has broken the contract."""
        broken = [each for instance in self.started for each in instance.broken()]
        assert not broken, json.dumps(broken, indent=1)

    def close(self) -> None:
        """Stop all."""
        for instance in self.started:
            instance.stop()
        self.check()

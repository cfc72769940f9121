"""The debt-collection agency of one test run, seen from its own side."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dev.server import CLIENTS, House, Server, start_agency
from support.contract import AGENCY_API
from support.system import READY_SECONDS, Json, unused_port

# A webhook that could not be delivered is tried again within a test's patience
IMPATIENT = ("--retry-unit=0.5",)


@dataclass
class AgencyInstance:
    """A running agency and the folder where it remembers."""

    server: Server
    folder: Path
    judged: list[Json] = field(default_factory=list)
    """What broke the contract and nobody has asked for yet."""
    seen: int = 0
    """How much of what its watch has to tell was asked for."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.server.url

    @property
    def api(self) -> str:
        """The base address of its contract, as a creditor enters it."""
        return f"{self.url}/v1"

    @property
    def portal(self) -> str:
        """Where people log in."""
        return f"{self.url}/portal/"

    @property
    def port(self) -> int:
        """The port of `url`, for starting it again at the same address."""
        return int(self.url.rpartition(":")[2])

    def state(self) -> Json:
        """Everything it knows."""
        with urllib.request.urlopen(f"{self.api}/sandbox/state", timeout=30) as answer:
            return json.load(answer)

    def sandbox(self, path: str, /, **given: Json) -> Json:
        """Play its part, such as `cases/<case>/advance`; a refusal is an error here."""
        request = urllib.request.Request(
            f"{self.api}/sandbox/{path}",
            data=json.dumps(given).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"the agency: {error.read().decode()}") from None

    def broken(self) -> list[Json]:
        """What broke the contract since this was asked last, on either side."""
        if self.server.process.poll() is None:
            url = f"{self.api}/sandbox/breaches"
            with urllib.request.urlopen(url, timeout=30) as answer:
                told = json.load(answer)
            self.judged += told[self.seen :]
            self.seen = len(told)
        found, self.judged = self.judged, []
        return found

    def stop(self) -> None:
        """Stop it; what it knows stays in its file."""
        self.judged = self.broken()
        self.server.stop()


class AgencyFactory:
    """Starts agencies."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.started: list[AgencyInstance] = []

    def __call__(
        self,
        folder: Path,
        clients: Path = CLIENTS,
        port: int = 0,
        options: Sequence[str] = IMPATIENT,
    ) -> AgencyInstance:
        """Start an agency; on the folder of one that was stopped, it is that one."""
        name = f"test_{os.getpid()}_agency-{len(self.started) + 1}.log"
        server = start_agency(
            self.house.python,
            folder,
            port or unused_port(),
            self.house.places.logs / name,
            clients,
            [f"--contract={AGENCY_API}", *options],
        )
        instance = AgencyInstance(server, folder)
        self.started.append(instance)
        server.wait_until_ready("/v1/terms", READY_SECONDS)
        return instance

    def check(self) -> None:
        """Neither Odoo nor an agency has broken the contract since the last time."""
        broken = [each for instance in self.started for each in instance.broken()]
        assert not broken, json.dumps(broken, indent=1)

    def close(self) -> None:
        """Stop all."""
        for instance in self.started:
            instance.stop()
        self.check()

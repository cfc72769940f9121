"""Kravia and a file agency, and a company that has opened its service with one."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.server import House, Server, counterparty_environment, start
from support.collector import PATIENCE
from support.creditor import Creditor
from support.system import READY_SECONDS, Json, OdooInstance, unused_port
from support.waiting import eventually

SECRET = "kravia-secret"
CREDITOR = "10759"


class Kravia:
    """A running Kravia, seen from its own side."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.api = f"{server.url}/api/v2"
        self.sandbox = f"{server.url}/api/sandbox"

    def state(self) -> Json:
        """Everything it knows."""
        with urllib.request.urlopen(f"{self.sandbox}/state") as answer:
            return json.load(answer)

    def order(self, path: str, /, **given: Json) -> Json:
        """Have its people do something."""
        request = urllib.request.Request(
            f"{self.sandbox}/{path}",
            data=json.dumps(given).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def fault(self, kind: str, path: str = "*") -> None:
        """Arm a fault, once, for calls of a path."""
        self.order("faults", kind=kind, path=f"/api/v2/{path}")

    def call_fault(self, kind: str, invoice: str) -> None:
        """Arm a fault, once, for the calls about an invoice's case."""
        self.order("faults", kind=kind, claim=self.claim(invoice)["invoiceId"])

    def claims(self, invoice: str) -> list[Json]:
        """Its cases of an invoice."""
        found = self.state()["claims"]
        return [claim for claim in found if claim["invoiceNo"] == invoice]

    def claim(self, invoice: str) -> Json:
        """The one case that it has of an invoice."""
        [claim] = self.claims(invoice)
        return claim

    def happens(self, invoice: str, what: str, **given: Json) -> None:
        """Something happens to a case."""
        self.order(f"claims/{self.claim(invoice)['invoiceId']}/{what}", **given)


@contextmanager
def kravia(house: House, folder: Path) -> Iterator[Kravia]:
    """Start Kravia; it remembers in a file in the folder."""
    command = [house.python, "-m", "counterparties.kravia", f"--secret={SECRET}"]
    command += [f"--creditor={CREDITOR}", f"--state={folder / 'kravia.sqlite'}"]
    port = unused_port()
    server = start(
        "Kravia",
        [*command, f"--port={port}"],
        port,
        folder / "kravia.log",
        counterparty_environment(),
    )
    try:
        server.wait_until_ready("/health", READY_SECONDS)
        yield Kravia(server)
    finally:
        server.stop()


class Client(Creditor):
    """The Swedish company, with the service of an agency that it chose."""

    @classmethod
    @contextmanager
    def choosing(
        cls, server: OdooInstance, other: Any, **agreement: Any
    ) -> Iterator["Client"]:
        """Enter an agreement, open the service, and have the company use it."""
        first = cls(server, other)
        company = first.contract("company_id")["company_id"][0]
        agency = first.call(
            "collection.agency",
            "create",
            {"company_id": company, "environment": "test", **agreement},
        )
        client = cls(server, other, agency)
        chosen = client.read("res.company", company, "collection_agency_id")
        client.open_service()
        client.choose(company, agency)
        yield client
        before = chosen["collection_agency_id"]
        client.choose(company, before and before[0])
        client.change(environment="disabled")

    def choose(self, company: int, agency: int) -> None:
        """Name the agency in the company's settings."""
        self.call("res.company", "write", [company], {"collection_agency_id": agency})

    def open_service(self) -> None:
        """Go through the dialog, as a manager does."""
        self.change(undo_minutes=0)
        self.fetch()
        eventually(
            lambda: self.contract("terms_version")["terms_version"],
            PATIENCE,
            "the terms",
        )
        dialog = "collection.onboarding.wizard"
        values = {"accept_terms": True, "accept_api_user": True}
        values |= {"contact_name": "Saga Ek", "contact_email": "saga@example.com"}
        opened = self.call(dialog, "create", {"agency_id": self.agency, **values})
        for button in ("action_next", "action_next", "action_send"):
            self.call(dialog, button, [opened])
        self.becomes("active")

    def undelivered(self) -> list[Json]:
        return []

    def comes_to(self, move: int, **wanted: Any) -> None:
        """Wait until the case of an invoice has these values."""

        def here() -> bool:
            case = self.case(move)
            assert case
            told = self.read("collection.case", case["id"], *wanted)
            return all(told[name] == value for name, value in wanted.items())

        eventually(here, PATIENCE, f"the case of invoice {move} has {wanted}")

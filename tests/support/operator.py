"""An operator of consumer e-invoices, seen from its own side."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.server import House, Server, start_operator
from support.system import READY_SECONDS, Json, unused_port

# how a connection logs in
LOGIN = {
    "authentication": "oauth2",
    "username": "company-uuid",
    "password": "user-api-key",
    "token_style": "form",
    "token_scope": "fi_bank_message:send fi_bank_message:receive invoice:send",
    "token_extra": "vendor_api_key=vendor-api-key",
}


class Operator:
    """A running operator."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.settings = {
            **LOGIN,
            "url": f"{server.url}/v1",
            "token_url": f"{server.url}/oauth2/token",
        }

    def state(self) -> Json:
        """Everything it knows."""
        return self._call("state")

    def order(self, path: str, /, **given: Json) -> Json:
        """Have banks do something, or something go wrong."""
        return self._call(path, json.dumps(given).encode())

    def deliver(
        self, content: bytes, filename: str = "order.xml", times: int = 1
    ) -> None:
        """A bank sends a file for the company."""
        coded = base64.b64encode(content).decode()
        self.order("deliver", filename=filename, content=coded, times=times)

    def fault(self, kind: str, path: str = "*", times: int = 1) -> None:
        """Arm a fault for calls of a path."""
        self.order("faults", kind=kind, path=f"/v1{path}", times=times)

    def _call(self, path: str, data: bytes | None = None) -> Json:
        request = urllib.request.Request(
            f"{self.server.url}/api/sandbox/{path}",
            data=data,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def operator(house: House, folder: Path) -> Iterator[Operator]:
    """Start an operator who knows nobody; it remembers in a file in the folder."""
    log = folder / "operator.log"
    server = start_operator(house.python, folder, unused_port(), log, people=None)
    try:
        server.wait_until_ready("/health", READY_SECONDS)
        yield Operator(server)
    finally:
        server.stop()

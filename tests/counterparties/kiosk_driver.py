"""Drives the kiosk program from tests: its process, its controls, its pages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

PROGRAM = Path(__file__).with_name("kiosk.py")
# seconds that a test waits for a payment to settle
PATIENCE = 20


@dataclass
class Answer:
    """What the program answered."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class KioskProcess:
    """The program running, with its networks."""

    def __init__(
        self,
        networks: list[dict] | None = None,
        folder: Path | None = None,
        retry_unit: float = 0.02,
        port: int = 0,
    ) -> None:
        command = [sys.executable, str(PROGRAM), "--port", str(port)]
        command += ["--retry-unit", str(retry_unit)]
        if folder is not None:
            command += ["--state", str(folder / "kiosk.sqlite")]
            place = folder / "networks.json"
            place.write_text(json.dumps({"networks": networks or []}))
            command += ["--networks", str(place)]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.child.stdout is not None
        ready = self.child.stdout.readline()
        found = re.fullmatch(r"kiosk: (http://127\.0\.0\.1:\d+)/\n", ready)
        assert found, ready
        self.address = found[1]
        if folder is None:
            for network in networks or []:
                self.post("networks", **network)

    def stop(self) -> int:
        self.child.terminate()
        code = self.child.wait(10)
        assert self.child.stdout is not None
        self.child.stdout.close()
        return code

    def fetch(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Redirects are followed."""
        request = urllib.request.Request(
            self.address + path, body, headers or {}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                head = dict(answer.headers)
                return Answer(answer.status, head, answer.read(), answer.url)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def post(self, control: str, /, **given: object) -> Any:
        """A control; its answer, which must not be an error."""
        answer = self.fetch("POST", f"/sandbox/{control}", json.dumps(given).encode())
        assert answer.status == 200, answer.text
        return answer.json

    def refused(self, control: str, /, **given: object) -> Answer:
        """A control that must be refused."""
        answer = self.fetch("POST", f"/sandbox/{control}", json.dumps(given).encode())
        assert answer.status >= 400, answer.text
        return answer

    def get(self, control: str, /, **query: str) -> Any:
        answer = self.fetch("GET", f"/sandbox/{control}?{urlencode(query)}")
        assert answer.status == 200, answer.text
        return answer.json

    def pay(self, network: str, account: str, amount: str, **given: object) -> dict:
        """A payment, waited for until it is settled."""
        given.setdefault("wait", PATIENCE)
        return self.post(
            "pay", network=network, account=account, amount=amount, **given
        )

    def complaints(self, network: str | None = None) -> list[str]:
        """The codes of what was wrong with answers."""
        query = {"network": network} if network else {}
        return [each["code"] for each in self.get("complaints", **query)["complaints"]]

    def submit(self, path: str, /, **fields: str) -> Answer:
        """A form of a page."""
        return self.fetch("POST", path, urlencode(fields).encode())

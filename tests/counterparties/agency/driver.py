"""Drives the agency from tests: its process, its API, a receiver of its events."""

import datetime as dt
import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from requests import Response

TESTS = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "counterparties.agency", "--port", "0"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"}
SECRET = "a-secret-of-the-creditor"
CLIENTS = [
    {"client_id": name, "client_secret": f"{name}-secret", "agreement_number": number}
    for name, number in (("erp", None), ("other", None), ("outside", "X-77"))
]
COMPANY = {
    "name": "Exempel AB",
    "org_number": "556000-4615",
    "street": "Box 12",
    "zip": "111 22",
    "city": "Stockholm",
    "country": "SE",
}
APPLICATION = {
    "company": COMPANY,
    "contact": {"name": "Kim Lind", "email": "kim@exempel.example", "language": "sv"},
    "bank_accounts": [{"iban": "SE45 5000 0000 0583 9825 7466", "bic": "ESSESESS"}],
    "terms_accepted": {"version": "2026-01", "at": "2026-03-02T10:00Z", "by": "Kim"},
}


class AgencyProcess:
    """The agency running, with three clients."""

    def __init__(self, folder: Path, *options: str) -> None:
        clients = folder / "clients.json"
        clients.write_text(json.dumps(CLIENTS), encoding="utf-8")
        command = [*COMMAND, f"--clients={clients}", "--retry-unit=0.001", *options]
        self.child = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        assert self.child.stdout is not None
        ready = self.child.stdout.readline()
        found = re.fullmatch(r"agency: (http://127\.0\.0\.1:\d+)/\n", ready)
        assert found, ready
        self.address = found[1]
        self.session = requests.Session()

    def stop(self) -> int:
        """Its exit status."""
        self.child.terminate()
        assert self.child.stdout is not None
        self.child.stdout.close()
        return self.child.wait(10)

    def sandbox(self, path: str, /, **given: object) -> Any:
        """A control; its answer, which must not be an error."""
        answer = self.control(path, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def control(self, path: str, /, **given: object) -> Response:
        return self.session.post(f"{self.address}/v1/sandbox/{path}", json=given)

    def state(self) -> dict:
        return self.session.get(f"{self.address}/v1/sandbox/state").json()

    def page(self, path: str, /, **form: str) -> str:
        """A page of the portal, or what follows a form that is sent to it."""
        url = f"{self.address}/portal/{path}"
        answer = self.session.post(url, form) if form else self.session.get(url)
        assert answer.status_code == 200, answer.text
        return answer.text

    def day(self, days: int) -> str:
        """So many days from its today, or with a negative number before."""
        today = dt.date.fromisoformat(self.state()["clock"]["now"][:10])
        return (today + dt.timedelta(days=days)).isoformat()

    def advance(self, case: str, times: int = 1) -> str:
        """Take the next steps of a case; the state it is in then."""
        for _ in range(times):
            state = self.sandbox(f"cases/{case}/advance")["state"]
        return state

    def types(self) -> list[str]:
        """The types of all events so far."""
        return [event["type"] for event in self.state()["events"]]


class Client:
    """One client of the API; without a key a call gets a fresh one."""

    def __init__(self, agency: AgencyProcess, name: str) -> None:
        self.agency = agency
        self.name = name
        self.login()

    def login(self) -> None:
        given = {"client_id": self.name, "client_secret": f"{self.name}-secret"}
        url = f"{self.agency.address}/v1/auth/token"
        self.token = requests.post(url, json=given).json()["access_token"]

    def call(self, method: str, path: str, key: str = "", **how: Any) -> Response:
        """
        :param how: `json`, `data`, `files` or more `headers`
        """
        headers = {"Authorization": f"Bearer {self.token}"}
        headers["Idempotency-Key"] = key or str(uuid.uuid4())
        how["headers"] = {**headers, **how.get("headers", {})}
        return requests.request(method, f"{self.agency.address}/v1{path}", **how)

    def get(self, path: str) -> Any:
        """What is found; it must be there."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, key: str = "", /, **given: object) -> Response:
        return self.call("POST", path, key, json=given)

    def act(self, case: str, kind: str, **given: object) -> Response:
        return self.post(f"/cases/{case}/actions", type=kind, **given)

    def upload(self, case: str, *files: tuple[str, bytes], **how: Any) -> Response:
        parts = [("file", (name, data, "application/pdf")) for name, data in files]
        return self.call("POST", f"/cases/{case}/documents", files=parts, **how)

    def onboard(self, **settings: object) -> str:
        """An active creditor; its id."""
        answer = self.post("/creditors", external_id="c1", accounting_system="T")
        path = f"/creditors/{answer.json()['id']}"
        assert self.call("PATCH", path, json=APPLICATION).status_code == 200
        assert self.post(f"{path}/activate").status_code == 202
        self.agency.sandbox(f"creditors/{self.name}/activate")
        answer = self.call("PUT", f"{path}/settings", json=settings)
        assert answer.status_code == 200, answer.text
        return path

    def transfer(self, number: str, **changes: object) -> Any:
        """A new case, which must be taken."""
        answer = self.post("/cases", **invoice(number, **changes))
        assert answer.status_code == 201, answer.text
        return answer.json()


def said(answer: Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json().get("code", "")


def invoice(number: str, **changes: object) -> dict:
    """A transfer that is taken; `a__b=value` changes the member b of a."""
    now = dt.datetime.now(dt.timezone.utc).date()
    address = {name: COMPANY[name] for name in ("street", "zip", "city", "country")}
    given: dict[str, Any] = {
        "external_id": number,
        "first_action": "reminder",
        "invoice": {
            "number": number,
            "date": (now - dt.timedelta(days=60)).isoformat(),
            "due_date": (now - dt.timedelta(days=30)).isoformat(),
            "currency": "SEK",
            "original_amount": "1250.00",
            "open_amount": "1250.00",
        },
        "claim": {"capital": "1250.00"},
        "debtor": {
            "type": "company",
            "name": "Nord & Son AB",
            "id_number": "556000-4615",
            "address": address,
        },
    }
    for name, value in changes.items():
        place, *rest = name.split("__")
        target = given
        for deeper in rest:
            target, place = target[place], deeper
        target[place] = value
    return given


class Receiver:
    """A creditor's endpoint: answers as told, keeps what came."""

    def __init__(self) -> None:
        self.answer: Callable[[], int] = lambda: 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), raw))
                self.send_response(receiver.answer())
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        work = self.server.serve_forever
        threading.Thread(target=work, args=(0.02,), daemon=True).start()

    @property
    def events(self) -> list[dict]:
        return [json.loads(raw) for _, raw in list(self.got)]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def wait(found: Callable[[], Any], seconds: float = 30) -> Any:
    """What `found` returns once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError("Waited in vain.")

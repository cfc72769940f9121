"""Drives the sandbox agency from tests: its process, its API, a receiver of events."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

MODULE = ["-m", "counterparties.agency"]
TESTS = Path(__file__).parents[1]
SECRET = "a-secret-of-the-creditor"
CLIENTS = [
    {"client_id": "erp", "client_secret": "erp-secret"},
    {"client_id": "other", "client_secret": "other-secret"},
    {
        "client_id": "outside",
        "client_secret": "outside-secret",
        "agreement_number": "X-77",
    },
]
COMPANY = {
    "name": "Exempel AB",
    "org_number": "556000-4615",
    "vat_number": "SE556000461501",
    "street": "Box 12",
    "zip": "111 22",
    "city": "Stockholm",
    "country": "SE",
    "email": "info@exempel.example",
    "phone": "+46 8 000 00 00",
}
CONTACT = {"name": "Kim Lind", "email": "kim@exempel.example", "language": "sv"}
ACCOUNTS = [{"iban": "SE45 5000 0000 0583 9825 7466", "bic": "ESSESESS"}]
ACCEPTED = {"version": "2026-01", "at": "2026-03-02T10:00:00Z", "by": "Kim Lind"}


@dataclass
class Answer:
    """What the agency answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __getitem__(self, name: str) -> Any:
        return self.json[name]


class AgencyProcess:
    """The agency running; without Idempotency-Key a call gets a fresh one."""

    def __init__(self, folder: Path, *options: str) -> None:
        clients = folder / "clients.json"
        clients.write_text(json.dumps(CLIENTS), encoding="utf-8")
        command = [sys.executable, *MODULE, "--port", "0"]
        command += ["--clients", str(clients), "--retry-unit", "0.001", *options]
        self.child = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=TESTS
        )
        assert self.child.stdout is not None
        self.ready = self.child.stdout.readline()
        found = re.fullmatch(r"agency: (http://127\.0\.0\.1:\d+)/\n", self.ready)
        assert found, self.ready
        self.address = found[1]

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
        request = urllib.request.Request(
            self.address + path, body, headers or {}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    def sandbox(self, path: str, /, **given: object) -> Any:
        """A control; its answer, which must not be an error."""
        answer = self.fetch("POST", f"/v1/sandbox/{path}", json.dumps(given).encode())
        assert answer.status == 200, answer.body
        return answer.json

    def refused(self, path: str, /, **given: object) -> Answer:
        """A control that must be refused."""
        answer = self.fetch("POST", f"/v1/sandbox/{path}", json.dumps(given).encode())
        assert answer.status >= 400, answer.body
        return answer

    def state(self) -> dict:
        return self.fetch("GET", "/v1/sandbox/state").json

    def case(self, identity: str) -> dict:
        """A case as the sandbox knows it."""
        return next(each for each in self.state()["cases"] if each["id"] == identity)

    def post_form(self, path: str, /, **fields: str) -> Answer:
        """A form of the portal; redirects are followed."""
        return self.fetch("POST", f"/portal/{path}", urlencode(fields).encode())

    def page(self, path: str) -> str:
        answer = self.fetch("GET", f"/portal/{path}")
        assert answer.status == 200
        return answer.body.decode()

    def today(self) -> dt.date:
        """By its own clock."""
        return dt.date.fromisoformat(self.state()["clock"]["now"][:10])

    def day(self, days: int) -> str:
        """So many days from its today, or with a negative number before."""
        return (self.today() + dt.timedelta(days=days)).isoformat()

    def advance(self, case: str, times: int = 1) -> str:
        """Take the next steps of a case; the state it is in then."""
        for _ in range(times):
            state = self.sandbox(f"cases/{case}/advance")["state"]
        return state

    def types(self) -> list[str]:
        """The types of all events so far."""
        return [event["type"] for event in self.state()["events"]]

    def client(self, name: str) -> Client:
        return Client(self, name)


class Client:
    """One client of the API, with its token."""

    def __init__(self, agency: AgencyProcess, name: str) -> None:
        self.agency = agency
        self.name = name
        self.token = ""
        self.login()

    def login(self) -> None:
        given = {"client_id": self.name, "client_secret": f"{self.name}-secret"}
        answer = self.agency.fetch(
            "POST",
            "/v1/auth/token",
            json.dumps(given).encode(),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 200, answer.body
        self.token = answer["access_token"]

    def headers(self, key: str | None = None) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or str(uuid.uuid4()),
        }

    def call(
        self,
        method: str,
        path: str,
        given: object = None,
        key: str | None = None,
        **headers: str,
    ) -> Answer:
        body = None if given is None else json.dumps(given).encode()
        sent = {**self.headers(key), **headers}
        return self.agency.fetch(method, f"/v1{path}", body, sent)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, given: object = None, key: str | None = None) -> Answer:
        return self.call("POST", path, {} if given is None else given, key)

    def act(self, case: str, kind: str, **given: object) -> Answer:
        return self.post(f"/cases/{case}/actions", {"type": kind, **given})

    def upload(
        self, case: str, *files: tuple[str, bytes], kind: str = "", key: str = ""
    ) -> Answer:
        body, content_type = multipart(*files, kind=kind)
        headers = {**self.headers(key or None), "Content-Type": content_type}
        path = f"/v1/cases/{case}/documents"
        return self.agency.fetch("POST", path, body, headers)

    def onboard(self, **settings: object) -> str:
        """An active creditor; its id."""
        answer = self.post(
            "/creditors", {"external_id": "c1", "accounting_system": "T"}
        )
        assert answer.status == 201, answer.body
        creditor = answer["id"]
        given = {
            "company": COMPANY,
            "bank_accounts": ACCOUNTS,
            "contact": CONTACT,
            "terms_accepted": ACCEPTED,
        }
        assert self.call("PATCH", f"/creditors/{creditor}", given).status == 200
        assert self.post(f"/creditors/{creditor}/activate").status == 202
        self.agency.sandbox(f"creditors/{creditor}/activate")
        if settings:
            self.settings(creditor, **settings)
        return creditor

    def settings(self, creditor: str, **settings: object) -> None:
        answer = self.call("PUT", f"/creditors/{creditor}/settings", settings)
        assert answer.status == 200, answer.body

    def transfer(self, number: str, **changes: object) -> dict:
        """A new case, which must be taken."""
        answer = self.post("/cases", invoice(number, **changes))
        assert answer.status == 201, answer.body
        return answer.json


def invoice(number: str, **changes: object) -> dict:
    """A transfer that is taken; `a__b=value` changes the member b of a."""
    given: dict[str, Any] = {
        "external_id": number,
        "first_action": "reminder",
        "invoice": {
            "number": number,
            "date": _days_ago(60),
            "due_date": _days_ago(30),
            "currency": "SEK",
            "original_amount": "1250.00",
            "open_amount": "1250.00",
            "delivered_as": "email",
        },
        "claim": {"capital": "1250.00"},
        "debtor": {
            "type": "company",
            "name": "Nord & Son AB",
            "id_number": "556000-4615",
            "address": {
                "street": "Storgatan 1",
                "zip": "111 22",
                "city": "Stockholm",
                "country": "SE",
            },
        },
    }
    for name, value in changes.items():
        place, *rest = name.split("__")
        target = given
        for deeper in rest:
            target = target[place]
            place = deeper
        target[place] = value
    return given


def _days_ago(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - days * 86_400))


def multipart(
    *files: tuple[str, bytes], kind: str = "", boundary: str = ""
) -> tuple[bytes, str]:
    """A form with files: its body and Content-Type."""
    boundary = boundary or uuid.uuid4().hex
    parts = []
    if kind:
        head = b'Content-Disposition: form-data; name="kind"'
        parts.append(head + b"\r\n\r\n" + kind.encode())
    for name, data in files:
        field = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        field += "\r\nContent-Type: application/pdf\r\n\r\n"
        parts.append(field.encode() + data)
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return body + mark + b"--\r\n", f"multipart/form-data; boundary={boundary}"


@dataclass
class Receiver:
    """A creditor's endpoint: answers as told, keeps what came."""

    answer: Callable[[dict], int] = lambda event: 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {key.lower(): value for key, value in self.headers.items()}
                receiver.got.append((headers, raw))
                self.send_response(receiver.answer(json.loads(raw)))
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


def wait(found: Callable[[], Any], seconds: float = 5) -> Any:
    """What `found` returns once it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError("Waited in vain.")

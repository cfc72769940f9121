"""A small company for the kiosk's own tests: it answers as each protocol says.

It is no model of how to keep books; it counts what it was paid and can be told to
answer badly.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from kiosk_company_answers import KEY, SPEAKERS, Said

Spoil = Callable[[Said], "Said | None"]


class Company:
    """Customers with debts, payments by id, and answers to be spoilt."""

    def __init__(self) -> None:
        self.debts = {"4821": Decimal("1250.00"), "5555": Decimal("0.00")}
        self.paid: dict[str, dict] = {}
        self.requests: list[dict] = []
        # what happens to the next answers to pay (None: nothing); see `spoil`
        self.spoilt: dict[str, deque[Spoil | None]] = {}
        # answers with a passing fault: this many more to this operation
        self.faulty: dict[str, int] = {}
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.company = self  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def network(self, protocol: str, **given: object) -> dict:
        """This company as a network of the kiosk."""
        network: dict = {"name": protocol, "protocol": protocol, **given}
        network["endpoint"] = f"{self.url}/{network['protocol']}"
        if protocol == "signed_json":
            network.setdefault("auth", {"kind": "hmac", "secret": KEY})
        return network

    def forget(self) -> None:
        self.paid.clear()
        self.requests.clear()
        self.spoilt.clear()
        self.faulty.clear()

    def spoil(self, operation: str, change: Spoil, times: int = 1) -> None:
        """The next answers to this operation are changed; None hangs up."""
        self.spoilt.setdefault(operation, deque()).extend([change] * times)

    def total(self) -> Decimal:
        return sum(
            (p["amount"] for p in self.paid.values() if p["state"] == "accepted"),
            Decimal(0),
        )

    def count(self, operation: str) -> int:
        return sum(1 for each in self.requests if each["operation"] == operation)

    # The one core behind all protocols

    def take(self, operation: str, account: str, key: str, amount: str) -> dict:
        """`result` and what belongs to it."""
        with self.lock:
            self.requests.append(
                {"operation": operation, "account": account, "id": key, "sum": amount}
            )
            if self.faulty.get(operation, 0) > 0:
                self.faulty[operation] -= 1
                return {"result": "fault"}
            return self._taken(operation, account, key, amount)

    def _taken(self, operation: str, account: str, key: str, amount: str) -> dict:
        known = self.paid.get(key)
        if operation in ("lookup", "check"):
            if account not in self.debts:
                return {"result": "not_found"}
            return {"result": "ok", "debt": self.debts[account], "name": "A*** B****"}
        if operation == "status":
            return {"result": "ok", **known} if known else {"result": "unknown"}
        if operation == "cancel":
            known = known or self._new(account, key, "0")
            is_repeat = known["state"] == "cancelled"
            known["state"] = "cancelled"
            return {"result": "ok", "repeat": is_repeat, **known}
        if known is None and account not in self.debts:
            return {"result": "not_found"}
        if known and known["state"] == "cancelled":
            return {"result": "cancelled"}
        if known and known["amount"] != Decimal(amount or known["amount"]):
            return {"result": "conflict"}
        state = "reserved" if operation == "reserve" else "accepted"
        if known is None:
            known = self._new(account, key, amount)
            known["state"] = state
            return {"result": "ok", "repeat": False, **known}
        is_repeat = known["state"] == state
        known["state"] = state
        return {"result": "ok", "repeat": is_repeat, **known}

    def _new(self, account: str, key: str, amount: str) -> dict:
        payment = {
            "number": len(self.paid) + 1,
            "id": key,
            "account": account,
            "amount": Decimal(amount),
            "state": "accepted",
        }
        self.paid[key] = payment
        return payment


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""

    def do_GET(self) -> None:
        company: Company = self.server.company  # type: ignore[attr-defined]
        self.close_connection = True
        if self.request_version != "HTTP/1.1":
            # half a line is no request
            return
        try:
            length = int(self.headers.get("Content-Length", "0"))
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            speak = SPEAKERS[parts.path.strip("/")]
            query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
            operation, said = speak(company, query, body, dict(self.headers))
            waiting = company.spoilt.get(operation)
            change = waiting.popleft() if waiting else None
            spoilt = change(said) if change else said
            if spoilt is not None:
                self._send(spoilt)
        except (OSError, ValueError):
            return

    do_POST = do_GET

    def _send(self, said: Said) -> None:
        self.send_response(said.status)
        self.send_header("Content-Type", said.kind)
        self.send_header("Content-Length", str(len(said.body)))
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said.body)

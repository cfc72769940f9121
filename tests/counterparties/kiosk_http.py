"""HTTP: the kiosk's pages, the operator's page, and the controls for tests."""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from kiosk_core import Kiosk
from kiosk_errors import KioskError
from kiosk_sandbox import Sandbox
from kiosk_screens import Screens
from kiosk_worker import Workers

_JSON, _HTML = "application/json", "text/html; charset=utf-8"
_LIMIT = 4 * 1024 * 1024
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self';"
    " base-uri 'none'"
)
_FILES = {
    "/kiosk.css": "text/css; charset=utf-8",
    "/kiosk.js": "text/javascript; charset=utf-8",
}


@dataclass
class Reply:
    """An answer before it is sent."""

    status: int
    body: bytes
    kind: str = _HTML
    headers: dict[str, str] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """The web server with the kiosk behind it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, kiosk: Kiosk, workers: Workers) -> None:
        self.sandbox = Sandbox(kiosk, workers)
        self.screens = Screens(kiosk)
        super().__init__((host, port), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    """One request; every error becomes a sentence."""

    server: Server
    server_version = "DemoKiosk"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, format: str, *args: object) -> None:
        """Silent: requests are no news in a demo."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_GET

    def _handle(self) -> None:
        path = urlsplit(self.path).path
        try:
            reply = self._reply(path)
        except KioskError as error:
            reply = self._refusal(path, error)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__))
            print(f"kiosk: {path}: {error!r}\n{where}", file=sys.stderr, flush=True)
            failed = KioskError(500, "failed", "The kiosk could not do that.")
            reply = self._refusal(path, failed)
        self._send(reply)

    def _reply(self, path: str) -> Reply:
        body = self._body()
        query = dict(parse_qsl(urlsplit(self.path).query))
        if path == "/health":
            return _json(200, {"status": "ok"})
        if path.startswith("/sandbox/"):
            given = query if self.command == "GET" else _object(body)
            name = path.removeprefix("/sandbox/")
            return _json(200, self.server.sandbox.answer(self.command, name, given))
        if path in _FILES:
            place = Path(__file__).with_name(path[1:])
            return Reply(200, place.read_bytes(), _FILES[path])
        if self.command == "GET":
            return Reply(200, self.server.screens.show(path, query))
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=50))
        return Reply(
            303, b"", headers={"Location": self.server.screens.do(path, fields)}
        )

    def _refusal(self, path: str, error: KioskError) -> Reply:
        if path.startswith("/sandbox/"):
            content = {"error": error.sentence, "code": error.code}
            return _json(error.status, content)
        return Reply(error.status, self.server.screens.sorry(path, error.sentence))

    def _body(self) -> bytes:
        text = self.headers.get("Content-Length", "0")
        if not text.isdecimal() or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise KioskError(411, "length", "The request does not say its length.")
        if int(text) > _LIMIT:
            self.close_connection = True
            raise KioskError(413, "too_large", "The request is too large.")
        return self.rfile.read(int(text))

    def _send(self, reply: Reply) -> None:
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Security-Policy", _POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True


def _json(status: int, content: dict) -> Reply:
    return Reply(status, json.dumps(content, ensure_ascii=False).encode(), _JSON)


def _object(body: bytes) -> dict:
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise KioskError(400, "invalid", "The request is not JSON.") from error
    if not isinstance(given, dict):
        raise KioskError(400, "invalid", "The request is not a JSON object.")
    return given

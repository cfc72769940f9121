"""HTTP: the contract under /v1, the sandbox's controls, the portal for people."""

from __future__ import annotations

import ipaddress
import secrets
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import agency_gate
import agency_messages
import agency_routes
import agency_sandbox
from agency_core import Agency
from agency_errors import ApiError, missing
from agency_gate import Gate, Reply, Request
from agency_portal import Portal
from agency_routes import Call

_JSON_LIMIT = 1024 * 1024
# what the headers of the parts may add to the documents themselves
_MULTIPART_EXTRA = 64 * 1024
# a body above its limit is still read up to here, so that the refusal arrives
_DRAIN_LIMIT = 64 * 1024 * 1024
_CHUNK = 65_536
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"


class Server(ThreadingHTTPServer):
    """The web server with the agency behind it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, agency: Agency, log: Path | None) -> None:
        self.agency = agency
        self.gate = Gate(agency)
        self.calls = agency_sandbox.CallLog()
        self.controls = agency_sandbox.routes(self.calls)
        self.portal = Portal(agency)
        self.log = log.open("a", encoding="utf-8", buffering=1) if log else None
        super().__init__((host, port), Handler)

    def server_close(self) -> None:
        super().server_close()
        if self.log:
            self.log.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    """One request; every error becomes a sentence with a trace id."""

    server: Server
    server_version = "SandboxAgency"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, format: str, *args: object) -> None:
        """The log is written by `_note`, without queries and contents."""

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

    def _handle(self) -> None:
        self._is_read = False
        trace_id = f"tr_{secrets.token_hex(8)}"
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query)),
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            self._read,
        )
        try:
            reply = self._reply(request, trace_id)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            return
        except Exception as error:
            self._explain(error, trace_id)
            failed = ApiError("internal_error", "The agency could not do that.")
            reply = agency_gate.refusal(failed, trace_id)
        self._note(request, reply, trace_id)
        if reply.cut:
            self.close_connection = True
            return
        self._send(reply, trace_id)

    def _reply(self, request: Request, trace_id: str) -> Reply:
        if request.path.startswith("/v1/sandbox/"):
            return self._control(request, trace_id)
        if request.path.startswith("/v1/"):
            return self.server.gate.answer(request, trace_id)
        return self.server.portal.answer(request)

    def _control(self, request: Request, trace_id: str) -> Reply:
        agency = self.server.agency
        try:
            if not ipaddress.ip_address(self.client_address[0]).is_loopback:
                raise missing("path")
            route, path = agency_routes.find(
                self.server.controls, request.method, request.path
            )
            body = agency_gate.json_object(request.read(False))
            with agency.store.transaction():
                call = Call(agency, path=path, query=request.query, body=body)
                return agency_gate.written(route.work(call))
        except ApiError as error:
            return agency_gate.refusal(error, trace_id)

    # The body

    def _read(self, multipart: bool) -> bytes:
        """The body; with `multipart` it may be as large as documents may be.

        :raises ApiError: too large, or of unknown length
        """
        self._is_read = True
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise ApiError("length_required", "The request does not say its length.")
        text = self.headers.get("Content-Length", "0")
        if not text.isdecimal():
            self.close_connection = True
            raise ApiError("length_required", "The request does not say its length.")
        length = int(text)
        documents = agency_messages.DOCUMENTS_LIMIT
        limit = documents + _MULTIPART_EXTRA if multipart else _JSON_LIMIT
        if length <= limit:
            return self.rfile.read(length)
        self._drain(length)
        if multipart:
            raise agency_messages.too_large(length)
        raise ApiError(
            "request_too_large",
            "The body of a request may have 1 MB.",
            limit_bytes=limit,
            size_bytes=length,
        )

    def _drain(self, length: int) -> None:
        if length > _DRAIN_LIMIT:
            self.close_connection = True
            return
        while length > 0:
            got = len(self.rfile.read(min(length, _CHUNK)))
            if not got:
                return
            length -= got

    # The answer

    def _send(self, reply: Reply, trace_id: str) -> None:
        try:
            if not self._is_read:
                # an unread body would be taken for the next request
                self._discard()
            self.send_response(reply.status)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Security-Policy", _POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("X-Trace-Id", trace_id)
            if self.close_connection:
                self.send_header("Connection", "close")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _discard(self) -> None:
        text = self.headers.get("Content-Length", "0")
        if text.isdecimal() and "Transfer-Encoding" not in self.headers:
            self._drain(int(text))
        else:
            self.close_connection = True

    def _note(self, request: Request, reply: Reply, trace_id: str) -> None:
        """Remember a call of the contract; into the log go ids, never contents."""
        in_contract = request.path.startswith("/v1/")
        if in_contract and not request.path.startswith("/v1/sandbox/"):
            self.server.calls.append(
                {
                    "method": request.method,
                    "path": request.path,
                    "status": reply.status,
                    "idempotency_key": request.headers.get("idempotency-key"),
                    "replayed": reply.replayed,
                }
            )
        if self.server.log:
            line = f"{request.method} {request.path} {reply.status} {trace_id}"
            print(line, file=self.server.log)

    def _explain(self, error: Exception, trace_id: str) -> None:
        """Where it happened; the message may have somebody's data in it."""
        where = "".join(traceback.format_tb(error.__traceback__))
        words = f"agency: {trace_id}: {type(error).__name__}\n{where}"
        print(words, file=sys.stderr, flush=True)

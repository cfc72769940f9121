"""The web server of a counterparty: Flask, and what all of them answer alike."""

from __future__ import annotations

import errno
import secrets
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, jsonify, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

COMMON = Path(__file__).resolve().parent
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self';"
    " base-uri 'none'"
)
BUSY = 2


class Refusal(Exception):
    """What the party says no to, in a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Handler(WSGIRequestHandler):
    """Silent: requests are no news in a demo."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    server_version = "Counterparty"
    sys_version = ""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing; who went away is no news either."""


def application(folder: Path, limit: int, api: str = "/api/") -> Flask:
    """A program's web application, with the pages of `folder`/templates.

    :param limit: largest body of a request, in bytes
    :param api: what stands under it is answered in JSON, everything else in pages
    """
    app = Flask(folder.name, root_path=str(folder))
    app.config["MAX_CONTENT_LENGTH"] = limit
    # cookies belong to a host whatever the port: each program has one of its own
    app.config["SESSION_COOKIE_NAME"] = app.name
    app.secret_key = secrets.token_bytes()
    app.jinja_options = {
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "loader": ChoiceLoader(
            [
                FileSystemLoader(folder / "templates"),
                FileSystemLoader(COMMON / "templates"),
            ]
        ),
    }

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def say(status: int, sentence: str) -> tuple[Response | str, int]:
        if request.path.startswith(api):
            return jsonify(error=sentence), status
        return render_template("error.html", sentence=sentence), status

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> tuple[Response | str, int]:
        return say(refusal.status, str(refusal))

    @app.errorhandler(HTTPException)
    def impossible(error: HTTPException) -> tuple[Response | str, int]:
        return say(error.code or 500, error.description or "That is not possible.")

    @app.errorhandler(Exception)
    def broken(error: Exception) -> tuple[Response | str, int]:
        trace = f"tr_{secrets.token_hex(8)}"
        # where it happened; the message may have somebody's data in it
        where = "".join(traceback.format_tb(error.__traceback__))
        words = f"{app.name}: {trace}: {type(error).__name__}\n{where}"
        print(words, file=sys.stderr, flush=True)
        return say(500, f"That could not be done; trace {trace}.")

    return app


def listen(app: Flask, host: str, port: int) -> BaseWSGIServer | None:
    """A server for the application, one thread a request; None, and said why, when
    the port cannot be had. 0 takes a free one."""
    try:
        with socket.create_server((host, port), backlog=128) as listener:
            number = listener.fileno()
            return make_server(
                host, port, app, threaded=True, request_handler=Handler, fd=number
            )
    except (OSError, OverflowError) as error:
        busy = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "is busy" if busy else f"cannot be used: {error}"
        print(f"{app.name}: port {port} {why}", file=sys.stderr)
        return None


def serve(server: BaseWSGIServer, ready: str, *ends: Callable[[], None]) -> None:
    """Serve until the process is told to stop, then end everything else in order.

    :param ready: what is printed once requests are answered
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    print(ready, flush=True)
    stopped.wait()
    server.shutdown()
    server.server_close()
    for end in ends:
        end()

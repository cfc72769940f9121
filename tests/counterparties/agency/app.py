"""The web application: the contract, the sandbox's controls and the portal."""

import secrets
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

from flask import Flask, Response, g, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from counterparties.common import web

from .api import Reference, api
from .core import Agency
from .errors import ApiError
from .messages import DOCUMENTS_LIMIT
from .portal import portal
from .sandbox import sandbox

_CODES = {
    404: ("not_found", "There is no such path."),
    405: ("method_not_allowed", "This path is for {}."),
    413: ("request_too_large", "The body is too large."),
}


def application(agency: Agency, log: TextIO | None = None) -> Flask:
    """
    :param log: gets a line a request, with ids only
    """
    # what is larger is refused by each call in its own words
    app = web.application(Path(__file__).resolve().parent, 2 * DOCUMENTS_LIMIT)
    app.extensions["agency"] = agency
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.secret_key = secrets.token_hex()
    app.url_map.merge_slashes = False
    app.url_map.converters["reference"] = Reference
    for part in (sandbox, api, portal):
        app.register_blueprint(part)
    app.register_error_handler(ApiError, told)
    app.register_error_handler(HTTPException, impossible)
    app.register_error_handler(Exception, broken)

    @app.before_request
    def begin() -> None:
        g.trace = f"tr_{secrets.token_hex(8)}"

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Trace-Id"] = g.trace
        if response.status_code == 204:
            del response.headers["Content-Type"]
        call = {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "idempotency_key": request.headers.get("Idempotency-Key"),
            "replayed": "Idempotent-Replayed" in response.headers,
        }
        if request.path.startswith("/v1/") and request.blueprint != "sandbox":
            agency.calls.append(call)
        if log:
            words = request.method, request.path, response.status_code, g.trace
            print(*words, file=log, flush=True)
        return response

    @app.get("/")
    @app.get("/portal/")
    def front() -> Any:
        return redirect("/portal/creditors", 303)

    return app


def told(error: ApiError) -> Any:
    """A refusal as the contract shows it; outside of it a page."""
    if not request.path.startswith("/v1/"):
        return render_template("error.html", sentence=str(error)), error.status
    return jsonify(error.content(g.trace)), error.status, error.headers


def impossible(error: HTTPException) -> Any:
    """No such path, no such method, or not HTTP as it should be."""
    default = ("validation_failed", str(error.description))
    code, words = _CODES.get(error.code or 0, default)
    methods = set(getattr(error, "valid_methods", None) or ()) - {"HEAD"}
    allowed = ", ".join(sorted(methods))
    headers = {"Allow": allowed} if allowed else {}
    return told(ApiError(code, words.replace("{}", allowed), headers=headers))


def broken(error: Exception) -> Any:
    """Where it happened; the message may have somebody's data in it."""
    where = "".join(traceback.format_tb(error.__traceback__))
    words = f"agency: {g.trace}: {type(error).__name__}\n{where}"
    print(words, file=sys.stderr, flush=True)
    return told(ApiError("internal_error", "The agency could not do that."))

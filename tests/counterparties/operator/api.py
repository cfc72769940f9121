"""The operator's calls."""

from __future__ import annotations

import base64
import binascii
import re
import socket
import time
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, jsonify, request
from werkzeug.local import LocalProxy

from counterparties.common.web import Refusal

from .books import Mailroom

FOREVER = 3600
TOKEN_SECONDS = 3600
# who may call, as the login of the public pages asks for it
LOGIN = {
    "grant_type": "client_credentials",
    "client_id": "company-uuid",
    "client_secret": "user-api-key",
    "vendor_api_key": "vendor-api-key",
    "scope": "fi_bank_message:send fi_bank_message:receive invoice:send",
}
MESSAGE_ID = re.compile(rb"<eb:MessageId>([^<]+)</eb:MessageId>")
books = cast(Mailroom, LocalProxy(lambda: current_app.extensions["books"]))
login = Blueprint("login", __name__)
api = Blueprint("api", __name__, url_prefix="/v1")


@api.before_request
def check() -> Any:
    """A fault that comes before anything is done, and the token."""
    g.fault = books.strike(request.path)
    if g.fault == "hang":
        time.sleep(FOREVER)
    if g.fault == "429":
        return jsonify(status="ERROR: TOO MANY CALLS"), 429, {"Retry-After": "1"}
    if g.fault == "500_before":
        return jsonify(status="ERROR: INTERNAL"), 500
    if not books.knows(request.headers.get("Authorization", "")):
        return jsonify(status="ERROR: UNAUTHORIZED"), 401
    return None


@api.after_request
def spoil(response: Response) -> Response:
    """A fault that comes after it was done."""
    books.run(
        "INSERT INTO call VALUES (?, ?, ?)",
        *(request.method, request.path, response.status_code),
    )
    if g.fault == "500_after":
        response.status_code = 500
    if g.fault == "unreadable":
        response.set_data(b"<html>Welcome</html>")
    if g.fault == "cut":
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return response


@login.post("/oauth2/token")
def token() -> Any:
    if dict(request.form) != LOGIN:
        return jsonify(error="invalid_client"), 401
    told = {"token_type": "bearer", "expires_in": TOKEN_SECONDS}
    return jsonify(access_token=books.give_token(), scope=LOGIN["scope"], **told)


@api.post("/invoices")
@api.post("/fi/bank_messages")
def send() -> Any:
    """message_send: one message, sent on as it is."""
    given = request.get_json()
    try:
        content = base64.b64decode(given["file"], validate=True)
    except binascii.Error:
        raise Refusal(400, "file is no base64") from None
    found = MESSAGE_ID.findall(content)
    if not found:
        return jsonify(status="ERROR: SOAP HEADER MISSING"), 422
    if len(found) > 1:
        return jsonify(status="ERROR: ONLY ONE MESSAGE PER FILE ALLOWED"), 422
    if why := books.setting("closed"):
        return jsonify(status=why), 422
    message_id = found[0].decode()
    way = request.path.rpartition("/")[2]
    times = 2 if g.fault == "twice" else 1
    for _time in range(times):
        taken = books.take(way, message_id, given["filename"], content)
    if not taken:
        return jsonify(status="ERROR: DUPLICATE MESSAGEID"), 409
    return jsonify(status="OK", message_id=taken), 201


@api.get("/fi/bank_messages/<identifier>/status")
def status(identifier: str) -> Any:
    """message_status: why a message failed, or that it is on its way."""
    found = books.rows("SELECT * FROM sent WHERE id = ?", identifier)
    if not found:
        return jsonify(status="ERROR: MESSAGE NOT FOUND OR NO RIGHTS"), 404
    row = found[0]
    if row["code"] is None:
        return jsonify(status="OK", message_id=identifier)
    return jsonify(
        status="ERROR",
        message_id=identifier,
        original_message_id=row["message_id"],
        code=row["code"],
        text=row["text"],
    )


@api.get("/fi/bank_messages/errors")
def errors() -> Any:
    """error_message_list: the identifiers of messages that failed."""
    found = books.rows(
        "SELECT id FROM sent WHERE code IS NOT NULL AND NOT told LIMIT ?",
        request.args.get("limit", 100, int),
    )
    return jsonify(status="OK", messages=[{"message_id": row[0]} for row in found])


@api.delete("/fi/bank_messages/errors/<identifier>")
def error_seen(identifier: str) -> Any:
    books.run("UPDATE sent SET told = 1 WHERE id = ?", identifier)
    return jsonify(status="OK")


@api.get("/fi/bank_messages/received")
def received() -> Any:
    """What the banks sent to the company."""
    found = books.rows(
        "SELECT id, filename, length(content) FROM received WHERE NOT fetched"
        " ORDER BY rowid LIMIT ?",
        request.args.get("limit", 100, int),
    )
    names = ("message_id", "filename", "size")
    return jsonify(
        status="OK",
        messages=[dict(zip(names, row, strict=True)) for row in found],
    )


@api.get("/fi/bank_messages/received/<identifier>")
def fetch(identifier: str) -> Any:
    found = books.rows("SELECT content FROM received WHERE id = ?", identifier)
    if not found:
        return jsonify(status="ERROR: MESSAGE NOT FOUND OR NO RIGHTS"), 404
    return Response(found[0][0], mimetype="application/xml")


@api.delete("/fi/bank_messages/received/<identifier>")
def fetched(identifier: str) -> Any:
    books.run("UPDATE received SET fetched = 1 WHERE id = ?", identifier)
    return jsonify(status="OK")

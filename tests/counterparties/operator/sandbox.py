"""The orders of a test: what banks do, and what goes wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

from flask import Blueprint, jsonify, request

from counterparties.common.web import Refusal

from .api import books
from .books import FAULTS, PERSON

sandbox = Blueprint("sandbox", __name__, url_prefix="/api/sandbox")


@sandbox.get("/state")
def state() -> Any:
    """Everything that there is."""
    sent = books.rows("SELECT message_id, way, filename, content, told FROM sent")
    calls = books.rows("SELECT method, path, status FROM call")
    waiting = books.rows("SELECT filename FROM received WHERE NOT fetched")
    bills = books.rows(
        "SELECT id, recipient, number, kid, amount, avtalegiro, state FROM bill"
    )
    mails = books.rows("SELECT address, subject, link FROM mail")
    consents = books.rows("SELECT token, key, identifier, state FROM consent")
    events = books.rows("SELECT content FROM event WHERE NOT fetched")
    return jsonify(
        sent=[{**row, "content": row["content"].decode("latin-1")} for row in sent],
        waiting=[row[0] for row in waiting],
        calls=[list(row) for row in calls],
        bills=[dict(row) for row in bills],
        mails=[dict(row) for row in mails],
        consents=[dict(row) for row in consents],
        events=[json.loads(row[0]) for row in events],
        faults=books.setting("faults", []),
    )


@sandbox.post("/faults")
def arm() -> Any:
    """Add a fault: `kind`, for a `path` (a shell pattern), `times`."""
    order = {"times": 1, "path": "*", **request.get_json()}
    if order["kind"] not in FAULTS:
        raise Refusal(400, f"faults are {', '.join(FAULTS)}")
    books.set_setting("faults", [*books.setting("faults", []), order])
    return jsonify({})


@sandbox.post("/deliver")
def deliver() -> Any:
    """A bank sends a file for the company; so often as `times` says."""
    given = {"times": 1, **request.get_json()}
    for _time in range(given["times"]):
        books.deliver(given["filename"], base64.b64decode(given["content"]))
    return jsonify({})


@sandbox.post("/person")
def register() -> Any:
    """Somebody has a netbank in Norway: `identifier`, `name` and what is known."""
    given = {name: "" for name in PERSON} | request.get_json()
    books.run(
        "INSERT OR REPLACE INTO person (identifier, name, mobile, email, street,"
        " postcode, birth_date) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(given[name] for name in PERSON),
    )
    return jsonify({})


@sandbox.post("/fail")
def fail() -> Any:
    """A bank refuses a message: `message_id`, `code`, `text`."""
    given = request.get_json()
    books.run(
        "UPDATE sent SET code = ?, text = ? WHERE message_id = ?",
        *(given["code"], given["text"], given["message_id"]),
    )
    return jsonify({})


@sandbox.post("/close")
def close() -> Any:
    """Nothing is sent for the company, in these words; empty: it is again."""
    books.set_setting("closed", request.get_json()["why"])
    return jsonify({})


@sandbox.post("/forget")
def forget() -> Any:
    """No token that was given so far is taken any more."""
    books.run("DELETE FROM token")
    return jsonify({})

"""eFaktura in Norway: the company's calls, and what the operator does with them.

The names are those that docs/efaktura.md says are a guess.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from datetime import datetime, timezone
from typing import Any

from flask import Response, g, jsonify, request

from counterparties.common.web import Refusal

from .api import api, books
from .books import Json

WAYS = {
    "issuer_agreements": "issuer_agreement",
    "lookups": "lookup",
    "consents": "consent_request",
    "invoices": "invoice",
    "cancellations": "cancellation",
}
LINK = "{}no/{}/{}"


def tell(kind: str, **values: Any) -> None:
    """Put an event where the company fetches it."""
    identifier = str(uuid.uuid4())
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    event = {"type": kind, "event_id": identifier, "created_at": now, **values}
    books.run(
        "INSERT INTO event (id, content) VALUES (?, ?)", identifier, json.dumps(event)
    )


def person(identifier: str) -> Json:
    """Somebody by their eFaktura identifier.

    :raises Refusal: nobody has it
    """
    found = books.rows("SELECT * FROM person WHERE identifier = ?", identifier)
    if not found:
        raise Refusal(404, "Nobody has this identifier.")
    return dict(found[0])


# === CALLS === #


@api.post("/no/<any(issuer_agreements,lookups,consents,invoices,cancellations):way>")
def take(way: str) -> Any:
    """Take a message, known by its identifier, once."""
    message = request.get_json()
    if message.get("type") != WAYS[way]:
        return jsonify(status="ERROR: UNKNOWN TYPE"), 422
    for _time in range(2 if g.fault == "twice" else 1):
        with books.transaction():
            taken = books.take(way, message["message_id"], "", request.get_data())
            if taken:
                globals()[f"_take_{message['type']}"](message)
    if not taken:
        return jsonify(status="ERROR: DUPLICATE MESSAGEID"), 409
    return jsonify(status="OK", message_id=taken), 201


@api.get("/no/events")
def events() -> Any:
    """What the company has not put away yet, oldest first."""
    found = books.rows(
        "SELECT id, length(content) FROM event WHERE NOT fetched"
        " ORDER BY rowid LIMIT ?",
        request.args.get("limit", 100, int),
    )
    return jsonify(
        status="OK",
        messages=[
            {"message_id": row[0], "filename": f"{row[0]}.json", "size": row[1]}
            for row in found
        ],
    )


@api.get("/no/events/<identifier>")
def event(identifier: str) -> Any:
    found = books.rows("SELECT content FROM event WHERE id = ?", identifier)
    if not found:
        return jsonify(status="ERROR: MESSAGE NOT FOUND OR NO RIGHTS"), 404
    return Response(found[0][0], mimetype="application/json")


@api.delete("/no/events/<identifier>")
def event_fetched(identifier: str) -> Any:
    books.run("UPDATE event SET fetched = 1 WHERE id = ?", identifier)
    return jsonify(status="OK")


# === WHAT IS DONE WITH THEM === #


def _take_issuer_agreement(message: Json) -> None:
    number = message["organisation_number"]
    if message["action"] == "terminate":
        books.run("UPDATE issuer SET state = 'terminated' WHERE number = ?", number)
        tell("issuer_agreement_status", state="terminated", key=message["message_id"])
        return
    token = secrets.token_urlsafe(12)
    books.run(
        "INSERT OR REPLACE INTO issuer VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')",
        number,
        *(message[name] for name in ("message_id", "name", "approver_name")),
        message["approver_email"],
        message["take_over"],
        token,
    )
    link = LINK.format(request.host_url, "issuer", token)
    books.run(
        "INSERT INTO mail (address, subject, link) VALUES (?, ?, ?)",
        *(message["approver_email"], f"Utstederavtale for {message['name']}", link),
    )
    told = {"state": "waiting", "key": message["message_id"], "link": link}
    tell("issuer_agreement_status", **told)


def _find(message: Json) -> Json:
    """The person that a message describes, with proof: a mobile number or an e-mail
    address alone, a name with the whole address; a birth date must never differ."""
    for row in books.rows("SELECT * FROM person"):
        by_line = any(
            message.get(name) and message[name] == row[name]
            for name in ("mobile", "email")
        )
        by_place = all(
            message.get(name) and message[name].casefold() == row[name].casefold()
            for name in ("name", "street", "postcode")
        )
        born = message.get("birth_date") or row["birth_date"]
        if (by_line or by_place) and born == row["birth_date"]:
            return dict(row)
    return {}


def _take_lookup(message: Json) -> None:
    found = _find(message)
    tell(
        "lookup_answer",
        key=message["message_id"],
        found=bool(found),
        identifier=found.get("identifier", ""),
        general_consent=bool(found.get("general")),
        blocked=bool(found.get("blocked")),
    )


def _take_consent_request(message: Json) -> None:
    key = message["message_id"]
    found = _find(message)
    if not found:
        tell("consent_status", key=key, state="refused")
        return
    if found["blocked"]:
        tell(
            "consent_status",
            key=key,
            state="blocked",
            identifier=found["identifier"],
        )
        return
    token = secrets.token_urlsafe(12)
    books.run(
        "INSERT INTO consent VALUES (?, ?, ?, 'asked')",
        *(token, key, found["identifier"]),
    )
    link = LINK.format(request.host_url, "consent", token)
    tell(
        "consent_status",
        key=key,
        state="link",
        identifier=found["identifier"],
        link=link,
    )


def _take_invoice(message: Json) -> None:
    key = message["message_id"]
    if why := _find_fault(message):
        tell("invoice_status", message_id=key, state="refused", code=why, text=why)
        return
    books.run(
        "INSERT INTO bill VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'awaiting_approval')",
        key,
        *(message["recipient"], message["number"], message["kid"]),
        *(message["amount"], message["due_date"], message["avtalegiro"]),
        base64.b64decode(message["ehf"], validate=True),
        base64.b64decode(message["pdf"], validate=True),
    )
    tell("invoice_status", message_id=key, state="received")
    tell("invoice_status", message_id=key, state="awaiting_approval")


def _find_fault(message: Json) -> str:
    if not books.rows("SELECT 1 FROM issuer WHERE state = 'approved'"):
        return "no_issuer_agreement"
    found = books.rows(
        "SELECT * FROM person WHERE identifier = ?", message["recipient"]
    )
    if not found:
        return "unknown_recipient"
    if found[0]["blocked"]:
        return "blocked"
    return "" if found[0]["general"] or found[0]["approved"] else "no_consent"


def _take_cancellation(message: Json) -> None:
    key = message["message_id"]
    bills = books.rows("SELECT state FROM bill WHERE id = ?", message["cancels"])
    if bills and bills[0][0] in ("awaiting_approval", "opened"):
        books.run(
            "UPDATE bill SET state = 'cancelled' WHERE id = ?", message["cancels"]
        )
        tell("invoice_status", message_id=key, state="cancelled")
    else:
        why = bills[0][0] if bills else "unknown"
        tell("invoice_status", message_id=key, state="refused", code=why, text=why)

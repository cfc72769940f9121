"""Pages for people in Norway: who approves for the company, and consumers.

Where BankID would ask who somebody is, the link itself is the proof.
"""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)

from counterparties.common.web import Refusal

from .api import books
from .norway import person, tell

pages = Blueprint("pages", __name__)
MENU = {"Mail": "/no/mail", "Netbanks": "/no/people"}
ISSUER = {"approve": "approved", "refuse": "refused", "expire": "expired"}
CONSENT = {**ISSUER, "block": "blocked"}
BILL = {"open": "opened", "approve": "approved", "delete": "deleted"}


@pages.app_context_processor
def frame() -> dict[str, Any]:
    """What every page knows."""
    return {"party": "The operator", "menu": MENU}


@pages.get("/")
@pages.get("/no/mail")
def mail() -> str:
    """What the operator wrote to people."""
    found = books.rows("SELECT * FROM mail ORDER BY rowid DESC")
    return render_template("mail.html", mails=found)


def _one(statement: str, value: str) -> Any:
    found = books.rows(statement, value)
    if not found:
        raise Refusal(404, "There is no such page.")
    return found[0]


# === FOR THE COMPANY === #


@pages.get("/no/issuer/<token>")
def issuer(token: str) -> str:
    found = _one("SELECT * FROM issuer WHERE token = ?", token)
    return render_template("issuer.html", issuer=found)


@pages.post("/no/issuer/<token>")
def decide_issuer(token: str) -> Response:
    found = _one("SELECT * FROM issuer WHERE token = ?", token)
    state = ISSUER[request.form["what"]]
    if found["state"] != "waiting":
        raise Refusal(409, "This has been decided.")
    books.run("UPDATE issuer SET state = ? WHERE token = ?", state, token)
    tell("issuer_agreement_status", state=state, key=found["message_id"])
    flash(f"It is {state}.", "good")
    return redirect(url_for("pages.issuer", token=token))


# === FOR CONSUMERS === #


@pages.get("/no/consent/<token>")
def consent(token: str) -> str:
    found = _one("SELECT * FROM consent WHERE token = ?", token)
    who = person(found["identifier"])
    company = books.rows("SELECT name FROM issuer")
    name = company[0][0] if company else "the company"
    return render_template("consent.html", consent=found, who=who, company=name)


@pages.post("/no/consent/<token>")
def decide_consent(token: str) -> Response:
    found = _one("SELECT * FROM consent WHERE token = ?", token)
    state = CONSENT[request.form["what"]]
    if found["state"] != "asked":
        raise Refusal(409, "This has been decided.")
    identifier = found["identifier"]
    books.run("UPDATE consent SET state = ? WHERE token = ?", state, token)
    if state in ("approved", "blocked"):
        books.run(
            f"UPDATE person SET {state} = 1 WHERE identifier = ?",
            identifier,
        )
    tell("consent_status", key=found["key"], state=state, identifier=identifier)
    flash(f"It is {state}.", "good")
    return redirect(url_for("pages.consent", token=token))


@pages.get("/no/people")
def people() -> str:
    return render_template(
        "people.html", people=books.rows("SELECT * FROM person ORDER BY name")
    )


@pages.get("/no/netbank/<identifier>")
def netbank(identifier: str) -> str:
    bills = books.rows(
        "SELECT * FROM bill WHERE recipient = ? ORDER BY rowid DESC", identifier
    )
    return render_template("netbank.html", who=person(identifier), bills=bills)


@pages.post("/no/netbank/<identifier>")
def choose(identifier: str) -> Response:
    """General consent and the block list, as somebody sets them in the netbank."""
    person(identifier)
    what = request.form["what"]
    column, value, state = {
        "general": ("general", 1, "general"),
        "not_general": ("general", 0, "ended"),
        "block": ("blocked", 1, "blocked"),
        "unblock": ("blocked", 0, "unblocked"),
        "end": ("approved", 0, "ended"),
    }[what]
    books.run(
        f"UPDATE person SET {column} = ? WHERE identifier = ?",
        *(value, identifier),
    )
    tell("consent_status", state=state, identifier=identifier)
    return redirect(url_for("pages.netbank", identifier=identifier))


@pages.post("/no/bill/<message_id>")
def decide_bill(message_id: str) -> Response:
    bill = _one("SELECT * FROM bill WHERE id = ?", message_id)
    state = BILL[request.form["what"]]
    if bill["state"] not in ("awaiting_approval", "opened"):
        raise Refusal(409, f"It is {bill['state']}.")
    books.run("UPDATE bill SET state = ? WHERE id = ?", state, message_id)
    tell("invoice_status", message_id=message_id, state=state)
    return redirect(url_for("pages.netbank", identifier=bill["recipient"]))


@pages.get("/no/bill/<message_id>/picture")
def picture(message_id: str) -> Response:
    bill = _one("SELECT pdf FROM bill WHERE id = ?", message_id)
    return Response(bill["pdf"], mimetype="application/pdf")

"""The calls of Kravia's public pages: who calls, what goes wrong, the answer."""

from __future__ import annotations

import socket
import time
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from counterparties.common.web import Refusal

from .desk import INVITATION, WEBHOOK, desk, details, given

FOREVER = 3600
api = Blueprint("api", __name__, url_prefix="/api/v2")


@api.before_request
def check() -> Any:
    """A fault that comes before anything is done, and the secret."""
    g.fault = desk.books.strike(request.path)
    if g.fault == "hang":
        time.sleep(FOREVER)
    if g.fault == "429":
        return jsonify(message="Too many calls."), 429, {"Retry-After": "2"}
    if g.fault == "500_before_commit":
        return jsonify(message="Something broke."), 500
    if request.headers.get("Authorization") != desk.books.setting("secret"):
        return jsonify(message="Unauthorized"), 401
    return None


@api.after_request
def spoil(response: Response) -> Response:
    """A fault that comes after it was done."""
    if g.fault == "500_after_commit":
        response.status_code = 500
    if g.fault == "unreadable":
        response.set_data(b'{"number": 1}')
    desk.calls.append(
        {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
        }
    )
    if g.fault == "timeout":
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return response


@api.put("/creditor/<int:number>/webhook")
def webhook(number: int) -> Any:
    _own(number)
    desk.books.set_setting("webhook", given(WEBHOOK))
    return jsonify({})


@api.post("/creditor/<int:number>/invite")
def invite(number: int) -> Any:
    _own(number)
    invited = [*desk.books.setting("invited", []), given(INVITATION)["email"]]
    desk.books.set_setting("invited", invited)
    return jsonify({})


def _own(number: int) -> None:
    if number != desk.books.setting("creditor"):
        raise Refusal(404, "There is no such creditor.")


@api.post("/invoice/<any(register, payment, creditnote):what>")
def post(what: str) -> Any:
    work = {"register": desk.register, "payment": desk.pay, "creditnote": desk.credit}
    with desk.books.transaction():
        return jsonify(work[what]())


@api.get("/invoice/search")
def search() -> Any:
    return jsonify(desk.search())


@api.get("/invoice/<int:number>/details")
def show(number: int) -> Any:
    return jsonify(details(desk.claim(number)))


@api.get("/settlements")
def settlements() -> Any:
    only_open = request.args.get("ExcludeClosed") == "true"
    return jsonify(
        [
            {name: one[name] for name in one if name != "closed"}
            for one in desk.books.settlements()
            if not (only_open and one["closed"])
        ]
    )


@api.patch("/settlements/<int:number>/bookkeep")
def bookkeep(number: int) -> Any:
    return jsonify(desk.bookkeep(number))

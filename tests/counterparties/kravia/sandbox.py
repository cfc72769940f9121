"""The orders of a test: what people at Kravia do, and what goes wrong."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, jsonify, request

from counterparties.common.web import Refusal

from .books import FAULTS, WEBHOOK_FAULTS
from .desk import desk

sandbox = Blueprint("sandbox", __name__, url_prefix="/api/sandbox")
TOLD = ("webhook", "told", "invited", "faults")


@sandbox.get("/state")
def state() -> Any:
    """Everything that there is."""
    return jsonify(
        {
            "claims": desk.books.claims(),
            "settlements": desk.books.settlements(),
            "calls": list(desk.calls),
            "waiting": desk.sender.waiting.unfinished_tasks,
            **{name: desk.books.setting(name, []) for name in TOLD},
        }
    )


@sandbox.post("/faults")
def arm() -> Any:
    """Add a fault: `kind`, `times`, and a `path` (a shell pattern) or a `claim`."""
    order = {"times": 1, "path": "/api/v2/*", **json.loads(request.data)}
    if order["kind"] in WEBHOOK_FAULTS:
        order["path"] = f"webhook/{order.get('claim', '*')}"
    elif order["kind"] not in FAULTS:
        raise Refusal(400, f"faults are {', '.join((*FAULTS, *WEBHOOK_FAULTS))}")
    with desk.books.transaction():
        desk.books.set_setting("faults", [*desk.books.setting("faults", []), order])
    return jsonify({})


@sandbox.post("/secret")
def change_secret() -> Any:
    """The old one is not taken any more."""
    desk.books.set_setting("secret", json.loads(request.data)["secret"])
    return jsonify({})


@sandbox.post("/settle")
def settle() -> Any:
    """Pay out."""
    with desk.books.transaction():
        return jsonify(desk.settle())


@sandbox.post("/claims/<int:number>/<any(move, collect):what>")
def control(number: int, what: str) -> Any:
    """Something happens to a case."""
    work = {"move": desk.move, "collect": desk.collect}[what]
    with desk.books.transaction():
        return jsonify(work(desk.claim(number), json.loads(request.data)))

"""The operator's pages: the ledger, one payment, time, faults, complaints."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from counterparties.common.web import Refusal

from . import faults, ledger
from .core import here
from .screens import to_receipt

_SHOWN = 200
_PATIENCE = 2

operators = Blueprint("operators", __name__, url_prefix="/operator")


def _done(words: str, where: str = ".front", **given: Any) -> Response:
    flash(words, "good")
    return redirect(url_for(where, **given), 303)


def _payment() -> dict:
    return here.find(request.form.get("network"), request.form.get("txn_id", ""))


@operators.get("")
def front() -> str:
    payments, networks = here.books.payments(), here.networks()
    titles = {"": "All networks", **{each.name: each.title for each in networks}}
    return render_template(
        "operator.html",
        days=ledger.days(payments),
        payments=payments[: -_SHOWN - 1 : -1],
        complaints=here.books.complaints()[: -_SHOWN - 1 : -1],
        faults=faults.armed(here.books),
        kinds={kind: f"{kind}: {words}" for kind, words in faults.KINDS.items()},
        networks=networks,
        titles=titles,
        now=here.clock.stamp(),
    )


@operators.get("/payment/<name>/<txn_id>")
def payment(name: str, txn_id: str) -> str:
    found = here.find(name, txn_id)
    return render_template(
        "payment.html",
        payment=found,
        attempts=here.books.attempts(found["id"]),
        has_cancel="cancel" in here.protocol(name).OPERATIONS,
    )


@operators.post("/clock")
def let_time_pass() -> Response:
    hours = request.form.get("hours", "")
    if not hours.isdecimal():
        raise Refusal(400, "Type a number of hours.")
    here.clock.advance(int(hours) * 3600)
    here.notify()
    return _done("Time has passed.")


@operators.post("/faults")
def arm() -> Response:
    given = {name: value for name, value in request.form.items() if value}
    faults.arm(here.books, given)
    return _done("The fault is armed.")


@operators.post("/faults/clear")
def clear() -> Response:
    faults.clear(here.books)
    return _done("All faults are cleared.")


@operators.post("/cancel")
def cancel() -> Response:
    found, given = _payment(), {"reason": "Asked by the operator"}
    here.cancel(found["network"], found["txn_id"], given)
    return to_receipt(here.wait(found["id"], _PATIENCE))


@operators.post("/repeat")
def repeat() -> Response:
    found = _payment()
    here.repeat(found, {})
    which = {"name": found["network"], "txn_id": found["txn_id"]}
    return _done("The payment was sent again.", ".payment", **which)

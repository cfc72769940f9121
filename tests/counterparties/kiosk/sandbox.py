"""The control API for tests: networks, payments, faults, time. JSON in, JSON out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, request

from counterparties.common.web import Refusal

from . import faults, ledger, networks, registry
from .core import here

_LONGEST_WAIT = 300.0
_UNITS = {"seconds": 1, "hours": 3600, "days": 86_400}

sandbox = Blueprint("sandbox", __name__, url_prefix="/sandbox")


def _given() -> dict[str, Any]:
    found = request.get_json(force=True)
    if not isinstance(found, dict):
        raise Refusal(400, "The request is not a JSON object.")
    return found


def _number(given: dict, name: str, default: float = 0) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refusal(400, f"{name} is a number.")
    return float(value)


def _wait(given: dict, default: float = 10) -> float:
    return min(_number(given, "wait", default), _LONGEST_WAIT)


def _payment(payment: dict, seconds: float = 0) -> dict:
    """A payment with its attempts, after waiting for it."""
    if seconds:
        payment = here.wait(payment["id"], seconds)
    return {**ledger.view(payment), "log": here.books.attempts(payment["id"])}


def _found(given: Any) -> dict:
    return here.find(given.get("network"), str(given.get("txn_id")))


# Networks, time, faults


@sandbox.post("/networks")
def enter_networks() -> dict:
    given = _given()
    for network in [networks.read(each) for each in given.get("networks", [given])]:
        here.add_network(network)
    return {"networks": [each.view() for each in here.networks()]}


@sandbox.post("/clock")
def let_time_pass() -> dict:
    given = _given()
    seconds = sum(_number(given, name) * unit for name, unit in _UNITS.items())
    if seconds < 0:
        raise Refusal(400, "Time only goes forward.")
    here.clock.advance(seconds)
    here.notify()
    return {"now": here.clock.stamp(), **wait()}


@sandbox.post("/wait")
def wait() -> dict:
    """Until nothing is due and nothing under way any more."""
    return {"idle": current_app.extensions["workers"].wait(_wait(_given()))}


@sandbox.post("/faults")
def arm() -> dict:
    given = _given()
    if given.get("network") is not None:
        here.protocol(given["network"])
    return {"faults": faults.arm(here.books, given)}


@sandbox.get("/faults")
def armed() -> dict:
    return {"faults": faults.armed(here.books)}


@sandbox.post("/faults/clear")
def clear() -> dict:
    return {"faults": faults.clear(here.books, _given().get("network"))}


# Payments


@sandbox.post("/pay")
def pay() -> dict:
    given = _given()
    return _payment(here.pay(given), _wait(given, 0))


@sandbox.post("/cancel")
def cancel() -> dict:
    given = _given()
    payment = here.cancel(given.get("network"), str(given.get("txn_id")), given)
    return _payment(payment, _wait(given, 0))


@sandbox.post("/repeat")
def repeat() -> dict:
    given = _given()
    return {"answers": here.repeat(_found(given), given)}


@sandbox.post("/<any(lookup, status, statement):operation>")
def ask(operation: str) -> dict:
    return here.ask(operation, _given())


# What the network has


@sandbox.post("/registry")
def list_day() -> dict:
    """The registry of a day and its payout, with faults on demand: `registry.py`."""
    given = _given()
    network = here.protocol(given.get("network")).network
    return registry.write(network, here.books.payments(network.name), given)


@sandbox.get("/payment")
def payment() -> dict:
    return _payment(_found(request.args))


@sandbox.get("/ledger")
def books() -> dict:
    name = request.args.get("network")
    if name is not None:
        here.protocol(name)
    return ledger.ledger(here.books, name)


@sandbox.get("/complaints")
def complaints() -> dict:
    return {"complaints": here.books.complaints(request.args.get("network"))}

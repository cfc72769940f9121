"""Controls that only the sandbox has: time, faults, rules, people's decisions."""

import ipaddress
from typing import Any

from flask import Blueprint, g, request

from . import (
    access,
    agenda,
    cases,
    creditors,
    employee,
    faults,
    fields,
    receipts,
    rules,
    settlements,
    transfer,
)
from .core import agency
from .errors import missing
from .fields import Integer
from .gate import json_object

sandbox = Blueprint("sandbox", __name__, url_prefix="/v1/sandbox")


@sandbox.before_request
def open_call() -> None:
    """The controls answer only on this machine; they need no bearer and no key."""
    if not ipaddress.ip_address(request.remote_addr or "").is_loopback:
        raise missing("path")
    g.given = json_object()


@sandbox.get("/state")
def state() -> dict:
    """Everything the sandbox knows, for tests; without secrets."""
    with agency.books.transaction():
        find = agency.books.find
        clients, owners = find("client"), find("creditor")
        return {
            "clock": clock_view(),
            "rules": agency.rules(),
            "faults": faults.armed(),
            "clients": [{"id": each["id"]} for each in clients],
            "creditors": [
                {**creditors.view(each), "client_id": each["client_id"]}
                for each in owners
            ],
            "cases": [full_case(each) for each in find("case")],
            "settlements": [settlements.view(each) for each in find("settlement")],
            "events": find("event"),
            "deliveries": find("delivery"),
            "mails": find("mail"),
            "calls": list(agency.calls),
        }


def full_case(case: dict) -> dict:
    """A case with what was sent for it and what happened on it."""
    payments = agency.books.find("payment", case_id=case["id"])
    return {
        **cases.view(case),
        "submitted": case["submitted"],
        "letter": cases.letter(case),
        "payments": [receipts.view(each) for each in payments],
        "credit_notes": cases.parts(case, "credit_note"),
        "messages": cases.parts(case, "message"),
    }


@sandbox.post("/reset")
def reset() -> dict:
    """As at the start: the clients, and their agreements made outside."""
    with agency.books.transaction():
        agency.books.forget()
        for client in agency.books.find("client"):
            creditors.open_outside(client)
    return clock_view()


@sandbox.post("/clients")
def add_client() -> dict:
    return {"client_id": access.add_client(g.given)["id"]}


def clock_view() -> dict:
    return {"now": agency.stamp(), "offset_seconds": agency.offset}


@sandbox.post("/clock")
def clock() -> dict:
    advance_clock(g.given)
    return clock_view()


def advance_clock(given: dict) -> None:
    """Let time pass."""
    wanted = {
        "advance_days": Integer(0, 36_500, 0),
        "advance_seconds": Integer(0, default=0),
    }
    days, seconds = fields.read(wanted, given).values()
    agenda.advance(days * 86_400 + seconds)


@sandbox.post("/rules")
def change_rules() -> dict:
    agency.books.set_setting("rules", rules.changed(agency.rules(), g.given))
    return agency.rules()


@sandbox.post("/faults")
def arm_fault() -> dict:
    return {"faults": faults.arm(g.given)}


@sandbox.post("/faults/clear")
def clear_faults() -> dict:
    return {"faults": faults.clear()}


@sandbox.post("/settlements")
def settle() -> dict:
    name = fields.read("creditor", g.given)["creditor"]
    with agency.books.transaction():
        made = settlements.settle(creditors.find(name)["id"] if name else None)
    return {"settlements": [settlements.view(each) for each in made]}


@sandbox.post("/creditors/<creditor>/<control>")
def control_creditor(creditor: str, control: str) -> dict:
    with agency.books.transaction():
        found = creditors.find(creditor)
        if control == "cases":
            return cases.view(transfer.type_by_hand(found, g.given))
        if control not in creditors.CONTROLS:
            raise missing("path")
        creditors.CONTROLS[control](found, g.given)
        return creditors.view(found)


@sandbox.post("/cases/<case>/<control>")
def control_case(case: str, control: str) -> Any:
    with agency.books.transaction():
        found = cases.find(case)
        if control not in employee.CONTROLS:
            raise missing("path")
        employee.CONTROLS[control](found, g.given)
        if control == "debtor-pays":
            payment = agency.books.find("payment", case_id=found["id"])[-1]
            return {"case": cases.view(found), "payment": receipts.view(payment)}
        return cases.view(found)

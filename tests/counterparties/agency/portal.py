"""The portal: pages for the creditor's people and the agency's own, and their forms."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, render_template, request

from . import (
    core,
    course,
    creditors,
    employee,
    faults,
    messages,
    sandbox,
    settlements,
    states,
    transfer,
)
from .api import as_file
from .core import agency
from .errors import ApiError, missing

portal = Blueprint("portal", __name__, url_prefix="/portal")
MENU = {
    "Creditors": "/portal/creditors",
    "Cases": "/portal/cases",
    "Settlements": "/portal/settlements",
    "Mail": "/portal/mail",
    "Clock and faults": "/portal/clock",
}
_LATEST = 200
_NUMBERS = ("instalments", "advance_days", "advance_seconds", "times", "seconds")


@portal.app_context_processor
def frame() -> dict:
    """What every page knows."""
    parts = {"agency": agency, "core": core, "states": states, "faults": faults}
    return {"party": agency.name, "menu": MENU, "latest": latest, **parts}


@portal.app_template_filter()
def moment(stamp: str | None) -> str:
    """A time as people read it."""
    return (stamp or "").replace("T", " ").removesuffix("Z")


def latest(kind: str, wanted: str = "") -> list[dict]:
    """The last records; of cases those whose number, invoice or debtor has `wanted`."""
    found = agency.books.find(kind)[::-1]
    return [each for each in found if wanted.casefold() in _searched(each)][:_LATEST]


def _searched(record: dict) -> str:
    words = record.get("case_number"), record.get("invoice_number")
    return f"{words} {record.get('debtor', {}).get('name')}".casefold()


# Pages


@portal.get("/<any(creditors, cases, settlements, mail, clock, terms, prices):name>")
def simple_page(name: str) -> str:
    return render_template(f"{name}.html")


@portal.get("/creditors/<creditor>")
def creditor_page(creditor: str) -> str:
    shown = creditors.view(agency.record("creditor", creditor))
    return render_template("creditor.html", creditor=shown)


@portal.get("/cases/<case>")
def case_page(case: str) -> str:
    found = agency.record("case", case)
    more = {"shown": sandbox.full_case(found), "following": course.following(found)}
    return render_template("case.html", case=found, **more)


@portal.get("/cases/<case>/documents/<document>")
def document(case: str, document: str) -> Response:
    found = agency.record("document", document, case_id=case)
    return as_file(messages.content(found), found["name"], found["content_type"])


@portal.get("/settlements/<settlement>/pdf")
def settlement_pdf(settlement: str) -> Response:
    data = settlements.pdf(agency.record("settlement", settlement))
    return as_file(data, f"{settlement}.pdf", "application/pdf")


# Forms


@portal.errorhandler(ApiError)
def again(error: ApiError) -> Any:
    """Back to the page that the form was on, with the reasons why it was not done."""
    if request.method != "POST":
        return render_template("error.html", sentence=str(error)), error.status
    reasons = [str(error), *(each["message"] for each in error.faults)]
    flash(" ".join(dict.fromkeys(reasons)), "bad")
    return redirect(urlsplit(request.referrer or "").path or "/portal/creditors", 303)


def _given() -> dict:
    """The form as a JSON body would have it."""
    given: dict[str, Any] = {n: v.strip() for n, v in request.form.items() if v.strip()}
    numbers = [n for n in _NUMBERS if n in given and given[n].isdecimal()]
    return given | {name: int(given[name]) for name in numbers}


def _settings() -> dict:
    """A box that is not ticked sends nothing, an emptied field means none."""
    given = {**dict.fromkeys(creditors.EMPTIED), **_given()}
    return given | {name: name in request.form for name in creditors.FLAGS}


def _done(place: str) -> Any:
    return redirect(f"/portal/{place}?done=1", 303)


@portal.post("/creditors/<creditor>/<control>")
def control_creditor(creditor: str, control: str) -> Any:
    given = _settings() if control == "settings" else _given()
    with agency.books.transaction():
        found = agency.record("creditor", creditor)
        if control == "cases":
            case = transfer.type_by_hand(found, given)
            return _done(f"cases/{case['id']}")
        if control not in creditors.CONTROLS:
            raise missing("form")
        creditors.CONTROLS[control](found, given)
    return _done(f"creditors/{creditor}")


@portal.post("/cases/<case>/<control>")
def control_case(case: str, control: str) -> Any:
    given, files = _given(), request.files.getlist("file")
    with agency.books.transaction():
        found = agency.record("case", case)
        if control == "documents":
            messages.attach(found, files, None)
        elif control in employee.CONTROLS:
            employee.CONTROLS[control](found, given)
        else:
            raise missing("form")
    return _done(f"cases/{case}")


@portal.post("/clock")
def clock() -> Any:
    sandbox.advance_clock(_given())
    return _done("clock")


@portal.post("/faults")
def arm_fault() -> Any:
    faults.arm(_given())
    return _done("clock")


@portal.post("/faults/clear")
def clear_faults() -> Any:
    faults.clear()
    return _done("clock")


@portal.post("/settlements")
def settle() -> Any:
    with agency.books.transaction():
        settlements.settle()
    return _done("settlements")

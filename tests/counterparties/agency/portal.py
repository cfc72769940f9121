"""The portal: pages for the creditor's people and the agency's own, and their forms."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from . import (
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
from .core import TERMS_TEXT, TERMS_VERSION, agency
from .errors import ApiError, missing

portal = Blueprint("portal", __name__, url_prefix="/portal")
MENU = {
    "Creditors": "/portal/creditors",
    "Cases": "/portal/cases",
    "Settlements": "/portal/settlements",
    "Mail": "/portal/mail",
    "Clock and faults": "/portal/clock",
}
# state -> what the agency can do with an agreement: control, label, look
BUTTONS = {
    "pending_signature": (("activate", "Activate", ""), ("reject", "Reject", "bad")),
    "rejected": (("activate", "Activate", ""),),
    "suspended": (("activate", "Activate", ""), ("terminate", "Terminate", "bad")),
    "active": (("suspend", "Suspend", "plain"), ("terminate", "Terminate", "bad")),
    "initialised": (("reject", "Reject", "bad"),),
}
PRICES = {
    "reminder_fee": "Reminder (paid by the debtor)",
    "demand_fee": "Demand letter (paid by the debtor)",
    "court_fee": "Legal action (paid by the debtor)",
    "withdrawal_fee_demand": "Withdrawal after the demand",
    "withdrawal_fee_legal": "Withdrawal after legal action",
    "commission_percent": "Commission on capital, per cent",
    "vat_percent": "VAT, per cent",
}
# states that are set by hand; the others come with a form of their own
SETTABLE = {
    state: label
    for state, label in states.LABELS.items()
    if state not in ("closed", "payment_plan")
}
_LATEST = 200
_NUMBERS = ("instalments", "advance_days", "advance_seconds", "times", "seconds")


@portal.app_context_processor
def frame() -> dict:
    """What every page knows."""
    return {"party": agency.name, "menu": MENU, "labels": states.LABELS}


@portal.app_template_filter()
def moment(stamp: str | None) -> str:
    """A time as people read it."""
    return (stamp or "").replace("T", " ").removesuffix("Z")


def _page(name: str, error: ApiError | None = None, **values: object) -> Any:
    """A page, also again with the reasons why its form was not done."""
    reasons = [str(error), *(each["message"] for each in error.faults)] if error else []
    page = render_template(f"{name}.html", reasons=dict.fromkeys(reasons), **values)
    return page, error.status if error else 200


def _latest(kind: str) -> list[dict]:
    return agency.books.find(kind)[: -_LATEST - 1 : -1]


# Pages


@portal.get("/creditors")
def creditor_list() -> Any:
    return _page("creditors", found=agency.books.find("creditor"), buttons=BUTTONS)


@portal.get("/creditors/<creditor>")
def creditor_page(creditor: str, error: ApiError | None = None) -> Any:
    found = agency.record("creditor", creditor)
    shown = creditors.view(found)
    return _page("creditor", error, creditor=shown, buttons=BUTTONS)


@portal.get("/cases")
def case_list() -> Any:
    """The latest cases, or those whose number, invoice or debtor has these letters."""
    wanted = request.args.get("find", "")
    found = []
    for case in reversed(agency.books.find("case")):
        searched = case["case_number"], case["invoice_number"], case["debtor"]["name"]
        if wanted.casefold() in " ".join(searched).casefold():
            found.append(case)
    return _page("cases", wanted=wanted, found=found[:_LATEST])


@portal.get("/cases/<case>")
def case_page(case: str, error: ApiError | None = None) -> Any:
    found = agency.record("case", case)
    return _page(
        "case",
        error,
        case=found,
        shown=sandbox.full_case(found),
        following=course.following(found),
        actions=states.ACTIONS,
        outcomes=states.OUTCOMES,
        settable={"": "as it is", **SETTABLE},
    )


@portal.get("/settlements")
def settlement_list(error: ApiError | None = None) -> Any:
    return _page("settlements", error, found=_latest("settlement"))


@portal.get("/mail")
def mail() -> Any:
    return _page("mail", found=_latest("mail"))


@portal.get("/clock")
def clock_page(error: ApiError | None = None) -> Any:
    now, offset = agency.stamp(), agency.offset
    armed = faults.armed()
    return _page(
        "clock", error, now=now, offset=offset, armed=armed, kinds=faults.KINDS
    )


@portal.get("/terms")
def terms() -> Any:
    return _page("terms", version=TERMS_VERSION, terms=TERMS_TEXT)


@portal.get("/prices")
def prices() -> Any:
    return _page("prices", rules=agency.rules(), prices=PRICES)


@portal.get("/cases/<case>/documents/<document>")
def document(case: str, document: str) -> Response:
    found = agency.record("document", document, case_id=case)
    data = messages.content(found)
    return as_file(data, found["name"], found["content_type"])


@portal.get("/settlements/<settlement>/pdf")
def settlement_pdf(settlement: str) -> Response:
    data = settlements.pdf(agency.record("settlement", settlement))
    return as_file(data, f"{settlement}.pdf", "application/pdf")


# Forms


@portal.errorhandler(ApiError)
def again(error: ApiError) -> Any:
    """The page that the form was on, with the reason why it was not done."""
    values = request.view_args or {}
    pages: dict[str, Callable] = {"case": case_page, "creditor": creditor_page}
    if request.method == "POST":
        for name, page in pages.items():
            if name in values and agency.books.get(name, values[name]):
                return page(values[name], error)
        return clock_page(error)
    return render_template("error.html", sentence=str(error)), error.status


def _given() -> dict:
    """The form as a JSON body would have it."""
    given: dict[str, object] = {}
    for name, value in request.form.items():
        value = value.strip()
        if name in _NUMBERS and value.isascii() and value.isdecimal():
            given[name] = int(value)
        elif value:
            given[name] = value
    return given


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

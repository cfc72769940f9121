"""What the creditor can do with a case, through the API or the portal."""

from __future__ import annotations

import datetime as dt

import agency_cases
import agency_clock
import agency_course
import agency_creditors
import agency_money
from agency_core import Agency
from agency_errors import invalid
from agency_form import Form
from agency_states import ACTIONS, offered

_LONGEST_DAYS = 366
_STEPS = {"approve_demand": "demand", "approve_legal": "legal"}


def act(agency: Agency, case: dict, given: dict) -> dict:
    """Do an action now: the answer of the contract.

    :raises ApiError: malformed, or not available in this state
    """
    action = read(agency, case, given)
    return perform(agency, case, action)


def read(agency: Agency, case: dict, given: dict) -> dict:
    """A checked action that is available now."""
    form = Form(given)
    kind = form.choice("type", ACTIONS, required=True)
    until = form.date("until", required=kind == "change_due_date")
    reason = form.text("reason", 1000) or ""
    version = form.integer("version")
    if until:
        days = (until - agency.clock.today()).days
        if not 0 < days <= _LONGEST_DAYS:
            form.wrong("until", "value", "until is not after today and within a year.")
    form.check()
    if kind not in offered(case["state"], case["outcome"]):
        agency_course.refuse_closed(case)
        raise agency_course.unavailable(
            case, f"{kind} is not available in {case['state']}."
        )
    agency_creditors.check_version(version, case["version"])
    day = until.isoformat() if until else None
    return {"type": kind, "until": day, "reason": reason}


def answer(agency: Agency, case: dict, kind: str, fee: str) -> dict:
    amount = {"amount": fee, "currency": case["currency"]}
    return {"type": kind, "fee": amount, "case": agency_cases.view(agency, case)}


def no_fee(case: dict) -> str:
    return agency_money.show(agency_money.ZERO, case["currency"])


def perform(agency: Agency, case: dict, action: dict) -> dict:
    """Do an action that was read."""
    kind, reason = action["type"], action["reason"]
    fee = no_fee(case)
    if kind == "withdraw":
        due = agency_cases.withdrawal_fee(agency, case)
        fee = agency_money.show(due, case["currency"])
        agency_course.close(agency, case, "withdrawn", "creditor", reason)
    elif kind == "reject_demand":
        agency_course.close(agency, case, "withdrawn", "creditor", reason)
    else:
        asks = _change(agency, case, action)
        agency_cases.changed(agency, case, asks)
    return answer(agency, case, kind, fee)


def _change(agency: Agency, case: dict, action: dict) -> bool:
    """An action that leaves the case open; true when the creditor is asked again."""
    kind, reason = action["type"], action["reason"]
    if kind in _STEPS:
        case["legal_approved"] = case["legal_approved"] or kind == "approve_legal"
        agency_course.take_step(agency, case, _STEPS[kind], "creditor", reason)
        return False
    if kind == "reject_legal":
        agency_course.place(agency, case, "monitoring", "creditor", reason)
        return False
    if kind == "pause":
        agency_course.place(agency, case, "paused", "creditor", reason)
        case["paused_until"] = action["until"]
        return False
    if kind == "dispute":
        agency_course.place(agency, case, "disputed", "creditor", reason)
        return False
    if kind == "change_due_date":
        _change_due_date(agency, case, action["until"], reason)
        return False
    if kind == "reopen":
        agency_cases.note(agency, case, "creditor", "reopened", "Reopened", reason)
        agency_course.place(agency, case, case["back"], "agency")
        return bool(case["action_required"])
    return agency_course.go_back(agency, case, "creditor", reason)


def _change_due_date(agency: Agency, case: dict, until: str, reason: str) -> None:
    if until == case["due_date"]:
        raise invalid("until", "value", "This is the due date already.")
    case["due_date"] = until
    day_after = dt.date.fromisoformat(until) + dt.timedelta(days=1)
    if case["next_step_at"]:
        earliest = agency_clock.midnight(day_after)
        case["next_step_at"] = max(case["next_step_at"], earliest)
    label = f"New due date {until}"
    agency_cases.note(agency, case, "creditor", "due_date", label, reason)

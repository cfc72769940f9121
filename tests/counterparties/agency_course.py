"""The course of a case: which step follows, and what each one brings with it."""

from __future__ import annotations

import datetime as dt

import agency_balance
import agency_cases
import agency_clock
import agency_money
from agency_core import Agency
from agency_errors import ApiError
from agency_states import HINTS, LABELS, MAIN, OUTCOMES, STAGES, offered

_CHARGES = {
    "reminder": ("fees", "reminder_fee"),
    "demand": ("fees", "demand_fee"),
    "legal": ("court_fees", "court_fee"),
}


def begin(agency: Agency, case: dict, actor: str, text: str = "") -> dict:
    """The first state of a new case."""
    place(agency, case, "received", actor, text)
    return agency_cases.changed(agency, case)


def place(agency: Agency, case: dict, state: str, actor: str, text: str = "") -> None:
    """Put a case into an open state and write it into the history."""
    if state in MAIN:
        case["main"] = case["back"] = state
    elif case["state"] in MAIN or case["state"] == "payment_plan":
        case["back"] = case["state"]
    if state == "payment_plan":
        case["back"] = case["main"]
    case.update(
        state=state,
        outcome=None,
        closed_at=None,
        status={"code": state, "label": LABELS[state]},
        stage=STAGES.get(state, case["stage"]),
        action_required=state in HINTS,
        action_hint=HINTS.get(state, ""),
        paused_until=None,
        next_step_at=_next_step_at(agency, case, state),
    )
    agency_cases.note(agency, case, actor, state, LABELS[state], text)


def _next_step_at(agency: Agency, case: dict, state: str) -> str | None:
    days = agency.rules().step_days(state)
    if days is None:
        return None
    moment = agency_clock.show(agency.clock.now() + dt.timedelta(days=days))
    # a longer term was granted: not before it has passed
    day_after = dt.date.fromisoformat(case["due_date"]) + dt.timedelta(days=1)
    return max(moment, agency_clock.midnight(day_after))


def ask(case: dict, hint: str) -> None:
    """The creditor has to do something."""
    case.update(action_required=True, action_hint=hint)


def take_step(
    agency: Agency, case: dict, state: str, actor: str, text: str = ""
) -> None:
    """Go on to a state of the main course, with its costs and interest."""
    rules, today = agency.rules(), agency.clock.today()
    agency_balance.accrue(case, rules.amount("interest_percent"), today)
    if state in _CHARGES:
        bucket, rule = _CHARGES[state]
        fee = agency_money.rounded(rules.amount(rule), case["currency"])
        agency_balance.charge(case, bucket, fee)
    if state == "demand":
        agency_cases.limit_from(agency, case, today)
    place(agency, case, state, actor, text)


def following(agency: Agency, case: dict) -> str | None:
    """What comes next by itself; None where a person must go on."""
    settings = agency.record("creditor", case["creditor_id"])["settings"]
    demand = "demand"
    if settings["approve_before_demand"]:
        demand = "awaiting_approval_demand"
    legal = "legal"
    if settings["approve_before_legal"]:
        legal = "awaiting_approval_legal"
    return {
        "received": "registered",
        "registered": demand if case["first_action"] == "demand" else "reminder",
        "reminder": demand,
        "demand": legal,
        "legal": "enforcement",
        "enforcement": "monitoring",
    }.get(case["state"])


def advance(agency: Agency, case: dict) -> dict:
    """Take the next step."""
    state = following(agency, case)
    if state is None:
        raise unavailable(case, f"No step follows by itself on {case['state']}.")
    take_step(agency, case, state, "agency")
    return agency_cases.changed(agency, case, asks=case["action_required"])


def go_back(agency: Agency, case: dict, actor: str, text: str = "") -> bool:
    """Return from a side state; true when the creditor is asked again."""
    label = LABELS[case["back"]]
    agency_cases.note(agency, case, actor, "resumed", f"Back to: {label}", text)
    place(agency, case, case["back"], actor)
    return case["action_required"]


def close(agency: Agency, case: dict, outcome: str, actor: str, text: str = "") -> dict:
    """End a case."""
    if case["state"] in MAIN or case["state"] == "payment_plan":
        case["back"] = case["state"]
    case.update(
        state="closed",
        outcome=outcome,
        closed_at=agency.clock.stamp(),
        status={"code": "closed", "label": f"Closed: {OUTCOMES[outcome]}"},
        action_required=False,
        action_hint="",
        paused_until=None,
        next_step_at=None,
    )
    label = case["status"]["label"]
    agency_cases.note(agency, case, actor, "closed", label, text)
    return agency_cases.changed(agency, case)


def unavailable(case: dict, message: str) -> ApiError:
    return ApiError(
        "action_not_available",
        message,
        state=case["state"],
        available_actions=offered(case["state"], case["outcome"]),
    )


def refuse_closed(case: dict) -> None:
    """
    :raises ApiError: the case is closed
    """
    if case["state"] == "closed":
        raise ApiError(
            "case_closed",
            f"The case is closed: {OUTCOMES[case['outcome']]}.",
            state="closed",
            outcome=case["outcome"],
            available_actions=offered("closed", case["outcome"]),
        )

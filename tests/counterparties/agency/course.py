"""The course of a case: which step follows, and what each one brings with it."""

import datetime as dt

from . import balance, cases, money
from .core import agency, day_after, show
from .errors import ApiError
from .states import HINTS, LABELS, MAIN, OUTCOMES, STAGES, offered

_CHARGES = {
    "reminder": ("fees", "reminder_fee"),
    "demand": ("fees", "demand_fee"),
    "legal": ("court_fees", "court_fee"),
}


def begin(case: dict, text: str = "") -> dict:
    """The first state of a new case."""
    place(case, "received", "creditor", text)
    cases.changed(case)
    return case


def place(case: dict, state: str, actor: str, text: str = "") -> None:
    """Put a case into an open state and write it into the history."""
    if state in MAIN:
        case["main"] = case["back"] = state
    elif state == "payment_plan":
        case["back"] = case["main"]
    elif case["state"] in MAIN or case["state"] == "payment_plan":
        case["back"] = case["state"]
    case.update(
        state=state,
        outcome=None,
        closed_at=None,
        status={"code": state, "label": LABELS[state]},
        stage=STAGES.get(state, case["stage"]),
        action_required=state in HINTS,
        action_hint=HINTS.get(state, ""),
        paused_until=None,
        next_step_at=_next_step_at(case, state),
    )
    cases.note(case, actor, state, LABELS[state], text)


def _next_step_at(case: dict, state: str) -> str | None:
    days = agency.rules()["step_days"].get(state)
    if days is None:
        return None
    # a longer term was granted: not before it has passed
    return max(
        show(agency.now() + dt.timedelta(days=days)), day_after(case["due_date"])
    )


def take_step(case: dict, state: str, actor: str, text: str = "") -> None:
    """Go on to a state of the main course, with its costs and interest."""
    balance.accrue(case, agency.rate("interest_percent"), agency.today())
    joined = cases.together(case["creditor_id"], case["matter"])
    if state in _CHARGES and not any(state in each["charged"] for each in joined):
        bucket, rule = _CHARGES[state]
        fee = money.rounded(agency.rate(rule), case["currency"])
        balance.charge(case, bucket, fee)
        case["charged"].append(state)
    if state == "demand":
        cases.limit_from(case, agency.today())
    place(case, state, actor, text)


def following(case: dict) -> str | None:
    """What comes next by itself; None where a person must go on."""
    settings = agency.record("creditor", case["creditor_id"])["settings"]
    demand, legal = (
        f"awaiting_approval_{step}" if settings[f"approve_before_{step}"] else step
        for step in ("demand", "legal")
    )
    return {
        "received": "registered",
        "registered": demand if case["first_action"] == "demand" else "reminder",
        "reminder": demand,
        "demand": legal,
        "legal": "enforcement",
        "enforcement": "monitoring",
    }.get(case["state"])


def advance(case: dict) -> None:
    """Take the next step."""
    state = following(case)
    if state is None:
        raise unavailable(case, f"No step follows by itself on {case['state']}.")
    take_step(case, state, "agency")
    cases.changed(case, asks=case["action_required"])


def go_back(case: dict, actor: str, text: str = "") -> bool:
    """Return from a side state; true when the creditor is asked again."""
    label = LABELS[case["back"]]
    cases.note(case, actor, "resumed", f"Back to: {label}", text)
    place(case, case["back"], actor)
    return case["action_required"]


def close(case: dict, outcome: str, actor: str, text: str = "") -> None:
    """End a case."""
    if case["state"] in MAIN or case["state"] == "payment_plan":
        case["back"] = case["state"]
    label = f"Closed: {OUTCOMES[outcome]}"
    case.update(
        state="closed",
        outcome=outcome,
        closed_at=agency.stamp(),
        status={"code": "closed", "label": label},
        action_required=False,
        action_hint="",
        paused_until=None,
        next_step_at=None,
    )
    cases.note(case, actor, "closed", label, text)
    cases.changed(case)


def time_has_come(case: dict) -> None:
    """A moment that a case waited for."""
    if case["state"] == "paused":
        asks = go_back(case, "agency", "The pause has ended.")
        cases.changed(case, asks)
    elif case["state"] == "payment_plan":
        label = "An instalment was not paid"
        cases.note(case, "agency", "payment_plan_broken", label)
        case["plan"] = None
        cases.changed(case, go_back(case, "agency"))
    elif following(case):
        advance(case)
    else:
        agency.books.save("case", {**case, "due_at": None, "next_step_at": None})


def unavailable(case: dict, message: str) -> ApiError:
    state, actions = case["state"], offered(case["state"], case["outcome"])
    details = {"state": state, "available_actions": actions}
    return ApiError("action_not_available", message, details)


def refuse_closed(case: dict) -> None:
    """
    :raises ApiError: the case is closed
    """
    outcome = case["outcome"]
    if case["state"] == "closed":
        words = f"The case is closed: {OUTCOMES[outcome]}."
        more = {"outcome": outcome, "available_actions": offered("closed", outcome)}
        raise ApiError("case_closed", words, {"state": "closed", **more})

"""What the creditor can do with a case, through the API or the portal."""

import datetime as dt

from . import cases, course, creditors, fields, money
from .core import agency, day_after
from .errors import invalid
from .fields import Choice, Date, needed, some
from .states import ACTIONS, offered

_LONGEST_DAYS = 366


def act(case: dict, given: dict) -> dict:
    """Do an action now: the answer of the contract.

    :raises ApiError: malformed, or not available in this state
    """
    return perform(case, read(case, given))


def read(case: dict, given: dict) -> dict:
    """A checked action that is available now."""
    until = Date(required=given.get("type") == "change_due_date")
    wanted = some("reason version", type=needed(Choice(ACTIONS)), until=until)
    action = fields.read(wanted, given)
    kind, day, today = action["type"], action["until"], agency.today()
    if day and not today < day <= today + dt.timedelta(days=_LONGEST_DAYS):
        words = "until is not after today and within a year."
        raise invalid("until", "value", words)
    if kind not in offered(case["state"], case["outcome"]):
        course.refuse_closed(case)
        raise course.unavailable(case, f"{kind} is not available in {case['state']}.")
    creditors.check_version(action["version"], case["version"])
    reason = action["reason"] or ""
    return {"type": kind, "until": day and day.isoformat(), "reason": reason}


def answer(case: dict, kind: str, fee: str = "0") -> dict:
    """As the contract shows it."""
    currency = case["currency"]
    amount = {"amount": money.show(fee, currency), "currency": currency}
    return {"type": kind, "fee": amount, "case": cases.view(case)}


def perform(case: dict, action: dict) -> dict:
    """Do an action that was read."""
    kind, reason, fee = action["type"], action["reason"], "0"
    if kind == "withdraw":
        fee = cases.withdrawal_fee(case)
    if kind in ("withdraw", "reject_demand"):
        course.close(case, "withdrawn", "creditor", reason)
    else:
        asks = _change(case, kind, action["until"], reason)
        cases.changed(case, asks)
    return answer(case, kind, fee)


def _change(case: dict, kind: str, until: str | None, reason: str) -> bool:
    """An action that leaves the case open; true when the creditor is asked again."""
    places = {"reject_legal": "monitoring", "pause": "paused", "dispute": "disputed"}
    if kind in places:
        course.place(case, places[kind], "creditor", reason)
        case["paused_until"] = until if kind == "pause" else None
    elif kind in ("approve_demand", "approve_legal"):
        case["legal_approved"] |= kind == "approve_legal"
        step = kind.removeprefix("approve_")
        course.take_step(case, step, "creditor", reason)
    elif kind == "change_due_date" and until:
        if until == case["due_date"]:
            raise invalid("until", "value", "This is the due date already.")
        case["due_date"] = until
        if case["next_step_at"]:
            case["next_step_at"] = max(case["next_step_at"], day_after(until))
        label = f"New due date {until}"
        cases.note(case, "creditor", "due_date", label, reason)
    elif kind == "reopen":
        cases.note(case, "creditor", "reopened", "Reopened", reason)
        course.place(case, case["back"], "agency")
        return case["action_required"]
    else:
        return course.go_back(case, "creditor", reason)
    return False

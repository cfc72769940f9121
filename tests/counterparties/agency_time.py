"""The passage of time: everything that happens because a moment has come."""

from __future__ import annotations

import datetime as dt

import agency_actions
import agency_cases
import agency_clock
import agency_course
import agency_settlements
from agency_core import Agency
from agency_states import offered


def advance(agency: Agency, seconds: int) -> None:
    """Let time pass; each thing happens at its own moment on the way."""
    with agency.store.transaction():
        target = agency.clock.now() + dt.timedelta(seconds=seconds)
        while True:
            due = agency.store.first_due(agency_clock.show(target))
            if due is None:
                break
            agency.clock.advance_to(agency_clock.read(due[1]["due_at"]))
            _do(agency, *due)
        agency.clock.advance_to(target)


def catch_up(agency: Agency) -> None:
    """What has become due meanwhile."""
    with agency.store.transaction():
        while due := agency.store.first_due(agency.clock.stamp()):
            _do(agency, *due)


def _do(agency: Agency, kind: str, record: dict) -> None:
    """Do what is due; afterwards the record is off the agenda or further on it."""
    if kind == "case":
        _case(agency, record)
    elif kind == "payment":
        agency_settlements.settle(agency, record["creditor_id"])
    elif kind == "intent":
        _intent(agency, record)


def _case(agency: Agency, case: dict) -> None:
    if case["state"] == "paused":
        asks = agency_course.go_back(agency, case, "agency", "The pause has ended.")
        agency_cases.changed(agency, case, asks)
    elif case["state"] == "payment_plan":
        label = "An instalment was not paid"
        agency_cases.note(agency, case, "agency", "payment_plan_broken", label)
        case["plan"] = None
        asks = agency_course.go_back(agency, case, "agency")
        agency_cases.changed(agency, case, asks)
    elif agency_course.following(agency, case):
        agency_course.advance(agency, case)
    else:
        agency.store.save("case", {**case, "due_at": None, "next_step_at": None})


def _intent(agency: Agency, intent: dict) -> None:
    """An action that was answered 202; it may have become impossible meanwhile."""
    agency.store.remove("intent", intent["id"])
    case = agency.record("case", intent["case_id"])
    if intent["action"]["type"] in offered(case["state"], case["outcome"]):
        agency_actions.perform(agency, case, intent["action"])

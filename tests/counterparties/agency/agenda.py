"""The passage of time: everything that happens because a moment has come."""

import datetime as dt

from . import actions, course, settlements
from .core import agency, show
from .states import offered


def advance(seconds: int) -> None:
    """Let time pass; each thing happens at its own moment on the way."""
    with agency.books.transaction():
        target = agency.now() + dt.timedelta(seconds=seconds)
        while due := agency.books.due(show(target)):
            moment = due[1]["due_at"].replace("Z", "+00:00")
            agency.advance_to(dt.datetime.fromisoformat(moment))
            _do(*due)
        agency.advance_to(target)


def catch_up() -> None:
    """What has become due meanwhile."""
    with agency.books.transaction():
        while due := agency.books.due(agency.stamp()):
            _do(*due)


def _do(kind: str, record: dict) -> None:
    """Do what is due; afterwards the record is off the agenda or further on it."""
    if kind == "case":
        course.time_has_come(record)
    elif kind == "payment":
        settlements.settle(record["creditor_id"])
    else:
        # an action that was answered 202; it may have become impossible meanwhile
        agency.books.remove(record["id"])
        case = agency.record("case", record["case_id"])
        if record["action"]["type"] in offered(case["state"], case["outcome"]):
            actions.perform(case, record["action"])

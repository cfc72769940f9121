"""Controls that only the sandbox has: time, faults, rules, people's decisions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import agency_access
import agency_agreements
import agency_cases
import agency_creditors
import agency_employee
import agency_faults
import agency_messages
import agency_receipts
import agency_rules
import agency_settlements
import agency_time
import agency_transfer
from agency_core import Agency
from agency_errors import missing
from agency_form import Form
from agency_routes import Answer, Call, Route

_LONGEST_DAYS = 36_500
_KEPT_CALLS = 1000


class CallLog(deque):
    """The last calls of the contract, without their contents."""

    def __init__(self) -> None:
        super().__init__(maxlen=_KEPT_CALLS)


def find_creditor(agency: Agency, name: str) -> dict:
    """By its id or by its client."""
    found = agency.store.get("creditor", name)
    found = found or agency_creditors.of_client(agency, name)
    if found is None:
        raise missing("creditor")
    return found


def find_case(agency: Agency, name: str) -> dict:
    """By its id or by its case number."""
    found = agency.store.get("case", name)
    if found is None:
        same = [c for c in agency.store.find("case") if c["case_number"] == name]
        found = same[0] if same else None
    if found is None:
        raise missing("case")
    return found


def clock_view(agency: Agency) -> dict:
    return {"now": agency.clock.stamp(), "offset_seconds": agency.clock.offset}


def advance_clock(agency: Agency, given: dict) -> dict:
    form = Form(given)
    days = form.integer("advance_days", 0, _LONGEST_DAYS) or 0
    seconds = form.integer("advance_seconds") or 0
    form.check()
    agency_time.advance(agency, days * 86_400 + seconds)
    return clock_view(agency)


def change_rules(agency: Agency, given: dict) -> dict:
    changes = agency_rules.read_changes(given)
    changed = {**agency.store.setting("rules", {}), **changes}
    agency.store.set_setting("rules", changed)
    return agency.rules().all()


def reset(agency: Agency) -> None:
    """As at the start: the clients, and their agreements made outside."""
    agency.store.reset()
    for client in agency.store.find("client"):
        agency_creditors.open_outside(agency, client)


def settle(agency: Agency, given: dict) -> list[dict]:
    form = Form(given)
    name = form.text("creditor", 64)
    form.check()
    creditor = find_creditor(agency, name)["id"] if name else None
    made = agency_settlements.settle(agency, creditor)
    return [agency_settlements.view(agency, each) for each in made]


def state(agency: Agency, calls: CallLog) -> dict:
    """Everything the sandbox knows, for tests; without secrets."""
    find = agency.store.find
    secret = ("client_secret",)
    return {
        "clock": clock_view(agency),
        "rules": agency.rules().all(),
        "faults": agency_faults.armed(agency),
        "clients": [_without(each, secret) for each in find("client")],
        "creditors": [
            {**agency_creditors.view(agency, each), "client_id": each["client_id"]}
            for each in find("creditor")
        ],
        "cases": [full_case(agency, each) for each in find("case")],
        "settlements": [
            agency_settlements.view(agency, each) for each in find("settlement")
        ],
        "events": find("event"),
        "deliveries": find("delivery"),
        "mails": find("mail"),
        "calls": list(calls),
    }


def _without(record: dict, names: tuple[str, ...]) -> dict:
    return {name: value for name, value in record.items() if name not in names}


def full_case(agency: Agency, case: dict) -> dict:
    """A case with what was sent for it and what happened on it."""
    find = agency.store.find
    return {
        **agency_cases.view(agency, case),
        "submitted": case["submitted"],
        "letter": agency_cases.letter(agency, case),
        "payments": [
            agency_receipts.view(each) for each in find("payment", owner=case["id"])
        ],
        "credit_notes": find("credit_note", owner=case["id"]),
        "messages": [
            agency_messages.message_view(each)
            for each in find("message", owner=case["id"])
        ],
    }


# Routes


def _fixed(work: Callable[[Agency, dict], Any], name: str = "") -> Callable:
    """A control without a path of its own; `name` is the member of the answer."""

    def answer(call: Call) -> Answer:
        done = work(call.agency, call.body)
        return Answer(200, {name: done} if name else done)

    return answer


def _on_creditor(work: Callable[[Agency, dict, dict], dict]) -> Callable:
    def answer(call: Call) -> Answer:
        creditor = find_creditor(call.agency, call.path["creditor"])
        changed = work(call.agency, creditor, call.body)
        return Answer(200, agency_creditors.view(call.agency, changed))

    return answer


def _on_case(work: Callable[[Agency, dict, dict], dict]) -> Callable:
    def answer(call: Call) -> Answer:
        case = find_case(call.agency, call.path["case"])
        work(call.agency, case, call.body)
        shown = agency_cases.view(call.agency, find_case(call.agency, case["id"]))
        return Answer(200, shown)

    return answer


def _debtor_pays(call: Call) -> Answer:
    """The one control on a case that answers more than the case."""
    answer = _on_case(agency_employee.debtor_pays)(call)
    payment = call.agency.store.find("payment", owner=answer.content["id"])[-1]
    return Answer(
        200, {"case": answer.content, "payment": agency_receipts.view(payment)}
    )


def _type_case(call: Call) -> Answer:
    creditor = find_creditor(call.agency, call.path["creditor"])
    case = agency_transfer.type_by_hand(call.agency, creditor, call.body)
    return Answer(200, agency_cases.view(call.agency, case))


def _reset(call: Call) -> Answer:
    reset(call.agency)
    return Answer(200, clock_view(call.agency))


def _add_client(call: Call) -> Answer:
    client = agency_access.add_client(call.agency, call.body)
    return Answer(200, {"client_id": client["id"]})


def _clear_faults(call: Call) -> Answer:
    agency_faults.clear(call.agency)
    return Answer(200, {"faults": []})


def routes(calls: CallLog) -> list[Route]:
    """The sandbox's controls; none needs a token or a key."""

    def read_state(call: Call) -> Answer:
        return Answer(200, state(call.agency, calls))

    base = "/v1/sandbox"
    listed = [
        Route("GET", f"{base}/state", read_state),
        Route("POST", f"{base}/reset", _reset),
        Route("POST", f"{base}/clients", _add_client),
        Route("POST", f"{base}/clock", _fixed(advance_clock)),
        Route("POST", f"{base}/rules", _fixed(change_rules)),
        Route("POST", f"{base}/faults", _fixed(agency_faults.arm, "faults")),
        Route("POST", f"{base}/faults/clear", _clear_faults),
        Route("POST", f"{base}/settlements", _fixed(settle, "settlements")),
        Route("POST", f"{base}/creditors/{{creditor}}/cases", _type_case),
    ]
    for name, control in agency_agreements.CONTROLS.items():
        pattern = f"{base}/creditors/{{creditor}}/{name}"
        listed.append(Route("POST", pattern, _on_creditor(control)))
    for name, deed in agency_employee.CONTROLS.items():
        work = _debtor_pays if name == "debtor-pays" else _on_case(deed)
        listed.append(Route("POST", f"{base}/cases/{{case}}/{name}", work))
    return listed

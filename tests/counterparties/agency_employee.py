"""What the agency's employees and the debtor do with a case."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import agency_actions
import agency_balance
import agency_cases
import agency_clock
import agency_course
import agency_messages
import agency_money
import agency_receipts
from agency_core import Agency
from agency_errors import ApiError, invalid
from agency_form import COUNTRY, Form
from agency_states import LABELS, MAIN, OUTCOMES

_MAX_INSTALMENTS = 60


def _text(given: dict, default: str = "", required: bool = False) -> str:
    form = Form(given)
    text = form.text("text", 1000, required=required)
    form.check()
    return text or default


def advance(agency: Agency, case: dict, given: dict) -> dict:
    agency_course.refuse_closed(case)
    return agency_course.advance(agency, case)


def action(agency: Agency, case: dict, given: dict) -> dict:
    """The creditor's own person, in the portal."""
    agency_actions.act(agency, case, given)
    return case


def new_address(agency: Agency, case: dict, given: dict) -> dict:
    """The debtor was found elsewhere."""
    agency_course.refuse_closed(case)
    form = Form(given)
    address = {
        "street": form.text("street", 200, required=True),
        "zip": form.text("zip", 16, required=True),
        "city": form.text("city", 100, required=True),
        "country": form.text("country", 2, required=True, pattern=COUNTRY),
    }
    form.check()
    case["new_address"] = address
    agency_cases.note(agency, case, "agency", "new_address", "New address found")
    return agency_cases.changed(agency, case)


def dispute(agency: Agency, case: dict, given: dict) -> dict:
    """The debtor objects at the agency."""
    text = _text(given, "The debtor does not accept the claim.")
    agency_course.refuse_closed(case)
    if case["state"] == "disputed":
        raise agency_course.unavailable(case, "The case is disputed already.")
    agency_course.place(agency, case, "disputed", "debtor", text)
    words = f"The debtor objects: {text} Settle it, then undispute or withdraw."
    agency_course.ask(case, words)
    return agency_cases.changed(agency, case, asks=True)


def needs_info(agency: Agency, case: dict, given: dict) -> dict:
    text = _text(given, "Please send the agency a copy of the contract.")
    agency_course.refuse_closed(case)
    agency_course.place(agency, case, "needs_info", "agency", text)
    agency_course.ask(case, text)
    return agency_cases.changed(agency, case, asks=True)


def insolvency(agency: Agency, case: dict, given: dict) -> dict:
    text = _text(given, "The debtor is insolvent.")
    agency_course.refuse_closed(case)
    agency_course.place(agency, case, "insolvency", "agency", text)
    return agency_cases.changed(agency, case)


def set_status(agency: Agency, case: dict, given: dict) -> dict:
    """Any code and label, as agencies with fine catalogues have; perhaps a state."""
    form = Form(given)
    code = form.text("code", 64, required=True)
    label = form.text("label", 200, required=True)
    state = form.choice("state", LABELS)
    form.check()
    if state == "closed":
        raise invalid("state", "value", "Close a case with its outcome.")
    if state == "payment_plan":
        raise invalid("state", "value", "Agree on a payment plan with its instalments.")
    if state:
        agency_course.refuse_closed(case)
        _refuse_unapproved(agency, case, state)
        agency_course.place(agency, case, state, "agency")
    case["status"] = {"code": code, "label": label}
    agency_cases.note(agency, case, "agency", "status", str(label), str(code))
    asks = bool(state) and case["action_required"]
    return agency_cases.changed(agency, case, asks)


def _refuse_unapproved(agency: Agency, case: dict, state: str) -> None:
    settings = agency.record("creditor", case["creditor_id"])["settings"]
    if state not in ("legal", "enforcement") or case["legal_approved"]:
        return
    if settings["approve_before_legal"]:
        raise agency_course.unavailable(
            case, "Legal action needs the creditor's approval."
        )


def close(agency: Agency, case: dict, given: dict) -> dict:
    form = Form(given)
    outcome = form.choice("outcome", OUTCOMES, required=True)
    form.check()
    agency_course.refuse_closed(case)
    if outcome == "paid" and agency_balance.total(case):
        raise agency_course.unavailable(case, "Something remains to be paid.")
    if outcome == "credited":
        agency_balance.write_off(case)
    return agency_course.close(agency, case, outcome, "agency")


def message(agency: Agency, case: dict, given: dict) -> dict:
    agency_messages.write(agency, case, "agency", given)
    return case


def payment_plan(agency: Agency, case: dict, given: dict) -> dict:
    """Monthly instalments of all that remains."""
    form = Form(given)
    count = form.integer("instalments", 1, _MAX_INSTALMENTS) or 3
    first = form.date("first_due_date")
    form.check()
    agency_course.refuse_closed(case)
    if case["state"] not in MAIN and case["state"] != "payment_plan":
        raise agency_course.unavailable(case, f"No plan is made in {case['state']}.")
    today = agency.clock.today()
    first = first or agency_clock.add_months(today, 1)
    if first <= today:
        raise invalid("first_due_date", "value", "The first instalment is in the past.")
    total = agency_balance.total(case)
    case["plan"] = {
        "received": "0",
        "instalments": _instalments(total, count, first, case["currency"]),
    }
    agency_course.place(agency, case, "payment_plan", "debtor", f"{count} instalments")
    return agency_cases.changed(agency, case)


def _instalments(
    total: Decimal, count: int, first: dt.date, currency: str
) -> list[dict]:
    each = agency_money.rounded(total / count, currency)
    # the last one has what rounding left
    amounts = [each] * (count - 1) + [total - each * (count - 1)]
    if min(amounts) <= 0:
        raise ApiError("non_positive_amount", "Too little remains for so many.")
    return [
        {
            "due_date": agency_clock.add_months(first, number).isoformat(),
            "amount": agency_money.show(amount, currency),
            "paid": False,
        }
        for number, amount in enumerate(amounts)
    ]


def debtor_pays(agency: Agency, case: dict, given: dict) -> dict:
    form = Form(given)
    amount = form.money("amount", case["currency"])
    form.check()
    agency_course.refuse_closed(case)
    if not form.has("amount"):
        amount = agency_balance.total(case)
    if amount <= 0:
        raise ApiError("non_positive_amount", "The amount must be above zero.")
    agency_receipts.receive(agency, case, amount)
    return case


def reverse_payment(agency: Agency, case: dict, given: dict) -> dict:
    form = Form(given)
    identity = form.text("payment_id", 64)
    form.check()
    agency_receipts.take_back(agency, case, identity)
    return case


CONTROLS = {
    "advance": advance,
    "action": action,
    "debtor-pays": debtor_pays,
    "reverse-payment": reverse_payment,
    "payment-plan": payment_plan,
    "new-address": new_address,
    "dispute": dispute,
    "insolvency": insolvency,
    "needs-info": needs_info,
    "status": set_status,
    "close": close,
    "message": message,
}

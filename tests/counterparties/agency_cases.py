"""Cases: their records, how a change is entered and how they are shown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import agency_balance
import agency_clock
import agency_money
import agency_states
from agency_core import Agency

_FIRST_NUMBER = 100001
# until a claim is time-barred: persons and companies, by the agency's country
_LIMITATION_YEARS = {"SE": {"company": 10, "person": 3}}
_DEFAULT_LIMITATION = {"company": 3, "person": 3}


def invoice_key(number: str) -> str:
    """What two spellings of the same invoice number have in common."""
    return number.strip().casefold()


def check_digit(number: str) -> int:
    """Luhn, as payment references have it."""
    total = 0
    for place, char in enumerate(reversed(number)):
        value = int(char) * (1 if place % 2 else 2)
        total += value // 10 + value % 10
    return -total % 10


def open_case(agency: Agency, creditor: dict, read: dict) -> dict:
    """Enter a case from fields that were read and checked.

    `read` has external_id, agreement_number, first_action, invoice_number,
    due_date, currency, capital, interest, own_fees, debtor and submitted.
    """
    number = str(agency.store.next_number("case_number", _FIRST_NUMBER))
    stamp = agency.clock.stamp()
    capital, interest, own_fees = (
        read.pop(name) for name in ("capital", "interest", "own_fees")
    )
    case = {
        **read,
        "id": agency.new_id("ca"),
        "creditor_id": creditor["id"],
        "invoice_key": invoice_key(read["invoice_number"]),
        "case_number": number,
        "reference": f"{number}{check_digit(number)}",
        "balance": agency_balance.opened(capital, interest, own_fees),
        "interest_until": agency.clock.today().isoformat(),
        "state": "received",
        "main": "received",
        "back": "received",
        "outcome": None,
        "status": {},
        "stage": "",
        "legal_approved": False,
        "action_required": False,
        "action_hint": "",
        "paused_until": None,
        "next_step_at": None,
        "plan": None,
        "new_address": None,
        "limitation_date": "",
        "version": 0,
        "created_at": stamp,
        "closed_at": None,
    }
    limit_from(agency, case, dt.date.fromisoformat(case["due_date"]))
    return case


def limit_from(agency: Agency, case: dict, day: dt.date) -> None:
    """The limitation period begins (again) on this day."""
    years = _LIMITATION_YEARS.get(agency.country, _DEFAULT_LIMITATION)
    until = agency_clock.add_years(day, years[case["debtor"]["type"]])
    case["limitation_date"] = max(until.isoformat(), case["limitation_date"])


def note(
    agency: Agency, case: dict, actor: str, code: str, label: str, text: str = ""
) -> None:
    """Add a line to the history."""
    entry = {
        "id": agency.new_id("hi"),
        "case_id": case["id"],
        "at": agency.clock.stamp(),
        "actor": actor,
        "code": code,
        "label": label,
        "text": text,
    }
    agency.store.save("history", entry)


def changed(agency: Agency, case: dict, asks: bool = False) -> dict:
    """Enter a change of a case, put it on the agenda and tell the creditor.

    :param asks: with this change the creditor is newly asked for something
    """
    case["version"] += 1
    case["updated_at"] = agency.clock.stamp()
    case["due_at"] = _next_moment(case)
    agency.store.save("case", case)
    kind = "case.updated"
    if case["state"] == "closed":
        kind = "case.closed"
    elif asks:
        kind = "case.action_required"
        _ask(agency, case)
    agency.emit(case["creditor_id"], kind, case)
    return case


def _next_moment(case: dict) -> str | None:
    """When time alone will change this case."""
    if case["state"] == "paused":
        until = case["paused_until"]
        return agency_clock.midnight(dt.date.fromisoformat(until)) if until else None
    if case["state"] == "payment_plan":
        unpaid = [each for each in case["plan"]["instalments"] if not each["paid"]]
        if not unpaid:
            return None
        day = dt.date.fromisoformat(unpaid[0]["due_date"]) + dt.timedelta(days=1)
        return agency_clock.midnight(day)
    return case["next_step_at"]


def _ask(agency: Agency, case: dict) -> None:
    creditor = agency.record("creditor", case["creditor_id"])
    contact = creditor["contact"] or {}
    to = creditor["settings"]["notification_email"] or contact.get("email")
    if to:
        agency.mail(
            creditor,
            to,
            f"Case {case['case_number']}: your action is required",
            f"{case['action_hint']}\n{url(agency, case)}",
        )


def url(agency: Agency, case: dict) -> str:
    return f"{agency.base_url}/portal/cases/{case['id']}"


def withdrawal_fee(agency: Agency, case: dict) -> Decimal:
    """What a withdrawal would cost now."""
    if case["state"] == "closed" or not case["stage"]:
        return agency_money.ZERO
    return agency.rules().amount(f"withdrawal_fee_{case['stage']}")


def letter(agency: Agency, case: dict) -> dict:
    """What the letters to the debtor print, by the creditor's settings."""
    settings = agency.record("creditor", case["creditor_id"])["settings"]
    sent = case["submitted"] or {"invoice": {}}
    number = case["invoice_number"]
    if settings["letter_external_number"]:
        number = sent["invoice"].get("external_number") or number
    text = sent.get("letter_text") if settings["letter_include_lines"] else None
    return {"invoice_number": number, "text": text or ""}


def document_view(document: dict) -> dict:
    names = ("id", "name", "kind", "content_type", "size", "created_at")
    return {name: document[name] for name in names}


def plan_view(case: dict) -> dict | None:
    if not case["plan"]:
        return None
    names = ("due_date", "amount", "paid")
    rows = case["plan"]["instalments"]
    return {"instalments": [{name: row[name] for name in names} for row in rows]}


def view(agency: Agency, case: dict) -> dict:
    """As the contract shows it."""
    currency = case["currency"]
    identity = ("id", "external_id", "case_number", "reference", "creditor_id")
    claim = ("agreement_number", "invoice_number", "due_date", "state", "outcome")
    fee = agency_money.show(withdrawal_fee(agency, case), currency)
    history = agency.store.find("history", owner=case["id"])
    documents = agency.store.find("document", owner=case["id"])
    return {
        **{name: case[name] for name in (*identity, *claim)},
        "agency_status": case["status"],
        "version": case["version"],
        "created_at": case["created_at"],
        "updated_at": case["updated_at"],
        "closed_at": case["closed_at"],
        "portal_url": url(agency, case),
        "action_required": case["action_required"],
        "action_hint": case["action_hint"],
        "available_actions": agency_states.offered(case["state"], case["outcome"]),
        "paused_until": case["paused_until"],
        "withdrawal_fee": {"amount": fee, "currency": currency},
        "balance": agency_balance.view(case),
        "payment_plan": plan_view(case),
        "limitation_date": case["limitation_date"],
        "debtor": {
            "name": case["debtor"]["name"],
            "new_address": case["new_address"],
        },
        "documents": [document_view(each) for each in documents],
        "history": [
            {name: value for name, value in each.items() if name != "case_id"}
            for each in history
        ],
    }

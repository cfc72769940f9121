"""Cases: their records, how a change is entered and how they are shown."""

import datetime as dt
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from stdnum import luhn

from . import balance, money, states
from .core import agency, day_after, midnight
from .errors import missing

# until a claim is time-barred: persons and companies, by the agency's country
_LIMITATION_YEARS = {"SE": {"company": 10, "person": 3}}
_DEFAULT_LIMITATION = {"company": 3, "person": 3}
_SHOWN = (
    *("id", "external_id", "case_number", "reference", "creditor_id"),
    *("agreement_number", "invoice_number", "due_date", "state", "outcome", "version"),
    *("created_at", "updated_at", "closed_at", "action_required", "action_hint"),
    *("paused_until", "limitation_date", "matter"),
)


def invoice_key(number: str) -> str:
    """What two spellings of the same invoice number have in common."""
    return number.strip().casefold()


def new(creditor: dict, read: dict, owed: tuple[Decimal, Decimal, Decimal]) -> dict:
    """A new case from fields that were read and checked; it is not entered yet.

    :param read: external_id, agreement_number, first_action, matter,
        invoice_number, due_date, currency, debtor and submitted
    :param owed: capital, interest and the creditor's own fees
    """
    number = str(agency.books.number("case_number", 100001))
    case = {
        **read,
        "id": agency.new_id("ca"),
        "creditor_id": creditor["id"],
        "invoice_key": invoice_key(read["invoice_number"]),
        "case_number": number,
        "reference": f"{number}{luhn.calc_check_digit(number)}",
        "balance": balance.opened(*owed),
        "interest_until": agency.today().isoformat(),
        # `main`: where it is in the main course, `back`: before a side state
        **dict.fromkeys(("state", "main", "back"), "received"),
        **dict.fromkeys(("stage", "action_hint", "limitation_date"), ""),
        **dict.fromkeys(("legal_approved", "action_required"), False),
        "charged": [],
        **dict.fromkeys(("outcome", "paused_until", "next_step_at", "closed_at")),
        **dict.fromkeys(("plan", "new_address")),
        "version": 0,
        "created_at": agency.stamp(),
    }
    limit_from(case, dt.date.fromisoformat(case["due_date"]))
    return case


def together(creditor_id: str, matter: str | None) -> list[dict]:
    """The open cases of a matter."""
    mine = {"creditor_id": creditor_id, "matter": matter}
    found = agency.books.find("case", **mine) if matter else []
    return [case for case in found if case["state"] != "closed"]


def find(name: str) -> dict:
    """A case by its id or its number.

    :raises ApiError: there is none
    """
    numbered = agency.books.find("case", case_number=name)
    found = agency.books.get("case", name) or next(iter(numbered), None)
    if found is None:
        raise missing("case")
    return found


def limit_from(case: dict, day: dt.date) -> None:
    """The limitation period begins (again) on this day."""
    years = _LIMITATION_YEARS.get(agency.country, _DEFAULT_LIMITATION)
    until = day + relativedelta(years=years[case["debtor"]["type"]])
    case["limitation_date"] = max(until.isoformat(), case["limitation_date"])


def note(case: dict, actor: str, code: str, label: str, text: str = "") -> None:
    """Add a line to the history."""
    entry = {"id": agency.new_id("hi"), "case_id": case["id"], "at": agency.stamp()}
    entry |= {"actor": actor, "code": code, "label": label, "text": text}
    agency.books.save("history", entry)


def changed(case: dict, asks: bool = False) -> None:
    """Enter a change of a case, put it on the agenda and tell the creditor.

    :param asks: with this change the creditor is newly asked for something
    """
    case["version"] += 1
    case["updated_at"] = agency.stamp()
    case["due_at"] = _next_moment(case)
    agency.books.save("case", case)
    kind = "action_required" if asks else "updated"
    kind = "closed" if case["state"] == "closed" else kind
    agency.emit(case["creditor_id"], f"case.{kind}", case)
    if kind == "action_required":
        creditor = agency.record("creditor", case["creditor_id"])
        to = creditor["settings"]["notification_email"] or ""
        subject = f"Case {case['case_number']}: your action is required"
        agency.mail(creditor, subject, f"{case['action_hint']}\n{url(case)}", to)


def _next_moment(case: dict) -> str | None:
    """When time alone will change this case."""
    if case["state"] == "paused":
        return case["paused_until"] and midnight(case["paused_until"])
    if case["state"] == "payment_plan":
        unpaid = [row for row in case["plan"]["instalments"] if not row["paid"]]
        return day_after(unpaid[0]["due_date"]) if unpaid else None
    return case["next_step_at"]


def url(case: dict) -> str:
    return f"{agency.base_url}/portal/cases/{case['id']}"


def withdrawal_fee(case: dict) -> str:
    """What a withdrawal would cost now."""
    stage = case["stage"] if case["state"] != "closed" else ""
    fee = agency.rate(f"withdrawal_fee_{stage}") if stage else money.ZERO
    return money.show(fee, case["currency"])


def letter(case: dict) -> dict:
    """What the letters to the debtor print, by the creditor's settings."""
    settings = agency.record("creditor", case["creditor_id"])["settings"]
    sent = case["submitted"] or {"invoice": {}}
    number, text = case["invoice_number"], ""
    if settings["letter_external_number"]:
        number = sent["invoice"].get("external_number") or number
    if settings["letter_include_lines"]:
        text = sent.get("letter_text") or ""
    return {"invoice_number": number, "text": text}


def parts(case: dict, kind: str) -> list[dict]:
    """What belongs to a case, as the contract shows it."""
    found = agency.books.find(kind, case_id=case["id"])
    return [{n: each[n] for n in each if n != "case_id"} for each in found]


def view(case: dict) -> dict:
    """As the contract shows it."""
    plan, currency = case["plan"], case["currency"]
    fee = {"amount": withdrawal_fee(case), "currency": currency}
    return {
        **{name: case[name] for name in _SHOWN},
        "agency_status": case["status"],
        "portal_url": url(case),
        "available_actions": states.offered(case["state"], case["outcome"]),
        "withdrawal_fee": fee,
        "balance": balance.view(case),
        "payment_plan": {"instalments": plan["instalments"]} if plan else None,
        "debtor": {"name": case["debtor"]["name"], "new_address": case["new_address"]},
        "documents": parts(case, "document"),
        "history": parts(case, "history"),
    }

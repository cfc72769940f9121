"""What the agency's employees and the debtor do with a case."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from . import actions, balance, cases, course, fields, messages, money, receipts
from .core import agency
from .errors import invalid
from .fields import Choice, Integer, Money, needed, some
from .states import LABELS, MAIN, OUTCOMES

Deed = Callable[[dict, dict], object]


def advance(case: dict, given: dict) -> None:
    course.refuse_closed(case)
    course.advance(case)


def new_address(case: dict, given: dict) -> None:
    """The debtor was found elsewhere."""
    course.refuse_closed(case)
    case["new_address"] = fields.read("street! zip! city! country!", given)
    cases.note(case, "agency", "new_address", "New address found")
    cases.changed(case)


def _side(state: str, actor: str, default: str, hint: str = "") -> Deed:
    """A deed that puts a case into a side state; with a hint the creditor is asked."""

    def deed(case: dict, given: dict) -> None:
        text = fields.read("text", given)["text"] or default
        course.refuse_closed(case)
        if state == case["state"] == "disputed":
            raise course.unavailable(case, "The case is disputed already.")
        course.place(case, state, actor, text)
        if hint:
            case.update(action_required=True, action_hint=hint.format(text=text))
        cases.changed(case, asks=bool(hint))

    return deed


def set_status(case: dict, given: dict) -> None:
    """Any code and label, as agencies with fine catalogues have; perhaps a state."""
    code, label, state = fields.read(
        some("code! label!", state=Choice(LABELS)), given
    ).values()
    if state in ("closed", "payment_plan"):
        raise invalid("state", "value", f"{LABELS[state]}: there is a control for it.")
    if state:
        course.refuse_closed(case)
        creditor = agency.record("creditor", case["creditor_id"])
        is_free = case["legal_approved"] or state not in ("legal", "enforcement")
        if creditor["settings"]["approve_before_legal"] and not is_free:
            words = "Legal action needs the creditor's approval."
            raise course.unavailable(case, words)
        course.place(case, state, "agency")
    case["status"] = {"code": code, "label": label}
    cases.note(case, "agency", "status", label, code)
    cases.changed(case, bool(state) and case["action_required"])


def close(case: dict, given: dict) -> None:
    wanted = {"outcome": needed(Choice(OUTCOMES))}
    outcome = fields.read(wanted, given)["outcome"]
    course.refuse_closed(case)
    if outcome == "paid" and balance.total(case):
        raise course.unavailable(case, "Something remains to be paid.")
    if outcome == "credited":
        balance.write_off(case)
    course.close(case, outcome, "agency")


def message(case: dict, given: dict) -> None:
    messages.write(case, "agency", given)


def payment_plan(case: dict, given: dict) -> None:
    """Monthly instalments of all that remains."""
    wanted = some("first_due_date", instalments=Integer(1, 60, 3))
    first, count = fields.read(wanted, given).values()
    course.refuse_closed(case)
    if case["state"] not in (*MAIN, "payment_plan"):
        raise course.unavailable(case, f"No plan is made in {case['state']}.")
    first = first or agency.today() + relativedelta(months=1)
    if first <= agency.today():
        raise invalid("first_due_date", "value", "The first instalment is in the past.")
    rows = _instalments(balance.total(case), count, first, case["currency"])
    case["plan"] = {"received": "0", "instalments": rows}
    course.place(case, "payment_plan", "debtor", f"{count} instalments")
    cases.changed(case)


def _instalments(
    total: Decimal, count: int, first: dt.date, currency: str
) -> list[dict]:
    each = money.rounded(total / count, currency)
    # the last one has what rounding left
    amounts = [each] * (count - 1) + [total - each * (count - 1)]
    if min(amounts) <= 0:
        words = "Too little remains for so many."
        raise invalid("instalments", "non_positive_amount", words)
    return [
        {
            "due_date": (first + relativedelta(months=number)).isoformat(),
            "amount": money.show(amount, currency),
            "paid": False,
        }
        for number, amount in enumerate(amounts)
    ]


def debtor_pays(case: dict, given: dict) -> None:
    if given.get("amount") in (None, ""):
        given = {"amount": str(balance.total(case))}
    digits = money.digits(case["currency"])
    amount = fields.read({"amount": Money(digits)}, given)["amount"]
    course.refuse_closed(case)
    money.refuse_not_positive(amount)
    receipts.receive(case, amount)


def reverse_payment(case: dict, given: dict) -> None:
    identity = fields.read("payment_id", given)["payment_id"]
    receipts.take_back(case, identity)


CONTROLS: dict[str, Deed] = {
    "advance": advance,
    # the creditor's own person, in the portal
    "action": actions.act,
    "debtor-pays": debtor_pays,
    "reverse-payment": reverse_payment,
    "payment-plan": payment_plan,
    "new-address": new_address,
    "dispute": _side(
        "disputed",
        "debtor",
        "The debtor does not accept the claim.",
        "The debtor objects: {text} Settle it, then undispute or withdraw.",
    ),
    "needs-info": _side(
        "needs_info",
        "agency",
        "Please send the agency a copy of the contract.",
        "{text}",
    ),
    "insolvency": _side("insolvency", "agency", "The debtor is insolvent."),
    "status": set_status,
    "close": close,
    "message": message,
}

"""What the debtor pays to the agency, and what the bank takes back again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import agency_balance
import agency_cases
import agency_clock
import agency_course
import agency_money
from agency_core import Agency
from agency_errors import missing
from agency_money import ZERO


def enter(
    agency: Agency, case: dict, fields: dict, applied: dict[str, Decimal]
) -> dict:
    """A payment record; `applied` is subtracted from what remains."""
    for bucket, amount in applied.items():
        agency_balance.pay(case, bucket, amount)
    payment = {
        "id": agency.new_id("pa"),
        "case_id": case["id"],
        "creditor_id": case["creditor_id"],
        "currency": case["currency"],
        "applied": {bucket: str(amount) for bucket, amount in applied.items()},
        "reversed_at": None,
        "settlement_id": None,
        "reversal_settlement_id": None,
        **fields,
    }
    cover(case, _used(applied))
    agency_cases.limit_from(agency, case, agency.clock.today())
    return agency.store.save("payment", payment)


def _used(applied: dict[str, Decimal]) -> Decimal:
    """How much of a payment reduced what is owed."""
    return sum((applied.get(bucket, ZERO) for bucket in agency_balance.BUCKETS), ZERO)


def receive(agency: Agency, case: dict, amount: Decimal) -> dict:
    """The debtor pays the agency: costs first, then interest, then capital."""
    applied = agency_balance.allocate(case, amount)
    today = agency.clock.today()
    fields = {
        "external_id": None,
        "date": today.isoformat(),
        "kind": "agency",
        "amount": str(amount),
        "ignored_amount": str(amount - _used(applied)),
        # paid out on the next day
        "due_at": agency_clock.midnight(today + dt.timedelta(days=1)),
    }
    payment = enter(agency, case, fields, applied)
    shown = agency_money.show(amount, case["currency"])
    label = f"Payment of {shown} {case['currency']}"
    agency_cases.note(agency, case, "debtor", "payment", label)
    settle_case(agency, case, "debtor")
    agency.emit(case["creditor_id"], "payment.received", case, payment["id"])
    return payment


def cover(case: dict, used: Decimal) -> None:
    """Instalments count as paid in their order, as far as the money reaches."""
    plan = case["plan"]
    if not plan:
        return
    received = Decimal(plan["received"]) + used
    plan["received"] = str(received)
    for row in plan["instalments"]:
        received -= Decimal(row["amount"])
        row["paid"] = received >= 0


def settle_case(agency: Agency, case: dict, actor: str) -> dict:
    """Close a case on which nothing remains; else just enter the change."""
    if agency_balance.total(case) == 0:
        return agency_course.close(agency, case, "paid", actor)
    return agency_cases.changed(agency, case)


def undo(agency: Agency, case: dict, payment: dict, actor: str, text: str) -> dict:
    """Owe again what a payment had covered; a case it had closed is open again.

    :raises ApiError: the case was closed for another reason
    """
    if case["state"] == "closed" and case["outcome"] != "paid":
        agency_course.refuse_closed(case)
    applied = {name: Decimal(value) for name, value in payment["applied"].items()}
    for bucket, amount in applied.items():
        agency_balance.pay(case, bucket, -amount)
    payment["reversed_at"] = agency.clock.stamp()
    payment["due_at"] = None
    agency.store.save("payment", payment)
    agency_cases.note(agency, case, actor, "payment_reversed", text)
    cover(case, -_used(applied))
    asks = False
    if case["state"] == "closed":
        agency_course.place(agency, case, case["back"], "agency")
        asks = case["action_required"]
    return agency_cases.changed(agency, case, asks)


def take_back(agency: Agency, case: dict, identity: str | None) -> dict:
    """A payment to the agency bounces; without an id the last one."""
    payments = [
        each
        for each in agency.store.find("payment", owner=case["id"])
        if each["kind"] == "agency" and not each["reversed_at"]
    ]
    chosen = [each for each in payments if identity in (None, each["id"])]
    if not chosen:
        raise missing("payment to the agency")
    payment = chosen[-1]
    amount = agency_money.show(Decimal(payment["amount"]), case["currency"])
    text = f"Payment of {amount} {case['currency']} taken back"
    undo(agency, case, payment, "agency", text)
    agency.emit(case["creditor_id"], "payment.reversed", case, payment["id"])
    return payment


def view(payment: dict) -> dict:
    """A row of the list of payments."""
    currency = payment["currency"]
    applied = {
        bucket: agency_money.show(
            Decimal(payment["applied"].get(bucket, "0")), currency
        )
        for bucket in agency_balance.BUCKETS
    }
    return {
        "id": payment["id"],
        "external_id": payment["external_id"],
        "date": payment["date"],
        "kind": payment["kind"],
        "amount": agency_money.show(Decimal(payment["amount"]), currency),
        "currency": currency,
        "applied": applied,
        "ignored_amount": agency_money.show(
            Decimal(payment["ignored_amount"]), currency
        ),
        "reversed_at": payment["reversed_at"],
        "settlement_id": payment["settlement_id"],
    }

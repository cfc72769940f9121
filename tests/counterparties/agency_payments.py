"""What the creditor reports: direct payments, their reversal, credit notes."""

from __future__ import annotations

from decimal import Decimal

import agency_balance
import agency_cases
import agency_course
import agency_money
import agency_receipts
from agency_core import Agency
from agency_errors import ApiError, fault, missing
from agency_form import Form
from agency_money import ZERO

_MAX_ALLOCATIONS = 100


def _refuse_currency(form: Form, given: str, needed: str) -> None:
    if given != needed:
        raise ApiError(
            "currency_not_supported",
            f"The case is in {needed}.",
            [fault(form.where("currency"), "currency_not_supported", f"Not {needed}.")],
            currencies=[needed],
        )


def _refuse_not_positive(form: Form, amount: Decimal) -> None:
    if amount <= 0:
        words = "The amount must be above zero."
        where = form.where("amount")
        fields = [fault(where, "non_positive_amount", words)]
        raise ApiError("non_positive_amount", words, fields)


def _read(form: Form) -> dict:
    """The fields that a payment and a credit note have in common."""
    currency = form.currency()
    form.text("description", 1000)
    day = form.date("date", required=True)
    return {
        "external_id": form.text("external_id", 64, required=True),
        "date": day.isoformat() if day else "",
        "amount": form.money("amount", currency, required=True),
        "currency": currency,
    }


def pay(agency: Agency, case: dict, given: dict) -> dict:
    """A direct payment on one case."""
    form = Form(given)
    read = _read(form)
    form.choice("kind", ("direct",))
    form.check()
    _refuse_currency(form, read["currency"], case["currency"])
    _refuse_not_positive(form, read["amount"])
    _refuse_known_payment(agency, case, read["external_id"])
    agency_course.refuse_closed(case)
    return _apply(agency, case, read)


def _refuse_known_payment(agency: Agency, case: dict, external_id: str) -> None:
    for same in agency.store.find("payment", owner=case["id"], first=external_id):
        raise ApiError(
            "duplicate_reference",
            "There is a payment with this external_id on the case.",
            existing_payment_id=same["id"],
        )


def _apply(agency: Agency, case: dict, read: dict) -> dict:
    """Cover capital only; the surplus is ignored and said so."""
    amount: Decimal = read["amount"]
    applied = min(amount, agency_balance.remaining(case, "capital"))
    fields = {
        "external_id": read["external_id"],
        "date": read["date"],
        "kind": "direct",
        "amount": str(amount),
        "ignored_amount": str(amount - applied),
    }
    payment = agency_receipts.enter(agency, case, fields, {"capital": applied})
    currency = case["currency"]
    label = f"Direct payment of {agency_money.show(amount, currency)} {currency}"
    agency_cases.note(agency, case, "creditor", "payment", label)
    agency_receipts.settle_case(agency, case, "creditor")
    return _told(read, payment["id"], case["id"], applied)


def _told(read: dict, identity: str | None, case_id: str, applied: Decimal) -> dict:
    """What became of a payment."""
    currency, amount = read["currency"], read["amount"]
    ignored = agency_money.show(amount - applied, currency)
    status, message = "completed", ""
    if identity is None:
        status, message = "error", "The case is closed."
    elif applied < amount:
        status = "warning" if applied else "error"
        message = f"{ignored} {currency} exceed the remaining capital and were ignored."
    return {
        "id": identity,
        "external_id": read["external_id"],
        "case_id": case_id,
        "date": read["date"],
        "amount": agency_money.show(amount, currency),
        "currency": currency,
        "applied_amount": agency_money.show(applied, currency),
        "ignored_amount": ignored,
        "status": status,
        "message": message,
    }


def pay_several(agency: Agency, creditor: dict, given: dict) -> dict:
    """One payment over several cases; all that can be applied is."""
    form = Form(given)
    read = _read(form)
    form.choice("kind", ("direct",))
    pairs = _allocations(agency, creditor, form, read)
    rows = []
    for case, amount in pairs:
        part = {**read, "amount": amount}
        if case["state"] == "closed":
            rows.append(_told(part, None, case["id"], ZERO))
        else:
            rows.append(_apply(agency, case, part))
    applied = sum((Decimal(row["applied_amount"]) for row in rows), ZERO)
    whole = _told(read, "", "", applied)
    if applied < read["amount"]:
        whole["message"] = f"{whole['ignored_amount']} {read['currency']} were ignored."
    del whole["id"], whole["case_id"]
    return {**whole, "allocations": rows}


def _allocations(
    agency: Agency, creditor: dict, form: Form, read: dict
) -> list[tuple[dict, Decimal]]:
    """Cases and amounts, when all of them can be taken."""
    currency: str = read["currency"]
    asked: list[tuple[Form, str, Decimal]] = []
    forms = form.children("allocations", _MAX_ALLOCATIONS)
    for each in forms:
        identity = each.text("case_id", 64, required=True) or ""
        amount = each.money("amount", currency, required=True)
        if any(identity == other for _, other, _ in asked):
            each.wrong("case_id", "value", "The case is named twice.")
        asked.append((each, identity, amount))
    if not forms:
        form.wrong("allocations", "required", "allocations is missing.")
    if sum((amount for _, _, amount in asked), ZERO) > read["amount"]:
        form.wrong("allocations", "value", "The allocations exceed the payment.")
    form.check()
    _refuse_not_positive(form, read["amount"])
    pairs = []
    for each, identity, amount in asked:
        case = agency.store.get("case", identity)
        if not case or case["creditor_id"] != creditor["id"]:
            raise missing("case")
        _refuse_currency(form, currency, case["currency"])
        _refuse_not_positive(each, amount)
        _refuse_known_payment(agency, case, read["external_id"])
        pairs.append((case, amount))
    return pairs


def reverse(agency: Agency, case: dict, external_id: str) -> dict:
    """A direct payment was wrong, or was removed."""
    known = agency.store.find("payment", owner=case["id"], first=external_id)
    if not known:
        raise missing("payment")
    payment = known[0]
    if payment["reversed_at"]:
        raise agency_course.unavailable(case, "The payment is reversed already.")
    currency = case["currency"]
    applied = agency_money.show(Decimal(payment["applied"]["capital"]), currency)
    text = f"Direct payment of {applied} {currency} reversed"
    agency_receipts.undo(agency, case, payment, "creditor", text)
    return {
        "id": payment["id"],
        "external_id": external_id,
        "case_id": case["id"],
        "currency": currency,
        "reversed_amount": applied,
    }


def credit(agency: Agency, case: dict, given: dict) -> dict:
    """A credit note reduces the capital; in full it ends the case."""
    form = Form(given)
    read = _read(form)
    number = form.text("number", 64, required=True)
    form.check()
    _refuse_currency(form, read["currency"], case["currency"])
    _refuse_not_positive(form, read["amount"])
    same = agency.store.find("credit_note", owner=case["id"], first=read["external_id"])
    if same:
        raise ApiError(
            "duplicate_reference",
            "There is a credit note with this external_id on the case.",
            existing_credit_note_id=same[0]["id"],
        )
    agency_course.refuse_closed(case)
    currency, amount = case["currency"], read["amount"]
    left = agency_balance.remaining(case, "capital")
    if amount > left:
        shown = agency_money.show(left, currency)
        words = f"The credit note exceeds the remaining capital of {shown} {currency}."
        fields = [fault("amount", "amount_exceeds_capital", words)]
        raise ApiError("amount_exceeds_capital", words, fields, remaining_capital=shown)
    credit_note = {
        **read,
        "id": agency.new_id("cn"),
        "case_id": case["id"],
        "number": number,
        "amount": agency_money.show(amount, currency),
    }
    agency.store.save("credit_note", credit_note)
    agency_balance.charge(case, "capital", -amount)
    agency_receipts.cover(case, amount)
    label = f"Credit note of {credit_note['amount']} {currency}"
    agency_cases.note(agency, case, "creditor", "credit_note", label)
    if agency_balance.original(case, "capital") == 0:
        agency_balance.write_off(case)
        agency_course.close(agency, case, "credited", "creditor")
    else:
        agency_receipts.settle_case(agency, case, "creditor")
    return {
        **credit_note,
        "applied_amount": credit_note["amount"],
        "status": "completed",
    }

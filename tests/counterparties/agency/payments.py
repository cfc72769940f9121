"""What the creditor reports: direct payments, their reversal, credit notes, fees."""

from decimal import Decimal

from . import balance, cases, course, fields, money, receipts
from .core import agency
from .errors import ApiError, fault, invalid, missing
from .fields import Choice, Faults, Field, Many, Money, Object, needed, some
from .money import ZERO, refuse_not_positive


def _wanted(given: dict, **more: Field) -> dict[str, Field]:
    """The fields that a payment and a credit note have in common."""
    amount = needed(Money(money.digits(given.get("currency"))))
    return some("external_id! date! currency! description", amount=amount, **more)


def _refuse_currency(given: str, needed: str) -> None:
    if given != needed:
        words = f"The case is in {needed}."
        raise invalid("currency", "currency_not_supported", words, currencies=[needed])


def _refuse_known(case: dict, kind: str, external_id: str) -> None:
    mine = {"case_id": case["id"], "external_id": external_id}
    for same in agency.books.find(kind, **mine):
        words = "This external_id is taken on the case."
        details = {f"existing_{kind}_id": same["id"]}
        raise ApiError("duplicate_reference", words, details)


def pay(case: dict, given: dict) -> dict:
    """A direct payment on one case."""
    read = fields.read(_wanted(given, kind=Choice(("direct",))), given)
    _refuse_currency(read["currency"], case["currency"])
    refuse_not_positive(read["amount"])
    _refuse_known(case, "payment", read["external_id"])
    course.refuse_closed(case)
    return _apply(case, read, read["amount"])


def _apply(case: dict, read: dict, amount: Decimal) -> dict:
    """Cover capital only; the surplus is ignored and said so."""
    if case["state"] == "closed":
        closed = {"status": "error", "message": "The case is closed."}
        told = {**_told(read, amount, ZERO), **closed}
        return {"id": None, "case_id": case["id"], **told}
    currency = case["currency"]
    covered = min(amount, balance.remaining(case, "capital"))
    more = {"external_id": read["external_id"], "date": read["date"].isoformat()}
    applied = {"capital": covered}
    payment = receipts.enter(case, amount, applied, kind="direct", **more)
    label = f"Direct payment of {money.show(amount, currency)} {currency}"
    cases.note(case, "creditor", "payment", label)
    receipts.settle_case(case, "creditor")
    told = _told(read, amount, covered)
    return {"id": payment["id"], "case_id": case["id"], **told}


def _told(read: dict, amount: Decimal, applied: Decimal) -> dict:
    """What became of a payment."""
    currency = read["currency"]
    ignored = money.show(amount - applied, currency)
    status, message = "completed", ""
    if applied < amount:
        status = "warning" if applied else "error"
        message = f"{ignored} {currency} exceed the remaining capital and were ignored."
    return {
        "external_id": read["external_id"],
        "date": read["date"].isoformat(),
        "amount": money.show(amount, currency),
        "currency": currency,
        "applied_amount": money.show(applied, currency),
        "ignored_amount": ignored,
        "status": status,
        "message": message,
    }


def pay_several(creditor: dict, given: dict) -> dict:
    """One payment over several cases; all that can be applied is."""
    read = _read_allocations(given)
    pairs = []
    for number, row in enumerate(read["allocations"]):
        case = agency.record("case", row["case_id"], creditor_id=creditor["id"])
        _refuse_currency(read["currency"], case["currency"])
        refuse_not_positive(row["amount"], f"allocations[{number}].amount")
        _refuse_known(case, "payment", read["external_id"])
        pairs.append((case, row["amount"]))
    rows = [_apply(case, read, amount) for case, amount in pairs]
    total = sum((Decimal(row["applied_amount"]) for row in rows), ZERO)
    return {**_told(read, read["amount"], total), "allocations": rows}


def _read_allocations(given: dict) -> dict:
    amount = needed(Money(money.digits(given.get("currency"))))
    row = Object(some("case_id!", amount=amount))
    kind, rows = Choice(("direct",)), needed(Many(row, 100))
    faults: Faults = []
    wanted = _wanted(given, kind=kind, allocations=rows)
    read = fields.read(wanted, given, faults)
    named = [row["case_id"] for row in read["allocations"] if row["case_id"]]
    total = sum((row["amount"] for row in read["allocations"]), ZERO)
    words = ""
    if len(set(named)) < len(named):
        words = "A case is named twice."
    elif total > read["amount"]:
        words = "The allocations exceed the payment."
    elif not read["allocations"] and not faults:
        words = "No case is named."
    if words:
        faults.append(fault("allocations", "value", words))
    fields.refuse(faults)
    refuse_not_positive(read["amount"])
    return read


def reverse(case: dict, external_id: str) -> dict:
    """A direct payment was wrong, or was removed."""
    mine = {"case_id": case["id"], "external_id": external_id}
    for payment in agency.books.find("payment", **mine):
        if payment["reversed_at"]:
            raise course.unavailable(case, "The payment is reversed already.")
        currency = case["currency"]
        applied = money.show(payment["applied"]["capital"], currency)
        text = f"Direct payment of {applied} {currency} reversed"
        receipts.undo(case, payment, "creditor", text)
        told = {"id": payment["id"], "reversed_amount": applied, **mine}
        return {**told, "currency": currency}
    raise missing("payment")


def credit(case: dict, given: dict) -> dict:
    """A credit note reduces the capital; in full it ends the case."""
    read = fields.read({**_wanted(given), **some("number!")}, given)
    amount, currency = read["amount"], case["currency"]
    _refuse_currency(read["currency"], currency)
    refuse_not_positive(amount)
    _refuse_known(case, "credit_note", read["external_id"])
    course.refuse_closed(case)
    left = balance.remaining(case, "capital")
    if amount > left:
        shown = money.show(left, currency)
        words = f"The credit note exceeds the remaining capital of {shown} {currency}."
        code = "amount_exceeds_capital"
        raise invalid("amount", code, words, remaining_capital=shown)
    credit_note = {
        "id": agency.new_id("cn"),
        "external_id": read["external_id"],
        "case_id": case["id"],
        "number": read["number"],
        "date": read["date"].isoformat(),
        "amount": money.show(amount, currency),
        "currency": currency,
    }
    agency.books.save("credit_note", credit_note)
    balance.charge(case, "capital", -amount)
    receipts.cover(case, amount)
    label = f"Credit note of {credit_note['amount']} {currency}"
    cases.note(case, "creditor", "credit_note", label)
    if Decimal(case["balance"]["capital"]["original"]) == 0:
        balance.write_off(case)
        course.close(case, "credited", "creditor")
    else:
        receipts.settle_case(case, "creditor")
    done = {"applied_amount": credit_note["amount"], "status": "completed"}
    return {**credit_note, **done}


def add_fee(case: dict, given: dict) -> dict:
    """What the creditor has charged since the transfer is collected too."""
    kind = needed(Choice(("reminder", "other")))
    amount = needed(Money(money.digits(given.get("currency"))))
    wanted = {**some("date! currency!"), "type": kind, "amount": amount}
    read = fields.read(wanted, given)
    _refuse_currency(read["currency"], case["currency"])
    refuse_not_positive(read["amount"])
    course.refuse_closed(case)
    for bucket in ("fees", "own_fees"):
        balance.charge(case, bucket, read["amount"])
    shown = money.show(read["amount"], case["currency"])
    label = f"Reminder cost of {shown} {case['currency']}"
    cases.note(case, "creditor", "fee", label)
    cases.changed(case)
    return {
        "case_id": case["id"],
        "type": read["type"],
        "date": read["date"].isoformat(),
        "amount": shown,
        "currency": case["currency"],
    }

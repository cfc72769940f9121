"""Money on a case: what is entered, what is taken back, and how it is shown."""

from decimal import Decimal

from . import balance, cases, course, money
from .core import agency, day_after
from .errors import missing
from .money import ZERO


def enter(
    case: dict, amount: Decimal, applied: dict[str, Decimal], **fields: object
) -> dict:
    """A payment; `applied` is subtracted from what remains, the rest is ignored."""
    for bucket, part in applied.items():
        balance.pay(case, bucket, part)
    payment = {
        "id": agency.new_id("pa"),
        "case_id": case["id"],
        "creditor_id": case["creditor_id"],
        "currency": case["currency"],
        "amount": str(amount),
        "applied": {bucket: str(part) for bucket, part in applied.items()},
        "ignored_amount": str(amount - _used(applied)),
        **dict.fromkeys(("reversed_at", "settlement_id", "reversal_settlement_id")),
        **fields,
    }
    cover(case, _used(applied))
    cases.limit_from(case, agency.today())
    return agency.books.save("payment", payment)


def _used(applied: dict[str, Decimal]) -> Decimal:
    """How much of a payment reduced what is owed."""
    return sum((applied.get(bucket, ZERO) for bucket in balance.BUCKETS), ZERO)


def receive(case: dict, amount: Decimal) -> dict:
    """The debtor pays the agency: costs first, then interest, then capital."""
    today = agency.today().isoformat()
    # paid out on the next day
    more = {"date": today, "external_id": None, "due_at": day_after(today)}
    applied = balance.allocate(case, amount)
    payment = enter(case, amount, applied, kind="agency", **more)
    label = f"Payment of {money.show(amount, case['currency'])} {case['currency']}"
    cases.note(case, "debtor", "payment", label)
    settle_case(case, "debtor")
    agency.emit(case["creditor_id"], "payment.received", case, payment["id"])
    return payment


def cover(case: dict, used: Decimal) -> None:
    """Instalments count as paid in their order, as far as the money reaches."""
    if case["plan"]:
        received = Decimal(case["plan"]["received"]) + used
        case["plan"]["received"] = str(received)
        for row in case["plan"]["instalments"]:
            received -= Decimal(row["amount"])
            row["paid"] = received >= 0


def settle_case(case: dict, actor: str) -> None:
    """Close a case on which nothing remains; else just enter the change."""
    if balance.total(case) == 0:
        course.close(case, "paid", actor)
    else:
        cases.changed(case)


def undo(case: dict, payment: dict, actor: str, text: str) -> None:
    """Owe again what a payment had covered; a case it had closed is open again.

    :raises ApiError: the case was closed for another reason
    """
    if case["outcome"] != "paid":
        course.refuse_closed(case)
    applied = {name: Decimal(value) for name, value in payment["applied"].items()}
    for bucket, amount in applied.items():
        balance.pay(case, bucket, -amount)
    payment.update(reversed_at=agency.stamp(), due_at=None)
    agency.books.save("payment", payment)
    cases.note(case, actor, "payment_reversed", text)
    cover(case, -_used(applied))
    was_closed = case["state"] == "closed"
    if was_closed:
        course.place(case, case["back"], "agency")
    cases.changed(case, asks=was_closed and case["action_required"])


def take_back(case: dict, identity: str | None) -> None:
    """A payment to the agency bounces; without an id the last one."""
    mine = {"case_id": case["id"], "kind": "agency", "reversed_at": None}
    payments = agency.books.find("payment", **mine)
    chosen = [each for each in payments if identity in (None, each["id"])]
    if not chosen:
        raise missing("payment to the agency")
    payment, currency = chosen[-1], case["currency"]
    text = f"Payment of {money.show(payment['amount'], currency)} {currency} taken back"
    undo(case, payment, "agency", text)
    agency.emit(case["creditor_id"], "payment.reversed", case, payment["id"])


def view(payment: dict) -> dict:
    """A row of the list of payments."""
    currency, applied = payment["currency"], payment["applied"]
    same = ("id", "external_id", "date", "kind", "currency", "reversed_at")
    return {
        **{name: payment[name] for name in (*same, "settlement_id")},
        "amount": money.show(payment["amount"], currency),
        "applied": {
            bucket: money.show(applied.get(bucket, "0"), currency)
            for bucket in balance.BUCKETS
        },
        "ignored_amount": money.show(payment["ignored_amount"], currency),
    }

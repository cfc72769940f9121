"""The states of a case, what they are called and what they offer."""

from __future__ import annotations

LABELS = {
    "received": "Received",
    "registered": "Registered",
    "reminder": "Reminder sent",
    "awaiting_approval_demand": "Awaiting approval of the demand",
    "demand": "Demand letter sent",
    "awaiting_approval_legal": "Awaiting approval of legal action",
    "legal": "Legal action",
    "enforcement": "Enforcement",
    "monitoring": "Monitoring",
    "needs_info": "Information needed",
    "paused": "Paused",
    "disputed": "Disputed",
    "payment_plan": "Payment plan",
    "insolvency": "Insolvency",
    "closed": "Closed",
}
MAIN = tuple(LABELS)[:9]
SIDE = ("needs_info", "paused", "disputed", "payment_plan", "insolvency")
OUTCOMES = {
    "paid": "Paid",
    "partially_paid": "Partially paid",
    "credited": "Credited",
    "withdrawn": "Withdrawn",
    "uncollectable": "Uncollectable",
    "insolvent": "Insolvent",
    "untraceable": "Untraceable",
    "time_barred": "Time-barred",
    "rejected_duplicate": "A case for this invoice number already exists",
    "other": "Other",
}
_REOPENED = ("withdrawn", "uncollectable")
_EARLY = ("pause", "withdraw", "dispute", "change_due_date")
_LATE = ("pause", "withdraw", "dispute")
_OFFERED: dict[str, tuple[str, ...]] = {
    "received": _EARLY,
    "registered": _EARLY,
    "reminder": _EARLY,
    "awaiting_approval_demand": ("approve_demand", "reject_demand", *_EARLY),
    "demand": _EARLY,
    "awaiting_approval_legal": ("approve_legal", "reject_legal", *_EARLY),
    "legal": _LATE,
    "enforcement": _LATE,
    "monitoring": _LATE,
    "needs_info": ("resume", "withdraw", "dispute"),
    "paused": ("resume", "withdraw", "dispute"),
    "disputed": ("undispute", "withdraw"),
    "payment_plan": ("withdraw", "dispute"),
    "insolvency": ("withdraw",),
}
ACTIONS = (
    "pause",
    "resume",
    "withdraw",
    "approve_demand",
    "reject_demand",
    "approve_legal",
    "reject_legal",
    "dispute",
    "undispute",
    "change_due_date",
    "reopen",
)
HINTS = {
    "awaiting_approval_demand": "Approve or reject the demand letter.",
    "awaiting_approval_legal": "Approve or reject legal action.",
}
# how far a case has gone, which decides what a withdrawal costs
STAGES = {
    "demand": "demand",
    "awaiting_approval_legal": "demand",
    "legal": "legal",
    "enforcement": "legal",
}


def offered(state: str, outcome: str | None) -> list[str]:
    """The creditor's actions in a state."""
    if state == "closed":
        return ["reopen"] if outcome in _REOPENED else []
    return list(_OFFERED[state])

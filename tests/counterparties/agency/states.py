"""The states of a case, what they are called and what they offer."""

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
# what the creditor can do, as its buttons call it
ACTIONS = {
    "approve_demand": "Approve the demand",
    "reject_demand": "Reject the demand",
    "approve_legal": "Approve legal action",
    "reject_legal": "Reject legal action",
    "pause": "Pause",
    "resume": "Resume",
    "dispute": "Debtor disputes",
    "undispute": "Dispute is settled",
    "change_due_date": "Change the due date",
    "withdraw": "Withdraw",
    "reopen": "Reopen",
}
_LATE = "pause withdraw dispute"
_EARLY = f"{_LATE} change_due_date"
_OFFERED = {
    **dict.fromkeys(("received", "registered", "reminder", "demand"), _EARLY),
    "awaiting_approval_demand": f"approve_demand reject_demand {_EARLY}",
    "awaiting_approval_legal": f"approve_legal reject_legal {_EARLY}",
    **dict.fromkeys(("legal", "enforcement", "monitoring"), _LATE),
    **dict.fromkeys(("needs_info", "paused"), "resume withdraw dispute"),
    "disputed": "undispute withdraw",
    "payment_plan": "withdraw dispute",
    "insolvency": "withdraw",
}
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
        return ["reopen"] if outcome in ("withdrawn", "uncollectable") else []
    return _OFFERED[state].split()

"""The states of a collection case, in the order in which a case may meet them."""

STATES = [
    ("to_approve", "To be approved"),
    ("to_send", "To be sent"),
    ("refused", "Not accepted"),
    ("cancelled", "Undone"),
    ("received", "Received"),
    ("registered", "Registered"),
    ("reminder", "Reminder"),
    ("awaiting_approval", "Awaiting approval"),
    ("demand", "Demand letter"),
    ("legal", "Legal action"),
    ("enforcement", "Enforcement"),
    ("monitoring", "Monitoring"),
    ("review", "Under review"),
    ("needs_info", "Information needed"),
    ("paused", "Paused"),
    ("disputed", "Disputed"),
    ("payment_plan", "Payment plan"),
    ("insolvency", "Insolvency"),
    ("insolvency_plan", "Insolvency payment plan"),
    ("deceased", "Debtor deceased"),
    ("abroad", "Debtor abroad"),
    ("closing", "Closing"),
    ("closed", "Closed"),
]

WAITING_STATES = ("to_approve", "to_send", "refused")
CLOSED_STATES = ("cancelled", "closed")

# An agency knows nothing of a case that was never sent.
AGENCY_STATES = STATES[STATES.index(("received", "Received")) :]

"""The page of one case: what it is, and what each side can do with it."""

from __future__ import annotations

from decimal import Decimal

import agency_cases
import agency_course
import agency_money
from agency_balance import BUCKETS
from agency_core import Agency
from agency_html import choice, entry, facts, form, moment, section
from agency_states import LABELS, OUTCOMES
from html_parts import Html, el, table

_BUCKETS = dict(
    zip(BUCKETS, ("Capital", "Interest", "Fees", "Court fees"), strict=True)
)
_ACTIONS = {
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
_BAD = ("withdraw", "reject_demand", "reject_legal")
# the answer that lets a case go on stands out
_LOOKS = {"approve_demand": "main", "approve_legal": "main"}
_SETTABLE = [state for state in LABELS if state not in ("closed", "payment_plan")]


def state_tag(case: dict) -> Html:
    look = "good"
    if case["action_required"]:
        look = "wait"
    elif case["state"] == "closed":
        look = "soft"
    return el("span", LABELS[case["state"]], class_=f"tag {look}", id="state")


def number_cell(text: str) -> Html:
    return el("td", text, class_="num")


def one(agency: Agency, case: dict) -> tuple[str, Html]:
    shown = agency_cases.view(agency, case)
    required = ""
    if case["action_required"]:
        words = f"Your action is required: {case['action_hint']}"
        required = el("p", words, class_="note wait", id="action-required")
    left = [_facts(case, shown), _balance(shown), _letter(agency, case)]
    left += [_history(shown), _debtor_side(agency, case)]
    right = [_creditor_side(case, shown), _documents(case, shown)]
    right += [_messages(agency, case), _agency_side(agency, case)]
    body = el("div", el("div", left), el("div", right), class_="columns")
    return f"Case {case['case_number']}", el(
        "div", el("p", state_tag(case), class_="lead"), required, body
    )


def _address(address: dict | None) -> str:
    names = ("street", "zip", "city", "country")
    return (
        ", ".join(address[name] for name in names if address[name]) if address else ""
    )


def _facts(case: dict, shown: dict) -> Html:
    fee, debtor = shown["withdrawal_fee"], case["debtor"]
    status = shown["agency_status"]
    rows = {
        "Invoice": case["invoice_number"],
        "Debtor": debtor["name"],
        "Address": _address(debtor["address"]),
        "New address": el("span", _address(case["new_address"]), id="new-address")
        if case["new_address"]
        else "",
        "Due": case["due_date"],
        "Payment reference": case["reference"],
        "Agreement": case["agreement_number"],
        "Status": el("span", status["label"], id="status"),
        "Status code": status["code"],
        "Outcome": OUTCOMES.get(case["outcome"] or ""),
        "Paused until": case["paused_until"],
        "Next step": moment(case["next_step_at"]),
        "A withdrawal costs": f"{fee['amount']} {fee['currency']}",
        "Time-barred": case["limitation_date"],
        "Version": case["version"],
    }
    link = el(
        "a",
        "Creditor",
        href=f"/portal/creditors/{case['creditor_id']}",
        id="creditor-link",
    )
    return section("The claim", facts("claim", rows), el("p", link))


def _balance(shown: dict) -> Html:
    balance = shown["balance"]
    kinds = ("original", "paid", "remaining")
    rows = [
        [label, *(number_cell(balance[name][kind]) for kind in kinds)]
        for name, label in _BUCKETS.items()
    ]
    heads = (balance["currency"], "Claimed", "Paid", "Remaining")
    parts = [table("balance", heads, rows, "")]
    plan = shown["payment_plan"]
    if plan:
        instalments = [
            [row["due_date"], number_cell(row["amount"]), "paid" if row["paid"] else ""]
            for row in plan["instalments"]
        ]
        due = table("plan", ("Due", "Amount", ""), instalments, "")
        parts += [el("h3", "Payment plan"), due]
    return section("Balance", *parts)


def _letter(agency: Agency, case: dict) -> Html:
    printed = agency_cases.letter(agency, case)
    sent = case["submitted"] or {"invoice": {}, "claim": {}}
    fees = sent["claim"].get("fees_already_claimed") or []
    rows = {
        "Invoice": el("span", printed["invoice_number"], id="letter-number"),
        "Text": el("pre", printed["text"], id="letter-text") if printed["text"] else "",
        "Delivered before as": sent["invoice"].get("delivered_as"),
        "Claimed before": [
            el("div", f"{each['date']} {each['amount']} {each['currency']}")
            for each in fees
        ],
    }
    return section("On the letter", facts("letter", rows))


def _history(shown: dict) -> Html:
    rows = [
        [
            moment(each["at"]),
            each["actor"],
            [each["label"], el("div", each["text"], class_="soft")],
        ]
        for each in reversed(shown["history"])
    ]
    return section("History", table("history", ("When", "Who", "What"), rows, ""))


def _creditor_side(case: dict, shown: dict) -> Html:
    offered = shown["available_actions"]
    if not offered:
        words = "Nothing can be done with this case any more."
        return section("You, the creditor", el("p", words, class_="soft"))
    buttons = [
        el(
            "button",
            label,
            type="submit",
            name="type",
            value=name,
            id=f"action-{name}",
            class_="bad" if name in _BAD else _LOOKS.get(name, "plain"),
        )
        for name, label in _ACTIONS.items()
        if name in offered
    ]
    fields = [entry("action", "reason", "Reason (may be empty)")]
    if "pause" in offered or "change_due_date" in offered:
        label = "Until (pause, due date)"
        fields.append(entry("action", "until", label, type="date"))
    base = f"/portal/cases/{case['id']}"
    return section(
        "You, the creditor",
        el(
            "form",
            fields,
            el("div", buttons, class_="row"),
            method="post",
            action=f"{base}/action",
            id="action-form",
        ),
    )


def _documents(case: dict, shown: dict) -> Html:
    base = f"/portal/cases/{case['id']}/documents"
    rows = [
        [
            el("a", each["name"], href=f"{base}/{each['id']}", id=f"get-{each['id']}"),
            each["kind"],
            number_cell(f"{each['size']} bytes"),
        ]
        for each in shown["documents"]
    ]
    upload = ""
    if case["state"] != "closed":
        upload = el(
            "form",
            el("label", "Add a document", for_="documents-file"),
            el("input", type="file", id="documents-file", name="file", multiple=True),
            el("button", "Add", type="submit", id="documents-submit", class_="plain"),
            method="post",
            action=base,
            enctype="multipart/form-data",
            id="documents-form",
        )
    heads = ("Name", "Kind", "Size")
    return section("Documents", table("documents", heads, rows, "None yet."), upload)


def _messages(agency: Agency, case: dict) -> Html:
    rows = [
        [moment(each["at"]), each["author"], each["text"]]
        for each in agency.store.find("message", owner=case["id"])
    ]
    return section(
        "Messages",
        table("messages", ("When", "Who", "Text"), rows, "None yet."),
        form(
            f"/portal/cases/{case['id']}/message",
            "message",
            "Write as the agency",
            entry("message", "text", "Text"),
            kind="plain",
        ),
    )


def _agency_side(agency: Agency, case: dict) -> Html:
    if case["state"] == "closed":
        return Html("")
    base = f"/portal/cases/{case['id']}"
    states = {"": "as it is", **{state: LABELS[state] for state in _SETTABLE}}
    following = agency_course.following(agency, case)
    step = el("p", "No step follows by itself.", class_="soft")
    if following:
        step = form(f"{base}/advance", "advance", f"Next: {LABELS[following]}")
    return section(
        "The agency's employee",
        step,
        form(
            f"{base}/needs-info",
            "needs-info",
            "Ask the creditor",
            entry("needs-info", "text", "What is needed"),
            kind="plain",
        ),
        form(
            f"{base}/status",
            "status",
            "Set the status",
            entry("status", "code", "Status code"),
            entry("status", "label", "Label"),
            choice("status", "state", "State", states, ""),
            kind="plain",
        ),
        form(
            f"{base}/close",
            "close",
            "Close the case",
            choice("close", "outcome", "Outcome", OUTCOMES, "uncollectable"),
            kind="bad",
        ),
        form(f"{base}/insolvency", "insolvency", "Debtor is insolvent", kind="plain"),
        ident="agency-side",
    )


def _debtor_side(agency: Agency, case: dict) -> Html:
    base = f"/portal/cases/{case['id']}"
    payments = agency.store.find("payment", owner=case["id"])
    rows = [
        [
            each["date"],
            "to the creditor" if each["kind"] == "direct" else "to the agency",
            number_cell(agency_money.show(Decimal(each["amount"]), case["currency"])),
            "taken back" if each["reversed_at"] else "",
        ]
        for each in payments
    ]
    heads = ("Date", "Paid", "Amount", "")
    parts = [table("payments", heads, rows, "Nothing was paid yet.")]
    if any(each["kind"] == "agency" and not each["reversed_at"] for each in payments):
        label = "Take the last payment back"
        action = f"{base}/reverse-payment"
        parts.append(form(action, "reverse-payment", label, kind="plain"))
    if case["state"] != "closed":
        parts += _debtor_forms(base)
    return section("The debtor", *parts, ident="debtor-side")


def _debtor_forms(base: str) -> list[Html]:
    return [
        form(
            f"{base}/debtor-pays",
            "debtor-pays",
            "Debtor pays",
            entry("debtor-pays", "amount", "Amount (empty: all)", inputmode="decimal"),
        ),
        form(
            f"{base}/payment-plan",
            "payment-plan",
            "Agree on a payment plan",
            entry("payment-plan", "instalments", "Monthly instalments", "3"),
            kind="plain",
        ),
        form(
            f"{base}/new-address",
            "new-address",
            "Debtor has moved",
            entry("new-address", "street", "Street"),
            entry("new-address", "zip", "Postcode"),
            entry("new-address", "city", "City"),
            entry("new-address", "country", "Country", "SE"),
            kind="plain",
        ),
        form(
            f"{base}/dispute",
            "dispute",
            "Debtor objects",
            entry("dispute", "text", "Why"),
            kind="plain",
        ),
    ]

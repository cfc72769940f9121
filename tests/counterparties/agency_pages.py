"""Pages of the portal that are lists: cases, settlements, mail, clock and faults."""

from __future__ import annotations

import agency_faults
from agency_core import TERMS_TEXT, TERMS_VERSION, Agency
from agency_html import choice, entry, facts, form, moment, section
from agency_pages_case import number_cell
from agency_states import LABELS
from html_parts import Html, el, table

_LATEST = 200
_PRICES = {
    "reminder_fee": "Reminder (paid by the debtor)",
    "demand_fee": "Demand letter (paid by the debtor)",
    "court_fee": "Legal action (paid by the debtor)",
    "withdrawal_fee_demand": "Withdrawal after the demand",
    "withdrawal_fee_legal": "Withdrawal after legal action",
    "commission_percent": "Commission on capital, per cent",
    "vat_percent": "VAT, per cent",
}


def cases(agency: Agency, wanted: str) -> tuple[str, Html]:
    """The latest cases, or those whose number, invoice or debtor has these letters."""
    found = reversed(agency.store.find("case"))
    rows = [
        _case_row(case)
        for case in found
        if wanted.casefold() in _searched(case).casefold()
    ][:_LATEST]
    search = el(
        "form",
        entry("search", "find", "Case, invoice or debtor", wanted),
        el("button", "Find", type="submit", id="search-submit", class_="plain"),
        method="get",
        action="/portal/cases",
        class_="row",
    )
    heads = ("Case", "Invoice", "Debtor", "Capital", "State", "Changed")
    empty = "No case yet: transfer an overdue invoice in the ERP."
    return "Cases", section(
        "Cases", search, table("cases", heads, rows, empty), ident="list"
    )


def _searched(case: dict) -> str:
    return f"{case['case_number']} {case['invoice_number']} {case['debtor']['name']}"


def _case_row(case: dict) -> list[object]:
    link = el(
        "a",
        case["case_number"],
        href=f"/portal/cases/{case['id']}",
        id=f"case-{case['id']}",
    )
    look = "wait" if case["action_required"] else "good"
    look = "soft" if case["state"] == "closed" else look
    amount = f"{case['balance']['capital']['original']} {case['currency']}"
    state = el("span", LABELS[case["state"]], class_=f"tag {look}")
    return [
        link,
        case["invoice_number"],
        case["debtor"]["name"],
        number_cell(amount),
        state,
        moment(case["updated_at"]),
    ]


def settlements(agency: Agency) -> tuple[str, Html]:
    rows = []
    for each in reversed(agency.store.find("settlement")[-_LATEST:]):
        link = el(
            "a",
            each["bank_reference"],
            href=f"/portal/settlements/{each['id']}/pdf",
            id=f"settlement-{each['id']}",
        )
        amount = number_cell(f"{each['total']} {each['currency']}")
        count = number_cell(str(len(each["lines"])))
        rows.append([link, each["value_date"], amount, count, each["status"]])
    heads = ("Reference", "Value date", "Amount", "Lines", "State")
    empty = "Nothing was paid out yet."
    return "Settlements", section(
        "Payouts to creditors",
        table("settlements", heads, rows, empty),
        form("/portal/settlements", "settle", "Pay out now", kind="plain"),
    )


def mails(agency: Agency) -> tuple[str, Html]:
    rows = [
        [
            moment(each["at"]),
            each["to"],
            [el("strong", each["subject"]), el("pre", each["body"])],
        ]
        for each in reversed(agency.store.find("mail")[-_LATEST:])
    ]
    heads = ("When", "To", "Mail")
    return "Mail", section(
        "Outbox", table("mails", heads, rows, "Nothing was written yet.")
    )


def clock(agency: Agency) -> tuple[str, Html]:
    armed = [
        [each["kind"], number_cell(str(each["times"])), each["path"] or "any call"]
        for each in agency_faults.armed(agency)
    ]
    kinds = {name: f"{name}: {text}" for name, text in agency_faults.KINDS.items()}
    offset = agency.clock.offset
    ahead = f"{offset // 86_400} days {offset % 86_400} seconds" if offset else "no"
    rows = {"It is": moment(agency.clock.stamp()), "Ahead of real time": ahead}
    return "Clock and faults", el(
        "div",
        section(
            "The agency's clock",
            facts("clock", rows),
            form(
                "/portal/clock",
                "clock",
                "Let time pass",
                entry("clock", "advance_days", "Days", "1", inputmode="numeric"),
            ),
        ),
        section(
            "Faults",
            table("faults", ("Fault", "Times", "Path"), armed, "None is armed."),
            form(
                "/portal/faults",
                "fault",
                "Arm the fault",
                choice("fault", "kind", "Fault", kinds),
                entry("fault", "times", "Times", "1", inputmode="numeric"),
                entry("fault", "path", "Path (shell pattern; empty: any)"),
            ),
            form("/portal/faults/clear", "clear", "Disarm all", kind="plain"),
        ),
    )


def terms(agency: Agency) -> tuple[str, Html]:
    return "Terms", section(f"Version {TERMS_VERSION}", el("p", TERMS_TEXT, id="terms"))


def prices(agency: Agency) -> tuple[str, Html]:
    rules = agency.rules().all()
    rows = [[label, number_cell(str(rules[name]))] for name, label in _PRICES.items()]
    heads = ("What", "Amount")
    return "Prices", section("Price list", table("prices", heads, rows, ""))

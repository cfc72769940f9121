"""Pages on creditors: their agreements, settings and cases typed by hand."""

from __future__ import annotations

import agency_creditors
import agency_settings
from agency_core import Agency
from agency_html import choice, entry, facts, form, moment, section, tick
from html_parts import Html, el, table

_TAGS = {"active": "good", "pending_signature": "wait", "initialised": "wait"}
_FLAGS = {
    "approve_before_demand": "Approve before the demand letter",
    "approve_before_legal": "Approve before legal action",
    "letter_include_lines": "Print the invoice's text on the letter",
    "letter_external_number": "Print the original invoice number on the letter",
}
_SERVICES = {
    "collection": "Collection",
    "reminder_and_collection": "Reminder and collection",
}
_PAYOUTS = {"per_invoice": "Each invoice by itself", "daily_batch": "Once a day"}
# state -> what the agency can do with an agreement: control, label, look
_BUTTONS = {
    "pending_signature": (("activate", "Activate", None), ("reject", "Reject", "bad")),
    "rejected": (("activate", "Activate", None),),
    "suspended": (("activate", "Activate", None), ("terminate", "Terminate", "bad")),
    "active": (("suspend", "Suspend", "plain"), ("terminate", "Terminate", "bad")),
    "initialised": (("reject", "Reject", "bad"),),
}


def tag(state: str) -> Html:
    look = _TAGS.get(state, "bad")
    return el("span", state.replace("_", " "), class_=f"tag {look}", id="state")


def _name(creditor: dict) -> str:
    company = creditor["company"] or {}
    return company.get("name") or creditor["agreement_number"] or creditor["id"]


def listing(agency: Agency) -> tuple[str, Html]:
    rows = []
    for creditor in agency.store.find("creditor"):
        link = el(
            "a",
            _name(creditor),
            href=f"/portal/creditors/{creditor['id']}",
            id=f"creditor-{creditor['id']}",
        )
        state = creditor["state"]
        shown = el(
            "span",
            state.replace("_", " "),
            class_=f"tag {_TAGS.get(state, 'bad')}",
        )
        buttons = el("div", _buttons(creditor, creditor["id"]), class_="row")
        number = creditor["agreement_number"] or ""
        rows.append([link, number, shown, moment(creditor["updated_at"]), buttons])
    heads = ("Creditor", "Agreement", "State", "Changed", "")
    empty = "Nobody has applied yet: start the onboarding in the ERP."
    return "Creditors", section(
        "Agreements", table("creditors", heads, rows, empty), ident="list"
    )


def _buttons(creditor: dict, ident: str = "") -> list[Html]:
    base = f"/portal/creditors/{creditor['id']}"
    return [
        form(f"{base}/{name}", f"{name}-{ident}" if ident else name, label, kind=kind)
        for name, label, kind in _BUTTONS.get(creditor["state"], ())
    ]


def one(agency: Agency, creditor: dict) -> tuple[str, Html]:
    shown = agency_creditors.view(agency, creditor)
    return _name(creditor), el(
        "div",
        el("p", tag(creditor["state"]), class_="lead"),
        el("div", _agreement(creditor, shown), _settings(creditor), class_="columns"),
        _hand_typed(creditor),
    )


def _agreement(creditor: dict, shown: dict) -> Html:
    company, contact = creditor["company"] or {}, creditor["contact"] or {}
    accounts = [
        el("div", each["iban"] or each["account_number"], " ", each["bic"])
        for each in creditor["bank_accounts"]
    ]
    accepted = creditor["terms_accepted"]
    webhook = shown["webhook"] or {}
    state = "on" if webhook.get("enabled") else webhook.get("disabled_reason") or "off"
    place = [company.get("street"), company.get("zip"), company.get("city")]
    rows = {
        "Agreement": creditor["agreement_number"],
        "Id": creditor["id"],
        "ERP": creditor["accounting_system"],
        "Organisation number": company.get("org_number"),
        "Address": ", ".join(filter(None, [*place, company.get("country")])),
        "Bank accounts": accounts,
        "Contact": contact.get("name"),
        "Contact's address": contact.get("email"),
        "Terms accepted": f"{accepted['version']} by {accepted['by']}"
        if accepted
        else "",
        "Webhook": f"{webhook['url']} ({state})" if webhook else "none",
        "Still missing": ", ".join(shown["missing"]),
    }
    base = f"/portal/creditors/{creditor['id']}"
    number = creditor["agreement_number"]
    return section(
        "Agreement",
        facts("agreement", rows),
        el("div", _buttons(creditor), class_="row"),
        form(
            f"{base}/agreement-number",
            "agreement-number",
            "Change the number",
            entry("agreement-number", "agreement_number", "Agreement number", number),
            kind="plain",
        ),
    )


def _settings(creditor: dict) -> Html:
    settings = creditor["settings"]
    name = "settings"
    pays = agency_settings.PAYOUT_MODES
    return section(
        "Settings",
        form(
            f"/portal/creditors/{creditor['id']}/settings",
            name,
            "Save the settings",
            choice(name, "services", "Services", _SERVICES, settings["services"]),
            [tick(name, each, label, settings[each]) for each, label in _FLAGS.items()],
            entry(
                name,
                "notification_email",
                "Mail when something is required (else to the contact)",
                settings["notification_email"],
            ),
            choice(
                name,
                "payout_mode",
                "Payout",
                {key: _PAYOUTS[key] for key in pays},
                settings["payout_mode"],
            ),
            entry(name, "batch_account", "Account", settings["batch_account"]),
        ),
        el("p", f"Version {settings['version']}", class_="soft", id="settings-version"),
    )


def _hand_typed(creditor: dict) -> Html:
    name = "case"
    return section(
        "Type a case by hand",
        el(
            "p",
            "As a person does who has the invoice on paper. The ERP's own transfer of "
            "the same invoice number is then refused as a duplicate.",
            class_="soft",
        ),
        form(
            f"/portal/creditors/{creditor['id']}/cases",
            name,
            "Open the case",
            entry(name, "invoice_number", "Invoice number"),
            entry(name, "debtor_name", "Debtor"),
            entry(name, "amount", "Amount", inputmode="decimal"),
            entry(name, "currency", "Currency", "SEK"),
        ),
    )

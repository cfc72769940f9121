"""The netbank's pages for consumers: who am I, my invoices and my orders."""

from __future__ import annotations

from bank_core import Bank
from bank_setup import LANGUAGES, SERVICES
from html_parts import (
    Html,
    button,
    el,
    field,
    hidden,
    post,
    select,
    table,
)

NOTES = {
    "ordered": "Ordered. The bank has told the invoicer (ReceiverInfo ADD).",
    "changed": "Changed. The bank has told the invoicer (ReceiverInfo CHANGE).",
    "stopped": "Stopped. The bank has told the invoicer (ReceiverInfo DELETE).",
    "moved": "Moved. The old bank has sent DELETE and the new bank ADD.",
    "paid": "The payment mark has been changed.",
    "fault": "Delivered to the invoicer.",
    "armed": "The next good invoice will be refused.",
    "refused": "A late refusal has been sent to the invoicer.",
    "polled": "The bank has looked into the outbox.",
}
_STATUS_TAGS = {"open": "wait", "refused": "bad", "cancelled": "bad", "stopped": "bad"}


def show_date(text: str) -> str:
    return f"{text[6:]}.{text[4:6]}.{text[:4]}" if len(text) == 8 else text


def show_iban(text: str) -> str:
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def tag(status: str) -> Html:
    kind = _STATUS_TAGS.get(status, "")
    return el("span", status, class_=f"tag {kind}".strip())


def person_fields(values: dict) -> list[Html]:
    return [
        field("name", "Name", values.get("name"), required=True, maxlength=70),
        field("street", "Street address", values.get("street"), maxlength=35),
        field("postcode", "Postcode", values.get("postcode"), maxlength=48),
        field("town", "Town", values.get("town"), maxlength=35),
        select(
            "language",
            LANGUAGES,
            values.get("language"),
            "Language of the invoices",
        ),
    ]


def front(bank: Bank, values: dict) -> Html:
    """Choose who you are."""
    banks = {bic: each["name"] for bic, each in bank.banks.items()}
    cards = [
        el(
            "article",
            el("h3", person["name"]),
            el("p", person["street"], class_="soft"),
            el("p", f"{person['postcode']} {person['town']}", class_="soft"),
            el("p", "Log in at", class_="small after"),
            el(
                "div",
                [
                    el(
                        "a",
                        name,
                        href=f"/customer/{person['id']}?bank={bic}",
                        id=f"enter-{person['id']}-{bic}",
                        class_="button plain",
                        aria_label=f"{person['name']} at {name}",
                    )
                    for bic, name in banks.items()
                ],
                class_="row",
            ),
            class_="card",
            id=f"customer-{person['id']}",
        )
        for person in bank.store.all("customer")
    ]
    steps = el(
        "ol",
        el("li", "Choose a customer and a bank below."),
        el("li", "Order e-invoices from an invoicer; the order arrives in Odoo."),
        el("li", "Send an invoice from Odoo; it appears here, or is refused."),
        class_="steps",
    )
    other = el(
        "section",
        el("h2", "Somebody else"),
        el("p", "Play any other person, for instance a customer you have in Odoo."),
        post(
            "/enter",
            person_fields(values),
            field(
                "iban",
                "Account number (IBAN)",
                values.get("iban"),
                "Left empty, the bank gives a valid Finnish one.",
            ),
            select("bank", banks, values.get("bank"), "Bank"),
            button("Enter the netbank", "enter-other"),
            ident="enter-form",
        ),
        id="other",
    )
    return el(
        "div",
        el("h1", "Who are you today?"),
        el(
            "p",
            "A stand-in for Finnish banks: be a consumer who orders e-invoices, or "
            "watch the messages as the bank's own staff.",
            class_="lead",
        ),
        el("section", el("h2", "How to try it"), steps),
        el("section", el("h2", "Customers"), el("div", cards, class_="grid")),
        other,
    )


def customer(bank: Bank, person: dict, bic: str) -> Html:
    """My e-invoices, my orders, and the invoicers on offer."""
    tabs = [
        el(
            "li",
            el(
                "a",
                each["name"],
                href=f"/customer/{person['id']}?bank={code}",
                id=f"bank-{code}",
                aria_current="page" if code == bic else None,
            ),
        )
        for code, each in bank.banks.items()
    ]
    return el(
        "div",
        el("h1", person["name"]),
        el(
            "p",
            f"{bank.banks[bic]['name']}, account ",
            el("span", show_iban(person["ibans"][bic]), id="address"),
            class_="lead",
        ),
        el("ul", tabs, class_="tabs", aria_label="Bank"),
        _invoices(bank, person, bic),
        _orders(bank, person, bic),
        _offers(bank, person, bic),
    )


def _invoices(bank: Bank, person: dict, bic: str) -> Html:
    rows = [
        [
            el(
                "a",
                invoice["number"],
                href=f"/customer/{person['id']}/invoice/{invoice['id']}",
                id=f"invoice-{invoice['id']}",
            ),
            invoice["seller"],
            show_date(invoice["due"]),
            el("td", f"{invoice['amount']} €", class_="num"),
            tag(invoice["status"]),
        ]
        for invoice in reversed(
            bank.store.all("invoice", customer=person["id"], bank=bic)
        )
    ]
    heads = ("Number", "Seller", "Due", "Amount", "Status")
    empty = "No e-invoices yet. They appear here when the invoicer has sent them."
    again = f"/customer/{person['id']}?bank={bic}"
    return el(
        "section",
        el("h2", "My e-invoices"),
        table("invoices", heads, rows, empty),
        el(
            "p",
            el("a", "Look for new ones", href=again, id="refresh"),
            class_="small after",
        ),
    )


def _orders(bank: Bank, person: dict, bic: str) -> Html:
    orders = bank.store.all("order", customer=person["id"], bank=bic)
    orders.sort(key=lambda order: (order["status"] != "active", -order["id"]))
    cards = [_order_card(bank, order) for order in orders]
    body = (
        el("div", cards, class_="grid")
        if cards
        else el("p", "You have not ordered any e-invoices.", class_="soft")
    )
    return el("section", el("h2", "My orders"), body, id="orders")


def _order_card(bank: Bank, order: dict) -> Html:
    invoicer = bank.invoicers.get(order["invoicer"])
    number = order["id"]
    asked = invoicer["identifiers"] if invoicer else []
    lines = [
        el("p", f"{each['label']}: {value}", class_="soft")
        for each, value in zip(asked, order["identifiers"], strict=False)
    ]
    actions: list[Html] = []
    if order["status"] == "active" and invoicer:
        actions = [
            el(
                "a",
                "Change or move",
                href=f"/customer/{order['customer']}/order/{number}",
                id=f"change-{number}",
                class_="button plain",
            ),
            post(
                "/stop",
                hidden(order=number),
                button("Stop", f"stop-{number}", "danger"),
            ),
        ]
    return el(
        "article",
        el("h3", invoicer["name"] if invoicer else order["invoicer"]),
        el("p", SERVICES[order["service"]], " ", tag(order["status"])),
        lines,
        el("div", actions, class_="row") if actions else "",
        class_="card",
        id=f"order-{number}",
    )


def _offers(bank: Bank, person: dict, bic: str) -> Html:
    cards = [
        el(
            "article",
            el("h3", invoicer["name"]),
            el("p", "Asks for:", class_="soft"),
            el("ul", [el("li", asked["label"]) for asked in invoicer["identifiers"]]),
            el(
                "div",
                el(
                    "a",
                    "Order",
                    href=f"/customer/{person['id']}/new/{number}?bank={bic}",
                    id=f"new-{number}",
                    class_="button",
                    aria_label=f"Order e-invoices from {invoicer['name']}",
                ),
                class_="row",
            ),
            class_="card",
        )
        for number, invoicer in enumerate(bank.invoicers.values(), 1)
    ]
    return el(
        "section",
        el("h2", "Order e-invoices"),
        el("p", "Invoicers that have announced themselves to the bank.", class_="soft"),
        el("div", cards, class_="grid"),
        id="offers",
    )

"""The netbank's pages about one order or one invoice."""

from __future__ import annotations

from bank_core import Bank
from bank_pages import person_fields, show_date, show_iban, tag
from bank_values import IDENTIFIER_TYPES
from html_parts import Html, button, el, field, hidden, post, radios, select, table


def _terms(invoicer: dict, values: dict) -> list[Html]:
    """Fields for what the invoicer asks, and the service."""
    given = values.get("identifiers") or [""] * len(invoicer["identifiers"])
    fields = []
    for number, (asked, value) in enumerate(
        zip(invoicer["identifiers"], given, strict=False), 1
    ):
        size = (
            f"{asked['min']}"
            if asked["min"] == asked["max"]
            else f"{asked['min']}-{asked['max']}"
        )
        note = f"{IDENTIFIER_TYPES[asked['type']].help} {size} characters."
        fields.append(
            field(f"identifier-{number}", asked["label"], value, note, required=True)
        )
    services = {"00": "E-invoice: I approve each invoice in the netbank"}
    if invoicer["service_code"] == "01":
        services["01"] = (
            "Direct payment: the bank pays on the due date, the invoice itself "
            "comes to me by post or e-mail"
        )
    return [*fields, radios("service", "Service", services, values.get("service"))]


def new_order(bank: Bank, person: dict, bic: str, number: int, values: dict) -> Html:
    """The order form of one invoicer."""
    invoicer = list(bank.invoicers.values())[number - 1]
    back = f"/customer/{person['id']}?bank={bic}"
    return el(
        "div",
        el("h1", f"Order e-invoices from {invoicer['name']}"),
        el(
            "p",
            invoicer["instruction"]
            or "The invoicer needs the following to know you as its customer. You "
            "find it on a bill you have received.",
            class_="lead",
        ),
        el(
            "section",
            post(
                "/order",
                hidden(customer=person["id"], bank=bic, number=number),
                _terms(invoicer, {"service": "00", **values}),
                field(
                    "reference",
                    "Reference number of a bill you have paid (optional)",
                    values.get("reference"),
                    "The bank passes it on; it helps the invoicer to find you.",
                    maxlength=35,
                ),
                el(
                    "div",
                    button("Order", "order-submit"),
                    el("a", "Back", href=back, class_="button plain", id="back"),
                    class_="row",
                ),
                ident="order-form",
            ),
        ),
    )


def change_order(bank: Bank, order: dict, values: dict) -> Html:
    """Change an order, or move it to another bank."""
    invoicer = bank.invoicers[order["invoicer"]]
    shown = {**order, **values}
    back = f"/customer/{order['customer']}?bank={order['bank']}"
    others = {
        bic: each["name"] for bic, each in bank.banks.items() if bic != order["bank"]
    }
    move = el(
        "section",
        el("h2", "Move to another bank"),
        el(
            "p",
            "The old bank ends the order, the new bank starts it with your account "
            "there. Messages of two banks may arrive in either order.",
            class_="soft",
        ),
        post(
            "/move",
            hidden(order=order["id"]),
            el(
                "div",
                select("to_bank", others, values.get("to_bank"), "New bank"),
                select(
                    "first",
                    {"delete": "The old bank's DELETE", "add": "The new bank's ADD"},
                    values.get("first"),
                    "Which message arrives first",
                ),
            ),
            button("Move", "move-submit"),
            ident="move-form",
        ),
    )
    return el(
        "div",
        el("h1", f"Order with {invoicer['name']}"),
        el("p", el("a", "Back to the netbank", href=back, id="back"), class_="lead"),
        el(
            "section",
            el("h2", "Change the order"),
            post(
                "/change",
                hidden(order=order["id"]),
                person_fields(shown),
                _terms(invoicer, shown),
                button("Save the change", "change-submit"),
                ident="change-form",
            ),
        ),
        move if others else "",
    )


def invoice(bank: Bank, record: dict) -> Html:
    """One invoice as the consumer reads it."""
    facts = {
        "Seller": record["seller"],
        "Payee": record["payee"],
        "Number": record["number"],
        "Date": show_date(record["date"]),
        "Due": show_date(record["due"]),
        "Amount": f"{record['amount']} €",
        "Account": show_iban(record["account"]),
        "Reference": record["reference"],
        "Bar code": record["barcode"],
        "Kind": f"{record['type_text']} ({record['type']}, {record['origin']})",
    }
    keys = ("seller", "payee", "number", "date", "due", "amount", "account")
    idents = (*keys, "reference", "barcode", "kind")
    listed = [
        (el("dt", name), el("dd", value, id=f"invoice-{ident}"))
        for ident, (name, value) in zip(idents, facts.items(), strict=True)
        if value
    ]
    heads = ("Description", "Quantity", "Unit price", "VAT %", "Amount")
    rows = [
        [
            [row["text"], el("div", row["note"], class_="soft")],
            row["quantity"],
            row["unit_price"],
            row["vat"],
            el("td", row["amount"], class_="num"),
        ]
        for row in record["rows"]
    ]
    back = f"/customer/{record['customer']}?bank={record['bank']}"
    label = "Not paid after all" if record["status"] == "paid" else "Mark as paid"
    return el(
        "div",
        el("h1", f"{record['seller']}: {record['number']} ", tag(record["status"])),
        el("p", el("a", "Back to the netbank", href=back, id="back"), class_="lead"),
        el(
            "section",
            el("h2", "Payment"),
            el("dl", listed),
            el(
                "div",
                post("/pay", hidden(invoice=record["id"]), button(label, "pay-submit")),
                class_="row",
            )
            if record["status"] in ("open", "paid")
            else "",
        ),
        el("section", el("h2", "Rows"), table("rows", heads, rows, "No rows.")),
        el(
            "section",
            el("h2", "Message from the seller"),
            [el("p", line) for line in record["free_text"]],
            [el("p", f"{each['name']}: {each['url']}") for each in record["links"]],
            id="free-text",
        )
        if record["free_text"] or record["links"]
        else "",
    )

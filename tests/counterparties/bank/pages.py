"""The netbank's pages, their forms, and the same as JSON."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, flash, redirect, render_template, request, url_for
from stdnum import iban
from werkzeug.exceptions import NotFound

from counterparties.bank import faults, proposals
from counterparties.bank.incoming import Incoming
from counterparties.bank.messages import CODE_TEXTS
from counterparties.bank.netbank import SERVICES, Bank
from counterparties.bank.setup import LANGUAGES
from counterparties.bank.values import IDENTIFIER_TYPES, Row
from counterparties.common import web
from counterparties.common.web import Refusal

_LATEST = 50
Page = str | Response | tuple[str, int]


def show_date(text: str) -> str:
    """CCYYMMDD as Finns write it."""
    return f"{text[6:]}.{text[4:6]}.{text[:4]}" if len(text) == 8 else text


def application(bank: Bank, incoming: Incoming, limit: int) -> Flask:
    """The web application of a bank.

    :param limit: largest request, in bytes
    """
    app = web.application(Path(__file__).parent, limit)
    app.jinja_env.filters.update(date=show_date, iban=iban.format)
    app.context_processor(
        lambda: {
            "party": "Demo netbank",
            "menu": {"Customers": "/", "Bank operations": "/operations"},
            "bank": bank,
            "bank_names": {bic: each["name"] for bic, each in bank.banks.items()},
            "languages": LANGUAGES,
            "services": SERVICES,
            "identifier_types": IDENTIFIER_TYPES,
        }
    )
    add_api(app, bank, incoming)
    add_netbank(app, bank)
    add_proposals(app, bank)
    add_orders(app, bank)
    add_operations(app, bank, incoming)
    return app


def add_api(app: Flask, bank: Bank, incoming: Incoming) -> None:
    """What can be posted by name; the forms end in the same calls."""
    actions: dict[str, Callable[[Row], Row]] = {
        "customer": lambda given: {"customer": bank.customer(given)},
        "order": bank.order,
        "change": bank.change,
        "stop": bank.stop,
        "move": bank.move,
        "pay": bank.pay,
        "debit": bank.debit,
        "accept": lambda given: proposals.accept(given, bank),
        "decline": lambda given: proposals.decline(given, bank),
        "fault": lambda given: faults.play(bank, given),
        "refuse": incoming.refuse,
    }

    @app.get("/api/state")
    def state() -> Row:
        return bank.state()

    @app.post("/api/poll")
    def poll() -> Row:
        return incoming.poll()

    @app.post("/api/<name>")
    def call(name: str) -> tuple[Row, int]:
        if name not in actions:
            raise Refusal(404, f"There is no {name} to post to.")
        given = request.get_json(force=True)
        if not isinstance(given, dict):
            raise Refusal(400, "The request is not a JSON object.")
        answer = bank.do(actions[name], given)
        return answer, 201 if name in ("customer", "order") else 200


def submitted(
    bank: Bank, act: Callable[[Row], Row], note: str = "", /, **given: object
) -> tuple[Row | None, Refusal | None]:
    """Do what a form asks, if one was sent: what came of it, or what was refused."""
    if request.method != "POST":
        return None, None
    typed = request.form.to_dict()
    names = sorted(name for name in typed if name.startswith("identifier-"))
    if names:
        given["identifiers"] = [typed[name] for name in names]
    try:
        answer = bank.do(act, {**typed, **given})
    except Refusal as refusal:
        return None, refusal
    if note:
        flash(note)
    return answer, None


def page(name: str, error: Refusal | None = None, **values: object) -> Page:
    """A page, with what was refused above it and what was typed in its fields."""
    typed = request.form.to_dict()
    text = render_template(name, error=error, typed=typed, **values)
    return text, error.status if error else 200


def home(order: Row) -> Response:
    """Back to the netbank of the consumer."""
    return redirect(url_for("customer", number=order["customer"], bank=order["bank"]))


def add_netbank(app: Flask, bank: Bank) -> None:
    """The pages of a consumer."""

    def chosen_bank() -> str:
        bic = request.args.get("bank") or next(iter(bank.banks))
        return bank.bank(bic)["bic"]

    @app.route("/", methods=["GET", "POST"])
    def front() -> Page:
        def enter(given: Row) -> Row:
            bic = bank.bank(given.get("bank"))["bic"]
            return bank.customer({**given, "ibans": {bic: given.get("iban")}})

        person, error = submitted(bank, enter)
        if person:
            return home({"customer": person["id"], "bank": request.form["bank"]})
        people = bank.books.all("customer")
        return page("front.html", error, people=people)

    @app.get("/customer/<number>")
    def customer(number: str) -> Page:
        person, bic = bank.record("customer", number), chosen_bank()
        mine = {"customer": person["id"], "bank": bic}
        orders = bank.books.all("order", **mine)
        orders.sort(key=lambda order: (order["status"] != "active", -order["id"]))
        invoices = bank.books.all("invoice", **mine)[::-1]
        values = {"person": person, "bic": bic, "orders": orders, "invoices": invoices}
        values["proposals"] = bank.books.all("proposal", status="open", **mine)
        return page("customer.html", **values)

    @app.route("/customer/<number>/new/<int:which>", methods=["GET", "POST"])
    def new(number: str, which: int) -> Page:
        person, bic = bank.record("customer", number), chosen_bank()
        invoicers = bank.register.announced(bic)
        if not 1 <= which <= len(invoicers):
            raise Refusal(404, f"There is no invoicer {which}.")
        invoicer = invoicers[which - 1]
        given = {"customer": person["id"], "bank": bic, "invoicer": invoicer["key"]}
        note = "Ordered. The bank has told the invoicer (ReceiverInfo ADD)."
        done, error = submitted(bank, bank.order, note, **given)
        if done:
            return home(done["order"])
        return page("new.html", error, person=person, bic=bic, invoicer=invoicer)

    @app.route("/invoice/<number>", methods=["GET", "POST"])
    def invoice(number: str) -> Page:
        note = "Done. Who is paid is told in a file of reference payments."
        done, error = submitted(bank, bank.pay, note, invoice=number)
        if done:
            return redirect(request.url)
        return page("invoice.html", error, invoice=bank.record("invoice", number))


def add_proposals(app: Flask, bank: Bank) -> None:
    """What a consumer answers to proposals of invoicers."""

    @app.post("/proposal/<number>/<any(accept, decline):step>")
    def proposal(number: str, step: str) -> Page:
        shown = bank.record("proposal", number)
        answers = {
            "accept": (proposals.accept, "Ordered. The bank has told the invoicer."),
            "decline": (proposals.decline, "Declined. The bank has told the invoicer."),
        }
        act, note = answers[step]
        done, error = submitted(
            bank, lambda given: act(given, bank), note, proposal=number
        )
        if error:
            raise error
        return home(shown)


def add_orders(app: Flask, bank: Bank) -> None:
    """The page of an order that is in force, and what can become of it."""
    steps = {
        "change": (
            bank.change,
            "Changed. The bank has told the invoicer (ReceiverInfo CHANGE).",
        ),
        "stop": (
            bank.stop,
            "Stopped. The bank has told the invoicer (ReceiverInfo DELETE).",
        ),
        "move": (
            bank.move,
            "Moved. The old bank has sent DELETE and the new bank ADD.",
        ),
    }

    @app.get("/order/<number>", defaults={"step": "change"})
    @app.post("/order/<number>/<any(change, stop, move):step>")
    def order(number: str, step: str) -> Page:
        shown = bank.active(number)
        done, error = submitted(bank, *steps[step], order=number)
        if done:
            return home(done["order"])
        invoicer = bank.invoicer(shown["invoicer"], shown["bank"])
        return page("order.html", error, order=shown, invoicer=invoicer)


def add_operations(app: Flask, bank: Bank, incoming: Incoming) -> None:
    """The pages of the bank's own staff: messages, verdicts and faults."""

    def look(error: Refusal | None = None) -> Page:
        return page(
            "operations.html",
            error,
            notifications=bank.register.all(),
            received=bank.books.all("message")[: -_LATEST - 1 : -1],
            sent=bank.books.all("sent")[: -_LATEST - 1 : -1],
            accepted=[
                invoice
                for invoice in reversed(bank.books.all("invoice"))
                if invoice["status"] != "refused"
            ],
            faults=faults.FAULTS,
            codes={str(code): f"{code} {text}" for code, text in CODE_TEXTS.items()},
            refuse_next=bank.books.setting("refuse_next"),
        )

    @app.get("/operations")
    def operations() -> Page:
        return look()

    @app.post("/operations")
    def poll_now() -> Page:
        incoming.poll()
        flash("The bank has looked into the outbox.")
        return redirect(url_for("operations"))

    def staff(act: Callable[[Row], Row], note: str) -> Page:
        done, error = submitted(bank, act, note)
        return redirect(url_for("operations")) if done else look(error)

    @app.post("/operations/fault")
    def fault() -> Page:
        armed = request.form.get("kind") == "refuse_next"
        note = "The next good invoice will be refused."
        note = note if armed else "Delivered to the invoicer."
        return staff(lambda given: faults.play(bank, given), note)

    @app.post("/operations/refuse")
    def refuse() -> Page:
        note = "A late refusal has been sent to the invoicer."
        return staff(incoming.refuse, note)

    @app.get("/operations/<kind>/<number>")
    def raw(kind: str, number: str) -> Page:
        if kind not in ("message", "sent"):
            raise NotFound
        record = bank.record(kind, number)
        title = f"{record.get('kind', 'Received')} {number}"
        return page("raw.html", title=title, text=record["raw"])

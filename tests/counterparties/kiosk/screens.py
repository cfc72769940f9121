"""The customer's screens: choose, type the number, see what is owed, pay, receipt."""

from __future__ import annotations

import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from counterparties.common.web import Refusal

from . import money
from .core import here

# how long a payment may take before the screen says that it is being processed
_PATIENCE = 2.5

screens = Blueprint("screens", __name__)


@screens.get("/")
def front() -> str:
    networks = here.networks()
    if len(networks) == 1:
        return number(networks[0].name)
    return render_template("front.html", networks=networks)


@screens.get("/kiosk/<name>")
def number(name: str) -> str:
    network = here.protocol(name).network
    kiosks = {each: each for each in network.kiosks}
    return render_template("number.html", network=network, kiosks=kiosks)


@screens.post("/kiosk/<name>/ask")
def ask(name: str) -> Response:
    account = request.form.get("account", "").strip()
    if not account:
        raise Refusal(400, "Type your customer number.")
    given = {**request.form.to_dict(), "network": name, "account": account}
    found = f"L{secrets.token_hex(6)}"
    here.books.set_setting(found, here.ask("lookup", given))
    return redirect(url_for(".debt", name=name, found=found), 303)


def _remembered(name: str, found: str) -> dict:
    """What the company said of a number that was typed."""
    kept = here.books.setting(found)
    if not found.startswith("L") or not kept or kept["network"] != name:
        raise Refusal(400, "Start over: the kiosk has forgotten your number.")
    return kept


@screens.get("/kiosk/<name>/debt/<found>")
def debt(name: str, found: str, problem: bool = False) -> str:
    asked = _remembered(name, found)
    network, shown = here.protocol(name).network, asked["shown"]
    # these have places of their own, the rest is a list
    named = {label.lower(): value for label, value in shown.get("fields", [])}
    own = {key: shown.get(key) or named.get(key) for key in ("name", "due", "debt")}
    amount = money.read(own["debt"])
    invoices = shown.get("invoices", [])
    return render_template(
        "debt.html",
        network=network,
        found=found,
        asked=asked,
        own=own,
        fields=[each for each in shown.get("fields", []) if each[0].lower() not in own],
        invoices=invoices,
        references={
            "": "The oldest first",
            **{each["reference"]: each["reference"] for each in invoices},
        },
        amount=money.show(amount, network.decimals) if amount and amount > 0 else "",
        problem=problem,
    )


@screens.post("/kiosk/<name>/pay")
def pay(name: str) -> Response | str:
    network = here.protocol(name).network
    found = request.form.get("lookup", "")
    asked = _remembered(name, found)
    amount = money.typed(request.form.get("amount", ""))
    if not amount or amount < 0 or not money.has_decimals(amount, network.decimals):
        return debt(name, found, problem=True)
    order = {each: asked[each] for each in ("network", "account", "factor", "kiosk")}
    invoice = request.form.get("invoice", "").strip()
    payment = here.pay({**order, "amount": amount, "invoice": invoice})
    here.wait(payment["id"], _PATIENCE)
    return to_receipt(payment)


def to_receipt(payment: dict) -> Response:
    name, txn_id = payment["network"], payment["txn_id"]
    return redirect(url_for("screens.receipt", name=name, txn_id=txn_id), 303)


@screens.route("/receipt", methods=["GET", "POST"])
def find() -> Response | str:
    if request.method == "POST":
        return to_receipt(here.find(None, request.form.get("txn_id", "").strip()))
    return render_template("find.html")


@screens.get("/receipt/<name>/<txn_id>")
def receipt(name: str, txn_id: str) -> str:
    protocol = here.protocol(name)
    return render_template(
        "receipt.html",
        network=protocol.network,
        payment=here.find(name, txn_id),
        has_cancel="cancel" in protocol.OPERATIONS,
    )

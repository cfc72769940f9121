"""The customer's screens: choose, type the number, see what is owed, pay, receipt."""

from __future__ import annotations

import re
from decimal import Decimal
from urllib.parse import quote

import kiosk_money
from html_parts import Html, button, el, hidden, post, table
from kiosk_core import Kiosk, is_settled
from kiosk_errors import invalid, missing
from kiosk_html import box, choice, facts, keypad, note, page, tag
from kiosk_ledger import total
from kiosk_networks import Network
from kiosk_operator import Operator

# how long a payment may take before the screen says that it is being processed
_PATIENCE = 2.5
_REFRESH = 2
_DEBT = re.compile(r"/kiosk/([^/]+)/debt/([A-Za-z0-9]+)")
_RECEIPT = re.compile(r"/receipt/([^/]+)/([^/]+)")
_NUMBER = re.compile(r"/kiosk/([^/]+)")


class Screens:
    """HTML for people; the operator's part is in kiosk_operator."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.kiosk = kiosk
        self.operator = Operator(kiosk)

    def show(self, path: str, query: dict[str, str]) -> bytes:
        """:raises KioskError: there is no such page"""
        if path.startswith("/operator"):
            return self.operator.show(path, query)
        if path == "/":
            return self._front()
        if path == "/receipt":
            return page("Find a receipt", _finder(), "/receipt")
        if found := _DEBT.fullmatch(path):
            return self._debt(found[1], found[2], query.get("problem", ""))
        if found := _RECEIPT.fullmatch(path):
            return self._receipt(found[1], found[2])
        if found := _NUMBER.fullmatch(path):
            return self._number(self.kiosk.protocol(found[1]).network)
        raise missing("page")

    def do(self, path: str, fields: dict[str, str]) -> str:
        """What a form asks for; the page to go to.

        :raises KioskError: it is not possible
        """
        if path.startswith("/operator/"):
            return self.operator.do(path, fields)
        if path == "/receipt":
            return self._find(fields)
        found = re.fullmatch(r"/kiosk/([^/]+)/(ask|pay)", path)
        if not found:
            raise missing("form")
        if found[2] == "ask":
            return self._ask(found[1], fields)
        return self._pay(found[1], fields)

    def sorry(self, path: str, sentence: str) -> bytes:
        body = [
            note(sentence, "bad", "error"),
            el("p", el("a", "Start over", href="/", class_="big", id="start-over")),
        ]
        return page("Not possible", body)

    # Which company, which number

    def _front(self) -> bytes:
        networks = self.kiosk.networks()
        if len(networks) == 1:
            return self._number(networks[0])
        tiles = [
            el(
                "a",
                el("strong", network.title),
                el("span", network.currency),
                href=f"/kiosk/{network.name}",
                id=f"network-{network.name}",
                class_="tile",
            )
            for network in networks
        ]
        empty = el("p", "No network is set up.", id="no-network")
        body = el("div", tiles, class_="tiles") if tiles else empty
        return page("Whom do you want to pay?", body, "/")

    def _number(self, network: Network) -> bytes:
        factor: object = ""
        if network.options.get("ask_factor"):
            factor = box("factor", "Second detail, such as your postcode", maxlength=64)
        kiosks: object = ""
        if len(network.kiosks) > 1:
            kiosks = choice(
                "kiosk", "This kiosk", {each: each for each in network.kiosks}
            )
        form = post(
            f"/kiosk/{network.name}/ask",
            box(
                "account",
                "Your customer number",
                inputmode="numeric",
                maxlength=200,
                required=True,
                autofocus=True,
                class_="display",
            ),
            keypad("account", ""),
            factor,
            kiosks,
            button("Continue", "show-debt", "big"),
            ident="number-form",
        )
        lead = el("p", f"Payment to {network.title}", class_="lead")
        return page("Type your number", [lead, form], "/")

    def _ask(self, name: str, fields: dict[str, str]) -> str:
        account = fields.get("account", "").strip()
        if not account:
            raise invalid("Type your customer number.")
        given = {"account": account}
        given.update((k, fields[k]) for k in ("factor", "kiosk") if fields.get(k))
        found = self.kiosk.lookup(name, given)
        return f"/kiosk/{name}/debt/{found['id']}"

    # What is owed

    def _debt(self, name: str, identity: str, problem: str) -> bytes:
        network = self.kiosk.protocol(name).network
        found = self.kiosk.store.lookup(identity)
        if found is None or found["network"] != name:
            raise missing("page")
        over = el("a", "Start over", href=f"/kiosk/{name}", id="start-over")
        number = el("p", "Customer number ", el("strong", found["account"]))
        if found["verdict"] != "done":
            sentence = _refusal(found)
            body = [number, note(sentence, "bad", "refusal"), el("p", over)]
            return page("Not possible", body, "/")
        shown = found["shown"]
        debt = shown.get("debt")
        named, listed = _named(shown.get("fields") or [])
        rows = {
            "customer": ("Name", shown.get("name") or named.get("name")),
            "debt": ("To pay", total(debt, network.currency) or debt),
            "due": ("Due", shown.get("due") or named.get("due")),
            "message": ("Message", found["message"]),
        }
        parts: list[object] = [number, facts("owed", rows)]
        if listed:
            pairs = [(el("dt", label), el("dd", value)) for label, value in listed]
            parts.append(el("dl", pairs, id="fields"))
        parts.append(_invoices(shown.get("invoices") or [], network))
        if problem:
            parts.append(note("Type an amount such as 150.00.", "bad", "problem"))
        parts.append(self._amount_form(network, found))
        parts.append(el("p", over))
        return page("What you owe", parts, "/")

    def _amount_form(self, network: Network, found: dict) -> Html:
        shown = found["shown"]
        debt = kiosk_money.read(shown.get("debt"))
        value = ""
        if debt is not None and debt > 0:
            value = kiosk_money.show(debt, network.decimals)
        references = [
            str(each.get("reference")) for each in shown.get("invoices") or []
        ]
        invoice: object = ""
        if references:
            options = {"": "The oldest first", **{name: name for name in references}}
            invoice = choice("invoice", "Pay which invoice", options)
        elif network.options.get("ask_invoice"):
            invoice = box("invoice", "Invoice (may stay empty)", maxlength=64)
        return post(
            f"/kiosk/{network.name}/pay",
            hidden(lookup=found["id"]),
            box(
                "amount",
                f"Amount in {network.currency}, any you like",
                value,
                inputmode="decimal",
                maxlength=18,
                required=True,
                class_="display",
            ),
            keypad("amount", "." if network.decimals else ""),
            invoice,
            button("Pay", "pay", "big"),
            ident="amount-form",
        )

    def _pay(self, name: str, fields: dict[str, str]) -> str:
        network = self.kiosk.protocol(name).network
        found = self.kiosk.store.lookup(fields.get("lookup", ""))
        if found is None or found["network"] != name:
            raise invalid("Start over: the kiosk has forgotten your number.")
        amount = kiosk_money.typed(fields.get("amount", ""))
        if not _is_payable(amount, network.decimals):
            return f"/kiosk/{name}/debt/{found['id']}?problem=amount"
        payment = self.kiosk.pay(
            {
                "network": name,
                "account": found["account"],
                "factor": found["factor"],
                "kiosk": found["kiosk"],
                "amount": amount,
                "invoice": fields.get("invoice", "").strip(),
            }
        )
        self.kiosk.wait(payment["id"], _PATIENCE)
        return f"/receipt/{name}/{quote(payment['txn_id'], safe='')}"

    # The receipt

    def _find(self, fields: dict[str, str]) -> str:
        found = self.kiosk.find(None, fields.get("txn_id", "").strip())
        if found is None:
            raise missing("receipt")
        return f"/receipt/{found['network']}/{quote(found['txn_id'], safe='')}"

    def _receipt(self, name: str, txn_id: str) -> bytes:
        network = self.kiosk.protocol(name).network
        payment = self.kiosk.store.find_payment(name, txn_id)
        if payment is None:
            raise missing("receipt")
        is_open = not is_settled(payment)
        rows = {
            "receipt-number": ("Receipt", payment["txn_id"]),
            "receipt-provider": ("Company's number", payment["provider_id"]),
            "receipt-network": ("Paid to", network.title),
            "receipt-account": ("Customer number", payment["account"]),
            "receipt-amount": ("Amount", total(payment["amount"], network.currency)),
            "receipt-invoice": ("Invoice", payment["invoice"]),
            "receipt-at": ("Time", payment["at"][:19].replace("T", " ")),
            "receipt-kiosk": ("Kiosk", payment["kiosk"]),
            "receipt-message": ("Message", "" if is_open else payment["message"]),
        }
        parts = [
            el("p", tag(payment["state"]), id="state", data_state=payment["state"]),
            _outcome(payment),
            facts("receipt", rows),
            el("p", el("a", "Another payment", href="/", id="another", class_="big")),
            self._cancel_form(payment),
        ]
        title = "Receipt" if payment["state"] == "confirmed" else "Your payment"
        return page(title, parts, "/receipt", _REFRESH if is_open else 0)

    def _cancel_form(self, payment: dict) -> Html | str:
        has_cancel = "cancel" in self.kiosk.protocol(payment["network"]).OPERATIONS
        if not has_cancel or payment["state"] in ("cancelled", "refused"):
            return ""
        wish = payment["cancel"]
        if wish and wish["state"] in ("waiting", "retrying"):
            return note("The payment is being taken back.", "wait", "cancelling")
        refused = ""
        if wish:
            words = wish["message"] or wish["code"]
            refused = note(
                f"It could not be taken back: {words}", "bad", "not-cancelled"
            )
        form = post(
            "/operator/cancel",
            hidden(network=payment["network"], txn_id=payment["txn_id"]),
            button("Operator: take it back", "operator-cancel", "plain"),
            ident="cancel-form",
        )
        return el("section", refused, form, class_="operator")


def _is_payable(amount: Decimal | None, decimals: int) -> bool:
    if amount is None or amount <= 0:
        return False
    return kiosk_money.has_decimals(amount, decimals)


def _named(fields: list) -> tuple[dict[str, str], list]:
    """Name, due date and debt have places of their own; the rest is a list."""
    own = ("name", "due", "debt")
    named = {label.lower(): value for label, value in fields if label.lower() in own}
    return named, [each for each in fields if each[0].lower() not in own]


def _refusal(found: dict) -> str:
    if found["verdict"] == "again" and not found["code"]:
        return "The company cannot be reached at the moment. Try again later."
    words = found["message"] or "The company does not take payments for this number."
    return f"{words} ({found['code']})" if found["code"] else words


def _invoices(listed: list[dict], network: Network) -> Html | str:
    if not listed:
        return ""
    rows = [
        (
            each.get("reference"),
            each.get("due"),
            el("td", total(each.get("open"), network.currency), class_="num"),
        )
        for each in listed
    ]
    return table("invoices", ("Invoice", "Due", "Amount"), rows, "")


def _outcome(payment: dict) -> Html:
    """A sentence for the customer."""
    state = payment["state"]
    if state == "confirmed":
        return note("Thank you. Your payment has arrived.", "good", "paid")
    if state == "cancelled":
        return note("The payment was taken back. You get your money.", "", "cancelled")
    if state == "refused":
        words = "No money was taken."
        if payment["money_taken"]:
            words = "The operator gives your money back: show him this receipt."
        reason = f"The payment was refused. {words}"
        return note(reason, "bad", "refused")
    words = (
        "Your payment is being processed. You may leave: keep the number of the"
        " receipt."
    )
    return note(words, "wait", "processing")


def _finder() -> Html:
    return post(
        "/receipt",
        box("txn_id", "Number of the receipt", required=True, class_="display"),
        button("Show", "find-receipt", "big"),
        ident="receipt-form",
    )

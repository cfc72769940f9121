"""The operator's pages: the ledger, one payment, time, faults, complaints."""

from __future__ import annotations

import re
from urllib.parse import quote

import kiosk_faults
import kiosk_ledger
from html_parts import Html, button, el, hidden, post, table
from kiosk_core import Kiosk
from kiosk_errors import invalid, missing
from kiosk_html import box, choice, facts, note, page, tag

_SHOWN = 200
_PAYMENT = re.compile(r"/operator/payment/([^/]+)/([^/]+)")
_DONE = {
    "armed": "The fault is armed.",
    "cleared": "All faults are cleared.",
    "clock": "Time has passed.",
    "repeated": "The payment was sent again.",
    "cancel": "The cancellation is on its way.",
}


def link(payment: dict) -> str:
    txn_id = quote(payment["txn_id"], safe="")
    return f"/operator/payment/{payment['network']}/{txn_id}"


class Operator:
    """What the network's own people see."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.kiosk = kiosk

    def show(self, path: str, query: dict[str, str]) -> bytes:
        """:raises KioskError: there is no such page"""
        if path == "/operator":
            return self._front(query.get("done", ""))
        if found := _PAYMENT.fullmatch(path):
            return self._payment(found[1], found[2], query.get("done", ""))
        raise missing("page")

    def do(self, path: str, fields: dict[str, str]) -> str:
        """:raises KioskError: it is not possible"""
        deeds = {
            "/operator/clock": self._clock,
            "/operator/faults": self._arm,
            "/operator/faults/clear": self._clear,
            "/operator/cancel": self._cancel,
            "/operator/repeat": self._repeat,
        }
        if path not in deeds:
            raise missing("form")
        return deeds[path](fields)

    # Forms

    def _clock(self, fields: dict[str, str]) -> str:
        hours = fields.get("hours", "")
        if not hours.isdecimal() or not 0 < int(hours) <= 876_000:
            raise invalid("Type a number of hours.")
        self.kiosk.clock.advance(int(hours) * 3600)
        self.kiosk.notify()
        return "/operator?done=clock"

    def _arm(self, fields: dict[str, str]) -> str:
        given = {name: value for name, value in fields.items() if value}
        kiosk_faults.arm(self.kiosk.store, given)
        return "/operator?done=armed"

    def _clear(self, fields: dict[str, str]) -> str:
        kiosk_faults.clear(self.kiosk.store)
        return "/operator?done=cleared"

    def _cancel(self, fields: dict[str, str]) -> str:
        payment = self.kiosk.cancel(
            fields.get("network"), fields.get("txn_id", ""), "Asked by the operator"
        )
        self.kiosk.wait(payment["id"], 2)
        txn_id = quote(payment["txn_id"], safe="")
        return f"/receipt/{payment['network']}/{txn_id}"

    def _repeat(self, fields: dict[str, str]) -> str:
        payment = self.kiosk.find(fields.get("network"), fields.get("txn_id", ""))
        if payment is None:
            raise missing("payment")
        self.kiosk.repeat(payment, {})
        return f"{link(payment)}?done=repeated"

    # Pages

    def _front(self, done: str) -> bytes:
        kiosk = self.kiosk
        payments = kiosk.store.payments()
        parts = [
            note(_DONE[done], "good", "done") if done in _DONE else "",
            _section("Sums by day", _sums(kiosk_ledger.days(payments))),
            _section("Payments", _payments(payments[::-1][:_SHOWN])),
            _section("Complaints", _complaints(kiosk.store.complaints()[::-1])),
            el(
                "div",
                _section("Faults of the line", self._faults()),
                _section("Time", self._time()),
                class_="columns",
            ),
            _section("Networks", self._networks()),
        ]
        return page("Operator", parts, "/operator", wide=True)

    def _faults(self) -> list[Html]:
        names = {"": "All networks"}
        names.update((each.name, each.title) for each in self.kiosk.networks())
        rows = [
            (
                fault["kind"],
                fault["network"] or "all",
                fault["operation"] or "money",
                "always" if fault["times"] < 0 else fault["times"],
            )
            for fault in kiosk_faults.armed(self.kiosk.store)
        ]
        form = post(
            "/operator/faults",
            choice("kind", "Fault", {k: f"{k}: {v}" for k, v in _kinds()}),
            choice("network", "Network", names),
            box("times", "How often (-1: always)", "1"),
            box("seconds", "Seconds of a delay", "1"),
            box("count", "Requests at the same instant", "5"),
            button("Arm", "arm-fault"),
            ident="fault-form",
        )
        heads = ("Fault", "Network", "Operation", "Left")
        armed = table("faults", heads, rows, "No fault is armed.")
        clear = post("/operator/faults/clear", button("Clear", "clear-faults", "plain"))
        return [armed, clear, form]

    def _time(self) -> list[Html]:
        clock = self.kiosk.clock
        now = el("strong", clock.stamp(), id="now")
        form = post(
            "/operator/clock",
            box("hours", "Let hours pass", "1", inputmode="numeric"),
            button("Go", "advance-clock"),
            ident="clock-form",
        )
        return [el("p", "It is ", now), form]

    def _networks(self) -> Html:
        rows = [
            (each.title, each.name, each.protocol, each.endpoint, each.auth["kind"])
            for each in self.kiosk.networks()
        ]
        heads = ("Name", "Key", "Protocol", "Endpoint", "Proof")
        return table("networks", heads, rows, "No network is set up.")

    def _payment(self, name: str, txn_id: str, done: str) -> bytes:
        self.kiosk.protocol(name)
        payment = self.kiosk.store.find_payment(name, txn_id)
        if payment is None:
            raise missing("payment")
        wish = payment["cancel"]
        rows = {
            "payment-state": ("State", tag(payment["state"])),
            "payment-network": ("Network", name),
            "payment-account": ("Customer number", payment["account"]),
            "payment-amount": (
                "Amount",
                kiosk_ledger.total(payment["amount"], payment["currency"]),
            ),
            "payment-at": ("Paid at", payment["at"]),
            "payment-code": ("Last code", payment["code"]),
            "payment-message": ("Last message", payment["message"]),
            "payment-provider": ("Company's number", payment["provider_id"]),
            "payment-cancel": (
                "Cancellation",
                f"{wish['state']} {wish['code']} {wish['message']}" if wish else "",
            ),
        }
        attempts = self.kiosk.store.attempts(payment["id"])
        parts = [
            note(_DONE[done], "good", "done") if done in _DONE else "",
            _section("State", facts("payment", rows), self._forms(payment)),
            _section("Attempts", [_attempt(each) for each in attempts]),
        ]
        return page(f"Payment {txn_id}", parts, "/operator", wide=True)

    def _forms(self, payment: dict) -> Html:
        which = {"network": payment["network"], "txn_id": payment["txn_id"]}
        again = post(
            "/operator/repeat",
            hidden(**which),
            button("Send again", "repeat-payment", "plain"),
        )
        protocol = self.kiosk.protocol(payment["network"])
        is_back = payment["state"] == "cancelled"
        has_cancel = "cancel" in protocol.OPERATIONS and not is_back
        back = post(
            "/operator/cancel",
            hidden(**which),
            button("Take back", "operator-cancel", "plain"),
        )
        return el("div", again, back if has_cancel else "", class_="row")


def _kinds() -> list[tuple[str, str]]:
    return list(kiosk_faults.KINDS.items())


def _section(title: str, *parts: object) -> Html:
    return el("section", el("h2", title), parts)


def _number(value: object) -> Html:
    return el("td", value, class_="num")


def _sums(days: list[dict]) -> Html:
    states = ("confirmed", "retrying", "cancelled", "refused")
    rows = [
        (
            day["day"],
            day["network"],
            *(
                _number(f"{day[state]['sum']} ({day[state]['count']})")
                for state in states
            ),
        )
        for day in days
    ]
    heads = ("Day", "Network", "Paid", "Being processed", "Cancelled", "Refused")
    return table("days", heads, rows, "Nothing was paid yet.")


def _payments(payments: list[dict]) -> Html:
    rows = [
        (
            el("a", payment["txn_id"], href=link(payment)),
            payment["network"],
            payment["account"],
            _number(kiosk_ledger.total(payment["amount"], payment["currency"])),
            payment["at"][:19].replace("T", " "),
            tag(payment["state"]),
            payment["attempts"],
            payment["message"],
        )
        for payment in payments
    ]
    heads = (
        "Receipt",
        "Network",
        "Number",
        "Amount",
        "Paid at",
        "State",
        "Attempts",
        "Message",
    )
    return table("payments", heads, rows, "Nothing was paid yet.")


def _complaints(complaints: list[dict]) -> Html:
    rows = [
        (
            each["at"],
            each["network"],
            each["txn_id"],
            each["operation"],
            each["code"],
            each["reason"],
        )
        for each in complaints[:_SHOWN]
    ]
    heads = ("When", "Network", "Receipt", "Operation", "Code", "Reason")
    return table("complaints", heads, rows, "All answers were as they should be.")


def _attempt(attempt: dict) -> Html:
    """One attempt with the bytes both ways."""
    view = kiosk_ledger.attempt_view(attempt)
    asked = view["request"]
    words = f"{view['operation']} - {view['verdict']} {view['code']} {view['message']}"
    more = f"{view['at']}, {view['ms']} ms"
    if view["fault"]:
        more += f", fault: {view['fault']}"
    said: object = el("p", view["silence"] or "No answer.", class_="soft")
    if view["answer"]:
        lost = " (it never arrived)" if view["lost"] else ""
        text = f"HTTP {view['answer']['status']}{lost}\n"
        said = el("pre", text + view["answer"]["body"]["text"])
    request = f"{asked['method']} {asked['url']}\n{asked['body']['text']}".rstrip()
    return el(
        "details",
        el("summary", words, " ", el("span", more, class_="soft")),
        el("pre", request),
        said,
    )

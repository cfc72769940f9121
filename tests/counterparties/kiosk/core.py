"""The network core: what people and tests ask of it, and the payments it keeps."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

from flask import current_app
from werkzeug.local import LocalProxy

from counterparties.common.web import Refusal

from . import money, networks
from .books import Books
from .clock import Clock
from .exchange import Exchange
from .faults import MOST_AT_ONCE
from .networks import Network
from .protocols import speak
from .protocols.base import Protocol

_FIRST_ID = 700_000_000
# what is given back of a question
_KEPT = ("network", "account", "factor", "kiosk")
# what may be another in a repeat
_CHANGEABLE = ("account", "amount", "invoice", "factor", "kiosk")


class Kiosk:
    """Networks, their payments, and the line to the companies."""

    def __init__(
        self, books: Books, retry_unit: float, contract: Path | None = None
    ) -> None:
        self.books = books
        self.clock = Clock(books)
        self.exchange = Exchange(books, self.clock, contract)
        self.retry_unit = retry_unit
        self.changed = threading.Condition()
        self._protocols = {
            name: speak(networks.read(record))
            for name, record in books.setting("networks", {}).items()
        }

    # Networks

    def add_network(self, network: Network) -> None:
        """A new network, or new terms of a known one."""
        with self.books.transaction():
            self._protocols[network.name] = speak(network)
            known = {each.name: each.__dict__ for each in self.networks()}
            self.books.set_setting("networks", known)

    def networks(self) -> list[Network]:
        return [protocol.network for protocol in [*self._protocols.values()]]

    def protocol(self, name: object, operation: str = "") -> Protocol:
        """How a network speaks.

        :raises Refusal: there is no such network, or it has no such operation
        """
        protocol = self._protocols.get(str(name))
        if protocol is None:
            raise missing("network")
        if operation and operation not in protocol.OPERATIONS:
            raise Refusal(409, f"{protocol.network.protocol} has no {operation}.")
        return protocol

    def notify(self) -> None:
        with self.changed:
            self.changed.notify_all()

    # Asking without a trace in the ledger

    def ask(self, operation: str, given: dict) -> dict:
        """What the company says of a number, of a payment, or of a period."""
        protocol = self.protocol(given.get("network"), operation)
        payment = self._draft(protocol, given)
        if operation == "status":
            known = self.books.find_payments(payment["txn_id"], payment["network"])
            payment = known[0] if known else payment
        for name in {"since", "until"} & given.keys():
            payment[name] = self.clock.local(protocol.network.zone, given[name])
        kept = {name: payment[name] for name in _KEPT}
        return {**kept, **self.exchange.run(protocol, operation, payment).view()}

    # Payments

    def pay(self, given: dict) -> dict:
        """Take a payment in; it is sent by the workers.

        :raises Refusal: it cannot be sent, or its id is used already
        """
        protocol = self.protocol(given.get("network"))
        payment = self._draft(protocol, given)
        if not payment["account"] or payment["amount"] is None:
            raise Refusal(400, "A payment has an account and an amount.")
        now = self.clock.now()
        left_out = {"check"} if given.get("check") is False else set()
        steps = [step for step in protocol.STEPS if step not in left_out]
        payment.update(due=now, deadline=now + protocol.LIFETIME, todo=steps)
        with self.books.transaction():
            known = self.books.find_payments(payment["txn_id"], payment["network"])
            if not known:
                payment = self.books.add_payment(payment)
            elif known[0]["money_taken"] or known[0]["todo"]:
                sentence = f"{payment['txn_id']} was used for another payment."
                raise Refusal(409, sentence)
            else:
                # cancelled before it was ever paid: the payment comes late
                kept = {name: known[0][name] for name in ("id", "cancel", "extra")}
                payment = self.books.change_payment(known[0]["id"], **payment | kept)
        self.notify()
        return payment

    def cancel(self, name: str | None, txn_id: str, given: dict) -> dict:
        """Take a payment back; one that is unknown here is cancelled all the same.

        :raises Refusal: the network cannot, or several have such a payment
        """
        with self.books.transaction():
            payment = self.find(name, txn_id, is_needed=False)
            protocol = self.protocol(payment["network"] if payment else name, "cancel")
            if payment is None:
                draft = self._draft(protocol, {**given, "txn_id": txn_id})
                payment = self.books.add_payment(draft)
            payment = self.take_back(payment, given.get("reason", ""))
        self.notify()
        return payment

    def take_back(self, payment: dict, reason: str) -> dict:
        """Make a cancellation the next step, unless it was made or is."""
        wish, now = payment["cancel"], self.clock.now()
        if wish and wish["state"] in ("waiting", "done"):
            return payment
        return self.books.change_payment(
            payment["id"],
            cancel=self.new_wish(payment, reason),
            todo=["cancel", *payment["todo"]],
            tries=0,
            due=now,
            deadline=now + self.protocol(payment["network"]).LIFETIME,
        )

    def new_wish(self, payment: dict, reason: str) -> dict:
        """A cancellation that has just been asked for."""
        return {
            "state": "waiting",
            "reason": reason,
            "was": payment["state"],
            "asked_at": self.clock.stamp(),
        }

    def repeat(self, payment: dict, given: dict) -> list[dict]:
        """Send a request of a payment again, also with other contents; state stays."""
        operation = given.get("operation", "pay")
        protocol = self.protocol(payment["network"], operation)
        count = given.get("count", 1)
        if not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
            raise Refusal(400, f"count is between 1 and {MOST_AT_ONCE}.")
        changes = {name: given[name] for name in _CHANGEABLE if name in given}
        if "at" in given:
            changes["at"] = self.clock.local(protocol.network.zone, given["at"])
        if not changes:
            several = self.exchange.at_once(protocol, operation, payment, count)
            return [heard.view() for heard in several]
        other = {**payment, **changes}
        return [
            self.exchange.one(protocol, operation, other, is_changed=True).view()
            for _ in range(count)
        ]

    def find(self, name: str | None, txn_id: str, is_needed: bool = True) -> Any:
        """A payment by its id; the network may be left out when only one has it.

        :raises Refusal: there is none, or several
        """
        found = self.books.find_payments(txn_id, name or None)
        if len(found) > 1:
            raise Refusal(400, "Several networks have this txn_id: name the network.")
        if not found and is_needed:
            raise missing("payment")
        return found[0] if found else None

    def wait(self, number: int, seconds: float) -> dict:
        """The payment once it is settled, or as it is after so many seconds."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.books.payment(number)["due"] is None, seconds
            )
        return self.books.payment(number)

    def _draft(self, protocol: Protocol, given: dict) -> dict:
        """A payment of which nobody has heard yet."""
        network = protocol.network
        amount = money.read(given.get("amount"))
        if given.get("amount") is not None and (
            amount is None or not money.has_decimals(amount, network.decimals)
        ):
            sentence = f"An amount in {network.currency} has a point and"
            raise Refusal(400, f"{sentence} {network.decimals} decimals at most.")
        number = self.books.next_number("txn_id")
        return {
            "network": network.name,
            "txn_id": given.get("txn_id") or protocol.new_id(_FIRST_ID + number),
            "state": "new",
            "account": str(given.get("account") or ""),
            "amount": None if amount is None else money.show(amount, network.decimals),
            "currency": network.currency,
            "at": self.clock.local(network.zone, given.get("at")),
            "kiosk": given.get("kiosk") or network.kiosks[0],
            "factor": given.get("factor") or "",
            "invoice": given.get("invoice") or "",
            "created_at": self.clock.stamp(),
            "settled_at": None,
            "due": None,
            "deadline": None,
            "todo": [],
            "attempts": 0,
            "tries": 0,
            "money_taken": False,
            "code": "",
            "message": "",
            "provider_id": "",
            "shown": {},
            "cancel": None,
            "extra": protocol.new_extra(number),
        }


def missing(what: str) -> Refusal:
    return Refusal(404, f"There is no such {what}.")


# the kiosk of the program whose page is asked for
here = cast(Kiosk, LocalProxy(lambda: current_app.extensions["kiosk"]))

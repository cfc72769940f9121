"""The network core: what people and tests ask of it, and the payments it keeps."""

from __future__ import annotations

import secrets
import threading
import time
from decimal import Decimal

import kiosk_clock
import kiosk_money
import kiosk_networks
from kiosk_clock import Clock
from kiosk_errors import impossible, invalid, missing
from kiosk_exchange import Exchange
from kiosk_networks import Network
from kiosk_protocol import Heard, Protocol
from kiosk_protocols import speak
from kiosk_store import Store

_FIRST_ID = 700_000_000
_MOST_AT_ONCE = 64
SETTLED = ("confirmed", "refused", "cancelled")


class Kiosk:
    """Networks, their payments, and the line to the companies."""

    def __init__(self, store: Store, retry_unit: float) -> None:
        self.store = store
        self.clock = Clock(store)
        self.exchange = Exchange(store, self.clock)
        self.retry_unit = retry_unit
        self.changed = threading.Condition()
        self._networks: dict[str, Protocol] = {}
        for record in store.networks():
            self._enter(kiosk_networks.read(record))

    # Networks

    def add_network(self, network: Network) -> None:
        """A new network, or new terms of a known one."""
        self.store.save_network(network.name, network.record())
        self._enter(network)

    def _enter(self, network: Network) -> None:
        self._networks[network.name] = speak(network)

    def networks(self) -> list[Network]:
        return [protocol.network for protocol in self._networks.values()]

    def protocol(self, name: object) -> Protocol:
        """:raises KioskError: there is no such network"""
        if not isinstance(name, str) or name not in self._networks:
            raise missing("network")
        return self._networks[name]

    def notify(self) -> None:
        with self.changed:
            self.changed.notify_all()

    # Asking without a trace in the ledger

    def lookup(self, name: str, given: dict) -> dict:
        """What the company says of a number; kept under an id for the screen."""
        protocol = self.protocol(name)
        payment = self._draft(protocol, given, needs_amount=False)
        payment["txn_id"] = self._new_id(protocol)
        payment["extra"] = protocol.new_extra(self.store.next_number("number"))
        heard = self.exchange.run(protocol, "lookup", payment)
        found = {
            "id": f"L{secrets.token_hex(6)}",
            "network": name,
            "account": payment["account"],
            "factor": payment["factor"],
            "kiosk": payment["kiosk"],
            **said(heard),
        }
        self.store.save_lookup(found["id"], found)
        return found

    def status(self, name: str, txn_id: str, account: str = "") -> dict:
        """What the company says of a payment; it changes nothing here."""
        protocol = self.protocol(name)
        protocol.needs("status")
        payment = self.store.find_payment(name, txn_id)
        if payment is None:
            payment = self._draft(protocol, {"account": account}, needs_amount=False)
            payment["txn_id"] = txn_id
            payment["extra"] = protocol.new_extra(self.store.next_number("number"))
        return said(self.exchange.run(protocol, "status", payment))

    def statement(self, name: str, since: str, until: str) -> dict:
        """The payments of a period as the company has them."""
        protocol = self.protocol(name)
        protocol.needs("statement")
        zone = protocol.network.zone
        asked = {
            "since": kiosk_clock.read_local(since, zone).isoformat(),
            "until": kiosk_clock.read_local(until, zone).isoformat(),
        }
        return said(self.exchange.run(protocol, "statement", asked))

    # Payments

    def pay(self, given: dict) -> dict:
        """Take a payment in; it is sent by the workers.

        :raises KioskError: it cannot be sent, or its id is used already
        """
        protocol = self.protocol(given.get("network"))
        payment = self._draft(protocol, given, needs_amount=True)
        txn_id = given.get("txn_id")
        if txn_id is not None and not isinstance(txn_id, str):
            raise invalid("txn_id is a text.")
        now = self.clock.now()
        steps = protocol.steps(given.get("check", True) is not False)
        payment.update(
            txn_id=txn_id or self._new_id(protocol),
            state="new" if steps[0] != "pay" else "taken",
            due=now,
            deadline=now + protocol.LIFETIME,
            todo=steps,
            extra=protocol.new_extra(self.store.next_number("number")),
        )
        with self.store.transaction():
            known = self.store.find_payment(payment["network"], payment["txn_id"])
            if known and (known["money_taken"] or known["todo"]):
                raise impossible(f"{payment['txn_id']} was used for another payment.")
            if known:
                # cancelled before it was ever paid: the payment comes late
                kept = {"cancel": known["cancel"], "extra": known["extra"]}
                payment = self.store.change_payment(known["id"], **payment | kept)
            else:
                payment = self.store.add_payment(payment)
        self.notify()
        return payment

    def cancel(
        self,
        name: str | None,
        txn_id: str,
        reason: str = "",
        account: str = "",
        amount: str | None = None,
    ) -> dict:
        """Take a payment back; one that is unknown here is cancelled all the same.

        `account` and `amount` are those of a payment that is unknown here.
        """
        with self.store.transaction():
            payment = self.find(name, txn_id, is_needed=False)
            protocol = self.protocol(payment["network"] if payment else name)
            protocol.needs("cancel")
            given = {"account": account, "amount": amount}
            payment = payment or self._unpaid(protocol, txn_id, given)
            wish = payment["cancel"]
            if wish is None or wish["state"] in ("refused", "expired"):
                wish = self.new_wish(protocol, reason, payment["state"])
                payment = self.store.change_payment(
                    payment["id"], cancel=wish, due=self.clock.now()
                )
        self.notify()
        return payment

    def new_wish(self, protocol: Protocol, reason: str, was: str) -> dict:
        """A cancellation that has just been asked for."""
        return {
            "state": "waiting",
            "attempts": 0,
            "code": "",
            "message": "",
            "reason": reason,
            "was": was,
            "asked_at": self.clock.stamp(),
            "deadline": self.clock.now() + protocol.LIFETIME,
        }

    def _unpaid(self, protocol: Protocol, txn_id: str, given: dict) -> dict:
        payment = self._draft(protocol, given, needs_amount=False)
        payment.update(
            txn_id=txn_id,
            state="new",
            due=None,
            todo=[],
            extra=protocol.new_extra(self.store.next_number("number")),
        )
        return self.store.add_payment(payment)

    def repeat(self, payment: dict, given: dict) -> list[dict]:
        """Send a request of a payment again, also with other contents; state stays."""
        protocol = self.protocol(payment["network"])
        operation = given.get("operation", "pay")
        protocol.needs(operation)
        count = given.get("count", 1)
        if not isinstance(count, int) or not 1 <= count <= _MOST_AT_ONCE:
            raise invalid(f"count is between 1 and {_MOST_AT_ONCE}.")
        changes = {
            name: given[name]
            for name in ("account", "amount", "invoice", "factor", "kiosk")
            if given.get(name) is not None
        }
        if given.get("at") is not None:
            zone = protocol.network.zone
            changes["at"] = kiosk_clock.read_local(given["at"], zone).isoformat()
        if not changes:
            several = self.exchange.at_once(protocol, operation, payment, count)
            return [said(heard) for heard in several]
        other = {**payment, **changes}
        return [
            said(self.exchange.one(protocol, operation, other, is_changed=True))
            for _ in range(count)
        ]

    def find(
        self, name: str | None, txn_id: str, is_needed: bool = True
    ) -> dict | None:
        """A payment by its id; the network may be left out when only one has it.

        :raises KioskError: there is none, or several
        """
        names = [name] if name else [each.name for each in self.networks()]
        found = [
            payment
            for each in names
            if (payment := self.store.find_payment(each, str(txn_id)))
        ]
        if len(found) > 1:
            raise invalid("Several networks have this txn_id: name the network.")
        if not found and is_needed:
            raise missing("payment")
        return found[0] if found else None

    def wait(self, number: int, seconds: float) -> dict:
        """The payment once it is settled, or as it is after so many seconds."""
        until = time.monotonic() + seconds
        with self.changed:
            while True:
                payment = self.store.payment(number)
                left = until - time.monotonic()
                if is_settled(payment) or left <= 0:
                    return payment
                self.changed.wait(min(left, 0.5))

    def _draft(self, protocol: Protocol, given: dict, needs_amount: bool) -> dict:
        network = protocol.network
        account = given.get("account", "")
        if not isinstance(account, str) or (needs_amount and not account):
            raise invalid("The account is a text.")
        amount = kiosk_money.read(given.get("amount"))
        if amount is None and (needs_amount or given.get("amount") is not None):
            raise invalid("The amount is a number with a point, as a text.")
        if amount is not None and not kiosk_money.has_decimals(
            amount, network.decimals
        ):
            raise invalid(f"{network.currency} has {network.decimals} decimals.")
        at = kiosk_clock.local(self.clock.now(), network.zone)
        if given.get("at"):
            at = kiosk_clock.read_local(str(given["at"]), network.zone)
        return {
            "network": network.name,
            "account": account,
            "amount": _shown(amount, network.decimals),
            "currency": network.currency,
            "at": at.isoformat(),
            "kiosk": given.get("kiosk") or network.kiosks[0],
            "factor": given.get("factor") or "",
            "invoice": given.get("invoice") or "",
            "reason": given.get("reason") or "",
            "created_at": self.clock.stamp(),
            "deadline": None,
            "attempts": 0,
            "tries": 0,
            "money_taken": False,
            "code": "",
            "message": "",
            "provider_id": "",
            "shown": {},
            "settled_at": None,
            "cancel": None,
            "todo": [],
        }

    def _new_id(self, protocol: Protocol) -> str:
        return protocol.new_id(_FIRST_ID + self.store.next_number("txn_id"))


def _shown(amount: Decimal | None, decimals: int) -> str | None:
    return None if amount is None else kiosk_money.show(amount, decimals)


def is_settled(payment: dict) -> bool:
    """Nothing is under way any more."""
    wish = payment["cancel"]
    is_asked_back = wish is not None and wish["state"] in ("waiting", "retrying")
    return payment["due"] is None and not is_asked_back


def said(heard: Heard) -> dict:
    """What was heard, as JSON."""
    return {
        "verdict": heard.verdict,
        "code": heard.code,
        "message": heard.message,
        "provider_id": heard.provider_id,
        "shown": heard.shown,
        "data": heard.data,
        "complaints": [
            {"code": code, "reason": sentence} for code, sentence in heard.complaints
        ],
    }

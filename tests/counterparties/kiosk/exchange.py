"""One exchange with the company: ask, perhaps a fault, hear, write everything down."""

from __future__ import annotations

import threading
from pathlib import Path

from . import faults, line
from .books import Books
from .clock import Clock, utc
from .faults import Fault
from .line import Answer, Ask
from .protocols.base import Protocol
from .protocols.heard import AGAIN, DONE, Heard

_TWICE = ("reserve", "pay", "cancel")


class Exchange:
    """Sends, hears and records; what follows from it is not decided here."""

    def __init__(
        self, books: Books, clock: Clock, contract: Path | None = None
    ) -> None:
        self.books = books
        self.clock = clock
        self.contract = contract

    def run(self, protocol: Protocol, operation: str, payment: dict) -> Heard:
        """The operation, with the fault that is armed for it."""
        network = protocol.network
        fault = faults.strike(self.books, network.name, operation)
        if fault and fault.kind == "duplicate":
            several = self.at_once(protocol, operation, payment, fault.count)
            return next((h for h in several if h.verdict != AGAIN), several[0])
        if fault and fault.kind == "old_repeat":
            self._repeat_old(protocol, payment)
            fault = None
        heard = self.one(protocol, operation, payment, fault)
        if network.sandbox and operation in _TWICE and heard.verdict != AGAIN:
            self.one(protocol, operation, payment)
        return heard

    def at_once(
        self, protocol: Protocol, operation: str, payment: dict, count: int
    ) -> list[Heard]:
        """So many equal requests in parallel."""
        fault = Fault("duplicate") if count > 1 else None
        ask = protocol.ask(operation, payment)
        heard: list[Heard] = []
        gate = threading.Barrier(count)

        def ask_too() -> None:
            gate.wait()
            heard.append(self.one(protocol, operation, payment, fault, ask))

        crowd = [threading.Thread(target=ask_too, daemon=True) for _ in range(count)]
        for each in crowd:
            each.start()
        for each in crowd:
            each.join()
        return heard

    def one(
        self,
        protocol: Protocol,
        operation: str,
        payment: dict,
        fault: Fault | None = None,
        ask: Ask | None = None,
        is_changed: bool = False,
    ) -> Heard:
        """One attempt; `is_changed` tells that it is no faithful repeat."""
        ask = ask or protocol.ask(operation, payment)
        begun = self.clock.now()
        traffic = line.play(ask, protocol.limit, fault)
        heard = Heard(message=traffic.silence)
        if traffic.answer:
            heard = protocol.hear(operation, payment, ask, traffic.answer)
        # what the company said counts for comparing even when it was lost
        said = traffic.lost or traffic.answer
        real = protocol.hear(operation, payment, ask, said) if said else heard
        complaints = [] if traffic.lost else list(heard.complaints)
        hidden = dict.fromkeys({"Authorization"} & ask.headers.keys(), "***")
        attempt = {
            "operation": operation,
            "at": utc(begun),
            "ms": round(traffic.seconds * 1000),
            "fault": fault.kind if fault else "",
            "verdict": heard.verdict,
            "code": heard.code,
            "message": heard.message,
            "changed": is_changed,
            "silence": traffic.silence,
            "lost": bool(traffic.silence and said),
            "company_verdict": real.verdict,
            "request": {
                "method": ask.method,
                "url": ask.url,
                "headers": ask.headers | hidden,
                "body": _text(ask.body),
            },
            "answer": {**said.__dict__, "body": _text(said.body)} if said else None,
        }
        if said and self.contract and protocol.network.protocol == "signed_json":
            complaints += _broken(self.contract, ask, said)
        with self.books.transaction():
            is_binding = operation in protocol.BINDING and not is_changed
            if said and is_binding and real.verdict != AGAIN and payment.get("id"):
                complaints += self._compared(protocol, operation, payment["id"], said)
            number = self.books.add_attempt(payment.get("id"), attempt)
            self.complain(protocol, operation, payment, complaints, number)
        return heard

    def complain(
        self,
        protocol: Protocol,
        operation: str,
        payment: dict,
        complaints: list[tuple[str, str]],
        attempt: int | None = None,
    ) -> None:
        """Write down what was wrong with an answer."""
        for code, sentence in complaints:
            complaint = {
                "network": protocol.network.name,
                "txn_id": payment["txn_id"],
                "operation": operation,
                "code": code,
                "reason": sentence,
                "attempt": attempt,
                "at": self.clock.stamp(),
            }
            self.books.add_complaint(complaint)

    def _compared(
        self, protocol: Protocol, operation: str, number: int, answer: Answer
    ) -> list[tuple[str, str]]:
        """A repeat must be answered like the first."""
        if operation == "pay" and self.books.payment(number)["cancel"]:
            return []
        for earlier in self.books.attempts(number):
            is_faithful = earlier["operation"] == operation and not earlier["changed"]
            is_final = earlier["answer"] and earlier["company_verdict"] != AGAIN
            if is_faithful and is_final:
                first = earlier["answer"]["body"].encode("utf-8", "surrogateescape")
                if protocol.is_same(operation, first, answer.body):
                    return []
                sentence = f"Another answer than that of attempt {earlier['id']}."
                return [("repeat_differs", sentence)]
        return []

    def _repeat_old(self, protocol: Protocol, payment: dict) -> None:
        """Send a payment of before once more."""
        for old in self.books.payments(protocol.network.name):
            is_plain = old["state"] == "confirmed" and not old["cancel"]
            if is_plain and old["id"] != payment["id"]:
                heard = self.one(protocol, "pay", old, Fault("old_repeat"))
                if heard.verdict not in (DONE, AGAIN):
                    sentence = f"A repeat of {old['txn_id']} was refused."
                    found = [("repeat_refused", sentence)]
                    self.complain(protocol, "pay", old, found)
                return


def _broken(document: Path, ask: Ask, answer: Answer) -> list[tuple[str, str]]:
    """What the document of Terminal JSON has against the exchange, of either side."""
    from .contract import breaches

    found = breaches(document, ask, answer)
    return [("contract", f"{each.party}: {each.what}") for each in found]


def _text(body: bytes) -> str:
    """Bytes so that they can be had again."""
    return body.decode("utf-8", "surrogateescape")


def readable(text: str) -> str:
    """What people can read of it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

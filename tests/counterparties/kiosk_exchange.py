"""One exchange with the company: ask, perhaps a fault, hear, write everything down."""

from __future__ import annotations

import threading

import kiosk_clock
import kiosk_faults
import kiosk_line
from kiosk_clock import Clock
from kiosk_faults import Fault
from kiosk_line import Answer, Ask, Traffic
from kiosk_protocol import AGAIN, DONE, Heard, Protocol
from kiosk_store import Store

_HIDDEN = ("authorization",)
_TWICE = ("reserve", "pay", "cancel")


class Exchange:
    """Sends, hears and records; what follows from it is not decided here."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def run(self, protocol: Protocol, operation: str, payment: dict) -> Heard:
        """The operation, with the fault that is armed for it."""
        fault = kiosk_faults.strike(self.store, protocol.network.name, operation)
        if fault and fault.kind == "duplicate":
            several = self.at_once(protocol, operation, payment, fault.count)
            return next((h for h in several if h.verdict != AGAIN), several[0])
        if fault and fault.kind == "old_repeat":
            self._repeat_old(protocol, payment)
            fault = None
        heard = self.one(protocol, operation, payment, fault)
        if protocol.network.sandbox and operation in _TWICE and heard.verdict != AGAIN:
            self.one(protocol, operation, payment)
        return heard

    def at_once(
        self, protocol: Protocol, operation: str, payment: dict, count: int
    ) -> list[Heard]:
        """So many equal requests in parallel."""
        fault = Fault("duplicate", 0, count) if count > 1 else None
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
        traffic = _play(ask, protocol.limit, fault)
        heard = _hear(protocol, operation, payment, ask, traffic.answer)
        if traffic.answer is None:
            heard.message = traffic.silence
        arrived = traffic.answer
        # what the company said counts for comparing even when it was lost
        said = traffic.lost or arrived
        real = heard
        if traffic.lost is not None:
            real = _hear(protocol, operation, payment, ask, traffic.lost)
        is_spoilt = bool(fault and fault.kind == "corrupt")
        complaints = [] if is_spoilt else list(heard.complaints)
        with self.store.transaction():
            if (
                payment.get("id")
                and operation in protocol.BINDING
                and not is_changed
                and said is not None
                and real.verdict != AGAIN
            ):
                complaints += self._compared(protocol, operation, payment, said)
            entry = {
                "at": kiosk_clock.utc(begun),
                "ms": round(traffic.seconds * 1000),
                "fault": fault.kind if fault else "",
                "method": ask.method,
                "url": ask.url,
                "headers": _shown(ask.headers),
                "status": said.status if said else None,
                "answer_headers": said.headers if said else {},
                "silence": traffic.silence,
                "verdict": heard.verdict,
                "code": heard.code,
                "message": heard.message,
                "company_verdict": real.verdict if said else None,
                "changed": is_changed,
            }
            number = self.store.add_attempt(
                payment.get("id"),
                protocol.network.name,
                operation,
                entry,
                ask.body,
                said.body if said else None,
            )
            for code, sentence in complaints:
                self.complain(protocol, operation, payment, code, sentence, number)
        return heard

    def complain(
        self,
        protocol: Protocol,
        operation: str,
        payment: dict,
        code: str,
        sentence: str,
        attempt: int | None = None,
    ) -> None:
        """Write down what was wrong with an answer."""
        self.store.add_complaint(
            protocol.network.name,
            {
                "txn_id": payment.get("txn_id", ""),
                "operation": operation,
                "code": code,
                "reason": sentence,
                "attempt": attempt,
                "at": self.clock.stamp(),
            },
        )

    def _compared(
        self, protocol: Protocol, operation: str, payment: dict, answer: Answer
    ) -> list[tuple[str, str]]:
        """A repeat must be answered like the first."""
        now = self.store.payment(payment["id"])
        if operation == "pay" and now["cancel"]:
            return []
        for earlier in self.store.attempts(payment["id"]):
            if (
                earlier["operation"] == operation
                and not earlier["changed"]
                and earlier["company_verdict"] not in (None, AGAIN)
            ):
                if protocol.is_same(operation, earlier["answer"], answer.body):
                    return []
                sentence = f"Another answer than that of attempt {earlier['id']}."
                return [("repeat_differs", sentence)]
        return []

    def _repeat_old(self, protocol: Protocol, payment: dict) -> None:
        """Send a payment of before once more."""
        for old in self.store.payments(protocol.network.name):
            is_plain = old["state"] == "confirmed" and not old["cancel"]
            if is_plain and old["id"] != payment["id"]:
                heard = self.one(protocol, "pay", old, Fault("old_repeat", 0, 1))
                if heard.verdict not in (DONE, AGAIN):
                    sentence = f"A repeat of {old['txn_id']} was refused."
                    self.complain(protocol, "pay", old, "repeat_refused", sentence)
                return


def _play(ask: Ask, limit: float, fault: Fault | None) -> Traffic:
    kind = fault.kind if fault else ""
    if kind == "lose_answer":
        return kiosk_line.lose_answer(ask, limit)
    if kind == "corrupt":
        return kiosk_line.corrupt(ask, limit)
    if fault and kind == "delay":
        return kiosk_line.delay(ask, limit, fault.seconds)
    if kind.startswith("cut_"):
        return kiosk_line.cut(ask, limit, kind.removeprefix("cut_"))
    return kiosk_line.send(ask, limit)


def _hear(
    protocol: Protocol,
    operation: str,
    payment: dict,
    ask: Ask,
    answer: Answer | None,
) -> Heard:
    """Silence is an answer too: again."""
    if answer is None:
        return Heard()
    return protocol.hear(operation, payment, ask, answer)


def _shown(headers: dict[str, str]) -> dict[str, str]:
    return {
        name: "***" if name.lower() in _HIDDEN else value
        for name, value in headers.items()
    }

"""The threads that send payments, and when each is sent again."""

from __future__ import annotations

import sys
import threading
import traceback

import kiosk_faults
from kiosk_core import Kiosk
from kiosk_protocol import AGAIN, DONE, Heard, Protocol

_THREADS = 16
_NAP = 0.25
_SHORTEST_NAP = 0.002


class Workers(threading.Thread):
    """Gives what is due to one of sixteen threads, one payment to one at a time."""

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(name="scheduler", daemon=True)
        self.kiosk = kiosk
        self._busy: set[int] = set()
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()
        self.kiosk.notify()

    def run(self) -> None:
        kiosk = self.kiosk
        while not self._stopped.is_set():
            with kiosk.changed:
                if not self._start_due():
                    kiosk.changed.wait(self._nap())

    def is_idle(self) -> bool:
        """Nothing is due and nothing is under way."""
        with self.kiosk.changed:
            now = self.kiosk.clock.now()
            return not self._busy and not self.kiosk.store.due_payments(now, 1)

    def _nap(self) -> float:
        due = self.kiosk.store.next_due()
        if due is None or self._busy:
            return _NAP
        return min(max(due - self.kiosk.clock.now(), _SHORTEST_NAP), _NAP)

    def _start_due(self) -> bool:
        room = _THREADS - len(self._busy)
        if room <= 0:
            return False
        now = self.kiosk.clock.now()
        listed = self.kiosk.store.due_payments(now, _THREADS + len(self._busy))
        chosen = [number for number in listed if number not in self._busy][:room]
        for number in chosen:
            self._busy.add(number)
            threading.Thread(target=self._work, args=(number,), daemon=True).start()
        return bool(chosen)

    def _work(self, number: int) -> None:
        try:
            Course(self.kiosk, number).go()
        except Exception as error:
            if not self._stopped.is_set():
                where = "".join(traceback.format_tb(error.__traceback__))
                words = f"kiosk: a payment failed: {error!r}\n{where}"
                print(words, file=sys.stderr, flush=True)
                self.kiosk.store.change_payment(
                    number, due=None, state="refused", message=f"kiosk: {error!r}"
                )
        finally:
            with self.kiosk.changed:
                self._busy.discard(number)
                self.kiosk.changed.notify_all()


class Course:
    """One payment, as far as it gets now."""

    def __init__(self, kiosk: Kiosk, number: int) -> None:
        self.kiosk = kiosk
        self.number = number
        payment = kiosk.store.payment(number)
        self.protocol: Protocol = kiosk.protocol(payment["network"])

    def go(self) -> None:
        """Step by step until it is settled or has to wait."""
        while True:
            payment = self.kiosk.store.payment(self.number)
            if payment["due"] is None or payment["due"] > self.kiosk.clock.now():
                return
            wish = payment["cancel"]
            if wish and wish["state"] in ("waiting", "retrying"):
                self._cancel(payment)
            elif payment["todo"]:
                self._step(payment)
            else:
                self._change(due=None)
            self.kiosk.notify()

    def _change(self, **changes: object) -> dict:
        return self.kiosk.store.change_payment(self.number, **changes)

    # The payment

    def _step(self, payment: dict) -> None:
        step = payment["todo"][0]
        was_cancelled = bool(payment["cancel"] and payment["cancel"]["state"] == "done")
        if step == "pay":
            state = "cancelled" if was_cancelled else "taken"
            if payment["state"] == "retrying":
                state = "retrying"
            payment = self._change(state=state, money_taken=True)
            self._overtake(payment)
        heard = self.kiosk.exchange.run(self.protocol, step, payment)
        if heard.verdict == DONE:
            self._advance(step, heard)
        elif heard.verdict == AGAIN:
            self._wait(step, heard)
        else:
            self._end("refused", heard.code, heard.message)

    def _overtake(self, payment: dict) -> None:
        """With that fault armed the cancellation is there before the payment."""
        if "cancel" not in self.protocol.OPERATIONS or payment["cancel"]:
            return
        kiosk, name = self.kiosk, self.protocol.network.name
        if not kiosk_faults.strike(kiosk.store, name, "pay", ("cancel_first",)):
            return
        heard = kiosk.exchange.one(
            self.protocol, "cancel", {**payment, "reason": "It overtook the payment"}
        )
        reason = "It overtook the payment"
        wish = kiosk.new_wish(self.protocol, reason, payment["state"])
        wish.update(attempts=1, code=heard.code, message=heard.message)
        states = {DONE: "done", AGAIN: "retrying"}
        wish["state"] = states.get(heard.verdict, "refused")
        state = "cancelled" if heard.verdict == DONE else payment["state"]
        self._change(cancel=wish, state=state)

    def _advance(self, step: str, heard: Heard) -> None:
        payment = self.kiosk.store.payment(self.number)
        left = payment["todo"][1:]
        changes: dict = {
            "todo": left,
            "code": heard.code,
            "message": heard.message,
            "attempts": payment["attempts"] + 1,
            "tries": 0,
            "extra": {**payment["extra"], **heard.data.get("keep", {})},
        }
        if heard.provider_id:
            changes["provider_id"] = heard.provider_id
        if heard.shown:
            changes["shown"] = heard.shown
        if left:
            self._change(state="checked", **changes)
            return
        self._change(**changes)
        wish = payment["cancel"]
        if wish and wish["state"] == "done":
            sentence = "The payment was accepted after its cancellation."
            self.kiosk.exchange.complain(
                self.protocol, step, payment, "accepted_after_cancel", sentence
            )
        self._end("confirmed", heard.code, heard.message)

    def _wait(self, step: str, heard: Heard) -> None:
        """The same again later, or the end of all patience."""
        payment = self.kiosk.store.payment(self.number)
        tries = payment["tries"] + 1
        self._change(
            attempts=payment["attempts"] + 1,
            tries=tries,
            code=heard.code,
            message=heard.message,
        )
        patience = self.protocol.CHECK_ATTEMPTS
        if step == "check" and patience is not None and tries >= patience:
            self._end("refused", heard.code or "no_answer", heard.message)
            return
        due = self._next(tries)
        if due > payment["deadline"]:
            self._expire(payment, step)
            return
        state = "retrying"
        if payment["state"] == "cancelled":
            state = "cancelled"
        self._change(state=state, due=due)

    def _expire(self, payment: dict, step: str) -> None:
        self._end("refused", "expired", "The network has stopped repeating.")
        if self.protocol.CANCEL_WHEN_EXPIRED and step != "check":
            self.kiosk.cancel(payment["network"], payment["txn_id"], "timeout")

    def _next(self, tries: int) -> float:
        gap = self.protocol.gap(tries) * self.kiosk.retry_unit
        return self.kiosk.clock.now() + gap

    def _end(self, state: str, code: str, message: str) -> None:
        """Settled, unless a cancellation was asked for meanwhile."""
        with self.kiosk.store.transaction():
            payment = self.kiosk.store.payment(self.number)
            wish = payment["cancel"]
            if wish and wish["state"] == "done":
                state = "cancelled"
            is_wanted = bool(wish and wish["state"] in ("waiting", "retrying"))
            self._change(
                state=state,
                code=code,
                message=message,
                todo=[],
                settled_at=self.kiosk.clock.stamp(),
                due=payment["due"] if is_wanted else None,
            )

    # The cancellation

    def _cancel(self, payment: dict) -> None:
        heard = self.kiosk.exchange.run(self.protocol, "cancel", payment)
        with self.kiosk.store.transaction():
            payment = self.kiosk.store.payment(self.number)
            wish = dict(payment["cancel"])
            wish.update(
                attempts=wish["attempts"] + 1, code=heard.code, message=heard.message
            )
            if heard.verdict == DONE:
                wish.update(state="done", done_at=self.kiosk.clock.stamp())
                self._change(
                    cancel=wish,
                    state="cancelled",
                    todo=[],
                    settled_at=self.kiosk.clock.stamp(),
                    due=None,
                )
                return
            due = self._next(wish["attempts"])
            if heard.verdict == AGAIN and due <= wish["deadline"]:
                wish["state"] = "retrying"
                self._change(cancel=wish, due=due)
                return
            wish["state"] = "expired" if heard.verdict == AGAIN else "refused"
            # what was still to be paid goes on
            go_on = self.kiosk.clock.now() if payment["todo"] else None
            self._change(cancel=wish, due=go_on)

"""The threads that send payments, and when each is sent again."""

from __future__ import annotations

import sys
import threading
import traceback

from . import faults
from .core import Kiosk
from .protocols.heard import AGAIN, DONE, Heard

_THREADS = 16
_NAP = 0.05
# seconds in which what is under way may still be written down
_PATIENCE = 2


class Workers(threading.Thread):
    """Gives what is due to one of sixteen threads, one payment to one at a time."""

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(name="scheduler", daemon=True)
        self.kiosk = kiosk
        self._busy: set[int] = set()
        self._is_stopped = False

    def stop(self) -> None:
        """Begin nothing more."""
        self._is_stopped = True
        with self.kiosk.changed:
            self.kiosk.changed.wait_for(lambda: not self._busy, _PATIENCE)

    def run(self) -> None:
        while not self._is_stopped:
            with self.kiosk.changed:
                waiting = [each for each in self._due() if each not in self._busy]
                for number in waiting[: _THREADS - len(self._busy)]:
                    self._busy.add(number)
                    threading.Thread(
                        target=self._work, args=[number], daemon=True
                    ).start()
                self.kiosk.changed.wait(_NAP)

    def wait(self, seconds: float) -> bool:
        """Whether nothing is due and nothing under way any more, in time."""
        with self.kiosk.changed:
            return self.kiosk.changed.wait_for(
                lambda: not self._busy and not self._due(), seconds
            )

    def _due(self) -> list[int]:
        return self.kiosk.books.due_payments(self.kiosk.clock.now())

    def _work(self, number: int) -> None:
        try:
            Course(self.kiosk, number).go()
        except Exception as error:
            if not self._is_stopped:
                where = "".join(traceback.format_tb(error.__traceback__))
                words = f"kiosk: a payment failed: {error!r}\n{where}"
                print(words, file=sys.stderr, flush=True)
                self.kiosk.books.change_payment(
                    number, due=None, state="refused", message=f"kiosk: {error!r}"
                )
        finally:
            with self.kiosk.changed:
                self._busy.discard(number)
                self.kiosk.changed.notify_all()


class Course:
    """One payment, as far as it gets now.

    `todo` are the steps still to be made. A cancellation comes first among them
    whenever it is asked for, also while another step is under way.
    """

    def __init__(self, kiosk: Kiosk, number: int) -> None:
        self.kiosk = kiosk
        self.number = number
        self.protocol = kiosk.protocol(self._payment()["network"])

    def go(self) -> None:
        """Step by step until it is settled or has to wait."""
        while True:
            payment = self._payment()
            if payment["due"] is None or payment["due"] > self.kiosk.clock.now():
                return
            self._step(payment, payment["todo"][0])
            self.kiosk.notify()

    def _payment(self) -> dict:
        return self.kiosk.books.payment(self.number)

    def _change(self, **changes: object) -> dict:
        return self.kiosk.books.change_payment(self.number, **changes)

    def _step(self, payment: dict, step: str) -> None:
        if step == "pay":
            is_known = payment["state"] in ("retrying", "cancelled")
            state = payment["state"] if is_known else "taken"
            payment = self._change(state=state, money_taken=True)
            self._overtake(payment)
        heard = self.kiosk.exchange.run(self.protocol, step, payment)
        with self.kiosk.books.transaction():
            payment = self._payment()
            payment = self._change(
                attempts=payment["attempts"] + 1,
                tries=payment["tries"] + 1,
                code=heard.code,
                message=heard.message,
            )
            if heard.verdict == DONE:
                self._done(payment, step, heard)
            elif heard.verdict != AGAIN:
                self._failed(payment, step, "refused")
            else:
                self._again(payment, step)

    def _done(self, payment: dict, step: str, heard: Heard) -> None:
        wish = payment["cancel"]
        if step == "cancel":
            self._go_on([], state="cancelled", cancel={**wish, "state": "done"})
            return
        left = [each for each in payment["todo"] if each != step]
        state = "confirmed" if step == self.protocol.STEPS[-1] else "checked"
        if wish and wish["state"] == "done":
            state = "cancelled"
            if step == "pay":
                sentence = "The payment was accepted after its cancellation."
                found = [("accepted_after_cancel", sentence)]
                self.kiosk.exchange.complain(self.protocol, step, payment, found)
        self._go_on(
            left,
            state=state,
            extra={**payment["extra"], **heard.data.get("keep", {})},
            provider_id=heard.provider_id or payment["provider_id"],
            shown=heard.shown or payment["shown"],
        )

    def _failed(self, payment: dict, step: str, how: str) -> None:
        """The step is refused, or has `expired`."""
        wish = payment["cancel"]
        left = [each for each in payment["todo"] if each != step]
        if step == "cancel":
            # what was still to be paid goes on
            self._go_on(left, cancel={**wish, "state": how})
            return
        is_back = wish and wish["state"] == "done"
        left = [each for each in left if each == "cancel"]
        self._go_on(left, state="cancelled" if is_back else "refused")
        if how == "expired" and step in self.protocol.CANCELLED_WHEN_EXPIRED:
            self.kiosk.take_back(self._payment(), "timeout")

    def _again(self, payment: dict, step: str) -> None:
        """The same again later, or the end of all patience."""
        patience = self.protocol.CHECK_ATTEMPTS if step == "check" else None
        gap = self.protocol.gap(payment["tries"]) * self.kiosk.retry_unit
        due = self.kiosk.clock.now() + gap
        if patience and payment["tries"] >= patience:
            self._failed(payment, step, "refused")
        elif due > payment["deadline"]:
            self._change(code="expired", message="The network has stopped repeating.")
            self._failed(payment, step, "expired")
        else:
            is_kept = step == "cancel" or payment["state"] == "cancelled"
            state = payment["state"] if is_kept else "retrying"
            self._change(state=state, due=due)

    def _go_on(self, todo: list[str], **changes: object) -> None:
        """With the next step, or with none any more."""
        now, stamp = self.kiosk.clock.now(), self.kiosk.clock.stamp()
        due, settled_at = (now, None) if todo else (None, stamp)
        self._change(todo=todo, due=due, settled_at=settled_at, tries=0, **changes)

    def _overtake(self, payment: dict) -> None:
        """With that fault armed the cancellation is there before the payment."""
        kiosk, name = self.kiosk, self.protocol.network.name
        if "cancel" not in self.protocol.OPERATIONS or payment["cancel"]:
            return
        if not faults.strike(kiosk.books, name, "pay", ("cancel_first",)):
            return
        reason = "It overtook the payment"
        wish = kiosk.new_wish(payment, reason)
        asked = {**payment, "cancel": wish}
        heard = kiosk.exchange.one(self.protocol, "cancel", asked)
        if heard.verdict == AGAIN:
            kiosk.take_back(payment, reason)
        elif heard.verdict == DONE:
            self._change(cancel={**wish, "state": "done"}, state="cancelled")
        else:
            self._change(cancel={**wish, "state": "refused"})

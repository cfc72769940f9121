"""The control API for tests: networks, payments, faults, time. JSON in, JSON out."""

from __future__ import annotations

import time
from collections.abc import Callable

import kiosk_clock
import kiosk_faults
import kiosk_ledger
import kiosk_networks
from kiosk_core import Kiosk
from kiosk_errors import invalid, missing
from kiosk_worker import Workers

_LONGEST_WAIT = 300.0
_LONGEST_STEP = 100 * 366 * 86_400
_NAP = 0.01


class Sandbox:
    """Answers /sandbox/…; `given` is the JSON of the body or the query."""

    def __init__(self, kiosk: Kiosk, workers: Workers) -> None:
        self.kiosk = kiosk
        self.workers = workers
        self._posts: dict[str, Callable[[dict], dict]] = {
            "networks": self._networks,
            "lookup": self._lookup,
            "pay": self._pay,
            "cancel": self._cancel,
            "status": self._status,
            "statement": self._statement,
            "repeat": self._repeat,
            "clock": self._clock,
            "faults": self._faults,
            "faults/clear": self._clear_faults,
            "wait": self._wait,
            "reset": self._reset,
        }
        self._gets: dict[str, Callable[[dict], dict]] = {
            "networks": lambda given: self._listed_networks(),
            "ledger": self._ledger,
            "payment": lambda given: self._payment(self._found(given)),
            "complaints": self._complaints,
            "faults": lambda given: {"faults": kiosk_faults.armed(kiosk.store)},
            "clock": lambda given: self._time(),
        }

    def answer(self, method: str, path: str, given: dict) -> dict:
        """:raises KioskError: there is no such control, or it cannot be done"""
        table = self._posts if method == "POST" else self._gets
        if path not in table:
            raise missing("control")
        return table[path](given)

    # Networks, time, faults

    def _networks(self, given: dict) -> dict:
        listed = given.get("networks", [given])
        if not isinstance(listed, list):
            raise invalid("networks is a list.")
        for network in [kiosk_networks.read(each) for each in listed]:
            self.kiosk.add_network(network)
        return self._listed_networks()

    def _listed_networks(self) -> dict:
        return {"networks": [each.view() for each in self.kiosk.networks()]}

    def _time(self) -> dict:
        clock = self.kiosk.clock
        return {"now": clock.stamp(), "offset_seconds": clock.offset}

    def _clock(self, given: dict) -> dict:
        seconds = 0.0
        for name, unit in (("seconds", 1), ("hours", 3600), ("days", 86_400)):
            value = given.get(name, 0)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise invalid(f"{name} is a number.")
            seconds += value * unit
        if not 0 <= seconds <= _LONGEST_STEP:
            raise invalid("Time only goes forward.")
        self.kiosk.clock.advance(seconds)
        self.kiosk.notify()
        return {**self._time(), "idle": self._idle(_seconds(given, "wait", 10))}

    def _idle(self, seconds: float) -> bool:
        """Wait until nothing is due any more."""
        until = time.monotonic() + seconds
        while not self.workers.is_idle():
            if time.monotonic() >= until:
                return False
            time.sleep(_NAP)
        return True

    def _wait(self, given: dict) -> dict:
        return {"idle": self._idle(_seconds(given, "wait", 10))}

    def _faults(self, given: dict) -> dict:
        if given.get("network") is not None:
            self.kiosk.protocol(given["network"])
        return {"faults": kiosk_faults.arm(self.kiosk.store, given)}

    def _clear_faults(self, given: dict) -> dict:
        listed = kiosk_faults.clear(self.kiosk.store, given.get("network"))
        return {"faults": listed}

    def _reset(self, given: dict) -> dict:
        """Forget payments, complaints and faults, and come back to the real time."""
        self._idle(_seconds(given, "wait", 10))
        self.kiosk.store.forget()
        self.kiosk.clock.advance(-self.kiosk.clock.offset)
        return self._time()

    # Payments

    def _lookup(self, given: dict) -> dict:
        return self.kiosk.lookup(_text(given, "network"), given)

    def _pay(self, given: dict) -> dict:
        payment = self.kiosk.pay(given)
        seconds = _seconds(given, "wait", 0)
        if seconds:
            payment = self.kiosk.wait(payment["id"], seconds)
        return self._payment(payment)

    def _cancel(self, given: dict) -> dict:
        payment = self.kiosk.cancel(
            given.get("network"),
            _text(given, "txn_id"),
            str(given.get("reason") or ""),
            str(given.get("account") or ""),
            given.get("amount"),
        )
        seconds = _seconds(given, "wait", 0)
        if seconds:
            payment = self.kiosk.wait(payment["id"], seconds)
        return self._payment(payment)

    def _status(self, given: dict) -> dict:
        name, txn_id = given.get("network"), _text(given, "txn_id")
        if not name:
            name = self._found(given)["network"]
        return self.kiosk.status(name, txn_id, str(given.get("account") or ""))

    def _statement(self, given: dict) -> dict:
        """Of one day, or from `since` to `until`; with what differs from the books."""
        name = _text(given, "network")
        if given.get("day"):
            since, until = f"{given['day']}T00:00:00", f"{given['day']}T23:59:59"
        else:
            since, until = _text(given, "since"), _text(given, "until")
        return self.kiosk.statement(name, since, until)

    def _repeat(self, given: dict) -> dict:
        payment = self._found(given)
        return {"answers": self.kiosk.repeat(payment, given)}

    def _found(self, given: dict) -> dict:
        found = self.kiosk.find(given.get("network"), _text(given, "txn_id"))
        if found is None:
            raise missing("payment")
        return found

    def _payment(self, payment: dict) -> dict:
        log = self.kiosk.store.attempts(payment["id"])
        return {
            **kiosk_ledger.payment_view(payment),
            "log": [kiosk_ledger.attempt_view(each) for each in log],
            "now": kiosk_clock.utc(self.kiosk.clock.now()),
        }

    def _ledger(self, given: dict) -> dict:
        with_attempts = given.get("attempts", "1") not in ("0", "false")
        return kiosk_ledger.ledger(self.kiosk, given.get("network"), with_attempts)

    def _complaints(self, given: dict) -> dict:
        return {"complaints": self.kiosk.store.complaints(given.get("network"))}


def _text(given: dict, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} is missing.")
    return value


def _seconds(given: dict, name: str, default: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise invalid(f"{name} is a number of seconds.")
    return min(float(value), _LONGEST_WAIT)

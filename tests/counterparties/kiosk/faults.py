"""Faults that are armed on purpose: what lines and networks do now and then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from counterparties.common.books import Books
from counterparties.common.web import Refusal

KINDS = {
    "lose_answer": "The company did its work; its answer is lost.",
    "cut_before": "The connection is cut before a byte is sent.",
    "cut_middle": "The connection is cut in the middle of the request.",
    "cut_after": "The connection is cut as soon as the request is sent.",
    "delay": "The answer arrives later, by `seconds`.",
    "corrupt": "Half of the answer arrives, spoilt.",
    "duplicate": "The request is sent `count` times at the same instant.",
    "cancel_first": "A cancellation overtakes the payment.",
    "old_repeat": "A payment settled before is sent once more, before this one.",
}
_AT_THE_LINE = tuple(kind for kind in KINDS if kind != "cancel_first")
MOST_AT_ONCE = 64


@dataclass
class Fault:
    """A fault; `times` is how often it strikes, -1 until it is cleared."""

    kind: str
    network: str | None = None
    operation: str | None = None
    times: int = 1
    seconds: float = 1
    count: int = 5

    def hits(self, network: str, operation: str) -> bool:
        """Without an operation a fault hits what moves money: reserve, pay, cancel;
        `cancel_first` and `old_repeat` only ever hit a payment."""
        if self.network not in (None, network):
            return False
        if self.kind in ("cancel_first", "old_repeat"):
            return operation == "pay"
        if self.operation is not None:
            return self.operation in (operation, "*")
        return operation in ("reserve", "pay", "cancel")


def arm(books: Books, given: dict) -> list[dict]:
    """Add a fault.

    :raises Refusal: there is no such fault
    """
    try:
        fault = Fault(**given)
        fault.times, fault.count = int(fault.times), int(fault.count)
        fault.seconds = float(fault.seconds)
    except (TypeError, ValueError) as error:
        raise Refusal(400, f"There is no such fault: {error}.") from None
    if fault.kind not in KINDS:
        raise Refusal(400, f"The kind is one of {', '.join(KINDS)}.")
    if not fault.times or fault.seconds < 0 or not 1 < fault.count <= MOST_AT_ONCE:
        raise Refusal(400, f"A fault strikes; 2 to {MOST_AT_ONCE} at the same instant.")
    with books.transaction():
        books.set_setting("faults", [*armed(books), asdict(fault)])
        return armed(books)


def armed(books: Books) -> list[dict]:
    return books.setting("faults", [])


def clear(books: Books, network: str | None = None) -> list[dict]:
    """Disarm all, or those of a network."""
    with books.transaction():
        left = [each for each in armed(books) if network and each["network"] != network]
        books.set_setting("faults", left)
    return left


def strike(
    books: Books, network: str, operation: str, kinds: Collection[str] = _AT_THE_LINE
) -> Fault | None:
    """The fault of these kinds that hits this request; it is then used up by one."""
    with books.transaction():
        listed = [Fault(**each) for each in armed(books)]
        for fault in listed:
            if fault.kind in kinds and fault.hits(network, operation):
                fault.times -= fault.times > 0
                left = [asdict(each) for each in listed if each.times]
                books.set_setting("faults", left)
                return fault
    return None

"""What goes wrong on the line to a network: money is credited once all the same.

Every network repeats what was not answered, as its protocol says; at the end of each
story both ends have the same payments, and the network found nothing wrong with what it
was told.
"""

import itertools
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from support.cashier import Cashier
from support.kiosk import PATIENCE, KioskFactory, KioskInstance
from support.line import CANCELLING, NETWORKS, Line
from support.system import OdooInstance, ServerFactory
from support.waiting import eventually

# how long these networks wait for an answer, in seconds
LIMIT = 4
BURST = 6
# Odoo logs this of a request that breaks off in its first line, before any address
BROKEN_OFF = "KeyError: 'HTTP_HOST'"
LINE_FAULTS: dict[str, dict[str, Any]] = {
    "lose_answer": {"times": 3},
    "cut_before": {"times": 2},
    "cut_middle": {},
    "cut_after": {"times": 2},
    "delay": {"seconds": LIMIT},
    "corrupt": {"times": 2},
    "duplicate": {"count": 6},
    "old_repeat": {},
}

_amounts = itertools.count(1001)


@dataclass
class Town:
    """One Odoo, and kiosks of every network around it."""

    start_server: ServerFactory
    kiosk: KioskInstance
    server: OdooInstance
    lines: dict[str, Line] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)

    def open(self) -> None:
        """Open a network of every dialect, and register a customer in each country."""
        cashiers = {key: Cashier(self.server, key) for key in ("kz", "is")}
        for key, cashier in cashiers.items():
            self.customers[key] = cashier.number(cashier.register())
        for dialect, name in NETWORKS.items():
            cashier = cashiers[name[:2]]
            self.lines[dialect] = Line.open(
                name, dialect, cashier, self.kiosk, limit_seconds=LIMIT
            )

    def stop(self) -> None:
        """Odoo is stopped, as for an update."""
        self.server.stop()

    def kill(self) -> None:
        """Odoo ends in the middle of whatever it does."""
        process = self.server.server.process
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def start(self) -> None:
        """Odoo comes back, at the same address."""
        self.server = self.start_server(self.server.database, port=self.server.port)

    def pay(self, line: Line, **given: Any) -> str:
        """A customer pays; nobody waits for what becomes of it."""
        account = self.customers[line.cashier.country]
        return line.pay(account, str(next(_amounts)), **{"wait": 0, **given})["txn_id"]

    def pay_everywhere(self, **given: Any) -> dict[str, str]:
        """A payment in every network at the same time."""
        return {
            dialect: self.pay(line, **given) for dialect, line in self.lines.items()
        }

    def become(self, paid: dict[str, str], state: str = "confirmed") -> None:
        """Wait until the networks are done with payments, all in a state."""
        found = {key: self.lines[key].settled(txn_id) for key, txn_id in paid.items()}
        states = {key: each["state"] for key, each in found.items()}
        assert states == dict.fromkeys(paid, state), found

    def agree(self) -> None:
        """All books agree."""
        for line in self.lines.values():
            line.agree()


@pytest.fixture(scope="module")
def town(start_server: ServerFactory, start_kiosk: KioskFactory) -> Iterator[Town]:
    """An Odoo of its own, because it is stopped and killed."""
    server = start_server()
    server.expected.append(BROKEN_OFF)
    opened = Town(start_server, start_kiosk(server.folder.parent), server)
    opened.open()
    yield opened
    opened.kiosk.stop()
    opened.stop()


@pytest.fixture(autouse=True)
def undisturbed(town: Town) -> Iterator[None]:
    """Every story ends with lines that work, and with books that agree."""
    yield
    town.kiosk.sandbox("faults/clear")
    town.agree()


def cancelling(town: Town) -> dict[str, Line]:
    """The networks that can take a payment back."""
    return {dialect: town.lines[dialect] for dialect in CANCELLING}


# Payments


@pytest.mark.parametrize("fault", LINE_FAULTS)
def test_payment_is_credited_once_whatever_the_line_does(
    town: Town, fault: str
) -> None:
    if fault == "old_repeat":
        town.become(town.pay_everywhere())
    for line in town.lines.values():
        line.fault(fault, **LINE_FAULTS[fault])
    paid = town.pay_everywhere()
    town.become(paid)
    assert not town.kiosk.look("faults")["faults"], "a fault did not strike"
    for dialect, line in town.lines.items():
        booked = line.arrived(paid[dialect])
        assert booked["amount"] == float(line.find(paid[dialect])["amount"])


def test_lookups_do_not_suffer_for_long(town: Town) -> None:
    for line in town.lines.values():
        account = town.customers[line.cashier.country]
        line.fault("lose_answer", operation="*")
        assert line.lookup(account)["verdict"] == "again"
        assert line.lookup(account)["verdict"] == "done"


def test_everything_may_be_sent_twice(town: Town) -> None:
    for line in town.lines.values():
        line.tell(limit_seconds=LIMIT, sandbox=True)
    paid = town.pay_everywhere()
    town.become(paid)
    for dialect, line in cancelling(town).items():
        line.cancel(paid.pop(dialect))
    town.become(paid)
    for line in town.lines.values():
        line.tell(limit_seconds=LIMIT)


def test_repeat_after_days_gets_the_first_answer(town: Town) -> None:
    paid = town.pay_everywhere()
    town.become(paid)
    for dialect, line in town.lines.items():
        line.arrived(paid[dialect])
    town.kiosk.sandbox("clock", days=3)
    for dialect, line in town.lines.items():
        answers = line.repeat(paid[dialect], count=3)
        assert {answer["verdict"] for answer in answers} == {"done"}


@pytest.mark.parametrize("change", ["amount", "account"])
def test_number_of_a_payment_with_other_data_is_refused(
    town: Town, change: str
) -> None:
    paid = town.pay_everywhere()
    town.become(paid)
    for dialect, line in town.lines.items():
        other = {
            "amount": "777",
            "account": line.cashier.number(line.cashier.customer("one")),
        }
        # Payme names neither when it performs a payment, only when it announces it
        operation = "reserve" if dialect == "payme" else "pay"
        [answer] = line.repeat(
            paid[dialect], operation=operation, **{change: other[change]}
        )
        assert answer["verdict"] == "refused", (dialect, answer)
        [asked] = line.cashier.requests(
            line.network, ("txn_id", "=", paid[dialect]), ("result", "=", "conflict")
        )
        assert asked["transaction_id"]


# Cancellations


@pytest.mark.parametrize("fault", ["lose_answer", "cut_after", "corrupt", "duplicate"])
def test_booked_payment_is_taken_back_once(town: Town, fault: str) -> None:
    lines = cancelling(town)
    paid = {dialect: town.pay(line) for dialect, line in lines.items()}
    town.become(paid)
    for dialect, line in lines.items():
        line.arrived(paid[dialect])
        line.fault(fault, operation="cancel")
        line.cancel(paid[dialect], wait=0)
    town.become(paid, "cancelled")
    for dialect, line in lines.items():
        line.arrived(paid[dialect], "reversed")


def test_cancellation_overtakes_the_payment(town: Town) -> None:
    lines = cancelling(town)
    for line in lines.values():
        line.fault("cancel_first")
    paid = {dialect: town.pay(line) for dialect, line in lines.items()}
    town.become(paid, "cancelled")
    for dialect, line in lines.items():
        assert line.cashier.payment(line.network, paid[dialect])["state"] == "cancelled"


def test_payment_that_comes_after_its_cancellation_is_refused(town: Town) -> None:
    for dialect, line in cancelling(town).items():
        txn_id = {"payme": "f" * 24}.get(dialect, "899000001")
        line.cancel(txn_id)
        town.pay(line, txn_id=txn_id, wait=PATIENCE)
        assert line.find(txn_id)["state"] in ("cancelled", "refused")
        found = line.cashier.payment(line.network, txn_id)
        assert (found["state"], found["amount"]) == ("cancelled", 0)


# Odoo itself


def test_networks_repeat_while_odoo_is_stopped(town: Town) -> None:
    town.stop()
    account = town.customers["kz"]
    assert town.lines["osmp"].lookup(account)["verdict"] == "again"
    # the customers had put the money in before it was
    paid = [town.pay_everywhere(check=False) for _time in range(2)]
    for each in paid:
        for dialect, line in town.lines.items():
            eventually(
                lambda line=line, txn_id=each[dialect]: line.find(txn_id)["attempts"],
                PATIENCE,
                f"{dialect} has tried",
            )
    town.start()
    for each in paid:
        town.become(each)


def test_odoo_killed_under_a_burst_of_payments(town: Town) -> None:
    paid = [town.pay_everywhere(check=False) for _time in range(BURST)]
    town.kill()
    town.start()
    for each in paid:
        town.become(each)


def test_network_that_is_closed_for_a_while_gets_its_money_in_later(
    town: Town,
) -> None:
    for line in town.lines.values():
        line.cashier.change(line.network, environment="disabled")
    paid = town.pay_everywhere(check=False)
    for dialect, line in town.lines.items():
        eventually(
            lambda line=line, txn_id=paid[dialect]: line.find(txn_id)["attempts"],
            PATIENCE,
            f"{dialect} has tried",
        )
        assert not line.cashier.payment(line.network, paid[dialect])
    for line in town.lines.values():
        line.cashier.change(line.network, environment="prod")
    town.become(paid)

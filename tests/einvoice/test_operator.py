"""E-invoices over an operator: orders in, invoices out, refusals back, each once.

The operator is a program that was written to Maventa's public pages; docs/operator.md
says what of it is a guess.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.server import House
from support.office import Consumer, Netbank, Office
from support.operator import Operator, operator
from support.system import BankFactory, OdooInstance, ServerFactory
from support.waiting import eventually

OVER_OPERATOR = """
channel = env.ref("einvoice_consumer.demo_channel_finvoice")
connection = env["receivables.connection"].create({
    "name": "Operator", "company_id": channel.company_id.id, "way": "maventa",
    "environment": "test", "timeout": 10, **%r,
})
channel.write({"connection_id": connection.id})
"""
AT_ONCE = """
channel = env.ref("einvoice_consumer.demo_channel_finvoice")
waiting = env["einvoice.document"].search([
    ("state", "=", "to_send"),
    ("next_attempt", "!=", False),
    ("leased_until", "=", False),
])
if waiting:
    waiting.write({"next_attempt": False})
if channel.connection_id.paused_until:
    channel.connection_id.write({"paused_until": False})
"""


@dataclass
class Place:
    """The office, the consumers' bank, and the operator between them."""

    server: OdooInstance
    office: Office
    netbank: Netbank
    operator: Operator

    def order(self, name: str, times: int = 1) -> int:
        """A consumer orders at the bank, whose message the operator brings."""
        consumer = Consumer(name)
        partner = self.office.register(consumer)
        order = self.netbank.order(consumer)
        inbox = self.server.folder / "inbox"
        [file] = eventually(lambda: list(inbox.glob("*.xml")), 30, "the bank's file")
        self.operator.deliver(file.read_bytes(), file.name, times)
        file.unlink()
        self.office.arrived(order)
        return partner

    def send(self, partner: int) -> int:
        """An invoice in the outbox."""
        move = self.office.invoice(partner)
        [answer] = self.office.send(move)
        assert answer["state"] == "to_send", answer
        return move

    def sent(self, move: int) -> list[dict]:
        """What the operator has of an invoice."""
        [document] = self.office.documents(("move_id", "=", move))
        return [
            each
            for each in self.operator.state()["sent"]
            if each["message_id"] == document["message_id"]
        ]

    def until(self, move: int, state: str) -> None:
        """Wait until an invoice is in a state, past every pause."""

        def there() -> bool:
            if self.office.state(move) == state:
                return True
            self.server.act(AT_ONCE)
            return False

        self.office.until(there, f"invoice {move} is {state}")


@pytest.fixture(scope="module")
def place(
    house: House,
    start_server: ServerFactory,
    start_bank: BankFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    server = start_server()
    office, netbank = Office.of(server), Netbank(start_bank(server.folder))
    folder: Path = tmp_path_factory.mktemp("operator")
    with operator(house, folder) as running:
        server.act(OVER_OPERATOR % running.settings)
        yield Place(server, office, netbank, running)


def test_an_order_that_comes_twice_is_one(place: Place) -> None:
    partner = place.order("Helka Routa", times=2)
    orders = place.office.documents(("partner_id", "=", partner))
    assert [each["type"] for each in orders] == ["receiver_info"]
    eventually(lambda: not place.operator.state()["waiting"], 30, "all is put away")


@pytest.mark.parametrize("kind", ["cut", "500_after", "unreadable", "twice"])
def test_an_invoice_whose_answer_is_lost_is_sent_once(place: Place, kind: str) -> None:
    partner = place.order(f"Onni {kind.title()}")
    place.operator.fault(kind, "/invoices")
    move = place.send(partner)
    place.until(move, "sent")
    assert len(place.sent(move)) == 1
    assert not place.operator.state()["faults"]


def test_a_refusal_finds_its_invoice(place: Place) -> None:
    move = place.send(place.order("Ilta Rusko"))
    place.until(move, "sent")
    [message] = place.sent(move)
    place.operator.order(
        "fail",
        message_id=message["message_id"],
        code="2",
        text="Receiver not found",
    )
    place.until(move, "rejected")
    told = place.office.read("account.move", move, "einvoice_summary")
    assert "Receiver not found" in told["einvoice_summary"]
    refusals = place.office.documents(("type", "=", "acknowledgement"))
    assert [each["reason_code"] for each in refusals] == ["2"]


def test_who_has_no_contract_is_told(place: Place) -> None:
    why = "ERROR: COMPANY BANK CONNECTION NOT ACTIVE"
    place.operator.order("close", why=why)
    move = place.send(place.order("Aamu Koi"))

    def told() -> bool:
        channel = place.office.read(
            "einvoice.channel", place.office.channel, "connection_summary"
        )
        return why in (channel["connection_summary"] or "")

    place.office.until(told, "the connection says why")
    assert place.office.state(move) == "to_send"
    place.operator.order("close", why="")
    place.until(move, "sent")
    assert len(place.sent(move)) == 1

"""What other programs do over the remote API, with a user of the addon's group only.

The program carries the files of a channel that nobody else carries: from the bank
into Odoo, and from Odoo to the bank.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dev.server import INVOICERS
from support.office import PATIENCE, Consumer, Netbank, Office, Row
from support.programs import PROGRAMS, Program, refused
from support.system import BankFactory, JsonRefusal, OdooInstance
from support.waiting import eventually

SUBJECT = "KAAMOS-REMOTE"
USER = "carrier"
STRANGER = "invoicing"
# Odoo logs what it refuses to programs; these stories provoke no other refusal.
REFUSALS = (
    "content is not base64",
    "reason is empty",
    "There is no customer",
    "Only an order",
    "These messages",
    "The channel Netbanks in Finland sends",
    "Only users",
    "You are not allowed",
    "User does not",
    "Invalid apikey",
)


@pytest.fixture(scope="module")
def users(odoo_server: OdooInstance, office: Office) -> None:
    """A user who carries messages, and one who may only make invoices."""
    odoo_server.expected.append(rf"odoo\.http: ({'|'.join(REFUSALS)})")
    own = "einvoice_consumer.einvoice_consumer_group"
    for login, groups in (
        (USER, (f"{own}_user", f"{own}_private")),
        (STRANGER, ("account.group_account_invoice",)),
    ):
        ids = [office.client.env.ref(group).id for group in groups]
        office.call(
            "res.users",
            "create",
            {
                "name": login,
                "login": login,
                "password": login,
                "email": f"{login}@example.com",
                "group_ids": [(6, 0, ids)],
            },
            context={"no_reset_password": True},
        )


@pytest.fixture(scope="module")
def manual(office: Office) -> Office:
    """The office on a channel whose files a program carries."""
    channel = office.call("einvoice.channel", "copy", [office.channel])[0]
    office.call(
        "einvoice.channel",
        "write",
        [channel],
        {
            "name": "Carried by a program",
            "payment_subject": SUBJECT,
            "connection_id": False,
            "environment": "test",
        },
    )
    return Office(office.client, channel)


@pytest.fixture(scope="module")
def carried(
    start_bank: BankFactory, tmp_path_factory: pytest.TempPathFactory
) -> Netbank:
    """A bank to which that channel was announced, on a folder Odoo does not see."""
    place = tmp_path_factory.mktemp("carried")
    invoicers = json.loads(INVOICERS.read_text(encoding="utf-8"))
    invoicers[0]["payment_subject"] = SUBJECT
    announced = place / "invoicers.json"
    announced.write_text(json.dumps(invoicers), encoding="utf-8")
    return Netbank(start_bank(place / "exchange", announced), SUBJECT)


@dataclass
class Carrier:
    """A program that carries files between the bank and Odoo."""

    program: Program
    office: Office
    netbank: Netbank

    def channel(self, method: str, **named: Any) -> Any:
        """Call a method of the channel."""
        ids = [self.office.channel]
        return self.program.call("einvoice.channel", method, ids, **named)

    def agreement(self, number: int, method: str, **named: Any) -> Any:
        """Call a method of an agreement."""
        return self.program.call("einvoice.agreement", method, [number], **named)

    def read(self, model: str, number: int, field: str) -> Any:
        """A field that programs read."""
        [row] = self.program.call(model, "read", [number], fields=[field])
        return row[field]

    def bring(self, path: Path) -> list[Row]:
        """Import a file from the bank."""
        content = base64.b64encode(path.read_bytes()).decode()
        return self.channel("import_message", filename=path.name, content=content)

    def bring_order(self, consumer: Consumer, number: str = "") -> Row:
        """Have somebody order, and import the one file that comes of it."""
        inbox = self.netbank.bank.folder / "inbox"
        known = set(inbox.iterdir())
        self.netbank.order(consumer, number=number)
        [path] = set(inbox.iterdir()) - known
        [answer] = self.bring(path)
        assert self.bring(path) == [answer], "a repeat gets the same answer"
        return answer

    def take(self, message: Row) -> None:
        """Carry a message to the bank."""
        data = base64.b64decode(message["content"])
        assert hashlib.sha256(data).hexdigest() == message["sha256"]
        hidden = self.netbank.bank.folder / "outbox" / f".{message['filename']}"
        hidden.write_bytes(data)
        hidden.rename(hidden.with_name(message["filename"]))


@pytest.fixture(params=PROGRAMS, scope="module")
def carrier(
    request: pytest.FixtureRequest,
    users: None,
    odoo_server: OdooInstance,
    manual: Office,
    carried: Netbank,
) -> Iterator[Carrier]:
    """The program, in each of the ways to call Odoo."""
    yield Carrier(PROGRAMS[request.param](odoo_server, USER), manual, carried)


def test_program_carries_orders_and_invoices(carrier: Carrier) -> None:
    consumer = Consumer("Pekka Postimies")
    partner = carrier.office.register(consumer)
    answer = carrier.bring_order(consumer)
    assert set(answer) == {"document_id", "type", "state", "agreement_id", "message"}
    assert (answer["type"], answer["state"]) == ("receiver_info", "processed")
    assert answer["message"] == "Active: allocated to Pekka Postimies."
    agreement = answer["agreement_id"]
    assert carrier.read("einvoice.agreement", agreement, "state") == "active"
    assert carrier.read("einvoice.agreement", agreement, "service") == "einvoice"
    assert carrier.read("einvoice.agreement", agreement, "partner_id")[0] == partner

    good, late = carrier.office.invoice(partner), carrier.office.invoice(partner, 50, 1)
    results = carrier.program.call("account.move", "send_einvoice", [good, late])
    assert [set(row) for row in results] == [
        {"move_id", "state", "document_id", "message", "reasons"}
    ] * 2
    assert [row["move_id"] for row in results] == [good, late]
    assert (results[0]["state"], results[0]["message"]) == ("to_send", "")
    assert (results[1]["state"], results[1]["document_id"]) == (False, False)
    assert "banks take nothing that falls due before" in results[1]["message"]

    waiting = carrier.channel("fetch_outgoing", limit=1)
    assert carrier.channel("fetch_outgoing") == waiting
    [message] = waiting
    assert set(message) == {"document_id", "type", "filename", "content", "sha256"}
    assert message["type"] == "invoice"
    assert message["document_id"] == results[0]["document_id"]
    carrier.take(message)
    ids = [message["document_id"]]
    assert carrier.channel("confirm_outgoing", document_ids=ids) is True
    assert carrier.channel("confirm_outgoing", document_ids=ids) is True
    assert carrier.channel("fetch_outgoing") == []
    assert carrier.read("account.move", good, "einvoice_state") == "sent"
    eventually(
        lambda: carrier.netbank.invoices(consumer), PATIENCE, "the invoice at the bank"
    )

    assert carrier.agreement(agreement, "end") is True
    assert carrier.read("einvoice.agreement", agreement, "state") == "ended"
    method = carrier.office.read("res.partner", partner, "invoice_sending_method")
    assert method["invoice_sending_method"] != "einvoice_consumer"


def test_program_decides_on_orders(carrier: Carrier) -> None:
    consumer = Consumer("Maija Poppanen")
    partner = carrier.office.register(consumer)
    answer = carrier.bring_order(consumer, number="88888")
    assert answer["message"] == "Waits to be allocated by a person."
    first = answer["agreement_id"]
    assert carrier.agreement(first, "allocate", partner_id=partner) is True
    assert carrier.agreement(first, "allocate", partner_id=partner) is True
    assert carrier.read("einvoice.agreement", first, "state") == "active"

    second = carrier.bring_order(Consumer("Outo Lintu"))["agreement_id"]
    assert carrier.agreement(second, "reject", reason="Not our customer") is True
    assert carrier.read("einvoice.agreement", second, "state") == "rejected"
    assert carrier.read("einvoice.agreement", second, "reason") == "Not our customer"


def test_refusals_are_sentences(carrier: Carrier, office: Office) -> None:
    waiting = carrier.bring_order(Consumer("Kielo Kieltäjä"))["agreement_id"]
    ended = carrier.bring_order(Consumer("Loppu Lempinen"))["agreement_id"]
    carrier.agreement(ended, "end")
    partner = office.register(Consumer("Kuka Vain"))
    folder = [office.channel]
    assert {
        "not base64": refused(
            lambda: carrier.channel("import_message", filename="a.xml", content="%")
        ),
        "no reason": refused(lambda: carrier.agreement(waiting, "reject", reason=" ")),
        "no customer": refused(
            lambda: carrier.agreement(waiting, "allocate", partner_id=99999999)
        ),
        "ended": refused(
            lambda: carrier.agreement(ended, "allocate", partner_id=partner)
        ),
        "unknown": refused(
            lambda: carrier.channel("confirm_outgoing", document_ids=[99999999])
        ),
        "not manual": refused(
            lambda: carrier.program.call("einvoice.channel", "fetch_outgoing", folder)
        ),
    } == {
        "not base64": "content is not base64: encode the file's bytes.",
        "no reason": "reason is empty; the call needs it.",
        "no customer": "There is no customer 99999999.",
        "ended": "Only an order that waits can be allocated; this one is Ended.",
        "unknown": "These messages are not on the channel Carried by a program: "
        "99999999.",
        "not manual": "The channel Netbanks in Finland sends by itself; there is "
        "nothing to fetch.",
    }


@pytest.mark.parametrize("way", PROGRAMS)
def test_user_without_the_group_is_refused(
    users: None, odoo_server: OdooInstance, manual: Office, way: str
) -> None:
    stranger = PROGRAMS[way](odoo_server, STRANGER)
    channel = [manual.channel]
    move = manual.invoice(manual.register(Consumer("Ei Kukaan")))
    named = {"filename": "a.xml", "content": "PGEvPg=="}
    for call in (
        lambda: stranger.call("einvoice.channel", "import_message", channel, **named),
        lambda: stranger.call("einvoice.channel", "fetch_outgoing", channel),
        lambda: stranger.call("einvoice.agreement", "end", [1]),
        lambda: stranger.call("einvoice.agreement", "read", [1], fields=["state"]),
    ):
        assert "not allowed" in refused(call) or "Only users" in refused(call)
    # who may send invoices in the dialog may send them by a program
    [result] = stranger.call("account.move", "send_einvoice", [move])
    assert "has not ordered e-invoices" in result["message"]


def test_wrong_key_is_401(odoo_server: OdooInstance, users: None) -> None:
    for key in ("", "0" * 40):
        with pytest.raises(JsonRefusal) as caught:
            odoo_server.json2(key, "einvoice.channel", "search", domain=[])
        assert caught.value.status == 401


def test_user_cannot_write_what_only_messages_may(carrier: Carrier) -> None:
    agreement = carrier.bring_order(Consumer("Tapio Tarkka"))["agreement_id"]
    for values in ({"state": "active"}, {"partner_id": 1}):
        told = refused(
            lambda values=values: carrier.agreement(agreement, "write", vals=values)
        )
        assert "not allowed to modify" in told
    told = refused(lambda: carrier.channel("write", vals={"environment": "prod"}))
    assert "not allowed to modify" in told

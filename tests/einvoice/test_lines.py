"""E-invoices over real lines: SFTP, a share that is away, files nobody thought of.

What is wrong with one file, one line or one server never stops another, and is told.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from support.counterparty import Counterparty, counterparty
from support.office import Consumer, Netbank, Office
from support.system import BankFactory, OdooInstance, ServerFactory
from support.waiting import eventually

OVER_SFTP = """
channel = env.ref("einvoice_consumer.demo_channel_finvoice")
connection = env["receivables.connection"].create({
    "name": "Bank over SFTP", "company_id": channel.company_id.id, "way": "sftp",
    "environment": "test", "host": "127.0.0.1", "port": %r,
    "host_key": %r, "username": "bank", "password": "secret", "timeout": 20,
    # the names are the bank's: what it puts into its inbox is for us
    "dir_out": "outbox", "dir_in": "inbox", "dir_archive": "archive",
})
channel.write({"connection_id": connection.id})
"""
OVER_THE_FOLDER = """
connection = env.ref("einvoice_consumer.demo_connection")
channel = env.ref("einvoice_consumer.demo_channel_finvoice")
channel.write({"connection_id": connection.id})
"""


@dataclass
class Place:
    """A server with a database of its own, its bank, and the people of both."""

    server: OdooInstance
    office: Office
    netbank: Netbank

    def customer(self, name: str) -> int:
        """A consumer whose order of e-invoices is in force."""
        consumer = Consumer(name)
        partner = self.office.register(consumer)
        self.office.arrived(self.netbank.order(consumer))
        return partner

    def queue(self, partner: int) -> int:
        """An invoice in the outbox."""
        move = self.office.invoice(partner)
        [answer] = self.office.send(move)
        assert answer["state"] == "to_send", answer
        return move

    def sent(self, move: int) -> None:
        """Wait until the bank has an invoice."""
        self.office.until(lambda: self.office.state(move) == "sent", "it is sent")

    def connection(self, *fields: str) -> dict:
        """The line of the demo channel."""
        channel = self.office.read(
            "einvoice.channel", self.office.channel, "connection_id"
        )
        return self.office.read(
            "receivables.connection", channel["connection_id"][0], *fields
        )

    def at_once(self) -> None:
        """Forget the pause of the line: it works again."""
        self.server.act(
            "env.ref('einvoice_consumer.demo_channel_finvoice').connection_id"
            ".write({'paused_until': False})\nenv['einvoice.document'].search("
            "[('state', '=', 'to_send')]).write({'next_attempt': False})"
        )


@pytest.fixture(scope="module")
def place(start_server: ServerFactory, start_bank: BankFactory) -> Place:
    """The bank and Odoo share a folder."""
    server = start_server()
    return Place(server, Office.of(server), Netbank(start_bank(server.folder)))


@pytest.fixture
def sftp(place: Place) -> Iterator[Counterparty]:
    """The bank's folder is reached over SFTP, until the end of the test."""
    mark = place.server.folder / ".receivables"
    away = mark.rename(place.server.folder.with_name("mark"))
    with counterparty("sftp_server", f"--folder={place.server.folder}") as started:
        place.server.act(OVER_SFTP % (started.port, started.told["key"]))
        yield started
        place.server.act(OVER_THE_FOLDER)
    away.rename(mark)


def test_order_in_and_invoice_out_over_sftp(place: Place, sftp: Counterparty) -> None:
    partner = place.customer("Sisko Haavisto")
    move = place.queue(partner)
    place.sent(move)
    eventually(
        lambda: place.netbank.bank.state()["invoices"], 30, "it is in the netbank"
    )
    assert place.connection("health")["health"] == "working"


def test_a_share_that_is_away_is_not_made_up(place: Place) -> None:
    partner = place.customer("Terho Majava")
    folder = place.server.folder
    away = folder.with_name("unmounted")
    folder.rename(away)
    move = place.queue(partner)
    place.office.until(
        lambda: place.connection("failures")["failures"], "the fault is noted"
    )
    assert not folder.exists()
    assert place.office.state(move) == "to_send"
    assert "Mount the share" in place.connection("summary")["summary"]

    # An empty mount point is not the share either.
    folder.mkdir()
    place.at_once()
    place.office.exchange()
    eventually(
        lambda: "mark" in (place.connection("summary")["summary"] or ""),
        30,
        "the mark is missed",
    )
    assert not list(folder.iterdir())
    folder.rmdir()
    away.rename(folder)
    place.at_once()
    place.sent(move)


def test_files_nobody_thought_of_stop_nobody(place: Place) -> None:
    inbox = place.server.folder / "inbox"
    long = "a" * 251 + ".xml"
    (place.server.folder / "archive" / long).write_bytes(b"before")
    past = time.time() - 60
    (inbox / "link.xml").symlink_to("/etc/hostname")
    (inbox / "dangling.xml").symlink_to("/nowhere")
    os.mkfifo(inbox / "pipe.xml")
    raw = os.fsencode(inbox)
    for name in (raw + b"/\xff\xfe.xml", raw + b"/" + long.encode()):
        with open(name, "wb") as stream:  # noqa: PTH123
            stream.write(b"<a>%d</a>" % len(name))
        os.utime(name, (past, past))
    with (inbox / "big.xml").open("wb") as stream:
        stream.truncate(51 * 1024 * 1024)
    os.utime(inbox / "big.xml", (past, past))

    place.customer("Unto Kettunen")  # whose order comes behind them
    # A link's and a pipe's age is that of their making.
    place.office.until(lambda: not list(inbox.iterdir()), "the inbox is empty")
    refused = place.connection("refused_summary", "activity_ids")
    for name in ("link.xml", "dangling.xml", "pipe.xml", "big.xml"):
        assert name in refused["refused_summary"]
    assert len(refused["activity_ids"]) == 1
    kept = [document["name"] for document in place.office.documents()]
    assert long in kept
    assert [name for name in kept if name.endswith(".xml") and "udcff" in name]

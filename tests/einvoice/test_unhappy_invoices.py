"""Invoices that a bank refuses, at once or late, and consumers who change banks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.browser import Page, log_in, picture
from support.mailbox import Mailbox
from support.office import NORTH, PATIENCE, SOUTH, Consumer, Netbank, Office, Row
from support.system import OdooInstance
from support.waiting import eventually

REFUSED = "einvoice_consumer.mail_activity_type_refused"


@pytest.fixture(scope="module")
def riitta(office: Office) -> int:
    """The bookkeeper who answers for the invoices."""
    group = office.client.env.ref("einvoice_consumer.einvoice_consumer_group_user").id
    return office.call(
        "res.users",
        "create",
        {
            "name": "Riitta Ruusu",
            "login": "riitta",
            "password": "riitta",
            "email": "riitta@example.com",
            "group_ids": [(6, 0, [group])],
        },
        context={"no_reset_password": True},
    )


def ordered(office: Office, netbank: Netbank, consumer: Consumer) -> tuple[int, Row]:
    """A customer with an agreement in force: customer and order."""
    partner = office.register(consumer)
    order = netbank.order(consumer)
    office.arrived(order)
    return partner, order


def reaches(office: Office, move: int, state: str) -> None:
    """Wait until the e-invoice of an invoice is in a state."""
    office.until(lambda: office.state(move) == state, f"invoice {move} is {state}")


def in_netbank(netbank: Netbank, consumer: Consumer, name: str) -> list[str]:
    """The banks that show an invoice the consumer can pay."""
    return [
        invoice["bank"]
        for invoice in netbank.invoices(consumer)
        if invoice["number"] == name and invoice["status"] == "open"
    ]


def sent_to(office: Office, netbank: Netbank, consumer: Consumer, move: int) -> Row:
    """Send an invoice and wait until the bank has it."""
    [result] = office.send(move)
    assert result["state"] == "to_send" and not result["message"]
    reaches(office, move, "sent")
    name = office.read("account.move", move, "name")["name"]

    def received() -> list[Row]:
        found = netbank.invoices(consumer)
        return [invoice for invoice in found if invoice["number"] == name]

    [invoice] = eventually(received, PATIENCE, f"{name} in the netbank")
    return invoice


def activities(office: Office, move: int) -> list[Row]:
    """What is open for the person responsible."""
    found = office.call("account.move", "activity_search", [move], [REFUSED])
    return office.call("mail.activity", "read", found, fields=["user_id", "note"])


# Refusals


def test_late_refusal_is_explained_and_sending_again_closes_it(
    page: Page, odoo_server: OdooInstance, office: Office, netbank: Netbank, riitta: int
) -> None:
    consumer = Consumer("Tuuli Tamminen")
    partner, _order = ordered(office, netbank, consumer)
    move = office.invoice(partner)
    office.call("account.move", "write", [move], {"invoice_user_id": riitta})
    first = sent_to(office, netbank, consumer, move)

    netbank.bank.post("refuse", invoice=first["id"], code=2, text="Ei vastaanottajaa")
    reaches(office, move, "rejected")
    [activity] = activities(office, move)
    assert activity["user_id"] == [riitta, "Riitta Ruusu"]
    assert "The bank does not know this receiver" in activity["note"]

    log_in(page, odoo_server, "riitta", "riitta", f"customer-invoices/{move}")
    shown = page.locator(".alert-danger", has_text="The e-invoice did not arrive.")
    shown.wait_for()
    told = shown.inner_text()
    assert "The bank does not know this receiver (code 2)" in told
    assert "The bank says: Receiver not found" in told
    assert "Ei vastaanottajaa" in told
    assert "The consumer has moved to another bank or ended the order." in told
    assert (
        page.locator(".oe_stat_button", has_text="E-invoice")
        .inner_text()
        .endswith("Refused")
    )
    picture(page, "5_refused")
    page.click("button[name=action_einvoice_send_again]")
    page.click(".modal button[name=action_send_and_print]")
    reaches(office, move, "sent")

    def again() -> list[str]:
        return in_netbank(netbank, consumer, first["number"])

    assert eventually(again, PATIENCE, "the invoice once more") == [NORTH]
    second = netbank.invoices(consumer)[-1]
    assert second["message_id"] != first["message_id"]
    assert not activities(office, move)


def test_code_that_nobody_knows_is_kept_as_the_bank_wrote_it(
    office: Office, netbank: Netbank
) -> None:
    consumer = Consumer("Ilmari Halla")
    partner, _order = ordered(office, netbank, consumer)
    move = office.invoice(partner)
    invoice = sent_to(office, netbank, consumer, move)
    netbank.bank.post("refuse", invoice=invoice["id"], code=643, text="Kuu on täysi")
    reaches(office, move, "rejected")
    told = office.read("account.move", move, "einvoice_summary")["einvoice_summary"]
    assert "The bank refused it with code 643." in told
    assert "Kuu on täysi" in told
    [answer] = office.documents(("move_id", "=", move), ("direction", "=", "in"))
    assert (answer["state"], answer["reason_code"]) == ("processed", "643")
    assert len(activities(office, move)) == 1


@contextmanager
def other_subject(office: Office, subject: str) -> Iterator[None]:
    """A payment subject that differs from what was announced, for a while."""
    [announced] = office.find(
        "einvoice.channel", [("id", "=", office.channel)], "payment_subject"
    )
    office.call(
        "einvoice.channel", "write", [office.channel], {"payment_subject": subject}
    )
    try:
        yield
    finally:
        announced.pop("id")
        office.call("einvoice.channel", "write", [office.channel], announced)


def test_payment_subject_not_as_announced_is_told_before_it_is_sent(
    office: Office, netbank: Netbank
) -> None:
    consumer = Consumer("Sirkka Salo")
    partner, _order = ordered(office, netbank, consumer)
    move = office.invoice(partner)
    with other_subject(office, "KAAMOS-GAS"):
        [held] = office.send(move)
    assert not held["state"] and not held["document_id"]
    assert "refuses invoices with another: KAAMOS-GAS" in held["message"]
    assert not netbank.invoices(consumer)

    invoice = sent_to(office, netbank, consumer, move)
    assert invoice["subject"] == "KAAMOS-ELECTRICITY"
    assert not activities(office, move)


def test_message_that_breaks_the_schema_names_the_place(
    office: Office, netbank: Netbank
) -> None:
    consumer = Consumer("Usko Vuori")
    partner, _order = ordered(office, netbank, consumer)
    move = office.invoice(partner)
    netbank.bank.post("fault", kind="refuse_next", code=7, text="InvoiceRow[1]")
    office.send(move)
    reaches(office, move, "rejected")
    told = office.read("account.move", move, "einvoice_summary")["einvoice_summary"]
    assert "The message does not follow the schema (code 7)" in told
    assert "InvoiceRow[1]" in told
    assert not netbank.invoices(consumer)


# From one bank to another


def send_as_customer_wants(office: Office, move: int) -> None:
    """Send from Odoo's own dialog, with the ways it proposes."""
    wizard = office.call("account.move.send.wizard", "create", {"move_id": move})
    office.call("account.move.send.wizard", "action_send_and_print", [wizard])


def hold(folder: Path, name: str) -> Path:
    """Keep a file from Odoo, as on a line that is down; give back where it waits."""
    return (folder / "inbox" / name).rename(folder / "inbox" / f".{name}")


def release(held: Path) -> None:
    """The line is up again."""
    held.rename(held.with_name(held.name.removeprefix(".")))


class Moving:
    """A consumer who changes banks while invoices are on their way."""

    def __init__(self, office: Office, netbank: Netbank, name: str) -> None:
        self.office = office
        self.netbank = netbank
        self.consumer = Consumer(name)
        self.partner, self.order = ordered(office, netbank, self.consumer)
        self.names: dict[str, str] = {}

    def invoice(self, when: str) -> int:
        """A new invoice, to be told apart by when it was sent."""
        move = self.office.invoice(self.partner)
        self.names[when] = self.office.read("account.move", move, "name")["name"]
        return move

    def move(self, first: str) -> tuple[Row, list[str]]:
        """Go to the other bank: the new order, and the files in their order."""
        moved = self.netbank.bank.post(
            "move", order=self.order["id"], to_bank=SOUTH, first=first
        )
        return moved["order"], [message["file"] for message in moved["messages"]]

    def found(self, mailbox: Mailbox) -> dict[str, list[str]]:
        """Where the consumer has each invoice: banks, and "mail"."""
        letters = mailbox.letters_to(self.consumer.email)
        return {
            when: in_netbank(self.netbank, self.consumer, name)
            + ["mail" for letter in letters if name in str(letter.message["Subject"])]
            for when, name in self.names.items()
        }

    def ends_as(self, mailbox: Mailbox, places: dict[str, list[str]]) -> None:
        """Wait until every invoice is where it should be, and nowhere else."""
        self.office.until(
            lambda: all(self.found(mailbox).values()), "every invoice is somewhere"
        )
        assert self.found(mailbox) == places


@pytest.mark.parametrize("first", ["add", "delete"])
def test_change_of_bank_loses_no_invoice_sent_between_its_messages(
    office: Office, netbank: Netbank, mailbox: Mailbox, first: str
) -> None:
    moving = Moving(office, netbank, f"Muutto {first.title()}")
    sent_to(office, netbank, moving.consumer, moving.invoice("before"))
    order, (one, two) = moving.move(first)
    folder = netbank.bank.folder
    late = hold(folder, two)
    office.until(lambda: not (folder / "inbox" / one).exists(), f"{one} taken")

    between = moving.invoice("between")
    send_as_customer_wants(office, between)
    office.until(
        lambda: moving.found(mailbox)["between"], "the invoice sent in between"
    )
    release(late)
    office.until(lambda: not (folder / "inbox" / two).exists(), f"{two} taken")
    office.arrived(order)
    send_as_customer_wants(office, moving.invoice("after"))

    moving.ends_as(
        mailbox,
        {
            "before": [NORTH],
            "between": [SOUTH] if first == "add" else ["mail"],
            "after": [SOUTH],
        },
    )
    assert office.agreement(moving.order)["state"] == "ended"


@pytest.mark.parametrize("first", ["add", "delete"])
def test_invoice_sent_to_the_old_bank_after_the_move_is_sent_on(
    office: Office, netbank: Netbank, mailbox: Mailbox, first: str
) -> None:
    moving = Moving(office, netbank, f"Vaihto {first.title()}")
    move = moving.invoice("unaware")
    order, _files = moving.move(first)
    office.send(move)
    office.arrived(order)
    reaches(office, move, "sent")
    moving.ends_as(mailbox, {"unaware": [SOUTH]})


def test_refusal_that_comes_before_the_new_order_is_sent_on_by_it(
    office: Office, netbank: Netbank, mailbox: Mailbox
) -> None:
    moving = Moving(office, netbank, "Väli Vuorela")
    move = moving.invoice("unlucky")
    order, (_delete, add) = moving.move("delete")
    late = hold(netbank.bank.folder, add)
    office.send(move)
    reaches(office, move, "rejected")
    assert len(activities(office, move)) == 1
    assert moving.found(mailbox) == {"unlucky": []}

    release(late)
    office.arrived(order)
    reaches(office, move, "sent")
    moving.ends_as(mailbox, {"unlucky": [SOUTH]})
    assert not activities(office, move)


def test_order_that_is_stopped_sends_what_waits_by_mail(
    office: Office, netbank: Netbank, mailbox: Mailbox
) -> None:
    moving = Moving(office, netbank, "Loppu Lassila")
    move = moving.invoice("refused")
    netbank.bank.post("stop", order=moving.order["id"])
    office.arrived(moving.order, "ended")
    send_as_customer_wants(office, move)
    moving.ends_as(mailbox, {"refused": ["mail"]})
    [letter] = mailbox.letters_to(moving.consumer.email)
    assert any(name.endswith(".pdf") for name in letter.attachments)

"""Consumers whose bank pays for them: asked once, debited on each day or not at all."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from pytest import TempPathFactory

from support.browser import Page, log_in, picture
from support.mailbox import Letter, Mailbox
from support.office import NORTH, PATIENCE, Consumer, Netbank, Office, Row
from support.system import BankFactory, OdooInstance
from support.waiting import eventually

HALVES = (20, 50)
POST = "einvoice_consumer.mail_activity_type_post"


@pytest.fixture(scope="module")
def netbank(start_bank: BankFactory, tmp_path_factory: TempPathFactory) -> Netbank:
    """A netbank of its own: what goes to consumers is no test."""
    return Netbank(start_bank(tmp_path_factory.mktemp("direct") / "exchange"))


@pytest.fixture(scope="module")
def office(office: Office, netbank: Netbank) -> Iterator[Office]:
    """The office with a channel in production, beside the one in test."""
    [tested] = office.find(
        "einvoice.channel", [("id", "=", office.channel)], "company_id"
    )
    company = tested["company_id"][0]
    line = office.call(
        "receivables.connection",
        "create",
        {
            "name": "Bank in production",
            "company_id": company,
            "way": "folder",
            "folder_path": str(netbank.bank.folder),
        },
    )
    office.call("receivables.connection", "action_prepare", [line])
    prod = {"environment": "prod"}
    office.call("receivables.connection", "write", [line], prod)
    copied = {"name": "Netbanks in production", "connection_id": line}
    [channel] = office.call("einvoice.channel", "copy", [office.channel], copied)
    office.call("einvoice.channel", "write", [channel], prod)
    yield Office(office.client, channel)
    office.call("einvoice.channel", "action_disable", [channel])


@pytest.fixture(scope="module")
def in_halves(office: Office) -> int:
    """Payment terms: half in 20 days, half in 50."""
    lines = [{"value_amount": 50, "nb_days": days} for days in HALVES]
    return office.call(
        "account.payment.term",
        "create",
        {"name": "Halves", "line_ids": [(0, 0, line) for line in lines]},
    )


def ordered(office: Office, netbank: Netbank, consumer: Consumer) -> int:
    """A customer who gets invoices by e-mail, and whose bank pays from now on."""
    partner = office.register(consumer, invoice_sending_method="email")
    order = netbank.order(consumer, NORTH, service="01")
    assert office.arrived(order)["service"] == "direct_payment"
    return partner


def at_bank(
    office: Office, netbank: Netbank, consumer: Consumer, move: int, parts: int = 1
) -> list[Row]:
    """What the bank has of an invoice, once all its parts are there, by due date."""
    office.until(lambda: office.state(move) == "sent", f"invoice {move} is sent")
    name = office.read("account.move", move, "name")["name"]

    def received() -> list[Row]:
        found = [each for each in netbank.invoices(consumer) if each["number"] == name]
        return sorted(found, key=lambda each: each["due"])[
            : len(found) // parts * parts
        ]

    return eventually(received, PATIENCE, f"{name} at the bank")


def text_of(letter: Letter) -> str:
    """What the consumer reads, without its form."""
    body = letter.message.get_body(("html",))
    assert body is not None
    return " ".join(re.sub(r"<[^>]+>", " ", body.get_content()).split())


def pay(office: Office, move: int, amount: str) -> None:
    """Book what came to the account."""
    context = {"active_model": "account.move", "active_ids": [move]}
    number = office.call(
        "account.payment.register",
        "create",
        {"amount": float(amount.replace(",", "."))},
        context=context,
    )
    office.call(
        "account.payment.register", "action_create_payments", [number], context=context
    )


def test_from_the_order_over_the_invoice_to_the_debit(
    office: Office, netbank: Netbank, mailbox: Mailbox, in_halves: int
) -> None:
    consumer = Consumer("Suoma Salmi")
    move = office.invoice(ordered(office, netbank, consumer), 400.0, term=in_halves)
    assert office.send(move)[0]["state"] == "to_send"

    copies = at_bank(office, netbank, consumer, move, parts=len(HALVES))
    today = dt.date.today()
    days = [today + dt.timedelta(days=each) for each in HALVES]
    total = office.read("account.move", move, "amount_total")["amount_total"]
    half = f"{total / 2:.2f}".replace(".", ",")
    assert [(copy["type"], copy["due"], copy["amount"]) for copy in copies] == [
        ("INV09", f"{day:%Y%m%d}", half) for day in days
    ]
    assert {copy["status"] for copy in copies} == {"direct payment"}

    def letters() -> list[Letter]:
        return mailbox.letters_to(consumer.email)

    [letter] = eventually(letters, PATIENCE, "the invoice itself by e-mail")
    assert any(name.endswith(".pdf") for name in letter.attachments)
    told = text_of(letter)
    assert "your bank pays this invoice from your account" in told
    assert all(f"{day:%m/%d/%Y}" in told for day in days)

    # asked once: neither bank nor consumer gets it again
    [again] = office.send(move)
    assert again["document_id"] and len(office.documents(("move_id", "=", move))) == 2
    assert len(letters()) == 1

    [payment] = [
        each
        for each in netbank.bank.post("debit", until=f"{days[0]:%Y%m%d}")["payments"]
        if each["number"] == copies[0]["number"]
    ]
    reference = office.read("account.move", move, "payment_reference")
    assert payment["reference"].lstrip("0") == reference["payment_reference"]
    pay(office, move, payment["amount"])
    booked = office.read("account.move", move, "payment_state", "amount_residual")
    assert booked["payment_state"] == "partial"
    assert booked["amount_residual"] == pytest.approx(total / 2)


def test_what_is_credited_in_full_is_not_debited(
    page: Page,
    odoo_server: OdooInstance,
    office: Office,
    netbank: Netbank,
    mailbox: Mailbox,
) -> None:
    consumer = Consumer("Kauko Kallio")
    move = office.invoice(ordered(office, netbank, consumer))
    office.send(move)
    [copy] = at_bank(office, netbank, consumer, move)

    log_in(page, odoo_server, place=f"customer-invoices/{move}")
    page.click(".o_statusbar_buttons button[name=action_reverse]:visible")
    warned = page.locator(".modal .alert", has_text="does not stop the payment")
    warned.wait_for()
    page.click(".modal button[name=refund_moves]")
    page.wait_for_selector(".o_form_view button[name=action_post]")
    page.click("button[name=action_post]")
    offer = page.locator(".alert", has_text="The bank still asks for")
    offer.wait_for()
    assert copy["number"] in offer.inner_text()
    picture(page, "cancel_at_bank")
    offer.locator("button[name=action_einvoice_cancel]").click()
    page.wait_for_selector(".alert:has-text('The bank was asked to cancel')")

    def status() -> str:
        office.exchange()
        found = {each["id"]: each for each in netbank.invoices(consumer)}
        return found[copy["id"]]["status"]

    eventually(lambda: status() == "cancelled", PATIENCE, "cancelled at the bank")
    assert not [
        each
        for each in netbank.bank.post("debit", until=copy["due"])["payments"]
        if each["number"] == copy["number"]
    ]
    assert len(mailbox.letters_to(consumer.email)) == 1


def test_what_no_email_brings_waits_to_be_posted(
    page: Page, odoo_server: OdooInstance, office: Office, netbank: Netbank
) -> None:
    consumer = Consumer("Posti Peltola")
    partner = ordered(office, netbank, consumer)
    office.call("res.partner", "write", [partner], {"email": False})
    move = office.invoice(partner)
    office.send(move)
    [copy] = at_bank(office, netbank, consumer, move)

    log_in(page, odoo_server, place="consumer-einvoices-to-post")
    row = page.locator(f".o_data_row:has-text('{copy['number']}')")
    row.wait_for()
    picture(page, "to_post")
    row.locator(".o_list_record_selector input").check()
    page.click("button[name=action_einvoice_posted]")
    row.wait_for(state="detached")
    assert not office.call("account.move", "activity_search", [move], [POST])
    assert office.read("account.move", move, "is_move_sent")["is_move_sent"]

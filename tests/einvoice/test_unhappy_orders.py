"""Orders that cannot be allocated, and files that should not have come.

Each story brings its own consumer, so that they share one Odoo and one bank.
"""

import base64
from pathlib import Path

import pytest

from support.browser import Page, log_in, picture
from support.office import Consumer, Netbank, Office, Row
from support.system import OdooInstance

ORDERS = "consumer-einvoice-orders"
REVIEW = "einvoice_consumer.mail_activity_type_review"


def settled(office: Office, folder: Path, *names: str) -> None:
    """Wait until files have left the inbox."""
    office.until(
        lambda: not any((folder / "inbox" / name).exists() for name in names),
        f"{', '.join(names)} taken from the inbox",
    )


def fault(netbank: Netbank, kind: str) -> str:
    """Have the bank deliver something odd; the name of its file."""
    return netbank.bank.post("fault", kind=kind)["message"]["file"]


def filed_as(office: Office, name: str) -> Row:
    """The one document made of a file."""
    [document] = office.documents(("name", "=", name))
    return document


# A person decides


def test_unknown_customer_number_is_accepted_with_one_click(
    page: Page, odoo_server: OdooInstance, office: Office, netbank: Netbank
) -> None:
    kerttu = Consumer("Kerttu Talvela")
    partner = office.register(kerttu)
    namesake = office.register(Consumer("Kerttu Talvela", town="Oulu"))
    order = netbank.order(kerttu, number="99999")
    waiting = office.arrived(order, "to_review")
    assert waiting["review_reason"] == (
        "What the consumer typed points to nobody; these customers have a similar name."
    )

    log_in(page, odoo_server, place=ORDERS)
    page.click(".o_data_row td:has-text('Kerttu Talvela')")
    card = page.locator(".o_kanban_record:not(.o_kanban_ghost)")
    card.first.wait_for()
    assert card.count() == 2
    right = card.filter(has_text=kerttu.town)
    given = right.locator("tr", has_text="Customer number").locator("td")
    assert [cell.strip() for cell in given.all_inner_texts()] == [
        "Customer number",
        "99999",
        kerttu.number,
        "contradicts",
    ]
    name = right.locator("tr", has=page.locator("td:text-is('Name')"))
    assert "agrees" in name.inner_text()
    right.locator("button[name=action_accept]").click()
    page.wait_for_selector(".o_arrow_button_current:has-text('Active')")

    assert office.agreement(order)["partner_id"][0] == partner
    methods = office.find(
        "res.partner", [("id", "in", [partner, namesake])], "invoice_sending_method"
    )
    assert [row["invoice_sending_method"] for row in methods] == [
        "einvoice_consumer",
        False,
    ]


def test_ambiguous_customer_is_rejected_with_a_reason(
    page: Page, odoo_server: OdooInstance, office: Office, netbank: Netbank
) -> None:
    mary = Consumer(
        "Mary O'Neill", "10063", "Aleksanterinkatu 21 B 7", "00100", "Helsinki"
    )
    order = netbank.order(mary)
    waiting = office.arrived(order, "to_review")
    assert len(waiting["candidate_ids"]) == 2
    assert waiting["review_reason"] == (
        "What the consumer typed points to 2 customers."
    )
    assert office.call(
        "einvoice.agreement", "activity_search", [waiting["id"]], [REVIEW]
    )

    log_in(page, odoo_server, place=ORDERS)
    page.click('.o_data_row td:has-text("Mary O\'Neill")')
    page.wait_for_selector(".alert:has-text('points to 2 customers')")
    assert page.locator("button[name=action_accept]").count() == 2
    picture(page, "2_allocate")
    page.click(".o_statusbar_buttons button:visible:has-text('Reject')")
    page.fill(".modal [name=reason] input", "Registered twice; Mary will call back")
    page.click(".modal button[name=action_reject]")
    page.wait_for_selector(".ribbon:has-text('Rejected')")
    assert "Registered twice" in page.inner_text(".alert-info")

    rejected = office.agreement(order)
    assert rejected["state"] == "rejected"
    assert not rejected["partner_id"]
    twins = office.find(
        "res.partner", [("ref", "=", "10063")], "invoice_sending_method"
    )
    assert [row["invoice_sending_method"] for row in twins] == [False, False]


# Files that should not have come


@pytest.mark.parametrize(
    ("kind", "sentence", "remedy"),
    [
        ("garbage", "This is not a message in XML.", "Ask the bank what the file is."),
        ("truncated", "The message ends in the middle.", "Ask the bank to send it"),
        ("doctype", "The file declares a document type", "Ask the bank for the file"),
    ],
)
def test_file_that_cannot_be_read_does_not_stop_its_neighbours(
    office: Office, netbank: Netbank, kind: str, sentence: str, remedy: str
) -> None:
    before, after = Consumer("Eero Varis"), Consumer("Iiris Korppi")
    for consumer in (before, after):
        office.register(consumer)
    first = netbank.order(before)
    bad = fault(netbank, kind)
    second = netbank.order(after)
    for order in (first, second):
        office.arrived(order)

    folder = netbank.bank.folder
    settled(office, folder, bad)
    document = filed_as(office, bad)
    assert (document["type"], document["state"]) == ("unknown", "error")
    assert document["summary"].startswith(sentence)
    assert remedy in document["summary"]
    kept = office.read("einvoice.document", document["id"], "content")["content"]
    assert base64.b64decode(kept) == (folder / "error" / bad).read_bytes()
    assert not (folder / "archive" / bad).exists()


def test_the_same_order_again_changes_nothing(office: Office, netbank: Netbank) -> None:
    consumer = Consumer("Onni Peippo")
    office.register(consumer)
    office.arrived(netbank.order(consumer))
    documents = len(office.documents())
    agreements = office.call("einvoice.agreement", "search_count", [])

    again = fault(netbank, "duplicate")
    settled(office, netbank.bank.folder, again)
    assert len(office.documents()) == documents
    assert office.call("einvoice.agreement", "search_count", []) == agreements
    assert (netbank.bank.folder / "archive" / again).exists()


def test_same_identifier_with_other_contents_is_a_conflict(
    office: Office, netbank: Netbank
) -> None:
    consumer = Consumer("Lempi Tiira")
    office.register(consumer)
    order = netbank.order(consumer)
    agreed = office.arrived(order)

    forged = fault(netbank, "same_id")
    settled(office, netbank.bank.folder, forged)
    document = filed_as(office, forged)
    assert document["state"] == "error"
    assert "same identifier and time but other contents" in document["summary"]
    assert "Ask the bank which one counts" in document["summary"]
    assert (netbank.bank.folder / "error" / forged).exists()
    assert office.agreement(order) == agreed
    assert agreed["consumer_name"] == "Lempi Tiira"


def test_file_being_written_is_left_alone_until_it_is_renamed(
    office: Office, netbank: Netbank
) -> None:
    inbox = netbank.bank.folder / "inbox"
    orders, partly, complete = [], [], []
    for unfinished in (".{}", "{}.part", "{}.tmp"):
        slow = Consumer("Sulo Hanhi")
        office.register(slow)
        known = set(inbox.iterdir())
        orders.append(netbank.order(slow))
        [path] = set(inbox.iterdir()) - known
        complete.append(path)
        partly.append(path.rename(inbox / unfinished.format(path.name)))
    contents = [path.read_bytes() for path in partly]
    for path, data in zip(partly, contents, strict=True):
        path.write_bytes(data[: len(data) // 2])

    quick = Consumer("Vilja Kiuru")
    office.register(quick)
    office.arrived(netbank.order(quick))
    assert all(path.exists() for path in partly)
    assert not any(office.agreement(order) for order in orders)

    for path, data, name in zip(partly, contents, complete, strict=True):
        path.write_bytes(data)
        path.rename(name)
    for order, path in zip(orders, complete, strict=True):
        office.arrived(order)
        assert filed_as(office, path.name)["state"] == "processed"


def test_answer_to_a_message_nobody_sent_is_shown(
    office: Office, netbank: Netbank
) -> None:
    stray = fault(netbank, "unknown_ack")
    settled(office, netbank.bank.folder, stray)
    document = filed_as(office, stray)
    assert (document["type"], document["state"]) == ("acknowledgement", "error")
    assert document["reason_code"] == "2"
    assert "answers a message that was not sent from here" in document["summary"]
    assert (netbank.bank.folder / "error" / stray).exists()

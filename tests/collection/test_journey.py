"""The whole way of an overdue invoice, clicked through in a real browser.

A manager chooses the agency in the settings, mends what it would ask about, accepts its
terms and names a contact person; the agency agrees. A bookkeeper sees which overdue
invoices can go and why others cannot, transfers two, undoes one in time, and follows
the other into the agency's portal.
"""

import datetime as dt
from collections.abc import Iterator

import pytest

from support.agency import AgencyFactory, AgencyInstance
from support.browser import Browser, Page, expect, open_page, picture
from support.collector import PATIENCE, Collector
from support.desk import Desk, hire, words
from support.portal import Portal
from support.system import Json, OdooInstance, ServerFactory, TestDatabases
from support.waiting import eventually

AGENCY = "Nordanvind Inkasso"
COMPANY = "Björkvik Bredband AB"
COMPANY_ID = "559974-3100"
CONTACT = "saga.ek@example.com"
BOOKKEEPER = "linnea"
NOTE = "Fibre cut off on 1 November"
NOT_ACCEPTED = "Accept the terms and the API user, or close this window."
CLOSED_SERVICE = (
    "The collection partner has not opened the service yet, or has suspended it."
)
# Sweden: 4 days must have passed since the due date (docs/collection_requirements.md).
WAITING_DAYS = 4


@pytest.fixture(scope="module")
def server(start_server: ServerFactory) -> Iterator[OdooInstance]:
    """Odoo before anybody thought of an agency."""
    started = start_server()
    started.expected.append(rf"odoo\.http: {NOT_ACCEPTED}")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def agency(
    server: OdooInstance, start_agency: AgencyFactory, databases: TestDatabases
) -> Iterator[AgencyInstance]:
    """The agency that the demo data names."""
    started = start_agency(server.folder.parent)
    databases.all.set_demo_agency(server.database, started.api)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def collector(server: OdooInstance, agency: AgencyInstance) -> Collector:
    """The Swedish company, whose own number nobody has entered."""
    collector = Collector.of(server)
    [company] = collector.context["allowed_company_ids"]
    collector.call("res.company", "write", [company], {"company_registry": False})
    hire(collector, BOOKKEEPER, "Linnea Holm")
    return collector


@pytest.fixture
def portal(browser: Browser, agency: AgencyInstance) -> Iterator[Portal]:
    """The agency's portal, in a window of its own."""
    with open_page(browser) as page:
        yield Portal(page, agency)


def number(collector: Collector, name: str) -> str:
    """The number of an invoice of the demo data."""
    return collector.number(collector.invoice(name))


# The manager


def mend_company(desk: Desk) -> None:
    """The dialog says what is missing and leads there."""
    dialog = desk.dialog(f"Open the service with {AGENCY}")
    missing = dialog.locator(".alert-danger")
    assert missing.count() == 1
    assert "The company's own number (company ID) is missing." in missing.inner_text()
    assert not dialog.locator("button[name=action_next]").is_visible()
    missing.locator("a:has-text('Open the company')").click()
    desk.page.fill(".o_form_view [name=company_registry] input", COMPANY_ID)
    desk.save()


def accept_terms(desk: Desk, agency: AgencyInstance) -> None:
    """Nothing goes before both boxes are ticked; terms and prices can be read."""
    desk.menu("Overview")
    desk.page.click(".o_kanban_record button[name=action_open_onboarding]")
    dialog = desk.dialog(f"Open the service with {AGENCY}")
    told = words(dialog.inner_text())
    for part in (COMPANY, COMPANY_ID, "Storgatan 12", "NOLJSESS"):
        assert part in told
    dialog.locator("button[name=action_next]").click()
    for name, heading in (("terms_url", "Terms"), ("price_list_url", "Prices")):
        address, told = desk.follow(dialog.locator(f"[name={name}] a"))
        assert address.startswith(agency.portal)
        assert told.startswith(heading)

    dialog.locator("button[name=action_next]").click()
    refusal = desk.page.locator(f".modal:has-text('{NOT_ACCEPTED}')")
    refusal.locator("button:has-text('Close')").click()
    refusal.wait_for(state="detached")
    picture(desk.page, "6_onboarding")
    dialog.get_by_label("I have read the terms").check()
    dialog.get_by_label("I accept that an API user").check()
    dialog.locator("button[name=action_next]").click()


def name_contact(desk: Desk) -> None:
    """Who gets the access to the portal; then the company waits for the agency."""
    dialog = desk.dialog(f"Open the service with {AGENCY}")
    dialog.locator("[name=contact_phone] input").fill("+46 18 555 01 07")
    assert dialog.locator("[name=contact_email] input").input_value() == CONTACT
    dialog.locator("button[name=action_send]").click()
    desk.page.wait_for_selector(".o_arrow_button_current:has-text('Waiting for')")
    assert "The agency is opening the service." in desk.page.inner_text(".alert-info")


def agree(portal: Portal) -> None:
    """The agency's employee looks at the company and presses "Activate"."""

    def asked() -> bool:
        portal.open("creditors")
        return "pending signature" in portal.page.inner_text("#content")

    eventually(asked, PATIENCE, "the company on the agency's list")
    portal.open_creditor()
    told = portal.page.inner_text("#agreement")
    for part in (COMPANY_ID, "Storgatan 12, 753 31, Uppsala", "NOLJSESS", "Saga Ek"):
        assert part in told
    portal.press("activate-submit")
    assert portal.state() == "active"
    portal.open("mail")
    mail = portal.page.inner_text("#content")
    assert CONTACT in mail
    assert "Register in our portal" in mail


def answer_question(desk: Desk, collector: Collector) -> None:
    """The agency's call has opened the service; one question is left."""

    def is_open() -> bool:
        contract = collector.read("collection.agency", collector.agency, "state")
        return contract["state"] == "active"

    eventually(is_open, PATIENCE, "the service is open")
    page = desk.page
    desk.menu("Overview")
    question = "Say whether invoices that were overdue before the service opened"
    expect(page.locator(".o_kanban_record .alert-warning")).to_contain_text(question)
    picture(page, "10_overview")
    desk.open_contract(AGENCY)
    page.wait_for_selector(".o_arrow_button_current:has-text('Active')")
    assert page.input_value("[name=agreement_number] input") == "A-1001"
    page.click(".alert-warning button:has-text('Leave them')")
    page.wait_for_selector(".alert-warning", state="detached")


# The bookkeeper


def look_at_yellow_rows(desk: Desk, collector: Collector) -> None:
    """Pointing at a yellow row tells why it cannot go; the others can."""
    due = collector.read(
        "account.move", collector.invoice("due_yesterday"), "invoice_date_due"
    )["invoice_date_due"]
    first_day = dt.date.fromisoformat(due) + dt.timedelta(days=WAITING_DAYS)
    told = {
        "too_old": "more than 3 years old",
        "no_street": "address is incomplete: street",
        "no_number": "organisation number",
        "due_yesterday": f"it can go from {first_day:%m/%d/%Y}",
    }
    reasons = {number(collector, name): reason for name, reason in told.items()}
    desk.open_list()
    assert sorted(desk.yellow(len(reasons))) == sorted(reasons)
    picture(desk.page, "7_invoices")
    for invoice, reason in reasons.items():
        desk.refuses(invoice, reason)
    listed = desk.listed()
    for name in ("not_due", "paid"):
        assert number(collector, name) not in listed


def transfer(desk: Desk, *invoices: str, wrong: str) -> None:
    """Tick invoices, one of them wrongly, and confirm what can go."""
    desk.tick(*invoices, wrong)
    dialog = desk.begin_transfer()
    told = words(dialog.inner_text())
    # 3,349.00 and 3,737.50 with VAT
    assert dialog.locator("[name=ready_count]").inner_text() == "2"
    amounts = dialog.locator("[name=ready_amounts]").inner_text()
    assert words(amounts) == "7,086.50 kr"
    assert AGENCY in told
    assert "Left out, each with its reason: 1" in told
    left_out = dialog.locator("[name=blocked_ids] .o_data_row")
    assert left_out.count() == 1
    assert wrong in left_out.inner_text()
    assert "address is incomplete: street" in left_out.inner_text()
    dialog.locator("[name=note] textarea").fill(NOTE)
    picture(desk.page, "8_transfer")
    dialog.locator("button[name=action_confirm]").click()
    message = desk.page.locator(".o_notification")
    expect(message).to_contain_text("For 2 minutes the transfer can be undone.")
    for invoice in invoices:
        desk.says(invoice, "To be sent")


def undo(desk: Desk, invoice: str) -> None:
    """One was a mistake; it is free again."""
    dialog = desk.open_case(invoice)
    assert "Until then the transfer can be undone." in words(
        dialog.locator(".alert-info").inner_text()
    )
    dialog.locator("button[name=action_undo]").click()
    desk.page.wait_for_selector(".modal", state="detached")
    desk.row(invoice).locator("button:has-text('Transfer')").wait_for()
    desk.says(invoice, "Undone")


def printed(portal: Portal, case: Json) -> bytes:
    """The one document that the agency has of a case."""
    portal.open_case(case)
    link = portal.page.locator("#documents a")
    assert link.count() == 1
    address = f"{portal.agency.url}{link.get_attribute('href')}"
    return portal.page.request.get(address).body()


def follow(desk: Desk, portal: Portal, invoice: str, case: Json) -> None:
    """The agency's first step shows in the list, and what it did in the pop-up."""
    desk.says(invoice, "Payment reminder")
    transferred = desk.row(invoice).locator("td[name=collection_transferred_at]")
    assert transferred.inner_text()
    dialog = desk.open_case(invoice)
    timeline = words(dialog.locator("[name=event_ids]").inner_text())
    assert "Agency Reminder sent" in timeline
    picture(desk.page, "9_case")
    assert f"Sent to the agency: {case['documents'][0]['name']}" in timeline
    dialog.locator("a.nav-link:has-text('Documents')").click()
    sent = dialog.locator("[name=sent_document_ids]")
    expect(sent).to_contain_text(case["documents"][0]["name"].removesuffix(".pdf"))
    fees = dialog.locator("tr", has_text="Fees").locator("[name=fees_open]").first
    assert words(fees.inner_text()) == "60.00 kr"

    address, told = desk.follow(dialog.locator("button[name=action_open_portal]"))
    assert address == f"{portal.agency.url}/portal/cases/{case['id']}"
    assert words(told).startswith(f"Case {case['case_number']} Reminder sent")


def test_from_the_settings_to_the_case_in_the_portal(
    page: Page, server: OdooInstance, portal: Portal, collector: Collector
) -> None:
    agency = portal.agency
    hugo = number(collector, "overdue_40")
    metal = number(collector, "overdue_40_company")

    manager = Desk(page, server, company=COMPANY)
    manager.choose_agency(AGENCY, is_new=True)
    mend_company(manager)
    accept_terms(manager, agency)
    name_contact(manager)
    [waiting, *_others] = collector.eligibility(collector.invoice("overdue_40"))
    assert [reason["message"] for reason in waiting["reasons"]] == [CLOSED_SERVICE]
    agree(portal)
    answer_question(manager, collector)
    [delivery] = agency.state()["deliveries"]
    assert delivery["state"] == "delivered"

    page.context.clear_cookies()
    bookkeeper = Desk(page, server, BOOKKEEPER)
    look_at_yellow_rows(bookkeeper, collector)
    transfer(bookkeeper, hugo, metal, wrong=number(collector, "no_street"))
    undo(bookkeeper, hugo)
    assert not agency.state()["cases"]
    bookkeeper.open_case(metal).locator("button[name=action_send_now]").click()
    move = collector.invoice("overdue_40_company")
    collector.arrived(move, "received")

    eventually(
        lambda: agency.state()["cases"][0]["documents"], PATIENCE, "the invoice's PDF"
    )
    [case] = agency.state()["cases"]
    assert case["invoice_number"] == metal
    assert NOTE not in str(case["submitted"])
    noted = collector.read("account.move", move, "collection_note")
    assert noted["collection_note"] == NOTE
    pdf = printed(portal, case)
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) == case["documents"][0]["size"]

    portal.press("advance-submit")
    portal.press("advance-submit")
    assert portal.state() == "Reminder sent"
    collector.arrived(move, "reminder")
    bookkeeper.open_list()
    follow(bookkeeper, portal, metal, case)

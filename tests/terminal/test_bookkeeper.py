"""What a bookkeeper sees in Odoo of what customers pay at kiosks, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.browser import Browser, expect, open_page, picture
from support.cashier import Cashier
from support.counter import Counter
from support.desk import words
from support.kiosk import KioskFactory
from support.line import Line
from support.system import OdooInstance, ServerFactory
from support.waiting import eventually

COMPANY = "ТОО «Тюльпан Связь»"
BOOKKEEPER = "gulnara"
NOBODY = "4000000001"
# seconds a whole run takes at most
CONFORMANCE = 120


@pytest.fixture(scope="module")
def server(start_server: ServerFactory) -> Iterator[OdooInstance]:
    """An Odoo whose figures no other story changes."""
    started = start_server()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def line(server: OdooInstance, start_kiosk: KioskFactory) -> Iterator[Line]:
    """The QIWI kiosks of Kazakhstan, and the bookkeeper's colleague."""
    cashier = Cashier(server)
    cashier.hire(BOOKKEEPER, "payment_terminal.payment_terminal_group_user")
    kiosk = start_kiosk(server.folder.parent)
    yield Line.open("kz_qiwi", "osmp", cashier, kiosk)
    kiosk.stop()


@pytest.fixture(scope="module")
def bookkeeper(browser: Browser, server: OdooInstance, line: Line) -> Iterator[Counter]:
    """Gulnara, who works in this company alone."""
    with open_page(browser) as page:
        yield Counter(page, server, BOOKKEEPER)


@pytest.fixture(scope="module")
def manager(browser: Browser, server: OdooInstance, line: Line) -> Iterator[Counter]:
    """The administrator, who opens networks."""
    with open_page(browser) as page:
        yield Counter(page, server, company=COMPANY)


def test_payment_is_followed_to_its_invoice_and_back(
    bookkeeper: Counter, line: Line
) -> None:
    cashier = line.cashier
    customer = cashier.register("Камила Родникова")
    invoice = cashier.bill(customer, 7300)
    name = cashier.read("account.move", invoice, "name")["name"]
    receipt = line.pay(cashier.number(customer), "7300")["txn_id"]
    line.arrived(receipt)

    bookkeeper.menu("Overview")
    card = bookkeeper.card("QIWI")
    card.wait_for()
    amount, count = card.locator(".fs-2").all_inner_texts()
    assert (words(amount), count) == ("7,300.00 ₸", "1")
    card.locator("a:text-is('Payments')").click()
    bookkeeper.open_payment("Камила Родникова")
    bookkeeper.says_state("Booked")
    bookkeeper.shows("txn_id", receipt)
    bookkeeper.shows("amount", "7,300.00")
    picture(bookkeeper.page, "14_payment")

    bookkeeper.press("action_open_invoices")
    bookkeeper.is_at(f".o_form_view h1:has-text('{name}')")
    expect(bookkeeper.page.locator(".o_form_view .ribbon")).to_contain_text("Paid")
    bookkeeper.press("action_view_terminal_transactions")
    bookkeeper.is_at(".o_form_view [name=txn_id]")
    bookkeeper.shows("txn_id", receipt)
    bookkeeper.page.click(".o_form_view a:text-is('Requests')")
    asked = bookkeeper.page.locator("[name=request_ids] .o_data_row")
    expect(asked).to_have_count(1)
    expect(asked).to_contain_text("Pay")

    bookkeeper.page.click(".o_form_view [name=move_id] a")
    bookkeeper.is_at(".o_form_view h1:has-text('TERM/')")
    bookkeeper.says_state("Posted")
    bookkeeper.press("action_view_terminal_transactions")
    bookkeeper.shows("txn_id", receipt)


def test_payment_of_nobody_we_know_is_assigned(bookkeeper: Counter, line: Line) -> None:
    cashier = line.cashier
    customer = cashier.register("Санжар Беркутов")
    invoice = cashier.bill(customer, 5200)
    before = cashier.suspended(line.network)
    receipt = line.pay(NOBODY, "5000", check=False)["txn_id"]
    payment = line.arrived(receipt, "suspense")["id"]
    assert cashier.suspended(line.network) == before - 5000
    kind = ["payment_terminal.mail_activity_type_assign"]
    held = ("payment.terminal.transaction", "activity_search", [payment], kind)
    assert cashier.call(*held)

    bookkeeper.menu("Overview")
    expect(bookkeeper.card("QIWI").locator(".alert-warning")).to_contain_text(
        re.compile(r"unknown.*5,000\.00")
    )
    picture(bookkeeper.page, "13_terminals")
    bookkeeper.menu("To Assign")
    bookkeeper.open_payment(NOBODY)
    bookkeeper.says_state("To assign")
    expect(bookkeeper.page.locator(".alert-warning:visible")).to_contain_text(
        "Nobody has this customer number."
    )
    bookkeeper.page.click(
        ".o_form_view .o_statusbar_buttons button:has-text('Assign to a customer')"
    )
    dialog = bookkeeper.dialog()
    bookkeeper.pick(dialog.locator("[name=partner_id] input"), "Санжар Беркутов")
    dialog.locator("button[name=action_assign]").click()
    bookkeeper.page.wait_for_selector(".modal", state="detached")
    bookkeeper.says_state("Booked")
    bookkeeper.shows("partner_id", "Санжар Беркутов")
    assert cashier.residuals(invoice) == [200.0]
    assert cashier.suspended(line.network) == before
    assert not cashier.call(*held)
    line.agree()


def test_payment_of_the_wrong_customer_is_corrected(
    bookkeeper: Counter, line: Line
) -> None:
    """2,000 of 3,000 are another customer's; then the network cancels all of it."""
    cashier = line.cashier
    wrong, right = cashier.register("Марат Не Тот"), cashier.register("Динара Та Самая")
    hers = cashier.bill(right, 2000)
    receipt = line.pay(cashier.number(wrong), "3000")["txn_id"]
    line.arrived(receipt)

    bookkeeper.menu("Payments")
    bookkeeper.open_payment("Марат Не Тот")
    bookkeeper.page.click(".o_statusbar_buttons button:has-text('Correct')")
    dialog = bookkeeper.dialog()
    bookkeeper.pick(dialog.locator("[name=partner_id] input"), "Динара Та Самая")
    dialog.locator("[name=share] input").fill("2000")
    dialog.locator("[name=share] input").press("Tab")
    expect(dialog.locator("[name=line_ids] .o_data_row")).to_contain_text("2,000.00")
    dialog.locator("button[name=action_assign]").click()
    bookkeeper.page.wait_for_selector(".modal", state="detached")
    bookkeeper.says_state("Booked")
    assert cashier.residuals(hers) == [0.0]
    items = bookkeeper.page.locator(".o_form_view [name=line_ids] .o_data_row")
    expect(items).to_have_count(4)
    line.cancel(receipt)
    line.arrived(receipt, "reversed")
    assert cashier.residuals(hers) == [2000.0]
    line.agree()


def test_live_screen_shows_a_payment_as_it_is_made(
    bookkeeper: Counter, line: Line
) -> None:
    cashier = line.cashier
    customer = cashier.register("Ботагоз Тихая")
    bookkeeper.open("payment-terminals-live", ".o_terminal_live section")
    section = bookkeeper.page.locator(".o_terminal_live section", has_text="QIWI")
    count = section.locator(".o_terminal_count")
    before = int(count.inner_text())
    receipt = line.pay(cashier.number(customer), "640")["txn_id"]
    # the screen asks by itself every few seconds
    expect(count).to_have_text(str(before + 1))
    newest = section.locator(".o_terminal_payment").first
    expect(newest).to_contain_text("Ботагоз Тихая")
    expect(newest).to_contain_text("640.00")
    newest.locator("a").click()
    bookkeeper.is_at(".o_form_view [name=txn_id]")
    bookkeeper.shows("txn_id", receipt)
    line.arrived(receipt)


def test_own_endpoint_is_tried_before_the_network_does(
    manager: Counter, line: Line, tmp_path: Path
) -> None:
    cashier = line.cashier
    tried = cashier.open_network("kaspi_json", "secret")
    name = "Kaspi, before it is signed"
    cashier.change(tried, environment="test", name=name)
    manager.open_network(name)
    manager.press("action_start_conformance")
    manager.is_at(".o_form_view [name=account_id]")

    def ended() -> bool:
        refresh = manager.page.locator(".o_form_view button[name=action_refresh]")
        if refresh.is_visible():
            refresh.click()
        return manager.page.locator(
            ".o_form_view button[name=action_print]"
        ).is_visible()

    eventually(ended, CONFORMANCE, "the run has ended", pause=1)
    failed = manager.page.locator(".o_data_row.text-danger")
    assert not failed.all_inner_texts()
    manager.says_state("Passed")
    picture(manager.page, "15_conformance")
    with manager.page.expect_download() as printing:
        manager.press("action_print")
    printed = tmp_path / "report.pdf"
    printing.value.save_as(printed)
    assert printed.read_bytes().startswith(b"%PDF-")
    # nothing of it is money
    assert not cashier.cleared(tried)
    assert {row["state"] for row in cashier.payments(tried)} <= {"accepted"}


def test_network_goes_into_production_once_nothing_is_missing(
    manager: Counter, line: Line
) -> None:
    page, cashier = manager.page, line.cashier
    [copied] = cashier.call(
        "payment.terminal.network", "copy", [line.network], default={"name": "QIWI 2"}
    )
    manager.open_network("QIWI 2")
    manager.says_state("Disabled")
    missing = page.locator(".o_form_view [name=checklist]")
    expect(missing).to_contain_text("Say from which addresses the network calls.")
    expect(missing).to_contain_text("Enter the credentials of the network")
    begin = page.locator(".o_form_view button[name=action_go_live]")
    expect(begin).to_have_count(0)
    assert cashier.terms(copied, "environment")["environment"] == "disabled"

    manager.press("action_add_known_addresses")
    expect(page.locator("[name=address_ids] .o_data_row")).to_have_count(4)
    page.fill("[name=basic_login] input", "qiwi")
    page.fill("[name=basic_password] input", "known-to-the-network-alone")
    manager.save()
    begin.click()
    page.click(".modal button.btn-primary")
    manager.says_state("Production")
    assert cashier.terms(copied, "environment")["environment"] == "prod"

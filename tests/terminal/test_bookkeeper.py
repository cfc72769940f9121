"""What a bookkeeper sees in Odoo of what customers pay at kiosks, in a real browser."""

import base64
import datetime as dt
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
from support.waiting import PATIENCE, eventually

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

    bookkeeper.open("terminal-payments", ".o_list_view")
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


def test_day_is_proved_by_the_registry_and_paid_out_by_the_bank(
    bookkeeper: Counter, line: Line, tmp_path: Path
) -> None:
    cashier, page = line.cashier, bookkeeper.page
    customer = cashier.register("Мадина Ручьёва")
    number, invoice = cashier.number(customer), cashier.bill(customer, 9000)
    told = line.pay(number, "4000")["txn_id"]
    line.arrived(told)
    line.fault("cut_before", times=-1)
    lost = line.pay(number, "5000", wait=0)["txn_id"]
    eventually(lambda: line.find(lost)["money_taken"], PATIENCE, "the kiosk has it")
    day = line.find(told)["day"]

    # the network lists what it could not tell, and one payment twice
    file = line.registry(day=day, doubled=[told])
    path = tmp_path / file["filename"]
    path.write_bytes(base64.b64decode(file["content"]))
    bookkeeper.open_network("QIWI")
    page.click(".o_statusbar_buttons button:has-text('Import a registry')")
    dialog = bookkeeper.dialog()
    dialog.locator("input[type=file]").set_input_files(path)
    dialog.locator(".o_attachment", has_text=path.stem).wait_for()
    dialog.locator("button[name=action_import]").click()
    bookkeeper.is_at(".o_form_view [name=only_theirs]")
    bookkeeper.says_state("Differs")
    bookkeeper.shows("total", f"{float(file['sum']):,.2f}")
    bookkeeper.shows("duplicates", "1")
    picture(page, "17_registry")
    assert cashier.payment(line.network, lost)["state"] in ("accepted", "booked")
    bookkeeper.press("action_open_lines")
    rows = page.locator(".o_data_row")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(re.compile(rf"{told}.*Twice in the file"))
    picture(page, "18_registry_lines")
    rows.locator("button[name=action_settle]").click()
    page.wait_for_selector(".o_view_nocontent")

    # it is booked; when the network tells it at last, that is a repeat
    line.arrived(lost)
    assert cashier.residuals(invoice) == [0.0]
    line.clear()
    line.kiosk.sandbox("clock", hours=1, wait=PATIENCE)
    assert line.settled(lost)["state"] == "confirmed"
    [payment] = cashier.payments(line.network, ("txn_id", "=", lost))
    assert payment["amount"] == 5000
    assert not line.complaints()

    # the day, and the bank's lump sum for it
    [shown] = cashier.find(
        "payment.terminal.day",
        [("network_id", "=", line.network), ("day", "=", day)],
        *("online", "registry", "waiting", "state"),
    )
    assert shown["registry"] - shown["online"] == 4000, "the doubled line"
    bookkeeper.open("terminal-days", ".o_calendar_view")
    expect(page.locator(".fc-event", has_text="QIWI").first).to_be_visible()
    picture(page, "19_days")
    cashier.receive(shown["waiting"], "QIWI payout")
    bookkeeper.open_network("QIWI")
    page.click(".o_statusbar_buttons button:has-text('Reconcile a payout')")
    dialog = bookkeeper.dialog()
    expect(dialog.locator(".alert-success")).to_be_visible()
    picture(page, "20_payout")
    dialog.locator("button[name=action_reconcile]").click()
    page.wait_for_selector(".modal", state="detached")
    bookkeeper.open("terminal-months", ".o_list_view")
    expect(page.locator(".o_data_row [name=closing]").first).not_to_be_empty()
    picture(page, "21_months")


def test_registry_that_has_not_come_is_missed(bookkeeper: Counter, line: Line) -> None:
    cashier = line.cashier
    long_ago = (dt.date.today() - dt.timedelta(days=3)).isoformat()
    cashier.change(line.network, registry_expected_from=long_ago, registry_hour=0.0)
    cashier.run("payment_terminal.ir_cron_payment_terminal_watch")
    kind = ["payment_terminal.mail_activity_type_registry_missing"]
    asked = ("payment.terminal.network", "activity_search", [line.network], kind)
    assert cashier.call(*asked)
    bookkeeper.open_network("QIWI")
    alert = bookkeeper.page.locator(".alert-warning", has_text="No registry came of")
    expect(alert).to_contain_text(long_ago)
    cashier.change(line.network, registry_expected_from=False)

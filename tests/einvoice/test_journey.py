"""The whole way of an e-invoice, clicked through in a real browser.

Aino orders e-invoices in her netbank. The order reaches Odoo and finds her; a
bookkeeper makes an invoice, mends what the bank would refuse, and sends it from
Odoo's own Send dialog. Aino reads it in her netbank and pays; the bank's file of
reference payments makes it Paid in Odoo.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from support.browser import Page, go, log_in, picture
from support.office import NORTH, PATIENCE, Office
from support.system import BankInstance, OdooInstance
from support.waiting import eventually

AINO = "Aino Mäkinen"
CUSTOMER_NUMBER = "10014"
PRICE = "80.00"
VAT = "25.5%"
# The standard VAT of Finland is 25.5 % since September 2024.
TOTAL = "100,40"
ACCOUNT = "FI21 1234 5600 0007 85"
# The consumer agency advises two weeks, which the dialog proposes.
ADVISED_DAYS = 14
OVERVIEW = "consumer-einvoices"


def order_in_netbank(page: Page, bank: BankInstance) -> None:
    """Aino types her customer number."""
    page.goto(bank.url)
    page.click(f"#enter-1-{NORTH}")
    assert page.inner_text("h1") == AINO
    page.click("#new-1")
    page.fill("[name=identifier-1]", CUSTOMER_NUMBER)
    picture(page, "1_order")
    page.click("#order-submit")
    assert page.inner_text("#note").startswith("Ordered.")


def fetch_order(page: Page) -> None:
    """The bookkeeper presses the button until the order is there."""
    row = page.locator(f".o_data_row:has-text('{AINO}')")

    def fetched() -> bool:
        go(page, OVERVIEW)
        card = page.locator(".o_kanban_record:has-text('Netbanks in Finland')")
        card.locator("button[name=action_exchange_now]").click()
        page.wait_for_selector(".o_notification:has-text('Exchange started')")
        go(page, "consumer-einvoice-agreements")
        return row.locator("td[name=state]:has-text('Active')").count() == 1

    eventually(fetched, PATIENCE, "an active agreement", pause=1)


def make_invoice(page: Page) -> str:
    """A new invoice of one line, confirmed; its number."""
    go(page, "customer-invoices/new")
    page.fill("div[name=partner_id] input", AINO)
    page.click(f".o-autocomplete--dropdown-item:has-text('{AINO}')")
    page.click(".o_field_x2many_list_row_add a >> nth=0")
    page.fill("tr.o_selected_row [name=name] textarea", "Electricity in November")
    page.fill("tr.o_selected_row [name=price_unit] input", PRICE)
    page.fill("tr.o_selected_row [name=tax_ids] input", VAT)
    page.click(f".o-autocomplete--dropdown-item:has-text('{VAT}') >> nth=0")
    page.click("button[name=action_post]")
    number = page.locator(".o_form_view [name=name]", has_text=re.compile("INV/"))
    return number.first.inner_text().strip()


def send(page: Page) -> None:
    """Send from Odoo's dialog, which offers to mend the due date first."""
    page.click(".o_statusbar_buttons button:visible:has-text('Send')")
    dialog = page.locator(".modal")
    netbank = dialog.get_by_label("by Consumer E-Invoice")
    netbank.wait_for()
    assert netbank.is_checked()
    picture(page, "3_send")
    dialog.locator(".alert-danger a:has-text('Move the due date')").click()
    page.click(".modal button[name=action_apply]")
    ready = ".modal:not(:has(.alert-danger)) button[name=action_send_and_print]"
    page.click(ready)
    page.wait_for_selector(ready, state="detached")


def pay(page: Page, server: OdooInstance, shown_at: str) -> None:
    """Aino presses Pay; the bookkeeper fetches until the invoice is paid."""
    page.click("#pay-submit")
    assert page.inner_text("#note").startswith("Done.")
    page.goto(f"{server.url}/odoo/{OVERVIEW}")

    def paid() -> bool:
        page.click("button[name=action_exchange_now]")
        page.wait_for_selector(".o_notification:has-text('Exchange started')")
        go(page, shown_at)
        page.wait_for_selector(".o_form_view [name=name]")
        if page.locator(".ribbon:has-text('Paid')").count():
            return True
        go(page, OVERVIEW)
        return False

    eventually(paid, PATIENCE, "the invoice is paid", pause=1)
    picture(page, "5_paid")
    go(page, "payment-files")
    row = page.locator(".o_data_row:has-text('referencepayments')").first
    assert row.locator("td[name=state]").inner_text() == "Booked"
    picture(page, "6_payment_files")
    row.click()
    page.wait_for_selector(".o_form_view [name=line_ids] .o_data_row")
    picture(page, "7_payment_file")


def test_from_the_order_to_the_invoice_in_the_netbank(
    page: Page, odoo_server: OdooInstance, odoo_bank: BankInstance, office: Office
) -> None:
    aino = office.client.env.ref("einvoice_consumer.demo_partner_aino").id

    order_in_netbank(page, odoo_bank)
    log_in(page, odoo_server, place=OVERVIEW)
    fetch_order(page)
    [order] = [
        order
        for order in odoo_bank.state()["orders"]
        if order["identifiers"] == [CUSTOMER_NUMBER]
    ]
    agreement = office.agreement(order)
    assert agreement and agreement["partner_id"] == [aino, AINO]
    method = office.read("res.partner", aino, "invoice_sending_method")
    assert method["invoice_sending_method"] == "einvoice_consumer"

    number = make_invoice(page)
    today = dt.datetime.now(ZoneInfo("Europe/Helsinki")).date()
    due = today + dt.timedelta(days=ADVISED_DAYS)
    send(page)

    shown_at = page.url.rpartition("/odoo/")[2]

    def shown_as_sent() -> bool:
        go(page, shown_at)
        button = page.locator("button[name=action_view_einvoice_documents]")
        return button.inner_text().split() == ["E-invoice", "Sent"]

    eventually(shown_as_sent, PATIENCE, "the invoice says Sent", pause=1)
    page.click("button[name=action_view_einvoice_documents]")
    page.wait_for_selector(f".o_form_view [name=display_name]:has-text('{number}')")
    go(page, shown_at)
    page.click("a.nav-link:has-text('Other Info')")
    reference = page.input_value("[name=payment_reference] input")

    page.goto(f"{odoo_bank.url}/customer/1?bank={NORTH}")

    def in_netbank() -> bool:
        page.click("#refresh")
        return page.locator(f"#invoices a:has-text('{number}')").count() == 1

    eventually(in_netbank, PATIENCE, "the invoice in the netbank")
    page.click(f"#invoices a:has-text('{number}')")
    page.wait_for_selector("#invoice-number")
    picture(page, "4_netbank")
    shown = {
        name: page.inner_text(f"#invoice-{name}")
        for name in ("seller", "number", "amount", "due", "account", "reference")
    }
    # national references travel with leading zeros, 20 digits in all
    shown["reference"] = shown["reference"].lstrip("0")
    assert shown == {
        "seller": "Kaamos Energia Oy",
        "number": number,
        "amount": f"{TOTAL} €",
        "due": f"{due:%d.%m.%Y}",
        "account": ACCOUNT,
        "reference": reference,
    }
    assert "Electricity in November" in page.inner_text("#rows")
    assert is_finnish_reference(reference)
    assert odoo_bank.state()["messages"][-1]["verdict"] == "accepted"
    pay(page, odoo_server, shown_at)
    page.goto(f"{odoo_bank.url}/operations")
    assert page.locator("#sent tr:has-text('ReferencePayments')").count() == 1


def is_finnish_reference(reference: str) -> bool:
    """The check digit of Finance Finland: weights 7, 3, 1 from the right."""
    digits = [int(digit) for digit in reversed(reference)]
    weighted = zip(digits[1:], (7, 3, 1) * len(digits), strict=False)
    return -sum(digit * weight for digit, weight in weighted) % 10 == digits[0]

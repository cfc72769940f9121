"""A company moves in from another system and brings its consumers' agreements."""

import io

import openpyxl

from support.browser import Page, expect, go, log_in
from support.office import Consumer, Office
from support.system import OdooInstance

# made up; their check digits are right
ADDRESSES = ("FI2112345600000785", "FI5810171000000122")
BANK = "NDEAFIHH"


def choose(page: Page, content: bytes) -> None:
    """Open the dialog from the list of agreements and choose the spreadsheet."""
    go(page, "consumer-einvoice-agreements")
    page.click(".o_control_panel button:has-text('Bring in existing agreements')")
    page.set_input_files(
        ".modal [name=content] input[type=file]",
        {
            "name": "agreements.xlsx",
            "mimeType": "application/octet-stream",
            "buffer": content,
        },
    )
    page.click(".modal button[name=action_preview]")


def test_agreements_are_brought_in_from_a_spreadsheet(
    page: Page, odoo_server: OdooInstance, office: Office
) -> None:
    known, other = Consumer("Vieno Vanha"), Consumer("Kauko Kauan")
    partner = office.register(known)
    office.register(other)
    log_in(page, odoo_server, place="consumer-einvoice-agreements")
    page.click(".o_control_panel button:has-text('Bring in existing agreements')")
    with page.expect_download() as download:
        page.click(".modal button[name=action_template]")
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    book.active.delete_rows(2)
    for number, address in (
        (known.number, ADDRESSES[0]),
        (other.number, ADDRESSES[1]),
        ("000", ADDRESSES[0]),
    ):
        book.active.append([number, address, BANK, "", "2024-05-31", ""])
    written = io.BytesIO()
    book.save(written)

    choose(page, written.getvalue())
    rows = page.locator(".modal .o_data_row")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("Brought in")
    expect(rows.nth(2)).to_contain_text("No customer has the number 000.")
    agreements = [("partner_id", "=", partner)]
    assert not office.find("einvoice.agreement", agreements, "state")

    page.click(".modal button[name=action_import]")
    expect(page.locator(".modal button[name=action_view_agreements]")).to_be_visible()
    [agreement] = office.find("einvoice.agreement", agreements, "state", "ordered_at")
    assert agreement["state"] == "active"
    assert agreement["ordered_at"].startswith("2024-05-31")
    [sent] = office.send(office.invoice(partner))
    assert sent["state"] == "to_send"
    # nothing stops it; that the channel is in test is said
    assert [reason["code"] for reason in sent["reasons"]] == ["test"]

    choose(page, written.getvalue())
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("Here already")
    expect(page.locator(".modal button[name=action_import]")).to_be_hidden()

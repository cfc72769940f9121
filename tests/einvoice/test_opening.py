"""The e-invoice service is opened at two banks, changed and ended, in a real browser.

The messages are carried by hand, as a company does whose bank gives it a page only; the
banks' own page says what they know.
"""

import base64

from support.browser import Page, log_in, picture
from support.clerk import Row
from support.office import NORTH, PATIENCE, SOUTH, Office
from support.system import BankInstance, OdooInstance
from support.waiting import eventually

# An account of the bank in the north, which the channel of the demo names.
ACCOUNT = "FI21 1234 5600 0007 85"
WATER = "KAAMOS-WATER"
# An account of the bank in the south, whose accounts begin with 5.
SECOND_ACCOUNT = "FI9757800750155448"
SECOND_AS_SHOWN = "FI97 5780 0750 1554 48"
BANKS = {NORTH: "Demo Bank North", SOUTH: "Demo Bank South"}


def water_channel(office: Office) -> int:
    """A channel for another kind of invoice, whose messages a person carries."""
    channel = office.call("einvoice.channel", "copy", [office.channel])[0]
    values = {
        "name": "Water in netbanks",
        "payment_subject": WATER,
        "connection_id": False,
        "environment": "test",
    }
    office.call("einvoice.channel", "write", [channel], values)
    return channel


def second_account(office: Office, channel: int) -> int:
    """Another account of the company."""
    company = office.read("einvoice.channel", channel, "company_partner_id")
    [partner, _name] = company["company_partner_id"]
    values = {"name": BANKS[SOUTH], "bic": SOUTH}
    bank = office.call("res.bank", "create", values)
    return office.call(
        "res.partner.bank",
        "create",
        {"acc_number": SECOND_ACCOUNT, "partner_id": partner, "bank_id": bank},
    )


def compare(page: Page) -> None:
    """Go on to what the banks know beside what they shall know."""
    page.click(".modal button[name=action_check]")
    page.wait_for_selector(".modal .o_einvoice_comparison")


def carry(office: Office, channel: int, bank: BankInstance) -> None:
    """Carry to the banks what waits for it."""
    messages = office.call("einvoice.channel", "fetch_outgoing", [channel])
    for message in messages:
        hidden = bank.folder / "outbox" / f".{message['filename']}"
        hidden.write_bytes(base64.b64decode(message["content"]))
        hidden.rename(hidden.with_name(message["filename"]))
    documents = [message["document_id"] for message in messages]
    office.call("einvoice.channel", "confirm_outgoing", [channel], documents)


def send(page: Page, button: str) -> None:
    """Have the dialog write the messages."""
    page.click(f".modal button[name={button}]")
    page.wait_for_selector(".modal", state="detached")


def shown_at_banks(
    page: Page, office: Office, channel: int, bank: BankInstance, *texts: str
) -> None:
    """What waits is carried until the page of both banks says so of the water."""

    def shown() -> bool:
        carry(office, channel, bank)
        page.goto(f"{bank.url}/operations")
        rows = page.locator(f"#notifications tr:has-text('{WATER}')").all_inner_texts()
        return {bic for bic, name in BANKS.items() for row in rows if name in row} == {
            *BANKS
        } and all(text in row for row in rows for text in texts)

    eventually(shown, PATIENCE, f"both banks show {texts}")


def known_at_banks(office: Office, channel: int) -> list[Row]:
    """What Odoo says of the banks."""
    domain = [("channel_id", "=", channel)]
    return office.find("einvoice.notification", domain, "state", "terms")


def test_the_service_is_opened_changed_and_ended(
    page: Page, odoo_server: OdooInstance, odoo_bank: BankInstance, office: Office
) -> None:
    channel = water_channel(office)
    place = f"consumer-einvoice-channels/{channel}"
    home = f"{odoo_server.url}/odoo/{place}"
    log_in(page, odoo_server, place=place)
    page.click("button[name=action_announce]")
    banks = page.locator(".modal div[name=intermediator_ids]")
    assert "Nordea" in banks.inner_text()
    banks.locator("input").fill("OKOY")
    page.click(".o-autocomplete--dropdown-item:has-text('OKOYFIHH')")
    page.fill(".modal div[name=topics_fi] input", "Vesilasku")
    page.fill(".modal div[name=topics_en] input", "Water")
    page.click(".modal a[name=identifiers]")
    page.wait_for_selector(
        ".modal div[name=identifier_ids] td:has-text('Asiakasnumero')"
    )
    compare(page)
    page.click(".modal button[name=action_back]")
    compare(page)
    page.wait_for_selector(".modal .o_einvoice_comparison td:has-text('Vesilasku')")
    send(page, "action_send")
    shown_at_banks(page, office, channel, odoo_bank, ACCOUNT, "announced")

    account = second_account(office, channel)
    page.goto(home)
    page.click("button[name=action_announce]:has-text('Change')")
    page.fill(".modal div[name=account_ids] input", SECOND_AS_SHOWN)
    page.click(f".o-autocomplete--dropdown-item:has-text('{SECOND_AS_SHOWN}')")
    compare(page)
    picture(page, "16_change")
    row = page.locator(f".modal .o_einvoice_comparison tr:has-text('{SECOND_ACCOUNT}')")
    assert row.locator(".badge").inner_text() == "Added"
    send(page, "action_send")
    shown_at_banks(
        page, office, channel, odoo_bank, ACCOUNT, SECOND_AS_SHOWN, "announced"
    )
    for known in known_at_banks(office, channel):
        told = [iban for iban, _bic in known["terms"]["accounts"]]
        assert told == [ACCOUNT.replace(" ", ""), SECOND_ACCOUNT]

    page.goto(home)
    page.click("button[name=action_view_notifications]")
    page.check("thead .o_list_record_selector input")
    page.click(".o_control_panel button[name=action_end]")
    page.wait_for_selector(".modal .alert-warning:has-text('Tell these customers')")
    send(page, "action_end")
    shown_at_banks(page, office, channel, odoo_bank, "ended")
    assert [known["state"] for known in known_at_banks(office, channel)] == [
        *("ended", "ended")
    ]
    office.call("einvoice.channel", "write", [channel], {"environment": "disabled"})
    office.call("res.partner.bank", "write", [account], {"active": False})

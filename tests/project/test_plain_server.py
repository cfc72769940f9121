"""Into a plain Odoo 19, as docs/install.md tells: no demo data, no developer mode.

A server that has never heard of the addons gets them on its path. Its administrator
finds and activates them under Apps, follows each checklist link by link, and comes to a
first exchange with a bank, an agency and a kiosk.
"""

import subprocess
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from dev import kiosks
from dev.environment import CHECKOUT
from dev.server import PROGRAM
from support.agency import AgencyFactory
from support.browser import Browser, Locator, expect, open_page, picture
from support.clerk import Clerk
from support.creditor import Creditor
from support.desk import Desk
from support.kiosk import KioskFactory
from support.office import Consumer, Netbank, Office
from support.plain import plain_database
from support.system import BankFactory, OdooInstance, ServerFactory, TestDatabases
from support.waiting import PATIENCE, eventually

# On a machine that may be busy.
INSTALLING = 600
# What the command ends with when a job is at work at that moment.
IN_THE_WAY = "processing a scheduled action", "could not serialize access"
# All menus of an application are seen.
WIDE = {"width": 1500, "height": 900}
# What nobody here answers: Odoo's own service that completes addresses.
NOWHERE = "http://127.0.0.1:9"
# The dialog behind the menu that only developer mode shows.
UPDATE_LIST = "action-base.action_view_base_module_update"
LOOKED_FOR = {
    "verkkolasku": "Consumer E-Invoices",
    "e-faktura": "Consumer E-Invoices",
    "perintä": "Collection Partner",
    "inkasso": "Collection Partner",
    "kiosk": "Payment Terminal",
    "qiwi": "Payment Terminal",
}
# The company that the bank's demo knows.
IBAN, BIC = "FI21 1234 5600 0007 85", "NDEAFIHH"
E_INVOICE_ADDRESS, PAYMENT_SUBJECT = "003712345671", "KAAMOS-ELECTRICITY"
VAT, COMPANY_ID = "FI12345671", "1234567-1"


class Newcomer(Desk):
    """The administrator of a server to which the addons are new."""

    APPLICATION, HOME = "Apps", "apps"
    # what they look for in Apps at the moment
    word = ""

    def open(self, place: str, shown: str = ".o_view_controller") -> None:
        """Load the web client anew, which new modules have changed, at a page."""
        self.page.goto(f"{self.server.url}/odoo/{place}", wait_until="commit")
        self.page.wait_for_selector(shown)

    # Apps

    def open_apps(self) -> None:
        """Open Apps, where nothing is looked for yet."""
        self.open("apps", ".o_modules_kanban")
        self.word = ""

    def look_for(self, word: str) -> Locator:
        """Type a word into the search in place of the one before; the cards left."""
        if self.word:
            before = self.page.locator(".o_searchview_facet", has_text=self.word)
            before.locator(".o_facet_remove").click()
            expect(before).to_have_count(0)
        self.word = word
        search = self.page.locator(".o_searchview_input")
        search.fill(word)
        # what Enter takes is proposed first
        self.page.wait_for_selector(f".o_searchview_autocomplete:has-text('{word}')")
        search.press("Enter")
        self.page.wait_for_selector(f".o_searchview_facet:has-text('{word}')")
        cards = self.page.locator(".o_kanban_record:not(.o_kanban_ghost)")
        # an application of Odoo's own, which none of our words finds
        expect(cards.filter(has_text="Inventory")).to_have_count(0)
        return cards

    def activate(self, word: str, name: str) -> None:
        """Find an application and press Activate; Odoo then loads its page anew."""
        card = self.look_for(word).filter(has_text=name)
        self.change_modules(card.locator("button:has-text('Activate')"))

    def change_modules(self, button: Locator) -> None:
        """Press a button after which Odoo loads its page anew; while a job is at work
        Odoo refuses, and it is pressed again."""
        busy = self.page.locator(".modal", has_text="processing a scheduled action")
        loaded: list[bool] = []
        # the page itself may not have loaded all of its pictures yet
        self.page.wait_for_load_state()
        self.page.once("load", lambda _page: loaded.append(True))
        button.click()

        def is_loaded() -> bool:
            if busy.is_visible():
                busy.locator(".modal-footer button").first.click()
                button.click()
            return bool(loaded)

        eventually(is_loaded, INSTALLING, "Odoo has loaded its page anew", pause=1)
        self.page.wait_for_selector(".o_main_navbar")

    def open_application(self, name: str) -> None:
        """Choose an application at the top left."""
        self.page.click(".o_navbar_apps_menu button")
        self.page.click(f".o_app:text-is('{name}')")
        self.page.wait_for_selector(f".o_menu_brand:text-is('{name}')")

    def configure(self, application: str, item: str) -> None:
        """Open a list of an application's configuration, and begin a new record."""
        self.open_application(application)
        self.page.click(".o_menu_sections button:has-text('Configuration')")
        self.page.click(f".dropdown-item:text-is('{item}')")
        self.new()

    # Forms

    def new(self) -> None:
        """Begin a new record of a list."""
        self.page.click(".o_list_button_add")
        self.page.wait_for_selector(".o_form_view")

    def fill(self, **values: str) -> None:
        """Fill fields of the form by their names."""
        for name, value in values.items():
            self.page.locator(
                f".o_form_view [name={name}] input, .o_form_view [name={name}] textarea"
            ).first.fill(value)

    def choose(self, field: str, name: str) -> None:
        """Choose a record that the field proposes."""
        self.pick(self.page.locator(f".o_form_view [name={field}] input"), name)

    def select(self, field: str, label: str) -> None:
        """Choose one of the values of a selection."""
        self.page.click(f".o_form_view [name={field}] input")
        self.page.click(f".o_select_menu_item:has-text('{label}')")

    def fill_dialog(self, dialog: Locator, **values: str) -> None:
        """Fill fields of a dialog by their names."""
        for name, value in values.items():
            dialog.locator(f"[name={name}] input").fill(value)

    def says(self, *codes: str) -> None:
        """The checklist has these lines, and no other."""
        lines = self.page.locator(".o_form_view [name=checklist] .alert > div")

        def listed() -> bool:
            found = {line.get_attribute("name") for line in lines.all()}
            return found == set(codes)

        eventually(listed, PATIENCE, f"the checklist has {codes}")

    def mend(self, code: str) -> None:
        """Follow the link of a line of the checklist."""
        self.page.click(f".o_form_view [name=checklist] [name={code}] a")

    def back(self) -> None:
        """Return to the form that the link was on."""
        self.page.click(".o_breadcrumb .o_back_button >> nth=-1")

    def enter_account(self, number: str, bic: str) -> None:
        """Add a bank account of the company, at a bank that Odoo does not know yet."""
        self.new()
        self.fill(acc_number=number)
        self.page.locator(".o_form_view [name=bank_id] input").fill("Nordea")
        self.page.click(".o_m2o_dropdown_option_create_edit")
        dialog = self.dialog()
        dialog.locator("[name=bic] input").fill(bic)
        dialog.locator(".o_form_button_save").click()
        expect(self.page.locator(".modal")).to_have_count(0)
        self.save()
        self.back()

    def enter_address(self, address: str, carrier: str) -> None:
        """Add an e-invoice address of the company, and choose it."""
        self.page.locator(".o_form_view [name=address_id] input").fill(address)
        self.page.click(".o_m2o_dropdown_option_create_edit")
        dialog = self.dialog()
        dialog.locator("[name=address] input").fill(address)
        self.pick(dialog.locator("[name=intermediator_id] input"), carrier)
        dialog.locator(".o_form_button_save").click()
        expect(self.page.locator(".modal")).to_have_count(0)


class Plain(NamedTuple):
    """A plain server with the addons on its path, and who administers it."""

    server: OdooInstance
    newcomer: Newcomer
    clerk: Clerk


@pytest.fixture(scope="module")
def plain(
    browser: Browser, databases: TestDatabases, start_server: ServerFactory
) -> Iterator[Plain]:
    """A database made as Odoo's own commands make it, for Finland; after that the
    server is started with the addons on its path."""
    name = plain_database(databases)
    files = databases.house.places.instance(name) / "files"
    files.mkdir(parents=True)
    databases.sql(
        name,
        "INSERT INTO ir_config_parameter (key, value) VALUES "
        f"('iap.partner_autocomplete.endpoint', '{NOWHERE}')",
    )
    server = start_server(name, options=[f"--data-dir={files}"])
    server.expected += [
        "partner_autocomplete|iap",
        # said by the jobs while something is installed
        "Skipping database .* because of modules to install",
        # somebody changes what is installed while a job is at work, and is told so
        "Odoo is currently processing a scheduled action",
        "SELECT FROM ir_cron FOR UPDATE NOWAIT",
        # Odoo's own sweeping of files gives way to what is being installed
        "LOCK ir_attachment IN SHARE MODE",
    ]
    databases.all.set_address(name, server.url)
    with open_page(browser) as page:
        page.set_viewport_size(WIDE)
        yield Plain(server, Newcomer(page, server), Clerk(server.rpc()))
    server.stop()


def install(server: OdooInstance, *addons: str) -> None:
    """Have the command install addons, with the settings that the server has; it is
    said again where a scheduled action of the running server was in its way."""
    house = server.house
    addons_path = ",".join(map(str, (house.addons, *house.tree.addons)))
    lines = [each.removeprefix("--") for each in house.postgres.odoo_options]
    lines += [
        f"data_dir={server.folder.parent / 'files'}",
        f"addons_path={addons_path}",
    ]
    settings = server.folder.parent / "odoo.conf"
    settings.write_text("\n".join(("[options]", *lines)))
    command = [house.python, PROGRAM, "module", "install", "-c", settings]

    def is_done() -> bool:
        done = subprocess.run(
            [*command, "-d", server.database, *addons],
            env=house.environment,
            cwd=house.places.state,
            capture_output=True,
            text=True,
        )
        if done.returncode and not any(words in done.stderr for words in IN_THE_WAY):
            raise AssertionError(done.stderr[-2000:])
        return not done.returncode

    eventually(is_done, INSTALLING, "the addons are installed", pause=1)


def test_found_and_activated_under_apps(plain: Plain) -> None:
    """Not there, then on the list without developer mode, found by the words of the
    trade, each with an icon of its own, activated with one press or one command."""
    newcomer, page = plain.newcomer, plain.newcomer.page
    newcomer.open_apps()
    expect(newcomer.look_for("verkkolasku")).to_have_count(0)

    newcomer.open(UPDATE_LIST, ".modal .o_form_view")
    picture(page, "install_1_update")
    page.click(".modal button[name=update_module]")
    page.wait_for_selector(".modal", state="detached")

    newcomer.open_apps()
    for word, name in LOOKED_FOR.items():
        card = newcomer.look_for(word).filter(has_text=name)
        expect(card).to_have_count(1)
        icon = card.locator("img").first.get_attribute("src")
        assert icon and icon.endswith("/static/description/icon.png")
        if word == "verkkolasku":
            picture(page, "install_2_apps")

    newcomer.activate("verkkolasku", LOOKED_FOR["verkkolasku"])
    install(plain.server, "collection_partner", "payment_terminal")
    installed = plain.clerk.find(
        "ir.module.module", [("state", "=", "installed")], "name"
    )
    assert {path.parent.name for path in CHECKOUT.glob("addons/*/__manifest__.py")} <= {
        row["name"] for row in installed
    }
    newcomer.open("apps")
    page.click(".o_navbar_apps_menu button")
    apps = set(page.locator(".o_app").all_inner_texts())
    assert {"Consumer E-Invoices", "Debt Collection", "Payment Terminals"} <= apps


def test_a_bank_from_the_checklist_to_the_invoice(
    plain: Plain, start_bank: BankFactory
) -> None:
    """Every line of a new channel's checklist is mended where its link leads."""
    server, newcomer, clerk = plain
    page = newcomer.page
    server.folder.mkdir(parents=True)

    newcomer.open("settings", ".o_form_view")
    page.click(".o_menu_sections button:has-text('Receivables')")
    page.click(".dropdown-item:text-is('Connections')")
    newcomer.new()
    newcomer.fill(name="Bank")
    newcomer.select("way", "Shared folder")
    newcomer.fill(folder_path=str(server.folder))
    page.click("button[name=action_prepare]")
    page.click("button[name=action_test]")
    page.wait_for_selector("[name=report_summary]:has-text('The connection works.')")
    newcomer.start_test()

    newcomer.configure("Consumer E-Invoices", "Channels")
    newcomer.fill(name="Netbanks")
    newcomer.save()
    own = ("sender_address", "payment_subject")
    newcomer.says(*own, "accounts", "business_id", "address")
    picture(page, "install_3_channel")
    newcomer.mend("business_id")
    newcomer.fill(vat=VAT, company_registry=COMPANY_ID)
    newcomer.fill(street="Revontulentie 7", zip="99600", city="Sodankylä")
    newcomer.save()
    newcomer.back()
    newcomer.says(*own, "accounts")
    newcomer.mend("accounts")
    newcomer.enter_account(IBAN, BIC)
    newcomer.back()
    newcomer.says(*own, "accounts")
    newcomer.enter_address(E_INVOICE_ADDRESS, "Nordea")
    newcomer.fill(payment_subject=PAYMENT_SUBJECT)
    newcomer.choose("bank_account_ids", IBAN)
    newcomer.choose("connection_id", "Bank")
    page.get_by_label("Customer number", exact=True).check()
    newcomer.says()
    newcomer.start_test()

    # a consumer orders, and gets an invoice
    [channel] = clerk.find("einvoice.channel", [], "name")
    office = Office(clerk.client, channel["id"])
    bank = start_bank(server.folder)
    aino = Consumer("Aino Mäkinen", number="10014")
    customer = office.register(aino)
    office.arrived(Netbank(bank).order(aino))
    invoice = office.invoice(customer)
    [sent] = office.send(invoice)
    assert sent["state"] == "to_send", sent
    office.until(lambda: Netbank(bank).invoices(aino), "the invoice in the netbank")
    assert office.state(invoice) == "sent"
    bank.stop()


def test_an_agency_from_the_checklist_to_the_case(
    plain: Plain, start_agency: AgencyFactory
) -> None:
    """The dialog of the settings leads through the opening; an invoice goes."""
    server, newcomer, clerk = plain
    page = newcomer.page
    agency = start_agency(server.folder.parent)

    newcomer.configure("Debt Collection", "Agencies")
    newcomer.fill(name="Nordanvind Inkasso")
    page.click("a.nav-link:has-text('Connection')")
    newcomer.fill(base_url=agency.api, client_id="demo", client_secret="demo-secret")
    newcomer.save()
    newcomer.says("connection")
    newcomer.start_test()
    newcomer.says()
    expect(page.locator(".o_form_view .badge:text-is('Gets new cases')")).to_be_hidden()

    newcomer.choose_agency("Nordanvind Inkasso", is_new=True)
    dialog = newcomer.dialog("Open the service with Nordanvind Inkasso")
    picture(page, "install_4_agency")
    eventually(
        lambda: clerk.find("collection.agency", [], "terms_version")[0][
            "terms_version"
        ],
        PATIENCE,
        "the agency's terms",
    )
    go_on = dialog.locator("button[name=action_next]")
    go_on.click()
    dialog.get_by_label("I have read the terms").check()
    dialog.get_by_label("I accept that an API user").check()
    go_on.click()
    newcomer.fill_dialog(dialog, contact_email="saga.ek@example.com")
    dialog.locator("button[name=action_send]").click()
    page.wait_for_selector(".alert-info:has-text('The agency is opening the service.')")

    [contract] = clerk.find("collection.agency", [], "name")
    creditor = Creditor(server, agency, contract["id"])
    eventually(creditor.is_with_agency, PATIENCE, "the agency has the company's data")
    agency.sandbox(f"creditors/{creditor.name}/activate")
    creditor.becomes("active")
    creditor.change(undo_minutes=0)
    invoice = creditor.debt()
    [moved] = creditor.transfer(invoice)
    assert moved["case_id"], moved
    eventually(
        lambda: len(agency.state()["cases"]) == 1, PATIENCE, "the case at the agency"
    )
    agency.stop()


def test_a_kiosk_from_the_checklist_to_the_answers(
    plain: Plain, start_kiosk: KioskFactory, databases: TestDatabases
) -> None:
    """A network under test asks and pays, and is answered; nothing is booked."""
    server, newcomer, clerk = plain
    page = newcomer.page

    newcomer.configure("Payment Terminals", "Networks")
    newcomer.fill(name="Kiosks")
    newcomer.select("dialect", "OSMP")
    page.click("a.nav-link:has-text('Access')")
    newcomer.select("authentication", "Login and password")
    newcomer.fill(basic_login="kiosk", basic_password="known-to-the-network-alone")
    page.click("[name=address_ids] .o_field_x2many_list_row_add a")
    page.fill("[name=address_ids] [name=range] input", "127.0.0.1")
    newcomer.save()
    newcomer.says("journal", "clearing", "suspense")
    newcomer.start_test()
    picture(page, "install_5_network")

    customer = clerk.call("res.partner", "create", {"name": "Aruzhan Example"})
    issue = {"scope": "chosen", "partner_ids": [(6, 0, [customer])]}
    wizard = clerk.call("payment.terminal.issue", "create", issue)
    clerk.call("payment.terminal.issue", "action_issue", [wizard])
    number = clerk.read("res.partner", customer, "terminal_number")["terminal_number"]

    [network] = kiosks.networks(databases.all, server.database, server.url)
    kiosk = start_kiosk(server.folder.parent, [network])
    asked = kiosk.lookup(network["name"], number)
    assert asked["shown"], asked
    paid = kiosk.pay(network["name"], number, "12.50")
    assert paid["state"] == "confirmed", paid
    assert not kiosk.complaints()
    [payment] = clerk.find("payment.terminal.transaction", [], "amount", "is_test")
    assert (payment["amount"], payment["is_test"]) == (12.5, True)
    kiosk.stop()


def test_uninstalled(plain: Plain) -> None:
    """What accounting needs stays, as docs/install.md lists; the rest is gone."""
    _server, newcomer, clerk = plain
    page = newcomer.page
    posted = [("state", "=", "posted")]
    invoices = clerk.find("account.move", posted, "name", "amount_total", "partner_id")
    assert len(invoices) == 2
    users = clerk.find("res.users", [], "login")

    newcomer.open_apps()
    page.click(".o_searchview_facet:has-text('Apps') .o_facet_remove")
    card = newcomer.look_for("Receivables Base").filter(has_text="Receivables Base")
    card.locator(".o_dropdown_kanban button").click()
    page.click(".dropdown-item:has-text('Uninstall')")
    listed = newcomer.dialog().locator("[name=impacted_module_ids]")
    for name in ("Collection Partner", "Consumer E-Invoices", "Payment Terminal"):
        expect(listed).to_contain_text(name)
    newcomer.change_modules(page.locator(".modal button[name=action_uninstall]"))

    assert invoices == clerk.find(
        "account.move", posted, "name", "amount_total", "partner_id"
    )
    assert users == clerk.find("res.users", [], "login")
    left = ["|", "|", ("model", "=like", "einvoice.%")]
    left += [("model", "=like", "collection.%"), ("model", "=like", "payment.term%")]
    assert not clerk.find("ir.model", left, "model")

"""Odoo's web client, as somebody who follows debts uses it.

Odoo shows what it remembers of a list or form before it has asked the server, so what a
screen says is waited for, never just read.
"""

import datetime as dt
import re

from support.browser import Locator, Page, expect, go, log_in
from support.clerk import Clerk
from support.collector import PATIENCE
from support.system import OdooInstance
from support.waiting import eventually

YELLOW = re.compile(r"\btable-warning\b")
RED = re.compile(r"\btext-bg-danger\b")


def words(text: str) -> str:
    """A text as it is read, however its lines break."""
    return " ".join(text.split())


class Desk:
    """A person at the web client, logged in."""

    # the application that they work with, and a page of it
    APPLICATION, HOME = "Debt Collection", "collection"

    def __init__(
        self,
        page: Page,
        server: OdooInstance,
        login: str = "admin",
        company: str = "",
    ) -> None:
        self.page = page
        self.server = server
        log_in(page, server, login, login, self.HOME, company)

    def open(self, place: str, shown: str = ".o_view_controller") -> None:
        """Open a page of the web client and wait until it shows something."""
        go(self.page, place)
        self.page.wait_for_selector(shown)

    def menu(self, item: str) -> None:
        """Close what is open and choose an item of their application's menu."""
        for _dialog in range(self.page.locator(".modal").count()):
            self.page.click(".modal:not(.o_inactive_modal) .btn-close")
        expect(self.page.locator(".modal")).to_have_count(0)
        if not self.page.locator(
            f".o_menu_brand:text-is('{self.APPLICATION}')"
        ).count():
            self.open(self.HOME)
        with self.page.expect_response(re.compile("/web_search_read")):
            self.page.click(f".o_menu_sections .o_nav_entry:text-is('{item}')")

    def save(self) -> None:
        """Save the form."""
        button = self.page.locator(".o_form_button_save")
        button.click()
        button.wait_for(state="hidden")

    def switch_on(self, name: str) -> None:
        """Turn a switch of the form on, which is saved by that."""
        with self.page.expect_response(re.compile("/web_save")):
            self.page.check(f"[name={name}] input")

    def start_test(self) -> None:
        """Press the button, and confirm where that is asked, until a ribbon says so."""
        self.page.click(".o_form_statusbar button[name=action_try]")
        asked, ribbon = self.page.locator(".modal"), self.page.locator(".ribbon")
        expect(asked.or_(ribbon.filter(has_text="Test")).first).to_be_visible()
        if asked.count():
            asked.locator("button.btn-primary").click()
        expect(ribbon.filter(has_text="Test")).to_be_visible()

    def enter_date(self, field: Locator, day: dt.date) -> None:
        """Type a date as the language of the screen writes it."""
        field.locator("input").fill(f"{day:%m/%d/%Y}")
        field.locator("input").press("Tab")

    def follow(self, link: Locator) -> tuple[str, str]:
        """Follow a link into another tab: its address, and what is to be read there."""
        with self.page.context.expect_page() as opened:
            link.click()
        tab = opened.value
        tab.wait_for_load_state()
        found = tab.url, tab.inner_text("main")
        tab.close()
        # a page behind another is drawn once a second
        self.page.bring_to_front()
        return found

    def pick(self, field: Locator, name: str) -> None:
        """Type into a field that proposes records, and take what it proposes.

        A form that is still being drawn may close the proposals again.
        """
        proposal = self.page.locator(".o-autocomplete--dropdown-item", has_text=name)

        def offered() -> bool:
            if proposal.count():
                return True
            field.click()
            field.fill(name)
            return False

        eventually(offered, PATIENCE, f"{name} is offered", pause=1)
        proposal.first.click()

    # Settings

    def choose_agency(self, name: str, is_new: bool = False) -> None:
        """Choose the collection partner in the settings of Invoicing, and save.

        After that Odoo reloads the page, or a dialog opens the service of a new one.
        """
        self.open("settings#account", "#collection_agency")
        field = self.page.locator("[name=collection_agency_id] input")
        if name:
            self.pick(field, name)
        else:
            field.fill("")
        save = self.page.locator(".o_control_panel button:has-text('Save')")
        if is_new:
            save.click()
        else:
            with self.page.expect_event("load"):
                save.click()

    def open_contract(self, agency: str, page: str = "Agreement") -> None:
        """Open a page of the contract with an agency, from the overview."""
        self.menu("Overview")
        self.page.click(f".o_kanban_record span.fw-bold:has-text('{agency}')")
        self.page.click(f"a.nav-link:has-text('{page}')")

    # The list of invoices

    def open_list(self) -> None:
        """Open "Invoices to Collect"."""
        self.menu("Invoices to Collect")

    def row(self, invoice: str) -> Locator:
        """The line of an invoice."""
        return self.page.locator(f".o_data_row:has(td[name=name]:text-is('{invoice}'))")

    def listed(self) -> list[str]:
        """Numbers of the invoices on the list."""
        return self.page.locator(".o_data_row td[name=name]").all_inner_texts()

    def yellow(self, count: int) -> list[str]:
        """Numbers of the invoices, so many, that are shown as unable to go."""
        rows = self.page.locator(".o_data_row.table-warning td[name=name]")
        expect(rows).to_have_count(count)
        return rows.all_inner_texts()

    def refuses(self, invoice: str, reason: str) -> None:
        """An invoice is yellow, and pointing at it tells why."""
        row = self.row(invoice)
        expect(row).to_have_class(YELLOW)
        row.locator("td[name=name]").hover()
        tooltip = self.page.locator(".o-tooltip")
        expect(tooltip).to_contain_text(reason)
        self.page.mouse.move(0, 0)
        expect(tooltip).to_have_count(0)

    def badge(self, invoice: str) -> Locator:
        """What the list says of an invoice's case."""
        return self.row(invoice).locator("td[name=collection_status] .badge")

    def says(self, invoice: str, status: str, is_red: bool = False) -> None:
        """The list says this of an invoice's case."""
        badge = self.badge(invoice)
        expect(badge).to_have_text(status)
        if is_red:
            expect(badge).to_have_class(RED)
        else:
            expect(badge).not_to_have_class(RED)

    def tick(self, *invoices: str) -> None:
        """Choose invoices."""
        for invoice in invoices:
            self.row(invoice).locator(".o_list_record_selector input").check()

    def begin_transfer(self) -> Locator:
        """Press the button above the list; the dialog that asks to confirm."""
        self.page.click(".o_control_panel button[name=action_transfer_to_collection]")
        return self.dialog()

    # Cases

    def open_case(self, invoice: str) -> Locator:
        """Click on the status of an invoice; the window with its case."""
        self.badge(invoice).click()
        return self.dialog(f"Collection of {invoice}")

    def dialog(self, title: str = "") -> Locator:
        """The dialog that is in front."""
        shown = self.page.locator(
            f".modal:not(.o_inactive_modal):has(.modal-title:has-text('{title}'))"
        )
        shown.locator(".o_form_view").wait_for()
        return shown

    def warns(self, warning: str) -> None:
        """The dialog that is in front warns of something."""
        alert = self.page.locator(".modal:not(.o_inactive_modal) [name=warning]")
        expect(alert).to_contain_text(warning)


def hire(clerk: Clerk, login: str, name: str) -> int:
    """A new user of debt collection in the one company that the clerk works in."""
    groups = [clerk.ref("collection_partner.collection_partner_group_user")]
    companies = clerk.context["allowed_company_ids"]
    values = {
        "name": name,
        "login": login,
        "password": login,
        "email": f"{login}@example.com",
        "company_id": companies[0],
        "company_ids": [(6, 0, companies)],
        "group_ids": [(6, 0, groups)],
    }
    context = {"no_reset_password": True}
    return clerk.call("res.users", "create", values, context=context)

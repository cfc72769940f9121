"""Odoo's web client, as somebody who looks after payments from kiosks uses it."""

import re

from support.browser import Locator, expect
from support.desk import Desk


class Counter(Desk):
    """A person at the web client, with the menu of payment terminals."""

    APPLICATION, HOME = "Payment Terminals", "payment-terminals"

    def card(self, network: str) -> Locator:
        """A network on the overview."""
        return self.page.locator(f".o_kanban_record:has(.fs-4:text-is('{network}'))")

    def row(self, customer: str) -> Locator:
        """A payment on a list, by its customer or number."""
        return self.page.locator(".o_data_row", has_text=customer).first

    def open_payment(self, customer: str) -> None:
        """Open a payment from a list."""
        self.row(customer).locator("td[name=amount]").click()
        self.is_at(".o_form_view [name=txn_id]")

    def open_network(self, network: str) -> None:
        """Open a network from the overview."""
        self.menu("Overview")
        self.card(network).locator(".fs-4").click()
        self.is_at(".o_form_view [name=dialect]")

    def press(self, button: str) -> None:
        """Press a button of the form."""
        self.page.click(f".o_form_view button[name={button}]")

    def says_state(self, state: str) -> None:
        """The form says in which state this is."""
        current = self.page.locator(".o_statusbar_status .o_arrow_button_current")
        expect(current).to_have_text(state)

    def shows(self, field: str, text: str) -> None:
        """A field of the form shows a text."""
        shown = self.page.locator(f".o_form_view [name={field}]").first
        expect(shown).to_contain_text(re.compile(re.escape(text).replace(r"\ ", r"\s")))

    def is_at(self, selector: str) -> None:
        """Wait until something is on the screen."""
        expect(self.page.locator(selector).first).to_be_visible()

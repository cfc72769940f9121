"""The agency's portal in a browser: its employees' desk, and the creditor's."""

from support.agency import AgencyInstance
from support.browser import Page
from support.system import Json


class Portal:
    """A page of the portal; a form that is refused fails the test."""

    def __init__(self, page: Page, agency: AgencyInstance) -> None:
        self.page = page
        self.agency = agency

    def open(self, place: str = "") -> None:
        """Open a page, such as `mail`."""
        self.page.goto(f"{self.agency.portal}{place}")

    def open_creditor(self) -> None:
        """Open the page of the one creditor."""
        self.open("creditors")
        self.page.click("a[id^='creditor-']")

    def open_case(self, case: Json) -> None:
        """Open the page of a case, as `AgencyInstance.state` tells it."""
        self.open(f"cases/{case['id']}")

    def submit(self, form: str, **given: str) -> None:
        """Fill in fields of a form and send it."""
        for name, value in given.items():
            self.page.fill(f"#{form}-{name}", value)
        self.press(f"{form}-submit")

    def press(self, button: str) -> None:
        """Press a button and see that it is done."""
        with self.page.expect_navigation():
            self.page.click(f"#{button}")
        assert self.page.locator("#done").count(), self.page.inner_text("#content")

    def state(self) -> str:
        """The state that the page shows."""
        return self.page.inner_text("#state")

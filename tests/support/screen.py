"""The screen of a kiosk, as a customer uses it."""

from support.browser import Locator, Page, expect
from support.kiosk import KioskInstance


def plain(text: str) -> str:
    """A text without the spaces that only make it easier to read."""
    return "".join(text.split())


class Screen:
    """Somebody who stands at a kiosk."""

    def __init__(self, page: Page, kiosk: KioskInstance) -> None:
        self.page = page
        self.kiosk = kiosk

    def choose(self, network: str) -> None:
        """Begin: whom to pay."""
        self.page.goto(f"{self.kiosk.url}/")
        self.page.click(f"#network-{network}")
        expect(self.page.locator("#account")).to_be_visible()

    def type_number(self, number: str, factor: str = "") -> None:
        """Type a customer number on the keys, as it stands on paper, and go on."""
        for digit in plain(number):
            self.page.click(f"#key-{digit}")
        if factor:
            self.page.fill("#factor", factor)
        self.page.click("#show-debt")

    def reads(self) -> str:
        """What the screen says, without spaces."""
        return plain(self.page.inner_text("#content"))

    @property
    def refusal(self) -> Locator:
        """Why the kiosk does not go on."""
        return self.page.locator("#refusal")

    def pay(self, amount: str, invoice: str = "") -> str:
        """Pay an amount, and wait for the receipt: its number."""
        self.page.fill("#amount", amount)
        if invoice:
            self.page.fill("#invoice", invoice)
        self.page.click("#pay")
        expect(self.page.locator("#state")).to_have_attribute("data-state", "confirmed")
        return self.receipt("number")

    def receipt(self, line: str) -> str:
        """A line of the receipt."""
        return self.page.inner_text(f"#receipt-{line}")

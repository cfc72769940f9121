"""A real browser, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from dev.environment import CHECKOUT, need_program
from support.system import OdooInstance

__all__ = [
    "Browser",
    "Locator",
    "Page",
    "expect",
    "log_in",
    "open_browser",
    "open_page",
    "picture",
]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 120_000
# The stories take the pictures of the documentation when this is set.
PICTURES = os.environ.get("RECEIVABLES_PICTURES")
DRAWN = "all => Promise.all(all.map(image => image.decode().catch(() => null)))"


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium as the system has it, with an empty profile."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=need_program("chromium"),
            headless=True,
            args=list(ARGUMENTS),
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_page(browser: Browser) -> Iterator[Page]:
    """A page in a context of its own; fails when a script of it failed."""
    context = browser.new_context(
        viewport={"width": 1366, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not errors, f"scripts of the page failed: {errors}"


def log_in(
    page: Page, server: OdooInstance, login: str = "admin", password: str = "admin"
) -> None:
    """Open the web client as somebody, without the way over the login page."""
    told = {"db": server.database, "login": login, "password": password}
    answer = page.context.request.post(
        f"{server.url}/web/session/authenticate",
        data={"jsonrpc": "2.0", "params": told},
    )
    assert "result" in answer.json(), answer.text()
    page.goto(f"{server.url}/odoo")
    page.wait_for_selector(".o_main_navbar")


def picture(page: Page, name: str) -> None:
    """Take a picture of the documentation, `docs/images/<name>.png`, when asked to."""
    if PICTURES:
        page.mouse.move(0, 0)
        expect(page.locator(".o_loading_indicator, .o-tooltip")).to_have_count(0)
        page.locator("img").evaluate_all(DRAWN)
        path = CHECKOUT / "docs" / "images" / f"{name}.png"
        page.screenshot(path=path, animations="disabled", full_page=True)

"""A real browser, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from dev.environment import CHECKOUT, find_program, need_program
from support.system import OdooInstance

__all__ = [
    "Browser",
    "Locator",
    "Page",
    "expect",
    "go",
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
    # a page does not live long enough to make up for the work of an optimising compiler
    "--js-flags=--no-opt --no-sparkplug --max-lazy",
)
PATIENCE_MS = 120_000
# The stories take the pictures of the documentation when this is set.
PICTURES = os.environ.get("RECEIVABLES_PICTURES")
# follows a link, and marks what is left by it
FOLLOW = """href => {
    document.querySelector(".o_action_manager > *").dataset.left = "";
    const link = document.createElement("a");
    link.href = href;
    document.body.append(link);
    link.click();
    link.remove();
}"""
# A wheel that turns while the server works draws 60 pictures a second, for half of a
# processor. What waits for an animation's end is still told of it.
STILL = """
    const still = new CSSStyleSheet();
    still.replaceSync(`
        *, ::before, ::after {
            animation-duration: 1ms !important;
            animation-iteration-count: 1 !important;
        }
        .o_blockUI img { display: none !important; }
    `);
    document.adoptedStyleSheets = [still];
"""
DRAWN = "all => Promise.all(all.map(image => image.decode().catch(() => null)))"


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium as the system has it, with an empty profile."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=find_program("headless") or need_program("chromium"),
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
    context.add_init_script(STILL)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not errors, f"scripts of the page failed: {errors}"


def log_in(
    page: Page,
    server: OdooInstance,
    login: str = "admin",
    password: str = "admin",
    place: str = "",
    company: str = "",
) -> None:
    """Open a page of the web client as somebody, without the way over the login page.

    :param company: the one of theirs that they have chosen
    """
    told = {"db": server.database, "login": login, "password": password}
    answer = page.context.request.post(
        f"{server.url}/web/session/authenticate",
        data={"jsonrpc": "2.0", "params": told},
    )
    assert "result" in answer.json(), answer.text()
    if company:
        allowed = answer.json()["result"]["user_companies"]["allowed_companies"]
        [number] = [key for key, one in allowed.items() if one["name"] == company]
        page.context.add_cookies([{"name": "cids", "value": number, "url": server.url}])
    page.goto(f"{server.url}/odoo/{place}")
    page.wait_for_selector(".o_main_navbar")


def go(page: Page, place: str) -> None:
    """Open a page of the web client as a link in it does: to load the client itself
    anew takes seconds of a processor."""
    page.wait_for_selector(".o_action_manager > *")
    page.evaluate(FOLLOW, f"/odoo/{place}")
    expect(page.locator("[data-left]")).to_have_count(0)


def picture(page: Page, name: str) -> None:
    """Take a picture of the documentation, `docs/images/<name>.png`, when asked to."""
    if PICTURES:
        page.mouse.move(0, 0)
        expect(page.locator(".o_loading_indicator, .o-tooltip")).to_have_count(0)
        page.locator("img").evaluate_all(DRAWN)
        path = CHECKOUT / "docs" / "images" / f"{name}.png"
        page.screenshot(path=path, animations="disabled", full_page=True)

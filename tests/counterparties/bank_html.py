"""The frame around every page of the netbank."""

from __future__ import annotations

from html_parts import el


def page(title: str, body: object, notes: object = "", foot: str = "") -> bytes:
    """A whole document."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{title} - Demo netbank"),
        el("link", rel="stylesheet", href="/bank.css"),
    )
    top = el(
        "header",
        el(
            "div",
            el("strong", "Demo netbank"),
            el(
                "nav",
                el("a", "Customers", href="/", id="nav-customers"),
                el("a", "Bank operations", href="/operations", id="nav-operations"),
                aria_label="Main",
            ),
        ),
        class_="top",
    )
    content = el(
        "body",
        el("a", "To the content", href="#content", class_="skip"),
        top,
        el("main", notes, body, id="content"),
        el("footer", el("p", foot, id="schema-status")),
    )
    return ("<!doctype html>\n" + el("html", head, content, lang="en")).encode()

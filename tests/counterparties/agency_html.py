"""The frame of the portal's pages and their small forms."""

from __future__ import annotations

from collections.abc import Mapping

from html_parts import Html, el

NAVIGATION = {
    "/portal/creditors": "Creditors",
    "/portal/cases": "Cases",
    "/portal/settlements": "Settlements",
    "/portal/mail": "Mail",
    "/portal/clock": "Clock and faults",
}


def entry(
    form: str, name: str, label: str, value: object = "", **attributes: object
) -> Html:
    """A labelled text field of the form with this name."""
    ident = f"{form}-{name}"
    kind = attributes.pop("type", "text")
    box = el(
        "input",
        type=kind,
        id=ident,
        name=name,
        value="" if value is None else value,
        autocomplete="off",
        **attributes,
    )
    return el("div", el("label", label, for_=ident), box, class_="field")


def choice(
    form: str,
    name: str,
    label: str,
    options: Mapping[str, str],
    chosen: object = None,
) -> Html:
    """A labelled drop-down."""
    ident = f"{form}-{name}"
    items = [
        el("option", shown, value=key, selected=key == chosen)
        for key, shown in options.items()
    ]
    box = el("select", items, id=ident, name=name)
    return el("div", el("label", label, for_=ident), box, class_="field")


def tick(form: str, name: str, label: str, is_on: bool) -> Html:
    """A labelled box to tick."""
    ident = f"{form}-{name}"
    box = el("input", type="checkbox", id=ident, name=name, value="on", checked=is_on)
    return el("div", box, " ", el("label", label, for_=ident), class_="tick")


def form(
    action: str, name: str, label: str, *fields: object, kind: str | None = None
) -> Html:
    """A form whose button has the id `<name>-submit`."""
    send = el("button", label, type="submit", id=f"{name}-submit", class_=kind)
    return el("form", fields, send, method="post", action=action, id=f"{name}-form")


def facts(ident: str, rows: Mapping[str, object]) -> Html:
    """Names and values; what is empty is not shown."""
    shown = [
        (el("dt", name), el("dd", value))
        for name, value in rows.items()
        if value not in (None, "", [])
    ]
    return el("dl", shown, id=ident)


def section(title: str, *parts: object, ident: str | None = None) -> Html:
    return el("section", el("h2", title), parts, id=ident)


def moment(stamp: str | None) -> str:
    """A time as people read it."""
    return (stamp or "").replace("T", " ").removesuffix("Z")


def page(agency: str, place: str, title: str, note: object, body: object) -> bytes:
    """A whole document; `place` is the path of the entry of the menu it is under."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{title} - {agency}"),
        el("link", rel="stylesheet", href="/agency.css"),
    )
    links = [
        el(
            "a",
            label,
            href=path,
            id=f"nav-{path.rsplit('/', 1)[1]}",
            aria_current="page" if path == place else None,
        )
        for path, label in NAVIGATION.items()
    ]
    top = el(
        "header",
        el("div", el("strong", agency), el("nav", links, aria_label="Main")),
        class_="top",
    )
    content = el(
        "body",
        el("a", "To the content", href="#content", class_="skip"),
        top,
        el("main", el("h1", title), note, body, id="content"),
        el("footer", el("p", "A sandbox: no letters are sent, no money moves.")),
    )
    return ("<!doctype html>\n" + el("html", head, content, lang="en")).encode()

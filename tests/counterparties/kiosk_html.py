"""The frame of the pages, and the parts that several of them have."""

from __future__ import annotations

from collections.abc import Mapping

from html_parts import Html, el

NAME = "Demo kiosk"
_STATES = {
    "new": ("wait", "Being sent"),
    "checked": ("wait", "Checked"),
    "taken": ("wait", "Being processed"),
    "retrying": ("wait", "Being processed"),
    "confirmed": ("good", "Paid"),
    "refused": ("bad", "Refused"),
    "cancelled": ("soft", "Cancelled"),
}
_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9")


def tag(state: str) -> Html:
    kind, words = _STATES.get(state, ("soft", state))
    return el("span", words, class_=f"tag {kind}")


def note(words: object, kind: str = "", ident: str | None = None) -> Html:
    role = "alert" if kind == "bad" else "status"
    return el("div", words, class_=f"note {kind}".strip(), role=role, id=ident)


def box(name: str, label: str, value: object = "", **attributes: object) -> Html:
    """A labelled text field."""
    attributes.setdefault("type", "text")
    entry = el(
        "input",
        id=name.replace("_", "-"),
        name=name,
        value="" if value is None else value,
        autocomplete="off",
        **attributes,
    )
    label_el = el("label", label, for_=name.replace("_", "-"))
    return el("div", label_el, entry, class_="field")


def choice(name: str, label: str, options: Mapping[str, str], chosen: str = "") -> Html:
    items = [
        el("option", shown, value=key, selected=key == chosen)
        for key, shown in options.items()
    ]
    entry = el("select", items, id=name.replace("_", "-"), name=name)
    label_el = el("label", label, for_=name.replace("_", "-"))
    return el("div", label_el, entry, class_="field")


def keypad(target: str, extra: str) -> Html:
    """Keys that type into the field; `extra` is the one left of the zero."""

    def key(
        shown: str, ident: str, value: str, kind: str = "", label: str = ""
    ) -> Html:
        return el(
            "button",
            shown,
            type="button",
            id=f"key-{ident}",
            class_=f"key {kind}".strip(),
            data_key=value,
            aria_label=label or None,
        )

    keys = [key(digit, digit, digit) for digit in _KEYS]
    if extra:
        keys.append(key(extra, "point", extra, label="Decimal point"))
    else:
        keys.append(key("C", "clear", "clear", "quiet", "Clear"))
    keys.append(key("0", "0", "0"))
    keys.append(key("⌫", "back", "back", "quiet", "Delete the last"))
    return el("div", keys, class_="keypad", data_target=target)


def facts(ident: str, rows: Mapping[str, tuple[str, object]]) -> Html:
    """Rows by the id of their value; what is empty is left out."""
    shown = [
        (el("dt", label), el("dd", value, id=name))
        for name, (label, value) in rows.items()
        if value not in (None, "", [])
    ]
    return el("dl", shown, id=ident)


def page(
    title: str, body: object, place: str = "", again: int = 0, wide: bool = False
) -> bytes:
    """A whole document; `again` reloads it after so many seconds."""
    refresh = el("meta", http_equiv="refresh", content=again) if again else ""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        refresh,
        el("title", f"{title} - {NAME}"),
        el("link", rel="stylesheet", href="/kiosk.css"),
        el("script", src="/kiosk.js", defer=True),
    )
    links = {"/": "Pay", "/receipt": "Receipts", "/operator": "Operator"}
    menu = [
        el(
            "a",
            label,
            href=path,
            id=f"nav-{label.lower()}",
            aria_current="page" if path == place else None,
        )
        for path, label in links.items()
    ]
    top = el(
        "header", el("strong", NAME), el("nav", menu, aria_label="Main"), class_="top"
    )
    content = el(
        "body",
        el("a", "To the content", href="#content", class_="skip"),
        top,
        el("main", el("h1", title), body, id="content"),
        el("footer", "A demo: no money moves."),
        class_="wide" if wide else None,
    )
    return ("<!doctype html>\n" + el("html", head, content, lang="en")).encode()

"""HTML that escapes by itself: only what `el` builds is ever markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

_VOID = {"input", "link", "meta", "br"}


class Html(str):
    """Markup that needs no escaping any more."""


def text(child: object) -> str:
    if isinstance(child, Html):
        return child
    if child is None or child is False:
        return ""
    if isinstance(child, (list, tuple)):
        return "".join(text(each) for each in child)
    return escape(str(child))


def el(tag: str, *children: object, **attributes: object) -> Html:
    """`class_` and `for_` lose their underscore, `aria_x` becomes `aria-x`."""
    written = ""
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        name = name.rstrip("_").replace("_", "-")
        written += f" {name}" if value is True else f' {name}="{escape(str(value))}"'
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{text(children)}</{tag}>")


def field(
    name: str, label: str, value: object = "", note: str = "", **attributes: object
) -> Html:
    """A labelled text field with its help text tied to it."""
    hint = f"{name}-help" if note else None
    return el(
        "div",
        el("label", label, for_=name),
        el("p", note, class_="help", id=hint) if note else "",
        el(
            "input",
            type="text",
            id=name,
            name=name,
            value=value or "",
            aria_describedby=hint,
            autocomplete="off",
            **attributes,
        ),
        class_="field",
    )


def select(
    name: str,
    options: Mapping[str, str],
    chosen: object = None,
    label: str | None = None,
    ident: str | None = None,
) -> Html:
    """A drop-down with its label."""
    ident = ident or name
    items = [
        el("option", shown, value=key, selected=key == str(chosen))
        for key, shown in options.items()
    ]
    box = el("select", items, id=ident, name=name)
    return el("div", el("label", label or name, for_=ident), box, class_="field")


def radios(name: str, legend: str, options: Mapping[str, str], chosen: object) -> Html:
    """A group of alternatives."""
    items = []
    for key, shown in options.items():
        ident = f"{name}-{key}"
        button = el(
            "input",
            type="radio",
            id=ident,
            name=name,
            value=key,
            checked=key == str(chosen),
        )
        items.append(el("div", button, " ", el("label", shown, for_=ident)))
    return el("fieldset", el("legend", legend), items)


def post(action: str, *children: object, ident: str | None = None) -> Html:
    return el("form", children, method="post", action=action, id=ident)


def button(label: str, ident: str, kind: str | None = None) -> Html:
    return el("button", label, type="submit", id=ident, class_=kind)


def hidden(**values: object) -> list[Html]:
    return [
        el("input", type="hidden", name=name, value=value)
        for name, value in values.items()
    ]


def _head(words: str) -> Html:
    """A column head; amounts stand to the right."""
    return el("th", words, scope="col", class_="num" if words == "Amount" else None)


def table(
    ident: str, heads: Iterable[str], rows: Iterable[Iterable[object]], empty: str
) -> Html:
    """A table, or a sentence when there is nothing to list."""
    heads = list(heads)
    body = [
        el(
            "tr",
            [
                cell
                if isinstance(cell, Html) and cell.startswith("<td")
                else el("td", cell)
                for cell in row
            ],
        )
        for row in rows
    ]
    if not body:
        return el("p", empty, class_="soft", id=f"{ident}-empty")
    head = el("thead", el("tr", [_head(each) for each in heads]))
    return el("div", el("table", head, el("tbody", body), id=ident), class_="scroll")

"""What the answers to several networks have in common."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml
from odoo.addons.receivables_base.formats.amounts import write_units

from .calls import Call, Operation, Outcome, Result, Terms, WireAnswer

# What a network makes of an answer: it is done, it asks again later, it gives up.
OK: Final = "ok"
REPEAT: Final = "repeat"
FINAL: Final = "final"

XML: Final = "text/xml; charset=utf-8"
# A kiosk's screen holds no more, and a bank cuts a longer answer off.
_MOST_INVOICES = 20


def forbidden() -> WireAnswer:
    """To somebody who is not the network: nothing that he could learn from."""
    return WireAnswer(b"Forbidden", "text/plain; charset=utf-8", 403)


def unavailable() -> WireAnswer:
    """A broken line, where the network repeats on nothing else."""
    return WireAnswer(b"", "text/plain; charset=utf-8", 503)


def is_shown(call: Call | None, outcome: Outcome) -> bool:
    """Whether the answer tells of the customer: to a question that was answered."""
    asked = call and call.operation in (Operation.LOOKUP, Operation.CHECK)
    return bool(asked) and outcome.result is Result.OK


def shown(call: Call | None, outcome: Outcome, terms: Terms) -> list[tuple[str, str]]:
    """What the customer sees before paying, in the answer to a question: pairs of a
    label and a text.

    The masked name, the debt, what of it is due, the oldest due date, and every open
    invoice with what the named amount would pay of it: ``INV/1: 50.00 / 120.00``. The
    open amount alone where no amount is named or it pays nothing of the invoice.
    """
    if not is_shown(call, outcome):
        return []
    label = terms.labels
    pairs = []
    if outcome.customer:
        pairs.append((label["customer"], outcome.customer))
    if outcome.debt is not None:
        pairs.append((label["debt"], write_units(outcome.debt, terms.decimals)))
    if outcome.overdue is not None:
        overdue = write_units(outcome.overdue, terms.decimals)
        pairs.append((label["overdue"], overdue))
    if outcome.due:
        pairs.append((label["due"], f"{outcome.due:%d.%m.%Y}"))
    for invoice in outcome.invoices[:_MOST_INVOICES]:
        parts = [invoice.pays, invoice.open] if invoice.pays else [invoice.open]
        money = " / ".join(write_units(part, terms.decimals) for part in parts)
        pairs.append((label["invoice"], f"{invoice.reference}: {money}"))
    return pairs


def add_fields(
    root: etree._Element, call: Call | None, outcome: Outcome, terms: Terms
) -> None:
    """``<fields><field1 name="…">…</field1>…</fields>``, where there are any."""
    pairs = shown(call, outcome, terms)
    if pairs:
        fields = etree.SubElement(root, "fields")
        for index, (label, text) in enumerate(pairs, start=1):
            field = safe_xml.add(fields, f"field{index}", text)
            field.set("name", safe_xml.clean(label))


def judge(code: str, passing: Collection[str], done: Collection[str] = ("0",)) -> str:
    """What the network makes of a code: OK, REPEAT or FINAL.

    An answer without one is none of the protocol, so the line is broken: it asks again.
    """
    if code in done:
        return OK
    return REPEAT if not code or code in passing else FINAL

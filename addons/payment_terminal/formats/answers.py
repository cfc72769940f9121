"""What the answers to several networks have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from odoo.addons.receivables_base.formats.amounts import write_units

from .calls import Operation, Outcome, Result, Terms, WireAnswer

OK: Final = "ok"
REPEAT: Final = "repeat"
FINAL: Final = "final"

LABELS: Final[Mapping[str, str]] = {
    "customer": "name",
    "debt": "debt",
    "due": "due",
    "invoice": "invoice",
}
"""Names of what is shown, where the terms bring none in the network's language."""

XML: Final = "text/xml; charset=utf-8"
_SHOWN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,8})?", re.ASCII)
# A kiosk's screen holds no more, and a bank cuts a longer answer off.
_MOST_INVOICES = 20


@dataclass(frozen=True)
class Code:
    """A network's code for a result, and what the network does when it hears it."""

    code: str
    verdict: str  # OK, REPEAT or FINAL


def forbidden() -> WireAnswer:
    """To somebody who is not the network: nothing that he could learn from."""
    return WireAnswer(b"Forbidden", "text/plain; charset=utf-8", 403)


def unavailable() -> WireAnswer:
    """A broken line, where the network repeats on nothing else."""
    return WireAnswer(b"", "text/plain; charset=utf-8", 503)


def is_shown(operation: Operation, outcome: Outcome) -> bool:
    """Whether the answer tells of the customer: to a question that was answered."""
    asked = operation in (Operation.LOOKUP, Operation.CHECK)
    return asked and outcome.result is Result.OK


def shown(outcome: Outcome, terms: Terms) -> list[tuple[str, str]]:
    """What the customer sees before paying: pairs of a label and a text.

    The masked name, the debt, the oldest due date, and every open invoice with what
    the named amount would pay of it: ``INV/1: 50.00 / 120.00``. The open amount alone
    where no amount is named or it pays nothing of the invoice.
    """
    label = {**LABELS, **terms.labels}
    pairs = []
    if outcome.customer:
        pairs.append((label["customer"], outcome.customer))
    if outcome.debt is not None:
        pairs.append((label["debt"], write_units(outcome.debt, terms.decimals)))
    if outcome.due:
        pairs.append((label["due"], f"{outcome.due:%d.%m.%Y}"))
    for invoice in outcome.invoices[:_MOST_INVOICES]:
        parts = [invoice.pays, invoice.open] if invoice.pays else [invoice.open]
        money = " / ".join(write_units(part, terms.decimals) for part in parts)
        pairs.append((label["invoice"], f"{invoice.reference}: {money}"))
    return pairs


def read_shown(text: str) -> Decimal | None:
    """An amount out of an answer, which may be 0 or less; None when it is none."""
    return Decimal(text) if _SHOWN.fullmatch(text) else None

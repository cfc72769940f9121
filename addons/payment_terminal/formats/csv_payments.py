"""A bank's payments as a table of text, read by a saved mapping; see ``csv_registry``
for how columns are named. What came is above zero, what went is below."""

from __future__ import annotations

from odoo.addons.receivables_base.formats import references
from odoo.addons.receivables_base.formats.errors import FormatError

from . import csv_registry, registry
from .csv_registry import Mapping, Table
from .statement import Entry, Statement

NAME = "csv"


def read(data: bytes, mapping: Mapping, decimals: int, currency: str) -> Statement:
    """Read a file.

    :param decimals: of the currency
    :raises FileError: with the line that cannot be read
    """
    table, numbered, last = csv_registry.open_table(data, decimals, mapping)
    entries = []
    for place, line in numbered:
        try:
            entries.append(_entry(table, place, line, currency))
        except FormatError as error:
            raise registry.at(place, error) from error
    amounts = [entry.amount for entry in entries]
    return Statement(
        format=NAME,
        account="",
        currency=currency,
        entries=tuple(entries),
        totals=table.totals(*last, amounts) if last else (),
    )


def _entry(table: Table, place: int, line: bytes, currency: str) -> Entry:
    mapping = table.mapping
    fields = table.fields(line)

    def text(name: str) -> str:
        column: str = getattr(mapping, name)
        return registry.label(table.find(fields, column), name)

    return Entry(
        place=str(place),
        amount=table.money(fields, mapping.amount) * mapping.sign,
        currency=currency,
        booked_on=registry.day(table.find(fields, mapping.day), (mapping.order,)),
        bank_id=text("txn_id"),
        reference=references.normalise(text("reference")),
        payer=text("payer"),
        payer_account=text("payer_account").replace(" ", ""),
        text=text("text"),
    )

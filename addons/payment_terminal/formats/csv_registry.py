"""A registry of any network as a table of text, read by a saved mapping.

A column is named by its number from the left (``3``), from the right (``-1``), by its
name in the last line of the head (``Amount``), or by the word that a field begins with
(``CLIENTNO:``), where fields stand in no fixed place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from odoo.addons.receivables_base.formats.errors import FormatError

from . import registry
from .registry import NOTHING, Registry, Row
from .statement import FileError, Total

NAME = "csv"
CHARSETS = ("utf-8-sig", "cp1251", "koi8-r", "cp866", "iso-8859-1", "utf-16")
_NUMBER = re.compile(r"-?[1-9]\d{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mapping:
    """What must be known of a network's table."""

    txn_id: str
    amount: str
    day: str
    time: str = ""  # where it stands in a field of its own
    account: str = ""
    fee: str = ""
    terminal: str = ""
    reference: str = ""  # of a bank's payments, as what follows
    payer: str = ""
    payer_account: str = ""
    text: str = ""
    delimiter: str = ";"
    charset: str = "utf-8-sig"
    decimal: str = "."
    order: str = "dmy"  # of a day: dmy, ymd, mdy
    head: int = 0  # lines before the payments
    foot: int = 0  # lines after them, without empty ones
    total_count: str = ""  # columns of the last of these lines
    total_amount: str = ""
    sign: int = 1  # -1: payments are below zero
    zone: str = ""


def read(data: bytes, decimals: int, mapping: Mapping) -> Registry:
    """Read a file.

    :raises FileError: the head or the foot cannot be read
    """
    table, numbered, last = open_table(data, decimals, mapping)
    rows, problems = registry.read_rows(numbered, partial(_row, table))
    amounts = [row.amount for row in rows]
    return Registry(
        NAME,
        rows,
        problems,
        table.totals(*last, amounts) if last else (),
        zone=mapping.zone,
    )


def open_table(
    data: bytes, decimals: int, mapping: Mapping
) -> tuple[Table, list[tuple[int, bytes]], tuple[int, bytes] | None]:
    """Find the lines of the payments, and the last line where it has totals.

    :raises FileError: the head or the foot cannot be read
    """
    if mapping.charset == "utf-16":
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise FileError("charset", characters=data[:4].hex(" ")) from error
    charset = "utf-8" if mapping.charset == "utf-16" else mapping.charset
    numbered = registry.lines(data)
    if len(numbered) < mapping.head + mapping.foot:
        expected = mapping.head + mapping.foot
        raise FileError("lines", found=len(numbered), expected=expected)
    end = len(numbered) - mapping.foot
    names = []
    if mapping.head:
        head = registry.decode(numbered[mapping.head - 1][1], charset)
        names = registry.split(head, mapping.delimiter)
    table = Table(mapping, charset, names, decimals)
    return table, numbered[mapping.head : end], numbered[-1] if mapping.foot else None


@dataclass(frozen=True, slots=True)
class Table:
    """How the fields of a line are found."""

    mapping: Mapping
    charset: str
    names: list[str]
    decimals: int

    def fields(self, line: bytes) -> list[str]:
        text = registry.decode(line, self.charset)
        return registry.split(text, self.mapping.delimiter)

    def find(self, fields: list[str], column: str) -> str:
        """The value of a column; empty where none is named.

        :raises FormatError: ``missing``
        """
        if not column:
            return ""
        if _NUMBER.fullmatch(column):
            number = int(column)
            place = number - 1 if number > 0 else len(fields) + number
            if 0 <= place < len(fields):
                return fields[place]
        elif column.endswith(":"):
            found = [field for field in fields if field.startswith(column)]
            if len(found) == 1:
                return found[0].removeprefix(column).strip()
        elif self.names.count(column) == 1 and len(fields) == len(self.names):
            return fields[self.names.index(column)]
        raise FileError("missing", column)

    def money(self, fields: list[str], column: str) -> Decimal:
        text = self.find(fields, column)
        return registry.money(text, self.mapping.decimal, self.decimals)

    def totals(
        self, place: int, line: bytes, amounts: Sequence[Decimal]
    ) -> tuple[Total, ...]:
        """What the last line says of all."""
        mapping = self.mapping
        totals = []
        try:
            fields = self.fields(line)
            if mapping.total_count:
                said = registry.count(self.find(fields, mapping.total_count))
                found = registry.count(str(len(amounts)))
                totals.append(Total(str(place), said, found))
            if mapping.total_amount:
                said = self.money(fields, mapping.total_amount) * mapping.sign
                found = sum(amounts, NOTHING)
                totals.append(Total(str(place), said, found))
        except FormatError as error:
            raise registry.at(place, error) from error
        return tuple(totals)


def _row(table: Table, place: int, line: bytes) -> Row:
    mapping = table.mapping
    fields = table.fields(line)
    fee = table.find(fields, mapping.fee)
    return Row(
        place,
        registry.identifier(table.find(fields, mapping.txn_id)),
        registry.label(table.find(fields, mapping.account), "account"),
        table.money(fields, mapping.amount) * mapping.sign,
        registry.moment(
            table.find(fields, mapping.day),
            table.find(fields, mapping.time),
            (mapping.order,),
        ),
        abs(registry.money(fee, mapping.decimal, table.decimals, "fee"))
        if fee
        else NOTHING,
        registry.label(table.find(fields, mapping.terminal), "terminal"),
    )

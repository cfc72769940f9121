"""YooKassa's daily registry of payments, as CSV or as the body of its mail.

Source: yookassa.ru, "Реестры принятых переводов": a title, the day, a line with the
names of the fields, the payments, then the sums and numbers of each kind. Fields are
apart by semicolons, decimals have a point, times are Moscow's (dd.MM.yyyy HH:mm:ss),
UTF-8. A day without payments comes without any.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial

from odoo.addons.receivables_base.formats.errors import FormatError

from . import registry
from .registry import NOTHING, Problem, Registry, Row
from .statement import FileError, Total

NAME = "yookassa"
CHARSET = "utf-8-sig"
_TITLE = "РЕЕСТР ПЛАТЕЖЕЙ В "
_DAY = "Дата платежей:"
_SUM = re.compile(
    r"Сумма принятых платежей(?P<net> за вычетом комиссии)?"
    r"(?: типа (?P<kind>.+?))?:(.*)"
)
_COUNT = re.compile(r"Число платежей(?: типа (?P<kind>.+?))?:(.*)")
_NAMES = {
    "Номер транзакции": "txn_id",
    "Идентификатор платежа": "txn_id",
    "Идентификатор клиента": "account",
    "Сумма платежа": "amount",
    "Валюта платежа": "currency",
    "Сумма за вычетом комиссии": "net",
    "Время платежа": "paid_at",
    "Тип платежа": "kind",
}
_NEEDED = {"txn_id", "amount", "net", "paid_at"}


def recognises(data: bytes) -> bool:
    """Whether it begins with the title."""
    return data.decode(CHARSET, "replace").lstrip().startswith(_TITLE)


def read(data: bytes, decimals: int) -> Registry:
    """:raises FileError: the head or a total cannot be read, or is missing"""
    numbered = [
        (place, registry.decode(line, CHARSET).strip())
        if not _has_fields(line)
        else (place, line)
        for place, line in registry.lines(data)
    ]
    heads = [text for _place, text in numbered if isinstance(text, str)]
    tables = [(place, line) for place, line in numbered if isinstance(line, bytes)]
    dates = [text for text in heads if text.startswith(_DAY)]
    if not dates or not tables:
        raise FileError("missing", _DAY.rstrip(":"))
    day = registry.day(dates[0].removeprefix(_DAY).strip())
    place, first = tables[0]
    names = [
        _NAMES.get(name, "")
        for name in registry.split(registry.decode(first, CHARSET), ";")
    ]
    if not set(names) >= _NEEDED:
        raise FileError("missing", str(place))
    kinds: dict[int, tuple[str, str, Decimal]] = {}
    rows, problems = registry.read_rows(
        tables[1:], partial(_row, decimals, names, kinds)
    )
    totals = []
    for place, text in numbered:
        if isinstance(text, bytes) or text.startswith((_TITLE, _DAY)):
            continue
        try:
            totals.append(_total(decimals, place, text, rows, kinds))
        except FormatError as error:
            problems += (Problem(place, text.encode(), error),)
    if rows and not {"count", "sum"} <= {name for name, _total in totals}:
        raise FileError("missing", str(numbered[-1][0] + 1))
    currencies = {currency for _kind, currency, _net in kinds.values() if currency}
    if len(currencies) > 1:
        raise FileError("currencies", found=", ".join(sorted(currencies)))
    return Registry(
        NAME,
        rows,
        problems,
        tuple(total for _name, total in totals),
        zone=registry.MOSCOW,
        currency=next(iter(currencies), ""),
        day=day,
    )


def _has_fields(line: bytes) -> bool:
    return line.count(b";") >= 3


def _row(
    decimals: int,
    names: list[str],
    kinds: dict[int, tuple[str, str, Decimal]],
    place: int,
    line: bytes,
) -> Row:
    fields = registry.split(registry.decode(line, CHARSET), ";")
    if len(fields) != len(names):
        raise FileError("fields", found=len(fields), expected=len(names))
    values = dict(zip(names, fields, strict=True))
    amount = registry.money(values["amount"], ".", decimals)
    net = registry.money(values["net"], ".", decimals)
    row = Row(
        place,
        registry.identifier(values["txn_id"]),
        registry.label(values.get("account", ""), "account"),
        amount,
        registry.moment(values["paid_at"], orders=("dmy",)),
        amount - net,
    )
    kinds[place] = values.get("kind", ""), values.get("currency", ""), net
    return row


def _total(
    decimals: int,
    place: int,
    text: str,
    rows: tuple[Row, ...],
    kinds: dict[int, tuple[str, str, Decimal]],
) -> tuple[str, Total]:
    match = _COUNT.fullmatch(text) or _SUM.fullmatch(text)
    if not match:
        raise FileError("unknown")
    kind = match["kind"]
    mine = [row for row in rows if kind is None or kinds[row.place][0] == kind]
    said = match.groups()[-1].strip()
    if match.re is _COUNT:
        found = registry.count(str(len(mine)))
        return "count", Total(str(place), registry.count(said), found)
    nets = [kinds[row.place][2] for row in mine]
    found = sum(nets if match["net"] else [row.amount for row in mine], NOTHING)
    name = "net" if match["net"] else "sum"
    return name, Total(str(place), registry.money(said, ".", decimals), found)

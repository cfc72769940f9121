"""The list of a day's payments that a network sends, and what it pays out for them.

QIWI's: fields apart by tabs, times of Moscow, the total in the last line. Sber's: in
CP1251, semicolons, a decimal comma, a fee on each payment, the totals behind ``=``.
"""

from __future__ import annotations

import base64
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from counterparties.common.web import Refusal

from . import money
from .networks import Network

_STATES = ("confirmed", "retrying", "taken")
_CENT = Decimal("0.01")


def write(network: Network, payments: list[dict], given: dict[str, Any]) -> dict:
    """A day's file and payout, with the faults that are asked for.

    :param given: ``day``; ``format`` (qiwi, sber); ``fee`` a part of each payment such
        as 0.02; ``missing`` and ``doubled`` are lists of ids, ``changed`` gives ids
        other amounts, ``total`` is said instead of the right one
    :raises Refusal: there is no such format
    """
    day = str(given.get("day"))
    listed = [
        _row(payment, given)
        for payment in payments
        if payment["money_taken"]
        and payment["state"] in _STATES
        and payment["at"][:10] == day
        and payment["txn_id"] not in given.get("missing", ())
    ]
    doubled = given.get("doubled", ())
    listed += [row for row in listed if row["txn_id"] in doubled]
    kind = given.get("format", "qiwi")
    if kind not in _WRITERS:
        raise Refusal(400, f"A registry is written as {' or '.join(_WRITERS)}.")
    total = sum((row["amount"] for row in listed), Decimal(0))
    fees = sum((row["fee"] for row in listed), Decimal(0))
    said = Decimal(str(given.get("total", total)))
    content, charset = _WRITERS[kind](network, listed, said, fees)
    name = f"{kind.upper()}_{network.name}_{day.replace('-', '')}1.csv"
    return {
        "filename": name,
        "content": base64.b64encode(content.encode(charset)).decode(),
        "count": len(listed),
        "sum": money.show(total, network.decimals),
        "fee": money.show(fees, network.decimals),
        "payout": money.show(total - fees, network.decimals),
    }


def _row(payment: dict, given: dict[str, Any]) -> dict:
    changed = given.get("changed", {})
    amount = Decimal(str(changed.get(payment["txn_id"], payment["amount"])))
    rate = Decimal(str(given.get("fee", 0)))
    return {
        "txn_id": payment["txn_id"],
        "account": payment["account"],
        "at": dt.datetime.fromisoformat(payment["at"]),
        "kiosk": payment["kiosk"],
        "amount": amount,
        "fee": (amount * rate).quantize(_CENT, ROUND_HALF_UP),
    }


def _qiwi(
    _network: Network, rows: list[dict], total: Decimal, _fees: Decimal
) -> tuple[str, str]:
    lines = []
    for row in rows:
        at = row["at"].astimezone(ZoneInfo("Europe/Moscow"))
        fields = (row["txn_id"], f"{at:%d.%m.%Y}", f"{at:%H:%M:%S}")
        lines.append("\t".join((*fields, row["account"], f"{row['amount']:.2f}")))
    lines.append(f"Total:\t{len(rows)}\t{total:.2f}")
    return "\r".join(lines), "utf-8"


def _sber(
    network: Network, rows: list[dict], total: Decimal, fees: Decimal
) -> tuple[str, str]:
    lines = []
    for row in rows:
        at = row["at"].astimezone(ZoneInfo(network.zone))
        sums = (row["amount"], row["amount"] - row["fee"], row["fee"])
        fields = (f"{at:%d-%m-%Y}", f"{at:%H-%M-%S}", "8619/0001", row["kiosk"])
        fields += (row["txn_id"], row["account"], "Алматы", *map(_comma, sums))
        lines.append(";".join(fields))
    sums = (total, total - fees, fees)
    lines.append(";".join((f"={len(rows)}", *map(_comma, sums), "1", "")))
    return "\r\n".join(lines) + "\r\n", "cp1251"


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


_WRITERS = {"qiwi": _qiwi, "sber": _sber}

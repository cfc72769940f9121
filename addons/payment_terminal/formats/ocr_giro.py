"""Norwegian OCR giro: what Nets tells of payments with a KID.

The records are read by ``netsgiro``, which follows Nets' system specification; here
they are put in order and proven. An assignment is what came to one account. A file has
a start (10), assignments (20 to 88) of transactions (30, 31 and perhaps 32), and an end
(89); 88 and 89 count transactions and records and give the sum. Assignments of
AvtaleGiro mandates (service 21) in the same file are for others.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from netsgiro import records
from netsgiro.enums import AssignmentType, ServiceCode

from odoo.addons.receivables_base.formats import references

from .statement import Entry, FileError, Statement, Total

NAME = "ocr_giro"
WIDTH = 80
# where the KID of a transaction ends, counted from 1
KID_END = 74
_START = b"NY000010"
_MANDATES = b"NY2124"


def recognises(data: bytes) -> bool:
    """Whether it is a transmission, and not one of mandates alone."""
    return data.lstrip().startswith(_START) and not (
        has_mandates(data)
        and not any(line.startswith(b"NY09") for line in data.splitlines())
    )


def has_mandates(data: bytes) -> bool:
    """Whether it brings AvtaleGiro mandates, beside payments or alone."""
    return data.lstrip().startswith(_START) and any(
        line.startswith(_MANDATES) for line in data.splitlines()
    )


def read(data: bytes) -> tuple[Statement, ...]:
    """Read a file, one statement for each assignment.

    :raises FileError: with the line that cannot be read
    """
    lines = [
        (number, _parse(number, text))
        for number, text in enumerate(data.decode("iso-8859-1").splitlines(), start=1)
        if text.strip()
    ]
    if not isinstance(lines[-1][1], records.TransmissionEnd):
        raise FileError("missing", "89")
    statements: list[Statement] = []
    mandates = 0
    inside: list[tuple[int, Any]] = []
    for number, record in lines[1:-1]:
        inside.append((number, record))
        if not isinstance(inside[0][1], records.AssignmentStart):
            raise _unexpected(number, "20, the start of an assignment")
        if isinstance(record, records.AssignmentEnd):
            if inside[0][1].assignment_type == AssignmentType.AVTALEGIRO_AGREEMENTS:
                mandates += len(inside) - 2
            else:
                statements.append(_assignment(inside))
            inside = []
    if inside or not statements:
        raise FileError("missing", "88")
    number, end = lines[-1]
    place = str(number)
    entries = [entry for statement in statements for entry in statement.entries]
    known = len(entries) + mandates
    whole = (
        Total(f"{place}:9", Decimal(end.num_transactions), Decimal(known)),
        Total(f"{place}:17", Decimal(end.num_records), Decimal(len(lines))),
        Total(f"{place}:25", _money(end.total_amount), _sum(entries)),
    )
    last = statements[-1]
    return (*statements[:-1], replace(last, totals=(*last.totals, *whole)))


def _parse(number: int, text: str) -> Any:
    record: Any
    text = text.ljust(WIDTH)
    # A check by modulus 11 may be a minus sign, which netsgiro does not know.
    has_minus = text[6:8] == "30" and text[KID_END - 1] == "-"
    if has_minus:
        text = f"{text[: KID_END - 1]}0{text[KID_END:]}"
    try:
        [record] = records.parse(text)
    except (ValueError, TypeError, LookupError, AssertionError) as error:
        raise _unexpected(number, "a record of OCR giro") from error
    if has_minus:
        record.kid = f"{record.kid[:-1]}-"
    return record


def _unexpected(number: int, expected: str) -> FileError:
    return FileError("pattern", f"{number}:1", value="", expected=expected)


def _assignment(inside: list[tuple[int, Any]]) -> Statement:
    start, (place, end) = inside[0][1], inside[-1]
    if start.service_code != ServiceCode.OCR_GIRO:
        raise _unexpected(inside[0][0], "09, OCR giro")
    entries: list[Entry] = []
    first: tuple[int, Any] | None = None
    for number, record in inside[1:-1]:
        if isinstance(record, records.TransactionAmountItem1) and first is None:
            first = number, record
        elif (
            isinstance(record, records.TransactionAmountItem2)
            and first is not None
            and record.transaction_number == first[1].transaction_number
        ):
            entries.append(_entry(*first, record))
            first = None
        elif isinstance(record, records.TransactionAmountItem3) and first is None:
            continue
        else:
            raise _unexpected(number, "30, then 31 of the same transaction")
    if first is not None:
        raise FileError("missing", "31")
    totals = (
        Total(f"{place}:9", Decimal(end.num_transactions), Decimal(len(entries))),
        Total(f"{place}:17", Decimal(end.num_records), Decimal(len(inside))),
        Total(f"{place}:25", _money(end.total_amount or 0), _sum(entries)),
    )
    return Statement(
        format=NAME,
        account=start.assignment_account,
        currency="NOK",
        entries=tuple(entries),
        number=start.assignment_number,
        made_on=end.nets_date,
        totals=totals,
        is_lump=True,
    )


def _entry(number: int, one: Any, two: Any) -> Entry:
    is_taken = one.sign == "-"
    amount = _money(one.amount)
    return Entry(
        place=str(number),
        amount=-amount if is_taken else amount,
        currency="NOK",
        booked_on=one.nets_date,
        paid_on=two.bank_date,
        bank_id="-".join(
            str(part)
            for part in (
                one.centre_id,
                one.day_code,
                one.partial_settlement_number,
                one.partial_settlement_serial_number,
            )
        ),
        reference=references.normalise(one.kid or ""),
        payer_account=two.debit_account or "",
        is_correction=is_taken,
    )


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _sum(entries: list[Entry]) -> Decimal:
    return sum((entry.amount for entry in entries), Decimal(0))

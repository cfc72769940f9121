"""Files between a creditor and an agency, from bytes to records and back.

Contract: docs/agency_files.md. A file is UTF-8 text, a record a line, fields parted by
semicolons, texts in quotation marks where they need them. The first line says what the
file is, the last how many records stand between and what their amounts add up to, so a
file that was cut, doubled or mended by hand is not taken for whole.

Amounts are Decimal, days dates, moments naive UTC; what is not given is ``""`` or None.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from odoo.addons.receivables_base.formats.amounts import read_signed, write_signed
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import (
    read_day,
    read_iso,
    write_day,
    write_iso,
)
from odoo.addons.receivables_base.formats.texts import check_storable

MARK, VERSION, END = "COLLECTION", "1", "END"
TO_AGENCY, FROM_AGENCY = "to-agency", "from-agency"
MAX_BYTES = 20 * 1024 * 1024
_HEADER_FIELDS = 3
_END_FIELDS = 3

# Kinds of fields, by the name that a record gives its field.
Key = str  # a text that must be given, at most 64 characters
Word = str  # one of the words of the contract, which must be given
Text = str  # at most 255 characters
Long = str  # at most 1,000 characters
_LENGTHS = {"Key": 64, "Word": 64, "Text": 255, "Long": 1000}
_GIVEN = {"Key", "Word"}


class FileError(FormatError):
    """A file that cannot be read as one; ``field`` is ``line N`` or
    ``line N, field``."""

    sentences = {
        **FormatError.sentences,
        "not_text": "it is not UTF-8 text: ask for it again in UTF-8",
        "not_ours": "it does not begin as a file of this layout does ({found})",
        "direction": "the file is for the other side",
        "cut": "the file does not end with its last line: ask for it again",
        "record": "{found} is no record of this layout",
        "columns": "{found} fields where {expected} were expected",
        "totals": "the last line says {said}, the records give {found}: "
        "ask for it again",
    }


@dataclass(frozen=True, slots=True)
class Header:
    """Which file it is; its sender gives each a number of its own."""

    number: str


@dataclass(frozen=True, slots=True)
class Case:
    """An invoice that is transferred."""

    code: ClassVar[str] = "CASE"
    case: Key
    agreement: Text
    first_action: Word
    invoice: Key
    external_invoice: Text
    invoice_date: date
    due_date: date
    currency: Word
    original: Decimal
    capital: Decimal
    delivered_as: Text
    debtor_number: Text
    debtor_type: Word
    debtor_name: Long
    id_number: Text
    street: Long
    zip: Text
    city: Text
    country: Word
    language: Text
    email: Text
    phone: Text
    contact: Text
    letter: Long
    note: Long
    amount: ClassVar[str] = "capital"


@dataclass(frozen=True, slots=True)
class Fee:
    """What the creditor has claimed from the debtor already, beside the invoice."""

    code: ClassVar[str] = "FEE"
    case: Key
    kind: Word
    date: date
    claimed: Decimal
    currency: Word
    amount: ClassVar[str] = "claimed"


@dataclass(frozen=True, slots=True)
class Direct:
    """The debtor has paid the creditor."""

    code: ClassVar[str] = "DIRECT"
    case: Key
    payment: Key
    date: date
    paid: Decimal
    currency: Word
    number: Text
    amount: ClassVar[str] = "paid"


@dataclass(frozen=True, slots=True)
class Removed:
    """A payment that was told of is there no more."""

    code: ClassVar[str] = "REMOVED"
    case: Key
    payment: Key
    amount: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """The creditor has credited the invoice, in full or in part."""

    code: ClassVar[str] = "CREDIT"
    case: Key
    payment: Key
    number: Key
    date: date
    credited: Decimal
    currency: Word
    amount: ClassVar[str] = "credited"


@dataclass(frozen=True, slots=True)
class Request:
    """Something is to be done with the case."""

    code: ClassVar[str] = "REQUEST"
    case: Key
    action: Word
    until: date | None
    reason: Long
    amount: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of a record that the creditor sent."""

    code: ClassVar[str] = "ACK"
    case: Key
    record: Word
    result: Word
    case_number: Text
    reference: Text
    text: Long
    amount: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Where the case stands, in the agency's words, and what is open of it."""

    code: ClassVar[str] = "STATUS"
    case: Key
    case_number: Text
    at: datetime
    status: Text
    label: Text
    outcome: Text
    currency: Word
    capital_paid: Decimal
    capital: Decimal
    interest: Decimal
    fees: Decimal
    court_fees: Decimal
    limitation_date: date | None
    street: Long
    zip: Text
    city: Text
    country: Text
    text: Long
    amount: ClassVar[str] = "capital"


@dataclass(frozen=True, slots=True)
class Payment:
    """What the agency pays out for a case, with a reference, and what it consists
    of: ``net = capital + interest + fees - commission - vat``."""

    code: ClassVar[str] = "PAYMENT"
    case: Key
    payment: Key
    reference: Text
    invoice: Text
    paid_on: date
    payout_on: date
    currency: Word
    capital: Decimal
    interest: Decimal
    fees: Decimal
    commission: Decimal
    vat: Decimal
    net: Decimal
    payer_name: Text
    payer_account: Text
    bank_reference: Text
    amount: ClassVar[str] = "net"


Record = (
    Case
    | Fee
    | Direct
    | Removed
    | Credit
    | Request
    | Acknowledgement
    | Status
    | Payment
)
OUTGOING: tuple[type[Record], ...] = (Case, Fee, Direct, Removed, Credit, Request)
INCOMING: tuple[type[Record], ...] = (Acknowledgement, Status, Payment)

# Words of the contract; every other word is the agency's own.
_WORDS: dict[str, tuple[str, ...]] = {
    "first_action": ("reminder", "demand"),
    "debtor_type": ("company", "person"),
    "record": tuple(kind.code for kind in OUTGOING),
    "result": ("accepted", "refused"),
}


def write(header: Header, records: Sequence[Record], direction: str) -> bytes:
    """A whole file.

    Line breaks in texts become spaces.

    :raises FormatError: ``missing``, ``too_long`` or ``out_of_range``; the field is
        that of the record
    """
    out = io.StringIO()
    pen = csv.writer(out, delimiter=";", lineterminator="\n")
    pen.writerow(
        [MARK, VERSION, direction, _write_field("number", "Key", header.number)]
    )
    for record in records:
        pen.writerow(
            [
                record.code,
                *(
                    _write_field(each.name, str(each.type), getattr(record, each.name))
                    for each in fields(record)
                ),
            ]
        )
    total = write_signed(_add_up(records), "total")
    pen.writerow([END, len(records), total])
    return out.getvalue().encode("utf-8")


def read(data: bytes, direction: str) -> tuple[Header, list[Record]]:
    """A whole file of one direction.

    :raises FileError: it is not one, is not whole, or a line is not as agreed
    """
    if len(data) > MAX_BYTES:
        raise FileError("too_large", "", size=len(data), limit=MAX_BYTES)
    rows = _split(data)
    header = _read_header(rows[0] if rows else [], direction)
    last = rows[-1]
    if last[0] != END or len(rows) == 1:
        raise FileError("cut")
    kinds = {
        kind.code: kind for kind in (OUTGOING if direction == TO_AGENCY else INCOMING)
    }
    records = [
        _read_record(kinds, row, f"line {number}")
        for number, row in enumerate(rows[1:-1], 2)
    ]
    _check_end(last, records, f"line {len(rows)}")
    return header, records


def _split(data: bytes) -> list[list[str]]:
    try:
        text = check_storable(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FileError("not_text") from error
    except FormatError as error:
        raise FileError("charset", "", **error.params) from error
    lines = text.replace("\r\n", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    rows: list[list[str]] = []
    for number, line in enumerate(lines, 1):
        try:
            # A line at a time: a quotation mark that is missing costs one line.
            [row] = csv.reader([line], delimiter=";", strict=True)
        except (csv.Error, ValueError) as error:
            raise FileError("record", f"line {number}", found="it") from error
        rows.append(row)
    return rows


def _read_header(row: list[str], direction: str) -> Header:
    if row[:2] != [MARK, VERSION] or len(row) != _HEADER_FIELDS + 1:
        raise FileError("not_ours", "line 1", found=";".join(row)[:40] or "nothing")
    if row[2] != direction:
        raise FileError("direction", "line 1")
    return Header(_read_field("number", "Key", row[3], "line 1"))


def _read_record(kinds: dict[str, Any], row: list[str], place: str) -> Record:
    kind = kinds.get(row[0] if row else "")
    if kind is None:
        raise FileError("record", place, found=(row[0] if row else "nothing")[:40])
    columns, values = fields(kind), row[1:]
    if len(values) != len(columns):
        raise FileError("columns", place, found=len(values), expected=len(columns))
    record: Record = kind(
        *(
            _read_field(column.name, str(column.type), value, place)
            for column, value in zip(columns, values, strict=True)
        )
    )
    return record


def _check_end(row: list[str], records: list[Record], place: str) -> None:
    if len(row) != _END_FIELDS:
        raise FileError("columns", place, found=len(row) - 1, expected=_END_FIELDS - 1)
    total = _read_field("total", "Decimal", row[2], place)
    found = _add_up(records)
    if row[1] != str(len(records)) or total != found:
        raise FileError(
            "totals",
            place,
            said=f"{row[1]} and {row[2]}"[:60],
            found=f"{len(records)} and {found}",
        )


def _add_up(records: Iterable[Record]) -> Decimal:
    """The amounts of all, whatever their currencies: a proof, and no sum of money."""
    named = [record for record in records if record.amount]
    return sum((getattr(one, one.amount) for one in named), Decimal(0))


def _read_amount(text: str) -> Decimal | None:
    return read_signed(text)


def _read_utc(text: str) -> datetime | None:
    moment = read_iso(text) if text.endswith("Z") else None
    return moment and moment.replace(microsecond=0, tzinfo=None)


_READERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "Decimal": (_read_amount, "an amount such as 1250.00"),
    "date": (read_day, "a day such as 2026-03-01"),
    "datetime": (_read_utc, "a time such as 2026-03-01T08:30:00Z"),
}


def _read_field(name: str, kind: str, text: str, place: str) -> Any:
    where = f"{place}, {name}"
    kind, _bar, optional = kind.partition(" | ")
    if kind in _READERS:
        if optional and not text:
            return None
        reader, expected = _READERS[kind]
        value = reader(text)
        if value is None:
            raise FileError("pattern", where, value=text[:40], expected=expected)
        return value
    if kind in _GIVEN and not text.strip():
        raise FileError("missing", where)
    if len(text) > _LENGTHS[kind]:
        raise FileError("too_long", where, length=len(text), limit=_LENGTHS[kind])
    allowed = _WORDS.get(name)
    if allowed and text not in allowed:
        raise FileError(
            "pattern", where, value=text[:40], expected=" or ".join(allowed)
        )
    return text


def _write_field(name: str, kind: str, value: Any) -> str:
    kind, _bar, optional = kind.partition(" | ")
    if kind == "Decimal":
        return write_signed(value, name)
    if kind in ("date", "datetime"):
        if not value and optional:
            return ""
        if not value:
            raise FormatError("missing", name)
        return write_iso(value) if kind == "datetime" else write_day(value)
    text = " ".join((value or "").split())
    if kind in _GIVEN and not text:
        raise FormatError("missing", name)
    if len(text) > _LENGTHS[kind]:
        raise FormatError("too_long", name, length=len(text), limit=_LENGTHS[kind])
    return check_storable(text, name)

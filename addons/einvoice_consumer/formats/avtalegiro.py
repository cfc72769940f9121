"""AvtaleGiro: claims that a Norwegian bank pays from its customer's account.

What is sent are claims and their cancellations, what comes are the payers' mandates
(Nets, AvtaleGiro system specification 3.3, November 2016). Records are written and read
by ``netsgiro``. Amounts are in kroner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import netsgiro
from anyascii import anyascii
from netsgiro import records
from netsgiro.utils import get_minimum_due_date

from odoo.addons.receivables_base.formats.banking_days import (
    add_banking_days,
    is_banking_day,
)

from .errors import FormatError
from .text import latin9, paragraphs

NORWAY = ZoneInfo("Europe/Oslo")
COUNTRY = "NO"
# what Nets is called as a receiver of data
NETS = "00008080"
ENCODING = "iso-8859-1"
WIDTH = 80
# Nets works through until this hour what came the same day.
CLOSING = time(14)
# Longest notice to the payer: lines of the specification, and their length.
MOST_LINES = 42
LONGEST_LINE = 80
LONGEST_REFERENCE = 25
LONGEST_NAME = 10
_START = b"NY000010"

FormatError.sentences |= {
    "mandate_file": "line {line} is no record of AvtaleGiro mandates: ask the bank for "
    "the file again",
    "mandate_end": "the file ends in the middle, or its totals do not agree with what "
    "is in it: ask the bank for it again",
}


@dataclass(frozen=True)
class Claim:
    """What a bank is asked to pay on a day, or to leave unpaid.

    ``notice`` is what the bank tells the payer, at most 42 lines of 80 characters; None
    where the payer gets the invoice from the invoicer (transaction type 02). The
    ``reference`` stands on the payer's account statement.
    """

    kid: str
    amount: Decimal
    due_date: date
    name: str = ""
    reference: str = ""
    notice: str | None = None


@dataclass(frozen=True)
class Mandate:
    """One payer's mandate at the bank, by the KID that it was given with.

    ``is_ended`` where the payer took it back; ``wants_notice`` where the payer wants
    the bank's written notice of each claim.
    """

    kid: str
    wants_notice: bool
    is_ended: bool = False


@dataclass(frozen=True)
class MandateList:
    """Mandates for one account, as the bank has them; ``is_complete`` where they are
    all there are, so that what is missing has ended."""

    account: str
    mandates: tuple[Mandate, ...]
    is_complete: bool


def write(
    customer_unit: str,
    number: int,
    account: str,
    claims: Iterable[Claim] = (),
    cancellations: Iterable[Claim] = (),
) -> bytes:
    """A transmission with new claims and with those that must not be paid any more.

    :param customer_unit: the sender's number at Nets (*kundeenhet-ID*), 8 digits
    :param number: of the transmission; no other of the last 12 months has it
    :param account: 11 digits, the account that the claims are paid to
    :raises FormatError: a value that cannot be written
    """
    transmission = netsgiro.Transmission(
        number=f"{number % 10**7:07d}",
        data_transmitter=_digits(customer_unit, 8, "customer_unit"),
        data_recipient=NETS,
    )
    # What a changed claim replaces is taken back before the new one comes.
    kinds = (
        (netsgiro.AssignmentType.AVTALEGIRO_CANCELLATIONS, list(cancellations)),
        (netsgiro.AssignmentType.TRANSACTIONS, list(claims)),
    )
    for place, (kind, rows) in enumerate(kinds):
        if not rows:
            continue
        assignment = transmission.add_assignment(
            service_code=netsgiro.ServiceCode.AVTALEGIRO,
            assignment_type=kind,
            # two a transmission: none has the number of another
            number=f"{(2 * number + place) % 10**7:07d}",
            account=_digits(account, 11, "account"),
        )
        for row in rows:
            _add(assignment, kind, row)
    if not transmission.assignments:
        raise FormatError("missing", "claims")
    lines = [record.to_ocr() for record in _leave_out_empty(transmission.to_records())]
    return "".join(f"{line}\r\n" for line in lines).encode(ENCODING)


def _leave_out_empty(
    transmission: Iterable[records.Record],
) -> Iterator[records.Record]:
    """The records without the empty halves of lines, which must not be sent (2.2.4)."""
    in_assignment = in_transmission = 0
    for record in transmission:
        if isinstance(record, records.TransactionSpecification) and not (
            (record.text or "").strip()
        ):
            in_assignment += 1
            in_transmission += 1
            continue
        if isinstance(record, records.AssignmentEnd):
            record.num_records -= in_assignment
            in_assignment = 0
        elif isinstance(record, records.TransmissionEnd):
            record.num_records -= in_transmission
        yield record


def _add(
    assignment: netsgiro.Assignment, kind: netsgiro.AssignmentType, row: Claim
) -> None:
    if not row.kid.isascii() or not row.kid.isdigit() or not 2 <= len(row.kid) <= 25:
        raise FormatError("pattern", "kid", value=row.kid, expected="2 to 25 digits")
    if row.amount <= 0 or row.amount != round(row.amount, 2):
        raise FormatError(
            "out_of_range", "amount", value=str(row.amount), expected="0.01 and more"
        )
    add = assignment.add_payment_cancellation
    if kind == netsgiro.AssignmentType.TRANSACTIONS:
        add = assignment.add_payment_request
    add(
        kid=row.kid,
        due_date=row.due_date,
        amount=row.amount,
        reference=_plain(row.reference)[:LONGEST_REFERENCE],
        payer_name=_plain(row.name)[:LONGEST_NAME],
        bank_notification=(
            False if row.notice is None else (_notice(row.notice) or True)
        ),
    )


def _digits(text: str, length: int, field: str) -> str:
    if len(text) == length and text.isascii() and text.isdigit():
        return text
    raise FormatError("pattern", field, value=text, expected=f"{length} digits")


def _plain(text: str) -> str:
    """One line of ISO-8859-1, the nearest letters for those that it lacks."""
    return "".join(
        character if character <= "\xff" else anyascii(character)
        for character in latin9(text)[0]
    )


def _notice(text: str) -> str:
    lines = [_plain(line)[:LONGEST_LINE] for line in paragraphs(text, LONGEST_LINE)]
    return "\n".join(lines[:MOST_LINES])


def recognises(data: bytes) -> bool:
    """Whether it is a transmission that brings mandates."""
    return data.lstrip().startswith(_START) and any(
        line.startswith("NY212420") for _number, line in _read_lines(data)
    )


def is_receipt(data: bytes) -> bool:
    """Whether it is a receipt list about files that were sent. Lists are made for
    people, in PDF; of those in CSV no layout is public."""
    return data.startswith(b"%PDF-")


def has_payments(data: bytes) -> bool:
    """Whether it brings payments (OCR giro), beside mandates or alone."""
    return any(line.startswith("NY0900") for _number, line in _read_lines(data))


def _read_lines(data: bytes) -> list[tuple[int, str]]:
    return [
        (number, text.rstrip("\r").ljust(WIDTH))
        for number, text in enumerate(data.decode(ENCODING).split("\n"), start=1)
        if text.strip()
    ]


def read_mandates(data: bytes) -> tuple[MandateList, ...]:
    """The mandates in a transmission; what else is in it is for others.

    :raises FormatError: with the line that cannot be read
    """
    found: list[MandateList] = []
    inside: list[records.AvtaleGiroAgreement] | None = None
    account, start = "", 0
    last = ""
    for number, text in _read_lines(data):
        last = text[:8]
        if last == "NY000089":
            _parse(number, text)
        elif last == "NY212420":
            record = _parse(number, text)
            account, inside, start = record.assignment_account, [], number
        elif last == "NY212488" and inside is not None:
            end = _parse(number, text)
            if (end.num_transactions, end.num_records) != (
                len(inside),
                number - start + 1,
            ):
                raise FormatError("mandate_end")
            found.append(_gather(account, inside))
            inside = None
        elif inside is not None:
            record = _parse(number, text)
            if not isinstance(record, records.AvtaleGiroAgreement):
                raise FormatError("mandate_file", line=number)
            inside.append(record)
    if inside is not None or last != "NY000089":
        raise FormatError("mandate_end")
    return tuple(found)


def _parse(number: int, text: str) -> Any:
    record: Any
    try:
        [record] = records.parse(text)
    except (ValueError, TypeError, LookupError, AssertionError) as error:
        raise FormatError("mandate_file", line=number) from error
    return record


def _gather(account: str, rows: list[records.AvtaleGiroAgreement]) -> MandateList:
    ended = netsgiro.AvtaleGiroRegistrationType.DELETED_AGREEMENT
    active = netsgiro.AvtaleGiroRegistrationType.ACTIVE_AGREEMENT
    return MandateList(
        account,
        tuple(
            Mandate(row.kid or "", row.notify, row.registration_type == ended)
            for row in rows
        ),
        bool(rows) and all(row.registration_type == active for row in rows),
    )


def get_earliest_due_date(now: datetime) -> date:
    """The first day on which what is sent now may fall due: four calendar days after
    Nets works through it, holidays not counted; files that come after 14:00 or on no
    banking day are worked through on the next one.
    """
    here = now.astimezone(NORWAY)
    day = here.date()
    if here.time() >= CLOSING or not is_banking_day(day, COUNTRY):
        day = add_banking_days(day, 1, COUNTRY)
    return get_minimum_due_date(datetime.combine(day, time(8), NORWAY))


def get_latest_due_date(today: date) -> date:
    """The last day on which a claim may fall due: 12 months ahead (2.2.2)."""
    try:
        return today.replace(year=today.year + 1)
    except ValueError:  # the 29th of February
        return today.replace(year=today.year + 1, day=28)


def get_last_cancel_moment(due: date) -> datetime:
    """Until when Nets takes a cancellation: 14:00 on the last banking day before the
    claim falls due."""
    return datetime.combine(add_banking_days(due, -1, COUNTRY), CLOSING, NORWAY)


def get_payment_day(due: date) -> date:
    """The day on which the bank pays: the due date, or the next banking day."""
    return due if is_banking_day(due, COUNTRY) else add_banking_days(due, 1, COUNTRY)

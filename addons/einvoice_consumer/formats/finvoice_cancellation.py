"""Cancel at the bank what it was asked to pay (implementation guidelines, 10.14).

A cancellation is a credit note whose origin is ``Cancel``; of an invoice that was paid
another way, and has no credit note, it is the invoice with its signs turned. The bank
finds what it cancels by receiver, due date, account, reference and payment subject,
which are therefore taken from the message that was sent and not from the books; the
amount is that message's, negative, and never a part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from odoo.addons.receivables_base.formats import safe_xml as xml

from .ebxml_frame import Frame
from .errors import FormatError
from .finvoice_model import (
    CANCEL,
    CREDIT_NOTE,
    Account,
    Invoice,
    Payment,
    Row,
    Terms,
)

TYPE_TEXT = "CANCELLATION INVOICE"
FREE_TEXT = "INVOICE CANCELLED BY INVOICER"

_PARTY = ("EpiDetails", "EpiPartyDetails")
_ORDER = ("EpiDetails", "EpiPaymentInstructionDetails")
_DAY = "%Y%m%d"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a bank was asked to pay, and how the message travelled."""

    payment: Payment
    due_date: date
    frame: Frame


def read_sent(payload: bytes, frame: Frame | None) -> Sent:
    """Read what was sent.

    :param payload: a Finvoice that we wrote, without its frame
    :raises FormatError: ``missing``, ``pattern`` or what cannot be parsed
    """
    root = xml.parse(payload)
    payee = (*_PARTY, "EpiBeneficiaryPartyDetails")
    due = xml.text_at(root, *_ORDER, "EpiDateOptionDate")
    amount = xml.text_at(root, *_ORDER, "EpiInstructedAmount")
    if frame is None:
        raise FormatError("missing", "transmission")
    try:
        return Sent(
            payment=Payment(
                account=Account(
                    iban=xml.text_at(root, *payee, "EpiAccountID"),
                    bic=xml.text_at(
                        root, *_PARTY, "EpiBfiPartyDetails", "EpiBfiIdentifier"
                    ),
                ),
                payee=xml.text_at(root, *payee, "EpiNameAddressDetails"),
                instruction_id=xml.text_at(root, *_ORDER, "EpiPaymentInstructionId"),
                reference=xml.text_at(
                    root, *_ORDER, "EpiRemittanceInfoIdentifier"
                ).lstrip("0"),
                amount=Decimal(amount.replace(",", ".")),
            ),
            due_date=datetime.strptime(due, _DAY).date(),
            frame=frame,
        )
    except (ValueError, InvalidOperation) as error:
        raise FormatError("pattern", "payment", value=f"{due} {amount}") from error


def turn(invoice: Invoice) -> Invoice:
    """An invoice as the credit note for all of it."""
    return replace(
        invoice,
        type_code=CREDIT_NOTE,
        original_number=invoice.number,
        original_date=invoice.invoice_date,
        rows=tuple(
            _turn_row(row) if isinstance(row, Row) else row for row in invoice.rows
        ),
        vat=tuple(
            replace(line, base=-line.base, amount=-line.amount) for line in invoice.vat
        ),
        total_net=-invoice.total_net,
        total_vat=-invoice.total_vat,
        total_gross=-invoice.total_gross,
        terms=Terms(),
        barcode="",
    )


def _turn_row(row: Row) -> Row:
    return replace(
        row,
        net=-row.net,
        vat_amount=-row.vat_amount,
        gross=-row.gross,
        quantity=None if row.quantity is None else -row.quantity,
    )


def cancel(
    credit_note: Invoice, sent: Sent, message_id: str, timestamp: datetime
) -> Invoice:
    """The credit note as the cancellation of what was sent."""
    amount = -sent.payment.amount
    paid = credit_note.total_gross - amount
    return replace(
        credit_note,
        type_code=CREDIT_NOTE,
        origin=CANCEL,
        type_text=TYPE_TEXT,
        texts=(FREE_TEXT, *credit_note.texts),
        due_date=sent.due_date,
        paid=paid or None,
        payment=replace(sent.payment, amount=amount),
        transmission=replace(sent.frame, message_id=message_id, timestamp=timestamp),
    )

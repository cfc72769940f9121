"""What must be true of an invoice before it is written, beyond the schema."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from stdnum.iso7064 import mod_97_10

from odoo.addons.receivables_base.formats import references

from .errors import FormatError
from .finvoice_model import (
    CANCEL,
    CREDIT_NOTE,
    DIRECT_PAYMENT_COPY,
    INVOICE,
    Account,
    Invoice,
    Row,
)

_ZERO = Decimal(0)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)


def check_invoice(invoice: Invoice) -> None:
    """Check what needs more than one field, and check digits.

    :raises FormatError: ``missing``, ``pattern``, ``checksum``, ``sums_differ``,
        ``sign``
    """
    net, vat, gross = invoice.total_net, invoice.total_vat, invoice.total_gross
    payment = invoice.payment
    rows = sum((row.net for row in invoice.rows if isinstance(row, Row)), _ZERO)
    bases = sum((line.base for line in invoice.vat), _ZERO)
    amounts = sum((line.amount for line in invoice.vat), _ZERO)
    due = gross - (invoice.paid or _ZERO)
    check_same("total_net", net, rows, "sum of rows.net")
    check_same("total_net", net, bases, "sum of vat.base")
    check_same("total_vat", vat, amounts, "sum of vat.amount")
    check_same("total_gross", gross, net + vat, "total_net + total_vat")
    if invoice.type_code != DIRECT_PAYMENT_COPY or payment.amount > due:
        # of a direct payment the bank may be asked for a part
        check_same("payment.amount", payment.amount, due, "total_gross - paid")
    credit = invoice.type_code == CREDIT_NOTE
    for field, value in (("total_gross", gross), ("payment.amount", payment.amount)):
        if value > 0 if credit else value < 0:
            raise FormatError(
                "sign",
                field,
                value=str(value),
                expected="at most zero" if credit else "at least zero",
                type_code=CREDIT_NOTE if credit else INVOICE,
            )
    _check_account(payment.account)
    cancels = invoice.origin == CANCEL
    if cancels and not (credit and payment.amount):
        raise FormatError(
            "pattern", "origin", value=CANCEL, expected="a credit note with an amount"
        )
    if credit and not payment.reference and not cancels:
        return  # nobody pays it, and each reference belongs to one sale
    if not references.is_valid(payment.reference):
        raise FormatError("checksum", "payment.reference", value=payment.reference)


def check_same(field: str, value: Decimal, expected: Decimal, compared: str) -> None:
    """:raises FormatError: ``sums_differ``"""
    if value != expected:
        raise FormatError(
            "sums_differ",
            field,
            value=str(value),
            expected=str(expected),
            compared=compared,
        )


@lru_cache(maxsize=128)
def _check_account(account: Account) -> None:
    """Once for an account, which thousands of invoices are paid to."""
    for name, value in (("iban", account.iban), ("bic", account.bic)):
        if not value:
            raise FormatError("missing", f"payment.account.{name}")
    # Not stdnum.iban: its country table cannot be opened inside an Odoo server,
    # whose import hook hides the package's data files.
    iban = account.iban
    if not (_IBAN.fullmatch(iban) and mod_97_10.is_valid(iban[4:] + iban[:4])):
        raise FormatError("checksum", "payment.account.iban", value=iban)
    if not _BIC.fullmatch(account.bic):
        raise FormatError(
            "pattern", "payment.account.bic", value=account.bic, expected="a BIC"
        )

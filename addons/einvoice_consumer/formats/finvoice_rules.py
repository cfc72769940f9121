"""What must be true of an invoice before it is written."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from stdnum.iso7064 import mod_97_10

from odoo.addons.receivables_base.formats import references

from .errors import FormatError
from .finvoice_model import CREDIT_NOTE, INVOICE, Account, Invoice, Payment, Row

_ZERO = Decimal(0)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
TYPE_TEXTS = {
    "INV01": "INVOICE",
    "INV02": "CREDIT NOTE",
    "INV09": "DIRECT PAYMENT",
}
ORIGINS = frozenset({"Original", "Copy", "Cancel"})
VAT_CODES = frozenset({"S", "AE", "E", "Z", "O", "K", "G"})


@lru_cache(maxsize=1024)
def account_error(account: Account) -> FormatError | None:
    """Why a bank would not take this account, checked once per account."""
    compact = compact_iban(account.iban)
    if not compact:
        return FormatError("missing", "iban")
    if not _is_iban(compact):
        return FormatError("checksum", "iban", value=account.iban)
    if not _BIC.fullmatch(account.bic):
        if not account.bic:
            return FormatError("missing", "bic")
        return FormatError("pattern", "bic", value=account.bic, expected="a BIC")
    return None


def _is_iban(compact: str) -> bool:
    # Not stdnum.iban: its country table cannot be opened inside an Odoo server,
    # whose import hook hides the package's data files.
    return bool(
        _IBAN.fullmatch(compact) and mod_97_10.is_valid(compact[4:] + compact[:4])
    )


def compact_iban(value: str) -> str:
    """An IBAN as it is sent: no spaces, capitals."""
    return value.replace(" ", "").upper()


def check_account(account: Account, field: str) -> None:
    """:raises FormatError: ``missing``, ``checksum`` or ``pattern``"""
    error = account_error(account)
    if error:
        raise error.within(field)


def check_invoice(invoice: Invoice) -> Payment:
    """Check what needs more than one field; return the payment block.

    :raises FormatError: see the codes below
    """
    if invoice.currency != "EUR":
        raise FormatError(
            "currency", "currency", value=invoice.currency, expected="EUR"
        )
    if invoice.type_code not in TYPE_TEXTS:
        raise _choice("type_code", invoice.type_code, "INV01, INV02 or INV09")
    if invoice.origin not in ORIGINS:
        raise _choice("origin", invoice.origin, "Original, Copy or Cancel")
    if not invoice.rows:
        raise FormatError("missing", "rows")
    if not invoice.accounts:
        raise FormatError("missing", "accounts")
    if invoice.payment is None:
        raise FormatError("missing", "payment")
    try:
        _check_totals(invoice)
        _check_payment(invoice, invoice.payment)
    except InvalidOperation:
        amount = str(invoice.total_gross)
        raise FormatError(
            "pattern", "total_gross", value=amount, expected="a finite amount"
        ) from None
    return invoice.payment


def check_row(row: Row) -> bool:
    """Whether the row has money, all of it and consistent.

    :raises FormatError: ``missing`` or ``sums_differ``
    """
    if row.net is None:
        for field in ("vat_amount", "gross", "unit_price", "unit_price_vat_included"):
            if getattr(row, field) is not None:
                raise FormatError("missing", "net")
        return False
    if row.vat_amount is None:
        raise FormatError("missing", "vat_amount")
    if row.gross is None:
        raise FormatError("missing", "gross")
    if row.vat_rate is None:
        raise FormatError("missing", "vat_rate")
    if row.vat_code not in VAT_CODES:
        raise _choice("vat_code", row.vat_code, "S, AE, E, Z, O, K or G")
    _same("gross", row.gross, row.net + row.vat_amount, "net + vat_amount")
    return True


def _choice(field: str, value: str, expected: str) -> FormatError:
    if not value:
        return FormatError("missing", field)
    return FormatError("pattern", field, value=value, expected=expected)


def _same(field: str, value: Decimal, expected: Decimal, compared: str) -> None:
    if value != expected:
        raise FormatError(
            "sums_differ",
            field,
            value=str(value),
            expected=str(expected),
            compared=compared,
        )


def _check_totals(invoice: Invoice) -> None:
    net, vat = invoice.total_net, invoice.total_vat
    if net is None:
        raise FormatError("missing", "total_net")
    if vat is None:
        raise FormatError("missing", "total_vat")
    if not invoice.vat:
        raise FormatError("missing", "vat")
    for index, line in enumerate(invoice.vat):
        if line.code not in VAT_CODES:
            expected = "S, AE, E, Z, O, K or G"
            raise _choice("code", line.code, expected).within(f"vat[{index}]")
    rows = sum((row.net for row in invoice.rows if row.net is not None), _ZERO)
    _same("total_net", net, rows, "sum of rows.net")
    _same(
        "total_net", net, sum((v.base for v in invoice.vat), _ZERO), "sum of vat.base"
    )
    amounts = sum((v.amount for v in invoice.vat), _ZERO)
    _same("total_vat", vat, amounts, "sum of vat.amount")
    _same("total_gross", invoice.total_gross, net + vat, "total_net + total_vat")


def _check_payment(invoice: Invoice, payment: Payment) -> None:
    credit = invoice.type_code == CREDIT_NOTE
    due = invoice.total_gross - (invoice.paid or _ZERO)
    _same("payment.amount", payment.amount, due, "total_gross - paid")
    for field, value in (
        ("total_gross", invoice.total_gross),
        ("payment.amount", payment.amount),
    ):
        if value > 0 if credit else value < 0:
            raise FormatError(
                "sign",
                field,
                value=str(value),
                expected="at most zero" if credit else "at least zero",
                type_code=CREDIT_NOTE if credit else INVOICE,
            )
    if invoice.due_date is not None and invoice.due_date != payment.due_date:
        raise FormatError(
            "differs",
            "due_date",
            value=str(invoice.due_date),
            expected=str(payment.due_date),
            compared="payment.due_date",
        )
    check_account(payment.account, "payment.account")
    if not payment.reference.strip():
        raise FormatError("missing", "payment.reference")
    if not references.is_valid(payment.reference):
        raise FormatError("checksum", "payment.reference", value=payment.reference)
    barcode = invoice.barcode
    if barcode and not (len(barcode) == 54 and barcode.isascii() and barcode.isdigit()):
        raise FormatError("pattern", "barcode", value=barcode, expected="54 digits")

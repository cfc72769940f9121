"""What a consumer's bank demands of the contents of a Finvoice: all code 6.

From the implementation guidelines chapters 8 (form of the text), 10.1 (repeated
frame), 10.14 (types and origins), 10.18 (bar code) and 14 (payment), the
notification guidelines (payment subject and accounts are announced) and a bank's
published rules for consumer invoices (euro, no copies, due 7-365 days ahead).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from bank_frame import Finding, Frame, local
from bank_values import (
    decode_barcode,
    parse_amount,
    parse_date,
    parse_percent,
    reference_ok,
    same_reference,
)
from lxml import etree

EARLIEST_DUE, LATEST_DUE = 7, 365
CENT = Decimal("0.01")
CREDIT_NOTE, DIRECT_PAYMENT = "INV02", "INV09"
INVOICE = "InvoiceDetails"
EPI_PARTY = "EpiDetails/EpiPartyDetails"
BANK_BIC = f"{EPI_PARTY}/EpiBfiPartyDetails/EpiBfiIdentifier"
PAYEE = f"{EPI_PARTY}/EpiBeneficiaryPartyDetails/EpiNameAddressDetails"
ACCOUNT = f"{EPI_PARTY}/EpiBeneficiaryPartyDetails/EpiAccountID"
PAYMENT = "EpiDetails/EpiPaymentInstructionDetails"
SUBJECT = f"{PAYMENT}/EpiPaymentInstructionId"
REFERENCE = f"{PAYMENT}/EpiRemittanceInfoIdentifier"
AMOUNT = f"{PAYMENT}/EpiInstructedAmount"
DUE = f"{PAYMENT}/EpiDateOptionDate"
TOTAL = f"{INVOICE}/InvoiceTotalVatIncludedAmount"

# Elements the schema demands although it lets them be empty.
_MAY_BE_EMPTY = {
    "EpiReference",
    "AnyPartyText",
    "SubRowAnyPartyText",
    "FactoringAgreementIdentifier",
}
_OTHER_CURRENCY = {
    "OtherCurrencyAmountVatExcludedAmount",
    "OtherCurrencyAmountVatIncludedAmount",
    "InvoiceTotalVatAccountingAmount",
}


def text_at(root: etree._Element, path: str) -> str:
    return (root.findtext(path) or "").strip()


def amount_at(root: etree._Element, path: str) -> Decimal | None:
    return parse_amount(text_at(root, path))


def fault_at(root: etree._Element, path: str, text: str, code: int = 6) -> Finding:
    """A finding with the line of the element meant, when it exists."""
    element = root.find(path)
    line = "" if element is None else f"line {element.sourceline}, "
    return Finding(code, text, f"{line}/Finvoice/{path}")


def check_contents(
    root: etree._Element,
    frame: Frame,
    today: dt.date,
    invoicer: dict | None,
    service: str | None,
) -> list[Finding]:
    """Every content rule, given the announcement and the service ordered."""
    found = [*_transmission(root, frame), *_form(root), *_kind(root, service)]
    if invoicer is not None:
        found += _announced(root, invoicer)
    found += [*_payment(root, today), *_sums(root), *_rows(root), *_barcode(root)]
    return found


def _transmission(root: etree._Element, frame: Frame) -> Iterator[Finding]:
    """MessageTransmissionDetails repeats the frame (guidelines 10.1)."""
    block = "MessageTransmissionDetails"
    if root.find(block) is None:
        yield fault_at(root, block, f"{block} is missing")
        return
    pairs = {
        "MessageSenderDetails/FromIdentifier": frame.sender,
        "MessageSenderDetails/FromIntermediator": frame.sender_intermediator,
        "MessageReceiverDetails/ToIdentifier": frame.receiver,
        "MessageReceiverDetails/ToIntermediator": frame.receiver_intermediator,
        "MessageDetails/MessageIdentifier": frame.message_id,
        "MessageDetails/MessageTimeStamp": frame.timestamp,
        "MessageDetails/RefToMessageIdentifier": frame.ref_to,
    }
    for path, expected in pairs.items():
        text = text_at(root, f"{block}/{path}")
        if text != expected:
            name = path.rsplit("/", 1)[-1]
            fault = f"{name} is {text!r}, the frame says {expected!r}"
            yield fault_at(root, f"{block}/{path}", fault)


def _form(root: etree._Element) -> Iterator[Finding]:
    """Tabs, spaces beside tags, empty elements, currencies (guidelines 8)."""
    for element in root.iter(etree.Element):
        name, text = local(element), element.text or ""
        where = f"line {element.sourceline}, {root.getroottree().getpath(element)}"
        if "\t" in text or "\t" in (element.tail or ""):
            yield Finding(6, f"Tab character in or after {name}", where)
        if not len(element):
            if not text.strip() and name not in _MAY_BE_EMPTY:
                yield Finding(6, f"Empty element {name}", where)
            elif text != text.strip():
                yield Finding(6, f"Space beside the tags of {name}", where)
        currency = element.get("AmountCurrencyIdentifier", "EUR")
        if currency != "EUR" and name not in _OTHER_CURRENCY:
            yield Finding(6, f"{name} is in {currency}, not in EUR", where)


def _kind(root: etree._Element, service: str | None) -> Iterator[Finding]:
    """Origin and type of the invoice against the service ordered (10.14)."""
    type_path = f"{INVOICE}/InvoiceTypeCode"
    kind = text_at(root, type_path)
    origin = text_at(root, f"{INVOICE}/OriginCode")
    total = amount_at(root, TOTAL)
    if origin == "Copy":
        yield fault_at(
            root, f"{INVOICE}/OriginCode", "Copies are not taken to netbanks"
        )
    if origin == "Cancel" and kind != CREDIT_NOTE:
        yield fault_at(root, type_path, f"A cancellation is {CREDIT_NOTE}, not {kind}")
    if kind == CREDIT_NOTE and total is not None and total >= 0:
        yield fault_at(root, TOTAL, "The total of a credit note is negative")
    if kind != CREDIT_NOTE and total is not None and total < 0:
        yield fault_at(root, TOTAL, f"The total is negative but the type is {kind}")
    if service == "00" and kind == DIRECT_PAYMENT:
        yield fault_at(root, type_path, "The customer has not ordered direct payment")
    if service == "01" and kind == "INV01":
        fault = f"The customer has direct payment: the type is {DIRECT_PAYMENT}"
        yield fault_at(root, type_path, fault)


def _announced(root: etree._Element, invoicer: dict) -> Iterator[Finding]:
    """The account among those of the SenderInfo (notification guidelines 4.5)."""
    accounts = {account["iban"]: account["bic"] for account in invoicer["accounts"]}
    account, bic = text_at(root, ACCOUNT), text_at(root, BANK_BIC)
    if account not in accounts:
        yield fault_at(root, ACCOUNT, f"Account {account} was not announced")
    elif bic and bic != accounts[account]:
        yield fault_at(root, BANK_BIC, f"Account {account} is not at {bic}")


def _payment(root: etree._Element, today: dt.date) -> Iterator[Finding]:
    """What a consumer's payment needs (guidelines 14; due date 7-365 days)."""
    credit = text_at(root, f"{INVOICE}/InvoiceTypeCode") == CREDIT_NOTE
    for path in (BANK_BIC, PAYEE, *(() if credit else (REFERENCE,))):
        if not text_at(root, path):
            yield fault_at(root, path, f"{path.rsplit('/', 1)[-1]} is missing")
    reference = root.find(REFERENCE)
    if reference is not None and not reference_ok(
        (reference.text or "").strip(), reference.get("IdentificationSchemeName")
    ):
        yield fault_at(
            root, REFERENCE, f"Reference {reference.text} has wrong check digits"
        )
    due = parse_date(text_at(root, DUE))
    if due is None:
        yield fault_at(root, DUE, "The due date is not a date")
    elif not credit and not EARLIEST_DUE <= (due - today).days <= LATEST_DUE:
        fault = (
            f"The due date {due} is not {EARLIEST_DUE}-{LATEST_DUE} days after {today}"
        )
        yield fault_at(root, DUE, fault)


def _sums(root: etree._Element) -> Iterator[Finding]:
    """Totals against the VAT specification and the amount to be paid."""
    total, pay = amount_at(root, TOTAL), amount_at(root, AMOUNT)
    if total is None or pay is None:
        yield fault_at(root, TOTAL, "The total or the sum to pay is not an amount")
        return
    zero = Decimal(0)
    rounding = amount_at(root, f"{INVOICE}/InvoiceTotalRoundoffAmount") or zero
    paid = amount_at(root, f"{INVOICE}/InvoicePaidAmount") or zero
    credit = text_at(root, f"{INVOICE}/InvoiceTypeCode") == CREDIT_NOTE
    payable = {total - paid, total - paid + rounding} | ({zero} if credit else set())
    if pay not in payable:
        yield fault_at(root, AMOUNT, f"To be paid {pay}, invoiced {total}")
    base, tax = Decimal(0), Decimal(0)
    specified = root.findall(f"{INVOICE}/VatSpecificationDetails")
    for line in specified:
        base += amount_at(line, "VatBaseAmount") or zero
        tax += amount_at(line, "VatRateAmount") or zero
        yield from _vat_rate(root, line)
    excluded = amount_at(root, f"{INVOICE}/InvoiceTotalVatExcludedAmount")
    vat = amount_at(root, f"{INVOICE}/InvoiceTotalVatAmount")
    if specified and base + tax not in (total, total - rounding):
        yield fault_at(root, TOTAL, f"The VAT specification sums to {base + tax}")
    if specified and excluded not in (None, base):
        yield fault_at(root, TOTAL, f"Without VAT {excluded}, specified {base}")
    if specified and vat not in (None, tax):
        yield fault_at(root, TOTAL, f"VAT {vat}, specified {tax}")
    if excluded is not None and vat is not None:
        if excluded + vat not in (total, total - rounding):
            yield fault_at(root, TOTAL, f"{excluded} + VAT {vat} is not {total}")


def _vat_rate(root: etree._Element, line: etree._Element) -> Iterator[Finding]:
    """Tax of one rate, within a cent for every row (rounding row by row)."""
    base, tax = amount_at(line, "VatBaseAmount"), amount_at(line, "VatRateAmount")
    rate = parse_percent(text_at(line, "VatRatePercent"))
    if base is None or tax is None or rate is None:
        return
    if abs(base * rate / 100 - tax) > CENT * len(root.findall("InvoiceRow")):
        path = f"{INVOICE}/VatSpecificationDetails"
        yield fault_at(root, path, f"VAT {rate} % of {base} is not {tax}")


def _rows(root: etree._Element) -> Iterator[Finding]:
    """Rows against the totals, within a cent for every row."""
    rows = [row for row in root.findall("InvoiceRow") if _row_amounts(row)]
    slack = CENT * len(rows)
    for row in rows:
        amounts = _row_amounts(row)
        if len(amounts) == 3 and abs(amounts[0] + amounts[1] - amounts[2]) > CENT:
            where = f"line {row.sourceline}, {root.getroottree().getpath(row)}"
            yield Finding(6, "The amounts of the row do not add up", where)
    adjusted = any(
        root.find(f"{INVOICE}/{kind}TotalVatExcludedAmount") is not None
        for kind in ("Discounts", "Charges")
    )
    net = amount_at(root, f"{INVOICE}/RowsTotalVatExcludedAmount")
    if net is None and not adjusted:
        net = amount_at(root, f"{INVOICE}/InvoiceTotalVatExcludedAmount")
    gross = None if adjusted else amount_at(root, TOTAL)
    for name, expected in (("RowVatExcludedAmount", net), ("RowAmount", gross)):
        stated = [amount_at(row, name) for row in rows]
        if not stated or expected is None or None in stated:
            continue
        total = sum(amount for amount in stated if amount is not None)
        if abs(total - expected) > slack:
            fault = f"The rows sum to {total}, the invoice says {expected}"
            yield fault_at(root, f"InvoiceRow/{name}", fault)


def _row_amounts(row: etree._Element) -> list[Decimal]:
    names = ("RowVatExcludedAmount", "RowVatAmount", "RowAmount")
    found = [amount_at(row, name) for name in names]
    return [amount for amount in found if amount is not None]


def _barcode(root: etree._Element) -> Iterator[Finding]:
    """The virtual bar code carries the same payment (guidelines 10.18)."""
    path = "VirtualBankBarcode"
    text = text_at(root, path)
    if root.find(path) is None:
        return
    code = decode_barcode(text)
    if code is None:
        yield fault_at(root, path, f"{text!r} is not a bar code of version 4 or 5")
        return
    expected = {
        "account": (code.account, text_at(root, ACCOUNT)),
        "amount": (code.amount, amount_at(root, AMOUNT)),
        "due date": (code.due, text_at(root, DUE)[2:]),
    }
    for name, (coded, stated) in expected.items():
        if coded != stated:
            yield fault_at(root, path, f"The bar code has {name} {coded}, not {stated}")
    if not same_reference(code.reference, text_at(root, REFERENCE)):
        yield fault_at(root, path, f"The bar code has reference {code.reference}")


def summary(root: etree._Element) -> dict:
    """What the netbank shows of an invoice."""
    rows = [
        {
            "text": text_at(row, "ArticleName")
            or " ".join(e.text or "" for e in row.findall("RowFreeText")),
            "note": text_at(row, "ArticleDescription"),
            "quantity": text_at(row, "InvoicedQuantity")
            or text_at(row, "DeliveredQuantity"),
            "unit_price": text_at(row, "UnitPriceAmount"),
            "vat": text_at(row, "RowVatRatePercent"),
            "amount": text_at(row, "RowAmount") or text_at(row, "RowVatExcludedAmount"),
        }
        for row in root.findall("InvoiceRow")
    ]
    links = zip(
        root.findall("InvoiceUrlNameText"), root.findall("InvoiceUrlText"), strict=False
    )
    return {
        "seller": text_at(root, "SellerPartyDetails/SellerOrganisationName"),
        "buyer": text_at(root, "BuyerPartyDetails/BuyerOrganisationName"),
        "type": text_at(root, f"{INVOICE}/InvoiceTypeCode"),
        "type_text": text_at(root, f"{INVOICE}/InvoiceTypeText"),
        "origin": text_at(root, f"{INVOICE}/OriginCode"),
        "number": text_at(root, f"{INVOICE}/InvoiceNumber"),
        "date": text_at(root, f"{INVOICE}/InvoiceDate"),
        "due": text_at(root, DUE),
        "total": text_at(root, TOTAL),
        "amount": text_at(root, AMOUNT),
        "account": text_at(root, ACCOUNT),
        "payee": text_at(root, PAYEE),
        "reference": text_at(root, REFERENCE),
        "subject": text_at(root, SUBJECT),
        "barcode": text_at(root, "VirtualBankBarcode"),
        "free_text": [e.text or "" for e in root.findall(f"{INVOICE}/InvoiceFreeText")],
        "links": [{"name": n.text or "", "url": u.text or ""} for n, u in links],
        "rows": [row for row in rows if any(row.values())],
    }

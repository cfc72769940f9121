"""What a consumer's bank demands of the contents of a Finvoice: all code 6.

From the implementation guidelines chapters 8 (form of the text), 10.1 (repeated
frame), 10.14 (types and origins), 10.18 (bar code) and 14 (payment), the
notification guidelines (payment subject and accounts are announced) and a bank's
published rules for consumer invoices (euro, no copies, due 7-365 days ahead).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lxml import etree

from counterparties.bank.frame import Finding, Frame, local
from counterparties.bank.values import (
    Row,
    decode_barcode,
    parse_amount,
    parse_date,
    parse_percent,
    reference_ok,
    same_reference,
)

EARLIEST_DUE, LATEST_DUE = 7, 365
CENT, ZERO = Decimal("0.01"), Decimal(0)
CREDIT_NOTE, DIRECT_PAYMENT = "INV02", "INV09"
TYPE, ORIGIN = "InvoiceDetails/InvoiceTypeCode", "InvoiceDetails/OriginCode"
TOTAL = "InvoiceDetails/InvoiceTotalVatIncludedAmount"
VAT = "InvoiceDetails/VatSpecificationDetails"
EPI_PARTY = "EpiDetails/EpiPartyDetails"
BANK_BIC = f"{EPI_PARTY}/EpiBfiPartyDetails/EpiBfiIdentifier"
PAYEE = f"{EPI_PARTY}/EpiBeneficiaryPartyDetails/EpiNameAddressDetails"
ACCOUNT = f"{EPI_PARTY}/EpiBeneficiaryPartyDetails/EpiAccountID"
PAYMENT = "EpiDetails/EpiPaymentInstructionDetails"
SUBJECT = f"{PAYMENT}/EpiPaymentInstructionId"
REFERENCE = f"{PAYMENT}/EpiRemittanceInfoIdentifier"
AMOUNT = f"{PAYMENT}/EpiInstructedAmount"
DUE = f"{PAYMENT}/EpiDateOptionDate"
BARCODE = "VirtualBankBarcode"

# Elements the schema demands although it lets them be empty.
_MAY_BE_EMPTY = {
    *("EpiReference", "AnyPartyText", "SubRowAnyPartyText"),
    "FactoringAgreementIdentifier",
}
# Where it says once more what the frame says, in the order of the frame.
_REPEATED = (
    "MessageSenderDetails/FromIdentifier",
    "MessageSenderDetails/FromIntermediator",
    "MessageReceiverDetails/ToIdentifier",
    "MessageReceiverDetails/ToIntermediator",
    "MessageDetails/MessageIdentifier",
    "MessageDetails/MessageTimeStamp",
    "MessageDetails/RefToMessageIdentifier",
)
# What the schema makes mandatory, for when the official one is absent.
_MANDATORY = (
    "SellerPartyDetails/SellerOrganisationName",
    "BuyerPartyDetails/BuyerOrganisationName",
    *(TYPE, "InvoiceDetails/InvoiceTypeText", ORIGIN, "InvoiceDetails/InvoiceNumber"),
    *("InvoiceDetails/InvoiceDate", TOTAL, "InvoiceRow"),
    *("EpiDetails/EpiIdentificationDetails/EpiReference", ACCOUNT, AMOUNT),
    *(f"{PAYMENT}/EpiCharge", DUE),
)
_OTHER_CURRENCY = {
    *("OtherCurrencyAmountVatExcludedAmount", "OtherCurrencyAmountVatIncludedAmount"),
    "InvoiceTotalVatAccountingAmount",
}


def text_at(root: etree._Element, path: str) -> str:
    """The text of an element, or nothing."""
    return (root.findtext(path) or "").strip()


def amount_at(root: etree._Element, path: str) -> Decimal | None:
    """An amount, when there is one."""
    return parse_amount(text_at(root, path))


def fault_at(root: etree._Element, path: str, text: str, code: int = 6) -> Finding:
    """A finding with the line of the element meant, when it exists."""
    element = root.find(path)
    line = "" if element is None else f"line {element.sourceline}, "
    return Finding(code, text, f"{line}/Finvoice/{path}")


def place(element: etree._Element) -> str:
    """Where one of several elements stands."""
    return f"line {element.sourceline}, {element.getroottree().getpath(element)}"


def missing(root: etree._Element) -> Iterator[Finding]:
    """What no Finvoice is without."""
    for path in _MANDATORY:
        if root.find(path) is None:
            fault = f"Element {path.rsplit('/', 1)[-1]} is missing"
            yield fault_at(root, path, fault, 7)


def check_contents(
    root: etree._Element,
    frame: Frame,
    today: date,
    invoicer: Row | None,
    service: str | None,
) -> Iterator[Finding]:
    """Every content rule, given the announcement and the service ordered."""
    yield from _transmission(root, frame)
    yield from _form(root)
    yield from _kind(root, service)
    if invoicer is not None:
        yield from _announced(root, invoicer)
    yield from _payment(root, today)
    yield from _sums(root)
    yield from _rows(root)
    yield from _barcode(root)


def _transmission(root: etree._Element, frame: Frame) -> Iterator[Finding]:
    """MessageTransmissionDetails repeats the frame (guidelines 10.1)."""
    block = "MessageTransmissionDetails"
    if root.find(block) is None:
        yield fault_at(root, block, f"{block} is missing")
        return
    for path, expected in zip(_REPEATED, frame, strict=True):
        text = text_at(root, f"{block}/{path}")
        if text != expected:
            name = path.rsplit("/", 1)[-1]
            fault = f"{name} is {text!r}, the frame says {expected!r}"
            yield fault_at(root, f"{block}/{path}", fault)


def _form(root: etree._Element) -> Iterator[Finding]:
    """Tabs, spaces beside tags, empty elements, currencies (guidelines 8)."""
    for element in root.iter(etree.Element):
        name, text = local(element), element.text or ""
        if "\t" in text or "\t" in (element.tail or ""):
            yield Finding(6, f"Tab character in or after {name}", place(element))
        if not len(element):
            if not text.strip() and name not in _MAY_BE_EMPTY:
                yield Finding(6, f"Empty element {name}", place(element))
            elif text != text.strip():
                yield Finding(6, f"Space beside the tags of {name}", place(element))
        currency = element.get("AmountCurrencyIdentifier", "EUR")
        if currency != "EUR" and name not in _OTHER_CURRENCY:
            yield Finding(6, f"{name} is in {currency}, not in EUR", place(element))


def _kind(root: etree._Element, service: str | None) -> Iterator[Finding]:
    """Origin and type of the invoice against the service ordered (10.14)."""
    kind, origin = text_at(root, TYPE), text_at(root, ORIGIN)
    total = amount_at(root, TOTAL) or ZERO
    if origin == "Copy":
        yield fault_at(root, ORIGIN, "Copies are not taken to netbanks")
    if origin == "Cancel" and kind != CREDIT_NOTE:
        yield fault_at(root, TYPE, f"A cancellation is {CREDIT_NOTE}, not {kind}")
    if kind == CREDIT_NOTE and total >= 0:
        yield fault_at(root, TOTAL, "The total of a credit note is negative")
    if kind != CREDIT_NOTE and total < 0:
        yield fault_at(root, TOTAL, f"The total is negative but the type is {kind}")
    if service == "00" and kind == DIRECT_PAYMENT:
        yield fault_at(root, TYPE, "The customer has not ordered direct payment")
    if service == "01" and kind == "INV01":
        fault = f"The customer has direct payment: the type is {DIRECT_PAYMENT}"
        yield fault_at(root, TYPE, fault)


def _announced(root: etree._Element, invoicer: Row) -> Iterator[Finding]:
    """The account among those of the SenderInfo (notification guidelines 4.5)."""
    accounts = {account["iban"]: account["bic"] for account in invoicer["accounts"]}
    account, bic = text_at(root, ACCOUNT), text_at(root, BANK_BIC)
    if account not in accounts:
        yield fault_at(root, ACCOUNT, f"Account {account} was not announced")
    elif bic and bic != accounts[account]:
        yield fault_at(root, BANK_BIC, f"Account {account} is not at {bic}")


def _payment(root: etree._Element, today: date) -> Iterator[Finding]:
    """What a consumer's payment needs (guidelines 14; due date 7-365 days)."""
    credit = text_at(root, TYPE) == CREDIT_NOTE
    for path in (BANK_BIC, PAYEE, *(() if credit else (REFERENCE,))):
        if not text_at(root, path):
            yield fault_at(root, path, f"{path.rsplit('/', 1)[-1]} is missing")
    reference = root.find(REFERENCE)
    if reference is not None:
        text = (reference.text or "").strip()
        if not reference_ok(text, reference.get("IdentificationSchemeName")):
            fault = f"Reference {text} has wrong check digits"
            yield fault_at(root, REFERENCE, fault)
    due = parse_date(text_at(root, DUE))
    if due is None:
        yield fault_at(root, DUE, "The due date is not a date")
    elif not credit and not EARLIEST_DUE <= (due - today).days <= LATEST_DUE:
        days = f"{EARLIEST_DUE}-{LATEST_DUE} days after {today}"
        yield fault_at(root, DUE, f"The due date {due} is not {days}")


def _sums(root: etree._Element) -> Iterator[Finding]:
    """Totals against the VAT specification and the amount to be paid."""
    total, pay = amount_at(root, TOTAL), amount_at(root, AMOUNT)
    if total is None or pay is None:
        yield fault_at(root, TOTAL, "The total or the sum to pay is not an amount")
        return
    rounding = amount_at(root, "InvoiceDetails/InvoiceTotalRoundoffAmount") or ZERO
    paid = amount_at(root, "InvoiceDetails/InvoicePaidAmount") or ZERO
    payable = {total - paid, total - paid + rounding}
    if text_at(root, TYPE) == CREDIT_NOTE:
        payable.add(ZERO)
    # of a direct payment each copy asks for what falls due on its day
    is_part = text_at(root, TYPE) == DIRECT_PAYMENT and ZERO < pay < max(payable)
    if pay not in payable and not is_part:
        yield fault_at(root, AMOUNT, f"To be paid {pay}, invoiced {total}")
    excluded = amount_at(root, "InvoiceDetails/InvoiceTotalVatExcludedAmount")
    vat = amount_at(root, "InvoiceDetails/InvoiceTotalVatAmount")
    totals = (total, total - rounding)
    if specified := root.findall(VAT):
        bases = (amount_at(line, "VatBaseAmount") or ZERO for line in specified)
        taxes = (amount_at(line, "VatRateAmount") or ZERO for line in specified)
        base, tax = sum(bases, ZERO), sum(taxes, ZERO)
        for line in specified:
            yield from _vat_rate(root, line)
        if base + tax not in totals:
            yield fault_at(root, TOTAL, f"The VAT specification sums to {base + tax}")
        if excluded not in (None, base):
            yield fault_at(root, TOTAL, f"Without VAT {excluded}, specified {base}")
        if vat not in (None, tax):
            yield fault_at(root, TOTAL, f"VAT {vat}, specified {tax}")
    if None not in (excluded, vat) and excluded + vat not in totals:
        yield fault_at(root, TOTAL, f"{excluded} + VAT {vat} is not {total}")


def _vat_rate(root: etree._Element, line: etree._Element) -> Iterator[Finding]:
    """Tax of one rate, within a cent for every row (rounding row by row)."""
    base, tax = amount_at(line, "VatBaseAmount"), amount_at(line, "VatRateAmount")
    rate = parse_percent(text_at(line, "VatRatePercent"))
    if base is None or tax is None or rate is None:
        return
    if abs(base * rate / 100 - tax) > CENT * len(root.findall("InvoiceRow")):
        yield fault_at(root, VAT, f"VAT {rate} % of {base} is not {tax}")


def _rows(root: etree._Element) -> Iterator[Finding]:
    """Rows against the totals, within a cent for every row."""
    names = ("RowVatExcludedAmount", "RowVatAmount", "RowAmount")
    rows = []
    for row in root.findall("InvoiceRow"):
        net, vat, gross = (amount_at(row, name) for name in names)
        if (net, vat, gross) != (None, None, None):
            rows.append((net, gross))
        if None not in (net, vat, gross) and abs(net + vat - gross) > CENT:
            yield Finding(6, "The amounts of the row do not add up", place(row))
    adjusted = any(
        root.find(f"InvoiceDetails/{kind}TotalVatExcludedAmount") is not None
        for kind in ("Discounts", "Charges")
    )
    net = amount_at(root, "InvoiceDetails/RowsTotalVatExcludedAmount")
    if net is None and not adjusted:
        net = amount_at(root, "InvoiceDetails/InvoiceTotalVatExcludedAmount")
    gross = None if adjusted else amount_at(root, TOTAL)
    pairs = (("RowVatExcludedAmount", net), ("RowAmount", gross))
    for (name, total), stated in zip(pairs, zip(*rows, strict=True), strict=False):
        if total is None or None in stated:
            continue
        if abs(sum(stated) - total) > CENT * len(rows):
            fault = f"The rows sum to {sum(stated)}, the invoice says {total}"
            yield fault_at(root, f"InvoiceRow/{name}", fault)


def _barcode(root: etree._Element) -> Iterator[Finding]:
    """The virtual bar code carries the same payment (guidelines 10.18)."""
    if root.find(BARCODE) is None:
        return
    text = text_at(root, BARCODE)
    code = decode_barcode(text)
    if code is None:
        fault = f"{text!r} is not a bar code of version 4 or 5"
        yield fault_at(root, BARCODE, fault)
        return
    expected = {
        "account": (code.account, text_at(root, ACCOUNT)),
        "amount": (code.amount, amount_at(root, AMOUNT)),
        "due date": (code.due, text_at(root, DUE)[2:]),
    }
    for name, (coded, stated) in expected.items():
        if coded != stated:
            fault = f"The bar code has {name} {coded}, not {stated}"
            yield fault_at(root, BARCODE, fault)
    if not same_reference(code.reference, text_at(root, REFERENCE)):
        fault = f"The bar code has reference {code.reference}"
        yield fault_at(root, BARCODE, fault)


def summary(root: etree._Element) -> Row:
    """What the netbank shows of an invoice."""
    places = {
        "seller": "SellerPartyDetails/SellerOrganisationName",
        "type": TYPE,
        "type_text": "InvoiceDetails/InvoiceTypeText",
        "origin": ORIGIN,
        "number": "InvoiceDetails/InvoiceNumber",
        "date": "InvoiceDetails/InvoiceDate",
        "due": DUE,
        "amount": AMOUNT,
        "account": ACCOUNT,
        "payee": PAYEE,
        "reference": REFERENCE,
        "subject": SUBJECT,
        "barcode": BARCODE,
    }
    names = (each.text for each in root.findall("InvoiceUrlNameText"))
    links = (each.text for each in root.findall("InvoiceUrlText"))
    rows = [_row(row) for row in root.findall("InvoiceRow")]
    return {
        **{name: text_at(root, path) for name, path in places.items()},
        "free_text": [e.text for e in root.findall("InvoiceDetails/InvoiceFreeText")],
        "links": [f"{name}: {link}" for name, link in zip(names, links, strict=False)],
        "rows": [row for row in rows if any(row.values())],
    }


def _row(row: etree._Element) -> dict[str, str]:
    def first(*paths: str) -> str:
        return next(filter(None, (text_at(row, path) for path in paths)), "")

    free = " ".join(each.text or "" for each in row.findall("RowFreeText"))
    return {
        "text": first("ArticleName") or free,
        "note": first("ArticleDescription"),
        "quantity": first("InvoicedQuantity", "DeliveredQuantity"),
        "unit_price": first("UnitPriceAmount"),
        "vat": first("RowVatRatePercent"),
        "amount": first("RowAmount", "RowVatExcludedAmount"),
    }

"""ISO 20022: camt.053, a statement of an account, and camt.054, its single payments.

Versions 2 to 8 differ in where a date or a party's name stands; names are read wherever
they are. Only what is booked (``BOOK``) is money. A batch booked in one sum has its
payments in ``TxDtls``; where they do not add up to the sum (in another currency, or
left out by the bank) the sum stands alone. What is charged is in the sum already.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from lxml import etree

from odoo.addons.receivables_base.formats import amounts, moments, references, safe_xml
from odoo.addons.receivables_base.formats.errors import FormatError

from .statement import Entry, FileError, Statement, Total

_KINDS = {
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
_SIGNS = {"CRDT": 1, "DBIT": -1}
_VERSIONS = range(2, 9)
# What connections bring at most: some 100,000 payments.
LARGEST = 50 * 1024 * 1024


def recognises(data: bytes) -> bool:
    """Whether it looks like such a document."""
    return any(
        f"urn:iso:std:iso:20022:tech:xsd:{kind}.001.".encode() in data[:4000]
        for kind in _KINDS
    )


def read(data: bytes) -> tuple[Statement, ...]:
    """Read a document, one statement for each account.

    :raises FileError: with the element that cannot be read
    """
    try:
        root = safe_xml.parse(data, LARGEST)
    except FormatError as error:
        raise FileError(error.code, error.field, **error.params) from error
    name = etree.QName(root).namespace or ""
    kind, _dot, version = name.rpartition(":")[2].partition(".001.")
    if kind not in _KINDS or not version.isdecimal() or int(version) not in _VERSIONS:
        raise FileError("unknown", "Document")
    message, part = _KINDS[kind]
    body = safe_xml.descend(root, message)
    parts = [] if body is None else safe_xml.children(body, part)
    if not parts:
        raise FileError("missing", f"{message}/{part}")
    return tuple(
        _statement(kind, element, f"{part}[{place}]")
        for place, element in enumerate(parts, start=1)
    )


def _statement(kind: str, element: etree._Element, place: str) -> Statement:
    entries = tuple(
        _entry(entry, f"{place}/Ntry[{number}]")
        for number, entry in enumerate(safe_xml.children(element, "Ntry"), start=1)
        if _status(entry) == "BOOK"
    )
    account = safe_xml.text_at(element, "Acct", "Id", "IBAN")
    account = account or safe_xml.text_at(element, "Acct", "Id", "Othr", "Id")
    currency = safe_xml.text_at(element, "Acct", "Ccy")
    balances = _balances(element, place)
    opening = balances.get("OPBD") or balances.get("PRCD")
    closing = balances.get("CLBD")
    if not currency and opening:
        currency = opening[1]
    if not currency and entries:
        currency = entries[0].currency
    return Statement(
        format=kind,
        account="".join(account.split()),
        currency=currency,
        entries=entries,
        number=safe_xml.text_at(element, "Id"),
        made_on=_day(safe_xml.text_at(element, "CreDtTm")[:10], f"{place}/CreDtTm"),
        totals=(
            *_balance_total(opening, closing, entries, place),
            *_summary_totals(element, entries, place),
        ),
        opening=opening[0] if opening and closing else None,
        closing=closing[0] if opening and closing else None,
    )


def _status(entry: etree._Element) -> str:
    """``<Sts>BOOK</Sts>``; from version 8 on ``<Sts><Cd>BOOK</Cd></Sts>``."""
    return safe_xml.text_at(entry, "Sts", "Cd") or safe_xml.text_at(entry, "Sts")


def _balances(element: etree._Element, place: str) -> dict[str, tuple[Decimal, str]]:
    found = {}
    for number, balance in enumerate(safe_xml.children(element, "Bal"), start=1):
        code = safe_xml.text_at(balance, "Tp", "CdOrPrtry", "Cd")
        found[code] = _money(balance, f"{place}/Bal[{number}]")
    return found


def _balance_total(
    opening: tuple[Decimal, str] | None,
    closing: tuple[Decimal, str] | None,
    entries: tuple[Entry, ...],
    place: str,
) -> tuple[Total, ...]:
    """What was there before, and what came and went, is what is there now."""
    if not opening or not closing:
        return ()
    moved = sum((entry.amount for entry in entries), Decimal(0))
    return (Total(f"{place}/Bal", closing[0], opening[0] + moved),)


def _summary_totals(
    element: etree._Element, entries: tuple[Entry, ...], place: str
) -> list[Total]:
    """``TxsSummry``, where the bank sends one: how many came in and how much."""
    totals = []
    for name, sign in (("TtlCdtNtries", 1), ("TtlDbtNtries", -1)):
        summary = safe_xml.descend(element, "TxsSummry", name)
        if summary is None:
            continue
        some = [entry.amount for entry in entries if entry.amount * sign > 0]
        where = f"{place}/TxsSummry/{name}"
        for leaf, found in (
            ("NbOfNtries", Decimal(len(some))),
            ("Sum", abs(sum(some, Decimal(0)))),
        ):
            text = safe_xml.text_at(summary, leaf)
            if text:
                totals.append(Total(where, _number(text, f"{where}/{leaf}"), found))
    return totals


def _entry(element: etree._Element, place: str) -> Entry:
    amount, currency = _money(element, place)
    booked_on = _date_at(element, "BookgDt", place)
    if booked_on is None:
        raise FileError("missing", f"{place}/BookgDt")
    paid_on = _date_at(element, "ValDt", place)
    reverses = safe_xml.text_at(element, "RvslInd") == "true"
    parts = [
        _payment(one, f"{place}/TxDtls[{number}]", amount, currency)
        for number, one in enumerate(
            (
                one
                for details in safe_xml.children(element, "NtryDtls")
                for one in safe_xml.children(details, "TxDtls")
            ),
            start=1,
        )
    ]
    facts = {
        "place": place,
        "booked_on": booked_on,
        "paid_on": paid_on,
        "is_correction": reverses,
    }
    bank_id = safe_xml.text_at(element, "AcctSvcrRef")
    details = tuple(
        Entry(**{**facts, "bank_id": bank_id, **part})  # type: ignore[arg-type]
        for part in parts
    )
    adds_up = {one.currency for one in details} == {currency} and amount == sum(
        one.amount for one in details
    )
    single = details[0] if len(details) == 1 else None
    return Entry(
        **facts,  # type: ignore[arg-type]
        amount=amount,
        currency=currency,
        bank_id=bank_id,
        reference=single.reference if single else "",
        payer=single.payer if single else "",
        payer_account=single.payer_account if single else "",
        text=single.text if single else safe_xml.text_at(element, "AddtlNtryInf"),
        details=details if adds_up and not single else (),
    )


def _payment(
    element: etree._Element, place: str, whole: Decimal, currency: str
) -> dict[str, object]:
    """One payment of a batch; alone it may leave its amount to the batch."""
    amount, own = whole, currency
    if safe_xml.descend(element, "Amt") is not None:
        amount, own = _money(element, place, 1 if whole > 0 else -1)
    elif safe_xml.descend(element, "AmtDtls", "TxAmt") is not None:
        inner = safe_xml.descend(element, "AmtDtls", "TxAmt")
        assert inner is not None
        amount, own = _money(inner, place, 1 if whole > 0 else -1)
    side = "Dbtr" if (amount or whole) > 0 else "Cdtr"
    parties = safe_xml.descend(element, "RltdPties")
    payer = account = ""
    if parties is not None:
        payer = safe_xml.text_at(parties, side, "Nm")
        payer = payer or safe_xml.text_at(parties, side, "Pty", "Nm")
        account = safe_xml.text_at(parties, f"{side}Acct", "Id", "IBAN")
        account = account or safe_xml.text_at(
            parties, f"{side}Acct", "Id", "Othr", "Id"
        )
    return {
        "place": place,
        "amount": amount,
        "currency": own,
        "payer": payer,
        "payer_account": "".join(account.split()),
        "reference": _reference(element),
        "text": _text(element),
        **(
            {"bank_id": own_id}
            if (own_id := safe_xml.text_at(element, "Refs", "AcctSvcrRef"))
            else {}
        ),
    }


def _reference(element: etree._Element) -> str:
    for information in safe_xml.children(element, "RmtInf"):
        for structured in safe_xml.children(information, "Strd"):
            text = safe_xml.text_at(structured, "CdtrRefInf", "Ref")
            text = text or safe_xml.text_at(structured, "CdtrRefInf", "CdtrRef")
            if text:
                return references.normalise(text)
    return ""


def _text(element: etree._Element) -> str:
    lines = [
        safe_xml.leaf_text(line)
        for information in safe_xml.children(element, "RmtInf")
        for line in safe_xml.children(information, "Ustrd")
    ]
    return " ".join(filter(None, lines))


def _money(
    element: etree._Element, place: str, usual: int | None = None
) -> tuple[Decimal, str]:
    """The amount with its sign, and its currency."""
    amount = safe_xml.descend(element, "Amt")
    text = "" if amount is None else safe_xml.leaf_text(amount)
    number = _number(text, f"{place}/Amt")
    side = safe_xml.text_at(element, "CdtDbtInd")
    sign = _SIGNS.get(side, usual if not side else None)
    if sign is None:
        raise FileError(
            "pattern", f"{place}/CdtDbtInd", value=side, expected="CRDT or DBIT"
        )
    return sign * number, "" if amount is None else amount.get("Ccy", "")


def _number(text: str, place: str) -> Decimal:
    number = amounts.read_signed(text)
    if number is None or number < 0:
        raise FileError("pattern", place, value=text, expected="an amount")
    return number


def _date_at(element: etree._Element, name: str, place: str) -> date | None:
    text = safe_xml.text_at(element, name, "Dt")
    text = text or safe_xml.text_at(element, name, "DtTm")[:10]
    return _day(text, f"{place}/{name}")


def _day(text: str, place: str) -> date | None:
    if not text:
        return None
    day = moments.read_day(text)
    if day is None:
        raise FileError("pattern", place, value=text, expected="a day")
    return day

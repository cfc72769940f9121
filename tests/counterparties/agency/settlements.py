"""Payouts to creditors, each explained line by line."""

import datetime as dt
import io
from decimal import Decimal

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from . import fields, money
from .core import agency
from .errors import ApiError
from .money import ZERO

PAYER_IBAN = "SE4550000000058398257466"
_AMOUNTS = (
    *("capital", "interest", "fees", "agency_fees", "court_fees"),
    *("commission", "vat", "net"),
)


def settle(creditor_id: str | None = None) -> list[dict]:
    """Pay out what was received and not paid out yet; of one creditor or of all."""
    made = []
    for creditor in agency.books.find("creditor"):
        mine = {"creditor_id": creditor["id"], "kind": "agency"}
        if creditor_id not in (None, creditor["id"]):
            continue
        payments = agency.books.find("payment", **mine)
        for payment in payments:
            if payment["due_at"]:
                # what is carried over waits for the next payment
                agency.books.save("payment", {**payment, "due_at": None})
        unpaid = [payment for payment in payments if _is_open(payment)]
        for currency in dict.fromkeys(payment["currency"] for payment in unpaid):
            same = [_line(p) for p in unpaid if p["currency"] == currency]
            is_batch = creditor["settings"]["payout_mode"] == "daily_batch"
            for lines in [same] if is_batch else _singly(same):
                if _total(lines) > 0:
                    made.append(_enter(creditor, currency, lines))
    return made


def _is_open(payment: dict) -> bool:
    """Not paid out yet, or taken back after it was."""
    if payment["reversed_at"]:
        return bool(payment["settlement_id"] and not payment["reversal_settlement_id"])
    return not payment["settlement_id"]


def _line(payment: dict) -> dict:
    """A line of a settlement; a payment that was taken back is negative."""
    case = agency.record("case", payment["case_id"])
    currency, sign = payment["currency"], -1 if payment["reversed_at"] else 1
    applied = {name: Decimal(value) for name, value in payment["applied"].items()}
    own_fees = applied["own_fees"]
    agency_fees = applied["fees"] - own_fees
    rate = agency.rate("commission_percent")
    commission = money.percent(applied["capital"], rate, currency)
    rate = agency.rate("vat_percent")
    vat = money.percent(commission + agency_fees, rate, currency)
    net = applied["capital"] + applied["interest"] + own_fees - commission - vat
    amounts = {**applied, "fees": own_fees, "agency_fees": agency_fees}
    amounts |= {"commission": commission, "vat": vat, "net": net}
    return {
        "case_id": case["id"],
        "case_number": case["case_number"],
        "external_id": case["external_id"],
        "invoice_number": case["invoice_number"],
        "payment_id": payment["id"],
        "payment_date": payment["date"],
        **{name: money.show(amounts[name] * sign, currency) for name in _AMOUNTS},
    }


def _total(lines: list[dict]) -> Decimal:
    return sum((Decimal(line["net"]) for line in lines), ZERO)


def _singly(lines: list[dict]) -> list[list[dict]]:
    """A group for each payment; what is to be paid back goes with one that bears it."""
    owed = [line for line in lines if _total([line]) <= 0]
    groups = []
    for line in lines:
        if _total([line]) > 0:
            group = [line]
            while owed and _total([*group, owed[0]]) > 0:
                group.append(owed.pop(0))
            groups.append(group)
    return groups


def _enter(creditor: dict, currency: str, lines: list[dict]) -> dict:
    settings, today = creditor["settings"], agency.today()
    number = agency.books.number("settlement_number", 1)
    reference = lines[0]["invoice_number"]
    if settings["payout_mode"] == "daily_batch":
        reference = f"NI-{today:%Y%m%d}-{number}"
    settlement = {
        "id": agency.new_id("se"),
        "creditor_id": creditor["id"],
        "status": "open",
        "payout_mode": settings["payout_mode"],
        "batch_account": settings["batch_account"],
        "created_at": agency.stamp(),
        "bookkept_at": None,
        "internal_accounting_id": None,
        "bank_reference": reference,
        "value_date": (today + dt.timedelta(days=1)).isoformat(),
        "payer_name": agency.name,
        "payer_iban": PAYER_IBAN,
        "currency": currency,
        "total": money.show(_total(lines), currency),
        "lines": lines,
    }
    agency.books.save("settlement", settlement)
    for line in lines:
        payment = agency.record("payment", line["payment_id"])
        prefix = "reversal_" if payment["reversed_at"] else ""
        payment[f"{prefix}settlement_id"] = settlement["id"]
        agency.books.save("payment", payment)
    agency.emit(creditor["id"], "settlement.created", None, settlement["id"])
    return settlement


def view(settlement: dict) -> dict:
    """As the contract shows it."""
    shown = {name: value for name, value in settlement.items() if name != "creditor_id"}
    shown["pdf_url"] = f"{agency.base_url}/v1/settlements/{settlement['id']}/pdf"
    return shown


def bookkeep(settlement: dict, given: dict) -> dict:
    """The creditor has booked it under this id of its own."""
    read = fields.read("internal_accounting_id!", given)
    if settlement["status"] == "open":
        settlement.update(status="bookkept", bookkept_at=agency.stamp(), **read)
        return agency.books.save("settlement", settlement)
    if settlement["internal_accounting_id"] != read["internal_accounting_id"]:
        words = "The settlement is bookkept under another id."
        more = {"state": "bookkept", "available_actions": []}
        raise ApiError("action_not_available", words, more)
    return settlement


def pdf(settlement: dict) -> bytes:
    """The settlement on paper."""
    columns = ("invoice_number", "payment_date", *_AMOUNTS)
    rows = [
        "{payer_name}: settlement {id}".format(**settlement),
        "Bank reference {bank_reference}, value date {value_date}".format(**settlement),
        "Total {total} {currency}".format(**settlement),
        "",
        "".join(f"{name[:13]:>14}" for name in columns),
    ]
    for line in settlement["lines"]:
        rows.append("".join(f"{line[name][:13]:>14}" for name in columns))
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=landscape(A4), pageCompression=0)
    for start in range(0, len(rows), 48):
        text = canvas.beginText(40, 560)
        text.setFont("Courier", 8, leading=11)
        text.textLines(rows[start : start + 48])
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return data.getvalue()

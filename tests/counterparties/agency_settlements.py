"""Payouts to creditors, each explained line by line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import agency_money
from agency_core import Agency
from agency_errors import ApiError
from agency_form import Form
from agency_money import ZERO
from agency_pdf import text_page

PAYER_IBAN = "SE4550000000058398257466"
_AMOUNTS = (
    "capital",
    "interest",
    "fees",
    "agency_fees",
    "court_fees",
    "commission",
    "vat",
    "net",
)


def settle(agency: Agency, creditor_id: str | None = None) -> list[dict]:
    """Pay out what was received and not paid out yet; of one creditor or of all."""
    made = []
    for creditor in agency.store.find("creditor"):
        if creditor_id in (None, creditor["id"]):
            waiting = agency.store.find("payment", second=creditor["id"])
            lines = [line for each in waiting for line in _lines(agency, each)]
            for currency in dict.fromkeys(line["currency"] for line in lines):
                same = [line for line in lines if line["currency"] == currency]
                made += _pay_out(agency, creditor, currency, same)
            _take_off_agenda(agency, waiting)
    return made


def _take_off_agenda(agency: Agency, payments: Iterable[dict]) -> None:
    """What is carried over waits for the next payment, not for a moment."""
    for payment in payments:
        if payment.get("due_at"):
            fresh = agency.record("payment", payment["id"])
            agency.store.save("payment", {**fresh, "due_at": None})


def _lines(agency: Agency, payment: dict) -> list[dict]:
    """The line of a payment, or of its being taken back after it was paid out."""
    if payment["kind"] != "agency":
        return []
    if not payment["settlement_id"] and not payment["reversed_at"]:
        return [_line(agency, payment, 1)]
    if (
        payment["settlement_id"]
        and payment["reversed_at"]
        and not payment["reversal_settlement_id"]
    ):
        return [_line(agency, payment, -1)]
    return []


def _line(agency: Agency, payment: dict, sign: int) -> dict:
    case = agency.record("case", payment["case_id"])
    rules, currency = agency.rules(), payment["currency"]
    applied = {name: Decimal(value) for name, value in payment["applied"].items()}
    own_fees = applied["own_fees"]
    agency_fees = applied["fees"] - own_fees
    rate = rules.amount("commission_percent")
    commission = agency_money.percent(applied["capital"], rate, currency)
    taxed = commission + agency_fees
    vat = agency_money.percent(taxed, rules.amount("vat_percent"), currency)
    amounts = {
        "capital": applied["capital"],
        "interest": applied["interest"],
        "fees": own_fees,
        "agency_fees": agency_fees,
        "court_fees": applied["court_fees"],
        "commission": commission,
        "vat": vat,
        "net": applied["capital"] + applied["interest"] + own_fees - commission - vat,
    }
    return {
        "payment": payment,
        "currency": currency,
        "net": amounts["net"] * sign,
        "view": {
            "case_id": case["id"],
            "case_number": case["case_number"],
            "external_id": case["external_id"],
            "invoice_number": case["invoice_number"],
            "payment_id": payment["id"],
            "payment_date": payment["date"],
            **{
                name: agency_money.show(amounts[name] * sign, currency)
                for name in _AMOUNTS
            },
        },
    }


def _pay_out(
    agency: Agency, creditor: dict, currency: str, lines: list[dict]
) -> list[dict]:
    if creditor["settings"]["payout_mode"] == "daily_batch":
        groups = [lines]
    else:
        groups = _singly(lines)
    return [
        _enter(agency, creditor, currency, group)
        for group in groups
        if sum((line["net"] for line in group), ZERO) > 0
    ]


def _singly(lines: list[dict]) -> list[list[dict]]:
    """A group for each payment; what is to be paid back goes with one that bears it."""
    owed = [line for line in lines if line["net"] <= 0]
    groups = []
    for line in lines:
        if line["net"] > 0:
            group, left = [line], line["net"]
            while owed and left + owed[0]["net"] > 0:
                left += owed[0]["net"]
                group.append(owed.pop(0))
            groups.append(group)
    return groups


def _enter(agency: Agency, creditor: dict, currency: str, lines: list[dict]) -> dict:
    settings, today = creditor["settings"], agency.clock.today()
    number = agency.store.next_number("settlement_number", 1)
    is_batch = settings["payout_mode"] == "daily_batch"
    reference = f"NI-{today:%Y%m%d}-{number}"
    total = sum((line["net"] for line in lines), ZERO)
    settlement = {
        "id": agency.new_id("se"),
        "creditor_id": creditor["id"],
        "status": "open",
        "payout_mode": settings["payout_mode"],
        "batch_account": settings["batch_account"],
        "created_at": agency.clock.stamp(),
        "bookkept_at": None,
        "internal_accounting_id": None,
        "bank_reference": reference if is_batch else lines[0]["view"]["invoice_number"],
        "value_date": (today + dt.timedelta(days=1)).isoformat(),
        "payer_name": agency.name,
        "payer_iban": PAYER_IBAN,
        "currency": currency,
        "total": agency_money.show(total, currency),
        "lines": [line["view"] for line in lines],
    }
    agency.store.save("settlement", settlement)
    for line in lines:
        payment = agency.record("payment", line["payment"]["id"])
        is_back = bool(payment["reversed_at"])
        field = "reversal_settlement_id" if is_back else "settlement_id"
        payment[field] = settlement["id"]
        agency.store.save("payment", payment)
    agency.emit(creditor["id"], "settlement.created", None, settlement["id"])
    return settlement


def view(agency: Agency, settlement: dict) -> dict:
    """As the contract shows it."""
    shown = {name: value for name, value in settlement.items() if name != "creditor_id"}
    shown["pdf_url"] = f"{agency.base_url}/v1/settlements/{settlement['id']}/pdf"
    return shown


def bookkeep(agency: Agency, settlement: dict, query: dict) -> dict:
    """The creditor has booked it under this id of its own."""
    form = Form(query)
    identity = form.text("internal_accounting_id", 64, required=True)
    form.check()
    if settlement["status"] == "bookkept":
        if settlement["internal_accounting_id"] != identity:
            raise ApiError(
                "action_not_available",
                "The settlement is bookkept under another id.",
                state="bookkept",
                available_actions=[],
            )
        return settlement
    settlement.update(
        status="bookkept",
        internal_accounting_id=identity,
        bookkept_at=agency.clock.stamp(),
    )
    return agency.store.save("settlement", settlement)


def pdf(settlement: dict) -> bytes:
    """The settlement on paper."""
    heads = ("Invoice", "Paid", *_AMOUNTS)
    rows = [
        "".join(f"{word[:13]:>14}" for word in heads),
        *(
            "".join(
                f"{line[name][:13]:>14}"
                for name in ("invoice_number", "payment_date", *_AMOUNTS)
            )
            for line in settlement["lines"]
        ),
    ]
    top = [
        f"{settlement['payer_name']}: settlement {settlement['id']}",
        f"Bank reference {settlement['bank_reference']}, "
        f"value date {settlement['value_date']}",
        f"Total {settlement['total']} {settlement['currency']}",
        "",
    ]
    return text_page([*top, *rows])

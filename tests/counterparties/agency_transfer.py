"""The transfer of an invoice: reading it, and the rules it must meet."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import agency_cases
import agency_course
from agency_core import Agency
from agency_errors import ApiError, fault
from agency_form import COUNTRY, EMAIL, LANGUAGE, Form
from agency_money import ZERO
from agency_rules import Rules

_DELIVERED = ("einvoice", "email", "post", "portal", "unknown")
_ADDRESS = {
    "street": (200, "Street"),
    "zip": (16, "Postcode"),
    "city": (100, "City"),
    "country": (2, "Country"),
}
# the order in which the first broken rule names the refusal
_ORDER = (
    "currency_not_supported",
    "non_positive_amount",
    "amount_exceeds_capital",
    "org_number_missing",
    "address_incomplete",
    "too_early",
    "too_old",
    "debtor_excluded",
    "service_not_agreed",
    "agreement_number_unknown",
)


def transfer(agency: Agency, creditor: dict, given: dict) -> dict:
    """Take a case over from a creditor."""
    if creditor["state"] != "active":
        raise ApiError(
            "creditor_not_active",
            f"The creditor is {creditor['state']}; it cannot transfer new cases.",
            state=creditor["state"],
        )
    form = Form(given)
    read, invoice = _read(form)
    form.check()
    _refuse_duplicates(agency, creditor, read["external_id"], invoice["number"])
    check = _Check(agency, creditor)
    check.amounts(read, invoice)
    check.debtor(read["debtor"])
    check.dates(invoice)
    check.agreement(read)
    check.raise_first()
    if not read["agreement_number"]:
        read["agreement_number"] = creditor["agreement_number"]
    read |= {
        "invoice_number": invoice["number"],
        "invoice_date": invoice["date"].isoformat(),
        "due_date": invoice["due_date"].isoformat(),
        "currency": invoice["currency"],
        "submitted": given,
    }
    case = agency_cases.open_case(agency, creditor, read)
    return agency_course.begin(agency, case, "creditor")


def type_by_hand(agency: Agency, creditor: dict, given: dict) -> dict:
    """A case that a person types at the agency; a creditor's own id is not known."""
    form = Form(given)
    number = form.text("invoice_number", 64, required=True) or ""
    name = form.text("debtor_name", 200, required=True)
    currency = form.currency() if form.has("currency") else "SEK"
    amount = form.money("amount", currency, required=True)
    form.check()
    if amount <= 0:
        raise ApiError("non_positive_amount", "The amount must be above zero.")
    _refuse_duplicates(agency, creditor, None, number)
    today = agency.clock.today()
    read = {
        "external_id": None,
        "agreement_number": creditor["agreement_number"],
        "first_action": "reminder",
        "invoice_number": number,
        "invoice_date": (today - dt.timedelta(days=60)).isoformat(),
        "due_date": (today - dt.timedelta(days=30)).isoformat(),
        "currency": currency,
        "capital": amount,
        "interest": ZERO,
        "own_fees": ZERO,
        "debtor": {"type": "company", "name": name, "address": None},
        "submitted": None,
    }
    case = agency_cases.open_case(agency, creditor, read)
    return agency_course.begin(agency, case, "creditor", "Typed by hand.")


def _refuse_duplicates(
    agency: Agency, creditor: dict, external_id: str | None, number: str
) -> None:
    cases = agency.store
    if external_id:
        for same in cases.find("case", owner=creditor["id"], first=external_id):
            raise ApiError(
                "duplicate_reference",
                "There is a case with this external_id.",
                existing_case_id=same["id"],
                case_number=same["case_number"],
            )
    key = agency_cases.invoice_key(number)
    for same in cases.find("case", owner=creditor["id"], second=key):
        if same["state"] != "closed":
            raise ApiError(
                "duplicate_invoice",
                "A case for this invoice number already exists.",
                [fault("invoice.number", "duplicate_invoice", "It is a case already.")],
                existing_case_id=same["id"],
                case_number=same["case_number"],
            )


# Reading


def _read(form: Form) -> tuple[dict, dict]:
    read: dict[str, object] = {
        "external_id": form.text("external_id", 64, required=True),
        "agreement_number": form.text("agreement_number", 64),
        "first_action": form.choice("first_action", ("reminder", "demand"), "reminder"),
    }
    form.choice("claim_type", ("invoice", "rent", "other"))
    form.text("letter_text", 1000)
    form.text("note", 4000)
    invoice = _invoice(form.child("invoice", required=True))
    claim = form.child("claim", required=True)
    currency = invoice["currency"]
    read |= {
        "capital": claim.money("capital", currency, required=True),
        "interest": claim.money("interest", currency, signed=False),
        "own_fees": _own_fees(claim, currency),
        "debtor": _debtor(form.child("debtor", required=True)),
    }
    return read, invoice


def _invoice(form: Form) -> dict:
    currency = form.currency()
    form.text("external_number", 64)
    form.text("description", 1000)
    form.choice("delivered_as", _DELIVERED)
    dated = form.date("date", required=True)
    due = form.date("due_date", required=True)
    if dated and due and due < dated:
        form.wrong("due_date", "value", "The due date is before the invoice date.")
    return {
        "number": form.text("number", 64, required=True) or "",
        "date": dated,
        "due_date": due,
        "currency": currency,
        "original_amount": form.money("original_amount", currency, required=True),
        "open_amount": form.money("open_amount", currency, required=True),
    }


def _own_fees(claim: Form, currency: str) -> Decimal:
    total = ZERO
    for each in claim.children("fees_already_claimed", 20):
        each.choice("type", ("reminder", "other"), required=True)
        each.date("date", required=True)
        total += each.money("amount", currency, required=True, signed=False)
        if each.currency() not in (currency, ""):
            words = "is not the currency of the invoice"
            each.wrong("currency", "value", f"{each.where('currency')} {words}.")
    return total


def _debtor(form: Form) -> dict:
    for extra in form.children("co_debtors", 10):
        _person(extra)
    form.text("number", 64)
    form.text("language", 2, pattern=LANGUAGE)
    contact = form.child("contact")
    contact.text("name", 200)
    contact.text("email", 200, pattern=EMAIL)
    contact.text("phone", 50)
    return _person(form)


def _person(form: Form) -> dict:
    form.text("email", 200, pattern=EMAIL)
    form.text("phone", 50)
    return {
        "type": form.choice("type", ("company", "person"), required=True),
        "name": form.text("name", 200, required=True),
        "id_number": form.text("id_number", 32),
        "address": read_address(form.child("address")),
    }


def read_address(form: Form) -> dict:
    """An address as far as it is given."""
    form.text("street2", 200)
    return {
        name: form.text(name, limit, pattern=COUNTRY if name == "country" else None)
        for name, (limit, _) in _ADDRESS.items()
    }


class _Check:
    """The agency's rules; every broken one is kept until all were looked at."""

    def __init__(self, agency: Agency, creditor: dict) -> None:
        self.creditor = creditor
        self.rules: Rules = agency.rules()
        self.today = agency.clock.today()
        self.broken: list[dict] = []
        self.details: dict[str, dict] = {}

    def _breaks(self, code: str, field: str, message: str, **details: object) -> None:
        self.broken.append(fault(field, code, message))
        self.details[code] = details

    def raise_first(self) -> None:
        if not self.broken:
            return
        self.broken.sort(key=lambda each: _ORDER.index(each["code"]))
        code = self.broken[0]["code"]
        same = [each["message"] for each in self.broken if each["code"] == code]
        raise ApiError(code, " ".join(same), self.broken, **self.details[code])

    def amounts(self, read: dict, invoice: dict) -> None:
        currencies = self.rules.names("currencies")
        if invoice["currency"] not in currencies:
            words = f"The agency does not collect in {invoice['currency']}."
            field = "invoice.currency"
            self._breaks("currency_not_supported", field, words, currencies=currencies)
        named = {
            "invoice.original_amount": invoice["original_amount"],
            "invoice.open_amount": invoice["open_amount"],
            "claim.capital": read["capital"],
        }
        for field, amount in named.items():
            if amount <= 0:
                words = f"{field} must be above zero."
                self._breaks("non_positive_amount", field, words)
        if read["capital"] > invoice["open_amount"]:
            words = "The capital is more than the open amount."
            self._breaks("amount_exceeds_capital", "claim.capital", words)
        if invoice["open_amount"] > invoice["original_amount"]:
            words = "The open amount is more than the original amount."
            self._breaks("amount_exceeds_capital", "invoice.open_amount", words)

    def debtor(self, debtor: dict) -> None:
        number = debtor["id_number"]
        if debtor["type"] == "company" and not number:
            words = "A company needs its organisation number."
            self._breaks("org_number_missing", "debtor.id_number", words)
        for name, (_, label) in _ADDRESS.items():
            if not debtor["address"][name]:
                field = f"debtor.address.{name}"
                self._breaks("address_incomplete", field, f"{label} is missing.")
        if number and number in self.rules.names("excluded_id_numbers"):
            words = "The agency does not collect from this debtor."
            self._breaks("debtor_excluded", "debtor.id_number", words)

    def dates(self, invoice: dict) -> None:
        day, due = invoice["date"], invoice["due_date"]
        earliest = self.rules.earliest(day, due)
        if self.today < earliest:
            after_due = dt.timedelta(days=self.rules.number("min_days_after_due"))
            is_due = due + after_due == earliest
            field = "invoice.due_date" if is_due else "invoice.date"
            words = f"It can be transferred on {earliest} at the earliest."
            self._breaks("too_early", field, words, earliest_date=earliest.isoformat())
        oldest = self.rules.oldest(self.today)
        if day < oldest:
            words = f"Invoices from before {oldest} are not taken."
            oldest_date = oldest.isoformat()
            self._breaks("too_old", "invoice.date", words, oldest_date=oldest_date)

    def agreement(self, read: dict) -> None:
        services = self.creditor["settings"]["services"]
        if read["first_action"] == "reminder" and services == "collection":
            words = "Reminders are not part of the agreed services."
            self._breaks("service_not_agreed", "first_action", words, services=services)
        number = read["agreement_number"]
        present = self.creditor["agreement_number"]
        if number and number not in (present, *self.creditor["former_numbers"]):
            words = f"The agreement number is {present}."
            self._breaks(
                "agreement_number_unknown",
                "agreement_number",
                words,
                agreement_number=present,
            )

"""The transfer of an invoice: reading it, and the rules it must meet."""

import datetime as dt
from collections.abc import Iterator

from dateutil.relativedelta import relativedelta

from . import cases, course, fields, money
from .core import agency
from .errors import ORDER, ApiError, fault
from .fields import Choice, Faults, Field, Many, Money, Object, needed, some
from .money import ZERO

_NEEDED = {"street": "Street", "zip": "Postcode", "city": "City", "country": "Country"}
_DELIVERED = ("einvoice", "email", "post", "portal", "unknown")
_PERSON = some(
    "name! id_number email phone",
    type=needed(Choice(("company", "person"))),
    address=Object(some("street street2 zip city country")),
)
_DEBTOR = some(
    "number language",
    **_PERSON,
    contact=Object(some("name email phone")),
    co_debtors=Many(Object(_PERSON), 10),
)


def _wanted(given: dict) -> dict[str, Field]:
    """The fields of a transfer; amounts have the decimals of the invoice's currency."""
    invoice = given.get("invoice")
    currency = invoice.get("currency") if isinstance(invoice, dict) else ""
    amount = Money(money.digits(currency))
    owed = Money(amount.digits, signed=False)
    fee = some(
        "date! currency!",
        type=needed(Choice(("reminder", "other"))),
        amount=needed(owed),
    )
    billed = some(
        "number! external_number date! due_date! currency! description",
        original_amount=needed(amount),
        open_amount=needed(amount),
        delivered_as=Choice(_DELIVERED),
    )
    claim = {
        "capital": needed(amount),
        "interest": owed,
        "fees_already_claimed": Many(Object(fee), 20),
    }
    return some(
        "external_id! agreement_number matter letter_text note",
        claim_type=Choice(("invoice", "rent", "other")),
        first_action=Choice(("reminder", "demand"), "reminder"),
        invoice=needed(Object(billed)),
        claim=needed(Object(claim)),
        debtor=needed(Object(_DEBTOR)),
    )


def transfer(creditor: dict, given: dict) -> dict:
    """Take a case over from a creditor."""
    if creditor["state"] != "active":
        words = f"The creditor is {creditor['state']}; it cannot transfer new cases."
        raise ApiError("creditor_not_active", words, {"state": creditor["state"]})
    read = _read(given)
    invoice, claim = read["invoice"], read["claim"]
    _refuse_duplicates(creditor, read["external_id"], invoice["number"])
    _refuse_broken_rules(creditor, read)
    case = {
        "external_id": read["external_id"],
        "agreement_number": read["agreement_number"] or creditor["agreement_number"],
        "first_action": read["first_action"],
        "matter": _join(creditor, read),
        "invoice_number": invoice["number"],
        "due_date": invoice["due_date"].isoformat(),
        "currency": invoice["currency"],
        "debtor": read["debtor"],
        "submitted": given,
    }
    fees = sum((each["amount"] for each in claim["fees_already_claimed"]), ZERO)
    owed = claim["capital"], claim["interest"], fees
    return course.begin(cases.new(creditor, case, owed))


def _join(creditor: dict, read: dict) -> str | None:
    """The matter, unless the agency has it open about another debtor or currency."""
    matter = read["matter"]
    if not matter or not agency.rules()["join_cases"]:
        return None
    number, currency = read["debtor"]["number"], read["invoice"]["currency"]
    joined = cases.together(creditor["id"], matter)
    fits = all(
        (case["debtor"].get("number"), case["currency"]) == (number, currency)
        for case in joined
    )
    return matter if fits else None


def _read(given: dict) -> dict:
    faults: Faults = []
    read = fields.read(_wanted(given), given, faults)
    invoice, currency = read["invoice"], read["invoice"]["currency"]
    day, due = invoice["date"], invoice["due_date"]
    if day and due and due < day:
        words = "The due date is before the invoice date."
        faults.append(fault("invoice.due_date", "value", words))
    for number, fee in enumerate(read["claim"]["fees_already_claimed"]):
        if currency and fee["currency"] not in (currency, None):
            path = f"claim.fees_already_claimed[{number}].currency"
            words = f"{path} is not the currency of the invoice."
            faults.append(fault(path, "value", words))
    fields.refuse(faults)
    return read


def type_by_hand(creditor: dict, given: dict) -> dict:
    """A case that a person types at the agency; a creditor's own id is not known."""
    currency = given.get("currency") or "SEK"
    amount = needed(Money(money.digits(currency)))
    wanted = some("invoice_number! debtor_name! currency", amount=amount)
    read = fields.read(wanted, {**given, "currency": currency})
    money.refuse_not_positive(read["amount"])
    _refuse_duplicates(creditor, None, read["invoice_number"])
    case = {
        "external_id": None,
        "agreement_number": creditor["agreement_number"],
        "first_action": "reminder",
        "matter": None,
        "invoice_number": read["invoice_number"],
        "due_date": (agency.today() - dt.timedelta(days=30)).isoformat(),
        "currency": currency,
        "debtor": {"type": "company", "name": read["debtor_name"], "address": None},
        "submitted": None,
    }
    opened = cases.new(creditor, case, (read["amount"], ZERO, ZERO))
    return course.begin(opened, "Typed by hand.")


def _refuse_duplicates(creditor: dict, external_id: str | None, number: str) -> None:
    mine, key = {"creditor_id": creditor["id"]}, cases.invoice_key(number)
    found: list[tuple[dict, str, str, list[dict]]] = []
    if external_id:
        words = "There is a case with this external_id."
        for same in agency.books.find("case", **mine, external_id=external_id):
            found.append((same, "duplicate_reference", words, []))
    words = "A case for this invoice number already exists."
    faults = [fault("invoice.number", "duplicate_invoice", words)]
    for same in agency.books.find("case", **mine, invoice_key=key):
        if same["state"] != "closed":
            found.append((same, "duplicate_invoice", words, faults))
    for same, code, words, faults in found:
        case = {"existing_case_id": same["id"], "case_number": same["case_number"]}
        raise ApiError(code, words, case, faults)


# The rules: code, field, sentence and details of each that is broken

Broken = Iterator[tuple[str, str, str, dict]]


def _refuse_broken_rules(creditor: dict, read: dict) -> None:
    """All are told; the first in the contract's order names the refusal."""
    rules = agency.rules()
    broken = [
        *_amounts(rules, read),
        *_debtor(rules, read["debtor"]),
        *_dates(rules, agency.today(), read["invoice"]),
        *_agreement(creditor, read),
    ]
    if broken:
        broken.sort(key=lambda each: ORDER.index(each[0]))
        first, _field, _words, details = broken[0]
        words = " ".join(words for code, _, words, _ in broken if code == first)
        faults = [fault(field, code, words) for code, field, words, _ in broken]
        raise ApiError(first, words, details, faults)


def _amounts(rules: dict, read: dict) -> Broken:
    invoice, capital = read["invoice"], read["claim"]["capital"]
    original, still_open = invoice["original_amount"], invoice["open_amount"]
    if invoice["currency"] not in rules["currencies"]:
        words = f"The agency does not collect in {invoice['currency']}."
        details = {"currencies": rules["currencies"]}
        yield "currency_not_supported", "invoice.currency", words, details
    amounts = {
        "invoice.original_amount": original,
        "invoice.open_amount": still_open,
        "claim.capital": capital,
    }
    for field, amount in amounts.items():
        if amount <= 0:
            yield "non_positive_amount", field, f"{field} must be above zero.", {}
    if capital > still_open:
        words = "The capital is more than the open amount."
        yield "amount_exceeds_capital", "claim.capital", words, {}
    if still_open > original:
        words = "The open amount is more than the original amount."
        yield "amount_exceeds_capital", "invoice.open_amount", words, {}


def _debtor(rules: dict, debtor: dict) -> Broken:
    number = debtor["id_number"]
    if debtor["type"] == "company" and not number:
        words = "A company needs its organisation number."
        yield "org_number_missing", "debtor.id_number", words, {}
    for name, label in _NEEDED.items():
        if not debtor["address"][name]:
            field = f"debtor.address.{name}"
            yield "address_incomplete", field, f"{label} is missing.", {}
    if number and number in rules["excluded_id_numbers"]:
        words = "The agency does not collect from this debtor."
        yield "debtor_excluded", "debtor.id_number", words, {}


def _dates(rules: dict, today: dt.date, invoice: dict) -> Broken:
    earliest, field = max(
        (invoice[name] + dt.timedelta(days=rules[rule]), f"invoice.{name}")
        for name, rule in (
            ("date", "min_days_after_invoice"),
            ("due_date", "min_days_after_due"),
        )
    )
    if today < earliest:
        words = f"It can be transferred on {earliest} at the earliest."
        yield "too_early", field, words, {"earliest_date": earliest.isoformat()}
    oldest = today - relativedelta(years=rules["max_age_years"])
    if invoice["date"] < oldest:
        words = f"Invoices from before {oldest} are not taken."
        yield "too_old", "invoice.date", words, {"oldest_date": oldest.isoformat()}


def _agreement(creditor: dict, read: dict) -> Broken:
    services = creditor["settings"]["services"]
    if read["first_action"] == "reminder" and services == "collection":
        words = "Reminders are not part of the agreed services."
        yield "service_not_agreed", "first_action", words, {"services": services}
    number, present = read["agreement_number"], creditor["agreement_number"]
    if number and number not in (present, *creditor["former_numbers"]):
        words = f"The agreement number is {present}."
        details = {"agreement_number": present}
        yield "agreement_number_unknown", "agreement_number", words, details

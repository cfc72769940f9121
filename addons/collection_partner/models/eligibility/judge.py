"""Which invoices may go to an agency: the judging alone, of facts by a policy."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

# What the user opens to fix each cause; the view and the programs use the word.
FIXES = {
    "no_agency": "settings",
    "agency_not_active": "agency",
    "address_incomplete": "partner",
    "org_number_missing": "partner",
    "banned": "partner",
    "debtor_flagged": "partner",
    "partner_excluded": "agency",
    "at_agency": "case",
    "at_other_agency": "case",
    "collected": "case",
    "undecided": "case",
    "not_reminded": "reminder",
    "reminder_required": "reminder",
    "elsewhere": "invoice",
    "financed": "invoice",
    "blocked": "invoice",
    "not_sent": "invoice",
    "not_delivered": "invoice",
    "delivery_open": "invoice",
    "not_posted": "invoice",
    "automatic_off": "agency",
    "amount_too_small": "agency",
    "rest_too_small": "agency",
    "unmatched": "invoice",
    "overdue_at_start": "agency",
}


class Reason(NamedTuple):
    """Why an invoice cannot go: a code, the first day on which the cause falls away
    by itself (or None), and what the sentence tells besides."""

    code: str
    earliest: date | None = None
    detail: str = ""


class Facts(NamedTuple):
    """What the engine knows of an invoice, as it comes from the database."""

    id: int
    company_id: int
    partner_id: int
    commercial_partner_id: int
    currency_id: int
    move_type: str
    state: str
    payment_state: str
    invoice_date: date
    due_date: date
    residual: float
    residual_company: float
    total: float
    total_company: float
    is_sent: bool
    financed: bool
    elsewhere: bool
    street: str
    zip: str
    city: str
    country_id: int
    is_company: bool
    company_registry: str
    vat: str
    banned: bool
    flag: str
    case_agency_id: int
    taken_back: bool
    collected: bool
    undecided: bool
    reminder_count: int
    last_reminder: date
    given: float
    first_due: date


@dataclass(frozen=True)
class Policy:
    """What one company has agreed and its country prescribes, on one day.

    Days come as ``{True: business, False: consumer}``.
    """

    today: date
    automatic: bool
    agency_id: int
    agency_problem: str
    is_collection_only: bool
    is_reminded_only: bool
    days_from_invoice: dict
    days_from_due: dict
    reminder_days: dict
    max_age_years: dict
    oldest_invoice_date: dict
    auto_enabled: bool
    auto_minimum: float
    auto_minimum_open: float
    auto_due_after: date | None
    excluded_partner_ids: frozenset


def judge(facts, policy, withheld=None):
    """Yield every reason why the invoice may not go.

    :param withheld: what another addon knows against it, ``(code, earliest)``
    """
    if policy.agency_problem:
        yield Reason(policy.agency_problem)
    unfit = _judge_kind(facts)
    if unfit:
        yield unfit
        return
    if withheld:
        yield Reason(*withheld)
    yield from _judge_time(facts, policy)
    yield from _judge_debtor(facts, policy)
    yield from _judge_elsewhere(facts, policy)
    if policy.automatic:
        yield from _judge_automatic(facts, policy)
    else:
        yield from _judge_reminders(facts, policy)


def warn(facts):
    """Yield what a person who hands the invoice over should see to before; by itself it
    does not go at all then."""
    if facts.given > 0:
        yield Reason("unmatched")


def _judge_kind(facts):
    if facts.move_type == "out_refund":
        return Reason("non_positive_amount")
    if facts.move_type != "out_invoice":
        return Reason("not_customer_invoice")
    if facts.state != "posted":
        return Reason("not_posted")
    if (facts.total or 0) <= 0:
        return Reason("non_positive_amount")
    if facts.payment_state == "blocked":
        return Reason("blocked")
    is_open = facts.payment_state in ("not_paid", "partial")
    if not is_open or (facts.residual or 0) <= 0:
        return Reason("paid")
    return None


def _judge_time(facts, policy):
    today, kind = policy.today, bool(facts.is_company)
    if not facts.due_date or facts.due_date >= today:
        first = (facts.due_date or today) + timedelta(days=1)
        is_part = facts.first_due and facts.first_due < today
        yield Reason("partly_overdue" if is_part else "not_overdue", first)
    earliest = (facts.due_date or today) + timedelta(days=policy.days_from_due[kind])
    if not policy.automatic:
        from_invoice = timedelta(days=policy.days_from_invoice[kind])
        earliest = max(earliest, (facts.invoice_date or today) + from_invoice)
    if earliest > today:
        yield Reason("too_early", earliest)
    years = policy.max_age_years[kind]
    oldest = policy.oldest_invoice_date[kind]
    if facts.invoice_date and facts.invoice_date < oldest:
        yield Reason("too_old", detail=str(years))


def _judge_debtor(facts, policy):
    missing = [
        name
        for name in ("street", "zip", "city", "country_id")
        if not str(getattr(facts, name) or "").strip()
    ]
    if missing or not facts.partner_id:
        yield Reason("address_incomplete", detail=",".join(missing))
    if facts.is_company and not (facts.company_registry or facts.vat):
        yield Reason("org_number_missing")
    if facts.banned:
        yield Reason("banned")


def _judge_elsewhere(facts, policy):
    if facts.case_agency_id:
        same = facts.case_agency_id == policy.agency_id
        yield Reason("at_agency" if same else "at_other_agency")
    if facts.collected:
        yield Reason("collected")
    if facts.undecided:
        yield Reason("undecided")
    if facts.elsewhere:
        yield Reason("elsewhere")


def _judge_reminders(facts, policy):
    """Reminders that the company must have sent before the agency demands."""
    if policy.is_reminded_only and not facts.reminder_count:
        yield Reason("not_reminded")
    is_demand = policy.is_collection_only or facts.reminder_count
    wait = policy.reminder_days[bool(facts.is_company)]
    if not is_demand or not wait:
        return
    if not facts.reminder_count:
        if not policy.is_reminded_only:
            yield Reason("reminder_required", detail=str(wait))
        return
    earliest = facts.last_reminder + timedelta(days=wait)
    if earliest > policy.today:
        yield Reason("reminder_running", earliest, str(wait))


def _judge_automatic(facts, policy):
    if not policy.auto_enabled:
        yield Reason("automatic_off")
    if (facts.total_company or 0) <= policy.auto_minimum:
        yield Reason("amount_too_small")
    if (facts.residual_company or 0) < policy.auto_minimum_open:
        yield Reason("rest_too_small")
    yield from warn(facts)
    if not facts.is_sent and facts.payment_state != "partial":
        yield Reason("not_sent")
    if facts.financed:
        yield Reason("financed")
    if facts.reminder_count:
        yield Reason("reminded")
    elif policy.is_reminded_only or (
        policy.is_collection_only and policy.reminder_days[bool(facts.is_company)]
    ):
        yield Reason("not_reminded")
    if {
        facts.partner_id,
        facts.commercial_partner_id,
    } & policy.excluded_partner_ids:
        yield Reason("partner_excluded")
    if facts.flag:
        yield Reason("debtor_flagged")
    if facts.taken_back:
        yield Reason("taken_back")
    since = policy.auto_due_after
    if since and facts.due_date and facts.due_date <= since:
        yield Reason("overdue_at_start")

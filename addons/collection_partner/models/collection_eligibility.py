from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

MODES = ("manual", "automatic")

# What the engine reads, by model, flushed before its one query.
READ_FIELDS = {
    "account.move": [
        "move_type",
        "state",
        "payment_state",
        "partner_id",
        "commercial_partner_id",
        "company_id",
        "invoice_date",
        "invoice_date_due",
        "amount_residual",
        "amount_total",
        "amount_total_signed",
        "is_move_sent",
        "collection_financed",
        "collection_elsewhere",
    ],
    "res.partner": [
        "street",
        "zip",
        "city",
        "country_id",
        "is_company",
        "company_registry",
        "vat",
        "collection_ban",
        "collection_flag",
    ],
    "collection.case": ["move_id", "agency_id", "state", "is_given_up"],
    "collection.reminder": ["move_id", "date"],
}

# What the user opens to mend each cause; the view and the programs use the word.
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
    "not_reminded": "reminder",
    "reminder_required": "reminder",
    "elsewhere": "invoice",
    "financed": "invoice",
    "blocked": "invoice",
    "not_sent": "invoice",
    "not_posted": "invoice",
    "automatic_off": "agency",
    "amount_too_small": "agency",
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
    move_type: str
    state: str
    payment_state: str
    invoice_date: date
    due_date: date
    residual: float
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
    reminder_count: int
    last_reminder: date


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
    auto_due_after: date | None
    excluded_partner_ids: frozenset


class CollectionEligibility(models.AbstractModel):
    """Decides which invoices may go to the agency, and says why the others may not.

    List, dialog, remote calls, nightly job and dry run all ask here. ``manual`` is
    what a person may do, ``automatic`` what the nightly job does by itself. However
    many invoices are asked about, the number of queries stays the same.
    """

    _name = "collection.eligibility"
    _description = "Eligibility for collection"

    # === ASKING === #

    @api.model
    def _evaluate(self, domain, mode="manual", ignored_cases=()):
        """Judge invoices.

        :param list domain: which invoices (``account.move``); access rules apply
        :param str mode: ``manual`` or ``automatic``
        :param ignored_cases: ids of ``collection.case`` that do not count as being
            at an agency: those about to be sent are judged a last time
        :return: ``{move id: (Reason, …)}``; no reason means that it may go
        """
        if mode not in MODES:
            raise UserError(
                self.env._(
                    "%(mode)s is no mode; there are: %(modes)s.",
                    mode=mode,
                    modes=", ".join(MODES),
                )
            )
        policies = {}
        verdicts = {}
        for facts in self._read_facts(domain, ignored_cases):
            policy = policies.get(facts.company_id)
            if policy is None:
                company = self.env["res.company"].sudo().browse(facts.company_id)
                policy = policies[company.id] = self._get_policy(company, mode)
            verdicts[facts.id] = tuple(self._judge(facts, policy))
        return verdicts

    @api.model
    def _get_eligible(self, domain, mode="manual"):
        """Return the invoices of ``domain`` that may go."""
        verdicts = self._evaluate(domain, mode)
        return self.env["account.move"].browse(
            [move_id for move_id, reasons in verdicts.items() if not reasons]
        )

    @api.model
    def _get_candidate_domain(self, companies):
        """Return the domain of what is looked at: open, positive, past due."""
        today = min(
            (company._get_collection_today() for company in companies),
            default=fields.Date.today(),
        )
        return [
            ("company_id", "in", companies.ids),
            ("move_type", "=", "out_invoice"),
            ("state", "=", "posted"),
            ("payment_state", "in", ("not_paid", "partial")),
            ("amount_residual", ">", 0),
            ("invoice_date_due", "<", today),
        ]

    # === FACTS === #

    @api.model
    def _read_facts(self, domain, ignored_cases=()):
        """Read all that is needed to judge invoices, in one query."""
        for model, names in READ_FIELDS.items():
            self.env[model].flush_model(names)
        query = self.env["account.move"]._search(domain)
        for name, condition in (
            ("partner_id", SQL("account_move.partner_id = p.id")),
            ("commercial", SQL("account_move.commercial_partner_id = cp.id")),
        ):
            alias = "p" if name == "partner_id" else "cp"
            query.add_join("LEFT JOIN", alias, "res_partner", condition)
        query.add_join(
            "LEFT JOIN",
            "c",
            SQL(
                """(SELECT move_id,
                       max(agency_id) FILTER (
                           WHERE state NOT IN ('cancelled', 'closed')
                           AND id <> ALL(%s)
                       ) AS agency_id,
                       bool_or(
                           state = 'closed'
                           OR (state = 'cancelled' AND is_given_up IS NOT TRUE)
                       ) AS taken_back
                  FROM collection_case GROUP BY move_id)""",
                list(ignored_cases),
            ),
            SQL("c.move_id = account_move.id"),
        )
        query.add_join(
            "LEFT JOIN",
            "r",
            SQL(
                """(SELECT move_id, count(*) AS reminder_count, max(date) AS date
                  FROM collection_reminder GROUP BY move_id)"""
            ),
            SQL("r.move_id = account_move.id"),
        )
        rows = self.env.execute_query(
            query.select(
                SQL(
                    """account_move.id, account_move.company_id,
                    account_move.partner_id, account_move.commercial_partner_id,
                    account_move.move_type, account_move.state,
                    account_move.payment_state, account_move.invoice_date,
                    account_move.invoice_date_due, account_move.amount_residual,
                    account_move.amount_total, account_move.amount_total_signed,
                    account_move.is_move_sent, account_move.collection_financed,
                    account_move.collection_elsewhere,
                    p.street, p.zip, p.city, p.country_id,
                    cp.is_company, cp.company_registry, cp.vat,
                    cp.collection_ban, cp.collection_flag,
                    c.agency_id, c.taken_back,
                    coalesce(r.reminder_count, 0), r.date"""
                )
            )
        )
        return map(Facts._make, rows)

    @api.model
    def _get_policy(self, company, mode):
        """Gather what the company agreed with its agency and what its country says."""
        agency = company.collection_agency_id
        today = company._get_collection_today()
        rules = self.env["collection.rule"].sudo()
        values = rules._get_values(company.country_id, today)

        def days(code, default):
            return {
                is_company: int(rules._pick(values, code, is_company, default))
                for is_company in (True, False)
            }

        automatic = mode == "automatic"
        if not agency:
            problem = "no_agency"
        elif agency.state != "active":
            problem = "agency_not_active"
        else:
            problem = ""
        if automatic:
            lawful = days("auto_days_from_due", 0)
            days_from_due = {
                kind: max(least, agency.auto_delay_days)
                for kind, least in lawful.items()
            }
        else:
            days_from_due = days("manual_days_from_due", 1)
        max_age_years = days("max_age_years", 3)
        return Policy(
            today=today,
            automatic=automatic,
            agency_id=agency.id,
            agency_problem=problem,
            is_collection_only=agency.service == "collection",
            is_reminded_only=agency.send_from == "reminded",
            days_from_invoice=days("manual_days_from_invoice", 0),
            days_from_due=days_from_due,
            reminder_days=days("reminder_days", 0),
            max_age_years=max_age_years,
            oldest_invoice_date={
                kind: today - relativedelta(years=years)
                for kind, years in max_age_years.items()
            },
            auto_enabled=agency.auto_transfer,
            auto_minimum=agency.auto_min_amount,
            auto_due_after=agency.auto_due_after or None,
            excluded_partner_ids=agency._get_excluded_partner_ids()
            if automatic
            else frozenset(),
        )

    # === JUDGING === #

    @api.model
    def _judge(self, facts, policy):
        """Yield every reason why the invoice may not go."""
        if policy.agency_problem:
            yield Reason(policy.agency_problem)
        unfit = self._judge_kind(facts)
        if unfit:
            yield unfit
            return
        yield from self._judge_time(facts, policy)
        yield from self._judge_debtor(facts, policy)
        yield from self._judge_elsewhere(facts, policy)
        if policy.automatic:
            yield from self._judge_automatic(facts, policy)
        else:
            yield from self._judge_reminders(facts, policy)

    @api.model
    def _judge_kind(self, facts):
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

    @api.model
    def _judge_time(self, facts, policy):
        today, kind = policy.today, bool(facts.is_company)
        if not facts.due_date or facts.due_date >= today:
            first = (facts.due_date or today) + timedelta(days=1)
            yield Reason("not_overdue", first)
        earliest = (facts.due_date or today) + timedelta(
            days=policy.days_from_due[kind]
        )
        if not policy.automatic:
            from_invoice = timedelta(days=policy.days_from_invoice[kind])
            earliest = max(earliest, (facts.invoice_date or today) + from_invoice)
        if earliest > today:
            yield Reason("too_early", earliest)
        years = policy.max_age_years[kind]
        oldest = policy.oldest_invoice_date[kind]
        if facts.invoice_date and facts.invoice_date < oldest:
            yield Reason("too_old", detail=str(years))

    @api.model
    def _judge_debtor(self, facts, policy):
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

    @api.model
    def _judge_elsewhere(self, facts, policy):
        if facts.case_agency_id:
            same = facts.case_agency_id == policy.agency_id
            yield Reason("at_agency" if same else "at_other_agency")
        if facts.elsewhere:
            yield Reason("elsewhere")

    @api.model
    def _judge_reminders(self, facts, policy):
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

    @api.model
    def _judge_automatic(self, facts, policy):
        if not policy.auto_enabled:
            yield Reason("automatic_off")
        if (facts.total_company or 0) <= policy.auto_minimum:
            yield Reason("amount_too_small")
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

    # === TELLING === #

    @api.model
    def _describe(self, verdicts):
        """Say why, in sentences that a bookkeeper understands.

        :param dict verdicts: as :meth:`_evaluate` returns them
        :return: ``{move id: text}``, one reason a line; empty text where it may go
        """
        sentences = self._get_sentences()
        return {
            move_id: "\n".join(sentences[reason.code](reason) for reason in reasons)
            for move_id, reasons in verdicts.items()
        }

    @api.model
    def _get_reasons(self, reasons):
        """Return reasons as plain values for programs and dialogs.

        :return: list of ``{code, message, earliest_date, fix}``; ``earliest_date`` is
            an ISO date or False, ``fix`` a word of ``FIXES`` or False
        """
        sentences = self._get_sentences()
        return [
            {
                "code": reason.code,
                "message": sentences[reason.code](reason),
                "earliest_date": fields.Date.to_string(reason.earliest),
                "fix": FIXES.get(reason.code, False),
            }
            for reason in reasons
        ]

    @api.model
    def _get_sentences(self):
        """Map each code to a function that makes its sentence."""
        env = self.env
        missing = {
            "street": env._("street"),
            "zip": env._("postcode"),
            "city": env._("city"),
            "country_id": env._("country"),
        }

        def address(reason):
            names = [missing[name] for name in reason.detail.split(",") if name]
            return env._(
                "The customer's address is incomplete: %s. Letters go by post.",
                ", ".join(names) or env._("customer"),
            )

        def date_text(reason):
            return format_date(env, reason.earliest)

        plain = {
            "no_agency": env._("No collection partner is chosen in the settings."),
            "agency_not_active": env._(
                "The collection partner has not opened the service yet, or has "
                "suspended it."
            ),
            "not_customer_invoice": env._("Only customer invoices can be collected."),
            "not_posted": env._("Only posted invoices can be collected."),
            "non_positive_amount": env._("Only positive amounts can be collected."),
            "paid": env._("Nothing is left to pay."),
            "blocked": env._("Its payment is blocked. Unblock it first."),
            "org_number_missing": env._(
                "The customer is a company without an organisation number."
            ),
            "banned": env._("The customer has a collection ban."),
            "at_agency": env._("It is at the collection partner already."),
            "at_other_agency": env._(
                "It is at another agency; no debtor is pursued twice."
            ),
            "elsewhere": env._("It is marked as collected elsewhere."),
            "not_reminded": env._(
                "A reminder must have been sent before it can go. Enter the reminder "
                "on the invoice."
            ),
            "automatic_off": env._("Automatic transfer is switched off."),
            "amount_too_small": env._(
                "Its amount is not above the lowest amount for automatic transfer."
            ),
            "not_sent": env._(
                "It is neither sent nor partly paid; only such go by themselves."
            ),
            "financed": env._(
                "It is financed; it goes only when you send it yourself."
            ),
            "reminded": env._(
                "It was reminded from here; it goes only when you send it yourself."
            ),
            "partner_excluded": env._(
                "One of the customer's tags is excluded from automatic transfer."
            ),
            "debtor_flagged": env._(
                "The customer is marked as insolvent, deceased or abroad; decide "
                "yourself."
            ),
            "taken_back": env._(
                "It was at the agency before, or its transfer was undone; it goes only "
                "when you send it yourself."
            ),
            "overdue_at_start": env._(
                "It was overdue when automatic transfer began, and such were left out."
            ),
        }
        sentences = {
            code: (lambda _reason, text=text: text) for code, text in plain.items()
        }
        sentences.update(
            address_incomplete=address,
            not_overdue=lambda reason: env._(
                "It is not overdue; it will be on %s.", date_text(reason)
            ),
            too_early=lambda reason: env._(
                "The waiting time is not over; it can go from %s.", date_text(reason)
            ),
            too_old=lambda reason: env._(
                "It is more than %s years old and can no longer go.", reason.detail
            ),
            reminder_required=lambda reason: env._(
                "The law asks for a reminder %s days before a demand. Enter the "
                "reminder that was sent on the invoice.",
                reason.detail,
            ),
            reminder_running=lambda reason: env._(
                "The reminder's %(days)s days are not over; it can go from %(date)s.",
                days=reason.detail,
                date=date_text(reason),
            ),
        )
        return sentences

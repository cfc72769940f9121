from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tools import SQL

from . import given
from .judge import Facts, Policy, judge, warn
from .routing import Routing
from .select import by_route, may_go
from .sentences import Sentences

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
        "amount_residual_signed",
        "currency_id",
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
    "collection.case": [
        "move_id",
        "agency_id",
        "state",
        "is_given_up",
        "capital_owed",
        "outcome_decision",
    ],
    "collection.reminder": ["move_id", "date"],
}


class Eligibility(Routing, Sentences):
    """Decides which invoices may go to the agency, and says why the others may not.

    List, dialog, remote calls, nightly job and dry run all ask here. ``manual`` is
    what a person may do, ``automatic`` what the nightly job does by itself. However
    many invoices are asked about, the number of queries stays the same.
    """

    def __init__(self, env):
        super().__init__(env)
        self._companies = {}

    def evaluate(self, domain, mode="manual", ignored_cases=(), agency=None):
        """Judge invoices.

        :param list domain: which invoices (``account.move``); access rules apply
        :param str mode: ``manual`` or ``automatic``
        :param ignored_cases: ids of ``collection.case`` that do not count as being
            at an agency: those about to be sent are judged a last time
        :param agency: by whose agreement they are judged, where that was chosen
            before; else each by that of the agency which the company's rules choose
        :return: ``{move id: (Reason, …)}``; no reason means that it may go
        """
        verdicts = self.judge_all(domain, mode, ignored_cases, agency)
        return {facts.id: reasons for facts, reasons in verdicts}

    def judge_all(self, domain, mode="manual", ignored_cases=(), agency=None):
        """Yield the facts of each invoice and the reasons why it cannot go."""
        policies = {}
        withheld = self.env["account.move"]._get_collection_withheld(domain)
        for facts in self._read_facts(domain, ignored_cases):
            chosen = agency or self.choose(facts).agency
            key = facts.company_id, chosen.id
            if key not in policies:
                company = self.env["res.company"].sudo().browse(facts.company_id)
                policies[key] = self._get_policy(company, chosen.sudo(), mode)
            policy = policies[key]
            yield facts, tuple(judge(facts, policy, withheld.get(facts.id)))

    def get_warnings(self, domain):
        """Say of invoices that a person hands over what is better seen to before.

        :return: ``{move id: (Reason, …)}``
        """
        return {facts.id: tuple(warn(facts)) for facts in self._read_facts(domain)}

    def get_eligible(self, domain, mode="manual"):
        """Return the invoices of ``domain`` that may go."""
        verdicts = self.judge_all(domain, mode)
        return self.env["account.move"].browse(
            [facts.id for facts, reasons in verdicts if not reasons]
        )

    def select_eligible(self, move, companies, mode="manual"):
        """Return the condition that an invoice may go: the database finds those that
        :meth:`judge_all` has nothing against.

        :param SQL move: what the table of invoices is called there
        :param companies: ``res.company``, each with an agency of its own
        """
        self._flush()
        moves = self.env["account.move"]
        domain = self.get_candidate_domain(companies)
        withheld = moves._get_collection_withheld(domain)
        debtors = self._select_debtors(moves._search(domain))
        conditions = [SQL("FALSE")]
        for company in companies.sudo():
            givers = SQL(
                """SELECT commercial_partner_id FROM %s AS given
                    WHERE amount > 0 AND company_id = %s""",
                given.select_given(debtors),
                company.id,
            )
            partner, routes, agencies = self.get_routes(company.id)
            verdicts = {
                agency: may_go(
                    move, self._get_policy(company, agency, mode), withheld, givers
                )
                for agency in {partner, *agencies.values()}
            }
            results = {key: verdicts[agency] for key, agency in agencies.items()}
            eligible = by_route(move, routes, results, verdicts[partner])
            conditions.append(
                SQL("(%s.company_id = %s AND %s)", move, company.id, eligible)
            )
        return SQL(" OR ").join(conditions)

    def select_next_agency(self, move, companies):
        """Return which agency an invoice goes to, as an identifier in the database."""
        cases = [SQL("WHEN FALSE THEN NULL::integer")]
        for company in companies.sudo():
            partner, routes, agencies = self.get_routes(company.id)
            results = {
                key: SQL("%s", agency.id or None) for key, agency in agencies.items()
            }
            chosen = by_route(move, routes, results, SQL("%s", partner.id or None))
            cases.append(
                SQL("WHEN %s.company_id = %s THEN %s", move, company.id, chosen)
            )
        return SQL("CASE %s END", SQL(" ").join(cases))

    def get_candidate_domain(self, companies):
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

    def _flush(self):
        for read_fields in (READ_FIELDS, given.READ_FIELDS):
            for model, names in read_fields.items():
                self.env[model].flush_model(names)

    def _select_debtors(self, query):
        return query.subselect(SQL.identifier("account_move", "commercial_partner_id"))

    def _join_customers(self, query):
        for alias, condition in (
            ("p", SQL("p.id = account_move.partner_id")),
            ("cp", SQL("cp.id = account_move.commercial_partner_id")),
        ):
            query.add_join("LEFT JOIN", alias, "res_partner", condition)

    def _read_facts(self, domain, ignored_cases=()):
        """Read all that is needed to judge invoices, in one query."""
        self._flush()
        query = self.env["account.move"]._search(domain)
        debtors = self._select_debtors(query)
        self._join_customers(query)
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
                       ) AS taken_back,
                       bool_or(state = 'closed' AND capital_owed > 0) AS collected,
                       bool_or(outcome_decision = 'pending') AS undecided
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
        query.add_join(
            "LEFT JOIN",
            "g",
            given.select_given(debtors),
            SQL(
                """g.commercial_partner_id = account_move.commercial_partner_id
                AND g.company_id = account_move.company_id"""
            ),
        )
        rows = self.env.execute_query(
            query.select(
                SQL(
                    """account_move.id, account_move.company_id,
                    account_move.partner_id, account_move.commercial_partner_id,
                    account_move.currency_id,
                    account_move.move_type, account_move.state,
                    account_move.payment_state, account_move.invoice_date,
                    account_move.invoice_date_due, account_move.amount_residual,
                    account_move.amount_residual_signed,
                    account_move.amount_total, account_move.amount_total_signed,
                    account_move.is_move_sent, account_move.collection_financed,
                    account_move.collection_elsewhere,
                    p.street, p.zip, p.city, p.country_id,
                    cp.is_company, cp.company_registry, cp.vat,
                    cp.collection_ban, cp.collection_flag,
                    c.agency_id, c.taken_back, c.collected, c.undecided,
                    coalesce(r.reminder_count, 0), r.date,
                    coalesce(g.amount, 0),
                    CASE WHEN account_move.invoice_date_due >= CURRENT_DATE - 1 THEN (
                        SELECT min(l.date_maturity)
                          FROM account_move_line l
                          JOIN account_account a ON a.id = l.account_id
                         WHERE l.move_id = account_move.id
                           AND a.account_type = 'asset_receivable'
                           AND l.reconciled IS NOT TRUE) END"""
                )
            )
        )
        return map(Facts._make, rows)

    def _get_policy(self, company, agency, mode):
        """Gather what the company agreed with an agency and what its country says."""
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
        elif agency.state != "active" or agency._get_waiting("terminate"):
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
            auto_minimum_open=agency.auto_min_open,
            auto_due_after=agency.auto_due_after or None,
            excluded_partner_ids=agency._get_excluded_partner_ids()
            if automatic
            else frozenset(),
        )

"""The verdict of ``judge`` as a condition of the database: a filter must not fetch what
it leaves out. Every invoice that a test has judged is looked for by the filter too, so
the two cannot part.

Customers, cases and reminders are looked up in sets that are made once (``IS TRUE``
keeps the planner from joining them row by row, for it thinks that few rows are left).
"""

from datetime import timedelta

from odoo.tools import SQL

# What ``str.strip`` takes away.
_BLANK = "".join(filter(str.isspace, map(chr, range(1, 0x3001))))


def may_go(move, policy, withheld, givers):
    """Return the condition that an invoice of the policy's company may go.

    :param SQL move: what the table of invoices is called there
    :param withheld: ids of the invoices against which another addon knows something
    :param SQL givers: commercial partners who have given something that is not matched
    """
    if policy.agency_problem or (policy.automatic and not policy.auto_enabled):
        return SQL("FALSE")
    return SQL("(%s)", SQL(" AND ").join(_Conditions(move, policy, withheld, givers)))


def by_route(move, routes, results, otherwise):
    """Return what holds by the first rule that an invoice fits.

    :param list routes: ``Route`` in their order
    :param dict results: route id -> SQL
    :param SQL otherwise: where none fits
    """
    if not routes:
        return otherwise
    cases = [
        SQL("WHEN %s THEN %s", _fits(move, route), results[route.id])
        for route in routes
    ]
    return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), otherwise)


def _fits(move, route):
    """``Route.fits`` as a condition."""
    conditions = [SQL("TRUE")]
    if route.countries:
        partners = SQL(
            "SELECT id FROM res_partner WHERE country_id = ANY(%s)",
            list(route.countries),
        )
        conditions.append(_among(move, "partner_id", partners))
    if route.is_company is not None:
        businesses = SQL("SELECT id FROM res_partner WHERE is_company")
        kind = _among(move, "commercial_partner_id", businesses, route.is_company)
        conditions.append(kind)
    amount = SQL("coalesce(%s.amount_residual_signed, 0)", move)
    conditions.append(SQL("%s >= %s", amount, route.amount_from))
    if route.amount_below:
        conditions.append(SQL("%s < %s", amount, route.amount_below))
    if route.currencies:
        currencies = list(route.currencies)
        conditions.append(SQL("%s.currency_id = ANY(%s)", move, currencies))
    return SQL("(%s)", SQL(" AND ").join(conditions))


def _among(move, name, select, is_in=True):
    """Whether a column's value is in a set that is made once."""
    is_so = SQL("IS TRUE") if is_in else SQL("IS NOT TRUE")
    return SQL("(%s.%s IN (%s)) %s", move, SQL.identifier(name), select, is_so)


class _Conditions:
    """The conditions, group by group as ``judge`` has them."""

    def __init__(self, move, policy, withheld, givers):
        """Keep what the conditions are made of."""
        self.move, self.policy = move, policy
        self.withheld, self.givers = withheld, givers

    def __iter__(self):
        yield from self.select_kind()
        yield from self.select_time()
        yield from self.select_elsewhere()
        if self.policy.automatic:
            yield from self.select_automatic()
        else:
            yield from self.select_reminders()
        yield from self.select_debtor()

    def column(self, name):
        return SQL("%s.%s", self.move, SQL.identifier(name))

    def among(self, name, select, is_in=True):
        return _among(self.move, name, select, is_in)

    def by_kind(self, values):
        """What holds for a business, else for a consumer."""
        if values[True] == values[False]:
            return SQL("%s", values[True])
        businesses = SQL("SELECT id FROM res_partner WHERE is_company")
        is_business = self.among("commercial_partner_id", businesses)
        return SQL(
            "CASE WHEN %s THEN %s ELSE %s END",
            is_business,
            values[True],
            values[False],
        )

    def ago(self, days):
        """The last day that lies so many days back."""
        today = self.policy.today
        return self.by_kind({kind: today - timedelta(n) for kind, n in days.items()})

    def select_kind(self):
        yield SQL("%s = 'out_invoice'", self.column("move_type"))
        yield SQL("%s = 'posted'", self.column("state"))
        yield SQL("%s IN ('not_paid', 'partial')", self.column("payment_state"))
        yield SQL("%s > 0", self.column("amount_residual"))
        yield SQL("%s > 0", self.column("amount_total"))
        if self.withheld:
            yield SQL("%s <> ALL(%s)", self.column("id"), list(self.withheld))

    def select_time(self):
        policy = self.policy
        due, issued = self.column("invoice_date_due"), self.column("invoice_date")
        yield SQL("%s < %s", due, policy.today)
        yield SQL("%s <= %s", due, self.ago(policy.days_from_due))
        if not policy.automatic:
            yield SQL("%s <= %s", issued, self.ago(policy.days_from_invoice))
        yield SQL("%s >= %s", issued, self.by_kind(policy.oldest_invoice_date))

    def select_debtor(self):
        yield self.among(
            "partner_id",
            SQL(
                """SELECT id FROM res_partner WHERE btrim(street, %(blank)s) <> ''
                    AND btrim(zip, %(blank)s) <> '' AND btrim(city, %(blank)s) <> ''
                    AND country_id IS NOT NULL""",
                blank=_BLANK,
            ),
        )
        yield self.among(
            "commercial_partner_id",
            SQL(
                """SELECT id FROM res_partner WHERE collection_ban
                    OR (is_company AND coalesce(company_registry, '') = ''
                        AND coalesce(vat, '') = '')"""
            ),
            is_in=False,
        )

    def select_elsewhere(self):
        taken_back = SQL(
            "OR state = 'closed' OR (state = 'cancelled' AND is_given_up IS NOT TRUE)"
        )
        yield self.among(
            "id",
            SQL(
                """SELECT move_id FROM collection_case
                    WHERE state NOT IN ('cancelled', 'closed')
                       OR outcome_decision = 'pending'
                       OR (state = 'closed' AND capital_owed > 0) %s""",
                taken_back if self.policy.automatic else SQL(),
            ),
            is_in=False,
        )
        yield SQL("%s IS NOT TRUE", self.column("collection_elsewhere"))

    def select_reminders(self):
        """Reminders that the company must have sent before the agency demands."""
        policy = self.policy
        latest = SQL(
            "(SELECT max(date) FROM collection_reminder WHERE move_id = %s)",
            self.column("id"),
        )
        reminded = self.among("id", SQL("SELECT move_id FROM collection_reminder"))
        yield SQL(
            "(%s IS NOT TRUE OR %s <= %s)",
            reminded,
            latest,
            self.ago(policy.reminder_days),
        )
        if policy.is_reminded_only:
            yield reminded
        elif policy.is_collection_only:
            yield SQL("(%s = 0 OR %s)", self.by_kind(policy.reminder_days), reminded)

    def select_automatic(self):
        """Nothing goes by itself that was reminded from here, or that would have to
        be."""
        policy, column = self.policy, self.column
        yield SQL("%s > %s", column("amount_total_signed"), policy.auto_minimum)
        least = policy.auto_minimum_open
        yield SQL("%s >= %s", column("amount_residual_signed"), least)
        is_part_paid = SQL("%s = 'partial'", column("payment_state"))
        yield SQL("(%s OR %s)", column("is_move_sent"), is_part_paid)
        yield SQL("%s IS NOT TRUE", column("collection_financed"))
        reminded = SQL("SELECT move_id FROM collection_reminder")
        yield self.among("id", reminded, is_in=False)
        if policy.is_reminded_only:
            yield SQL("FALSE")
        elif policy.is_collection_only:
            yield SQL("%s = 0", self.by_kind(policy.reminder_days))
        excluded = list(policy.excluded_partner_ids)
        if excluded:
            for name in ("partner_id", "commercial_partner_id"):
                yield SQL("%s <> ALL(%s)", column(name), excluded)
        flagged = SQL("SELECT id FROM res_partner WHERE collection_flag IS NOT NULL")
        yield self.among("commercial_partner_id", flagged, is_in=False)
        if policy.auto_due_after:
            yield SQL("%s > %s", column("invoice_date_due"), policy.auto_due_after)
        yield self.among("commercial_partner_id", self.givers, is_in=False)

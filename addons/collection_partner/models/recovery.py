from odoo import api, fields, models
from odoo.tools import SQL

# So many closed cases make a group of their own; of fewer, all of the company count.
ENOUGH = 5


class CollectionRecovery(models.Model):
    """What becomes of what was handed over: how much came back, when, at what cost.

    A row is a case that an agency got. The suggestion of what will be lost on an open
    one is what was lost, of each 100 handed over, on closed cases of the same kind of
    customer that were as long overdue.
    """

    _name = "collection.recovery"
    _description = "Recovery by collection agencies"
    _auto = False
    _rec_name = "case_id"
    _order = "cohort desc, id desc"
    _depends = {
        "collection.case": [
            *("state", "agency_id", "company_id", "move_id", "partner_id"),
            *("transferred_at", "closed_at", "days", "outcome", "origin"),
            *("capital_original", "capital_original_company"),
            *("capital_paid_company", "capital_open_company"),
        ],
        "collection.settlement.line": ["case_id", "commission", "currency_id", "state"],
        "account.move": ["partner_id", "invoice_date_due", "currency_id"],
        "res.partner": ["is_company", "country_id"],
        "res.company": ["currency_id"],
    }

    case_id = fields.Many2one("collection.case", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    agency_id = fields.Many2one("collection.agency", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Debtor", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    debtor_type = fields.Selection(
        [("company", "Companies"), ("person", "Private persons")],
        string="Kind of customer",
        readonly=True,
    )
    age = fields.Selection(
        [
            ("1", "Up to 30 days"),
            ("2", "31 to 90 days"),
            ("3", "91 to 365 days"),
            ("4", "More than a year"),
        ],
        string="Overdue at the transfer",
        readonly=True,
    )
    cohort = fields.Date(string="Transferred on", readonly=True)
    origin = fields.Selection(
        [("manual", "By a person"), ("automatic", "Automatically")],
        string="Transferred",
        readonly=True,
    )
    is_closed = fields.Boolean(string="Closed", readonly=True)
    capital = fields.Monetary(string="Capital handed over", readonly=True)
    recovered = fields.Monetary(readonly=True)
    open_amount = fields.Monetary(string="Open at the agency", readonly=True)
    cost = fields.Monetary(
        string="Commission",
        readonly=True,
        help="What the agency charged in settlements that are booked, without VAT.",
    )
    recovered_share = fields.Float(
        string="Recovered %", readonly=True, aggregator="avg"
    )
    cost_share = fields.Float(
        string="Commission % of recovered", readonly=True, aggregator="avg"
    )
    days = fields.Integer(string="Days until closed", readonly=True, aggregator="avg")
    expected_loss = fields.Monetary(
        string="Suggested loss",
        readonly=True,
        help="On open cases: the share that was lost on closed ones of the same kind "
        "of customer and as long overdue; where fewer than five of them are closed, on "
        "all of the company. Empty where none is closed yet.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH cost AS (
                SELECT l.case_id, l.currency_id, sum(l.commission) AS amount
                  FROM collection_settlement_line l
                 WHERE l.state IN ('booked', 'matched') AND l.case_id IS NOT NULL
              GROUP BY l.case_id, l.currency_id
            ), handed AS (
                SELECT c.id, c.id AS case_id, c.company_id, company.currency_id,
                       c.agency_id, c.partner_id, c.origin, p.country_id,
                       CASE WHEN debtor.is_company THEN 'company' ELSE 'person'
                        END AS debtor_type,
                       CASE WHEN c.transferred_at::date - m.invoice_date_due <= 30
                            THEN '1'
                            WHEN c.transferred_at::date - m.invoice_date_due <= 90
                            THEN '2'
                            WHEN c.transferred_at::date - m.invoice_date_due <= 365
                            THEN '3'
                            ELSE '4'
                        END AS age,
                       c.transferred_at::date AS cohort,
                       c.state = 'closed' AS is_closed,
                       c.capital_original_company AS capital,
                       c.capital_paid_company AS recovered,
                       CASE WHEN c.state = 'closed' THEN 0
                            ELSE c.capital_open_company
                        END AS open_amount,
                       CASE WHEN c.closed_at IS NOT NULL THEN c.days END AS days,
                       coalesce((
                           SELECT sum(CASE
                               WHEN cost.currency_id = company.currency_id
                               THEN cost.amount
                               ELSE cost.amount * c.capital_original_company
                                    / nullif(c.capital_original, 0) END)
                             FROM cost WHERE cost.case_id = c.id
                       ), 0) AS cost
                  FROM collection_case c
                  JOIN account_move m ON m.id = c.move_id
                  JOIN res_partner p ON p.id = m.partner_id
                  JOIN res_partner debtor ON debtor.id = c.partner_id
                  JOIN res_company company ON company.id = c.company_id
                 WHERE c.transferred_at IS NOT NULL AND c.state <> 'cancelled'
            ), known AS (
                SELECT handed.*,
                       count(*) FILTER (WHERE is_closed) OVER alike AS alike_count,
                       sum(recovered) FILTER (WHERE is_closed) OVER alike
                       / nullif(sum(capital) FILTER (WHERE is_closed) OVER alike, 0)
                       AS alike_share,
                       sum(recovered) FILTER (WHERE is_closed) OVER whole
                       / nullif(sum(capital) FILTER (WHERE is_closed) OVER whole, 0)
                       AS whole_share
                  FROM handed
                WINDOW alike AS (PARTITION BY company_id, debtor_type, age),
                       whole AS (PARTITION BY company_id)
            ), judged AS (
                SELECT known.*, CASE WHEN alike_count >= %(enough)s
                                     THEN alike_share ELSE whole_share END AS share
                  FROM known
            )
            SELECT id, case_id, company_id, currency_id, agency_id, partner_id, origin,
                   country_id, debtor_type, age, cohort, is_closed, capital, recovered,
                   open_amount, days, cost,
                   recovered / nullif(capital, 0) AS recovered_share,
                   cost / nullif(recovered, 0) AS cost_share,
                   CASE WHEN NOT is_closed AND share IS NOT NULL
                        THEN greatest(0, least(open_amount, capital * (1 - share)))
                    END AS expected_loss
              FROM judged
            """,
            enough=ENOUGH,
        )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        # EXTENDS 'base': a share is one of money, not of cases
        shares = {
            "recovered_share:avg": ("recovered", "capital"),
            "cost_share:avg": ("cost", "recovered"),
        }
        if aggregate_spec not in shares:
            return super()._read_group_select(aggregate_spec, query)
        part, whole = shares[aggregate_spec]
        return SQL(
            "SUM(%s) / NULLIF(SUM(%s), 0)",
            self._field_to_sql(self._table, part, query),
            self._field_to_sql(self._table, whole, query),
        )

    def action_view_case(self):
        """Open the case."""
        self.ensure_one()
        self.check_access("read")
        return self.case_id._get_records_action(name=self.case_id.display_name)

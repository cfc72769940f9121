from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS

from ...formats.interest import accrue

# What the country says of a debt, in the order in which it is shown.
SHOWN = (
    *("reminder_days", "demand_deadline_days"),
    *("reminder_fee_max", "demand_fee_max", "second_demand_fee_share"),
    *("total_cost_max", "instalment_plan_max", "delay_compensation"),
    *("reference_rate", "interest_margin"),
    *("limitation_years", "limitation_final_years"),
    *("limitation_from_due", "limitation_by_claim"),
)


class AccountMove(models.Model):
    """What the law says of an overdue invoice: information for who decides, never
    booked and never claimed by this addon."""

    _inherit = "account.move"

    collection_rule_ids = fields.Many2many(
        "collection.rule",
        string="Rules of the country",
        compute="_compute_collection_law",
        groups=READERS,
    )
    collection_interest_rate = fields.Float(
        string="Default interest a year",
        compute="_compute_collection_law",
        digits=(16, 2),
        help="Reference rate and margin of the country as they hold today, in percent.",
        groups=READERS,
    )
    collection_interest = fields.Monetary(
        string="Default interest until today",
        compute="_compute_collection_law",
        help="On what was open from day to day since the due date, at the rates that "
        "held. Information only: what may be claimed depends on what was agreed.",
        groups=READERS,
    )
    collection_rate_missing = fields.Boolean(
        string="Rate missing",
        compute="_compute_collection_law",
        help="No reference rate is entered for a part of the time; that part is left "
        "out.",
        groups=READERS,
    )
    collection_interruption_ids = fields.One2many(
        "collection.interruption", "move_id", string="Interruptions", groups=READERS
    )
    collection_limitation_date = fields.Date(
        string="Time-barred on",
        compute="_compute_collection_limitation",
        help="As the agency tells it, else by the rules of the country, from the last "
        "event that lets the period start anew.",
        groups=READERS,
    )
    collection_limitation_days = fields.Integer(
        string="Days until time-barred",
        compute="_compute_collection_limitation",
        groups=READERS,
    )

    def _is_collectable(self):
        return (
            self.move_type == "out_invoice"
            and self.state == "posted"
            and bool(self.invoice_date_due)
        )

    @api.depends("amount_residual", "invoice_date_due", "state")
    def _compute_collection_law(self):
        for move in self:
            rules = self.env["collection.rule"]
            rate, interest, is_missing = 0, 0, False
            if move._is_collectable():
                rules = move._get_collection_rules()
                interest, is_known = move._get_collection_interest()
                rate, is_missing = move._get_collection_rate(), not is_known
            move.collection_rule_ids = rules
            move.collection_interest_rate = rate or 0
            move.collection_interest = interest
            move.collection_rate_missing = is_missing

    def _get_collection_rules(self):
        """Return the country's rules that hold today for such a debt and debtor."""
        company, rules = self.company_id, self.env["collection.rule"].sudo()
        today, owed = company._get_collection_today(), abs(self.amount_residual_signed)
        held = rules._get_rules(company.country_id, today, owed)
        is_company = self.commercial_partner_id.is_company
        return rules.union(
            *(rules._pick(held, code, is_company, rules) for code in SHOWN)
        ).sudo(False)

    def _get_collection_rate(self, day=None):
        """Return the default interest on a day, in percent; None where the reference
        rate is not entered."""
        company, rules = self.company_id, self.env["collection.rule"].sudo()
        day = day or company._get_collection_today()
        held = rules._get_values(company.country_id, day)
        is_company = self.commercial_partner_id.is_company
        parts = [
            rules._pick(held, code, is_company)
            for code in ("reference_rate", "interest_margin")
        ]
        return None if None in parts else sum(parts)

    def _get_collection_interest(self):
        """Return the default interest until today, and whether all its rates are
        known."""
        due, today = self.invoice_date_due, self.company_id._get_collection_today()
        if due >= today:
            return 0, True
        partials = self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).matched_credit_ids
        left = self._collection_decimal(self.amount_total)
        balances = {due: left}
        for partial in partials.sorted(lambda p: (p.credit_move_id.date, p.id)):
            left -= self._collection_decimal(partial.debit_amount_currency)
            balances[max(partial.credit_move_id.date, due)] = left
        days = self.env["collection.rule"].sudo()._get_changes(due, today)
        rates = [(day, self._get_collection_rate(day)) for day in days]
        interest, is_known = accrue(
            sorted(balances.items()),
            [
                (day, rate if rate is None else Decimal(str(rate)))
                for day, rate in rates
            ],
            today,
        )
        return self.currency_id.round(float(interest)), is_known

    # === LIMITATION === #

    @api.depends(
        "amount_residual",
        "invoice_date_due",
        "state",
        "collection_case_id.limitation_date",
        "collection_interruption_ids.date",
        "collection_interruption_ids.kind",
        "collection_reminder_ids.date",
    )
    def _compute_collection_limitation(self):
        for move in self:
            told = move.sudo().collection_case_id.limitation_date
            day = told or (move._is_collectable() and move._get_limitation_date())
            move.collection_limitation_date = day
            today = (move.company_id or self.env.company)._get_collection_today()
            move.collection_limitation_days = (day - today).days if day else 0

    def _get_limitation_date(self):
        """Return the day on which the claim is time-barred by the country's rules;
        False where it has none."""
        company, rules = self.company_id, self.env["collection.rule"].sudo()
        held = rules._get_values(company.country_id, company._get_collection_today())
        is_company = self.commercial_partner_id.is_company
        years = rules._pick(held, "limitation_years", is_company)
        if not years:
            return False
        start = self.invoice_date
        if rules._pick(held, "limitation_from_due", is_company):
            start = self.invoice_date_due
        claims_count = rules._pick(held, "limitation_by_claim", is_company)
        latest = max([start, *self._get_interruptions(claims_count)])
        day = latest + relativedelta(years=int(years))
        final = rules._pick(held, "limitation_final_years", is_company)
        if final:
            day = min(day, self.invoice_date_due + relativedelta(years=int(final)))
        return day

    def _get_interruptions(self, claims_count):
        """Return the days of what let the period start anew.

        :param claims_count: whether a written claim does, as in Sweden and Finland
        """
        move = self.sudo()
        lines = move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        days = [
            partial.credit_move_id.date
            for partial in lines.matched_credit_ids
            if partial.credit_move_id.move_id.move_type != "out_refund"
        ]
        entered = move.collection_interruption_ids
        if claims_count:
            days += move.collection_reminder_ids.mapped("date")
        else:
            entered = entered.filtered(lambda one: one.kind != "claim")
        today = self.company_id._get_collection_today()
        return [day for day in days + entered.mapped("date") if day <= today]


class CollectionInterruption(models.Model):
    """Something that lets the limitation period of a claim start anew, and that the
    books do not know of."""

    _name = "collection.interruption"
    _inherit = "receivables.facts"
    _description = "Interruption of a limitation period"
    _order = "date desc, id desc"

    move_id = fields.Many2one(
        "account.move", string="Invoice", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    kind = fields.Selection(
        [
            ("claim", "Written claim"),
            ("acknowledgement", "Acknowledged by the debtor"),
            ("court", "Court or enforcement authority"),
        ],
        required=True,
        default="claim",
    )
    name = fields.Char(string="Note")

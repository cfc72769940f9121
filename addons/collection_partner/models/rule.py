from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

UNITS = {
    "manual_days_from_invoice": "days",
    "manual_days_from_due": "days",
    "auto_days_from_due": "days",
    "max_age_years": "years",
    "reminder_days": "days",
    "demand_deadline_days": "days",
    "reminder_fee_max": "money",
    "demand_fee_max": "money",
    "second_demand_fee_share": "percent",
    "total_cost_max": "money",
    "instalment_plan_max": "money",
    "delay_compensation": "money",
    "reference_rate": "percent",
    "interest_margin": "percent",
    "limitation_years": "years",
    "limitation_final_years": "years",
    "limitation_from_due": "truth",
    "limitation_by_claim": "truth",
}


class CollectionRule(models.Model):
    """What the law, an authority or an agency prescribes, where, and for how long.

    Rules are data with their source: when one changes, it gets an end and a successor
    that begins the day after.
    """

    _name = "collection.rule"
    _description = "Collection rule of a country"
    _order = "country_id, code, debtor, amount_from, date_from desc, id"

    country_id = fields.Many2one(
        "res.country",
        index=True,
        help="Empty: everywhere in the European Union where the country has no rule "
        "of its own.",
    )
    code = fields.Selection(
        [
            (
                "manual_days_from_invoice",
                "Transfer by hand: days since the invoice date",
            ),
            ("manual_days_from_due", "Transfer by hand: days since the due date"),
            ("auto_days_from_due", "Automatic transfer: days since the due date"),
            ("max_age_years", "Transfer: greatest age of the invoice"),
            ("reminder_days", "Days between the reminder and the demand"),
            ("demand_deadline_days", "Days to pay that a demand must give"),
            ("reminder_fee_max", "Reminder fee, at most"),
            ("demand_fee_max", "Demand fee, at most"),
            ("second_demand_fee_share", "Second demand, share of the first one's fee"),
            ("total_cost_max", "Collection costs in all, at most"),
            ("instalment_plan_max", "Instalment plan fee, at most"),
            ("delay_compensation", "Compensation for late payment"),
            ("reference_rate", "Reference rate"),
            ("interest_margin", "Default interest above the reference rate"),
            ("limitation_years", "Limitation period"),
            ("limitation_final_years", "Limitation period that nothing interrupts"),
            ("limitation_from_due", "Limitation period runs from the due date"),
            ("limitation_by_claim", "Limitation period starts anew by a written claim"),
        ],
        string="Rule",
        required=True,
    )
    debtor = fields.Selection(
        [("any", "Anybody"), ("consumer", "Consumers"), ("business", "Businesses")],
        string="Against",
        required=True,
        default="any",
    )
    amount_from = fields.Monetary(
        string="Debt above",
        default=0,
        aggregator=None,
        help="The rule is for debts above this amount.",
    )
    amount_to = fields.Monetary(
        string="Debt up to",
        default=0,
        aggregator=None,
        help="The rule is for debts up to and with this amount. Zero: without limit.",
    )
    currency_id = fields.Many2one("res.currency")
    value = fields.Float(required=True, digits=(16, 2), aggregator=None)
    unit = fields.Selection(
        [
            ("days", "Days"),
            ("years", "Years"),
            ("percent", "Percent"),
            ("money", "Money"),
            ("truth", "1: yes, 0: no"),
        ],
        compute="_compute_unit",
    )
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="Until")
    source = fields.Char(
        required=True, help="The law and section, the authority or the agency."
    )
    source_url = fields.Char(string="Source's address")
    is_uncertain = fields.Boolean(
        string="To be confirmed",
        help="The value was derived, or comes from a secondary source. Correct it, or "
        "take the mark away, when you know.",
    )
    note = fields.Text(translate=True)
    active = fields.Boolean(default=True)

    _dates_in_order = models.Constraint(
        "CHECK(date_to IS NULL OR date_to >= date_from)",
        "A rule cannot end before it begins.",
    )
    # Central banks have set reference rates below zero, the Riksbank until 2019.
    _value_not_negative = models.Constraint(
        "CHECK(value >= 0 OR code = 'reference_rate')",
        "The value of a rule cannot be negative.",
    )
    _band_in_order = models.Constraint(
        "CHECK(amount_to = 0 OR amount_to > amount_from)",
        "The upper end of the debt must lie above the lower one.",
    )
    _start_unique = models.UniqueIndex(
        "(COALESCE(country_id, 0), code, debtor, amount_from, date_from)"
        " WHERE active IS TRUE",
        "The same rule with the same beginning exists already: change that one, or end "
        "it and let the new one begin later.",
    )

    @api.depends("code")
    def _compute_unit(self):
        for rule in self:
            rule.unit = UNITS.get(rule.code, False)

    @api.depends("country_id", "code")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["code"]._description_selection(self.env))
        for rule in self:
            where = rule.country_id.name or self.env._("EU")
            label = labels.get(rule.code)
            rule.display_name = f"{where}: {label}" if label else False

    @api.constrains("code", "amount_from", "amount_to", "currency_id")
    def _check_currency(self):
        for rule in self:
            is_money = rule.unit == "money" or rule.amount_from or rule.amount_to
            if is_money and not rule.currency_id:
                raise ValidationError(
                    self.env._("%s: amounts need a currency.", rule.display_name)
                )

    @api.model
    def _get_rules(self, country, date, amount=None):
        """Return the rules that hold in ``country`` on ``date``.

        A country's own rule takes the place of the European Union's for the debtors it
        is about. Of several such rules, the one that began last counts.

        :param country: ``res.country``; empty gives what the European Union has
        :param date: the day that is asked about
        :param amount: the debt, in the currency of the rules; without it, rules for
            debts of a certain size are left out
        :return: ``{(code, debtor): rule}`` for :meth:`_pick`; empty outside the
            European Union where the country has no rules
        """
        where = Domain("country_id", "=", country.id)
        if not country or "EU" in country.country_group_codes:
            where |= Domain("country_id", "=", False)
        rules = self.search_fetch(
            where & self._get_date_domain(date) & self._get_band_domain(amount),
            ["country_id", "code", "debtor", "value"],
            order="date_from, amount_from, id",
        )
        own = {(r.code, r.debtor): r for r in rules if r.country_id}
        union = {
            (r.code, r.debtor): r
            for r in rules
            if not r.country_id and (r.code, "any") not in own
        }
        return union | own

    @api.model
    def _get_values(self, country, date, amount=None):
        """Return the values of :meth:`_get_rules`."""
        rules = self._get_rules(country, date, amount)
        return {key: rule.value for key, rule in rules.items()}

    @api.model
    def _get_changes(self, first, last):
        """Return the days within a time on which some interest rate may change, with
        the first, in order."""
        rates = self.search_fetch(
            Domain("code", "in", ("reference_rate", "interest_margin")),
            ["date_from", "date_to"],
        )
        starts = {rule.date_from for rule in rates}
        ends = {rule.date_to + timedelta(days=1) for rule in rates if rule.date_to}
        return sorted({first} | {day for day in starts | ends if first < day <= last})

    @api.model
    def _pick(self, values, code, is_company, default=None):
        """Take from :meth:`_get_rules` or :meth:`_get_values` what counts against a
        business or consumer."""
        debtor = "business" if is_company else "consumer"
        return values.get((code, debtor), values.get((code, "any"), default))

    @api.model
    def _get_date_domain(self, date):
        return Domain("date_from", "<=", date) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", date)
        )

    @api.model
    def _get_band_domain(self, amount):
        starts_at_zero = Domain("amount_from", "=", 0)
        has_no_end = Domain("amount_to", "=", 0)
        if amount is None:
            return starts_at_zero & has_no_end
        return (starts_at_zero | Domain("amount_from", "<", amount)) & (
            has_no_end | Domain("amount_to", ">=", amount)
        )

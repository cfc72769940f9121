from odoo import api, fields, models
from odoo.tools import formatLang

from .eligibility.routing import Route


class CollectionRoute(models.Model):
    """Says which of a company's agencies gets which invoices.

    The first rule that fits counts; an invoice that none fits goes to the company's
    collection partner.
    """

    _name = "collection.route"
    _description = "Choice of the agency"
    _order = "sequence, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    country_ids = fields.Many2many(
        "res.country",
        string="Customers in",
        help="Country of the billing address. Empty: everywhere.",
    )
    debtor_type = fields.Selection(
        [("company", "Companies"), ("person", "Private persons")],
        string="Customers who are",
        help="Empty: both.",
    )
    amount_from = fields.Monetary(
        "From amount",
        help="Open amount from which the rule holds. Company currency.",
    )
    amount_below = fields.Monetary(
        "Below amount",
        help="Open amount below which the rule holds; 0 is no limit. Company currency.",
    )
    currency_ids = fields.Many2many(
        "res.currency",
        string="Invoices in",
        help="Currency of the invoice. Empty: any.",
    )
    agency_id = fields.Many2one(
        "collection.agency",
        string="Go to",
        required=True,
        index=True,
        check_company=True,
        domain="[('company_id', '=', company_id)]",
        ondelete="cascade",
    )
    agency_state = fields.Selection(
        related="agency_id.state", string="State of the service"
    )

    _amounts_in_order = models.Constraint(
        "CHECK(amount_from >= 0 AND (amount_below = 0 OR amount_below > amount_from))",
        "An amount must lie between the two: neither can be negative, and the second "
        "is above the first or 0.",
    )

    @api.depends(
        "country_ids.name",
        "debtor_type",
        "amount_from",
        "amount_below",
        "currency_ids.name",
    )
    @api.depends_context("lang")
    def _compute_display_name(self):
        for route in self:
            parts = route._get_conditions()
            route.display_name = ", ".join(parts) or self.env._("Every invoice")

    def _get_conditions(self):
        """Return what the rule asks for, as words of the reader."""
        self.ensure_one()
        types = dict(self._fields["debtor_type"]._description_selection(self.env))
        parts = [*self.country_ids.mapped("name")]
        if self.debtor_type:
            parts.append(types[self.debtor_type])
        if self.amount_from:
            amount = self._format(self.amount_from)
            parts.append(self.env._("From %s", amount))
        if self.amount_below:
            amount = self._format(self.amount_below)
            parts.append(self.env._("Below %s", amount))
        return [*parts, *self.currency_ids.mapped("name")]

    def _format(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    def _as_route(self):
        """Return the rule as the engine takes it."""
        self.ensure_one()
        kind = self.debtor_type
        return Route(
            id=self.id,
            countries=frozenset(self.country_ids.ids),
            is_company=None if not kind else kind == "company",
            amount_from=self.amount_from,
            amount_below=self.amount_below,
            currencies=frozenset(self.currency_ids.ids),
        )

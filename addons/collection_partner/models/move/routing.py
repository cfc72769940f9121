from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.receivables_base.tools import READERS

from ..eligibility import Eligibility


class AccountMove(models.Model):
    """Which agency an invoice would go to, and why."""

    _inherit = "account.move"

    collection_next_agency_id = fields.Many2one(
        "collection.agency",
        string="Goes to",
        compute="_compute_collection_next_agency",
        search="_search_collection_next_agency_id",
        help="The agency that gets the invoice when it is transferred.",
        groups=READERS,
    )
    collection_next_reason = fields.Char(
        string="Why there",
        compute="_compute_collection_next_agency",
        help="The rule by which the invoice goes to this agency.",
        groups=READERS,
    )

    @api.depends(
        "company_id",
        "partner_id.country_id",
        "commercial_partner_id.is_company",
        "amount_residual_signed",
        "currency_id",
    )
    @api.depends_context("lang")
    def _compute_collection_next_agency(self):
        engine = Eligibility(self.env)
        for move in self:
            choice = engine.choose_for(move)
            move.collection_next_agency_id = choice.agency
            move.collection_next_reason = engine.say_why(choice)

    def _search_collection_next_agency_id(self, operator, value):
        if operator == "any":
            value = self.env["collection.agency"].search(value).ids
        elif operator != "in":
            return NotImplemented
        # The search of a field is not refused for who may not read it.
        self._check_collection_reader()
        engine, companies = Eligibility(self.env), self.env.companies
        wanted = set(value)

        def select(model, alias, query):
            agency = engine.select_next_agency(SQL.identifier(alias), companies)
            return SQL(
                "coalesce(%s, 0) = ANY(%s)", agency, [key or 0 for key in wanted]
            )

        return Domain.custom(
            to_sql=select,
            predicate=lambda move: move.collection_next_agency_id.id in wanted,
        )

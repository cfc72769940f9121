import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.receivables_base.tools import READERS


class ResCompany(models.Model):
    _inherit = "res.company"

    collection_agency_id = fields.Many2one(
        "collection.agency",
        string="Collection partner",
        domain="[('company_id', '=', id)]",
        help="The agency that gets new cases. Another agency that had the company's "
        "cases before goes on with those it has. Empty: nothing new is sent.",
        groups=f"{READERS},base.group_system",
    )

    collection_route_ids = fields.One2many(
        "collection.route",
        "company_id",
        string="Choice of the agency",
        help="The first rule that fits an invoice says which agency gets it; the "
        "collection partner gets the others.",
        groups=f"{READERS},base.group_system",
    )

    @api.constrains("collection_agency_id", "country_id")
    def _check_collection_agency(self):
        for company in self.sudo().filtered("collection_agency_id"):
            agency = company.collection_agency_id
            if agency.company_id != company:
                raise ValidationError(
                    self.env._(
                        "The agreement with %(agency)s belongs to %(company)s.",
                        agency=agency.name,
                        company=agency.company_id.name,
                    )
                )
            countries = agency.country_ids
            if countries and company.country_id not in countries:
                raise ValidationError(
                    self.env._(
                        "%(agency)s serves companies in %(countries)s only.",
                        agency=agency.name,
                        countries=", ".join(countries.mapped("name")),
                    )
                )

    def write(self, vals):
        # EXTENDS 'base'
        before = {company: company.collection_agency_id for company in self.sudo()}
        result = super().write(vals)
        if vals.get("collection_agency_id"):
            for company, agency in before.items():
                if company.collection_agency_id != agency:
                    company.collection_agency_id._come_back()
        return result

    def _get_collection_agencies(self):
        """Return the agencies that get new cases."""
        self.ensure_one()
        return self.collection_agency_id | self.collection_route_ids.agency_id

    def _get_collection_today(self):
        """Return today's date where the company is: its days count, not the
        server's."""
        self.ensure_one()
        zones = pytz.country_timezones.get(self.country_id.code or "", ["UTC"])
        return fields.Date.context_today(self.with_context(tz=zones[0]))

from odoo import api, fields, models

from ..states import CLOSED_STATES


class CollectionCase(models.Model):
    """Several invoices of one debtor that the agency collects in one."""

    _inherit = "collection.case"

    matter = fields.Char(
        string="Joint reference",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The agency collects open cases with the same reference together: its "
        "letters name all of them, and its costs are charged once.",
    )
    joined_case_ids = fields.Many2many(
        "collection.case",
        string="Collected together with",
        compute="_compute_joined_case_ids",
    )

    @api.depends("matter", "agency_id")
    def _compute_joined_case_ids(self):
        told = self.filtered("matter")
        joined = self.search([("matter", "in", told.mapped("matter"))]).grouped(
            lambda case: (case.agency_id, case.matter)
        )
        for case in self:
            together = joined.get((case.agency_id, case.matter), self.browse())
            case.joined_case_ids = together - case._origin

    def _get_matter(self):
        """Return the matter that the agency is told: that of the debtor's open cases,
        or a new one; nothing where each invoice goes alone."""
        self.ensure_one()
        if not self.agency_id.join_cases or not self.agency_id._takes("matter"):
            return False
        others = self.sudo().search(
            [
                ("agency_id", "=", self.agency_id.id),
                ("partner_id", "=", self.partner_id.id),
                ("currency_id", "=", self.currency_id.id),
                ("state", "not in", CLOSED_STATES),
                ("matter", "!=", False),
                ("id", "!=", self.id),
            ],
            order="id",
            limit=1,
        )
        return others.matter or self.external_id

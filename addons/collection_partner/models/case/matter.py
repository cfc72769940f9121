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

    def _get_matters(self):
        """Return the matters that the agency is told, by cases of one agency: that of
        the debtor's open cases, or a new one; none where each invoice goes alone.

        A new one is named after the debtor's first case here, whether that has gone or
        not: whoever sends off another of his at the same moment names it alike.
        """
        agency = self.agency_id
        if not agency.join_cases or not agency._takes("matter"):
            return {}
        open_cases = self.sudo().search(
            [
                ("agency_id", "=", agency.id),
                ("partner_id", "in", self.partner_id.ids),
                ("state", "not in", CLOSED_STATES),
            ],
            order="id",
        )
        matters = {}
        for case in open_cases.sorted(lambda one: not one.matter):
            debtor = (case.partner_id, case.currency_id)
            matters.setdefault(debtor, case.matter or case.external_id)
        return {case: matters[case.partner_id, case.currency_id] for case in self}

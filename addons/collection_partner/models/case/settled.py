from odoo import api, fields, models


class CollectionCase(models.Model):
    """What of a case the agency has paid out."""

    _inherit = "collection.case"

    settlement_line_ids = fields.One2many(
        "collection.settlement.line", "case_id", string="Settlements"
    )
    capital_settled = fields.Monetary(
        string="Paid out",
        compute="_compute_capital_settled",
        store=True,
        help="Capital that the agency has paid out in settlements that are booked.",
    )
    settlement_count = fields.Integer(
        "Number of settlements", compute="_compute_settlement_count"
    )

    @api.depends("settlement_line_ids.state", "settlement_line_ids.capital")
    def _compute_capital_settled(self):
        for case in self:
            case.capital_settled = sum(
                line.capital
                for line in case.settlement_line_ids
                if line.state in ("booked", "matched")
            )

    @api.depends("settlement_line_ids")
    def _compute_settlement_count(self):
        for case in self:
            case.settlement_count = len(case.settlement_line_ids.settlement_id)

    def _get_owed_items(self, accounts):
        """Return what is open of the invoice on one of the accounts."""
        return self._get_receivable_lines().filtered(
            lambda item: item.account_id in accounts and not item.reconciled
        )

    def action_view_settlements(self):
        """Show the settlements in which the case was paid out."""
        settlements = self.settlement_line_ids.settlement_id
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "collection_partner.collection_settlement_action"
            ),
            "domain": [("id", "in", settlements.ids)],
            "context": {"create": False},
        }

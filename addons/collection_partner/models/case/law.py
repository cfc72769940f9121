from odoo import fields, models


class CollectionCase(models.Model):
    """What the law says of the claim, as on its invoice."""

    _inherit = "collection.case"

    rule_ids = fields.Many2many(related="move_id.collection_rule_ids")
    interest_rate = fields.Float(related="move_id.collection_interest_rate")
    default_interest = fields.Monetary(related="move_id.collection_interest")
    rate_missing = fields.Boolean(related="move_id.collection_rate_missing")
    law_limitation_date = fields.Date(
        "Time-barred by the law", related="move_id.collection_limitation_date"
    )
    limitation_days = fields.Integer(related="move_id.collection_limitation_days")

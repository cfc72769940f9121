from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    receivables_user_id = fields.Many2one(
        related="company_id.receivables_user_id", readonly=False
    )

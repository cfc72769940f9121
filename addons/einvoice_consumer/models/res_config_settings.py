from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    einvoice_channel_ids = fields.One2many(
        "einvoice.channel",
        string="E-invoice channels",
        compute="_compute_einvoice_channel_ids",
    )

    def _compute_einvoice_channel_ids(self):
        for settings in self:
            settings.einvoice_channel_ids = self.env["einvoice.channel"].search(
                [("company_id", "=", settings.company_id.id)]
            )

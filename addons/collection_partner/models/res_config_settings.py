from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    collection_agency_id = fields.Many2one(
        related="company_id.collection_agency_id", readonly=False
    )
    collection_agency_state = fields.Selection(
        related="collection_agency_id.state", string="State of the service"
    )

    def execute(self):
        # EXTENDS 'base'
        agency = self.collection_agency_id
        result = super().execute()
        manager = "collection_partner.collection_partner_group_manager"
        if agency.state == "draft" and self.env.user.has_group(manager):
            return agency.action_open_onboarding()
        return result

    def action_open_collection_agency(self):
        self.ensure_one()
        self.check_access("read")
        self.collection_agency_id.check_access("read")
        return self.collection_agency_id._get_records_action(
            name=self.env._("Collection partner")
        )

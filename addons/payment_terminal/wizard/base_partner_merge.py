from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """The customer who stays has one active number; the others still work.

        EXTENDS 'base'
        """
        accounts = self.env["payment.terminal.account"].sudo()
        active = accounts.search(
            [
                ("partner_id", "in", (src_partners | dst_partner).ids),
                ("state", "=", "active"),
            ]
        )
        for same in active.grouped("company_id").values():
            kept = same.filtered(lambda account: account.partner_id == dst_partner)
            (same - (kept or same[:1]))._end("replaced")
        return super()._update_foreign_keys(src_partners, dst_partner)

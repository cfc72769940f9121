from odoo import fields, models


class EinvoiceAvtalegiroMandateWizard(models.TransientModel):
    """Says whose a mandate is whose KID does not tell."""

    _name = "einvoice.avtalegiro.mandate.wizard"
    _description = "Choose the customer of a mandate"

    mandate_id = fields.Many2one(
        "einvoice.avtalegiro.mandate", required=True, readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        domain="[('parent_id', '=', False)]",
    )

    def action_allocate(self):
        """Allocate the mandate; its invoices are claimed from now on."""
        self.ensure_one()
        self.mandate_id._allocate_to(self.partner_id)
        return {"type": "ir.actions.act_window_close"}

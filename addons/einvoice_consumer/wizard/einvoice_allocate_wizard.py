from odoo import fields, models


class EinvoiceAllocateWizard(models.TransientModel):
    """Allocates an order to a customer who is not among the candidates."""

    _name = "einvoice.allocate.wizard"
    _description = "Allocate a consumer's order"

    agreement_id = fields.Many2one("einvoice.agreement", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        domain="[('is_company', '=', False), ('parent_id', '=', False)]",
    )

    def action_allocate(self):
        """Allocate the order; the evidence is kept with the agreement."""
        self.ensure_one()
        self.agreement_id.allocate(self.partner_id.id)
        return {"type": "ir.actions.act_window_close"}

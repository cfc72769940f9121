from odoo import fields, models


class EinvoiceRejectWizard(models.TransientModel):
    """Asks why an order is rejected."""

    _name = "einvoice.reject.wizard"
    _description = "Reject a consumer's order"

    agreement_ids = fields.Many2many(
        "einvoice.agreement",
        required=True,
        default=lambda self: self.env.context.get("active_ids"),
    )
    reason = fields.Char(required=True)

    def action_reject(self):
        """Reject the orders with the reason given."""
        self.agreement_ids.reject(self.reason)
        return {"type": "ir.actions.act_window_close"}

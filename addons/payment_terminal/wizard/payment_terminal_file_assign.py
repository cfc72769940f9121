from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import check_user


class PaymentTerminalFileAssign(models.TransientModel):
    """Gives payments of files to the customer whom a person has found."""

    _name = "payment.terminal.file.assign"
    _description = "Assign payments of files"
    _check_company_auto = True

    line_ids = fields.Many2many("payment.terminal.file.line", string="Payments")
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    partner_id = fields.Many2one("res.partner", "Customer", check_company=True)
    move_id = fields.Many2one(
        "account.move",
        "Invoice paid first",
        domain="[('company_id', '=', company_id), ('move_type', '=', 'out_invoice'), "
        "('state', '=', 'posted'), ('payment_state', 'in', ('not_paid', 'partial')), "
        "('commercial_partner_id', 'parent_of', partner_id)]",
    )

    @api.depends("line_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.line_ids.company_id[:1]

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        if self.move_id.commercial_partner_id != self.partner_id.commercial_partner_id:
            self.move_id = False

    def action_assign(self):
        """Credit the customer, and pay what the customer owes."""
        self.ensure_one()
        check_user(self.line_ids)
        if not self.partner_id:
            raise UserError(self.env._("Choose the customer first."))
        for line in self.line_ids:
            line.sudo()._assign(self.partner_id, self.move_id.sudo())
        return True

from odoo import api, models

from ..lock import changed_fields

# What would change an invoice's amount or when it falls due.
LOCKED_FIELDS = {
    "price_unit",
    "quantity",
    "discount",
    "debit",
    "credit",
    "balance",
    "amount_currency",
    "date_maturity",
}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        lines = super().create(vals_list)
        if not self.env.context.get("skip_collection_lock"):
            lines.sudo().move_id.filtered("collection_state")._check_not_in_collection(
                self.env._("Nothing can be added to it.")
            )
        return lines

    def write(self, vals):
        # EXTENDS 'account'
        locked = {name: vals[name] for name in LOCKED_FIELDS & vals.keys()}
        if locked and not self.env.context.get("skip_collection_lock"):
            for line in self.sudo().filtered("move_id.collection_state"):
                if any(changed_fields(line, locked)):
                    line.move_id._check_not_in_collection(
                        self.env._("Its amounts and due dates cannot change.")
                    )
        return super().write(vals)

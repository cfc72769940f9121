from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        if "date_maturity" in vals:
            due = fields.Date.to_date(vals["date_maturity"])
            self.filtered(
                lambda line: (
                    line.display_type == "payment_term" and line.date_maturity != due
                )
            ).move_id._einvoice_check_kept()
        return super().write(vals)

    def _reconcile_post_hook(self, data):
        # EXTENDS 'account'
        result = super()._reconcile_post_hook(data)
        by_state = data["not_paid_invoices"].grouped("payment_state")
        nothing = self.env["account.move"]
        settled = ("paid", "in_payment", "reversed")
        nothing.union(
            *[by_state.get(state, nothing) for state in settled]
        )._einvoice_on_settled()
        by_state.get("partial", nothing)._einvoice_on_part_paid()
        return result

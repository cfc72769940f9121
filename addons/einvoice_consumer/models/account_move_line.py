from odoo import fields, models

from .account_move import SETTLED


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
        settled = data["not_paid_invoices"].filtered(
            lambda move: move.payment_state in ("paid", "in_payment", "reversed")
        )
        settled._get_einvoices()._set_over(SETTLED)
        return result

from odoo import fields, models

from .transaction.credit import LEFT_TO_PEOPLE


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    def unlink(self):
        """A person who takes a payment off an invoice has a day to match it anew,
        before it pays what the customer owes by itself again."""
        # EXTENDS 'account'
        if not self.env.context.get("terminal_taken_back"):
            payments = self.credit_move_id.sudo().terminal_transaction_id
            payments.next_attempt = fields.Datetime.now() + LEFT_TO_PEOPLE
        owed = [
            (company, partials.debit_move_id.partner_id)
            for company, partials in self.grouped("company_id").items()
        ]
        result = super().unlink()
        for company, partners in owed:
            self.env["payment.terminal.transaction"]._use_credit_of(partners, company)
        return result

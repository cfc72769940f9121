from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .jobs import BOOKING_JOB

# A person who takes a payment off an invoice has so long to match it anew.
LEFT_TO_PEOPLE = timedelta(days=1)


class PaymentTerminalTransaction(models.Model):
    """What is left of a payment is the customer's credit: it pays newer invoices.

    A booked payment whose ``next_attempt`` has come may have something to pay. A new
    invoice sets it, so that the job looks at no other credit.
    """

    _inherit = "payment.terminal.transaction"

    @api.model
    def _use_credit_of(self, partners, company):
        """Let what is left of customers' payments pay what they owe now."""
        credits = self.sudo().search(
            Domain("partner_id", "in", partners.ids)
            & Domain("company_id", "=", company.id)
            & Domain("state", "=", "booked")
            & Domain("credit", ">", 0)
            & Domain("next_attempt", "=", False)
        )
        if credits:
            credits.next_attempt = fields.Datetime.now()
            self._wake(BOOKING_JOB)

    @api.model
    def _find_to_use(self):
        """Booked payments with something left, whose customers may owe again."""
        return (
            Domain("state", "=", "booked")
            & Domain("credit", ">", 0)
            & Domain("next_attempt", "<=", fields.Datetime.now())
        )

    def _use_credit(self):
        """Pay newer invoices from what is left of payments of a network.

        Where nothing fits, a person decides.
        """
        amounts = {payment: payment.credit for payment in self}
        self._match(self._share_out(amounts, self.network_id._get_today()))
        self._forget()

    @api.autovacuum
    def _note_credits(self):
        """Once a day look at all credits: an invoice may have been posted while its
        customer's payment was being booked."""
        self.env["account.move.line"].flush_model(
            ["amount_residual", "parent_state", "partner_id", "reconciled"]
        )
        self.flush_model(["credit", "move_line_id", "next_attempt", "state"])
        rows = self.env.execute_query(
            SQL(
                """UPDATE payment_terminal_transaction payment
                      SET next_attempt = %s
                     FROM account_move_line line
                    WHERE line.id = payment.move_line_id
                      AND payment.state = 'booked' AND payment.credit > 0
                      AND payment.next_attempt IS NULL
                      AND EXISTS (
                          SELECT FROM account_move_line owed
                            JOIN account_move move ON move.id = owed.move_id
                           WHERE owed.partner_id = line.partner_id
                             AND owed.account_id = line.account_id
                             AND owed.company_id = line.company_id
                             AND owed.parent_state = 'posted'
                             AND owed.reconciled IS NOT TRUE
                             AND owed.amount_residual > 0
                             AND move.move_type = 'out_invoice')
                RETURNING payment.id""",
                fields.Datetime.now(),
            )
        )
        self.invalidate_model(["next_attempt"])
        if rows:
            self._wake(BOOKING_JOB)

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# A person who takes a payment off an invoice has so long to match it anew.
LEFT_TO_PEOPLE = timedelta(days=1)


class PaymentTerminalTransaction(models.Model):
    """What is left of a payment is the customer's credit: it pays newer invoices."""

    _inherit = "payment.terminal.transaction"

    @api.model
    def _find_to_use(self, limit):
        """Booked payments with something left, whose customers owe again.

        One query on the few payments that have a credit; it does not look at the
        others.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT payment.id FROM payment_terminal_transaction payment
                     JOIN account_move_line line ON line.id = payment.move_line_id
                    WHERE payment.state = 'booked' AND payment.credit > 0
                      AND (payment.next_attempt IS NULL OR payment.next_attempt <= %s)
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
                 ORDER BY payment.id LIMIT %s""",
                fields.Datetime.now(),
                limit,
            )
        )
        payments = self.browse([payment_id for (payment_id,) in self.env.cr.fetchall()])
        domain = Domain("state", "=", "booked") & Domain("credit", ">", 0)
        return payments, domain & self._get_due_domain()

    def _use_credit(self):
        """Pay newer invoices from what is left of payments of a network."""
        before = {payment: payment.credit for payment in self}
        shares = self._share_out(before, self.network_id._get_today())
        self._match(shares)
        self.filtered(lambda payment: payment.credit < before[payment])._forget()
        # Where nothing fits, a person decides; it is not looked at each minute.
        self.filtered(
            lambda payment: payment.credit >= before[payment]
        ).next_attempt = fields.Datetime.now() + LEFT_TO_PEOPLE

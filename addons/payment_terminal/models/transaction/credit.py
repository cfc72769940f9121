from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

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
        self._use_credit_where(
            Domain("partner_id", "in", partners.ids)
            & Domain("company_id", "=", company.id)
        )

    @api.model
    def _use_credit_where(self, domain):
        credits = self.sudo().search(
            domain
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
        owing = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                Domain("parent_state", "=", "posted")
                & Domain("reconciled", "=", False)
                & Domain("amount_residual", ">", 0)
                & Domain("account_type", "=", "asset_receivable")
                & Domain("move_type", "=", "out_invoice"),
                ["partner_id"],
            )
        )
        partners = [partner.id for [partner] in owing]
        self._use_credit_where(Domain("partner_id", "in", partners))

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .jobs import BOOKING_JOB
from .transaction import IN_THE_BOOKS

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
        if partners:
            self._use_credit_where(
                Domain("company_id", "=", company.id)
                & Domain(
                    "line_ids",
                    "any",
                    Domain("partner_id", "in", partners.ids)
                    & Domain("reconciled", "=", False),
                )
            )

    @api.model
    def _use_credit_where(self, domain):
        credits = self.sudo().search(
            domain
            & Domain("state", "in", IN_THE_BOOKS)
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
            Domain("state", "in", IN_THE_BOOKS)
            & Domain("credit", ">", 0)
            & Domain("next_attempt", "<=", fields.Datetime.now())
        )

    def _use_credit(self):
        """Pay newer invoices from what is left of payments of a network.

        Where nothing fits, a person decides.
        """
        network = self.network_id
        today = network._get_today()
        date = network._get_accounting_date(today)
        if self._is_hindered(today):
            return
        self._forget()
        self._settle_up(self.line_ids.partner_id, network, date)

    @api.model
    def _settle_up(self, partners, network, date):
        """Let what customers have pay what they owe."""
        allocation = self._read_open_items(partners, network, date)
        self._carry_out(allocation, network, date)

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
                & Domain("account_type", "=", "asset_receivable"),
                ["partner_id"],
            )
        )
        partners = [partner.id for [partner] in owing]
        self._use_credit_where(Domain("line_ids.partner_id", "in", partners))

from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from .booking import TO_ASSIGN
from .jobs import NOT_BOOKED


def _place(line):
    return line.account_id, line.partner_id, line.currency_id


class PaymentTerminalTransaction(models.Model):
    """Takes booked payments back: the money is not the company's after all."""

    _inherit = "payment.terminal.transaction"

    @api.model
    def _find_to_reverse(self):
        return Domain("state", "=", "reversing") & self._get_due_domain()

    def _reverse(self):
        """Book the reversal of payments of a network and a business day in one entry.

        It is dated today, or on the first open day; what the payments had paid is open
        again.
        """
        network = self.network_id
        today = network._get_today()
        if self._is_hindered(today):
            return
        payments = self.with_company(network.company_id)
        date = network._get_accounting_date(today)
        invoices = {payment: payment.invoice_ids for payment in payments}
        paid = payments.invoice_ids.filtered(
            lambda move: move.payment_state in ("paid", "in_payment")
        )
        payments._free_lines()
        rows = [row for payment in payments for row in payment._take_out(date)]
        reference = self.env._(
            "%(network)s, payments of %(day)s that were taken back",
            network=network.name,
            day=self[:1].business_date,
        )
        move = payments._with_old_accounts()._write_entry(
            rows, date, reference, -sum(payments.mapped("amount"))
        )
        payments._close_lines()
        payments.reversal_move_id = move
        payments._set_state("reversed")
        network._settle(NOT_BOOKED)
        payments._forget()
        payments._settle(TO_ASSIGN)
        payments._tell_of_reversal(invoices, paid)

    def _free_lines(self, kept=()):
        """Take payments off what they have paid, but for some partial matchings."""
        lines = self.line_ids.with_context(terminal_taken_back=True)
        matchings = lines.matched_debit_ids + lines.matched_credit_ids
        matchings.filtered(lambda matching: matching not in kept).unlink()

    def _get_paid(self):
        """Return how much of what payments have paid, by journal item and in its
        currency: so much is open again when they are taken off it."""
        paid = defaultdict(float)
        for partial in self.line_ids.matched_debit_ids:
            paid[partial.debit_move_id.id] += partial.debit_amount_currency
        return paid

    def _take_out(self, date):
        """Return the values of journal items that take a payment's money away from
        where it is now.

        It may be in several places: a part of it can have been moved to another
        customer, account or currency.
        """
        rows = []
        for (account, partner, currency), lines in self.line_ids.grouped(
            _place
        ).items():
            amount = currency.round(-sum(lines.mapped("amount_currency")))
            balance = self.company_id.currency_id.round(-sum(lines.mapped("balance")))
            if amount or balance:
                rows.append(
                    {
                        **self._prepare_line(account, amount, date, balance),
                        "partner_id": partner.id,
                        "currency_id": currency.id,
                    }
                )
        return rows

    def _close_lines(self, still_open=()):
        """Match the journal items of payments that are even with each other.

        :param still_open: those whose money is there
        """
        plan = [
            lines
            for payment in self
            for lines in payment.line_ids.filtered(lambda line: line not in still_open)
            .grouped(_place)
            .values()
        ]
        self.env["account.move.line"].with_context(
            no_exchange_difference=True, tracking_disable=True
        )._reconcile_plan([lines for lines in plan if len(lines) > 1])

    def _tell_of_reversal(self, invoices, paid):
        """Write it to the payments and the invoices; a person looks into invoices that
        were paid."""
        network = self.network_id
        reader = network._in_language_of(network._get_responsible()).env
        notes = {}
        bodies = defaultdict(list)
        for payment in self:
            entry = payment.reversal_move_id.name
            notes[payment.id] = reader._(
                "Taken back by the network, reversed in %s.", entry
            )
            for invoice in invoices[payment]:
                bodies[invoice.id].append(
                    reader._(
                        "The network took payment %(number)s back, reversed in "
                        "%(entry)s.",
                        number=payment.txn_id,
                        entry=entry,
                    )
                )
        self._message_log_batch(notes)
        moves = self.env["account.move"].browse(bodies)
        moves._message_log_batch(
            {move_id: " ".join(texts) for move_id, texts in bodies.items()}
        )
        (moves & paid)._remind(
            "payment_terminal.mail_activity_type_reversed", whose=network
        )

from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from .booking import TO_ASSIGN
from .jobs import NOT_BOOKED


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
        originals = payments.move_line_id
        originals.with_context(terminal_taken_back=True).remove_move_reconcile()
        rows = [
            payment._prepare_line(
                payment.move_line_id.account_id,
                -payment.move_line_id.amount_currency,
                date,
                -payment.move_line_id.balance,
            )
            for payment in payments
        ]
        reference = self.env._(
            "%(network)s, payments of %(day)s that were taken back",
            network=network.name,
            day=self[:1].business_date,
        )
        move = payments._write_entry(rows, date, reference)
        lines = move.line_ids.sorted("id")
        self._reconcile_pairs(
            [
                (payment.move_line_id.id, line.id)
                for payment, line in zip(payments, lines, strict=False)
            ]
        )
        payments.reversal_move_id = move
        payments._set_state("reversed")
        network._settle(NOT_BOOKED)
        payments._forget()
        payments._settle(TO_ASSIGN)
        payments._tell_of_reversal(invoices, paid)

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

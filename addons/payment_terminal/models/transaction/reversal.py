from odoo import api, models
from odoo.fields import Domain


class PaymentTerminalTransaction(models.Model):
    """Takes booked payments back: the money is not the company's after all."""

    _inherit = "payment.terminal.transaction"

    @api.model
    def _find_to_reverse(self, limit):
        domain = Domain("state", "=", "reversing") & self._get_due_domain()
        return self.search(domain, order="business_date, id", limit=limit), domain

    def _reverse(self):
        """Book the reversal of payments of a network and a business day in one entry.

        It is dated today, or on the first open day; what the payments had paid is open
        again.
        """
        network = self.network_id
        today = network._get_today()
        obstacle = network._get_booking_obstacle(today)
        if obstacle:
            self._park(obstacle)
            network._remind_of_booking(obstacle)
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
        move = payments._write_entry(rows, date, self.env._("payments taken back"))
        lines = move.line_ids.sorted("id")
        self._reconcile_pairs(
            [
                (payment.move_line_id.id, line.id)
                for payment, line in zip(payments, lines, strict=False)
            ]
        )
        payments.reversal_move_id = move
        payments._set_state("reversed")
        network._settle_booking()
        payments._forget()
        payments._settle("payment_terminal.mail_activity_type_assign")
        payments._tell_of_reversal(invoices, paid)

    def _tell_of_reversal(self, invoices, paid):
        """Write it to the payments and the invoices; a person looks into invoices that
        were paid."""
        bodies = {}
        kind = self.env.ref("payment_terminal.mail_activity_type_reversed")
        activities = {}
        for payment in self:
            text = self.env._(
                "The network took payment %(number)s back, reversed in %(entry)s.",
                number=payment.txn_id,
                entry=payment.reversal_move_id.name,
            )
            for invoice in invoices[payment]:
                bodies.setdefault(invoice.id, []).append(text)
                if invoice in paid:
                    activities[invoice] = payment
        self._message_log_batch(
            {
                payment.id: self.env._(
                    "Taken back by the network, reversed in %s.",
                    payment.reversal_move_id.name,
                )
                for payment in self
            }
        )
        moves = self.env["account.move"].browse(bodies)
        if moves:
            moves._message_log_batch(
                {move_id: " ".join(texts) for move_id, texts in bodies.items()}
            )
        model = self.env["ir.model"]._get_id("account.move")
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": kind.id,
                    "automated": True,
                    "summary": kind.summary,
                    "note": self.env._(
                        "Payment %s was taken back: the invoice is open again.",
                        payment.txn_id,
                    ),
                    "res_model_id": model,
                    "res_id": invoice.id,
                    "user_id": payment.network_id._get_responsible().id,
                }
                for invoice, payment in activities.items()
            ]
        )

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
        obstacle = network._get_booking_obstacle(today)
        if obstacle:
            self._park(obstacle)
            network._remind(NOT_BOOKED, obstacle, renew=True)
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
        bodies = {}
        reopened = {}
        for payment in self:
            text = self.env._(
                "The network took payment %(number)s back, reversed in %(entry)s.",
                number=payment.txn_id,
                entry=payment.reversal_move_id.name,
            )
            for invoice in invoices[payment]:
                bodies.setdefault(invoice.id, []).append(text)
                if invoice in paid:
                    reopened[invoice] = payment
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
        self._remind_of_reopened(reopened)

    def _remind_of_reopened(self, reopened):
        """Tell whoever looks after the payments that invoices are to be paid again.

        :param dict reopened: the payment that was taken back, by invoice
        """
        kind = self.env.ref("payment_terminal.mail_activity_type_reversed")
        activities = self.env["mail.activity"].sudo()
        model = self.env["ir.model"]._get_id("account.move")
        told = activities.search(
            [
                ("res_model_id", "=", model),
                ("res_id", "in", [invoice.id for invoice in reopened]),
                ("activity_type_id", "=", kind.id),
            ]
        ).mapped("res_id")
        rows = []
        for network, payments in self.grouped("network_id").items():
            user = network._get_responsible()
            reader = network._in_language_of(user).env
            rows += [
                {
                    "activity_type_id": kind.id,
                    "automated": True,
                    "summary": kind.with_env(reader).summary,
                    "note": reader._(
                        "Payment %s was taken back: the invoice is open again.",
                        payment.txn_id,
                    ),
                    "res_model_id": model,
                    "res_id": invoice.id,
                    "user_id": user.id,
                }
                for invoice, payment in reopened.items()
                if payment in payments and invoice.id not in told
            ]
        activities.with_context(mail_activity_quick_update=True).create(rows)

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
        user = self.network_id._get_responsible()
        reader = self.network_id._in_language_of(user).env
        bodies = {}
        reopened = {}
        for payment in self:
            text = reader._(
                "The network took payment %(number)s back, reversed in %(entry)s.",
                number=payment.txn_id,
                entry=payment.reversal_move_id.name,
            )
            for invoice in invoices[payment]:
                bodies.setdefault(invoice.id, []).append(text)
                if invoice in paid:
                    reopened[invoice.id] = reader._(
                        "Payment %s was taken back: the invoice is open again.",
                        payment.txn_id,
                    )
        self._message_log_batch(
            {
                payment.id: reader._(
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
        if reopened:
            self._remind_of_reopened(reopened, user.with_env(reader))

    @api.model
    def _remind_of_reopened(self, notes, user):
        """Tell whoever looks after the network that invoices are to be paid again.

        :param dict notes: by id of the invoice, in the person's language
        """
        kind = user.env.ref("payment_terminal.mail_activity_type_reversed").sudo()
        activities = self.env["mail.activity"].sudo()
        invoices = [("res_model", "=", "account.move"), ("res_id", "in", list(notes))]
        there = activities.search([*invoices, ("activity_type_id", "=", kind.id)])
        model = self.env["ir.model"]._get_id("account.move")
        activities.with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": kind.id,
                    "automated": True,
                    "summary": kind.summary,
                    "note": note,
                    "res_model_id": model,
                    "res_id": invoice_id,
                    "user_id": user.id,
                }
                for invoice_id, note in notes.items()
                if invoice_id not in there.mapped("res_id")
            ]
        )

from odoo import api, fields, models
from odoo.tools import SQL

from ...formats.debts import GONE


class PaymentTerminalTransaction(models.Model):
    """What the network had been told when the customer paid."""

    _inherit = "payment.terminal.transaction"

    told_amount = fields.Monetary(
        string="Told to the network",
        compute="_compute_told",
        help="What the customer owed by the lists of debts that the network had when "
        "the customer paid.",
    )
    told_list_id = fields.Many2one(
        "payment.terminal.debt.list",
        string="By the list",
        compute="_compute_told",
        help="The newest list of those that tell of the customer.",
    )

    @api.depends("network_id", "partner_id", "paid_at", "is_test")
    def _compute_told(self):
        told = self._read_told()
        for payment in self:
            amount, list_id = told.get(payment._origin.id, (0, False))
            payment.told_amount = amount
            payment.told_list_id = list_id

    def _read_told(self):
        """Return the amount and the list's ID, by payment; none where it was told
        nothing.

        Lists of one format count, that of the newest: each format tells of all debts.
        """
        if not self._origin.ids:
            return {}
        self.env["payment.terminal.debt.list"].flush_model()
        self.env["payment.terminal.debt.line"].flush_model()
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """SELECT id, sum(amount) FILTER (WHERE change != %s), max(list_id)
                     FROM (SELECT DISTINCT ON (payment.id, line.key) payment.id,
                                  line.amount, line.change, line.list_id
                             FROM payment_terminal_transaction payment
                             JOIN payment_terminal_debt_line line
                               ON line.partner_id = payment.partner_id
                              AND line.network_id = payment.network_id
                              AND line.refusal IS NULL
                             JOIN payment_terminal_debt_list list
                               ON list.id = line.list_id
                              AND list.state = 'sent'
                              AND (list.environment = 'test') = payment.is_test
                              AND list.sent_at <= payment.paid_at
                              AND list.format = (
                                  SELECT newest.format
                                    FROM payment_terminal_debt_list newest
                                   WHERE newest.network_id = list.network_id
                                     AND newest.environment = list.environment
                                     AND newest.state = 'sent'
                                     AND newest.sent_at <= payment.paid_at
                                ORDER BY newest.sent_at DESC, newest.id DESC
                                   LIMIT 1)
                            WHERE payment.id IN %s
                         ORDER BY payment.id, line.key, line.list_id DESC) known
                 GROUP BY id""",
                GONE,
                tuple(self._origin.ids),
            )
        )
        return {row[0]: (row[1] or 0, row[2]) for row in rows}

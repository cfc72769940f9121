from odoo import fields, models
from odoo.tools import SQL

from ..plain_insert import get_added_defaults

# what customer_number.normalize leaves out
_SPACES = r"[\s.\-/\u00a0\u2009\u202f]+"


def _number(column):
    return SQL(
        "upper(regexp_replace(coalesce(%s, ''), %s, '', 'g'))",
        SQL.identifier(*column),
        _SPACES,
    )


LINE_NUMBER = _number(("line", "account_number"))
PAYMENT_NUMBER = _number(("payment", "account_number"))
YEARLY_ID = SQL("line.txn_id || '/' || extract(year FROM line.business_date)")


class PaymentTerminalRegistry(models.Model):
    """Makes payments of what only the network knows."""

    _inherit = "payment.terminal.registry"

    def _insert_missing(self):
        """Make payments of what only the network knows, as if they had come online.

        An identifier that was used long ago is told apart by the year.

        :return: how many
        """
        network = self.network_id
        payments = self.env["payment.terminal.transaction"]
        now = fields.Datetime.now()
        money = SQL("0") if self.is_test else SQL("line.amount")
        columns = {
            "network_id": SQL("line.network_id"),
            "company_id": SQL("%s", network.company_id.id),
            "currency_id": SQL("%s", network.currency_id.id),
            "registry_id": SQL("line.registry_id"),
            "txn_id": SQL(
                """CASE WHEN EXISTS (
                       SELECT FROM payment_terminal_transaction payment
                        WHERE payment.network_id = line.network_id
                          AND payment.txn_id = line.txn_id
                          AND payment.is_test = %s)
                   THEN %s ELSE line.txn_id END""",
                self.is_test,
                YEARLY_ID,
            ),
            "state": SQL("'accepted'"),
            "is_test": SQL("%s", self.is_test),
            "account_number": SQL("coalesce(line.account_number, '')"),
            "account_id": SQL("account.id"),
            "partner_id": SQL("coalesce(account.partner_id, invoice.partner_id)"),
            "invoice_reference": SQL("coalesce(invoice.name, '')"),
            "amount": SQL("line.amount"),
            "money": money,
            "paid_at": SQL("line.paid_at"),
            "business_date": SQL("line.business_date"),
            "terminal": SQL("line.terminal"),
            "accepted_at": SQL("%s", now),
            "create_uid": SQL("%s", self.env.uid),
            "create_date": SQL("%s", now),
            "write_uid": SQL("%s", self.env.uid),
            "write_date": SQL("%s", now),
            **{
                name: SQL("%s", value)
                for name, value in get_added_defaults(payments).items()
            },
        }
        self.env.cr.execute(
            SQL(
                """INSERT INTO payment_terminal_transaction (%(names)s)
                   SELECT %(values)s
                     FROM payment_terminal_registry_line line
                LEFT JOIN LATERAL (
                          SELECT id, partner_id FROM payment_terminal_account
                           WHERE number IN (%(number)s, ltrim(%(number)s, '0'))
                             AND company_id = %(company)s
                        ORDER BY number != %(number)s LIMIT 1) account ON TRUE
                LEFT JOIN LATERAL (%(invoice)s) invoice ON account.id IS NULL
                    WHERE line.registry_id = %(registry)s
                      AND line.status = 'new' AND line.amount > 0
                 ORDER BY line.place
              ON CONFLICT (network_id, txn_id, is_test) DO NOTHING""",
                names=SQL(", ").join(map(SQL.identifier, columns)),
                values=SQL(", ").join(columns.values()),
                number=LINE_NUMBER,
                registry=self.id,
                company=network.company_id.id,
                invoice=self._get_invoice(network),
            )
        )
        return self.env.cr.rowcount

    def _get_invoice(self, network):
        """Return a query of the customer whose invoice's reference was typed instead of
        the number, where the network allows that and only one has it."""
        if not network.accept_invoice_references:
            return SQL("SELECT NULL::int AS partner_id, NULL::varchar AS name")
        return SQL(
            """SELECT min(partner.id) AS partner_id, min(move.name) AS name
                 FROM account_move move
                 JOIN res_partner partner ON partner.id = move.commercial_partner_id
                WHERE move.payment_reference IN (line.account_number, %s)
                  AND move.company_id = %s
                  AND move.move_type = 'out_invoice' AND move.state = 'posted'
               HAVING count(DISTINCT partner.id) = 1""",
            LINE_NUMBER,
            network.company_id.id,
        )

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools import SQL


class PaymentTerminalMonth(models.Model):
    """A clearing account at the end of a month: how its balance came about, and what
    of it has not been paid out. In the company's currency, as in the trial balance."""

    _name = "payment.terminal.month"
    _description = "Month of a clearing account"
    _auto = False
    _order = "month desc, account_id"
    _depends = {
        "account.move": ["terminal_clearing_line_id", "statement_line_id"],
        "account.move.line": [
            *("account_id", "company_id", "balance", "amount_residual", "date"),
            "parent_state",
        ],
        "payment.terminal.network": ["clearing_account_id"],
        "payment.terminal.registry": ["fee_move_id"],
    }
    _rec_name = "month"

    account_id = fields.Many2one("account.account", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    month = fields.Date(readonly=True, help="Its first day.")
    opening = fields.Monetary(string="Opening balance", readonly=True, aggregator=None)
    collected = fields.Monetary(string="Paid at kiosks", readonly=True)
    taken_back = fields.Monetary(string="Taken back by networks", readonly=True)
    fee = fields.Monetary(string="Network fees", readonly=True)
    paid_out = fields.Monetary(string="Payouts", readonly=True)
    other = fields.Monetary(
        string="Other entries",
        readonly=True,
        help="Entries that are none of the others: look into them.",
    )
    closing = fields.Monetary(string="Closing balance", readonly=True, aggregator=None)
    waiting = fields.Monetary(
        string="Not paid out",
        readonly=True,
        help="What is still open of this month's entries, today.",
    )

    @property
    def _table_query(self):
        return SQL(
            """SELECT min(month.line_id) AS id, account_id, month.company_id,
                      company.currency_id, month.month,
                      sum(sum(balance)) OVER so_far - sum(balance) AS opening,
                      sum(balance) FILTER (WHERE kind = 'collected') AS collected,
                      sum(balance) FILTER (WHERE kind = 'taken_back') AS taken_back,
                      sum(balance) FILTER (WHERE kind = 'fee') AS fee,
                      sum(balance) FILTER (WHERE kind = 'paid_out') AS paid_out,
                      sum(balance) FILTER (WHERE kind = 'other') AS other,
                      sum(sum(balance)) OVER so_far AS closing,
                      sum(residual) AS waiting
                 FROM (SELECT line.id AS line_id, line.account_id, line.company_id,
                              line.balance, line.amount_residual AS residual,
                              date_trunc('month', line.date)::date AS month,
                              CASE
                              WHEN move.terminal_clearing_line_id = line.id
                                  THEN CASE WHEN line.balance > 0 THEN 'collected'
                                            ELSE 'taken_back' END
                              WHEN move.statement_line_id IS NOT NULL
                                  THEN 'paid_out'
                              WHEN EXISTS (
                                  SELECT FROM payment_terminal_registry registry
                                   WHERE registry.fee_move_id = move.id) THEN 'fee'
                              ELSE 'other' END AS kind
                         FROM account_move_line line
                         JOIN account_move move ON move.id = line.move_id
                        WHERE line.parent_state = 'posted'
                          AND line.account_id IN (
                              SELECT clearing_account_id
                                FROM payment_terminal_network)) month
                 JOIN res_company company ON company.id = month.company_id
             GROUP BY account_id, month.company_id, company.currency_id, month.month
               WINDOW so_far AS (PARTITION BY account_id, month.company_id
                                 ORDER BY month.month)"""
        )

    def action_open_items(self):
        """Show the journal items of the month."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "account.action_account_moves_all"
            ),
            "domain": [
                ("account_id", "=", self.account_id.id),
                ("company_id", "=", self.company_id.id),
                ("parent_state", "=", "posted"),
                ("date", ">=", self.month),
                ("date", "<", self.month + relativedelta(months=1)),
            ],
            "context": {},
        }

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ...formats.debts import CHANGED, GONE, NEW
from ...tools import check_user

CHANGES = [(NEW, "New"), (CHANGED, "Changed"), (GONE, "Not owed any more")]
_AT_ONCE = 10_000
_COLUMNS = (
    *("key", "account_id", "partner_id", "amount", "due_date", "reference"),
    "change",
)


class PaymentTerminalDebtLine(models.Model):
    """A debt that was new, changed or gone in a list."""

    _name = "payment.terminal.debt.line"
    _inherit = ["receivables.facts"]
    _description = "What was new in a list of debts"
    _order = "list_id desc, id"
    _rec_name = "key"
    _log_access = False

    list_id = fields.Many2one(
        "payment.terminal.debt.list",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    network_id = fields.Many2one(
        "payment.terminal.network", required=True, readonly=True
    )
    company_id = fields.Many2one(related="list_id.company_id")
    currency_id = fields.Many2one(related="network_id.currency_id")
    key = fields.Char(
        string="Number",
        required=True,
        readonly=True,
        help="By which the network knows the debt: the customer number, or the number "
        "of the claim.",
    )
    account_id = fields.Many2one(
        "payment.terminal.account", string="Customer number", readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index=True
    )
    amount = fields.Monetary(readonly=True)
    due_date = fields.Date(string="Due on", readonly=True)
    reference = fields.Char(readonly=True)
    change = fields.Selection(CHANGES, required=True, readonly=True)
    refusal = fields.Char(
        string="Refused", readonly=True, help="Why the other side did not take it."
    )

    is_repeated = fields.Boolean(
        "To be told again", readonly=True, help="The next list tells it once more."
    )

    _known_idx = models.Index("(network_id, key, list_id DESC)")

    def action_tell_again(self):
        """Tell with the next list once more that a debt is not owed any more, after
        what was in the way at the other side is gone."""
        check_user(self)
        refused = self.filtered(lambda line: line.refusal and line.change == GONE)
        if refused != self:
            raise UserError(
                self.env._("Only cancellations that were refused are told again.")
            )
        refused.sudo().is_repeated = True
        return True

    @api.model
    def _store(self, debt_list, debts):
        """Write the lines of a list, many at once.

        :param debts: ``formats.debts.Debt``
        """
        rows = ([getattr(debt, name) or None for name in _COLUMNS] for debt in debts)
        for some in split_every(_AT_ONCE, rows, list):
            self.env.execute_query(
                SQL(
                    """INSERT INTO payment_terminal_debt_line
                              (list_id, network_id, %s)
                       SELECT %s, %s, row.*
                         FROM unnest(%s::text[], %s::int[], %s::int[], %s::numeric[],
                                     %s::date[], %s::text[], %s::text[]) row
                    RETURNING 1""",
                    SQL(", ").join(map(SQL.identifier, _COLUMNS)),
                    debt_list.id,
                    debt_list.network_id.id,
                    *map(list, zip(*some, strict=True)),
                )
            )
        self.invalidate_model()

    @api.model
    def _read_known(self, network, environment, name):
        """Return what the other side knows: the newest line of each debt in the lists
        that were handed over. A cancellation that it refused is a person's to clear up
        there, and is not told in each list again.

        :param str name: of the format
        :return: dicts of the columns, with ``number`` and ``name``, by key
        """
        self.env["payment.terminal.debt.list"].flush_model()
        self.flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT DISTINCT ON (line.key) line.key, line.account_id,
                           line.partner_id, line.amount, line.due_date,
                           line.reference, line.change, account.number, partner.name
                      FROM payment_terminal_debt_line line
                      JOIN payment_terminal_debt_list list ON list.id = line.list_id
                 LEFT JOIN payment_terminal_account account
                        ON account.id = line.account_id
                 LEFT JOIN res_partner partner ON partner.id = line.partner_id
                     WHERE line.network_id = %s AND list.environment = %s
                       AND list.format = %s AND list.state = 'sent'
                       AND (line.refusal IS NULL
                            OR line.change = %s AND line.is_repeated IS NOT TRUE)
                  ORDER BY line.key, line.list_id DESC""",
                network.id,
                environment,
                name,
                GONE,
            )
        )
        return {row["key"]: row for row in rows if row["change"] != GONE}

from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "receivables.facts"]

    terminal_transaction_id = fields.Many2one(
        "payment.terminal.transaction",
        string="Payment at a terminal",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups=READERS,
        help="The payment whose money this journal item holds or moves on.",
    )

    @api.model
    def _is_fact(self, field):
        # OVERRIDES 'receivables.facts': core's fields stay as they are
        return field.name == "terminal_transaction_id"

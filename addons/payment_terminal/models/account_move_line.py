from odoo import fields, models

from odoo.addons.receivables_base.tools import READERS


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    terminal_transaction_ids = fields.One2many(
        "payment.terminal.transaction",
        "move_line_id",
        string="Payments at terminals",
        groups=READERS,
    )
    terminal_suspense_ids = fields.One2many(
        "payment.terminal.transaction",
        "suspense_line_id",
        string="Payments at terminals in suspense",
        groups=READERS,
    )

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    receivables_user_id = fields.Many2one(
        "res.users",
        string="Responsible for receivables",
        domain=[("share", "=", False)],
        groups="account.group_account_readonly,account.group_account_invoice",
        help="Is told what a person must see where the record itself names nobody who "
        "is there and may open it.",
    )

from odoo import api, fields, models
from odoo.tools import format_date

from ..models.account_move import IN_NETBANK


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    einvoice_notice = fields.Text(
        "Notice about the bank",
        compute="_compute_einvoice_notice",
        compute_sudo=True,
        help="What the bank goes on asking for, and until when it can be cancelled.",
    )

    @api.depends("move_ids")
    @api.depends_context("lang")
    def _compute_einvoice_notice(self):
        for wizard in self:
            documents = wizard.move_ids._get_einvoices().filtered(
                lambda d: d.state in IN_NETBANK and d.move_id.move_type == "out_invoice"
            )
            days = {each._get_last_cancel_day() for each in documents}
            if not days:
                wizard.einvoice_notice = False
            elif min(days) < documents.channel_id[:1]._get_today():
                wizard.einvoice_notice = self.env._(
                    "The bank has it, and %s was the last day on which it cancels it: "
                    "the credit note does not stop the payment. Pay the money back if "
                    "it comes.",
                    format_date(self.env, min(days)),
                )
            else:
                wizard.einvoice_notice = self.env._(
                    "The bank has it, and the credit note does not stop the payment. "
                    "Make it out for the whole amount, confirm it, and press “Cancel "
                    "at the bank” on it until %s.",
                    format_date(self.env, min(days)),
                )

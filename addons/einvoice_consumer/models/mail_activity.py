from odoo import models

from .account_move import REFUSED, handled_by


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        # EXTENDS 'mail': who marks a refusal as done has seen to it
        refused = self.filtered(
            lambda activity: (
                activity.activity_type_id == self.env.ref(REFUSED)
                and activity.res_model == "account.move"
            )
        )
        moves = self.env["account.move"].browse(refused.mapped("res_id"))
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        moves._get_einvoices()._set_over(handled_by(self.env.user))
        return result

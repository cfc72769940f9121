from odoo import api, models

from .account_move import NOT_SENT


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _hook_if_success(self, moves_data, from_cron=False):
        # EXTENDS 'account'
        self.env["account.move"].union(*moves_data)._settle(NOT_SENT)
        return super()._hook_if_success(moves_data, from_cron=from_cron)

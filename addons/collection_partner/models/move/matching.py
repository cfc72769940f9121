from odoo import api, models


class AccountPartialReconcile(models.Model):
    """What is matched with a transferred invoice or taken off it reaches the agency."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        partials = super().create(vals_list)
        partials._get_collection_cases()._note_money()
        partials._get_collection_settlements()._follow_bank()
        return partials

    def unlink(self):
        # EXTENDS 'account'
        cases = self._get_collection_cases()
        settlements = self._get_collection_settlements()
        result = super().unlink()
        cases._note_money()
        settlements._follow_bank()
        return result

    def _get_collection_settlements(self):
        return self.sudo().debit_move_id.move_id.collection_settlement_id

    def _get_collection_cases(self):
        moves = self.sudo().debit_move_id.move_id.filtered("collection_case_id")
        return moves.collection_case_ids

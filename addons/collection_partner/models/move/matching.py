from odoo import api, models


class AccountPartialReconcile(models.Model):
    """What is matched with a transferred invoice or taken off it reaches the agency."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        partials = super().create(vals_list)
        partials._get_collection_cases()._note_money()
        return partials

    def unlink(self):
        # EXTENDS 'account'
        cases = self._get_collection_cases()
        result = super().unlink()
        cases._note_money()
        return result

    def _get_collection_cases(self):
        moves = self.sudo().debit_move_id.move_id.filtered("collection_case_id")
        return moves.collection_case_ids

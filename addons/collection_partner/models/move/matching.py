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
        partials._tell_collection_refunds()
        return partials

    def unlink(self):
        # EXTENDS 'account'
        cases = self._get_collection_cases()
        settlements = self._get_collection_settlements()
        result = super().unlink()
        cases._note_money()
        settlements._follow_bank()
        return result

    def _tell_collection_refunds(self):
        """Say of what an agency paid out that it is paid back to the customer."""
        refunds = self.sudo().filtered(
            lambda partial: (
                partial.debit_move_id.move_id.origin_payment_id.payment_type
                == "outbound"
            )
        )
        lines = refunds.env["collection.settlement.line"]
        items = refunds.credit_move_id
        lines = lines.search([("entry_line_id", "in", items.ids)]) if items else lines
        for line in lines:
            for partial in refunds.filtered(
                lambda partial, line=line: partial.credit_move_id == line.entry_line_id
            ):
                payment = partial.debit_move_id.move_id.origin_payment_id
                amount = partial.credit_amount_currency
                line.case_id._tell_refunded(payment, amount)

    def _get_collection_settlements(self):
        return self.sudo().debit_move_id.move_id.collection_settlement_id

    def _get_collection_cases(self):
        moves = self.sudo().debit_move_id.move_id.filtered("collection_case_id")
        return moves.collection_case_ids

from odoo import models


class AccountMove(models.Model):
    """What the debtor sees of an invoice that an agency has."""

    _inherit = "account.move"

    def _has_to_be_paid(self):
        # EXTENDS 'account_payment': what an agency has is paid to the agency
        return not self._is_paid_to_agency() and super()._has_to_be_paid()

    def _get_online_payment_error(self):
        # EXTENDS 'account_payment'
        if self._is_paid_to_agency():
            return self.env._("A collection agency has this invoice. Pay there.")
        return super()._get_online_payment_error()

    def _is_paid_to_agency(self):
        """Whether an agency collects the invoice, or has collected it already."""
        return any(
            case.phase == "open" or case.capital_owed
            for case in self.sudo().collection_case_ids
        )

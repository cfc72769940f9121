from odoo import models

from .account_move import IN_NETBANK


class AccountMove(models.Model):
    """What a bank pays by itself is not asked for on the portal, too."""

    _inherit = "account.move"

    def _has_to_be_paid(self):
        # EXTENDS 'account_payment'
        return not self._einvoice_is_paid_by_bank() and super()._has_to_be_paid()

    def _get_online_payment_error(self):
        # EXTENDS 'account_payment'
        if self._einvoice_is_paid_by_bank():
            return self.env._(
                "Your bank pays this invoice from your account. You need not pay it "
                "yourself."
            )
        return super()._get_online_payment_error()

    def _einvoice_is_paid_by_bank(self):
        """Whether a bank is to pay the invoice by itself: by AvtaleGiro, or by direct
        payment whose due date has not come."""
        self.ensure_one()
        move = self.sudo()
        at_bank = move._get_einvoices().filtered(lambda d: d.state in IN_NETBANK)
        return bool(move._avtalegiro_get_open() or move._einvoice_get_paying(at_bank))

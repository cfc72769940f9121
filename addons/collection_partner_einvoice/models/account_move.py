from odoo import models

# The netbank has the invoice, as far as the bank has not said otherwise.
DELIVERED = ("sent", "presumed_delivered")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_collection_delivery(self):
        # EXTENDS 'collection_partner'
        # what was sent in a test was not
        if self.einvoice_state in DELIVERED and self._einvoice_is_at_bank(DELIVERED):
            return "einvoice"
        return super()._get_collection_delivery()

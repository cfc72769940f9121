from odoo import models

# The netbank has the invoice, as far as the bank has not said otherwise.
DELIVERED = ("sent", "presumed_delivered")


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_collection_delivery(self):
        # EXTENDS 'collection_partner'
        if self.einvoice_state in DELIVERED:
            return "einvoice"
        return super()._get_collection_delivery()

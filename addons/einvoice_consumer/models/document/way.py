from odoo import models

# how a message of this type reaches the consumer
BY_BANK = {"invoice": "netbank", "direct_payment": "direct_payment"}


class EinvoiceDocument(models.Model):
    """Which way invoices took, as far as it goes over a bank."""

    _inherit = "einvoice.document"

    def _set_sent(self):
        result = super()._set_sent()
        real = self.filtered(lambda d: d.environment == "prod" and d.state == "sent")
        for kind, documents in real.grouped("type").items():
            if kind in BY_BANK:
                documents.move_id._einvoice_set_way(BY_BANK[kind])
        return result

    def _unmark_sent(self):
        result = super()._unmark_sent()
        lost = (self & self.move_id._get_einvoices()).move_id
        lost.filtered(lambda m: m.einvoice_way in BY_BANK.values())._einvoice_set_way(
            False
        )
        return result

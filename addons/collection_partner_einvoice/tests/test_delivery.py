from odoo.addons.einvoice_consumer.tests.common import EinvoiceCommon


class TestDelivery(EinvoiceCommon):
    """The agency learns that the debtor got an e-invoice (row 58)."""

    def test_row_58_an_invoice_in_the_netbank_was_delivered_as_an_einvoice(self):
        self.order()
        move = self.make_invoice()
        move.is_move_sent = True
        self.assertEqual(move._get_collection_delivery(), "unknown")
        document = self.send(move)
        self.assertEqual(move._get_collection_delivery(), "unknown")
        document._set_sent()
        self.assertEqual(move._get_collection_delivery(), "einvoice")

    def test_row_58_a_refused_einvoice_was_not_delivered(self):
        self.order()
        move = self.make_invoice()
        move.is_move_sent = True
        document = self.send(move)
        document._set_sent()
        document._set_rejected("2", "Receiver not found")
        self.assertNotEqual(move._get_collection_delivery(), "einvoice")

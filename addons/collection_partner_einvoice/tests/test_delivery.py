from datetime import timedelta

from odoo import fields

from odoo.addons.einvoice_consumer.tests.common import (
    EinvoiceCommon,
    acknowledgement,
)


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


class TestWithheld(EinvoiceCommon):
    """Nothing is demanded of a debtor who did not get the invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order()
        cls.move = cls.make_invoice()

    def get_reasons(self):
        """What the engine says of the delivery, by hand; by night it is the same."""
        by_mode = [
            {
                reason["code"]: reason["earliest_date"]
                for reason in self.move.collection_eligibility(mode)[0]["reasons"]
                if reason["code"] in ("not_delivered", "delivery_open")
            }
            for mode in ("manual", "automatic")
        ]
        self.assertEqual(*by_mode)
        return by_mode[0]

    def test_an_invoice_that_was_never_an_einvoice(self):
        self.assertEqual(self.get_reasons(), {})

    def test_what_waits_and_what_was_refused_was_not_delivered(self):
        document = self.send(self.move)
        self.assertEqual(self.get_reasons(), {"not_delivered": False})
        document._set_sent()
        document._set_rejected("6", "No")
        self.assertEqual(self.get_reasons(), {"not_delivered": False})
        self.move.action_einvoice_handled()
        self.assertEqual(self.get_reasons(), {})

    def test_until_silence_counts_as_delivery(self):
        document = self.send(self.move)
        document._set_sent()
        after = self.channel._get_today() + timedelta(days=9)  # silent for eight
        self.assertEqual(
            self.get_reasons(), {"delivery_open": fields.Date.to_string(after)}
        )
        document._presume_delivered()
        self.assertEqual(self.get_reasons(), {})
        # the bank refuses it late
        self.take_in(acknowledgement(document, code="6"))
        self.assertEqual(self.get_reasons(), {"not_delivered": False})

    def test_of_several_parts_the_worst_counts(self):
        document = self.send(self.move)
        document._set_sent()
        [part] = document.copy_data()
        part |= {"part": 2, "state": "to_send", "message_id": "another"}
        document.sudo().create(part)
        self.assertEqual(self.get_reasons(), {"not_delivered": False})

    def test_a_test_withholds_nothing(self):
        document = self.send(self.move)
        document.sudo().environment = "test"
        self.assertEqual(self.get_reasons(), {})

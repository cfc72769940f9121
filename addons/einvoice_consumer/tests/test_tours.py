from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestTours(EinvoiceCommon, HttpCase):
    """What a bookkeeper does in the web client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.external_report_layout_id = cls.env.ref(
            "web.external_layout_standard"
        )
        cls.bookkeeper.lang = "en_US"

    def test_allocate_an_order(self):
        agreement = self.order(name="Kerttu Maria Talvela", postcode="33100")
        self.start_tour(
            "/odoo/consumer-einvoice-orders",
            "einvoice_consumer_allocate",
            login="bookkeeper",
        )
        self.assertRecordValues(
            agreement, [{"state": "active", "partner_id": self.kerttu.id}]
        )

    def test_decide_by_keyboard(self):
        twins = self.kerttu.copy({"name": "Aino Talvela", "ref": "70015"})
        twins |= twins.copy({"name": "Aino Talvela", "ref": "70015"})
        first = self.order_later(1, postcode="33100")
        second = self.order_later(2, name="Aino Talvela", identifiers=[("09", "70015")])
        third = self.order_later(3, name="Xerxes", identifiers=[("09", "00000")])
        expected = second.candidate_ids[1].partner_id
        self.start_tour(
            "/odoo/consumer-einvoice-orders",
            "einvoice_consumer_review",
            login="bookkeeper",
        )
        self.assertEqual((first.state, first.partner_id), ("active", self.kerttu))
        self.assertEqual((second.state, second.partner_id), ("active", expected))
        self.assertEqual(third.state, "rejected")

    def test_send_an_invoice(self):
        self.order()
        move = self.make_invoice(days=1, post=False)
        self.start_tour(
            f"/odoo/customer-invoices/{move.id}",
            "einvoice_consumer_send",
            login="bookkeeper",
        )
        self.assertEqual(move.einvoice_state, "to_send")
        self.assertEqual(
            move.invoice_date_due, self.channel._get_today() + timedelta(days=14)
        )

    def test_open_the_service(self):
        self.start_tour(
            f"/odoo/consumer-einvoice-channels/{self.channel.id}",
            "einvoice_consumer_announce",
            login="bookkeeper",
        )
        notification = self.channel.notification_ids
        self.assertEqual(notification.last_action, "add")
        terms = notification.last_document_id._read_terms()
        self.assertEqual(terms["topics"]["FI"], "Sähkölasku")

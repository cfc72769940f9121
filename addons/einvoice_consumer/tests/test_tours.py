from odoo.tests import HttpCase, tagged

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestTours(EinvoiceCommon, HttpCase):
    """What a bookkeeper does in the web client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
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

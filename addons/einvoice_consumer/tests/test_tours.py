from odoo.tests import HttpCase, tagged

from .common import EinvoiceCommon
from .common_norway import NorwayCommon


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


@tagged("post_install", "-at_install")
class TestNorwayTours(NorwayCommon, HttpCase):
    """How a company in Norway begins, and sends its first invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bookkeeper.lang = "en_US"
        # else the first Send asks how letters look
        cls.company.external_report_layout_id = cls.env.ref(
            "web.external_layout_standard"
        )

    def test_kids_issuer_agreement_and_customers(self):
        spaced = self.kari.copy({"name": "Ola", "phone": "900 00 002"})
        abroad = self.kari.copy({"name": "Per", "phone": "0047 90000003"})
        at_home = self.kari.copy({"name": "Astrid", "phone": "22 22 55 55"})
        for partner in spaced + abroad + at_home:
            self.make_invoice(partner)
        self.start_tour(
            "/odoo/kid-layouts",
            "einvoice_consumer_norway_begin",
            login=self.bookkeeper.login,
        )
        layout = self.layout.search([("name", "=", "Electricity")])
        self.assertRecordValues(
            layout.part_ids,
            [
                {"kind": "customer", "digit_count": 7},
                {"kind": "invoice", "digit_count": 6},
            ],
        )
        self.assertEqual((layout.kid_length, layout.agreed_lengths), (14, "14"))
        agreement = self.channel.issuer_agreement_ids
        self.assertRecordValues(
            agreement,
            [
                {
                    "state": "waiting",
                    "approver_name": "Ola Nordmann",
                    "approver_email": "ola@fjordlys.example.com",
                    "take_over": True,
                }
            ],
        )
        [told] = self.fetch("issuer_agreement")
        self.assertEqual((told["action"], told["take_over"]), ("order", True))
        self.assertEqual((spaced.phone, abroad.phone), ("+4790000002", "+4790000003"))
        self.assertTrue(spaced.einvoice_receives and abroad.einvoice_receives)
        self.assertFalse(at_home.einvoice_receives)

    def test_the_first_invoice_waits(self):
        self.approve_issuer()
        self.kari.write({"einvoice_access_point": "B2CNO", "einvoice_receives": True})
        move = self.make_invoice()
        self.start_tour(
            f"/odoo/customer-invoices/{move.id}",
            "einvoice_consumer_norway_send",
            login=self.bookkeeper.login,
        )
        self.assertRecordValues(
            move, [{"einvoice_state": "waits", "is_move_sent": False}]
        )
        [told] = self.fetch("lookup")
        self.assertEqual(told["mobile"], self.kari.phone)

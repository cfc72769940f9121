from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common import EinvoiceCommon
from .common_avtalegiro import AvtalegiroCommon
from .common_norway import MOBILE, NorwayCommon

PASSWORD = "a-long-winter-night"


@tagged("post_install", "-at_install")
class TestAvtalegiroOnPortal(AvtalegiroCommon):
    """What a bank pays by AvtaleGiro is not paid online, too."""

    def test_a_claimed_invoice_is_not_paid_online(self):
        move = self.make_invoice()
        self.assertTrue(move._has_to_be_paid())
        self.bring(("1", self.make_kid(), "N"))
        self.send_invoice(move)
        self.assertFalse(move._has_to_be_paid())
        self.assertIn("Your bank pays", move._get_online_payment_error())


@tagged("post_install", "-at_install")
class TestDirectPaymentOnPortal(EinvoiceCommon):
    """The same of direct payment, until the day on which the bank pays."""

    def test_a_direct_payment_is_not_paid_online(self):
        self.order(service="01")
        move = self.make_invoice()
        self.assertTrue(move._has_to_be_paid())
        move.send_einvoice()
        self.channel.confirm_outgoing(
            [one["document_id"] for one in self.channel.fetch_outgoing()]
        )
        self.assertEqual(move.einvoice_state, "sent")
        self.assertFalse(move._has_to_be_paid())
        self.assertIn("Your bank pays", move._get_online_payment_error())
        with freeze_time(move.invoice_date_due + timedelta(days=1)):
            self.assertTrue(move._has_to_be_paid())


@tagged("post_install", "-at_install")
class TestPortalInNorway(NorwayCommon, HttpCase):
    """A consumer reads how eFaktura is had and ended; nothing of Finland's orders."""

    def read(self):
        self.authenticate("kari_portal", PASSWORD)
        answer = self.url_open("/my/einvoice")
        answer.raise_for_status()
        return answer.text

    def test_how_efaktura_is_had_and_ended(self):
        consumer = new_test_user(
            self.env(su=True),
            "kari_portal",
            groups="base.group_portal",
            password=PASSWORD,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        consumer.partner_id = self.kari
        self.channel.copy(
            {"name": "AvtaleGiro", "rail": "avtalegiro", "environment": "disabled"}
        ).sudo().write({"avtalegiro_unit": "55555555", "environment": "prod"})
        page = self.read()
        self.assertEqual(page.count("eFaktura from all senders"), 1)
        self.assertIn(MOBILE, page)
        self.assertNotIn("order e-invoices", page)
        agreement = (
            self.env["einvoice.agreement"]
            .sudo()
            .create(
                {
                    "channel_id": self.channel.id,
                    "recipient_address": "920000000000000001",
                    "consumer_name": "Kari Nordmann",
                }
            )
        )
        agreement._put_in_force({agreement: self.kari})
        page = self.read()
        self.assertIn("As eFaktura, in your netbank.", page)
        self.assertIn("End the eFaktura of this sender", page)
        self.assertNotIn("920000000000000001"[-4:], page)

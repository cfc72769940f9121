from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_norway import NorwayCommon


@tagged("post_install", "-at_install")
class TestEfaktura(NorwayCommon):
    """A channel of eFaktura, and messages of its operator that cannot be read."""

    def test_a_channel_asks_for_what_a_norwegian_company_has(self):
        self.assertFalse(self.channel.has_notifications)
        self.channel.environment = "disabled"
        self.company.write({"company_registry": False, "vat": False, "city": False})
        self.channel.bank_account_ids = False
        self.channel.invalidate_recordset(["checklist"])
        self.assertEqual(
            set(self.channel.checklist),
            {"organisation_number", "address", "accounts", "issuer_agreement"},
        )
        with self.assertRaisesRegex(ValidationError, "organisation number"):
            self.channel.environment = "prod"

    def test_an_event_that_is_not_as_agreed_is_parked(self):
        document = self.tell("invoice_status", message_id="x", state="eaten")
        self.assertEqual((document.type, document.state), ("unknown", "error"))
        self.assertIn("eaten", document.summary)
        document = self.tell("invoice_status", state="opened")
        self.assertIn("message_id", document.summary)

    def test_an_event_is_shown_as_it_came(self):
        document = self.tell("invoice_status", message_id="Å", state="opened")
        self.assertEqual(
            (document.type, document.message_id), ("invoice_status", "EV-1")
        )
        self.assertIn("Å", document.text)

    def test_a_new_channel_is_of_the_company_s_country(self):
        channels = self.env["einvoice.channel"]
        self.assertEqual(channels.default_get(["rail"]), {"rail": "efaktura"})
        self.company.country_id = self.env.ref("base.se")
        self.assertEqual(channels.default_get(["rail"]), {"rail": "finvoice"})

    def test_what_differs_from_finland_is_known_of_the_rail(self):
        self.assertEqual(self.channel.min_days_to_due, 4)
        finnish = self.channel.new({"rail": "finvoice"})
        self.assertEqual(finnish.min_days_to_due, 7)
        self.assertTrue(finnish.has_notifications)
        self.assertFalse(finnish.has_issuer_agreement or finnish.confirms_delivery)

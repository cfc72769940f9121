from lxml import html

from odoo import Command, http
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NORTH, SOUTH, EinvoiceCommon

PASSWORD = "a-long-winter-night"


@tagged("post_install", "-at_install")
class TestPortal(EinvoiceCommon, HttpCase):
    """A consumer sees how invoices arrive, and changes what an order leaves open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consumer = new_test_user(
            cls.env,
            "kerttu_portal",
            groups="base.group_portal",
            password=PASSWORD,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.consumer.sudo().partner_id = cls.kerttu

    def open(self, path="/my/einvoice", **form):
        self.authenticate(self.consumer.login, PASSWORD)
        if form:
            form["csrf_token"] = http.Request.csrf_token(self)
        answer = self.url_open(path, data=form or None)
        self.assertEqual(answer.status_code, 200)
        return html.fromstring(answer.content)

    def read(self, page, place):
        return " ".join(page.xpath(f"string(//*[{place}])").split())

    def now(self, page):
        return self.read(page, "contains(@class, 'o_einvoice_now')")

    def steps(self, page):
        return self.read(page, "contains(@class, 'o_einvoice_netbank')")

    def test_how_to_have_them_in_the_netbank(self):
        self.channel.asked_identifiers = "both"
        move = self.make_invoice()
        page = self.open()
        self.assertEqual(self.now(page), "By e-mail to kerttu@example.com.")
        steps = self.steps(page)
        self.assertIn("order e-invoices: Revontuli Sähkö Oy", steps)
        self.assertIn("Customer number: 70014", steps)
        reference = f"Reference of an earlier invoice: {move.payment_reference}"
        self.assertIn(reference, steps)

    def test_the_words_are_those_that_the_bank_was_told(self):
        self.env["einvoice.notification"].sudo().create(
            {
                "channel_id": self.channel.id,
                "intermediator_id": self.address.intermediator_id.id,
                "identifier": "SI-1",
                "taken_over": {
                    "names": {"FI": "Revontuli", "SV": "Norrsken"},
                    "identifiers": [
                        {"type": "number", "labels": {"FI": "Käyttöpaikka"}},
                        {"type": "personal_code", "labels": {"FI": "Henkilötunnus"}},
                    ],
                },
            }
        )
        steps = self.steps(self.open())
        self.assertIn("order e-invoices: Revontuli Type", steps)
        self.assertIn("Käyttöpaikka: 70014", steps)
        self.assertIn("Henkilötunnus: Your personal identity code", steps)

    def test_an_order_in_force_is_said_and_is_not_contradicted(self):
        agreement = self.order()
        page = self.open()
        self.assertEqual(self.now(page), "As e-invoices, in your netbank at Nordea.")
        text = page.text_content()
        self.assertIn("End the e-invoice of this invoicer in your netbank", text)
        self.assertIn("FI49••••••8730", text)
        self.assertNotIn(NORTH[0], text)
        self.assertFalse(page.xpath("//form[@action='/my/einvoice/email']"))
        # a form that was open before the order came, or that somebody made up
        page = self.open("/my/einvoice/email", company_id=self.company.id)
        self.assertIn("end it in your netbank first", page.text_content())
        partner = self.kerttu.with_company(self.company)
        for method, city in (("email", "Espoo"), (False, "Vantaa")):
            self.kerttu.with_user(self.consumer).sudo().write(
                {"invoice_sending_method": method, "city": city}
            )
            self.assertEqual(self.kerttu.city, city)
            self.assertEqual(partner.invoice_sending_method, "einvoice_consumer")
        account = self.open("/my/account")
        self.assertFalse(account.xpath("//select[@name='invoice_sending_method']"))
        agreement.end()
        page = self.open()
        self.assertEqual(self.now(page), "By e-mail to kerttu@example.com.")

    def test_direct_payment_says_who_pays(self):
        self.order(service="01")
        page = self.open()
        self.assertIn("Nordea pays each invoice", self.now(page))
        self.assertIn("End the direct payment at your bank", page.text_content())

    def test_email_is_chosen(self):
        partner = self.kerttu.with_company(self.company)
        partner.invoice_sending_method = "manual"
        page = self.open()
        self.assertEqual(self.now(page), "By post.")
        page = self.open("/my/einvoice/email", company_id=self.company.id)
        self.assertIn("From now on your invoices come by e-mail", page.text_content())
        self.assertEqual(partner.invoice_sending_method, "email")

    def test_email_needs_an_address(self):
        partner = self.kerttu.with_company(self.company)
        partner.invoice_sending_method = "manual"
        self.kerttu.email = False
        page = self.open()
        self.assertFalse(page.xpath("//form[@action='/my/einvoice/email']"))
        page = self.open("/my/einvoice/email", company_id=self.company.id)
        self.assertIn("Enter your e-mail address first", page.text_content())
        self.assertEqual(partner.invoice_sending_method, "manual")

    def test_the_netbank_is_ordered_at_the_bank_alone(self):
        partner = self.kerttu.with_company(self.company)
        self.kerttu.with_user(self.consumer).sudo().write(
            {"invoice_sending_method": "einvoice_consumer"}
        )
        self.assertNotEqual(partner.invoice_sending_method, "einvoice_consumer")

    def test_it_is_about_nobody_else(self):
        other = self.kerttu.copy({"name": "Otso Karhu", "ref": "80001"})
        self.order(name="Otso Karhu", identifiers=(("09", "80001"),), address=SOUTH)
        self.assertEqual(
            other.with_company(self.company).invoice_sending_method,
            "einvoice_consumer",
        )
        text = self.open().text_content()
        self.assertIn("By e-mail to kerttu@example.com.", text)
        for word in ("80001", "Otso", SOUTH[0], "OP "):
            self.assertNotIn(word, text)
        # nor about a company that is not his
        stranger = self.env["res.company"].sudo().create({"name": "Other Oy"})
        self.open("/my/einvoice/email", company_id=stranger.id)
        self.assertNotEqual(
            self.kerttu.with_company(stranger).sudo().invoice_sending_method, "email"
        )

    def test_a_visitor_must_log_in(self):
        self.authenticate(None, None)
        with mute_logger("odoo.http"):
            answer = self.url_open("/my/einvoice", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertIn("/web/login", answer.headers["Location"])

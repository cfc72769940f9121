import base64
import re

from odoo.tests import tagged

from .service_common import ServiceCommon

SENTENCE = "Pay any amount at QIWI: enter your customer number."
PICTURE = re.compile(r'src="data:image/(?:png|svg\+xml);base64,([^"]+)"')


@tagged("post_install", "-at_install")
class TestNumberOnInvoice(ServiceCommon):
    """The invoice says how to pay it at a kiosk."""

    def render(self, move):
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account.report_invoice", move.ids
        )
        return html.decode()

    def get_block(self, move):
        """What is printed about kiosks."""
        html = self.render(move)
        start = html.find('name="payment_terminal"')
        return (
            html[start : html.find("</div>\n                </div>", start)]
            if start > 0
            else ""
        )

    def test_number_code_and_sentence(self):
        self.network.name = "QIWI"
        block = self.get_block(self.make_invoice(amount=500))
        self.assertIn(self.customer.terminal_account_ids.spaced_number, block)
        self.assertIn(SENTENCE, block)
        [picture] = PICTURE.findall(block)
        self.assertTrue(base64.b64decode(picture).startswith(b"\x89PNG"))

    def test_of_a_contact(self):
        company = self.make_customer("Ромашка", is_company=True)
        contact = self.make_customer("Book-keeper", number=False, parent_id=company.id)
        told = self.make_invoice(contact, amount=500)._get_terminal_instructions()
        self.assertEqual(told["number"], company.terminal_account_ids.spaced_number)

    def test_the_companys_sentence_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fi_FI")
        self.company.terminal_how_to_pay = "At every corner."
        self.company.with_context(lang="fi_FI").terminal_how_to_pay = "Joka kulmalla."
        self.assertIn("At every corner.", self.get_block(self.make_invoice()))
        self.customer.lang = "fi_FI"
        block = self.get_block(self.make_invoice())
        self.assertIn("Joka kulmalla.", block)
        self.assertNotIn("At every corner.", block)

    def test_the_networks_that_are_open(self):
        self.make_called_network("Kaspi", dialect="kaspi_json", sequence=1)
        self.make_called_network("Tried out", environment="test")
        told = self.make_invoice()._get_terminal_instructions()
        self.assertIn("Pay any amount at Kaspi, QIWI:", told["sentence"])

    def test_nothing_is_printed(self):
        invoice = self.make_invoice(amount=500)
        told = invoice._get_terminal_instructions
        self.assertTrue(told())
        note = self.make_invoice(amount=100, move_type="out_refund")
        self.assertFalse(self.get_block(note), "a credit note is not paid")
        stranger = self.make_invoice(self.make_customer("New", number=False))
        self.assertFalse(stranger._get_terminal_instructions(), "no number")
        self.company.terminal_print_number = False
        self.assertFalse(told(), "switched off")
        self.company.terminal_print_number = True
        self.network.environment = "test"
        self.assertFalse(told(), "no network is open")
        self.network.environment = "prod"
        self.customer.terminal_account_ids.action_block()
        self.assertFalse(told(), "no active number")

    def test_the_first_invoice_gives_a_number(self):
        self.company.terminal_issue_at_posting = True
        company = self.make_customer("Ромашка", number=False, is_company=True)
        contact = self.make_customer("Book-keeper", number=False, parent_id=company.id)
        draft = self.make_invoice(contact, post=False)
        self.assertFalse(company.terminal_number)
        draft.action_post()
        number = company.terminal_number
        self.assertTrue(number)
        self.make_invoice(contact)
        self.assertEqual(company.terminal_account_ids.number, number)
        supplier = self.make_customer("Supplier", number=False)
        self.make_invoice(supplier, move_type="in_invoice")
        self.make_invoice(supplier, move_type="out_refund")
        self.assertFalse(supplier.terminal_number)

    def test_posted_by_whoever_may_post(self):
        self.company.terminal_issue_at_posting = True
        customer = self.make_customer("New", number=False)
        draft = self.make_invoice(customer, post=False)
        self.accountant.group_ids = self.env.ref("account.group_account_invoice")
        draft.with_user(self.accountant).action_post()
        self.assertTrue(customer.terminal_number)

    def test_switched_off_nothing_is_given(self):
        customer = self.make_customer("New", number=False)
        self.make_invoice(customer)
        self.assertFalse(customer.terminal_number)

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestPortal(TransferCommon, HttpCase):
    """What a customer sees in the portal of an invoice that an agency has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtor = new_test_user(
            cls.env,
            "debtor",
            "base.group_portal",
            partner_id=cls.customer.id,
            password="debtor debtor",
        )
        cls.debtor.company_ids = [Command.link(cls.company.id)]
        cls.agency.partner_id = cls.env["res.partner"].create(
            {
                "name": "Nord Inkasso AB",
                "phone": "+46 8 123 45 67",
                "website": "https://nord.example.com",
            }
        )
        cls.agency.pay_instructions = "Bankgiro 123-4567"

    def page(self, address):
        self.authenticate("debtor", "debtor debtor")
        answer = self.url_open(address)
        answer.raise_for_status()
        return answer.text

    def test_the_invoice_says_where_it_is_and_how_it_is_paid_there(self):
        move = self.make_invoice()
        address = f"/my/invoices/{move.id}"
        self.assertNotIn("collection_notice", self.page(address))
        self.transfer(move)
        page = self.page(address)
        for words in (
            "This invoice is at a collection agency. Pay there, not here.",
            "Nord Inkasso AB",
            "+46 8 123 45 67",
            "https://nord.example.com",
            # the reference that the agency gave
            "1234561",
            "Bankgiro 123-4567",
        ):
            self.assertIn(words, page)
        self.assertNotIn("Pay Now", page)
        self.assertIn("At a collection agency", self.page("/my/invoices"))

    def test_who_has_paid_the_agency_reads_that(self):
        move = self.make_invoice()
        case = self.transfer(move)
        self.other.collect(case, 1000)
        self.happen(case, state="closed", outcome="paid")
        page = self.page(f"/my/invoices/{move.id}")
        self.assertIn("has received your payment", page)
        self.assertNotIn("Bankgiro 123-4567", page)

    def test_paying_all_that_is_overdue_leaves_out_what_an_agency_has(self):
        theirs, ours = self.make_invoice(), self.make_invoice()
        listed = "/my/invoices?filterby=overdue_invoices"
        self.assertIn(theirs.name, self.page(listed))
        self.transfer(theirs)
        page = self.page(listed)
        self.assertNotIn(theirs.name, page)
        self.assertIn(ours.name, page)

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import new_test_user, tagged

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestAccess(EinvoiceCommon):
    """Users decide, managers configure, the rest see at most their invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        companies = {
            "company_id": cls.company.id,
            "company_ids": [Command.set(cls.company.ids)],
        }
        cls.user = new_test_user(
            cls.env,
            "einvoice_user",
            groups="einvoice_consumer.einvoice_consumer_group_user",
            **companies,
        )
        cls.biller = new_test_user(
            cls.env, "biller", groups="account.group_account_invoice", **companies
        )
        cls.employee = new_test_user(
            cls.env, "employee", groups="base.group_user", **companies
        )
        cls.other_company = cls.env["res.company"].create({"name": "Other Oy"})
        cls.stranger = new_test_user(
            cls.env,
            "stranger",
            groups="einvoice_consumer.einvoice_consumer_group_manager",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )

    def test_user_does_the_daily_work(self):
        agreement = self.order(name="K. Talvela").with_user(self.user)
        agreement.candidate_ids.action_accept()
        self.assertEqual(agreement.state, "active")
        move = self.make_invoice().with_user(self.user)
        [result] = move.send_einvoice()
        self.assertEqual(result["state"], "to_send")
        self.channel.with_user(self.user).confirm_outgoing([result["document_id"]])
        self.assertEqual(move.einvoice_state, "sent")

    def test_user_cannot_write_what_only_methods_may(self):
        agreement = self.order().with_user(self.user)
        for record, vals in (
            (agreement, {"state": "ended"}),
            (self.channel.with_user(self.user), {"payment_subject": "X"}),
            (agreement.document_ids, {"state": "cancelled"}),
        ):
            with self.assertRaises(AccessError):
                record.write(vals)
        with self.assertRaises(AccessError):
            self.env["einvoice.agreement"].with_user(self.user).create(
                {"channel_id": self.channel.id}
            )

    def test_biller_sends_but_does_not_decide(self):
        agreement = self.order()
        move = self.make_invoice().with_user(self.biller)
        wizard = (
            self.env["account.move.send.wizard"]
            .with_user(self.biller)
            .create({"move_id": move.id})
        )
        wizard.action_send_and_print()
        self.assertEqual(move.einvoice_state, "to_send")
        for call in (
            lambda: agreement.with_user(self.biller).read(["recipient_address"]),
            lambda: agreement.with_user(self.biller).end(),
            lambda: self.channel.with_user(self.biller).fetch_outgoing(),
            lambda: self.channel.with_user(self.biller).import_message("x", "eA=="),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_employee_sees_nothing(self):
        document = self.order().document_ids
        for call in (
            lambda: self.channel.with_user(self.employee).read(["name"]),
            lambda: document.with_user(self.employee).read(["content"]),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_other_company_sees_nothing(self):
        agreement = self.order()
        for model in ("channel", "agreement", "agreement.candidate", "document"):
            found = (
                self.env[f"einvoice.{model}"]
                .with_user(self.stranger)
                .search([("company_id", "=", self.company.id)])
            )
            self.assertFalse(found)
        with self.assertRaises(AccessError):
            agreement.with_user(self.stranger).end()
        with self.assertRaises(AccessError):
            self.channel.with_user(self.stranger).fetch_outgoing()

    def test_customer_of_two_companies_has_an_agreement_in_each(self):
        self.order()
        partner = self.kerttu.with_company(self.other_company)
        self.assertNotEqual(partner.invoice_sending_method, "einvoice_consumer")

    def test_used_channel_is_kept(self):
        self.order()
        with self.assertRaises(UserError):
            self.channel.unlink()

    def test_copied_database_is_disarmed(self):
        channel = self.channel.sudo()
        self.env.flush_all()
        for query in get_neutralization_queries(["einvoice_consumer"]):
            self.env.cr.execute(query)
        channel.invalidate_recordset()
        self.assertEqual(channel.environment, "disabled")

    def test_a_debtor_reads_nothing_of_it(self):
        self.order()
        move = self.make_invoice()
        self.send_by_hand(move)
        debtor = new_test_user(self.env, "debtor", groups="base.group_portal")
        debtor.partner_id = self.kerttu
        move = move.with_user(debtor)
        self.assertTrue(move.read(["name"]))
        for name in (
            "einvoice_state",
            "einvoice_summary",
            "einvoice_document_ids",
            "einvoice_agreement_id",
        ):
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    move.read([name])
                with self.assertRaises(AccessError):
                    move.search([(name, "!=", False)])
                with self.assertRaises(AccessError):
                    move.formatted_read_group([], [name], ["__count"])
        with self.assertRaises(AccessError):
            move.send_einvoice()

from lxml import etree

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..formats import ebxml_frame
from .common import SOUTH, EinvoiceCommon, acknowledgement

POST = "einvoice_consumer.mail_activity_type_post"


@tagged("post_install", "-at_install")
class TestDirectPayment(EinvoiceCommon):
    """The bank pays from a copy; the consumer gets the invoice itself and pays once
    (Finvoice guidelines, 4)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kerttu.invoice_sending_method = "email"
        cls.agreement = cls.order(service="01")

    def open_dialog(self, move):
        action = move.action_send_and_print()
        model = self.env[action["res_model"]].with_context(**action["context"])
        return model.create({})

    def run_send_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()

    def get_mails(self, move):
        """What the customer was sent."""
        return move.message_ids.filtered(lambda m: self.kerttu in m.partner_ids)

    def assertGoesBothWays(self, move):
        document = move._get_einvoice()
        self.assertEqual((document.type, document.state), ("direct_payment", "to_send"))
        self.assertIn(b">INV09<", document._get_bytes())
        mail = self.get_mails(move)
        self.assertEqual(len(mail), 1)
        self.assertIn("your bank pays this invoice", mail.body)
        self.assertNotIn("remit", mail.body)
        self.assertNotIn(move.payment_reference, mail.body)

    # === EVERY WAY OF SENDING === #

    def test_dialog(self):
        move = self.make_invoice()
        wizard = self.open_dialog(move)
        self.assertEqual(set(wizard.sending_methods), {"email", "einvoice_consumer"})
        self.assertEqual(set(wizard.alerts), {"einvoice_consumer_direct_payment"})
        wizard.action_send_and_print()
        self.assertGoesBothWays(move)

    def test_dialog_with_the_email_unticked(self):
        move = self.make_invoice()
        wizard = self.open_dialog(move)
        wizard.sending_methods = ["einvoice_consumer"]
        wizard.action_send_and_print()
        self.assertGoesBothWays(move)

    def test_batch(self):
        moves = self.make_invoice() | self.make_invoice()
        self.open_dialog(moves).action_send_and_print()
        self.run_send_job()
        for move in moves:
            self.assertGoesBothWays(move)

    def test_remote_call(self):
        move = self.make_invoice()
        move.send_einvoice()
        self.assertGoesBothWays(move)

    def test_job_after_the_consumer_chose_direct_payment(self):
        """An invoice that waited for the netbank was not sent to the consumer."""
        self.order_later(2, action="CHANGE", ref="RI-1", service="00")
        move = self.make_invoice()
        self.send(move)
        self.order_later(3, address=SOUTH, service="01")
        self.order_later(4, action="DELETE")
        self.assertTrue(move.sending_data)
        self.run_send_job()
        self.assertGoesBothWays(move)

    def test_without_an_email_address_it_is_posted(self):
        self.kerttu.email = False
        moves = self.make_invoice() | self.make_invoice()
        alert = self.open_dialog(moves[0]).alerts["einvoice_consumer_direct_payment"]
        self.assertIn("posted", alert["message"])
        moves.send_einvoice()
        for move in moves:
            self.assertEqual(move.einvoice_state, "to_send")
            self.assertEqual(move.activity_ids.activity_type_id, self.env.ref(POST))

    # === WHAT IT SAYS === #

    def test_the_banks_copy_is_no_invoice(self):
        for number, (language, text) in enumerate(
            (
                ("FI", b">SUORAMAKSU<"),
                ("SV", b">DIREKTBETALNING<"),
                ("EN", b">DIRECT PAYMENT<"),
            )
        ):
            with self.subTest(language):
                self.order_later(
                    number, action="CHANGE", ref="RI-1", service="01", language=language
                )
                self.assertIn(text, self.send(self.make_invoice())._get_bytes())

    def get_paper(self, move):
        report = self.env["ir.actions.report"]
        return report._render_qweb_html("account.account_invoices", move.ids)[
            0
        ].decode()

    def test_the_paper_asks_for_no_money(self):
        move = self.make_invoice()
        self.assertIn("Payment Communication", self.get_paper(move))
        document = self.send(move)
        paper = self.get_paper(move)
        self.assertIn("your bank pays this invoice from your account", paper)
        self.assertNotIn("Payment Communication", paper)
        document.sudo()._set_state("cancelled")
        self.assertIn("Payment Communication", self.get_paper(move))

    def test_a_paper_printed_before_is_printed_anew(self):
        self.channel.print_on_demand = False
        self.order_later(2, action="CHANGE", ref="RI-1", service="00")
        move = self.make_invoice()
        self.open_dialog(move).action_send_and_print()
        first = move.invoice_pdf_report_id
        self.assertTrue(first)
        self.take_in(acknowledgement(self.confirm(move), code="6"))
        self.order_later(3, action="CHANGE", ref="RI-1", service="01")
        self.open_dialog(move).action_send_and_print()
        self.assertNotEqual(move.invoice_pdf_report_id, first)
        [mail] = self.get_mails(move)
        self.assertEqual(len(mail.attachment_ids), 1)

    def confirm(self, move):
        document = move._get_einvoice()
        self.channel.confirm_outgoing(document.ids)
        return document

    # === ASKED ONCE === #

    def test_a_copy_that_is_sent_again_sends_no_second_invoice(self):
        move = self.make_invoice()
        move.send_einvoice()
        self.take_in(acknowledgement(self.confirm(move), code="6"))
        wizard = self.open_dialog(move)
        self.assertEqual(wizard.sending_methods, ["einvoice_consumer"])
        wizard.action_send_and_print()
        self.assertGoesBothWays(move)

    def test_what_was_sent_by_email_is_not_sent_to_the_bank_unasked(self):
        self.kerttu.invoice_sending_method = "email"
        move = self.make_invoice()
        self.open_dialog(move).action_send_and_print()
        self.assertFalse(move.einvoice_document_ids)
        [result] = move.send_einvoice()
        self.assertFalse(result["document_id"])
        self.assertIn("twice", result["message"])
        wizard = self.open_dialog(move)
        wizard.sending_methods = ["einvoice_consumer"]
        alert = wizard.alerts["einvoice_consumer_sent_otherwise"]
        self.assertEqual(alert["level"], "warning")
        wizard.action_send_and_print()
        self.assertEqual(move.einvoice_state, "to_send")

    def test_an_email_beside_the_netbank_asks_for_no_money(self):
        self.order_later(2, action="CHANGE", ref="RI-1", service="00")
        move = self.make_invoice()
        wizard = self.open_dialog(move)
        wizard.sending_methods = ["einvoice_consumer", "email"]
        wizard.action_send_and_print()
        [mail] = self.get_mails(move)
        self.assertIn("is in your netbank", mail.body)
        self.assertNotIn("remit", mail.body)

    def test_an_email_in_place_of_the_netbank_asks_for_it(self):
        move = self.make_invoice()
        wizard = self.open_dialog(move)
        wizard.sending_methods = ["email"]
        wizard._onchange_sending_method_checkboxes()
        wizard.action_send_and_print()
        [mail] = self.get_mails(move)
        self.assertIn("remit", mail.body)

    # === IN PARTS === #

    def make_in_parts(self):
        """250 and 250 in 20 and 50 days."""
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": 20}),
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": 50}),
                ],
            }
        )
        self.tax.amount = 25
        return self.make_invoice(price=400, invoice_payment_term_id=term.id)

    def read_orders(self, documents):
        """The days and sums that a bank is asked for."""
        order = "EpiDetails/EpiPaymentInstructionDetails/"
        found = []
        for document in documents.sorted("part"):
            [message] = ebxml_frame.split_messages(document._get_bytes())
            invoice = etree.fromstring(message.payload)
            found.append(
                (
                    invoice.findtext(f"{order}EpiDateOptionDate"),
                    invoice.findtext(f"{order}EpiInstructedAmount"),
                    invoice.findtext("VirtualBankBarcode")[17:25],
                )
            )
        return found

    def test_one_copy_a_due_date(self):
        move = self.make_in_parts()
        self.open_dialog(move).action_send_and_print()
        days = [
            fields.Date.add(move.invoice_date, days=days).strftime("%Y%m%d")
            for days in (20, 50)
        ]
        self.assertEqual(
            self.read_orders(move.einvoice_document_ids),
            [(days[0], "250,00", "00025000"), (days[1], "250,00", "00025000")],
        )
        self.assertGoesBothWays(move)
        move.send_einvoice()
        self.assertEqual(len(move.einvoice_document_ids), 2)

    def test_a_part_that_is_refused_is_sent_again_alone(self):
        move = self.make_in_parts()
        move.send_einvoice()
        first, second = move.einvoice_document_ids.sorted("part")
        self.channel.confirm_outgoing((first | second).ids)
        self.channel.after_refusal = "otherwise"
        self.take_in(acknowledgement(second, code="6"))
        self.assertEqual(move.einvoice_state, "rejected")  # the bank pays the other
        move.send_einvoice()
        self.assertEqual((first | second).mapped("is_latest"), [True, False])
        again = move._get_einvoices() - first
        self.assertRecordValues(again, [{"part": 2, "original_id": second.id}])
        self.assertEqual(len(self.get_mails(move)), 1)

    def test_a_part_that_is_paid_is_not_asked_for(self):
        move = self.make_in_parts()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"amount": 250})._create_payments()
        move.send_einvoice()
        [(_day, amount, _code)] = self.read_orders(move.einvoice_document_ids)
        self.assertEqual(amount, "250,00")
        self.assertEqual(move.einvoice_document_ids.part, 2)

    # === CREDIT NOTES === #

    def test_a_credit_note_goes_the_consumers_way(self):
        credit = self.make_invoice()._reverse_moves([{"invoice_date": "2026-11-29"}])
        credit.action_post()
        [result] = credit.send_einvoice()
        self.assertFalse(result["document_id"])
        self.assertIn("e-mail or post", result["message"])
        wizard = self.open_dialog(credit)
        self.assertEqual(wizard.sending_methods, ["email"])
        wizard.action_send_and_print()
        self.assertFalse(credit.einvoice_document_ids)
        self.assertEqual(len(self.get_mails(credit)), 1)

    def test_a_credit_note_by_force(self):
        credit = self.make_invoice()._reverse_moves([{"invoice_date": "2026-11-29"}])
        credit.action_post()
        wizard = self.open_dialog(credit)
        wizard.sending_methods = ["einvoice_consumer"]
        with self.assertRaises(UserError):
            wizard.action_send_and_print()

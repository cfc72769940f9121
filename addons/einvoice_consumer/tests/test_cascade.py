from ast import literal_eval
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.receivables_base.exceptions import ExchangeError

from .common import EinvoiceCommon, acknowledgement

POST = "einvoice_consumer.mail_activity_type_post"


@tagged("post_install", "-at_install")
class TestCascade(EinvoiceCommon):
    """From the netbank over e-mail to the post, each step with its cause."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls.order()
        cls.channel.after_refusal = "otherwise"
        cls.move = cls.make_invoice()

    def refuse(self, document=None):
        document = document or self.send_by_hand(self.move)
        self.take_in(acknowledgement(document, code="6", text="Subject is unknown"))

    def run_send_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()

    def get_mail(self, move=None):
        message = (move or self.move).message_ids.filtered(
            lambda m: self.kerttu in m.partner_ids
        )
        return (
            self.env["mail.mail"].sudo().search([("mail_message_id", "=", message.id)])
        )

    def get_log(self):
        return " ".join(self.move.message_ids.mapped("body"))

    def assertToPost(self, move=None):
        move = move or self.move
        action = self.env.ref("einvoice_consumer.account_move_action_to_post")
        queue = move.search(literal_eval(action.domain))
        self.assertIn(move, queue)
        self.assertEqual(move.activity_ids.activity_type_id, self.env.ref(POST))

    # === THE STEPS === #

    def test_refused_then_by_email_that_does_not_arrive_then_by_post(self):
        self.refuse()
        self.run_send_job()
        self.assertIn("Subject is unknown", self.get_log())
        self.assertIn("e-mail or post", self.move.einvoice_summary)
        self.assertIn("code 6", self.move.einvoice_summary)
        self.assertFalse(self.move.activity_ids)
        mail = self.get_mail()
        self.assertEqual(len(mail), 1)
        servers = self.env.registry["ir.mail_server"]
        fault = AssertionError(servers.NO_VALID_RECIPIENT)
        with (
            patch.object(servers, "_disable_send", return_value=False),
            patch.object(servers, "_connect__"),
            patch.object(servers, "send_email", side_effect=fault),
        ):
            mail.state = "outgoing"
            mail.send()
        self.assertToPost()
        self.assertIn("did not reach the customer", self.get_log())

    def test_a_mail_server_that_is_down_makes_nobody_post(self):
        self.refuse()
        self.run_send_job()
        mail = self.get_mail()
        servers = self.env.registry["ir.mail_server"]
        with patch.object(servers, "_disable_send", return_value=False):
            mail.state = "outgoing"
            with patch.object(servers, "_connect__", side_effect=OSError("down")):
                mail.send()
            self.assertEqual(mail.state, "exception")
            self.assertEqual(
                self.move.activity_ids.activity_type_id,
                self.env.ref("einvoice_consumer.mail_activity_type_email"),
            )
            with (
                patch.object(servers, "_connect__"),
                patch.object(servers, "send_email", return_value="<1@example.com>"),
            ):
                mail.mark_outgoing()
                mail.send()
        self.assertFalse(self.move.activity_ids)

    def test_an_email_that_comes_back(self):
        self.refuse()
        self.run_send_job()
        self.move._message_receive_bounce("other@example.com", self.company.partner_id)
        self.assertFalse(self.move.activity_ids)
        self.move._message_receive_bounce("kerttu@example.com", self.kerttu)
        self.assertToPost()

    def test_an_email_to_somebody_else_that_fails(self):
        self.refuse()
        self.run_send_job()
        mail = self.get_mail()
        mail.recipient_ids = self.company.partner_id
        mail._postprocess_sent_message([], [], failure_type="unknown")
        self.assertFalse(self.move.activity_ids)

    def test_what_the_netbank_shows_is_not_posted(self):
        self.send_by_hand(self.move)
        self.move._message_receive_bounce("kerttu@example.com", self.kerttu)
        self.assertFalse(self.move.activity_ids)

    def test_the_copy_of_a_direct_payment_is_no_invoice(self):
        self.kerttu.invoice_sending_method = "email"
        self.order_later(2, action="CHANGE", ref="RI-1", service="01")
        move = self.make_invoice()
        move.send_einvoice()
        move._message_receive_bounce("kerttu@example.com", self.kerttu)
        self.assertToPost(move)

    def test_an_order_that_ended_and_no_email(self):
        self.kerttu.email = False
        self.send(self.move)
        self.agreement.end()
        self.run_send_job()
        self.assertToPost()
        self.assertIn("order was ended", self.move.einvoice_summary)
        self.move.action_einvoice_posted()
        self.assertIn("another way", self.move.einvoice_summary)

    def test_what_cannot_be_handed_over(self):
        document = self.send(self.move).sudo()
        fault = ExchangeError("final", "too_large", "It is too large.")
        document._give_up("It is too large.", fault)
        self.assertEqual(self.move.einvoice_state, "handled")
        self.assertIn("It is too large.", self.get_log())
        self.run_send_job()
        self.assertTrue(self.get_mail())

    def test_what_was_tried_in_vain_may_have_arrived(self):
        document = self.send(self.move).sudo()
        document._give_up(
            "No answer.", ExchangeError("retry", "no_answer", "No answer.")
        )
        self.assertEqual(self.move.einvoice_state, "error")
        self.assertFalse(self.move.sending_data)
        self.assertEqual(len(self.move.activity_ids), 1)

    # === THE QUEUE === #

    def test_what_was_posted_leaves_the_queue(self):
        moves = self.move | self.make_invoice()
        moves._einvoice_ask_to_post()
        moves.action_einvoice_posted()
        self.assertFalse(moves.activity_ids)
        self.assertTrue(all(moves.mapped("is_move_sent")))
        self.assertIn("Printed and posted", self.get_log())

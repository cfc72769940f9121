from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import EinvoiceCommon, acknowledgement, receiver_info


@tagged("post_install", "-at_install")
class TestWorlds(EinvoiceCommon):
    """What is tried in test and what is real do not touch each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.real = cls.channel
        cls.channel = cls.real.copy({"name": "Test", "environment": "test"})

    def go_live(self):
        self.real.environment = "disabled"
        self.channel.action_go_live()

    def test_an_order_of_the_test_is_not_used_for_real(self):
        tried = self.order()
        self.assertEqual(self.make_invoice().einvoice_agreement_id, tried)
        real = self.order(channel=self.real, timestamp="2026-11-01T10:00:00+02:00")
        self.assertEqual(self.make_invoice().einvoice_agreement_id, real)
        self.go_live()
        self.assertEqual(tried.state, "ended")
        self.assertIn("test", tried.reason)

    def test_going_live_gives_the_customer_the_earlier_way_back(self):
        self.kerttu.invoice_sending_method = "email"
        self.order()
        self.assertEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")
        self.go_live()
        self.assertEqual(self.kerttu.invoice_sending_method, "email")
        again = self.order(timestamp="2026-11-30T10:00:00+02:00", message_id="RI-9")
        self.assertEqual(again.state, "active")

    def test_what_was_sent_in_test_is_sent_for_real(self):
        self.order()
        move = self.make_invoice()
        tried = self.send_by_hand(move)
        self.assertEqual(tried.environment, "test")
        self.assertFalse(move.is_move_sent)
        self.order(channel=self.real)
        real = self.send(move)
        self.assertEqual((real.environment, real.state), ("prod", "to_send"))
        self.assertEqual(move._get_einvoice(), real)
        self.assertTrue(tried.is_latest)  # of the test

    def test_going_live_sends_nothing_that_was_tried(self):
        self.order()
        moves = self.make_invoice() | self.make_invoice()
        waiting, sent = self.send(moves[0]), self.send_by_hand(moves[1])
        [result] = self.take_in(receiver_info(subject="OTHER", message_id="X"))
        self.go_live()
        self.assertEqual(waiting.state, "cancelled")
        self.assertEqual(sent.state, "sent")
        self.assertFalse(any(moves.mapped("einvoice_state")))
        self.assertFalse(any(moves.mapped("is_move_sent")))
        self.assertFalse(any(moves.mapped("sending_data")))
        parked = self.env["einvoice.document"].browse(result["document_id"])
        self.assertEqual(parked.state, "handled")
        self.assertFalse(parked.activity_ids)
        self.assertFalse(self.channel.parked_count)

    def test_production_does_not_become_a_test(self):
        self.assertTrue(self.real.live_since)
        for vals in ({"environment": "test"}, {"environment": "disabled"}):
            if vals["environment"] == "disabled":
                self.real.write(vals)
            with self.assertRaises(UserError):
                self.real.action_try()

    def test_what_was_ordered_keeps_its_rail(self):
        unused = self.channel.copy()
        unused.rail = "efaktura"
        self.order()
        self.channel.rail = "finvoice"
        with self.assertRaisesRegex(UserError, "another channel"):
            self.channel.rail = "efaktura"

    def test_it_says_that_it_is_a_test(self):
        self.order()
        move = self.make_invoice()
        [problem] = move._einvoice_check()[move]
        self.assertEqual((problem.code, problem.level), ("test", "warning"))
        self.send_by_hand(move)
        codes = [problem.code for problem in move._einvoice_check()[move]]
        self.assertEqual(codes, ["sent", "test"])
        self.assertFalse(move._get_einvoice_paper_notice())
        move.button_draft()
        self.assertEqual(move.state, "draft")

    def test_a_test_sends_no_email(self):
        self.kerttu.invoice_sending_method = "email"
        self.order(service="01")
        send = self.env["account.move.send"]
        self.assertEqual(
            send._get_default_sending_methods(self.make_invoice()),
            {"einvoice_consumer"},
        )

    def test_a_test_marks_nothing_as_sent(self):
        self.kerttu.invoice_sending_method = "email"
        self.order(service="01")
        sent, before = self.make_invoice(), self.make_invoice()
        before.is_move_sent = True  # by e-mail
        for move in (sent, before):
            action = move.action_send_and_print()
            self.env[action["res_model"]].with_context(**action["context"]).create(
                {}
            ).action_send_and_print()
            self.assertEqual(move.einvoice_state, "to_send")
        self.assertEqual((sent | before).mapped("is_move_sent"), [False, True])
        self.go_live()
        self.assertEqual((sent | before).mapped("is_move_sent"), [False, True])

    def test_a_refusal_of_the_test_leaves_the_real_invoice_alone(self):
        self.order()
        move = self.make_invoice()
        tried = self.send_by_hand(move)
        self.order(channel=self.real)
        real = self.send(move)
        self.real.confirm_outgoing(real.ids)
        move.is_move_sent = True
        self.take_in(acknowledgement(tried, code="2"))
        self.assertEqual((tried.state, real.state), ("rejected", "sent"))
        self.assertTrue(move.is_move_sent)
        self.assertFalse(move.activity_ids)

    def test_a_refusal_that_comes_after_the_test(self):
        self.order()
        move = self.make_invoice()
        tried = self.send_by_hand(move)
        self.go_live()
        self.take_in(acknowledgement(tried, code="2"))
        self.assertEqual(tried.state, "rejected")
        self.assertFalse(move.einvoice_state)
        self.assertFalse(move.activity_ids)
        self.assertFalse(move.sending_data)

    def test_the_end_of_the_test_leaves_real_refusals_open(self):
        self.order()
        move = self.make_invoice()
        self.send_by_hand(move)
        self.order(channel=self.real)
        real = self.send(move)
        self.real.confirm_outgoing(real.ids)
        self.take_in(acknowledgement(real, code="6"), self.real)
        self.assertEqual(len(move.activity_ids), 1)
        self.go_live()
        self.assertEqual(len(move.activity_ids), 1)

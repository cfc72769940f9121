import hashlib

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SOUTH, EinvoiceCommon, acknowledgement


@tagged("post_install", "-at_install")
class TestDocument(EinvoiceCommon):
    """Messages are kept as they were, refusals are told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order()
        cls.move = cls.make_invoice()
        cls.document = cls.send_by_hand(cls.move)

    def refuse(self, document, **values):
        [result] = self.take_in(acknowledgement(document, **values))
        return self.env["einvoice.document"].browse(result["document_id"])

    # === THE RECORD === #

    def test_a_message_cannot_change_or_vanish(self):
        document = self.document.sudo()
        for vals in ({"attachment_id": False}, {"sha256": "x"}, {"message_id": "x"}):
            with self.assertRaises(UserError):
                document.write(vals)
        with self.assertRaises(UserError):
            document.unlink()

    def test_digest_is_of_the_bytes(self):
        digest = hashlib.sha256(self.document._get_bytes()).hexdigest()
        self.assertEqual(self.document.sha256, digest)

    def test_illegal_step_is_refused(self):
        self.assertFalse(self.document.sudo()._set_state("handled"))
        self.assertEqual(self.document.state, "sent")

    # === REFUSALS === #

    def test_refusal_is_explained_and_assigned(self):
        move, document = self.move, self.document
        answer = self.refuse(document, code="6", text="Subject is not announced")
        self.assertEqual(answer.state, "processed")
        self.assertEqual(answer.original_id, document)
        self.assertEqual(move.einvoice_state, "rejected")
        self.assertIn("Subject is not announced", move.einvoice_summary)
        self.assertIn("payment subject", move.einvoice_summary)
        activity = move.activity_ids
        self.assertEqual(
            activity.activity_type_id,
            self.env.ref("einvoice_consumer.mail_activity_type_refused"),
        )
        self.assertEqual(activity.user_id, move.invoice_user_id)

    def test_repeated_refusal_tells_once(self):
        move, document = self.move, self.document
        self.refuse(document, code="6")
        self.refuse(document, code="6", message_id="ACK-2")
        self.assertEqual(len(move.activity_ids), 1)

    def test_sending_again_closes_the_activity(self):
        move, first = self.move, self.document
        self.refuse(first, code="6")
        second = self.send_by_hand(move)
        self.assertEqual(move.einvoice_state, "sent")
        self.assertFalse(move.activity_ids)
        self.assertEqual(second.original_id, first)
        self.assertFalse(first.is_latest)

    def test_late_refusal_reopens_a_presumed_delivery(self):
        move, document = self.move, self.document
        document.sudo().deadline = fields.Date.subtract(fields.Date.today(), days=1)
        with self.enter_registry_test_mode():
            self.env.ref(
                "einvoice_consumer.ir_cron_einvoice_presume"
            ).method_direct_trigger()
        self.assertEqual(move.einvoice_state, "presumed_delivered")
        self.refuse(document, code="6")
        self.assertEqual(move.einvoice_state, "rejected")

    def test_a_customers_timeline(self):
        """What a person allocated later belongs to it, too."""
        unknown = {"address": SOUTH, "identifiers": [("09", "99999")]}
        order = self.order_later(0, **unknown)
        self.assertEqual(order.state, "to_review")
        order.allocate(self.kerttu.id)
        sent = self.send_by_hand(self.make_invoice())
        self.take_in(acknowledgement(sent))
        self.order_later(1, action="DELETE", **unknown)
        action = self.kerttu.with_user(self.bookkeeper).action_view_einvoice_timeline()
        told = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(
            told.mapped("type"),
            ["receiver_info", "acknowledgement"] + ["invoice", "receiver_info"] * 2,
        )

    def test_unknown_code_is_shown_as_it_came(self):
        self.refuse(self.document, code="4711", text="Uusi syy")
        self.assertIn("4711", self.move.einvoice_summary)
        self.assertIn("Uusi syy", self.move.einvoice_summary)

    def test_a_notice_is_no_refusal(self):
        self.refuse(self.document, code="1", text="Received")
        self.assertEqual(self.move.einvoice_state, "sent")

    def test_warnings_alone_are_no_refusal(self):
        """Severity of Finvoiceack 2.0: WARNING or ERROR."""
        answer = self.refuse(self.document, code="6", severities=["WARNING"])
        self.assertEqual(answer.state, "processed")
        self.assertIn("Detail", answer.summary)
        self.assertEqual(self.move.einvoice_state, "sent")
        self.assertFalse(self.move.activity_ids)
        severities = ["WARNING", "ERROR"]
        self.refuse(self.document, code="6", severities=severities, message_id="ACK-2")
        self.assertEqual(self.move.einvoice_state, "rejected")

    def test_refusal_of_a_message_that_is_not_ours(self):
        data = acknowledgement(self.document).replace(
            self.document.message_id.encode(), b"0123456789"
        )
        [result] = self.take_in(data)
        self.assertEqual(result["state"], "error")
        self.assertIn("0123456789", result["message"])

    def test_unknown_receiver_goes_to_the_newer_bank(self):
        move, document = self.move, self.document
        self.order_later(2, address=SOUTH)
        self.refuse(document, code="2")
        self.assertEqual(document.state, "rejected")
        self.assertEqual(move.einvoice_state, "to_send")
        self.assertEqual(move._get_einvoice().recipient_address, SOUTH[0])
        self.assertFalse(move.activity_ids)

    def test_refusal_before_the_new_order_is_mended_by_it(self):
        move, document = self.move, self.document
        self.order_later(2, action="DELETE")
        self.refuse(document, code="2")
        self.assertEqual(move.einvoice_state, "rejected")
        self.order_later(3, address=SOUTH)
        self.assertEqual(move.einvoice_state, "to_send")
        self.assertEqual(move._get_einvoice().recipient_address, SOUTH[0])

    # === WHAT THE NETBANK SHOWS === #

    def test_what_the_consumer_pays_by_is_not_changed(self):
        move = self.move
        receivable = move.line_ids.filtered(lambda r: r.display_type == "payment_term")
        later = fields.Date.add(move.invoice_date_due, days=7)
        for record, vals in (
            (move, {"payment_reference": "1232"}),
            (move, {"invoice_date_due": later}),
            (move, {"partner_bank_id": False}),
            (receivable, {"date_maturity": later}),
        ):
            with self.subTest(vals), self.assertRaises(UserError):
                record.write(vals)
        # what stays the same is no change
        move.write(
            {
                "payment_reference": move.payment_reference,
                "invoice_date_due": str(move.invoice_date_due),
                "partner_bank_id": move.partner_bank_id.id,
            }
        )
        self.refuse(self.document, code="6")
        move.payment_reference = "1232"

    # === REFUSALS THAT ARE OVER === #

    def assertOver(self, why):
        move = self.move
        self.assertEqual(move.einvoice_state, "handled")
        self.assertFalse(move.activity_ids)
        self.assertIn(why, move.einvoice_summary)
        self.assertFalse(self.channel.refused_count)

    def test_a_refused_invoice_counts_as_not_sent(self):
        move = self.move
        move.sudo().is_move_sent = True
        self.refuse(self.document, code="6")
        self.assertFalse(move.is_move_sent)
        self.assertEqual(self.channel.refused_count, 1)

    def test_over_when_sent_another_way(self):
        self.refuse(self.document, code="6")
        self.env["account.move.send"]._generate_and_send_invoices(
            self.move, sending_methods=["email"]
        )
        self.assertOver("another way")
        self.assertTrue(self.move.is_move_sent)

    def test_over_when_credited(self):
        self.refuse(self.document, code="6")
        self.move._reverse_moves([{"invoice_date": fields.Date.today()}], cancel=True)
        self.assertEqual(self.move.payment_state, "reversed")
        self.assertOver("paid or credited")

    def test_over_when_paid(self):
        self.refuse(self.document, code="6")
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.move.ids
        ).create({})._create_payments()
        self.assertOver("paid or credited")

    def test_over_when_a_person_says_so(self):
        for number, say in enumerate(
            (
                lambda: self.move.action_einvoice_handled(),
                lambda: self.document.action_handled(),
                lambda: self.move.activity_ids.action_feedback("Sent on paper"),
            )
        ):
            self.refuse(self.document, code="6", message_id=f"ACK-{number}")
            say()
            self.assertOver(self.env.user.name)
            self.document = self.send_by_hand(self.move)

    # === REFUSED, AND SENT ANOTHER WAY === #

    def fall_back(self):
        self.channel.after_refusal = "otherwise"
        self.refuse(self.document, code="6", text="Subject is not announced")
        self.assertEqual(self.move.einvoice_state, "handled")
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()
        self.assertFalse(self.move.sending_data)

    def test_a_refused_invoice_goes_by_email(self):
        self.fall_back()
        move = self.move
        [mail] = move.message_ids.filtered(lambda m: self.kerttu in m.partner_ids)
        self.assertIn("remit", mail.body)
        self.assertFalse(move.activity_ids)
        self.assertIn(
            "Subject is not announced", " ".join(move.message_ids.mapped("body"))
        )
        self.assertEqual(
            len(move.einvoice_document_ids.filtered("recipient_address")), 1
        )

    def test_a_refused_invoice_is_posted_where_there_is_no_email(self):
        self.kerttu.email = False
        self.fall_back()
        self.assertEqual(
            self.move.activity_ids.activity_type_id,
            self.env.ref("einvoice_consumer.mail_activity_type_post"),
        )

    def test_a_paid_invoice_goes_nowhere(self):
        self.channel.after_refusal = "otherwise"
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.move.ids
        ).create({})._create_payments()
        self.refuse(self.document, code="6")
        self.assertFalse(self.move.sending_data)

    def test_what_a_person_saw_to_is_not_sent_again(self):
        move, document = self.move, self.document
        self.order_later(2, action="DELETE")
        self.refuse(document, code="2")
        move.activity_ids.action_feedback("Sent on paper")
        self.order_later(3, address=SOUTH)
        self.assertEqual(move.einvoice_state, "handled")
        self.assertFalse(move.activity_ids)

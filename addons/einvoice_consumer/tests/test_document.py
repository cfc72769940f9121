import hashlib

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SOUTH, EinvoiceCommon, acknowledgement, receiver_info


@tagged("post_install", "-at_install")
class TestDocument(EinvoiceCommon):
    """Messages are kept as they were, refusals are told."""

    def refuse(self, document, **values):
        [result] = self.take_in(acknowledgement(document, **values))
        return self.env["einvoice.document"].browse(result["document_id"])

    def send_by_hand(self, move):
        document = self.send(move)
        self.channel.confirm_outgoing(document.ids)
        return document

    # === THE RECORD === #

    def test_a_message_cannot_change_or_vanish(self):
        self.order()
        document = self.send(self.make_invoice()).sudo()
        for vals in ({"attachment_id": False}, {"sha256": "x"}, {"message_id": "x"}):
            with self.assertRaises(UserError):
                document.write(vals)
        with self.assertRaises(UserError):
            document.unlink()

    def test_digest_is_of_the_bytes(self):
        self.order()
        document = self.send(self.make_invoice())
        self.assertEqual(
            document.sha256, hashlib.sha256(document._get_bytes()).hexdigest()
        )

    def test_illegal_step_is_refused(self):
        self.order()
        document = self.send(self.make_invoice()).sudo()
        self.assertFalse(document._set_state("presumed_delivered"))
        self.assertEqual(document.state, "to_send")

    # === REFUSALS === #

    def test_refusal_is_explained_and_assigned(self):
        self.order()
        move = self.make_invoice()
        document = self.send_by_hand(move)
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
        self.order()
        move = self.make_invoice()
        document = self.send_by_hand(move)
        self.refuse(document, code="6")
        self.refuse(document, code="6", message_id="ACK-2")
        self.assertEqual(len(move.activity_ids), 1)

    def test_sending_again_closes_the_activity(self):
        self.order()
        move = self.make_invoice()
        first = self.send_by_hand(move)
        self.refuse(first, code="6")
        second = self.send_by_hand(move)
        self.assertEqual(move.einvoice_state, "sent")
        self.assertFalse(move.activity_ids)
        self.assertEqual(second.original_id, first)
        self.assertFalse(first.is_latest)

    def test_late_refusal_reopens_a_presumed_delivery(self):
        self.order()
        move = self.make_invoice()
        document = self.send_by_hand(move)
        document.sudo().deadline = fields.Date.subtract(fields.Date.today(), days=1)
        with self.enter_registry_test_mode():
            self.env.ref(
                "einvoice_consumer.ir_cron_einvoice_presume"
            ).method_direct_trigger()
        self.assertEqual(move.einvoice_state, "presumed_delivered")
        self.refuse(document, code="6")
        self.assertEqual(move.einvoice_state, "rejected")

    def test_unknown_code_is_shown_as_it_came(self):
        self.order()
        move = self.make_invoice()
        self.refuse(self.send_by_hand(move), code="4711", text="Uusi syy")
        self.assertIn("4711", move.einvoice_summary)
        self.assertIn("Uusi syy", move.einvoice_summary)

    def test_a_notice_is_no_refusal(self):
        self.order()
        move = self.make_invoice()
        self.refuse(self.send_by_hand(move), code="1", text="Received")
        self.assertEqual(move.einvoice_state, "sent")

    def test_refusal_of_a_message_that_is_not_ours(self):
        self.order()
        document = self.send_by_hand(self.make_invoice())
        data = acknowledgement(document).replace(
            document.message_id.encode(), b"0123456789"
        )
        [result] = self.take_in(data)
        self.assertEqual(result["state"], "error")
        self.assertIn("0123456789", result["message"])

    def test_unknown_receiver_goes_to_the_newer_bank(self):
        self.order()
        move = self.make_invoice()
        document = self.send_by_hand(move)
        self.order(
            address=SOUTH, message_id="RI-2", timestamp="2026-11-21T10:00:00+02:00"
        )
        self.refuse(document, code="2")
        self.assertEqual(document.state, "rejected")
        self.assertEqual(move.einvoice_state, "to_send")
        self.assertEqual(move._get_einvoice().recipient_address, SOUTH[0])
        self.assertFalse(move.activity_ids)

    def test_refusal_before_the_new_order_is_mended_by_it(self):
        self.order()
        move = self.make_invoice()
        document = self.send_by_hand(move)
        self.order(
            action="DELETE", message_id="RI-2", timestamp="2026-11-21T10:00:00+02:00"
        )
        self.refuse(document, code="2")
        self.assertEqual(move.einvoice_state, "rejected")
        self.order(
            address=SOUTH, message_id="RI-3", timestamp="2026-11-21T11:00:00+02:00"
        )
        self.assertEqual(move.einvoice_state, "to_send")
        self.assertEqual(move._get_einvoice().recipient_address, SOUTH[0])

    def test_what_a_person_saw_to_is_not_sent_again(self):
        self.order()
        move = self.make_invoice()
        document = self.send_by_hand(move)
        self.order(
            action="DELETE", message_id="RI-2", timestamp="2026-11-21T10:00:00+02:00"
        )
        self.refuse(document, code="2")
        move.activity_ids.action_feedback("Sent on paper")
        self.order(
            address=SOUTH, message_id="RI-3", timestamp="2026-11-21T11:00:00+02:00"
        )
        self.assertEqual(move.einvoice_state, "rejected")

    # === FILES THAT ARE NO GOOD === #

    def test_broken_files_are_kept_with_a_remedy(self):
        good = receiver_info()
        for name, data in (
            ("garbage", b"\x00\xff garbage"),
            ("cut", good[: len(good) // 2]),
            ("doctype", good.replace(b"?><Finvoice", b"?><!DOCTYPE x><Finvoice", 1)),
            ("frame alone", good.split(b"<?xml")[0]),
            ("blank", b"   "),
            ("empty", b""),
            ("UTF-16", good.decode("iso-8859-15").encode("utf-16")),
        ):
            with self.subTest(name):
                results = self.take_in(data)
                self.assertTrue(results)
                self.assertTrue(all(r["state"] == "error" for r in results), results)
                self.assertTrue(all(r["message"] for r in results))
        self.assertFalse(self.channel.agreement_ids)

    def test_a_broken_message_does_not_cost_its_neighbours(self):
        eero = receiver_info(
            name="Eero", identifiers=[("09", "70022")], message_id="RI-2"
        )
        results = self.take_in(
            receiver_info() + eero[: len(eero) - 40] + receiver_info(message_id="RI-3")
        )
        self.assertIn("error", {result["state"] for result in results})
        self.assertEqual(
            [r["state"] for r in results if r["type"] == "receiver_info"],
            ["processed", "processed"],
        )

    def test_order_for_another_subject(self):
        [result] = self.take_in(receiver_info(subject="OTHER"))
        self.assertEqual(result["state"], "error")
        self.assertIn("OTHER", result["message"])

import base64
import hashlib
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import EinvoiceCommon, receiver_info


@tagged("post_install", "-at_install")
class TestRemoteApi(EinvoiceCommon):
    """The calls that other programs rely on keep their names and shapes."""

    def test_import_message(self):
        [result] = self.take_in(receiver_info())
        self.assertEqual(
            set(result), {"document_id", "type", "state", "agreement_id", "message"}
        )
        self.assertEqual(
            (result["type"], result["state"]), ("receiver_info", "processed")
        )
        self.assertEqual(self.take_in(receiver_info()), [result])

    def test_import_of_something_that_is_not_base64(self):
        with self.assertRaises(UserError):
            self.channel.import_message("x.xml", "not base64!")

    def test_fetch_and_confirm(self):
        self.order()
        moves = self.make_invoice() | self.make_invoice()
        self.send(moves)
        fetched = self.channel.fetch_outgoing()
        self.assertEqual(self.channel.fetch_outgoing(limit=1), fetched[:1])
        self.assertEqual(
            set(fetched[0]), {"document_id", "type", "filename", "content", "sha256"}
        )
        data = base64.b64decode(fetched[0]["content"])
        self.assertEqual(hashlib.sha256(data).hexdigest(), fetched[0]["sha256"])
        self.assertTrue(data.startswith(b"<SOAP-ENV:Envelope"))
        ids = [item["document_id"] for item in fetched]
        self.assertTrue(self.channel.confirm_outgoing(ids))
        self.assertTrue(self.channel.confirm_outgoing(ids))
        self.assertFalse(self.channel.fetch_outgoing())
        self.assertEqual(set(moves.mapped("einvoice_state")), {"sent"})

    def test_confirm_of_unknown_messages(self):
        with self.assertRaisesRegex(UserError, "987654321"):
            self.channel.confirm_outgoing([987654321])

    def test_send_einvoice_says_why_not(self):
        self.order()
        good, late = self.make_invoice(), self.make_invoice(days=1)
        draft = self.make_invoice(post=False)
        results = {r["move_id"]: r for r in (good | late | draft).send_einvoice()}
        self.assertEqual(results[good.id]["state"], "to_send")
        self.assertEqual(results[good.id]["message"], "")
        self.assertEqual(results[good.id]["document_id"], good.einvoice_document_ids.id)
        for move in (late, draft):
            self.assertFalse(results[move.id]["state"])
            self.assertFalse(results[move.id]["document_id"])
            [refusal] = results[move.id]["reasons"]
            self.assertEqual(results[move.id]["message"], refusal["message"])
            self.assertEqual(refusal["level"], "danger")
        earliest = self.channel._get_today() + timedelta(
            days=self.channel.min_days_to_due
        )
        [refusal] = results[late.id]["reasons"]
        self.assertEqual((refusal["code"], refusal["fix"]), ("due_date", "due_date"))
        self.assertEqual(refusal["earliest_due_date"], earliest.isoformat())
        [refusal] = results[draft.id]["reasons"]
        self.assertEqual((refusal["code"], refusal["fix"]), ("not_posted", "move"))
        self.assertEqual(
            set(results[good.id]),
            {"move_id", "state", "document_id", "message", "reasons"},
        )

    def test_a_repeated_send_einvoice_gets_the_same_answer(self):
        self.order()
        days = self.channel.min_days_to_due
        good, soon = self.make_invoice(), self.make_invoice(days=days)
        late = self.make_invoice(days=1)
        moves = good | soon | late
        first = moves.send_einvoice()
        self.assertEqual([answer["state"] for answer in first[:2]], ["to_send"] * 2)
        self.assertFalse(first[0]["reasons"])
        [warning] = first[1]["reasons"]
        self.assertEqual((warning["code"], warning["level"]), ("due_soon", "warning"))
        self.assertEqual(first[1]["message"], "")
        self.assertEqual(moves.send_einvoice(), first)
        self.assertEqual(len(moves.einvoice_document_ids), 2)

    def test_an_invoice_that_is_not_there_does_not_hold_up_the_others(self):
        self.order()
        good, gone = self.make_invoice(), 2**31 - 7
        moves = self.env["account.move"].browse([gone, good.id])
        wrong, right = moves.send_einvoice()
        self.assertEqual(wrong["move_id"], gone)
        self.assertEqual([each["code"] for each in wrong["reasons"]], ["not_found"])
        self.assertEqual((right["state"], right["reasons"]), ("to_send", []))

    def test_allocate_an_unknown_customer(self):
        agreement = self.order(identifiers=[("09", "1")])
        with self.assertRaises(UserError):
            agreement.allocate(987654321)

    def test_wrong_arguments_are_faults_with_a_sentence(self):
        agreement = self.order(identifiers=[("09", "1")])
        nobody = self.env["einvoice.agreement"]
        for call in (
            lambda: self.channel.fetch_outgoing(limit="x"),
            lambda: self.channel.fetch_outgoing(limit=-1),
            lambda: self.channel.confirm_outgoing(5),
            lambda: self.channel.confirm_outgoing(["a"]),
            lambda: self.channel.import_message(7, ""),
            lambda: self.env["einvoice.channel"].import_message("x", ""),
            lambda: agreement.allocate("10014"),
            lambda: agreement.reject(5),
            lambda: nobody.allocate(1),
        ):
            with self.assertRaises(UserError):
                call()

    def test_disabled_channel(self):
        self.channel.environment = "disabled"
        for call in (
            lambda: self.take_in(receiver_info()),
            lambda: self.channel.fetch_outgoing(),
        ):
            with self.assertRaises(UserError):
                call()

import hashlib
import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SOUTH, EinvoiceCommon, acknowledgement, receiver_info


@tagged("post_install", "-at_install")
class TestDocument(EinvoiceCommon):
    """Messages are kept as they were, refusals are told, files move safely."""

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

    # === THE SHARED FOLDER === #

    def open_folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        connection = self.env["receivables.connection"].create(
            {
                "name": "Bank",
                "company_id": self.company.id,
                "way": "folder",
                "folder_path": folder.name,
            }
        )
        connection._make_line().prepare()
        connection.environment = "prod"
        self.channel.connection_id = connection
        return Path(folder.name)

    def hand_over(self, document):
        """Put one file into the outbox, and go no further."""
        line = self.channel.connection_id._open()
        line.send(document.name, document._get_bytes())

    def run_job(self, name):
        self.channel.sudo().next_attempt = False
        with self.enter_registry_test_mode():
            self.env.ref(
                f"einvoice_consumer.ir_cron_einvoice_{name}"
            ).method_direct_trigger()

    def deliver(self, folder, name, data, age=10):
        path = folder / "inbox" / name
        path.write_bytes(data)
        stamp = time.time() - age
        os.utime(path, (stamp, stamp))
        return path

    def test_jobs_run_only_while_needed(self):
        send = self.env.ref("einvoice_consumer.ir_cron_einvoice_send")
        others = (
            self.env["einvoice.channel"]
            .sudo()
            .search([("id", "!=", self.channel.id), ("environment", "!=", "disabled")])
        )
        others.environment = "disabled"
        self.assertFalse(send.active)
        self.open_folder()
        self.assertTrue(send.active)
        self.channel.environment = "disabled"
        self.assertFalse(send.active)

    def test_outbox(self):
        folder = self.open_folder()
        self.order()
        moves = self.make_invoice() | self.make_invoice()
        documents = self.send(moves)
        self.run_job("send")
        self.assertEqual(set(documents.mapped("state")), {"sent"})
        files = sorted((folder / "outbox").iterdir())
        self.assertEqual([f.name for f in files], sorted(documents.mapped("name")))
        self.assertEqual(
            {f.read_bytes() for f in files}, {d._get_bytes() for d in documents}
        )
        self.assertEqual(
            documents[0].deadline,
            fields.Date.add(fields.Date.context_today(documents), days=8),
        )

    def test_crash_between_file_and_record_sends_once(self):
        """The file was handed over and taken by the bank, then the power went."""
        folder = self.open_folder()
        self.order()
        document = self.send(self.make_invoice())
        self.assertFalse(self.hand_over(document))
        (folder / "outbox" / document.name).unlink()  # the bank took it
        self.run_job("send")
        self.assertEqual(document.state, "sent")
        self.assertFalse(list((folder / "outbox").iterdir()))

    def test_what_the_line_cannot_take_waits_longer_each_time_and_tells_at_last(self):
        folder = self.open_folder()
        self.order()
        move = self.make_invoice()
        document = self.send(move)
        (folder / "archive" / document.name).write_bytes(b"somebody else's")
        self.run_job("send")
        self.assertEqual(document.state, "error")
        self.assertIn(document.name, move.einvoice_summary)
        self.assertTrue(move.activity_ids)
        (folder / "archive" / document.name).unlink()
        document.action_retry()
        self.run_job("send")
        self.assertEqual(move.einvoice_state, "sent")
        self.assertFalse(move.activity_ids)

    def test_a_line_that_is_down_loses_nothing_and_is_shown_on_the_channel(self):
        folder = self.open_folder()
        self.order()
        document = self.send(self.make_invoice())
        away = folder.with_name(f"{folder.name}.away")
        folder.rename(away)
        self.run_job("send")
        self.assertEqual((document.state, document.attempts), ("to_send", 1))
        self.assertFalse(folder.exists())
        self.assertEqual(self.channel.connection_health, "paused")
        self.assertIn("Mount the share", self.channel.connection_summary)
        away.rename(folder)
        self.channel.connection_id.paused_until = document.next_attempt = False
        self.run_job("send")
        self.assertEqual(document.state, "sent")
        self.assertEqual(self.channel.connection_health, "working")

    def test_a_fault_nobody_thought_of_is_told(self):
        folder = self.open_folder()
        self.deliver(folder, "order.xml", receiver_info())
        with (
            patch.object(
                self.env.registry["einvoice.channel"],
                "_take_in_file",
                side_effect=ZeroDivisionError,
            ),
            mute_logger("odoo.addons.receivables_base.models.receivables_queue"),
        ):
            self.run_job("receive")
        self.assertEqual(self.channel.attempts, 1)
        self.assertIn("ZeroDivisionError", self.channel.activity_ids.note)
        self.run_job("receive")
        self.assertEqual(self.channel.attempts, 0)
        self.assertFalse(self.channel.activity_ids)
        self.assertEqual(self.channel.agreement_ids.state, "active")

    def test_inbox(self):
        folder = self.open_folder()
        path = self.deliver(folder, "order.xml", receiver_info())
        self.run_job("receive")
        self.assertEqual(self.channel.agreement_ids.state, "active")
        self.assertFalse(path.exists())
        self.assertEqual(
            (folder / "archive" / "order.xml").read_bytes(), receiver_info()
        )

    def test_partly_written_files_are_left_alone(self):
        folder = self.open_folder()
        data = receiver_info()
        paths = [
            self.deliver(folder, ".order.xml", data),
            self.deliver(folder, "order.xml.part", data),
            self.deliver(folder, "order.xml.tmp", data),
            self.deliver(folder, "just-now.xml", data, age=0),
        ]
        self.run_job("receive")
        self.assertFalse(self.channel.agreement_ids)
        self.assertTrue(all(path.exists() for path in paths))

    def test_bad_file_goes_aside_and_the_next_is_read(self):
        folder = self.open_folder()
        self.deliver(folder, "a.xml", b"garbage", age=20)
        self.deliver(folder, "b.xml", receiver_info())
        self.run_job("receive")
        self.assertTrue((folder / "error" / "a.xml").exists())
        self.assertTrue((folder / "archive" / "b.xml").exists())
        self.assertEqual(self.channel.agreement_ids.state, "active")

    def test_crash_before_archiving_reads_once(self):
        folder = self.open_folder()
        self.deliver(folder, "order.xml", receiver_info())
        self.run_job("receive")
        self.deliver(folder, "order.xml", receiver_info())
        self.run_job("receive")
        self.assertEqual(len(self.channel.agreement_ids), 1)
        self.assertTrue((folder / "archive" / "order.1.xml").exists())

    def test_a_fault_in_one_message_parks_it(self):
        folder = self.open_folder()
        self.deliver(folder, "order.xml", receiver_info())
        with (
            patch.object(
                self.env.registry["einvoice.agreement"],
                "_process_order",
                side_effect=ZeroDivisionError,
            ),
            self.assertLogs("odoo.addons.einvoice_consumer", "ERROR"),
        ):
            self.run_job("receive")
        document = self.channel.document_ids
        self.assertEqual(document.state, "error")
        self.assertEqual(document._get_bytes(), receiver_info())

    def test_channel_needs_its_checklist(self):
        channel = self.channel.copy({"name": "Half-made"})
        self.assertEqual(channel.environment, "disabled")
        channel.payment_subject = False
        self.assertIn("payment_subject", channel.checklist)
        with self.assertRaises(UserError):
            channel.environment = "prod"

    def test_open_channel_keeps_what_was_announced(self):
        for name in ("payment_subject", "bank_account_ids", "sender_address"):
            with self.subTest(name), self.assertRaises(UserError):
                self.channel[name] = False

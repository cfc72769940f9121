import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.receivables_base.adapters import LineError
from odoo.addons.receivables_base.adapters.folder import FolderLine

from ..models.document import outbox
from .common import SENDER, EinvoiceCommon, receiver_info


@tagged("post_install", "-at_install")
class TestExchange(EinvoiceCommon):
    """Files move safely over the channel's connection, here a shared folder."""

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
        self.channel.connection_id.sudo().next_attempt = False
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
            fields.Date.add(self.channel._get_today(), days=8),
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

    def test_what_arrived_at_the_second_attempt_is_left_alone_when_the_order_ends(self):
        folder = self.open_folder()
        self.order()
        move = self.make_invoice()
        first = self.send(move)
        (folder / "archive" / first.name).write_bytes(b"somebody else's")
        self.run_job("send")
        self.assertEqual(first.state, "error")
        second = self.send(move)
        self.run_job("send")
        self.assertEqual((first.state, second.state), ("error", "sent"))
        second.agreement_id.end()
        self.assertEqual((first.state, second.state), ("error", "sent"))
        self.assertFalse(move.sending_data)

    def send_many(self, count):
        """Messages about so many invoices, in the outbox."""
        self.order()
        moves = self.env["account.move"].union(
            *[self.make_invoice() for _number in range(count)]
        )
        return self.send(moves).sorted("id")

    def test_one_of_many_that_fails_stops_none(self):
        folder = self.open_folder()
        documents = self.send_many(3)
        (folder / "archive" / documents[1].name).write_bytes(b"somebody else's")
        self.run_job("send")
        self.assertEqual(documents.mapped("state"), ["sent", "error", "sent"])
        self.assertFalse(any(documents.sudo().mapped("leased_until")))

    def test_one_of_many_that_cannot_be_noted_waits_alone(self):
        """It is at the bank; the line knows it when it is handed over again."""
        folder = self.open_folder()
        documents = self.send_many(3)
        model = self.registry["einvoice.document"]
        set_sent = model._set_sent

        def fail(records):
            if documents[1] in records:
                raise ZeroDivisionError
            return set_sent(records)

        with (
            patch.object(model, "_set_sent", fail),
            mute_logger("odoo.addons.receivables_base.models.receivables_queue"),
        ):
            self.run_job("send")
        self.assertEqual(documents.mapped("state"), ["sent", "to_send", "sent"])
        documents.next_attempt = False
        self.run_job("send")
        self.assertEqual(documents.mapped("state"), ["sent"] * 3)
        self.assertEqual(len(list((folder / "outbox").iterdir())), 3)

    def test_what_is_not_tried_any_more_stays_as_it_was(self):
        self.open_folder()
        documents = self.send_many(4)
        send = FolderLine.send

        def fail(line, name, content):
            if name != documents[0].name:
                raise LineError("folder_full", reason="No space left")
            send(line, name, content)

        with patch.object(FolderLine, "send", fail):
            self.run_job("send")
        states = ["sent"] + ["to_send"] * 3
        self.assertEqual(documents.mapped("state"), states)
        # the second told that the line is down, the third that it still is
        self.assertEqual(documents.mapped("attempts"), [0, 1, 1, 0])
        self.assertEqual(
            [bool(at) for at in documents.mapped("handed_out_at")],
            [True, True, True, False],
        )
        self.assertEqual(self.channel.connection_health, "paused")

    def test_many_are_handed_over_in_parts_that_memory_holds(self):
        folder = self.open_folder()
        documents = self.send_many(3)
        with patch.object(outbox, "PORTION", documents[0].attachment_id.file_size):
            self.run_job("send")
        self.assertEqual(documents.mapped("state"), ["sent"] * 3)
        self.assertEqual(len(list((folder / "outbox").iterdir())), 3)

    def test_a_line_that_is_down_loses_nothing_and_is_shown_on_the_channel(self):
        folder = self.open_folder()
        self.order()
        document = self.send(self.make_invoice())
        away = folder.with_name(f"{folder.name}.away")
        folder.rename(away)
        self.run_job("send")
        self.assertEqual((document.state, document.attempts), ("to_send", 1))
        self.assertFalse(folder.exists())
        with self.assertRaisesRegex(UserError, "on its way"):
            document.move_id.button_draft()  # what was tried may have arrived
        self.assertEqual(self.channel.connection_health, "paused")
        self.assertIn("Mount the share", self.channel.connection_summary)
        away.rename(folder)
        self.channel.connection_id.sudo().paused_until = document.next_attempt = False
        self.run_job("send")
        self.assertEqual(document.state, "sent")
        self.assertEqual(self.channel.connection_health, "working")

    def test_a_fault_nobody_thought_of_is_told(self):
        folder = self.open_folder()
        self.deliver(folder, "order.xml", receiver_info())
        with (
            patch.object(
                self.env.registry["receivables.connection"],
                "_take_in_file",
                side_effect=ZeroDivisionError,
            ),
            mute_logger("odoo.addons.receivables_base.models.receivables_queue"),
        ):
            self.run_job("receive")
        connection = self.channel.connection_id
        self.assertEqual(connection.attempts, 1)
        self.assertIn("ZeroDivisionError", connection.activity_ids.note)
        self.assertEqual(self.channel.connection_health, "failing")
        self.run_job("receive")
        self.assertEqual(connection.attempts, 0)
        self.assertFalse(connection.activity_ids)
        self.assertEqual(self.channel.connection_health, "working")
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

    def test_a_bad_file_name_costs_nobody_elses_channel(self):
        bad = self.open_folder()
        for name in (b"b\xe4d.xml", b"line\nbreak.xml", b"-rf.xml"):
            self.deliver(bad, os.fsdecode(name), b"garbage")
        channel = self.channel
        self.channel = channel.copy({"name": "Other", "environment": "prod"})
        good = self.open_folder()
        self.deliver(good, "order.xml", receiver_info())
        self.run_job("receive")
        self.assertEqual(self.channel.agreement_ids.state, "active")
        self.deliver(bad, "order.xml", receiver_info(message_id="RI-2"))
        channel.connection_id.sudo().next_attempt = False
        self.run_job("receive")
        self.assertEqual(channel.agreement_ids.state, "active")

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
                "_process_orders",
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

    def test_checklist_knows_what_would_have_each_invoice_refused(self):
        """For a company as Odoo makes the first one; each line leads to its cure."""
        company = self.env["res.company"].create(
            {
                "name": "My Company",
                "country_id": self.env.ref("base.us").id,
                "currency_id": self.env.ref("base.USD").id,
            }
        )
        self.env.user.company_ids += company
        journal = self.env["account.journal"].create(
            {
                "name": "Sales",
                "type": "sale",
                "code": "SAL",
                "company_id": company.id,
                "invoice_reference_model": "odoo",
            }
        )
        address = self.make_address(SENDER, company_id=company.id)
        values = {"name": "New", "company_id": company.id, "bank_account_ids": False}
        channel = self.channel.copy({**values, "address_id": address.id})
        self.assertEqual(
            {
                code: (line["level"], line.get("action", {}).get("res_model"))
                for code, line in channel.checklist.items()
            },
            {
                "accounts": ("danger", "res.partner.bank"),
                "country": ("danger", "res.company"),
                "business_id": ("danger", "res.company"),
                "address": ("danger", "res.company"),
                "currency": ("danger", "res.company"),
            },
        )
        with self.assertRaises(UserError):
            channel.environment = "prod"

        company.country_id = self.env.ref("base.fi")
        company.vat = "FI23456780"
        company.write({"street": "Sähkötie 1", "zip": "00180", "city": "Helsinki"})
        journal.currency_id = self.env.ref("base.EUR")
        channel.invalidate_recordset(["checklist"])
        self.assertEqual(set(channel.checklist), {"accounts", "reference"})
        self.assertEqual(channel.checklist["reference"]["action"]["res_id"], journal.id)
        for standard in ("fi", "fi_rf", "euro"):
            journal.invoice_reference_model = standard
            channel.invalidate_recordset(["checklist"])
            self.assertEqual(set(channel.checklist), {"accounts"})

    def test_open_channel_keeps_what_was_announced(self):
        for name in ("payment_subject", "bank_account_ids", "address_id"):
            with self.subTest(name), self.assertRaises(UserError):
                self.channel[name] = False

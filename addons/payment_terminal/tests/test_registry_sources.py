import base64
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.receivables_base.adapters import Answer, LineError

from ..models.registry import reading
from .common import NOW, QUEUE
from .registry_common import RegistryCommon


@tagged("post_install", "-at_install")
class TestRegistrySources(RegistryCommon):
    """Registries come by themselves, by hand, and as tables of text."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # nobody asks the demo's own lines here
        lines = cls.env["receivables.connection"].sudo()
        lines.search([]).environment = "disabled"

    def make_connection(self, **values):
        return self.env["receivables.connection"].create(
            {"name": "Bank", "company_id": self.company.id, **values}
        )

    def make_source(self, connection, **values):
        return self.env["payment.terminal.registry.source"].create(
            {
                "network_id": self.network.id,
                "connection_id": connection.id,
                **values,
            }
        )

    def open_folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        connection = self.make_connection(way="folder", folder_path=folder.name)
        connection._make_line().prepare()
        connection.environment = "prod"
        return connection, Path(folder.name)

    def deliver(self, folder, name, data):
        path = folder / "inbox" / name
        path.write_bytes(data)
        stamp = time.time() - 10
        os.utime(path, (stamp, stamp))

    def fetch(self, source):
        source.sudo().next_attempt = source.sudo().connection_id.next_attempt = False
        with (
            self.as_job(),
            patch.object(self.cr, "commit", self.env.flush_all),
        ):
            source.sudo()._cron_fetch()
            source.sudo().connection_id._cron_receive()
        self.env.invalidate_all()

    def test_from_a_folder_only_what_fits(self):
        connection, folder = self.open_folder()
        source = self.make_source(connection, pattern="QIWI_*.csv")
        self.deliver(folder, "QIWI_1.csv", self.write(self.line("1", "80.00")))
        self.deliver(folder, "QIWI_2.csv", b"rubbish")
        self.deliver(folder, "statement.xml", b"<camt/>")
        self.fetch(source)
        self.assertEqual(
            self.network.registry_ids.sorted("name").mapped("state"),
            ["matched", "error"],
        )
        self.assertEqual(
            [p.name for p in (folder / "inbox").iterdir()], ["statement.xml"]
        )
        self.assertEqual(self.payments(1).amount, 80)
        self.deliver(folder, "QIWI_3.csv", self.write(self.line("1", "80.00")))
        self.fetch(source)
        self.assertEqual(len(self.network.registry_ids), 2, "the same bytes")

    def test_over_https_for_each_day_that_has_none(self):
        connection = self.make_connection(
            way="https", url="https://bank.example", authentication="none"
        )
        with self.assertRaises(ValidationError):
            self.make_source(connection, path="registry.csv")
        source = self.ask_by_day("2026-11-18")
        self.assertEqual(
            self.asked(source, {"2026-11-18": self.day_file(18)}), [18, 19]
        )
        self.assertEqual(self.network.registry_ids.mapped("state"), ["matched"])
        self.assertEqual(self.asked(source), [19])

    def ask_by_day(self, first):
        """A source that is asked for each day."""
        connection = self.make_connection(
            way="https", url="https://bank.example", authentication="none"
        )
        source = self.make_source(connection, path="days/{day}.csv")
        self.network.registry_expected_from = first
        connection.environment = "prod"
        return source

    def day_file(self, day, total=None):
        at = self.at(7, 0).replace(day=day)
        return self.write(self.line(str(day), "80.00", at=at), total=total)

    def asked(self, source, there=None, minutes=0):
        """The days of November that the job asks for.

        :param there: the answer by day, as bytes or as what the line says
        :param minutes: from now
        """
        asked = []

        class Line:
            def request(self, _method, path):
                day = path.removeprefix("days/").removesuffix(".csv")
                asked.append(int(day[-2:]))
                found = (there or {}).get(day, Answer(404, {}, b""))
                if isinstance(found, Exception):
                    raise found
                return found if isinstance(found, Answer) else Answer(200, {}, found)

            def close(self):
                pass

        connections = self.registry["receivables.connection"]
        with (
            freeze_time(NOW + timedelta(minutes=minutes)),
            patch.object(connections, "_open", lambda _self: Line()),
        ):
            self.fetch(source)
        return asked

    def assertNextDayComes(self, bad):
        """What comes of one day does not matter for the next."""
        source = self.ask_by_day("2026-11-18")
        there = {"2026-11-18": bad, "2026-11-19": self.day_file(19)}
        self.assertEqual(self.asked(source, there), [18, 19])
        found = self.network.registry_ids.filtered("date_until")
        self.assertEqual(found.mapped("state"), ["matched"])

    def test_a_day_that_the_server_cannot_give_stops_no_other(self):
        self.assertNextDayComes(Answer(500, {}, b""))

    def test_a_day_that_cannot_be_fetched_stops_no_other(self):
        self.assertNextDayComes(LineError("unreadable", file="a", reason="x"))

    def test_a_refused_day_stops_no_other(self):
        self.assertNextDayComes(self.day_file(18, total="1.00"))

    def test_a_fault_with_one_day_stops_no_other(self):
        source = self.ask_by_day("2026-11-18")
        there = {f"2026-11-{day}": self.day_file(day) for day in (18, 19)}
        read = reading.PaymentTerminalRegistry._read

        def broken(registry):
            if there["2026-11-18"] == registry._get_bytes():
                raise ValueError("broken")
            return read(registry)

        with (
            patch.object(reading.PaymentTerminalRegistry, "_read", broken),
            mute_logger(QUEUE),
        ):
            self.assertEqual(self.asked(source, there), [18, 19])
        self.assertEqual(len(self.network.registry_ids), 1)
        self.assertTrue(self.activities(self.network, "registry_not_fetched"))

    def test_a_refused_day_waits_ever_longer_and_is_told_once(self):
        source = self.ask_by_day("2026-11-19")
        bad = {"2026-11-19": self.day_file(19, total="1.00")}
        self.assertEqual(self.asked(source, bad), [19])
        [refused] = self.network.registry_ids
        self.activities(refused, "registry_refused").action_done()
        # 10 minutes, 20, 40: nobody is told again of the same bytes
        times = [m for m in range(1, 80) if self.asked(source, bad, minutes=m)]
        self.assertEqual(times, [10, 30, 70])
        self.assertFalse(self.activities(refused, "registry_refused"))
        self.assertEqual(self.network.registry_ids, refused)
        refused.with_user(self.accountant).action_handled()
        source.action_fetch()
        self.assertEqual(self.asked(source, bad, minutes=81), [19])
        self.assertEqual(self.network.registry_ids, refused)
        good = {"2026-11-19": self.day_file(19)}
        source.action_fetch()
        self.assertEqual(self.asked(source, good, minutes=82), [19])
        self.assertFalse(source.waiting_days)
        self.assertEqual(self.asked(source, good, minutes=200), [])

    def test_a_day_that_the_server_cannot_give_is_told_once(self):
        source = self.ask_by_day("2026-11-19")
        for minute in (0, 10, 30):
            answer = {"2026-11-19": Answer(500, {}, b"")}
            self.assertEqual(self.asked(source, answer, minutes=minute), [19])
            self.assertEqual(
                len(self.activities(self.network, "registry_not_fetched")), 1
            )
        self.assertIn("500", source.summary)
        there = {"2026-11-19": self.day_file(19)}
        self.assertEqual(self.asked(source, there, minutes=70), [19])
        self.assertFalse(self.activities(self.network, "registry_not_fetched"))
        self.assertFalse(source.summary)

    def test_by_hand(self):
        attachments = self.env["ir.attachment"].with_user(self.accountant)
        wizard = (
            self.env["payment.terminal.registry.import"]
            .with_user(self.accountant)
            .create(
                {
                    "network_id": self.network.id,
                    "attachment_ids": attachments.create(
                        [
                            {
                                "name": "a.csv",
                                "raw": self.write(self.line("1", "8.00")),
                            },
                            {
                                "name": "b.csv",
                                "raw": self.write(self.line("2", "9.00")),
                            },
                        ]
                    ).ids,
                }
            )
        )
        wizard.action_import()
        self.assertEqual(len(self.network.registry_ids), 2)
        self.assertEqual(
            sorted(self.payments().mapped("amount")), [8, 9], "both are booked"
        )

    def drop(self, **context):
        """What a person drops on the list."""
        attachment = (
            self.env["ir.attachment"]
            .with_user(self.accountant)
            .create({"name": "a.csv", "raw": self.write(self.line("1", "8.00"))})
        )
        registries = self.registries.with_user(self.accountant)
        action = registries.with_context(**context).create_document_from_attachment(
            attachment.ids
        )
        return attachment, action

    def test_dropped_on_the_list(self):
        attachment, action = self.drop()
        self.assertEqual(action["res_id"], self.network.registry_ids.id)
        self.assertEqual(self.payments(1).amount, 8)
        self.assertFalse(attachment.exists())

    def test_dropped_where_there_are_several_networks(self):
        other = self.make_called_network("Other")
        attachment, action = self.drop()
        self.assertEqual(action["res_model"], "payment.terminal.registry.import")
        self.assertFalse(self.network.registry_ids)
        dialog = self.env["payment.terminal.registry.import"].with_user(self.accountant)
        dialog.with_context(**action["context"]).create(
            {"network_id": other.id}
        ).action_import()
        self.assertFalse(attachment.exists())
        self.assertEqual(len(other.registry_ids), 1)
        self.drop(default_network_id=self.network.id)
        self.assertEqual(len(self.network.registry_ids), 1)

    def test_a_mapping_is_tried_on_a_sample(self):
        mapping = Form(self.env["payment.terminal.csv.mapping"])
        mapping.name = "Bank"
        mapping.head = 1
        mapping.foot = 1
        mapping.total_amount = "2"
        mapping.sample = _encode("id;sum;day\nA;8.00;20.11.2026\nB;x;20.11.2026\n;8.00")
        self.assertIn("Payments: 1; sum: 8.00", mapping.preview_text)
        self.assertIn("Line 3: “x”", mapping.preview_text)
        self.assertIn("2: A | ", mapping.preview_text)
        mapping.decimal = ","
        self.assertIn("“8.00”", mapping.preview_text)
        mapping.foot = 0
        with self.assertRaises(ValidationError):
            mapping.save()


def _encode(text):
    return base64.b64encode(text.encode()).decode()

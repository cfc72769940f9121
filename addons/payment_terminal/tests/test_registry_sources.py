import base64
import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from odoo.addons.receivables_base.adapters.line import Answer

from .registry_common import RegistryCommon


@tagged("post_install", "-at_install")
class TestRegistrySources(RegistryCommon):
    """Registries come by themselves, by hand, and as tables of text."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # nobody asks the demo's own lines here
        cls.env["receivables.connection"].search([]).environment = "disabled"

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
        source = self.make_source(connection, path="days/{day}.csv")
        self.network.registry_expected_from = "2026-11-18"
        connection.environment = "prod"
        at = self.at(7, 0).replace(day=18)
        there = {"days/2026-11-18.csv": self.write(self.line("1", "80.00", at=at))}
        asked = []

        class Line:
            def request(self, method, path):
                asked.append((method, path))
                known = path in there
                return Answer(200 if known else 404, {}, there.get(path, b""))

            def close(self):
                pass

        with patch.object(
            self.registry["receivables.connection"], "_open", lambda _self: Line()
        ):
            self.fetch(source)
            self.assertEqual(
                asked,
                [("GET", "days/2026-11-18.csv"), ("GET", "days/2026-11-19.csv")],
            )
            self.assertEqual(self.network.registry_ids.mapped("state"), ["matched"])
            asked.clear()
            self.fetch(source)
            self.assertEqual(asked, [("GET", "days/2026-11-19.csv")])

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

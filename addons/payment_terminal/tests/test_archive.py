import csv
import hashlib
import io
import zipfile
from base64 import b64decode
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import archive as archive_module
from .common import TODAY
from .service_common import ServiceCommon

LONG_AGO = datetime(2015, 3, 2, 7, 0)
THEN = date(2015, 12, 31)


@tagged("post_install", "-at_install")
class TestArchive(ServiceCommon):
    """After the years that the law asks for, payments leave the database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.env["res.users"].create(
            {
                "name": "Saule",
                "login": "saule",
                "company_id": cls.company.id,
                "company_ids": [(6, 0, cls.company.ids)],
                "group_ids": [
                    (
                        4,
                        cls.env.ref(
                            f"payment_terminal.payment_terminal_group_{name}"
                        ).id,
                    )
                    for name in ("user", "manager")
                ],
            }
        )

    def setUp(self):
        super().setUp()
        with freeze_time(LONG_AGO):
            self.invoice = self.make_invoice(
                amount=100, invoice_date="2015-03-01", due=-4280
            )
            self.paid(1, "100")
            self.paid(2, "40", "99999999")
            self.paid(3, "30")
            self.ask("cancel", 3)
            self.book()
        self.paid(4, "10")
        self.entry = self.payments(1).move_id
        self.proof = self.day_totals(day=LONG_AGO.date())

    def make(self, until=THEN):
        return (
            self.env["payment.terminal.archive"]
            .with_user(self.manager)
            .create({"network_id": self.network.id, "date_until": until})
        )

    def remove(self):
        archives = self.env["payment.terminal.archive"]
        with patch.object(archive_module, "REMOVED_AT_ONCE", 1):
            done = []
            while not done or done[-1][1]:
                done.append(archives._gc_archived())
        self.env.invalidate_all()
        return sum(count for count, _more in done)

    def test_what_is_finished_goes_into_a_file_and_out_of_the_database(self):
        archive = self.make()
        archive.action_create_file()
        self.assertEqual((archive.payment_count, archive.left_count), (2, 1))
        self.assertEqual((archive.amount, archive.state), (100, "archived"))
        content = b64decode(archive.content)
        self.assertEqual(hashlib.sha256(content).hexdigest(), archive.sha256)
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            files = {
                name: list(csv.reader(io.StringIO(bundle.read(name).decode())))
                for name in bundle.namelist()
            }
        numbers = [line[1] for line in files["payments.csv"]]
        self.assertEqual(numbers, ["txn_id", "1", "3"])
        # two payments and a cancellation were asked and answered
        self.assertEqual(len(files["requests.csv"]), 1 + 3)
        self.assertEqual(files["days.csv"][1][:2], ["2015-03-02", "140.0"])
        self.assertTrue(self.payments(1), "nothing is removed yet")
        archive.action_remove()
        self.assertEqual(self.remove(), 2)
        self.assertEqual(archive.state, "removed")
        self.assertEqual(self.payments().mapped("txn_id"), ["4", "2"])
        self.assertEqual(self.requests(txn_id="1").ids, [])
        self.assertTrue(self.requests(txn_id="2"))
        self.assertEqual(
            (self.entry.state, self.invoice.payment_state), ("posted", "paid")
        )
        self.assertEqual(self.day_totals(day=LONG_AGO.date()), self.proof)
        self.assertEqual(self.proof["difference"], 0)
        self.assertEqual(self.remove(), 0)

    def test_what_comes_to_its_end_later_is_not_removed_with_it(self):
        archive = self.make()
        archive.action_create_file()
        self.assertEqual((archive.payment_count, archive.left_count), (2, 1))
        self.payments(2).sudo()._assign(self.make_invoice(amount=40).partner_id)
        self.assertEqual(self.payments(2).credit, 0)
        archive.action_remove()
        self.assertEqual(self.remove(), 2)
        self.assertEqual(self.payments().mapped("txn_id"), ["4", "2"])
        later = self.make()
        later.action_create_file()
        self.assertEqual((later.payment_count, later.left_count), (1, 0))

    def test_what_is_corrected_after_the_file_stays(self):
        archive = self.make()
        archive.action_create_file()
        self.payments(1).sudo()._assign(self.make_customer("Bolat"))
        self.assertTrue(self.payments(1).credit)
        archive.action_remove()
        self.assertEqual(self.remove(), 1)
        self.assertEqual(archive.state, "removed")
        self.assertFalse(self.payments(1).sudo().archive_id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.payments(1).sudo().unlink()

    def test_two_years_are_the_least(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.company.terminal_keep_years = 1
            self.company.flush_recordset()

    def test_what_is_younger_stays(self):
        newest = date(2016, 11, 20)
        with self.assertRaisesRegex(ValidationError, "until 2016-11-20"):
            self.make(newest + timedelta(days=1))
        self.make(newest)
        self.company.terminal_keep_years = 20
        with self.assertRaises(ValidationError):
            self.make(THEN)

    def test_an_archive_is_kept(self):
        archive = self.make()
        with self.assertRaisesRegex(UserError, "Archive the payments first"):
            archive.action_remove()
        archive.action_create_file()
        for wrong in (
            archive.action_create_file,
            archive.unlink,
            lambda: archive.write({"date_until": TODAY}),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                wrong()
        self.assertTrue(self.make(date(2014, 12, 31)).unlink())
        with self.assertRaisesRegex(UserError, "nothing to archive"):
            self.make(date(2014, 12, 31)).action_create_file()

    def test_payments_that_are_not_archived_cannot_be_removed(self):
        archive = self.make()
        archive.action_create_file()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.payments(1).sudo().unlink()
        archive.action_remove()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.payments(4).sudo().unlink()

    def test_who_may(self):
        archive = self.make()
        with self.assertRaises(AccessError):
            archive.with_user(self.accountant).action_create_file()

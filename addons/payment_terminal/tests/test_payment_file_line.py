import os
import tempfile
import time
from pathlib import Path

from .file_common import FileCommon, giro, ktl

JOB = "payment_terminal.ir_cron_payment_terminal_receive"


class TestPaymentFilesOverALine(FileCommon):
    """The bank's files come over a connection, here a shared folder."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.connection = self.env["receivables.connection"].create(
            {
                "name": "Bank",
                "company_id": self.company.id,
                "way": "folder",
                "folder_path": folder.name,
            }
        )
        self.connection._make_line().prepare()
        self.connection.environment = "prod"

    def deliver(self, name, data):
        path = self.folder / "inbox" / name
        path.write_bytes(data)
        stamp = time.time() - 10
        os.utime(path, (stamp, stamp))

    def fetch(self):
        self.connection.sudo().next_attempt = False
        with self.enter_registry_test_mode():
            self.env.ref(JOB).method_direct_trigger()
        self.env.invalidate_all()

    def names(self, place):
        return sorted(path.name for path in (self.folder / place).iterdir())

    def test_the_job_runs_only_while_a_journal_has_a_line(self):
        job = self.env.ref(JOB)
        self.assertFalse(job.active)
        self.bank.terminal_connection_id = self.connection
        self.assertTrue(job.active)
        self.bank.terminal_connection_id = False
        self.assertFalse(job.active)

    def test_a_file_finds_its_journal_and_is_put_away(self):
        self.bank.terminal_connection_id = self.connection
        invoice = self.invoice("1232", 100)
        self.deliver("a.ktl", ktl(("1232", 10000, "A1")))
        self.deliver("b.ktl", ktl(("1245", 100, "A2"), account="15903000000776"))
        self.fetch()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual((self.names("archive"), self.names("inbox")), (["a.ktl"], []))
        self.assertEqual(self.names("error"), ["b.ktl"])
        files = self.env["payment.terminal.file"].search(
            [("company_id", "=", self.company.id)], order="id"
        )
        self.assertEqual(files.mapped("state"), ["booked", "error"])
        self.assertTrue(self.activities(files[1], "file"))

    def test_what_nobody_knows_stays_and_is_told(self):
        self.bank.terminal_connection_id = self.connection
        self.deliver("c.txt", b"something else")
        self.fetch()
        self.assertEqual(self.names("inbox"), ["c.txt"])
        self.assertIn("c.txt", self.connection.refused_summary)

    def test_mandates_beside_payments_are_left_to_who_claims(self):
        """Nobody takes them here, and no payment is lost because of that."""
        kroner = self.env.ref("base.NOK")
        kroner.active = True
        self.bank.write(
            {
                "currency_id": kroner.id,
                "bank_acc_number": "86011117947",
                "terminal_connection_id": self.connection.id,
            }
        )
        invoice = self.invoice("1232", 100, currency_id=kroner.id)
        self.deliver("both.txt", giro(("1232", 10000), mandates=["1232"]))
        self.deliver("payments.txt", giro(("1245", 500)))
        self.fetch()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(self.names("archive"), ["both.txt", "payments.txt"])
        both, payments = self.env["payment.terminal.file"].search(
            [("company_id", "=", self.company.id)], order="name"
        )
        self.assertEqual((both.count, both.total), (1, 100))
        said = "AvtaleGiro mandates are in the file"
        self.assertIn(said, str(both.message_ids.mapped("body")))
        self.assertNotIn(said, str(payments.message_ids.mapped("body")))

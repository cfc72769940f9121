from contextlib import contextmanager

from odoo.tests import tagged

from .common import TerminalCommon


@tagged("post_install", "-at_install")
class TestQueryCounts(TerminalCommon):
    """A busy minute asks the database hardly more than a quiet one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = [cls.make_customer(f"Customer {n}") for n in range(60)]

    @contextmanager
    def counted(self, counts):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        yield
        self.env.flush_all()
        counts.append(self.env.cr.sql_log_count - before)

    def make_day(self, size, known=True):
        invoices = self.env["account.move"].union(
            *(self.make_invoice(p, post=False) for p in self.customers[:size])
        )
        invoices.action_post()
        return self.env["payment.terminal.transaction"].union(
            *(
                self.pay(100, partner if known else self.nobody)
                for partner in self.customers[:size]
            )
        )

    def assert_few(self, work, known=True, each=1.0):
        """Fifty payments more cost at most ``each`` queries apiece."""
        counts = []
        for size in (5, 10, 60):
            payments = self.make_day(size, known)
            with self.counted(counts):
                work(payments)
        _warm, few, many = counts
        self.assertLessEqual(many - few, 50 * each, counts)

    def test_booking_and_matching(self):
        def work(payments):
            self.book()
            self.assertEqual(set(payments.mapped("state")), {"booked"})
            self.assertEqual(set(payments.mapped("credit")), {0})

        self.assert_few(work)

    def test_payments_of_nobody(self):
        self.assert_few(lambda _payments: self.book(), known=False)

    def test_taking_back(self):
        def work(payments):
            self.book()
            self.take_back(payments)
            self.book()
            self.assertEqual(set(payments.mapped("state")), {"reversed"})

        self.assert_few(work, each=4)

    def test_the_list_of_payments(self):
        def work(payments):
            payments.with_user(self.accountant).read(
                ["state", "move_id", "credit", "invoice_ids", "invoice_count"]
            )

        payments = self.make_day(60)
        self.book()
        counts = []
        for some in (payments[:5], payments[5:10], payments[10:]):
            with self.counted(counts):
                work(some)
        self.assertEqual(counts[1], counts[2])

    def test_the_payments_of_invoices(self):
        payments = self.make_day(60)
        self.book()
        moves = payments.invoice_ids + payments.move_id
        counts = []
        for some in (moves[:5], moves[5:10], moves[10:]):
            with self.counted(counts):
                some.with_user(self.accountant).read(
                    ["terminal_transaction_ids", "terminal_transaction_count"]
                )
        self.assertEqual(counts[1], counts[2])

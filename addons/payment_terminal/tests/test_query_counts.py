from contextlib import contextmanager

from odoo.tests import tagged

from .common import TerminalCommon

# To become warm, a few, and ten more.
SIZES = (2, 4, 14)


@tagged("post_install", "-at_install")
class TestQueryCounts(TerminalCommon):
    """A busy minute asks the database hardly more than a quiet one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = [cls.make_customer(f"Customer {n}") for n in range(SIZES[-1])]

    @contextmanager
    def counted(self, counts):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        yield
        self.env.flush_all()
        counts.append(self.env.cr.sql_log_count - before)

    def make_day(self, size, known=True):
        """So many customers pay; those that are known had an invoice."""
        customers = self.customers[:size]
        if known:
            self.env["account.move"].union(
                *(self.make_invoice(partner, post=False) for partner in customers)
            ).action_post()
        return self.env["payment.terminal.transaction"].union(
            *(self.pay(100, partner if known else self.nobody) for partner in customers)
        )

    def assertFew(self, counts, each):
        """Ten payments more cost at most so many queries apiece."""
        _warm, few, many = counts
        self.assertLessEqual(many - few, 10 * each, counts)

    def test_booking_and_taking_back(self):
        booking, taking_back = [], []
        for size in SIZES:
            payments = self.make_day(size)
            with self.counted(booking):
                self.book()
            self.assertEqual(set(payments.mapped("state")), {"booked"})
            self.assertEqual(set(payments.mapped("credit")), {0})
            self.take_back(payments)
            with self.counted(taking_back):
                self.book()
            self.assertEqual(set(payments.mapped("state")), {"reversed"})
        self.assertFew(booking, each=1)
        self.assertFew(taking_back, each=3)

    def test_payments_of_nobody(self):
        counts = []
        for size in SIZES:
            self.make_day(size, known=False)
            with self.counted(counts):
                self.book()
        self.assertFew(counts, each=1)

    def test_the_lists_of_payments_and_of_invoices(self):
        payments = self.make_day(SIZES[-1])
        self.book()
        moves = payments.invoice_ids + payments.move_id
        for records, names in (
            (payments, ["state", "move_id", "credit", "invoice_ids", "invoice_count"]),
            (moves, ["terminal_transaction_ids", "terminal_transaction_count"]),
        ):
            counts = []
            for some in (records[:4], records[4:8], records[8:]):
                with self.counted(counts):
                    some.with_user(self.accountant).read(names)
            self.assertLessEqual(counts[2], counts[1])

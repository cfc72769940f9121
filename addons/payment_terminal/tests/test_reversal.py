from datetime import date, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import NOW, TODAY, TerminalCommon


@tagged("post_install", "-at_install")
class TestReversal(TerminalCommon):
    """The network cancels a payment after it was booked."""

    def test_a_payment_is_taken_back_the_next_day(self):
        """Aigerim's 100 are taken back: her invoice is open again, the books say so
        today and not in the past."""
        invoice = self.make_invoice(amount=100)
        payment = self.pay(100)
        self.book()
        booked = payment.move_id
        self.assertEqual(invoice.payment_state, "paid")
        self.take_back(payment)
        tomorrow = TODAY + timedelta(days=1)
        with freeze_time(NOW + timedelta(days=1)):
            self.book()
        self.assertEqual(payment.state, "reversed")
        self.assertEqual(payment.move_id, booked)
        reversal = payment.reversal_move_id
        self.assertEqual((reversal.date, reversal.state), (tomorrow, "posted"))
        self.assertRecordValues(
            reversal.line_ids.sorted("id"),
            [
                {"partner_id": self.customer.id, "debit": 100, "credit": 0},
                {"partner_id": False, "debit": 0, "credit": 100},
            ],
        )
        self.assertEqual(reversal.line_ids.sorted("id")[1].account_id, self.clearing)
        self.assertTrue(all(payment.line_ids.mapped("reconciled")))
        self.assertEqual(payment.credit, 0)
        self.assertEqual(
            (invoice.payment_state, invoice.amount_residual), ("not_paid", 100)
        )
        self.assertFalse(payment.invoice_ids)
        self.assertEqual(reversal.terminal_transaction_ids, payment)
        self.assertIn("took payment T1 back", str(invoice.message_ids.mapped("body")))
        self.assertIn(reversal.name, str(payment.message_ids.mapped("body")))
        self.assertEqual(self.activities(invoice, "reversed").user_id, self.accountant)

    def test_a_part_payment_taken_back_needs_nobody(self):
        invoice = self.make_invoice(amount=100)
        payment = self.pay(30)
        self.book()
        self.take_back(payment)
        self.book()
        self.assertEqual(invoice.amount_residual, 100)
        self.assertFalse(self.activities(invoice, "reversed"))
        self.assertIn("T1", str(invoice.message_ids.mapped("body")))

    def test_others_payments_of_the_invoice_stay(self):
        invoice = self.make_invoice(amount=100)
        first, second = self.pay(30), self.pay(50)
        self.book()
        self.take_back(first)
        self.book()
        self.assertEqual(invoice.amount_residual, 50)
        self.assertEqual(invoice.terminal_transaction_ids, second)

    def test_a_payment_of_nobody_is_taken_back(self):
        payment = self.pay(70, self.nobody)
        self.book()
        self.take_back(payment)
        self.book()
        line = payment.reversal_move_id.line_ids.sorted("id")[0]
        self.assertEqual((line.account_id, line.debit), (self.suspense, 70))
        self.assertTrue(all(payment.line_ids.mapped("reconciled")))
        self.assertFalse(self.activities(payment, "assign"))

    def test_a_payment_that_was_assigned_is_taken_back(self):
        invoice = self.make_invoice(amount=70)
        payment = self.pay(70, self.nobody)
        self.book()
        payment.sudo()._assign(self.customer)
        self.assertEqual(invoice.payment_state, "paid")
        self.take_back(payment)
        self.book()
        line = payment.reversal_move_id.line_ids.sorted("id")[0]
        self.assertEqual(line.account_id.account_type, "asset_receivable")
        self.assertEqual(line.partner_id, self.customer)
        self.assertEqual(invoice.amount_residual, 70)
        lines = self.env["account.move.line"].search(
            [("account_id", "in", (self.suspense + self.clearing).ids)]
        )
        self.assertEqual(sum(lines.mapped("balance")), 0)

    def test_many_are_taken_back_in_one_entry(self):
        payments = self.pay(1) + self.pay(2) + self.pay(4, self.nobody)
        self.book()
        self.take_back(payments)
        self.book()
        self.assertEqual(len(payments.reversal_move_id), 1)
        self.assertEqual(sum(payments.reversal_move_id.line_ids.mapped("credit")), 7)

    def test_locked_books_are_reversed_on_the_first_open_day(self):
        payment = self.pay(1, business_date=date(2026, 10, 30))
        self.book()
        self.assertEqual(payment.move_id.date, date(2026, 10, 30))
        self.company.fiscalyear_lock_date = date(2026, 10, 31)
        self.take_back(payment)
        self.book()
        self.assertEqual(payment.reversal_move_id.date, TODAY)
        self.assertIn("2026-10-30", payment.reversal_move_id.ref)

    def test_nothing_is_reversed_twice(self):
        payment = self.pay(1)
        self.book()
        self.take_back(payment)
        self.book()
        entry = payment.reversal_move_id
        self.book()
        self.assertEqual(payment.reversal_move_id, entry)
        self.assertEqual(
            self.env["account.move"].search_count(
                [("journal_id", "=", self.journal.id)]
            ),
            2,
        )

    def test_the_days_proof(self):
        """100 + 30 booked, 20 not yet; the 30 are taken back."""
        stays, goes = self.pay(100), self.pay(30)
        self.pay(5, is_test=True)
        self.pay(6, state="cancelled")
        self.book()
        self.pay(20)
        expected = {
            "accepted": 150,
            "booked": 130,
            "waiting": 20,
            "reversed": 0,
            "to_reverse": 0,
            "suspense": 0,
            "difference": 0,
        }
        self.assertEqual(self.day_totals(), expected)
        self.take_back(goes)
        expected["to_reverse"] = 30
        self.assertEqual(self.day_totals(), expected)
        self.book()
        expected.update(to_reverse=0, reversed=30, booked=150, waiting=0)
        self.assertEqual(self.day_totals(), expected)
        self.assertEqual(stays.state, "booked")

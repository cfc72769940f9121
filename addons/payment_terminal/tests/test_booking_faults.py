from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, QUEUE, TODAY, TerminalCommon


@tagged("post_install", "-at_install")
class TestBookingFaults(TerminalCommon):
    """What cannot be booked waits, is told, and stops nobody."""

    def poison(self, payments):
        """Let these payments fail, whatever is tried."""
        prepare = type(payments)._prepare_line

        def fail(payment, *args, **kwargs):
            if payment in payments:
                reason = f"{payment.txn_id} is poisoned."
                raise UserError(reason)
            return prepare(payment, *args, **kwargs)

        return patch.object(type(payments), "_prepare_line", fail)

    def test_a_poisoned_payment_stops_nobody(self):
        payments = self.env["payment.terminal.transaction"].union(
            *(self.pay(amount) for amount in range(1, 8))
        )
        with self.poison(payments[2] + payments[5]):
            self.book()
        waiting = payments.filtered(lambda p: p.state == "accepted")
        self.assertEqual(waiting, payments[2] + payments[5])
        self.assertEqual(waiting[0].summary, "T3 is poisoned.")
        self.assertEqual(set((payments - waiting).mapped("state")), {"booked"})
        self.assertEqual(
            self.activities(waiting[1], "booking").user_id, self.accountant
        )
        self.assertEqual(
            sum(self.journal_entries().line_ids.mapped("debit")), 1 + 2 + 4 + 5 + 7
        )

    def test_it_is_tried_again_later_and_later_and_then_forgotten(self):
        payment = self.pay(100)
        moment = NOW
        for minutes in (1, 2, 4):
            with freeze_time(moment), self.poison(payment):
                self.book()
            moment += timedelta(minutes=minutes)
            self.assertEqual(payment.next_attempt, moment)
        self.assertEqual(payment.attempts, 3)
        self.assertEqual(len(self.activities(payment, "booking")), 1)
        with freeze_time(moment - timedelta(seconds=1)):
            self.book()
        self.assertEqual(payment.state, "accepted")
        with freeze_time(moment):
            self.book()
        self.assertEqual(payment.state, "booked")
        self.assertFalse(payment.summary or payment.next_attempt or payment.attempts)
        self.assertFalse(self.activities(payment, "booking"))

    def test_it_is_tried_at_least_four_times_a_day(self):
        payment = self.pay(100, attempts=1000)
        with self.poison(payment):
            self.book()
        self.assertEqual(payment.next_attempt, NOW + timedelta(hours=6))

    def test_a_user_lets_it_be_tried_at_once(self):
        payment = self.pay(100)
        with self.poison(payment):
            self.book()
        payment.with_user(self.accountant).action_retry()
        self.book()
        self.assertEqual(payment.state, "booked")

    def test_an_unexpected_fault_is_logged(self):
        payment = self.pay(100)
        with (
            mute_logger(QUEUE),
            patch.object(type(payment), "_prepare_line", side_effect=KeyError("x")),
        ):
            self.book()
        self.assertIn("server's log", payment.summary)

    def test_a_payment_that_is_cancelled_while_it_waits_bothers_nobody(self):
        payment = self.pay(100)
        with self.poison(payment):
            self.book()
        payment.sudo()._set_state("cancelled")
        self.book()
        self.assertFalse(payment.summary)
        self.assertFalse(self.activities(payment, "booking"))

    def test_a_network_without_journal_is_told_once(self):
        self.network.environment = "test"
        self.network.journal_id = False
        payments = self.pay(1) + self.pay(2)
        self.book()
        self.assertEqual(set(payments.mapped("state")), {"accepted"})
        self.assertEqual(len(self.activities(self.network, "booking")), 1)
        self.assertFalse(self.activities(payments[0], "booking"))

    def test_an_archived_account_is_told_by_name(self):
        payment = self.pay(1)
        self.clearing.active = False
        self.book()
        self.assertIn("Kiosks, where QIWI is booked", payment.summary)

    def test_an_entry_that_does_not_balance_is_refused(self):
        payment = self.pay(100)
        prepare = type(payment)._prepare_line

        def lean(one, *args, **kwargs):
            return {**prepare(one, *args, **kwargs), "date_maturity": False}

        with patch.object(type(payment), "_prepare_line", lean):
            self.book()
        self.assertEqual(payment.state, "booked")
        with self.assertRaisesRegex(UserError, "balanced"):
            payment.sudo()._post_entry(
                {"journal_id": self.journal.id, "date": TODAY},
                [
                    {"account_id": self.clearing.id, "name": "1", "balance": 1.0},
                    {"account_id": self.suspense.id, "name": "2", "balance": -2.0},
                ],
            )

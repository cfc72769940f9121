from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ..exceptions import AgencyError
from .settlement_common import SettlementCommon


@tagged("post_install", "-at_install")
class TestDifferences(SettlementCommon):
    """Each night the two sides are compared case by case; what differs has a cause, and
    one click mends it."""

    def compare(self):
        """The night; returns what is open of the case."""
        self.env.flush_all()
        self.case.sudo().compared_on = False
        with self.as_job():
            self.env["collection.difference"].sudo()._cron_compare()
        self.env.invalidate_all()
        return self.open_one()

    def open_one(self):
        differences = self.env["collection.difference"].with_user(self.collector)
        return differences.search(
            [("case_id", "=", self.case.id), ("state", "=", "open")]
        )

    def assert_agree(self, amount):
        self.assertEqual((self.case.residual, self.case.capital_open), (amount, amount))
        self.assertFalse(self.compare())

    def test_where_both_agree_there_is_none(self):
        self.assert_agree(1000)
        self.assertFalse(self.activities(self.agency, "difference"))

    def test_a_payment_that_the_agency_refused_is_told_again(self):
        fault = AgencyError("final", "rejected", "Not now.")
        with patch.object(self.other, "report_payment", side_effect=fault):
            self.pay(self.case.move_id, 300)
            self.run_jobs()
        [message] = self.messages(self.case, "payment")
        self.assertEqual(message.state, "refused")
        difference = self.compare()
        self.assertEqual(difference.cause, "payment_unknown")
        self.assertEqual(
            (difference.ours, difference.theirs, difference.amount), (700, 1000, 300)
        )
        self.assertTrue(self.activities(self.agency, "difference"))
        difference.action_repair()
        self.run_jobs()
        self.assert_agree(700)
        self.assertEqual(difference.state, "gone")
        self.assertFalse(self.activities(self.agency, "difference"))

    def test_a_payment_that_the_agency_has_lost_is_told_again(self):
        self.pay(self.case.move_id, 300)
        self.run_jobs()
        self.other.collect(self.case, -300)
        self.happen(self.case)
        difference = self.compare()
        self.assertEqual(
            (difference.cause, difference.repair), ("payment_unknown", "send")
        )
        difference.action_repair()
        self.assertEqual(self.open_one().repair, "wait")
        self.run_jobs()
        self.assert_agree(700)
        self.assertEqual(
            {told["external_id"] for _c, told, _k in self.other.told("report_payment")},
            {self.other.told("report_payment")[0][1]["external_id"]},
        )

    def test_what_the_agency_claims_less_is_credited_here(self):
        self.other.move_capital(self.case.agency_case_id, original=-250, remaining=-250)
        self.happen(self.case)
        difference = self.compare()
        self.assertEqual(
            (difference.cause, difference.amount), ("credited_there", -250)
        )
        action = difference.action_repair()
        note = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((note.move_type, note.amount_total), ("out_refund", 250))
        self.assertEqual(note.reversed_entry_id, self.case.move_id)
        self.other.calls.clear()
        self.run_jobs()
        self.assertFalse(self.other.told("report_credit_note"))
        self.assert_agree(750)

    def test_a_write_off_is_for_a_person(self):
        self.other.move_capital(self.case.agency_case_id, original=90, remaining=90)
        self.happen(self.case)
        self.assertEqual(self.compare().cause, "credit_unknown")

    def test_what_was_collected_waits_for_the_payout(self):
        self.other.collect(self.case, 400)
        self.happen(self.case)
        difference = self.compare()
        self.assertEqual((difference.cause, difference.repair), ("payout", "wait"))
        self.assertFalse(self.activities(self.agency, "difference"))

    def test_and_then_for_its_settlement(self):
        self.other.collect(self.case, 400)
        self.happen(self.case)
        self.agency.book_by_itself = False
        settlement = self.pay_out(self.told_line(self.case, capital="400"))
        difference = self.compare()
        self.assertEqual(difference.cause, "settlement")
        self.assertEqual(difference.action_repair()["res_id"], settlement.id)
        settlement.with_user(self.collector).action_book()
        self.assert_agree(600)

    def test_nobody_knows_who_has_paid(self):
        self.other.collect(self.case, 400)
        self.happen(self.case)
        line = self.bank_line(500, payment_ref="Nord Inkasso")
        _liquidity, suspense, _other = line._seek_for_lines()
        owed = self.receivable(self.case.move_id)
        suspense.write(
            {"account_id": owed.account_id.id, "partner_id": owed.partner_id.id}
        )
        (suspense + owed).reconcile()
        self.run_jobs()
        difference = self.compare()
        self.assertEqual((difference.cause, difference.repair), ("payer", "open"))

    def test_it_is_noted_once_while_it_lasts(self):
        self.other.collect(self.case, 400)
        self.happen(self.case)
        first = self.compare()
        first.sudo().since = self.today - timedelta(days=3)
        self.assertEqual(self.compare(), first)
        self.assertEqual(first.since, self.today - timedelta(days=3))

    def test_accepted_it_is_silent_until_it_is_another_one(self):
        self.other.collect(self.case, 400)
        self.happen(self.case)
        difference = self.compare()
        difference.action_accept()
        self.assertEqual(difference.state, "accepted")
        self.assertFalse(self.case.differs)
        self.assertFalse(self.compare())
        self.other.collect(self.case, 100)
        self.happen(self.case)
        self.assertEqual(self.compare().amount, -500)
        self.other.collect(self.case, -500)
        self.happen(self.case)
        self.assertFalse(self.case.differs)

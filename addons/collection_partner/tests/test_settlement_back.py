from odoo.exceptions import UserError
from odoo.tests import tagged

from .settlement_common import SettlementCommon


@tagged("post_install", "-at_install")
class TestSettlementBack(SettlementCommon):
    """What an agency paid out and takes back: the debtor's payment was a mistake, or
    was not honoured."""

    def nameless(self, case, **amounts):
        """A line of an agency that gives payments no identifier."""
        return {**self.told_line(case, **amounts), "payment_id": ""}

    def test_what_is_taken_back_opens_the_invoice_again(self):
        case = self.transferred()
        self.pay_out(self.told_line(case, capital="1000", commission="50", vat="12.50"))
        self.assertEqual(case.move_id.payment_state, "paid")
        other = self.transferred(price=2000)
        back = self.pay_out(
            self.told_line(case, capital="-1000", commission="-50", vat="-12.50"),
            self.told_line(other, 2, capital="2000", commission="100", vat="25"),
            name="SE-2",
        )
        self.assertEqual(back.state, "booked")
        self.assertEqual(back.total, 937.50)
        self.assertEqual(case.move_id.amount_residual, 1000)
        self.assertEqual(other.move_id.payment_state, "paid")
        self.assertTrue(all(back.line_ids.entry_line_id.mapped("reconciled")))
        self.assertFalse(case.capital_settled)

    def test_a_part_leaves_the_rest_paid(self):
        case = self.transferred()
        self.pay_out(self.told_line(case, capital="1000"))
        back = self.pay_out(
            self.told_line(case, capital="-300"),
            self.told_line(self.transferred(), 2, capital="1000"),
            name="SE-2",
        )
        self.assertEqual(case.move_id.amount_residual, 300)
        self.assertEqual(case.move_id.payment_state, "partial")
        self.assertEqual(case.capital_settled, 700)
        self.assertTrue(all(back.line_ids.entry_line_id.mapped("reconciled")))
        self.assertFalse(self.activities(case, "check"))

    def test_the_latest_goes_first_where_payments_have_no_identifier(self):
        case = self.transferred()
        self.pay_out(self.nameless(case, capital="600"))
        self.pay_out(self.nameless(case, capital="400"), name="SE-2")
        self.assertEqual(case.move_id.payment_state, "paid")
        self.pay_out(
            self.nameless(case, capital="-450"),
            self.nameless(self.transferred(), capital="1000"),
            name="SE-3",
        )
        self.assertEqual(case.move_id.amount_residual, 450)
        self.assertEqual(case.capital_settled, 550)
        self.assertFalse(self.activities(case, "check"))

    def test_what_was_never_paid_out_here_is_for_a_person(self):
        case = self.transferred()
        self.pay(case.move_id)
        self.pay_out(
            self.told_line(case, 7, capital="-400"),
            self.told_line(self.transferred(), 8, capital="1000"),
        )
        self.assertEqual(case.move_id.payment_state, "paid")
        [activity] = self.activities(case, "check")
        self.assertIn("400.00", activity.note)

    def test_undone_the_invoice_is_paid_again(self):
        case = self.transferred()
        first = self.pay_out(self.told_line(case, capital="1000"))
        back = self.pay_out(
            self.told_line(case, capital="-300"),
            self.told_line(self.transferred(), 2, capital="1000"),
            name="SE-2",
        )
        with self.assertRefused(UserError, "SE-2"):
            first.with_user(self.collector).action_undo_booking()
        back.with_user(self.collector).action_undo_booking()
        self.assertEqual(case.move_id.payment_state, "paid")
        first.with_user(self.collector).action_undo_booking()
        self.assertEqual(case.move_id.amount_residual, 1000)

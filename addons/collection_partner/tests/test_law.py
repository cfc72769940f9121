from datetime import date

from odoo import Command, fields
from odoo.tests import tagged

from .transfer_common import TransferCommon

SPRING = date(2026, 4, 30)


@tagged("post_install", "-at_install")
class TestLaw(TransferCommon):
    """What the law says of an overdue invoice; expected values are worked out by hand
    from the rules' sources."""

    def due(self, day, partner=None, **values):
        """An invoice of 1,000 that fell due on a day, issued thirty days before."""
        days = (fields.Date.to_date(day) - self.today).days
        return self.make_invoice(partner, due=days, **values)

    def test_interest_in_sweden(self):
        self.set_today(SPRING)
        move = self.due("2026-03-31")
        # 2 % and 8 percentage points, thirty days
        self.assertEqual(move.collection_interest_rate, 10)
        self.assertEqual(move.collection_interest, 8.22)
        self.assertFalse(move.collection_rate_missing)

    def test_interest_on_what_was_open_from_day_to_day(self):
        self.set_today(SPRING)
        move = self.due("2026-03-31")
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"payment_date": date(2026, 4, 10), "amount": 400})._create_payments()
        self.env.invalidate_all()
        self.assertEqual(move.collection_interest, 6.03)

    def test_finnish_consumers_pay_less_and_a_gap_in_the_rates_is_said(self):
        self.move_to("fi")
        self.set_today(SPRING)
        consumer = self.due("2026-03-31", self.make_consumer())
        self.assertEqual(consumer.collection_interest_rate, 9.5)
        self.assertFalse(consumer.collection_rate_missing)
        # the rate of the second half of 2025 is not entered
        self.assertTrue(self.due("2025-12-01").collection_rate_missing)

    def test_fees_are_those_for_the_debtor_and_the_size_of_the_debt(self):
        self.move_to("fi")

        def fees(move):
            return {
                rule.code: rule.value
                for rule in move.collection_rule_ids
                if rule.unit == "money"
            }

        self.assertEqual(
            fees(self.due(self.today.replace(day=1), price=800)),
            {"reminder_fee_max": 12, "demand_fee_max": 70, "delay_compensation": 40},
        )
        found = fees(
            self.due(self.today.replace(day=1), self.make_consumer(), price=80)
        )
        self.assertEqual((found["demand_fee_max"], found["total_cost_max"]), (14, 60))

    def test_before_it_is_due_and_where_nothing_is_known_nothing_is_said(self):
        self.assertFalse(self.make_invoice(due=10).collection_interest)
        self.move_to("us")
        move = self.make_invoice()
        self.assertFalse(move.collection_rule_ids)
        self.assertFalse(move.collection_limitation_date)

    def test_the_case_shows_the_same(self):
        case = self.transfer(self.make_invoice())
        self.assertEqual(case.default_interest, case.move_id.collection_interest)
        self.assertEqual(case.rule_ids, case.move_id.collection_rule_ids)

    def test_what_is_uncertain_is_marked_and_can_be_corrected(self):
        rule = self.env.ref(
            "collection_partner.collection_rule_fi_reference_rate_2026_07"
        )
        self.assertTrue(rule.is_uncertain)
        rule.write({"value": 3, "is_uncertain": False})
        self.move_to("fi")
        self.assertEqual(self.make_invoice().collection_interest_rate, 11)

    # === LIMITATION === #

    def interrupt(self, move, kind, day):
        move.collection_interruption_ids = [Command.create({"kind": kind, "date": day})]
        self.env.invalidate_all()

    def test_a_reminder_lets_the_period_start_anew_in_sweden(self):
        move = self.due("2026-06-30", self.make_consumer())
        self.assertEqual(move.collection_limitation_date, date(2029, 5, 31))
        self.remind(move, days_ago=0)
        self.env.invalidate_all()
        later = self.today.replace(year=self.today.year + 3)
        self.assertEqual(move.collection_limitation_date, later)
        self.assertEqual(move.collection_limitation_days, (later - self.today).days)
        business = self.due("2026-06-30")
        self.assertEqual(business.collection_limitation_date, date(2036, 5, 31))

    def test_in_norway_a_claim_does_not_and_an_acknowledgement_does(self):
        self.move_to("no")
        move = self.due("2026-06-30")
        self.remind(move, days_ago=0)
        self.interrupt(move, "claim", date(2026, 9, 1))
        self.assertEqual(move.collection_limitation_date, date(2029, 6, 30))
        self.interrupt(move, "acknowledgement", date(2026, 9, 15))
        self.assertEqual(move.collection_limitation_date, date(2029, 9, 15))

    def test_a_part_payment_does_everywhere(self):
        self.move_to("no")
        move = self.due("2026-06-30")
        self.pay(move, 100)
        later = self.today.replace(year=self.today.year + 3)
        self.assertEqual(move.collection_limitation_date, later)

    def test_nothing_moves_the_last_day_of_a_finnish_consumers_debt(self):
        self.move_to("fi")
        move = self.due("2008-01-15", self.make_consumer())
        self.interrupt(move, "court", date(2026, 1, 15))
        self.assertEqual(move.collection_limitation_date, date(2028, 1, 15))

    def test_the_agencys_word_counts(self):
        case = self.transfer(self.make_invoice())
        self.happen(case, limitation_date=date(2031, 1, 1))
        self.assertEqual(case.move_id.collection_limitation_date, date(2031, 1, 1))

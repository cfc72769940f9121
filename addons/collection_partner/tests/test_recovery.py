from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestRecovery(TransferCommon):
    """How much comes back, after how long, at what cost, and what will be lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.consumer = cls.make_customer(
            "Maja Lind", is_company=False, company_registry=False
        )
        # Figures of the company's other cases would be counted in.
        earlier = cls.env["collection.recovery"].search(
            [("company_id", "=", cls.company.id)]
        )
        assert not earlier, earlier

    def make_case(self, paid, partner=None, days=None, overdue=20, capital=1000.0):
        """A case that an agency got a hundred days ago, closed after ``days``."""
        move = self.make_invoice(
            partner or self.consumer, due=-100 - overdue, price=capital
        )
        transferred = fields.Datetime.now() - timedelta(days=100)
        is_closed = days is not None
        closed = is_closed and transferred + timedelta(days=days)
        return (
            self.env["collection.case"]
            .sudo()
            .create(
                {
                    "move_id": move.id,
                    "agency_id": self.agency.id,
                    "state": "closed" if is_closed else "demand",
                    "outcome_decision": "none",
                    "transferred_at": transferred,
                    "closed_at": closed,
                    "capital_original": capital,
                    "capital_paid": paid,
                    "capital_open": capital - paid,
                }
            )
        )

    def rows(self, cases):
        return self.env["collection.recovery"].search([("case_id", "in", cases.ids)])

    def test_shares_are_of_money_and_days_of_what_is_closed(self):
        cases = (
            self.make_case(1000, days=10)
            + self.make_case(0, days=50, capital=3000)
            + self.make_case(200)
        )
        [(capital, recovered, share, days)] = self.rows(cases)._read_group(
            [("case_id", "in", cases.ids)],
            [],
            ["capital:sum", "recovered:sum", "recovered_share:avg", "days:avg"],
        )
        self.assertEqual((capital, recovered, days), (5000, 1200, 30))
        self.assertAlmostEqual(share, 0.24)

    def test_cohorts_are_of_the_day_of_the_transfer(self):
        case = self.make_case(0)
        row = self.rows(case)
        self.assertEqual(row.cohort, case.transferred_at.date())
        self.assertEqual((row.debtor_type, row.age), ("person", "1"))
        self.assertEqual(row.country_id.code, "SE")
        company = self.rows(self.make_case(0, self.customer, overdue=31))
        self.assertEqual((company.debtor_type, company.age), ("company", "2"))
        self.assertEqual(self.rows(self.make_case(0, overdue=366)).age, "4")

    def test_the_loss_is_that_of_closed_cases_of_the_same_kind(self):
        for paid in (1000, 1000, 500, 500, 0):
            self.make_case(paid, days=30)
        # Of companies nothing came back, which does not count for a private person.
        for _number in range(5):
            self.make_case(0, self.customer, days=30)
        # 3,000 of 5,000 came back, so 40 % of 800 are lost.
        self.assertAlmostEqual(
            self.rows(self.make_case(0, capital=800.0)).expected_loss, 320
        )
        # No more than what is open can be lost.
        self.assertAlmostEqual(
            self.rows(self.make_case(700, capital=800.0)).expected_loss, 100
        )
        self.assertAlmostEqual(
            self.rows(self.make_case(0, self.customer)).expected_loss, 1000
        )

    def test_of_few_closed_cases_all_of_the_company_count(self):
        for _number in range(5):
            self.make_case(500, days=30)
        self.make_case(1000, self.customer, days=30)
        # 3,500 of 6,000 came back.
        self.assertAlmostEqual(
            self.rows(self.make_case(0, self.customer, capital=600.0)).expected_loss,
            250,
        )

    def test_without_closed_cases_nothing_is_suggested(self):
        self.assertFalse(self.rows(self.make_case(0)).expected_loss)

    def test_the_agencys_commission_is_the_cost(self):
        case = self.make_case(1000, days=10)
        settlement = (
            self.env["collection.settlement"]
            .sudo()
            .create(
                {
                    "name": "S-1",
                    "agency_id": self.agency.id,
                    "currency_id": self.company.currency_id.id,
                    "date": self.today,
                    "total": 875,
                    "line_ids": [
                        (
                            0,
                            0,
                            {
                                "case_id": case.id,
                                "capital": 1000,
                                "commission": 100,
                                "vat": 25,
                            },
                        )
                    ],
                }
            )
        )
        self.assertEqual(self.rows(case).cost, 0)
        # It is no less when the bank has the money.
        for state in ("booked", "matched"):
            settlement.state = state
            self.env.flush_all()
            row = self.rows(case)
            row.invalidate_recordset()
            self.assertEqual((row.cost, row.cost_share), (100, 0.1))

    def test_what_never_reached_an_agency_is_no_part_of_it(self):
        self.agency.undo_minutes = 60
        move = self.make_invoice()
        move.transfer_to_collection()
        self.assertFalse(self.rows(move.collection_case_id))
        move.collection_case_id.action_undo()
        self.assertFalse(self.rows(move.collection_case_ids))

    def test_a_row_opens_its_case(self):
        case = self.make_case(0)
        action = self.rows(case).with_user(self.collector).action_view_case()
        self.assertEqual((action["res_model"], action["res_id"]), (case._name, case.id))

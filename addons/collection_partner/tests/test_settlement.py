from datetime import timedelta
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from .settlement_common import SettlementCommon


@tagged("post_install", "-at_install")
class TestSettlement(SettlementCommon):
    """What an agency pays out is booked once, in one balanced entry; expected amounts
    are worked out by hand."""

    def test_row_79_84_85_a_reference_payment_pays_its_invoice(self):
        case = self.transferred(price=1250)
        self.other.collect(case, 1250)
        self.happen(case)
        self.assertEqual(case.capital_owed, 1250)
        settlement = self.pay_out(
            self.told_line(
                case,
                capital="1250.00",
                interest="4.79",
                fees="60.00",
                agency_fees="180.00",
                court_fees="0.00",
                commission="62.50",
                vat="60.63",
            ),
            kind="per_invoice",
            total=Decimal("1191.66"),
        )
        self.assertEqual(settlement.state, "booked")
        receivable = self.receivable(case.move_id).account_id.code
        # 25 % of the commission and of the agency's own fees: 62.50 + 180 -> 60.63
        self.assertEqual(
            self.entry(settlement),
            sorted(
                [
                    (receivable, -1250),
                    ("8313X", -4.79),
                    ("3990X", -240),
                    ("6062X", 242.50),
                    ("2641X", 60.63),
                    ("1512X", 1191.66),
                ]
            ),
        )
        self.assertEqual(case.move_id.payment_state, "paid")
        self.assertFalse(case.capital_owed)
        self.assertEqual(case.capital_settled, 1250)
        tax_item = settlement.move_id.line_ids.filtered("tax_line_id")
        self.assertEqual(tax_item.tax_line_id, self.tax)
        self.assertEqual(tax_item.tax_base_amount, 242.50)

    def test_row_80_81_82_a_days_payments_are_one_entry(self):
        """What customers owe goes off the accounts of the original invoices."""
        other = self.make_customer("Bergs Bygg AB")
        other.property_account_receivable_id = self.make_account(
            "1515X", "asset_receivable", reconcile=True
        )
        cases = [
            self.transferred(price=price, partner=partner)
            for price, partner in ((1000, self.customer), (500, other))
        ]
        settlement = self.pay_out(
            self.told_line(cases[0], 1, capital="400", commission="20", vat="5"),
            self.told_line(cases[1], 2, capital="500", commission="25", vat="6.25"),
        )
        self.assertEqual(settlement.kind, "daily_batch")
        self.assertEqual(
            [amount for code, amount in self.entry(settlement) if code == "1512X"],
            [843.75],
        )
        self.assertEqual(cases[0].move_id.amount_residual, 600)
        self.assertEqual(cases[1].move_id.payment_state, "paid")
        first = self.receivable(cases[0].move_id).account_id.code
        paid = settlement.move_id.line_ids.filtered(lambda item: item.balance < 0)
        self.assertEqual(
            {(item.account_id.code, item.partner_id, item.balance) for item in paid},
            {(first, self.customer, -400), ("1515X", other, -500)},
        )

    def test_row_76_what_is_booked_is_never_told_back(self):
        case = self.transferred()
        self.other.collect(case, 400)
        self.other.calls.clear()
        self.pay_out(self.told_line(case, capital="400"))
        self.run_jobs()
        self.assertFalse(self.other.told("report_payment"))
        self.assertEqual(case.residual, 600)
        self.assertEqual(case.capital_open, 600)
        self.assertFalse(case.differs)

    def test_neither_before_the_agencys_own_figures_show_it(self):
        case = self.transferred()
        self.other.calls.clear()
        self.pay_out(self.told_line(case, capital="400"))
        self.run_jobs()
        self.assertFalse(self.other.told("report_payment"))
        self.other.collect(case, 400)
        self.happen(case)
        self.assertFalse(self.other.told("report_payment"))
        self.assertFalse(case.differs)

    def test_nor_does_it_hide_what_the_customer_pays_directly(self):
        case = self.transferred()
        self.other.collect(case, 400)
        self.pay_out(self.told_line(case, capital="400"))
        self.other.calls.clear()
        self.pay(case.move_id, 250)
        self.run_jobs()
        [(_case, told, _key)] = self.other.told("report_payment")
        self.assertEqual(told["amount"], 250)
        self.assertEqual(case.residual, 350)
        self.assertFalse(case.differs)

    # === ONCE === #

    def test_told_again_it_is_booked_once(self):
        case = self.transferred()
        settlement = self.pay_out(self.told_line(case, capital="400"))
        self.poll()
        self.poll()
        self.assertEqual(len(self.settlement()), 1)
        self.assertEqual(case.move_id.amount_residual, 600)
        self.assertFalse(settlement.has_conflict)
        [(told, entry, _key)] = self.other.told("confirm_settlement")
        self.assertEqual((told, entry), ("SE-1", settlement.move_id.name))

    def test_with_other_contents_it_is_for_a_person(self):
        case = self.transferred()
        settlement = self.pay_out(self.told_line(case, capital="400"))
        self.other.settlements.clear()
        self.tell_settlement(self.told_line(case, capital="500"))
        self.poll()
        self.assertTrue(settlement.has_conflict)
        self.assertEqual(settlement.state, "booked")
        self.assertIn("500.00", settlement.summary)
        self.assertTrue(self.activities(settlement, "settlement"))
        self.poll()
        settlement.with_user(self.collector).action_keep()
        self.poll()
        self.assertFalse(settlement.has_conflict)
        self.assertEqual(case.move_id.amount_residual, 600)

    def test_what_cannot_be_taken_over_leaves_what_is_here(self):
        franc = self.env.ref("base.CHF")
        franc.active = True
        case = self.transferred()
        self.agency.book_by_itself = False
        settlement = self.pay_out(self.told_line(case, capital="400"))
        self.other.settlements.clear()
        self.tell_settlement(self.told_line(case, capital="40"), currency="CHF")
        self.poll()
        franc.active = False
        with self.assertRefused(UserError, "CHF"):
            settlement.with_user(self.collector).action_take_over()
        self.assertEqual(settlement.line_ids.capital, 400)
        self.assertTrue(settlement.has_conflict)

    def test_of_two_that_contradict_the_last_may_be_taken(self):
        case = self.transferred()
        self.agency.book_by_itself = False
        settlement = self.pay_out(self.told_line(case, capital="400"))
        self.other.settlements.clear()
        self.tell_settlement(self.told_line(case, capital="500"))
        self.poll()
        self.assertEqual(settlement.state, "parked")
        with self.assertRefused(UserError, "two ways"):
            settlement.with_user(self.collector).action_book()
        settlement.with_user(self.collector).action_take_over()
        settlement.with_user(self.collector).action_book()
        self.assertEqual(case.move_id.amount_residual, 500)

    def test_a_payment_is_paid_out_once_whatever_the_settlement(self):
        case = self.transferred()
        self.pay_out(self.told_line(case, capital="400"))
        again = self.pay_out(self.told_line(case, capital="400"), name="SE-2")
        self.assertEqual(again.state, "parked")
        self.assertIn("SE-1", again.summary)
        self.assertEqual(case.move_id.amount_residual, 600)

    # === WHAT DOES NOT FIT === #

    def test_a_net_that_is_not_the_sum_of_the_lines_is_explained(self):
        case = self.transferred()
        settlement = self.pay_out(
            self.told_line(case, capital="400"), total=Decimal("390")
        )
        self.assertEqual(settlement.state, "parked")
        self.assertIn("10.00", settlement.summary)
        self.assertEqual(case.move_id.amount_residual, 1000)
        self.assertFalse(self.other.told("confirm_settlement"))

    def test_so_is_a_line_that_does_not_add_up(self):
        case = self.transferred()
        settlement = self.pay_out(
            self.told_line(case, capital="400", commission="20", net="390")
        )
        self.assertEqual(settlement.state, "parked")
        self.assertIn("add up", settlement.summary)

    def test_a_few_ore_are_booked_as_rounding(self):
        case = self.transferred()
        settlement = self.pay_out(
            self.told_line(case, capital="400.02"), total=Decimal("400")
        )
        self.assertEqual(settlement.state, "booked")
        self.assertIn(("3740X", 0.02), self.entry(settlement))
        self.assertIn(("1512X", 400.0), self.entry(settlement))
        self.assertAlmostEqual(case.move_id.amount_residual, 599.98)

    def test_row_87_a_payment_without_reference_waits_with_proposals(self):
        case = self.transferred(price=730)
        self.other.collect(case, 730)
        self.happen(case)
        settlement = self.pay_out(self.told_line(None, capital="730"))
        self.assertEqual(settlement.state, "parked")
        self.assertTrue(self.activities(settlement, "settlement"))
        line = settlement.line_ids
        self.assertEqual(line.candidate_ids, case)
        line.with_user(self.collector).action_use_candidate()
        settlement.with_user(self.collector).action_book()
        self.assertEqual(settlement.state, "booked")
        self.assertEqual(case.move_id.payment_state, "paid")
        self.assertFalse(self.activities(settlement, "settlement"))

    def test_its_case_is_known_by_each_of_its_numbers(self):
        case = self.transferred()
        for key, value in (
            ("case_id", case.agency_case_id),
            ("external_id", case.external_id),
            ("case_number", case.name),
            ("reference", case.reference),
            ("reference", case.move_id.payment_reference),
            ("invoice_number", case.move_id.name),
        ):
            line = {**self.told_line(None), key: value}
            found = self.env["collection.settlement.line"]._find_cases(
                self.agency, [line]
            )
            self.assertEqual(found, [case], key)

    def test_numbers_that_contradict_are_for_a_person(self):
        case, other = self.transferred(), self.transferred()
        line = self.told_line(case, capital="400")
        line["invoice_number"] = other.move_id.name
        settlement = self.pay_out(line)
        self.assertEqual(settlement.state, "parked")
        self.assertIn(other.move_id.name, settlement.summary)

    def test_without_accounts_it_waits_and_says_which(self):
        case = self.transferred()
        self.agency.commission_account_id = False
        settlement = self.pay_out(
            self.told_line(case, capital="400", commission="20", vat="5")
        )
        self.assertEqual(settlement.state, "parked")
        self.assertIn("Collection costs", settlement.summary)
        self.agency.commission_account_id = self.accounts["commission"]
        settlement.with_user(self.collector).action_book()
        self.assertEqual(settlement.state, "booked")

    def test_without_a_tax_the_vat_is_a_cost(self):
        case = self.transferred()
        self.agency.commission_tax_id = False
        settlement = self.pay_out(
            self.told_line(case, capital="400", commission="20", vat="5")
        )
        costs = [amount for code, amount in self.entry(settlement) if code == "6062X"]
        self.assertEqual(sorted(costs), [5, 20])

    # === OTHER AMOUNTS === #

    def test_what_is_over_stands_to_the_customers_credit(self):
        case = self.transferred()
        settlement = self.pay_out(self.told_line(case, capital="1030"))
        self.assertEqual(case.move_id.payment_state, "paid")
        item = settlement.line_ids.entry_line_id
        self.assertEqual(item.amount_residual, -30)
        self.assertEqual(item.partner_id, self.customer)
        self.assertTrue(self.activities(case, "check"))

    def test_another_currency_makes_an_exchange_difference(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        rates = self.env["res.currency.rate"]
        euro.rate_ids.unlink()
        for day, rate in ((-60, 11.0), (-1, 11.5)):
            rates.create(
                {
                    "currency_id": euro.id,
                    "company_id": self.company.id,
                    "name": self.today + timedelta(days=day),
                    "inverse_company_rate": rate,
                }
            )
        case = self.transferred(price=100, currency_id=euro.id)
        self.assertEqual(case.move_id.amount_total_signed, 1100)
        settlement = self.pay_out(
            self.told_line(case, capital="100", commission="5.05", vat="1.26"),
            currency="EUR",
        )
        self.assertEqual(settlement.state, "booked")
        self.assertEqual(case.move_id.payment_state, "paid")
        self.assertEqual(
            self.entry(settlement),
            sorted(
                [
                    (self.receivable(case.move_id).account_id.code, -1150),
                    ("6062X", 58.08),
                    ("2641X", 14.49),
                    ("1512X", 1077.43),
                ]
            ),
        )
        gain = settlement.line_ids.entry_line_id.matched_debit_ids.exchange_move_id
        self.assertEqual(max(gain.line_ids.mapped("balance")), 50)

    # === CLOSED PERIODS, AND BACK === #

    def test_closed_books_move_it_to_the_first_open_day(self):
        case = self.transferred()
        self.company.fiscalyear_lock_date = self.today - timedelta(days=3)
        settlement = self.pay_out(
            self.told_line(case, capital="400"), date=self.today - timedelta(days=9)
        )
        self.assertEqual(settlement.move_id.date, self.today - timedelta(days=2))

    def test_a_closed_tax_period_counts_where_there_is_vat(self):
        case = self.transferred()
        self.company.tax_lock_date = self.today - timedelta(days=3)
        day = self.today - timedelta(days=9)
        plain = self.pay_out(self.told_line(case, capital="400"), date=day)
        taxed = self.pay_out(
            self.told_line(case, 2, capital="100", commission="4", vat="1"),
            name="SE-2",
            date=day,
        )
        self.assertEqual(plain.move_id.date, day)
        self.assertEqual(taxed.move_id.date, self.today - timedelta(days=2))

    def test_books_locked_up_to_today_make_it_wait(self):
        case = self.transferred()
        self.company.fiscalyear_lock_date = self.today
        settlement = self.pay_out(self.told_line(case, capital="400"))
        self.assertEqual(settlement.state, "parked")
        self.assertIn("locked", settlement.summary)

    def test_undone_the_invoice_is_open_and_it_can_be_booked_anew(self):
        case = self.transferred()
        settlement = self.pay_out(self.told_line(case, capital="1000"))
        entry = settlement.move_id
        with self.assertRefused(UserError, "Undo the booking"):
            entry.button_draft()
        with self.assertRefused(UserError, "Undo the booking"):
            entry._reverse_moves(cancel=True)
        settlement.with_user(self.collector).action_undo_booking()
        self.assertEqual(settlement.state, "parked")
        self.assertEqual(case.move_id.amount_residual, 1000)
        self.assertTrue(entry.reversal_move_ids)
        self.poll()
        self.assertEqual(settlement.state, "parked")
        settlement.with_user(self.collector).action_book()
        self.assertEqual(case.move_id.payment_state, "paid")
        self.assertFalse(self.other.told("report_payment"))

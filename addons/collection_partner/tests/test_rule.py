from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

TODAY = fields.Date.to_date("2026-11-22")
BUSINESS, CONSUMER = True, False


@tagged("post_install", "-at_install")
class TestRule(TransactionCase):
    """What the law and the agencies prescribe, by country and day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Rule = cls.env["collection.rule"]
        cls.sweden = cls.env.ref("base.se")
        cls.finland = cls.env.ref("base.fi")
        cls.norway = cls.env.ref("base.no")
        cls.estonia = cls.env.ref("base.ee")

    def values(self, country, date=TODAY, amount=None):
        return self.Rule._get_values(country, fields.Date.to_date(date), amount)

    def assertRules(self, country, expected, date=TODAY, amount=None):
        """``expected``: ``{(code, is_company): value}``"""
        values = self.values(country, date, amount)
        for (code, is_company), value in expected.items():
            with self.subTest(country=country.code, code=code, is_company=is_company):
                self.assertEqual(self.Rule._pick(values, code, is_company), value)

    def make_rule(self, **values):
        return self.Rule.create(
            {
                "country_id": self.estonia.id,
                "code": "auto_days_from_due",
                "value": 7,
                "date_from": "2026-01-01",
                "source": "The agency's terms",
                **values,
            }
        )

    # === WHAT THE COUNTRIES PRESCRIBE === #

    def test_sweden(self):
        """Requirements 33, 34, 43 and 57"""
        self.assertRules(
            self.sweden,
            {
                ("manual_days_from_invoice", CONSUMER): 8,
                ("manual_days_from_invoice", BUSINESS): 8,
                ("manual_days_from_due", CONSUMER): 4,
                ("manual_days_from_due", BUSINESS): 4,
                ("auto_days_from_due", CONSUMER): 4,
                ("auto_days_from_due", BUSINESS): 4,
                ("max_age_years", CONSUMER): 3,
                ("max_age_years", BUSINESS): 3,
                ("reminder_days", CONSUMER): None,
                ("reminder_fee_max", CONSUMER): 60,
                ("demand_fee_max", BUSINESS): 180,
                ("instalment_plan_max", CONSUMER): 170,
                ("delay_compensation", BUSINESS): 450,
                ("delay_compensation", CONSUMER): None,
                ("demand_deadline_days", CONSUMER): 8,
                ("reference_rate", BUSINESS): 2,
                ("interest_margin", BUSINESS): 8,
                ("limitation_years", BUSINESS): 10,
                ("limitation_years", CONSUMER): 3,
            },
        )

    def test_finland(self):
        self.assertRules(
            self.finland,
            {
                ("manual_days_from_invoice", CONSUMER): None,
                ("manual_days_from_due", CONSUMER): 14,
                ("manual_days_from_due", BUSINESS): 7,
                ("auto_days_from_due", CONSUMER): 14,
                ("auto_days_from_due", BUSINESS): 7,
                ("reminder_days", CONSUMER): 14,
                ("reminder_days", BUSINESS): 10,
                ("max_age_years", CONSUMER): 3,
                ("max_age_years", BUSINESS): 3,
                ("reminder_fee_max", CONSUMER): 5,
                ("reminder_fee_max", BUSINESS): 12,
                ("second_demand_fee_share", CONSUMER): 50,
                ("instalment_plan_max", CONSUMER): 50,
                ("delay_compensation", BUSINESS): 40,
                ("delay_compensation", CONSUMER): None,
                ("limitation_years", BUSINESS): 3,
                ("limitation_final_years", CONSUMER): 20,
                ("limitation_final_years", BUSINESS): None,
            },
        )

    def test_finnish_default_interest_as_the_bank_of_finland_announced_it(self):
        values = self.values(self.finland, "2026-06-30")
        pick = self.Rule._pick
        for is_company, interest in ((CONSUMER, 9.5), (BUSINESS, 10.5)):
            reference = pick(values, "reference_rate", is_company)
            margin = pick(values, "interest_margin", is_company)
            self.assertEqual(reference + margin, interest)

    def test_norway(self):
        self.assertRules(
            self.norway,
            {
                ("manual_days_from_due", CONSUMER): 14,
                ("manual_days_from_due", BUSINESS): 14,
                ("auto_days_from_due", CONSUMER): 14,
                ("auto_days_from_due", BUSINESS): 14,
                ("reminder_days", CONSUMER): 14,
                ("reminder_days", BUSINESS): 14,
                ("max_age_years", CONSUMER): 3,
                ("demand_deadline_days", CONSUMER): 14,
                ("reminder_fee_max", CONSUMER): 37.5,
                ("demand_fee_max", CONSUMER): 112.5,
                ("delay_compensation", BUSINESS): 460,
                ("limitation_years", BUSINESS): 3,
            },
        )

    def test_the_rest_of_the_european_union(self):
        for code in ("ee", "de", "dk", "fr"):
            self.assertRules(
                self.env.ref(f"base.{code}"),
                {
                    ("manual_days_from_due", CONSUMER): 1,
                    ("auto_days_from_due", BUSINESS): 14,
                    ("max_age_years", CONSUMER): 3,
                    ("delay_compensation", BUSINESS): 40,
                    ("delay_compensation", CONSUMER): None,
                    ("interest_margin", BUSINESS): 8,
                    ("reference_rate", BUSINESS): 2.4,
                    ("reminder_days", CONSUMER): None,
                },
            )

    def test_outside_the_union_nothing_is_assumed(self):
        self.assertFalse(self.values(self.env.ref("base.us")))
        pick = self.Rule._pick
        self.assertEqual(pick({}, "manual_days_from_due", BUSINESS, default=1), 1)

    def test_without_a_country_the_union_counts(self):
        nowhere = self.env["res.country"]
        self.assertEqual(self.values(nowhere), self.values(self.estonia))

    def test_every_rule_of_the_data_names_its_source_and_its_money(self):
        for rule in self.Rule.search([]):
            with self.subTest(rule.display_name):
                self.assertTrue(rule.source.strip())
                self.assertEqual(bool(rule.currency_id), rule.unit == "money")

    # === BANDS === #

    def test_finnish_demand_fees_grow_with_the_debt(self):
        for is_company, amount, fee in (
            (CONSUMER, 20, 14),
            (CONSUMER, 100, 14),
            (CONSUMER, 100.01, 24),
            (CONSUMER, 1000, 24),
            (CONSUMER, 1000.01, 50),
            (BUSINESS, 500, 50),
            (BUSINESS, 500.01, 70),
            (BUSINESS, 2500, 70),
            (BUSINESS, 10000, 90),
            (BUSINESS, 250000, 110),
        ):
            self.assertRules(
                self.finland, {("demand_fee_max", is_company): fee}, amount=amount
            )

    def test_finnish_consumers_pay_no_more_in_all(self):
        for amount, total in ((100, 60), (1000, 120), (1001, 210)):
            self.assertRules(
                self.finland,
                {
                    ("total_cost_max", CONSUMER): total,
                    ("total_cost_max", BUSINESS): None,
                },
                amount=amount,
            )

    def test_bands_need_a_debt_and_leave_the_rest_alone(self):
        self.assertRules(self.finland, {("demand_fee_max", CONSUMER): None})
        self.assertRules(self.finland, {("reminder_days", CONSUMER): 14}, amount=80)
        self.assertRules(self.sweden, {("demand_fee_max", CONSUMER): 180}, amount=80)

    # === TIME === #

    def test_a_rule_ends_and_its_successor_takes_over(self):
        for date, compensation, fee in (
            ("2025-12-31", 470, 35),
            ("2026-01-01", 460, 37.5),
        ):
            self.assertRules(
                self.norway,
                {
                    ("delay_compensation", BUSINESS): compensation,
                    ("reminder_fee_max", CONSUMER): fee,
                },
                date=date,
            )
        for date, rate in (
            ("2025-01-01", 3),
            ("2025-06-30", 3),
            ("2025-07-01", 2),
            ("2026-01-01", 2),
        ):
            self.assertRules(self.sweden, {("reference_rate", CONSUMER): rate}, date)

    def test_a_new_rule_counts_from_its_first_day_even_if_the_old_one_was_left(self):
        self.make_rule(
            country_id=self.sweden.id,
            code="demand_fee_max",
            currency_id=self.env.ref("base.SEK").id,
            value=200,
            date_from="2027-01-01",
        )
        expected = {("demand_fee_max", CONSUMER): 180}
        self.assertRules(self.sweden, expected, date="2026-12-31")
        expected = {("demand_fee_max", CONSUMER): 200}
        self.assertRules(self.sweden, expected, date="2027-01-01")

    def test_before_a_rule_began_there_is_none(self):
        self.assertRules(
            self.sweden, {("reminder_fee_max", CONSUMER): None}, date="2013-03-15"
        )
        self.assertRules(
            self.sweden, {("reminder_fee_max", CONSUMER): 60}, date="2013-03-16"
        )

    def test_an_archived_rule_does_not_count(self):
        self.env.ref(
            "collection_partner.collection_rule_se_manual_days_from_invoice"
        ).action_archive()
        self.assertRules(self.sweden, {("manual_days_from_invoice", CONSUMER): None})

    # === A COUNTRY AND THE UNION === #

    def test_a_country_gets_its_own_rule(self):
        self.make_rule()
        self.assertRules(
            self.estonia,
            {
                ("auto_days_from_due", CONSUMER): 7,
                ("auto_days_from_due", BUSINESS): 7,
                ("manual_days_from_due", BUSINESS): 1,
            },
        )
        self.assertRules(
            self.env.ref("base.lv"), {("auto_days_from_due", BUSINESS): 14}
        )

    def test_when_the_country_s_rule_ends_the_union_s_counts_again(self):
        self.make_rule(date_to="2026-06-30")
        expected = {("auto_days_from_due", BUSINESS): 7}
        self.assertRules(self.estonia, expected, date="2026-06-30")
        expected = {("auto_days_from_due", BUSINESS): 14}
        self.assertRules(self.estonia, expected, date="2026-07-01")

    def test_a_rule_for_consumers_leaves_businesses_to_the_union(self):
        self.make_rule(debtor="consumer", value=21)
        self.assertRules(
            self.estonia,
            {
                ("auto_days_from_due", CONSUMER): 21,
                ("auto_days_from_due", BUSINESS): 14,
            },
        )

    def test_a_country_s_general_rule_beats_the_union_s_particular_one(self):
        self.make_rule(
            code="delay_compensation", value=30, currency_id=self.env.ref("base.EUR").id
        )
        self.assertRules(
            self.estonia,
            {
                ("delay_compensation", BUSINESS): 30,
                ("delay_compensation", CONSUMER): 30,
            },
        )

    def test_one_query_however_many_rules(self):
        self.assertTrue(self.finland.country_group_codes)
        self.env.flush_all()
        with self.assertQueryCount(1):
            values = self.values(self.finland, amount=300)
            for code in ("reminder_days", "demand_fee_max", "limitation_years"):
                self.Rule._pick(values, code, CONSUMER)

    # === ENTERING RULES === #

    def test_a_rule_is_named_after_its_place(self):
        self.assertEqual(
            self.make_rule().display_name,
            "Estonia: Automatic transfer: days since the due date",
        )
        union = self.env.ref("collection_partner.collection_rule_eu_max_age_years")
        self.assertEqual(
            union.display_name, "EU: Transfer: greatest age of the invoice"
        )

    def test_the_unit_follows_the_rule(self):
        for code, unit in (
            ("reminder_days", "days"),
            ("max_age_years", "years"),
            ("interest_margin", "percent"),
            ("demand_fee_max", "money"),
        ):
            self.assertEqual(self.Rule.new({"code": code}).unit, unit)
        for code, _label in self.Rule._fields["code"].selection:
            self.assertTrue(self.Rule.new({"code": code}).unit, code)

    def test_an_end_before_the_beginning_is_refused(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.make_rule(date_to="2025-12-31")

    def test_a_rule_may_hold_for_one_day(self):
        self.make_rule(date_to="2026-01-01")
        expected = {("auto_days_from_due", CONSUMER): 7}
        self.assertRules(self.estonia, expected, date="2026-01-01")

    def test_a_negative_value_is_refused(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.make_rule(value=-1)

    def test_reference_rates_have_been_negative(self):
        self.make_rule(
            country_id=self.sweden.id,
            code="reference_rate",
            value=-0.5,
            date_from="2019-01-01",
            date_to="2019-06-30",
            source="Riksbanken",
        )
        expected = {("reference_rate", BUSINESS): -0.5}
        self.assertRules(self.sweden, expected, date="2019-01-01")

    def test_an_empty_band_is_refused(self):
        euro = self.env.ref("base.EUR").id
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.make_rule(
                code="demand_fee_max", currency_id=euro, amount_from=100, amount_to=50
            )

    def test_money_needs_a_currency(self):
        with self.assertRaises(ValidationError):
            self.make_rule(code="reminder_fee_max", value=5)
        with self.assertRaises(ValidationError):
            self.make_rule(code="second_demand_fee_share", value=50, amount_to=100)

    def test_the_same_beginning_twice_is_refused(self):
        first = self.make_rule()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.make_rule(value=9)
        first.action_archive()
        self.env.flush_all()
        self.make_rule(value=9)

    def test_no_two_rules_for_the_whole_union(self):
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.make_rule(country_id=False, date_from="2020-01-01", value=9)

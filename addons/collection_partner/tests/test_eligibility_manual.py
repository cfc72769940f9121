from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import format_date

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestEligibilityManual(TransferCommon):
    """What a person may hand over, from which day, and why not."""

    def assert_earliest(self, move, code, day):
        """Blocked by ``code`` until the day before, free of it on the day."""
        self.assertEqual(self.earliest(move, code), day.isoformat())
        with self.subTest(day):
            self.set_today(day - timedelta(days=1))
            self.assertIn(code, self.reasons(move))
            self.set_today(day)
            self.assertNotIn(code, self.reasons(move))
        self.set_today(self.today)

    # === WHEN === #

    def test_row_43_eight_days_from_the_invoice_and_four_from_the_due_date(self):
        days = {
            (-8, -4): True,
            (-7, -4): False,
            (-8, -3): False,
            (-7, -3): False,
            (-30, -4): True,
            (-30, -3): False,
            (-8, -8): True,
            (-7, -7): False,
        }
        moves = self.make_each(*({"issued": i, "due": d} for i, d in days))
        for move, ((issued, due), may_go) in zip(moves, days.items(), strict=True):
            with self.subTest(issued=issued, due=due):
                self.assertEqual(self.reasons(move), set() if may_go else {"too_early"})

    def test_row_43_the_earliest_day_is_the_later_of_the_two(self):
        new, old = self.make_each({"issued": -3, "due": -1}, {"issued": -20, "due": -1})
        self.assert_earliest(new, "too_early", self.today + timedelta(days=5))
        self.assert_earliest(old, "too_early", self.today + timedelta(days=3))

    def test_row_43_what_is_not_overdue_says_when_it_will_be(self):
        for move, due in zip(
            self.make_each({"due": 0}, {"due": 5}), (0, 5), strict=True
        ):
            self.assertEqual(self.reasons(move), {"not_overdue", "too_early"})
            self.assert_earliest(
                move, "not_overdue", self.today + timedelta(days=due + 1)
            )

    def test_instalments_of_which_some_are_overdue_are_called_so(self):
        half = {"value": "percent", "value_amount": 50}
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({**half, "nb_days": 0}),
                    Command.create({**half, "nb_days": 60}),
                ],
            }
        )
        move = self.make_invoice(issued=-30, invoice_payment_term_id=term.id)
        due = move.line_ids.filtered("date_maturity").mapped("date_maturity")
        self.assertEqual(min(due), self.today - timedelta(days=30))
        self.assertIn("partly_overdue", self.reasons(move))
        self.assert_earliest(move, "partly_overdue", max(due) + timedelta(days=1))
        self.pay(move, 500)
        self.assertIn("not_overdue", self.reasons(move))

    def test_row_43_the_night_between_two_days_is_the_companys(self):
        """At eleven in the evening by Greenwich it is tomorrow in Stockholm."""
        for moment, day in (
            ("2026-11-20 22:59:59", date(2026, 11, 20)),
            ("2026-11-20 23:00:00", date(2026, 11, 21)),
            ("2026-06-20 21:59:59", date(2026, 6, 20)),
            ("2026-06-20 22:00:00", date(2026, 6, 21)),
        ):
            with freeze_time(moment):
                self.assertEqual(self.company._get_collection_today(), day)

    def test_row_43_in_finland_seven_days_and_fourteen_for_consumers(self):
        self.move_to("fi")
        consumer = self.make_consumer()
        moves = self.make_each(
            {"due": -6},
            {"due": -7},
            {"partner": consumer, "due": -13},
            {"partner": consumer, "due": -14},
        )
        for move, may_go in zip(moves, (False, True, False, True), strict=True):
            self.assertEqual(self.reasons(move), set() if may_go else {"too_early"})

    def test_row_43_where_no_law_says_otherwise_the_day_after_it_fell_due(self):
        self.move_to("us")
        move = self.make_invoice(issued=-2, due=-1)
        self.assertFalse(self.reasons(move))
        move = self.make_invoice(issued=-2, due=0)
        self.assert_earliest(move, "too_early", self.today + timedelta(days=1))

    # === WHY NOT === #

    def test_row_46_every_reason_is_told_in_the_list(self):
        bare = self.make_consumer(street=False, collection_ban=True)
        move = self.make_invoice(bare, due=-1)
        self.assertFalse(move.collection_eligible)
        lines = move.with_user(self.collector).collection_blocked_reason.split("\n")
        self.assertEqual(len(lines), 3)
        day = format_date(self.env, self.today + timedelta(days=3))
        self.assertIn(day, lines[0])
        self.assertIn("street", lines[1])
        self.assertIn("ban", lines[2])
        free = self.make_invoice()
        self.assertTrue(free.collection_eligible)
        self.assertFalse(free.collection_blocked_reason)

    def test_row_46_the_reason_is_told_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        move = self.make_invoice(self.make_consumer(collection_ban=True))
        [answer] = move.with_context(lang="sv_SE").collection_eligibility()
        [reason] = answer["reasons"]
        self.assertEqual(reason["message"], "Kunden har inkassoförbud.")

    def test_row_46_each_reason_says_what_mends_it(self):
        move = self.make_invoice(
            self.make_consumer(zip=False), collection_elsewhere=True, due=-1
        )
        [answer] = move.collection_eligibility()
        self.assertEqual(
            {reason["code"]: reason["fix"] for reason in answer["reasons"]},
            {
                "too_early": False,
                "address_incomplete": "partner",
                "elsewhere": "invoice",
            },
        )

    def test_row_46_the_list_can_show_only_one_kind(self):
        free, blocked = (
            self.make_invoice(),
            self.make_invoice(collection_elsewhere=True),
        )
        moves = self.env["account.move"].with_user(self.collector)
        mine = [("id", "in", (free | blocked).ids)]
        for domain, expected in (
            ([("collection_eligible", "=", True)], free),
            ([("collection_eligible", "!=", False)], free),
            ([("collection_eligible", "=", False)], blocked),
            ([("collection_eligible", "in", [True, False])], free | blocked),
        ):
            with self.subTest(domain):
                self.assertEqual(moves.search(mine + domain), expected)

    def test_row_46_without_an_agency_the_settings_are_where_to_go(self):
        move = self.make_invoice()
        self.agency.sudo()._apply_creditor_state("suspended")
        self.assertEqual(self.reasons(move), {"agency_not_active"})
        self.company.collection_agency_id = False
        self.assertEqual(self.reasons(move), {"no_agency"})
        self.assertEqual(
            self.reasons(move, "automatic"), {"no_agency", "automatic_off"}
        )
        self.assertFalse(move.collection_eligible)

    # === FROM WHICH STATUS === #

    def test_row_52_in_finland_the_demand_waits_for_the_reminder(self):
        self.move_to("fi")
        self.agency.service = "collection"
        for partner, days in ((self.customer, 10), (self.make_consumer(), 14)):
            with self.subTest(partner.name):
                move = self.make_invoice(partner, due=-40)
                self.assertEqual(self.reasons(move), {"not_reminded"})
                self.remind(move, days_ago=days - 1, fee=0)
                self.assertEqual(self.reasons(move), {"reminder_running"})
                self.assert_earliest(
                    move, "reminder_running", self.today + timedelta(days=1)
                )

    def test_row_52_the_last_reminder_is_the_one_that_is_waited_for(self):
        self.move_to("fi")
        move = self.make_invoice(due=-40)
        self.remind(move, days_ago=30)
        self.assertFalse(self.reasons(move))
        self.remind(move, days_ago=2)
        self.assert_earliest(move, "reminder_running", self.today + timedelta(days=8))

    def test_row_52_a_demand_without_any_reminder_is_against_finnish_law(self):
        self.move_to("fi")
        self.agency.write({"service": "collection", "send_from": "overdue"})
        self.assertEqual(self.reasons(self.make_invoice()), {"reminder_required"})

    def test_row_52_a_reminder_is_dated_after_the_due_date_and_not_ahead(self):
        move = self.make_invoice(due=-5)
        with self.assertRaisesRegex(UserError, "after the due date"):
            self.remind(move, days_ago=5)
        with self.assertRaisesRegex(UserError, "has not been sent yet"):
            self.remind(move, days_ago=-365)
        self.assertTrue(self.remind(move, days_ago=4))

    # === DEBTOR === #

    def test_row_50_the_address_must_be_complete(self):
        missing = (
            ("street", False),
            ("street", "  "),
            ("zip", False),
            ("city", False),
            ("country_id", False),
        )
        consumers = [self.make_consumer(**{part: value}) for part, value in missing]
        moves = self.make_each(*({"partner": consumer} for consumer in consumers))
        for move, (part, value) in zip(moves, missing, strict=True):
            with self.subTest(part=part, value=value):
                self.assertEqual(self.reasons(move), {"address_incomplete"})
                move.partner_id[part] = self.customer[part]
                self.assertFalse(self.reasons(move))

    def test_row_50_the_address_invoiced_counts_not_the_head_offices(self):
        values = {"parent_id": self.customer.id, "type": "invoice", "is_company": False}
        office = self.make_customer("Invoices", **values)
        office.write({"street": False, "zip": False, "city": False})
        move = self.make_invoice(office)
        self.assertEqual(self.reasons(move), {"address_incomplete"})
        self.assertIn("postcode", move.collection_blocked_reason)

    def test_row_50_a_company_needs_its_number_a_person_does_not(self):
        self.customer.write({"company_registry": False, "vat": False})
        self.assertEqual(self.reasons(self.make_invoice()), {"org_number_missing"})
        self.assertFalse(self.reasons(self.make_invoice(self.make_consumer())))
        self.customer.vat = "SE123456789701"
        self.assertFalse(self.reasons(self.make_invoice()))

    def test_row_53_a_collection_ban_blocks_all_of_a_customers_invoices(self):
        office = self.make_customer(
            "Invoices", parent_id=self.customer.id, type="invoice", is_company=False
        )
        moves = [self.make_invoice(), self.make_invoice(office)]
        self.customer.collection_ban = True
        for move in moves:
            self.assertEqual(self.reasons(move), {"banned"})
            self.assertEqual(
                self.reasons(move, "automatic"), {"automatic_off", "banned"}
            )
        self.customer.collection_ban = False
        self.assertFalse(self.reasons(moves[0]))

    def test_row_54_55_companies_and_persons_at_home_and_abroad(self):
        partners = [
            make(code, country_id=self.env.ref(f"base.{code}").id)
            for code in ("se", "fi", "no", "de", "us")
            for make in (self.make_customer, self.make_consumer)
        ]
        for move in self.make_each(*({"partner": partner} for partner in partners)):
            self.assertFalse(self.reasons(move), move.partner_id.name)

    def test_row_56_every_currency_can_go(self):
        for code, rate in (("EUR", 0.09), ("USD", 0.1), ("JPY", 15.0)):
            currency = self.setup_other_currency(code, rates=[("1900-01-01", rate)])
            move = self.make_invoice(currency_id=currency.id)
            self.assertFalse(self.reasons(move), code)

    def test_row_57_three_years_old_goes_a_day_older_does_not(self):
        examples = (
            (date(2023, 11, 22), date(2026, 11, 22), True),
            (date(2023, 11, 21), date(2026, 11, 22), False),
            (date(2024, 2, 29), date(2027, 2, 28), True),
            (date(2024, 2, 29), date(2027, 3, 1), False),
        )
        ago = [(issued - self.today).days for issued, _today, _may_go in examples]
        moves = self.make_each(*({"issued": days, "due": days} for days in ago))
        for move, (issued, today, may_go) in zip(moves, examples, strict=True):
            with self.subTest(issued=issued, today=today):
                self.set_today(today)
                for mode in ("manual", "automatic"):
                    self.assertEqual("too_old" not in self.reasons(move, mode), may_go)

    def test_row_57_the_age_may_differ_for_consumers(self):
        rule = self.env.ref("collection_partner.collection_rule_se_max_age_years")
        rule.copy({"debtor": "consumer", "value": 2})
        days = -2 * 366
        business = self.make_invoice(issued=days, due=days)
        consumer = self.make_invoice(self.make_consumer(), issued=days, due=days)
        self.assertFalse(self.reasons(business))
        self.assertEqual(self.reasons(consumer), {"too_old"})
        self.assertIn("2 years", consumer.collection_blocked_reason)

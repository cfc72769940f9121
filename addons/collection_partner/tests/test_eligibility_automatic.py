from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.agency import automatic
from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestEligibilityAutomatic(TransferCommon):
    """What goes to the agency by night, without anybody asking."""

    def setUp(self):
        super().setUp()
        self.agency.auto_transfer = True

    def gone(self, *moves):
        """Which of the invoices a night transfers, by position."""
        self.night()
        return [bool(move.collection_case_ids) for move in moves]

    # === ON AND OFF, FOR WHOM === #

    def test_row_30_one_setting_switches_it_on_and_off(self):
        self.assertFalse(self.make_agency("Syd Inkasso", state="draft").auto_transfer)
        move = self.make_invoice()
        self.agency.auto_transfer = False
        self.assertEqual(self.reasons(move, "automatic"), {"automatic_off"})
        self.assertEqual(self.gone(move), [False])
        self.agency.auto_transfer = True
        self.assertEqual(self.gone(move), [True])
        case = move.collection_case_ids
        self.assertEqual(case.origin, "automatic")
        self.assertEqual(case.agency_id, self.agency)
        self.run_jobs()
        self.assertEqual(case.state, "received")

    def test_row_30_the_next_night_does_not_transfer_it_again(self):
        move = self.make_invoice()
        self.night()
        self.night()
        self.assertEqual(len(move.collection_case_ids), 1)
        self.run_jobs()
        self.night()
        self.run_jobs()
        self.assertEqual(len(self.other.told("case")), 1)

    def test_row_30_switched_off_in_time_nothing_leaves(self):
        """The wrong click in the evening is mended in the morning."""
        self.agency.undo_minutes = 120
        by_night, by_hand = self.make_invoice(), self.make_invoice()
        by_hand.transfer_to_collection()
        self.night()
        self.agency.auto_transfer = False
        (by_night | by_hand).collection_case_ids.action_send_now()
        self.run_jobs()
        self.assertEqual(by_night.collection_state, "cancelled")
        self.assertIn("switched off", by_night.message_ids[0].body)
        self.assertEqual(by_hand.collection_state, "received")
        with self.subTest("switched on again, it goes after all"):
            self.agency.auto_transfer = True
            self.night()
            self.assertEqual(by_night.collection_state, "to_send")

    def test_row_30_one_invoice_with_which_something_is_wrong_stops_no_other(self):
        wrong, fine = self.make_invoice(), self.make_invoice()
        request = self.env.registry["collection.case"]._request

        def request_others(cases, moves, *args, **kwargs):
            if wrong in moves:
                raise ZeroDivisionError
            return request(cases, moves, *args, **kwargs)

        self.patch(self.env.registry["collection.case"], "_request", request_others)
        with mute_logger("odoo.addons.collection_partner.models.agency.automatic"):
            self.assertEqual(self.gone(wrong, fine), [False, True])
        notes = " ".join(self.agency.activity_ids.mapped("note"))
        self.assertIn("ZeroDivisionError", notes)

    def test_row_30_only_a_manager_switches_it(self):
        with self.assertRaises(AccessError):
            self.agency.with_user(self.collector).auto_transfer = False

    def test_row_30_each_company_by_its_own_setting(self):
        south = self.other_company()
        theirs = self.make_agency("Syd Inkasso", company_id=south.id)
        south.collection_agency_id = theirs
        move = self.make_invoice(company_id=south.id)
        ours = self.make_invoice()
        self.assertEqual(self.gone(ours, move), [True, False])
        theirs.auto_transfer = True
        self.assertEqual(self.gone(ours, move), [True, True])
        self.assertEqual(move.collection_case_ids.agency_id, theirs)
        self.assertEqual(ours.collection_case_ids.agency_id, self.agency)

    def test_row_30_nothing_goes_while_the_service_is_not_open(self):
        move = self.make_invoice()
        self.agency.sudo()._apply_creditor_state("suspended")
        self.assertEqual(self.gone(move), [False])
        self.agency.sudo()._apply_creditor_state("active")
        self.company.collection_agency_id = False
        self.assertEqual(self.gone(move), [False])
        self.company.collection_agency_id = self.agency
        self.assertEqual(self.gone(move), [True])

    def test_row_31_every_customers_invoices_go_as_a_default(self):
        self.assertFalse(self.agency.auto_excluded_category_ids)
        customers = (
            self.customer,
            self.make_consumer(),
            self.make_customer("Fjord AS", country_id=self.env.ref("base.no").id),
            self.make_customer("Utan Post AB", email=False, phone=False),
        )
        moves = [self.make_invoice(partner) for partner in customers]
        self.assertEqual(self.gone(*moves), [True] * 4)

    # === AMOUNT === #

    def test_row_32_the_lowest_amount_must_be_exceeded(self):
        self.agency.auto_min_amount = 500
        exact, above = self.make_invoice(price=500), self.make_invoice(price=500.01)
        self.assertEqual(self.reasons(exact, "automatic"), {"amount_too_small"})
        self.assertEqual(self.gone(exact, above), [False, True])
        self.assertFalse(self.reasons(exact, "manual"))

    def test_row_32_as_a_default_no_amount_is_too_small(self):
        self.assertEqual(self.agency.auto_min_amount, 0)
        self.agency.auto_min_open = 0
        self.assertEqual(self.gone(self.make_invoice(price=0.01)), [True])

    def test_cents_that_are_left_do_not_go(self):
        """0.05 of 1,000 is nothing to send an agency after."""
        move = self.make_invoice(price=1000)
        self.pay(move, 999.95)
        self.assertEqual(self.reasons(move, "automatic"), {"rest_too_small"})
        self.assertEqual(self.gone(move), [False])
        self.assertFalse(self.reasons(move, "manual"))

    def test_the_lowest_open_amount_is_enough_itself(self):
        self.agency.auto_min_open = 60
        below, exact = self.make_invoice(), self.make_invoice()
        self.pay(below, 940.01)
        self.pay(exact, 940)
        self.assertEqual(self.gone(below, exact), [False, True])

    def test_row_32_the_invoices_amount_counts_not_what_is_left_of_it(self):
        self.agency.auto_min_amount = 500
        move = self.make_invoice(price=1000)
        self.pay(move, 900)
        self.assertEqual(move.amount_residual, 100)
        self.assertEqual(self.gone(move), [True])

    def test_row_32_the_lowest_amount_is_in_the_companys_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.1)])
        self.agency.auto_min_amount = 500
        exact = self.make_invoice(price=50, currency_id=euro.id)
        above = self.make_invoice(price=50.01, currency_id=euro.id)
        self.assertEqual(self.gone(exact, above), [False, True])

    def test_row_32_a_lowest_amount_below_zero_is_refused(self):
        for name in ("auto_min_amount", "auto_min_open"):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                self.agency[name] = -1
                self.agency.flush_recordset()

    # === WHEN === #

    def test_row_33_as_a_default_four_days_after_the_due_date_in_sweden(self):
        self.assertEqual(self.agency.auto_delay_days, 4)
        early, due = self.make_invoice(due=-3), self.make_invoice(due=-4)
        self.assertEqual(self.reasons(early, "automatic"), {"too_early"})
        self.assertEqual(
            self.earliest(early, "too_early", "automatic"),
            (self.today + timedelta(days=1)).isoformat(),
        )
        self.assertEqual(self.gone(early, due), [False, True])

    def test_row_33_a_longer_delay_counts_for_the_automatic_only(self):
        self.agency.auto_delay_days = 10
        early, due = self.make_invoice(due=-9), self.make_invoice(due=-10)
        self.assertFalse(self.reasons(early, "manual"))
        self.assertEqual(self.gone(early, due), [False, True])

    def test_row_33_a_shorter_delay_than_lawful_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "at least 4 days"):
            self.agency.auto_delay_days = 3

    def test_row_33_elsewhere_the_law_there_gives_the_default(self):
        for country, days in (("fi", 7), ("no", 14), ("de", 14)):
            with self.subTest(country):
                self.move_to(country)
                agency = self.make_agency(f"Agency in {country}", state="draft")
                self.assertEqual(agency.auto_delay_days, days)

    def test_row_33_in_finland_a_consumer_is_given_longer_than_a_company(self):
        self.move_to("fi")
        self.agency.auto_delay_days = 7
        consumer = self.make_consumer()
        moves = (
            self.make_invoice(due=-6),
            self.make_invoice(due=-7),
            self.make_invoice(consumer, due=-13),
            self.make_invoice(consumer, due=-14),
        )
        self.assertEqual(self.gone(*moves), [False, True, False, True])

    def test_row_33_a_law_that_changes_holds_from_its_day(self):
        rule = self.env.ref("collection_partner.collection_rule_se_auto_days_from_due")
        rule.date_to = self.today
        rule.copy(
            {"value": 6, "date_from": self.today + timedelta(1), "date_to": False}
        )
        move = self.make_invoice(due=-4)
        self.assertFalse(self.reasons(move, "automatic"))
        self.set_today(self.today + timedelta(1))
        self.assertEqual(self.reasons(move, "automatic"), {"too_early"})
        self.set_today(self.today + timedelta(2))
        self.assertFalse(self.reasons(move, "automatic"))

    def test_row_34_the_invoice_date_does_not_count(self):
        """Issued six days ago and due a day later: by hand it must wait two more."""
        move = self.make_invoice(issued=-6, due=-5)
        self.assertEqual(self.reasons(move, "manual"), {"too_early"})
        self.assertEqual(self.gone(move), [True])

    def test_row_34_it_still_goes_when_its_turn_comes_to_be_sent(self):
        """What left by itself is not judged by the rules of the hand at the end."""
        move = self.make_invoice(issued=-6, due=-5)
        self.night()
        self.run_jobs()
        self.assertEqual(move.collection_state, "received")

    def test_row_41_a_new_due_date_counts(self):
        move = self.make_invoice(due=-20)
        move.invoice_date_due = self.today - timedelta(days=3)
        self.assertEqual(self.gone(move), [False])
        move.invoice_date_due = self.today - timedelta(days=4)
        self.assertEqual(self.gone(move), [True])
        self.run_jobs()
        told = self.payload(move.collection_case_ids)
        due = self.today - timedelta(days=4)
        self.assertEqual(told["invoice"]["due_date"], due.isoformat())

    def test_row_41_more_time_is_given_before_it_leaves(self):
        """The customer calls in the evening: undo first, then the new due date."""
        self.agency.undo_minutes = 120
        move = self.make_invoice(due=-20)
        self.night()
        later = self.today + timedelta(days=10)
        with self.assertRaisesRegex(UserError, "Undo the transfer first"):
            move.invoice_date_due = later
        move.collection_case_ids.action_undo()
        move.invoice_date_due = later
        self.assertEqual(self.reasons(move), {"not_overdue", "too_early"})
        self.run_jobs()
        self.assertFalse(self.other.told("case"))

    def test_a_look_at_the_night_that_finds_nothing_tells_the_cause(self):
        self.assertNotIn("switched off", self.agency.action_tonight()["help"])
        self.agency.auto_transfer = False
        self.assertIn("switched off", self.agency.action_tonight()["help"])

    def test_it_stops_when_its_share_of_time_is_over(self):
        moves = self.make_invoice() + self.make_invoices(2)
        self.patch(automatic, "AUTOMATIC_BATCH", 1)
        self.patch(
            self.registry["ir.cron"],
            "_commit_progress",
            lambda *_args, **_kwargs: 0.0,
        )
        self.env["collection.agency"].sudo()._cron_automatic()
        self.assertEqual(len(moves.collection_case_ids), 1)
        self.env["collection.agency"].sudo()._cron_automatic()
        self.assertEqual(len(moves.collection_case_ids), 2)

from datetime import date, timedelta

from freezegun import freeze_time
from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import NOW, TODAY, TerminalCommon


@tagged("post_install", "-at_install")
class TestBooking(TerminalCommon):
    """From an accepted payment to the books."""

    def test_an_evening_at_the_kiosk(self):
        """Aigerim pays her invoice of 100, Bolat pays 50 of 80, and a stranger 30."""
        bolat = self.make_customer("Bolat")
        hers = self.make_invoice(amount=100)
        his = self.make_invoice(bolat, amount=80)
        payments = self.pay(100) + self.pay(50, bolat) + self.pay(30, self.nobody)
        self.book()
        self.assertEqual(payments.mapped("state"), ["booked", "booked", "suspense"])
        entry = payments.move_id
        self.assertEqual(len(entry), 1)
        self.assertEqual((entry.state, entry.date), ("posted", TODAY))
        self.assertEqual(entry.journal_id, self.journal)
        self.assertEqual(entry.ref, "QIWI, payments of 2026-11-20")
        lines = entry.line_ids.sorted("id")
        self.assertRecordValues(
            lines,
            [
                {"partner_id": self.customer.id, "debit": 0, "credit": 100},
                {"partner_id": bolat.id, "debit": 0, "credit": 50},
                {"partner_id": False, "debit": 0, "credit": 30},
                {"partner_id": False, "debit": 180, "credit": 0},
            ],
        )
        self.assertEqual(lines.account_id[-2:], self.suspense + self.clearing)
        self.assertEqual(
            lines[0].name,
            f"{self.customer.with_company(self.company).terminal_number} T1",
        )
        self.assertEqual((hers.payment_state, hers.amount_residual), ("paid", 0))
        self.assertEqual((his.payment_state, his.amount_residual), ("partial", 30))
        self.assertEqual(payments.mapped("credit"), [0, 0, 0])
        self.assertEqual(payments[0].invoice_ids, hers)
        self.assertEqual(hers.terminal_transaction_ids, payments[0])
        self.assertEqual(his.terminal_transaction_count, 1)
        self.assertEqual(entry.terminal_transaction_ids, payments)

    def test_whoever_looks_for_payments_finds_entries_and_invoices(self):
        paid, unpaid = self.make_invoice(), self.make_invoice(due=5)
        payment = self.pay(100)
        self.book()
        moves = self.env["account.move"]
        mine = [("id", "in", (paid + unpaid + payment.move_id).ids)]
        found = moves.search([*mine, ("terminal_transaction_ids", "in", payment.ids)])
        self.assertEqual(found, paid + payment.move_id)
        found = moves.search([*mine, ("terminal_transaction_ids.txn_id", "=", "T1")])
        self.assertEqual(found, paid + payment.move_id)
        without = moves.search([*mine, ("terminal_transaction_ids", "=", False)])
        self.assertEqual(without, unpaid)
        with_some = moves.search([*mine, ("terminal_transaction_ids", "!=", False)])
        self.assertEqual(with_some, paid + payment.move_id)

    def test_each_network_and_day_has_an_entry(self):
        other = self.make_network("Kaspi")
        yesterday = TODAY - timedelta(days=1)
        payments = (
            self.pay(1)
            + self.pay(2, network=other)
            + self.pay(3, business_date=yesterday)
            + self.pay(4)
        )
        self.book()
        entries = payments.mapped("move_id")
        self.assertEqual(len(entries), 3)
        self.assertEqual(payments[0].move_id, payments[3].move_id)
        self.assertEqual(
            [payment.move_id.date for payment in payments],
            [TODAY, TODAY, yesterday, TODAY],
        )

    def test_what_is_booked_is_not_booked_again(self):
        payment = self.pay(100)
        self.book()
        entry = payment.move_id
        self.book()
        self.assertEqual(payment.move_id, entry)
        self.assertEqual(self.journal_entries(), entry)

    def test_tests_reservations_and_cancellations_are_no_money(self):
        for values in (
            {"is_test": True},
            {"state": "reserved"},
            {"state": "cancelled"},
        ):
            self.pay(100, **values)
        self.book()
        self.assertFalse(self.journal_entries())

    def test_totals_of_lists_and_cards_count_money_alone(self):
        payments = self.env["payment.terminal.transaction"]
        for values in (
            {"is_test": True},
            {"state": "reserved"},
            {"state": "cancelled"},
            {"state": "reversed"},
        ):
            self.pay(100, **values)
        real = self.pay(7)
        [[total]] = payments._read_group(
            [("network_id", "=", self.network.id)], [], ["money:sum"]
        )
        self.assertEqual(total, 7)
        for kind, summed in (
            ("list", "//field[@sum]/@name"),
            ("kanban", "//progressbar/@sum_field"),
            ("pivot", "//field[@type='measure']/@name"),
            ("graph", "//field[@type='measure']/@name"),
        ):
            arch = etree.fromstring(payments.get_view(view_type=kind)["arch"])
            self.assertEqual(arch.xpath(summed), ["money"], kind)
        action = self.env.ref("payment_terminal.payment_terminal_transaction_action")
        self.assertIn("search_default_money", action.context)
        found = payments.search([("money", "!=", 0)])
        self.assertEqual(found[:1], real, "the newest is first")

    def test_more_than_an_entry_takes(self):
        self.patch_batch(2)
        payments = self.env["payment.terminal.transaction"].union(
            *(self.pay(amount) for amount in (1, 2, 3, 4, 5))
        )
        self.book()
        self.assertEqual(set(payments.mapped("state")), {"booked"})
        sums = [
            sum(entry.line_ids.mapped("debit"))
            for entry in payments.move_id.sorted("id")
        ]
        self.assertEqual(sums, [3, 7, 5])

    def patch_batch(self, size):
        payments = self.env.registry["payment.terminal.transaction"]
        self.patch(payments, "_BATCH", size)

    def test_money_is_booked_when_the_last_network_is_closed(self):
        """What it has told is booked, taken back and used all the same."""
        everything = self.env["payment.terminal.network"].search([])
        payment = self.pay(100)
        everything.write({"environment": "disabled", "active": False})
        jobs = ("book", "watch")
        for job in jobs:
            cron = self.env.ref(f"payment_terminal.ir_cron_payment_terminal_{job}")
            self.assertTrue(cron.active, job)
        self.book()
        self.assertEqual((payment.state, payment.credit), ("booked", 100))
        invoice = self.make_invoice(amount=60)
        self.book()
        self.assertEqual((invoice.payment_state, payment.credit), ("paid", 40))

    # === WHO IS CREDITED === #

    def test_a_customer_who_is_archived_waits_for_a_person(self):
        self.make_invoice()
        payment = self.pay(100)
        self.customer.active = False
        self.book()
        self.assertEqual(payment.state, "suspense")
        self.assertEqual(payment.line_ids.account_id, self.suspense)

    def test_a_customer_without_receivable_account_waits_for_a_person(self):
        payment = self.pay(100)
        self.env["ir.default"].search(
            [("field_id.name", "=", "property_account_receivable_id")]
        ).unlink()
        self.customer.with_company(self.company).property_account_receivable_id = False
        self.book()
        self.assertEqual(payment.state, "suspense")

    def test_a_customer_of_another_company_waits_for_a_person(self):
        payment = self.pay(100)
        self.customer.company_id = self.env["res.company"].create({"name": "Sister"})
        self.book()
        self.assertEqual(payment.state, "suspense")

    def test_the_responsible_is_asked_once_whose_payments_these_are(self):
        payments = self.pay(1, self.nobody) + self.pay(2, self.nobody)
        self.book()
        self.book()
        for payment in payments:
            activity = self.activities(payment, "assign")
            self.assertEqual(len(activity), 1)
            self.assertEqual(activity.user_id, self.accountant)

    def test_the_company_says_who_is_asked_where_nobody_is_responsible(self):
        self.network.user_id = False
        self.company.receivables_user_id = self.accountant
        payment = self.pay(1, self.nobody)
        self.book()
        self.assertEqual(self.activities(payment, "assign").user_id, self.accountant)
        self.accountant.active = False
        other = self.pay(2, self.nobody)
        self.book()
        asked = self.activities(other, "assign").user_id
        self.assertTrue(asked.active and asked.has_group("base.group_system"))
        self.assertNotEqual(asked, self.env.ref("base.user_root"))

    def test_people_are_asked_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("fi_FI")
        self.accountant.lang = "fi_FI"
        payment = self.pay(1)
        self.clearing.active = False
        self.book()
        activity = self.activities(self.network, "booking")
        self.assertIn("arkistoitu", activity.note)
        self.assertIn("is archived", payment.summary)
        reader = payment.with_user(self.accountant).with_context(lang="fi_FI")
        self.assertIn("arkistoitu", reader.summary)

    # === WHEN === #

    def test_a_locked_month_is_booked_on_the_first_open_day(self):
        self.company.fiscalyear_lock_date = date(2026, 10, 31)
        payment = self.pay(100, business_date=date(2026, 10, 30))
        self.book()
        self.assertEqual(payment.move_id.date, date(2026, 11, 1))
        self.assertIn("2026-10-30", payment.move_id.ref)

    def test_the_last_locked_day_and_the_first_open_one(self):
        self.company.hard_lock_date = date(2026, 11, 10)
        closed = self.pay(1, business_date=date(2026, 11, 10))
        opened = self.pay(1, business_date=date(2026, 11, 11))
        self.book()
        self.assertEqual(closed.move_id.date, date(2026, 11, 11))
        self.assertEqual(opened.move_id.date, date(2026, 11, 11))
        self.assertNotEqual(closed.move_id, opened.move_id)

    def test_locks_of_sales_and_taxes_do_not_matter(self):
        self.company.write(
            {
                "sale_lock_date": TODAY,
                "purchase_lock_date": TODAY,
                "tax_lock_date": TODAY,
            }
        )
        payment = self.pay(100)
        self.book()
        self.assertEqual(payment.move_id.date, TODAY)

    def test_an_exception_from_the_lock_counts(self):
        self.company.fiscalyear_lock_date = date(2026, 10, 31)
        self.env["account.lock_exception"].create(
            {
                "company_id": self.company.id,
                "fiscalyear_lock_date": date(2026, 9, 30),
                "user_id": False,
                "end_datetime": False,
            }
        )
        payment = self.pay(100, business_date=date(2026, 10, 30))
        self.book()
        self.assertEqual(payment.move_id.date, date(2026, 10, 30))

    def test_books_locked_up_to_today_wait_for_the_first_open_day(self):
        self.company.fiscalyear_lock_date = TODAY
        payment = self.pay(100)
        self.book()
        self.assertEqual(payment.state, "accepted")
        self.assertIn("locked", payment.summary)
        activity = self.activities(self.network, "booking")
        self.assertEqual(len(activity), 1)
        with freeze_time(NOW + timedelta(days=1)):
            self.book()
        self.assertEqual(payment.state, "booked")
        self.assertEqual(payment.move_id.date, TODAY + timedelta(days=1))
        self.assertFalse(payment.summary)
        self.assertFalse(self.activities(self.network, "booking"))

    def test_tomorrow_at_the_kiosk_is_today_in_the_books(self):
        """A network's clock may be ahead: no entry is dated in the future."""
        payment = self.pay(100, business_date=TODAY + timedelta(days=1))
        self.book()
        self.assertEqual(payment.move_id.date, TODAY)

    def test_today_is_the_networks(self):
        """At 20:00 UTC it is the next day in Almaty."""
        with freeze_time("2026-11-20 20:00:00"):
            payment = self.pay(100, business_date=date(2026, 11, 21))
            self.book()
        self.assertEqual(payment.move_id.date, date(2026, 11, 21))

    # === WHO MAY === #

    def test_the_entry_stays_as_it_is(self):
        payment = self.pay(100)
        self.book()
        self.assertFalse(payment.move_id.show_reset_to_draft_button)
        for way in ("button_draft", "button_cancel", "action_reverse"):
            with (
                self.subTest(way),
                self.assertRaisesRegex(UserError, "Correct the payment instead"),
            ):
                getattr(payment.move_id, way)()
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=payment.move_id.ids
        )
        with self.assertRaisesRegex(UserError, "Correct the payment instead"):
            wizard.create({"journal_id": self.journal.id}).reverse_moves()
        self.assertEqual(payment.move_id.state, "posted")

    def test_who_may_read_and_who_may_retry(self):
        payment = self.pay(100)
        self.book()
        invoicing = self.make_user("nurlan", "account.group_account_invoice")
        read = payment.with_user(invoicing).read(["state", "move_id", "credit"])
        self.assertEqual((read[0]["state"], read[0]["credit"]), ("booked", 100))
        self.assertEqual(
            payment.move_id.with_user(invoicing).terminal_transaction_count, 1
        )
        with self.assertRaises(AccessError):
            payment.with_user(invoicing).action_retry()

    def make_user(self, login, group):
        return self.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "company_id": self.company.id,
                "company_ids": [fields.Command.set(self.company.ids)],
                "group_ids": [fields.Command.set(self.env.ref(group).ids)],
            }
        )

    def test_two_companies_are_booked_apart(self):
        """The same person is a customer of both; each company has its own books."""
        sister = self.make_company("Sister")
        books = self.make_books(sister)
        network = self.make_network("Sister's", company_id=sister.id, **books)
        hers = self.make_invoice()
        payments = self.pay(100, network=network) + self.pay(40)
        self.book()
        self.assertEqual(set(payments.mapped("state")), {"booked"})
        self.assertEqual(payments[0].move_id.company_id, sister)
        self.assertEqual(payments[0].credit, 100)
        self.assertEqual(hers.amount_residual, 60)

    def test_a_credit_that_is_used_up_by_hand_waits_for_nothing(self):
        """The job had been asked to look, and the bookkeeper was first."""
        payment = self.pay(100)
        self.book()
        invoice = self.make_invoice(amount=100)
        self.assertTrue(payment.next_attempt)
        lines = payment.line_ids + invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        lines.filtered(lambda line: not line.reconciled).reconcile()
        self.assertEqual(payment.credit, 0)
        self.book()
        self.assertFalse(payment.next_attempt)

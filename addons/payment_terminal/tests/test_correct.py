from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import TODAY, TerminalCommon


@tagged("post_install", "-at_install")
class TestCorrect(TerminalCommon):
    """A payment was credited to the wrong customer, or is to be given back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bolat = cls.make_customer("Bolat")
        cls.hers = cls.make_invoice(amount=100)
        cls.his = cls.make_invoice(cls.bolat, amount=70)
        cls.others = cls.pay(5, cls.make_customer("Erlan"))
        cls.payment = cls.pay(100)
        cls.cash = cls.env["account.journal"].create(
            {
                "name": "Cash",
                "code": "CASH",
                "type": "cash",
                "company_id": cls.company.id,
            }
        )

        ways = cls.cash.outbound_payment_method_line_ids
        ways.payment_account_id = cls.cash.default_account_id

    def setUp(self):
        super().setUp()
        self.book()

    def open(self, payments=None, user=None):
        payments = payments or self.payment
        return Form(
            self.env["payment.terminal.assign"]
            .with_user(user or self.accountant)
            .with_context(active_model=payments._name, active_ids=payments.ids)
        )

    def correct(self, **values):
        form = self.open()
        for name, value in values.items():
            setattr(form, name, value)
        form.save().action_assign()

    def cancel(self):
        """The network takes the payment back; then the day is even again."""
        self.take_back(self.payment)
        self.book()
        self.assertEqual(self.payment.state, "reversed")
        self.assertProved(reversed=100)
        self.assertFalse(self.hers.terminal_transaction_ids)

    def assertProved(self, **expected):
        """The day's proof: 105 came in and are booked, whatever was corrected."""
        totals = self.day_totals()
        self.assertEqual((totals["accepted"], totals["booked"]), (105, 105))
        self.assertEqual(totals["difference"], 0)
        for name, value in expected.items():
            self.assertEqual(totals[name], value, name)
        self.assertEqual(self.others.credit, 5, "the others are left alone")

    def left(self):
        return self.hers.amount_residual, self.his.amount_residual

    def test_it_is_another_customers(self):
        form = self.open()
        self.assertTrue(form.is_correction)
        form.partner_id = self.bolat
        shown = [(line["move_id"], line["amount"]) for line in form.line_ids._records]
        self.assertEqual((shown, form.credit), ([(self.his.id, 70)], 30))
        form.save().action_assign()
        self.assertEqual(self.left(), (100, 0))
        self.assertEqual(self.payment.partner_id, self.bolat)
        self.assertEqual((self.payment.state, self.payment.credit), ("booked", 30))
        self.assertIn("to Bolat", str(self.payment.message_ids.mapped("body")))
        self.assertProved()
        self.cancel()
        self.assertEqual(self.left(), (100, 70))

    def test_a_part_is_another_customers(self):
        self.correct(partner_id=self.bolat, share=40)
        self.assertEqual(self.left(), (40, 30))
        self.assertEqual(self.payment.partner_id, self.customer)
        self.assertEqual(self.payment.invoice_ids, self.hers + self.his)
        self.assertProved()
        self.correct(partner_id=self.bolat, share=70)
        self.assertEqual(self.left(), (70, 0))
        self.correct(partner_id=self.customer)
        self.assertEqual(self.left(), (0, 70))
        self.assertProved()
        self.correct(partner_id=self.bolat, share=40)
        self.cancel()
        self.assertEqual(self.left(), (100, 70))

    def test_a_part_of_a_payment_of_nobody(self):
        payment = self.pay(50, self.nobody)
        self.book()
        form = self.open(payment)
        form.partner_id = self.bolat
        form.share = 30
        form.save().action_assign()
        self.assertEqual(self.his.amount_residual, 40)
        self.assertEqual(payment.state, "suspense")
        self.assertTrue(self.activities(payment, "assign"))
        form = self.open(payment)
        form.partner_id = self.customer
        form.share = 20
        form.save().action_assign()
        self.assertEqual((payment.state, payment.credit), ("booked", 20))
        self.assertEqual(self.his.amount_residual, 40)

    def test_what_waits_of_it_is_what_is_assigned(self):
        payment = self.pay(100, self.nobody)
        self.book()
        form = self.open(payment)
        form.partner_id = self.customer
        form.share = 60
        form.save().action_assign()
        form = self.open(payment)
        self.assertEqual(form.amount, 40)
        form.partner_id = self.bolat
        self.assertEqual(form.share, 40)
        shown = [(line["move_id"], line["amount"]) for line in form.line_ids._records]
        self.assertEqual((shown, form.credit), ([(self.his.id, 40)], 0))
        form.save().action_assign()
        self.assertEqual(payment._get_owners(), {self.customer: 60, self.bolat: 40})
        self.assertEqual((payment.state, self.his.amount_residual), ("booked", 30))

    def test_the_rest_goes_to_who_has_a_part_already(self):
        payment = self.pay(100, self.nobody)
        self.book()
        for share in (60, None):
            form = self.open(payment)
            form.partner_id = self.bolat
            if share:
                form.share = share
            form.save().action_assign()
        self.assertEqual(payment._get_owners(), {self.bolat: 100})
        self.assertEqual((payment.state, payment.credit), ("booked", 30))

    def test_what_it_had_paid_itself_is_shown_as_open(self):
        newer = self.make_invoice(amount=80, due=5)
        form = self.open()
        form.partner_id = self.customer
        form.share = 60
        shown = [(line["move_id"], line["amount"]) for line in form.line_ids._records]
        self.assertEqual((shown, form.credit), ([(self.hers.id, 60)], 0))
        form.save().action_assign()
        self.assertEqual((self.hers.amount_residual, newer.amount_residual), (40, 80))

    def test_a_payment_on_two_accounts_is_given_back(self):
        before = self.customer.property_account_receivable_id
        old = self.make_invoice(amount=30, due=-9)
        self.customer.property_account_receivable_id = before.copy()
        new = self.make_invoice(amount=20, due=9)
        payment = self.pay(50)
        self.book()
        self.assertEqual((old.amount_residual, new.amount_residual), (0, 0))
        payment.sudo()._give_back(self.cash, 45)
        self.assertEqual(old.amount_residual + new.amount_residual, 45)
        self.assertEqual(payment.credit, 0)
        with self.assertRaisesRegex(UserError, "amount of up to.*5"):
            payment.sudo()._give_back(self.cash, 6)

    def test_nothing_is_given_back_in_closed_books(self):
        self.company.hard_lock_date = TODAY
        with self.assertRaisesRegex(UserError, "locked"):
            self.correct(way="give_back", journal_id=self.cash)
        self.assertEqual(self.left(), (0, 70))

    def test_nobody_knows_whose_it_is(self):
        self.correct(way="nobody")
        self.assertEqual(self.payment.state, "suspense")
        self.assertFalse(self.payment.partner_id)
        self.assertTrue(self.activities(self.payment, "assign"))
        self.assertEqual(self.left(), (100, 70))
        self.assertProved(suspense=100)
        self.cancel()

    def test_the_network_took_it_back_by_letter(self):
        """Its call comes too, later: nothing is booked twice."""
        self.correct(way="network")
        self.book()
        self.assertEqual(self.payment.state, "reversed")
        entry = self.payment.reversal_move_id
        self.take_back(self.payment)
        self.book()
        self.assertEqual(self.payment.reversal_move_id, entry)
        self.assertProved(reversed=100)
        self.assertEqual(self.left(), (100, 70))

    def test_the_customer_gets_it_back(self):
        self.correct(way="give_back", journal_id=self.cash)
        self.assertEqual(self.left(), (100, 70))
        self.assertEqual((self.payment.state, self.payment.credit), ("booked", 0))
        payout = self.env["account.payment"].search(
            [("journal_id", "=", self.cash.id), ("partner_id", "=", self.customer.id)]
        )
        self.assertEqual((payout.amount, payout.payment_type), (100, "outbound"))
        self.assertProved(reversed=0)
        self.book()
        self.assertEqual(self.left(), (100, 70))
        # the network takes back what she has got already: she owes both
        self.cancel()
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.customer.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
            ]
        )
        self.assertEqual(sum(lines.mapped("balance")), 200)

    def test_a_part_is_given_back_and_the_rest_pays(self):
        self.correct(way="give_back", journal_id=self.cash, share=30)
        self.assertEqual(self.left(), (30, 70))
        self.assertProved()

    def test_what_waits_is_given_before_what_a_customer_has(self):
        self.correct(partner_id=self.customer, share=60)
        self.correct(partner_id=self.bolat, share=40)
        owners = {self.customer: 60, self.bolat: 40}
        self.assertEqual(self.payment._get_owners(), owners)
        self.assertProved()

    def test_no_more_is_given_back_than_there_is(self):
        self.correct(way="give_back", journal_id=self.cash, share=30)
        with self.assertRaisesRegex(UserError, "amount of up to.*70"):
            self.correct(way="give_back", journal_id=self.cash, share=71)
        self.correct(way="give_back", journal_id=self.cash, share=70)
        payouts = self.env["account.payment"].search(
            [("journal_id", "=", self.cash.id), ("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(sum(payouts.mapped("amount")), 100)
        self.assertEqual(self.left(), (100, 70))
        with self.assertRaisesRegex(UserError, "amount of up to"):
            self.correct(way="give_back", journal_id=self.cash)
        self.assertProved()

    def test_what_is_refused(self):
        for share in (0, 101, -1):
            with self.assertRaisesRegex(UserError, "amount of up to"):
                self.correct(partner_id=self.bolat, share=share)
            with self.assertRaisesRegex(UserError, "amount of up to"):
                self.correct(way="give_back", journal_id=self.cash, share=share)
        self.assertEqual(self.left(), (0, 70))
        self.take_back(self.payment)
        with self.assertRaisesRegex(UserError, "To reverse"):
            self.correct(partner_id=self.bolat)

    def test_who_may(self):
        invoicing = new_test_user(
            self.env,
            "nurlan",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        wizard = self.env["payment.terminal.assign"].create(
            {"transaction_ids": self.payment.ids, "way": "network"}
        )
        with self.assertRaises(AccessError):
            wizard.with_user(invoicing).action_assign()
        self.assertEqual(self.payment.state, "booked")

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import TODAY, TerminalCommon


@tagged("post_install", "-at_install")
class TestAssign(TerminalCommon):
    """Dana finds out whose payments these are."""

    def stray(self, *amounts, number="7777"):
        payments = self.env["payment.terminal.transaction"].union(
            *(
                self.pay(amount, self.nobody, account_number=number)
                for amount in amounts
            )
        )
        self.book()
        return payments

    def last_entry(self):
        return self.journal_entries().sorted("id")[-1]

    def open(self, payments, user=None):
        return Form(
            self.env["payment.terminal.assign"]
            .with_user(user or self.accountant)
            .with_context(active_model=payments._name, active_ids=payments.ids)
        )

    def assign(self, payments, customer=None, user=None, **values):
        form = self.open(payments, user)
        form.partner_id = customer or self.customer
        for name, value in values.items():
            setattr(form, name, value)
        form.save().action_assign()

    def test_dana_sees_what_it_pays_and_assigns_it(self):
        """70 of an unknown number: 50 for the older invoice, 20 of the newer 40."""
        newer = self.make_invoice(amount=40, due=10)
        older = self.make_invoice(amount=50, due=-10)
        payment = self.stray(70)
        form = self.open(payment)
        self.assertEqual((form.amount, form.unknown_numbers), (70, "7777"))
        form.partner_id = self.customer
        shown = [
            (line["move_id"], line["open_amount"], line["amount"])
            for line in form.line_ids._records
        ]
        self.assertEqual(shown, [(older.id, 50, 50), (newer.id, 40, 20)])
        self.assertEqual(form.credit, 0)
        form.move_id = newer
        self.assertEqual(
            [(line["move_id"], line["amount"]) for line in form.line_ids._records],
            [(newer.id, 40), (older.id, 30)],
        )
        form.move_id = self.env["account.move"]
        form.save().action_assign()
        self.assertEqual((older.amount_residual, newer.amount_residual), (0, 20))
        self.assertEqual((payment.state, payment.partner_id), ("booked", self.customer))
        self.assertRecordValues(
            self.last_entry().line_ids.sorted("id"),
            [
                {"account_id": self.suspense.id, "debit": 70, "credit": 0},
                {
                    "account_id": self.customer.property_account_receivable_id.id,
                    "debit": 0,
                    "credit": 70,
                },
            ],
        )
        self.assertEqual(self.last_entry().date, TODAY)
        self.assertTrue(payment.line_ids[0].reconciled)
        self.assertFalse(self.activities(payment, "assign"))
        self.assertIn("Dana", str(payment.message_ids.mapped("body")))
        first = payment.move_id
        self.assertEqual(first.terminal_transaction_ids, payment)
        self.assertEqual(self.day_totals()["difference"], 0)

    def test_several_at_once_and_the_rest_is_credit(self):
        invoice = self.make_invoice(amount=50)
        payments = self.stray(30, 40)
        form = self.open(payments)
        form.partner_id = self.customer
        self.assertEqual(form.credit, 20)
        form.save().action_assign()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(payments.mapped("credit"), [0, 20])
        self.assertEqual(self.last_entry().line_ids.terminal_transaction_id, payments)

    def test_the_invoice_that_dana_chooses_is_paid_first(self):
        older = self.make_invoice(amount=50, due=-10)
        newer = self.make_invoice(amount=40, due=10)
        payment = self.stray(40)
        self.assign(payment, move_id=newer)
        self.assertEqual((older.amount_residual, newer.amount_residual), (50, 0))

    def test_payments_of_two_networks(self):
        kaspi = self.make_network("Kaspi")
        payments = self.pay(1, self.nobody) + self.pay(2, self.nobody, network=kaspi)
        self.book()
        self.assign(payments)
        self.assertEqual(set(payments.mapped("state")), {"booked"})
        self.assertEqual(len(payments.move_id), 2)

    def test_the_mistyped_number_belongs_to_her_from_now_on(self):
        payment = self.stray(10)
        number = self.customer.terminal_number
        self.assign(payment, remember_numbers=True)
        account = self.customer.terminal_account_ids.filtered(
            lambda a: a.number == "7777"
        )
        self.assertEqual((account.origin, account.state), ("imported", "replaced"))
        self.customer.invalidate_recordset()
        self.assertEqual(self.customer.terminal_number, number)

    def test_a_customer_without_a_number_gets_the_one_that_was_typed(self):
        newcomer = self.make_customer("Erlan", number=False)
        self.assign(self.stray(10), newcomer, remember_numbers=True)
        self.assertEqual(newcomer.terminal_number, "7777")

    def test_a_number_of_somebody_else_is_not_offered(self):
        other = self.make_customer("Bolat")
        payment = self.stray(10, number=other.terminal_number)
        self.assertFalse(self.open(payment).unknown_numbers)

    def test_a_contact_stands_for_the_company_that_owes(self):
        contact = self.env["res.partner"].create(
            {"name": "Her clerk", "parent_id": self.customer.id}
        )
        payment = self.stray(10)
        wizard = (
            self.env["payment.terminal.assign"]
            .with_user(self.accountant)
            .create({"transaction_ids": payment.ids, "partner_id": contact.id})
        )
        wizard.action_assign()
        self.assertEqual(payment.partner_id, self.customer)

    # === WHAT IS REFUSED === #

    def refused(self, words, payments, *args, **kwargs):
        with self.assertRaisesRegex(UserError, words):
            self.assign(payments, *args, **kwargs)

    def test_what_somebody_else_has_assigned(self):
        payment = self.stray(10)
        form = self.open(payment)
        form.partner_id = self.customer
        self.assign(payment, self.make_customer("Bolat"))
        with self.assertRaisesRegex(UserError, "T1 is not to be assigned any more"):
            form.save().action_assign()

    def test_what_the_network_has_taken_back(self):
        payment = self.stray(10)
        self.take_back(payment)
        self.refused("To reverse", payment)

    def test_a_customer_must_be_chosen(self):
        with self.assertRaisesRegex(UserError, "Choose the customer"):
            self.open(self.stray(10)).save().action_assign()

    def test_a_customer_of_another_company_or_an_archived_one(self):
        payment = self.stray(10)
        sister = self.env["res.company"].create({"name": "Sister"})
        theirs = self.make_customer("Theirs", company_id=sister.id, number=False)
        with self.assertRaisesRegex(UserError, "Theirs"):
            self.env["payment.terminal.assign"].create(
                {"transaction_ids": payment.ids, "partner_id": theirs.id}
            )
        gone = self.make_customer("Gone", active=False, number=False)
        with self.assertRaisesRegex(UserError, "archived"):
            payment.sudo()._assign(gone)

    def test_locked_books(self):
        payment = self.stray(10)
        self.company.fiscalyear_lock_date = TODAY
        self.refused("locked", payment)
        self.assertEqual(payment.state, "suspense")

    def test_who_may(self):
        payment = self.stray(10)
        invoicing = new_test_user(
            self.env,
            "nurlan",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.open(payment, invoicing)
        wizard = self.env["payment.terminal.assign"].create(
            {"transaction_ids": payment.ids, "partner_id": self.customer.id}
        )
        with self.assertRaises(AccessError):
            wizard.with_user(invoicing).action_assign()

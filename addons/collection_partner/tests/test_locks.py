from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user

from .common import CollectionCommon


class TestLocks(CollectionCommon):
    """What the agency was told of an invoice stays as it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()
        cls.move = cls.case.move_id

    def get_changes(self):
        """Netvisor's list of what is locked, each with a value to change it to."""
        env = self.env
        day = self.today - timedelta(days=3)
        term = env.ref("account.account_payment_term_30days")
        incoterm = env.ref("account.incoterm_EXW")
        delivery = self.make_customer("Ekströms lager", parent_id=self.customer.id)
        return {
            "accounting date": {"date": day},
            "value date": {"invoice_date": day},
            "payment term": {"invoice_payment_term_id": term.id},
            "due date": {"invoice_date_due": self.today + timedelta(days=30)},
            "delivery date": {"delivery_date": day},
            "delivery term": {"invoice_incoterm_id": incoterm.id},
            "delivery term's place": {"incoterm_location": "Göteborg"},
            "delivery address": {"partner_shipping_id": delivery.id},
            "currency": {"currency_id": env.ref("base.EUR").id},
            "reference": {"payment_reference": "RF18539007547034"},
        }

    def assertLocked(self, move, words):
        for what, values in self.get_changes().items():
            with self.subTest(what), self.assertRefused(UserError, words):
                move.write(values)

    # === NOT VOIDED, NOT SET BACK === #

    def test_row_73_it_is_neither_set_back_to_draft_nor_cancelled(self):
        case = self.case
        self.assertFalse(self.move.show_reset_to_draft_button)
        for state in ("received", "demand", "paused", "closing"):
            self.happen(case, state=state, status_code=state)
            with self.assertRefused(UserError, "Nord Inkasso"):
                self.move.button_draft()
            with self.assertRefused(UserError, "credit note"):
                self.move.button_cancel()
            self.assertEqual(self.move.state, "posted")

    def test_row_73_one_of_many_stops_all(self):
        other = self.make_invoice()
        with self.assertRefused(UserError, self.move.name):
            (other + self.move).button_draft()
        self.assertEqual(other.state, "posted")

    def test_row_73_nor_while_the_transfer_is_held(self):
        self.agency.undo_minutes = 120
        move = self.make_invoice()
        case = self.transfer(move)
        with self.assertRefused(UserError, "Undo the transfer first"):
            move.button_draft()
        case.action_undo()
        self.assertTrue(move.show_reset_to_draft_button)
        move.button_draft()
        self.assertEqual(move.state, "draft")

    def test_row_73_closed_it_can_be_set_back(self):
        case = self.case
        self.happen(case, state="closed", status_code="closed", outcome="withdrawn")
        self.move.button_draft()
        self.move.button_cancel()
        self.assertEqual(self.move.state, "cancel")

    def test_row_73_taken_up_again_it_is_locked_again(self):
        case = self.case
        self.happen(case, state="closed", status_code="closed", outcome="withdrawn")
        self.happen(case, state="demand", status_code="demand", outcome=None)
        with self.assertRefused(UserError, "Nord Inkasso"):
            self.move.button_draft()

    def test_row_73_who_may_not_see_cases_is_stopped_too(self):
        biller = new_test_user(
            self.env,
            "biller",
            "account.group_account_invoice",
            company_id=self.company.id,
        )
        with self.assertRefused(UserError, "Nord Inkasso"):
            self.move.with_user(biller).button_draft()

    def test_row_73_a_credit_note_is_the_way(self):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.move.ids)
            .create({"journal_id": self.move.journal_id.id, "reason": "Broken frame"})
        )
        wizard.refund_moves()
        wizard.new_move_ids.action_post()
        self.assertEqual(self.move.state, "posted")
        self.assertEqual(wizard.new_move_ids.reversed_entry_id, self.move)

    # === LOCKED FIELDS === #

    def test_row_74_what_the_agency_was_told_cannot_change(self):
        self.assertLocked(self.move, "cannot change while the agency has it")

    def test_row_74_nor_while_the_transfer_is_held(self):
        self.agency.undo_minutes = 120
        move = self.make_invoice()
        self.transfer(move)
        self.assertLocked(move, "Undo the transfer first")

    def test_row_74_of_many_the_one_at_the_agency_stops_the_change(self):
        other = self.make_invoice()
        before = other.payment_reference
        with self.assertRaises(UserError):
            (other + self.move).write({"payment_reference": "X"})
        self.assertEqual(other.payment_reference, before)

    def test_row_74_written_back_as_it_was_is_no_change(self):
        move = self.move
        move.write(
            {
                "invoice_date_due": str(move.invoice_date_due),
                "delivery_date": move.delivery_date,
                "invoice_incoterm_id": False,
                "incoterm_location": "",
                "payment_reference": move.payment_reference,
                "partner_shipping_id": move.partner_shipping_id.id,
            }
        )

    def test_row_74_what_is_not_locked_stays_open(self):
        with Form(self.move) as form:
            form.ref = "Our order 12"
            form.narration = "<p>Called on Friday</p>"
        self.assertEqual(self.move.ref, "Our order 12")

    def test_row_74_the_due_date_on_the_journal_item_is_locked_too(self):
        line = self.move.line_ids.filtered(
            lambda row: row.account_id.account_type == "asset_receivable"
        )
        with self.assertRefused(UserError, "cannot change"):
            line.date_maturity = self.today + timedelta(days=30)
        self.assertNotEqual(line.date_maturity, self.today + timedelta(days=30))

    def test_row_74_after_the_case_it_can_change_again(self):
        case = self.case
        self.happen(case, state="closed", status_code="closed", outcome="withdrawn")
        self.move.payment_reference = "RF18539007547034"
        self.move.invoice_date_due = self.today
        self.assertEqual(self.move.invoice_date_due, self.today)

    def test_row_74_an_undone_transfer_locks_nothing(self):
        self.agency.undo_minutes = 120
        move = self.make_invoice()
        case = self.transfer(move)
        case.action_undo()
        move.payment_reference = "RF18539007547034"
        self.assertEqual(move.payment_reference, "RF18539007547034")

    def test_row_74_other_invoices_of_the_customer_are_free(self):
        other = self.make_invoice()
        other.payment_reference = "RF18539007547034"
        other.button_draft()
        self.assertEqual(other.state, "draft")

    def test_row_74_payments_are_not_locked(self):
        self.pay(self.move, 400.0)
        self.assertEqual(self.move.amount_residual, 600.0)
        self.pay(self.move)
        self.assertEqual(self.move.amount_residual, 0.0)

    def test_row_74_payments_in_a_foreign_currency_are_not_locked(self):
        """The exchange difference is entered by Odoo itself."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        for days, rate in ((60, 0.1), (1, 0.08)):
            self.env["res.currency.rate"].create(
                {
                    "currency_id": euro.id,
                    "company_id": self.company.id,
                    "name": self.today - timedelta(days=days),
                    "rate": rate,
                }
            )
        move = self.make_invoice(currency_id=euro.id)
        self.transfer(move)
        self.pay(move)
        self.assertEqual(move.amount_residual, 0.0)

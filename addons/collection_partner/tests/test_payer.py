from odoo import Command
from odoo.tests import Form, tagged

from .settlement_common import SettlementCommon


@tagged("post_install", "-at_install")
class TestPayer(SettlementCommon):
    """Who has paid: the customer, which the agency must know, or the agency itself,
    which must not hear of it again. Known by payer, account or reference; a person is
    asked where nothing tells."""

    def collected(self, amount=400):
        case = self.transferred()
        self.other.collect(case, amount)
        self.happen(case)
        self.other.calls.clear()
        return case

    def dialog(self, move, **values):
        form = Form(
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=move.ids
            )
        )
        for name, value in values.items():
            form[name] = value
        return form

    def reported(self):
        self.run_jobs()
        return [told["amount"] for _c, told, _k in self.other.told("report_payment")]

    def test_row_77_the_box_is_ticked_where_the_agency_owes_as_much(self):
        case = self.collected()
        form = self.dialog(case.move_id, amount=400)
        self.assertTrue(form.collection_offered)
        self.assertTrue(form.is_collection_settlement)
        form.save()._create_payments()
        self.assertFalse(self.reported())
        self.assertFalse(self.activities(case, "payer"))
        self.assertFalse(case.differs)

    def test_row_77_unticked_the_agency_is_told(self):
        case = self.collected()
        form = self.dialog(case.move_id, amount=400)
        form.is_collection_settlement = False
        form.save()._create_payments()
        self.assertEqual(self.reported(), [400])

    def test_the_box_is_not_ticked_where_it_owes_nothing(self):
        case = self.transferred()
        form = self.dialog(case.move_id, amount=400)
        self.assertTrue(form.collection_offered)
        self.assertFalse(form.is_collection_settlement)
        form.save()._create_payments()
        self.other.calls.clear()
        self.assertEqual(self.reported(), [400])

    def test_nor_shown_where_no_agency_is_concerned(self):
        form = self.dialog(self.make_invoice(), amount=400)
        self.assertFalse(form.collection_offered)

    def test_ticked_afterwards_what_was_told_is_taken_back(self):
        case = self.transferred()
        self.pay(case.move_id, 400)
        self.assertEqual(self.reported(), [400])
        payment = case.move_id.matched_payment_ids
        with Form(payment) as form:
            form.is_collection_settlement = True
        self.run_jobs()
        self.assertTrue(self.other.told("take_back_payment"))
        with Form(payment) as form:
            form.is_collection_settlement = False
        self.assertEqual(self.reported(), [400, 400])

    def test_a_payment_that_names_a_batch_is_the_agencys(self):
        case = self.transferred()
        self.agency.book_by_itself = False
        self.pay_out(self.told_line(case, capital="400"))
        form = self.dialog(case.move_id, amount=400, communication="NI-SE-1")
        self.assertTrue(form.is_collection_settlement)

    def test_what_a_payment_says_of_itself_is_no_proof(self):
        """Where nobody looked at the box, such as a payment over the web."""
        case = self.transferred()
        self.agency.book_by_itself = False
        self.pay_out(self.told_line(case, capital="400"))
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.customer.id,
                "amount": 400,
                "payment_type": "inbound",
                "journal_id": self.journal.id,
                "memo": "NI-SE-1",
            }
        )
        self.assertFalse(payment.collection_payer)
        payment.action_post()
        (self.receivable(payment.move_id) + self.receivable(case.move_id)).reconcile()
        self.other.calls.clear()
        self.assertFalse(self.reported())
        self.assertEqual(case.doubtful_amount, 400)

    def test_another_case_of_the_batch_says_nothing_of_this_one(self):
        case = self.transferred()
        self.agency.book_by_itself = False
        self.pay_out(self.told_line(self.transferred(), capital="400"))
        form = self.dialog(case.move_id, amount=400, communication="NI-SE-1")
        self.assertFalse(form.is_collection_settlement)

    def test_one_of_the_agencys_contact_too(self):
        self.agency.partner_id = self.make_customer("Nord Inkasso AB")
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.agency.partner_id.id,
                "amount": 400,
                "payment_type": "inbound",
                "journal_id": self.journal.id,
            }
        )
        self.assertTrue(payment.is_collection_settlement)

    def test_row_77_a_payment_of_its_own_has_the_box_too(self):
        self.collected()
        payment = Form(
            self.env["account.payment"].with_context(
                default_payment_type="inbound", default_partner_type="customer"
            )
        )
        payment.partner_id = self.make_customer("Somebody else")
        payment.amount = 400
        self.assertFalse(payment.collection_offered)
        payment.partner_id = self.customer
        self.assertTrue(payment.collection_offered)
        self.assertTrue(payment.is_collection_settlement)
        payment.amount = 500
        self.assertFalse(payment.is_collection_settlement)
        payment.amount = 300
        self.assertEqual(payment.save().collection_payer, "agency")

    def test_a_payout_that_was_entered_by_hand_is_not_booked_once_more(self):
        case = self.collected()
        self.dialog(case.move_id, amount=400).save()._create_payments()
        settlement = self.pay_out(self.told_line(case, capital="400"))
        self.assertEqual(settlement.state, "parked")
        payment = case.move_id.matched_payment_ids
        self.assertIn(payment.move_id.name, settlement.summary)
        self.receivable(case.move_id).remove_move_reconcile()
        settlement.with_user(self.collector).action_book()
        self.assertEqual(case.move_id.amount_residual, 600)
        self.assertFalse(self.reported())

    def test_a_box_that_was_not_shown_says_nothing(self):
        payment = Form(
            self.env["account.payment"].with_context(default_payment_type="inbound")
        )
        payment.partner_id = self.make_customer("Somebody else")
        payment.amount = 400
        self.assertFalse(payment.save().collection_payer)

    # === ON THE BANK STATEMENT === #

    def paid_on_statement(self, case, amount, **values):
        line = self.bank_line(amount, **values)
        _liquidity, suspense, _other = line._seek_for_lines()
        owed = self.receivable(case.move_id)
        suspense.write(
            {"account_id": owed.account_id.id, "partner_id": owed.partner_id.id}
        )
        (suspense + owed).reconcile()
        return line

    def test_the_banks_payer_tells(self):
        case = self.collected()
        self.paid_on_statement(case, 400, partner_name="NORD INKASSO AB")
        self.assertFalse(self.reported())
        self.assertFalse(self.activities(case, "payer"))

    def test_so_does_the_account_of_its_contact(self):
        contact = self.make_customer("N. I. Holding")
        contact.bank_ids = [Command.create({"acc_number": "SE99 1234"})]
        self.agency.partner_id = contact
        case = self.transferred()
        self.paid_on_statement(case, 400, account_number="SE991234")
        self.other.calls.clear()
        self.assertFalse(self.reported())

    def test_the_agencys_name_in_the_text_is_asked_about(self):
        case = self.transferred()
        self.paid_on_statement(
            case, 400, partner_name="Maja Lind", payment_ref="Till Nord Inkasso AB"
        )
        self.other.calls.clear()
        self.assertFalse(self.reported())
        self.assertEqual(case.doubtful_amount, 400)
        case.with_user(self.collector).action_paid_by_debtor()
        self.assertEqual(self.reported(), [400])

    def test_where_nothing_tells_a_person_is_asked_and_the_agency_told_nothing(self):
        case = self.collected()
        self.paid_on_statement(case, 400)
        self.assertFalse(self.reported())
        self.assertEqual(case.doubtful_amount, 400)
        [activity] = self.activities(case, "payer")
        self.assertIn("400.00", activity.note)

    def test_answered_the_customer_it_is_told(self):
        case = self.collected()
        self.paid_on_statement(case, 400)
        self.run_jobs()
        case.with_user(self.collector).action_paid_by_debtor()
        self.assertEqual(self.reported(), [400])
        self.assertFalse(case.doubtful_amount)
        self.assertFalse(self.activities(case, "payer"))

    def test_answered_the_agency_it_never_is(self):
        case = self.collected()
        self.paid_on_statement(case, 400)
        self.run_jobs()
        case.with_user(self.collector).action_paid_by_agency()
        self.assertFalse(self.reported())
        self.assertFalse(case.doubtful_amount)
        self.assertEqual(case.capital_open, case.residual)

    def test_more_than_was_collected_is_nobodys_doubt(self):
        case = self.collected(100)
        self.paid_on_statement(case, 400)
        self.assertEqual(self.reported(), [400])
        self.assertFalse(case.doubtful_amount)

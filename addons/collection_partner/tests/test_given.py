from odoo.exceptions import UserError
from odoo.tests import tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestGiven(TransferCommon):
    """What the debtor has already given counts: nobody goes to collection by night who
    has paid, and a person is warned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agency.auto_transfer = True

    def give(self, amount=1000.0, partner=None, **values):
        payment = self.env["account.payment"].create(
            {
                "partner_id": (partner or self.customer).id,
                "amount": amount,
                "payment_type": "inbound",
                "partner_type": "customer",
                "journal_id": self.journal.id,
                **values,
            }
        )
        payment.action_post()
        return payment

    def credit(self, amount=1000.0, **values):
        return self.make_invoice(price=amount, move_type="out_refund", **values)

    def state(self, amount=1000.0):
        """Money on a bank statement that names the customer and nothing more."""
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "date": self.today,
                "payment_ref": "Thanks",
                "partner_id": self.customer.id,
                "amount": amount,
            }
        )

    def warnings(self, move):
        [answer] = move.collection_eligibility()
        self.assertTrue(answer["eligible"])
        return [warning["code"] for warning in answer["warnings"]]

    def test_whatever_was_given_keeps_the_invoice_here_by_night(self):
        move = self.make_invoice()
        self.assertFalse(self.reasons(move, "automatic"))
        self.assertFalse(self.warnings(move))
        contact = self.env["res.partner"].create(
            {"name": "Lisa", "parent_id": self.customer.id, "type": "other"}
        )
        ways = {
            "a payment": lambda: self.give(),
            "a small one": lambda: self.give(0.01),
            "a credit note": lambda: self.credit(),
            "a line of the statement": lambda: self.state(),
            "a payment of a contact": lambda: self.give(partner=contact),
        }
        for name, way in ways.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                way()
                self.assertEqual(self.reasons(move, "automatic"), {"unmatched"})
                self.assertEqual(self.warnings(move), ["unmatched"])
                self.night()
                self.assertFalse(move.collection_case_ids)
                savepoint.rollback()
                self.env.invalidate_all()
        self.night()
        self.assertTrue(move.collection_case_ids)

    def test_a_payment_without_an_entry_counts_too(self):
        """So it is where Odoo's accounting application matches bank statements."""
        self.patch(
            self.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda _self: "in_payment",
        )
        methods = self.journal.inbound_payment_method_line_ids
        methods.payment_account_id = False
        payment = self.give()
        self.assertFalse(payment.move_id)
        self.assertEqual(self.reasons(self.make_invoice(), "automatic"), {"unmatched"})

    def test_what_others_gave_does_not(self):
        other = self.make_customer("Lunds Plåt AB")
        self.give(partner=other)
        draft = self.credit(post=False)
        self.assertEqual(draft.state, "draft")
        refunded = self.give(payment_type="outbound")
        self.assertTrue(refunded.move_id)
        self.state(-1000)
        self.assertFalse(self.reasons(self.make_invoice(), "automatic"))

    def test_how_much_is_told_in_list_and_dialog(self):
        moves = self.make_invoices(2)
        other = self.make_invoice(self.make_customer("Lunds Plåt AB"))
        self.give(400)
        self.credit(300)
        self.state(50)
        self.assertEqual(moves.mapped("collection_given"), [750, 750])
        self.assertEqual(other.collection_given, 0)
        dialog = self.dialog(moves | other)
        self.assertEqual((dialog.ready_count, dialog.given_count), (3, 2))

    def test_a_person_may_hand_it_over_all_the_same(self):
        self.give(100)
        case = self.transfer(self.make_invoice())
        self.assertEqual(case.state, "received")

    def test_what_comes_within_the_time_to_undo_keeps_it_here(self):
        self.agency.undo_minutes = 60
        move = self.make_invoice()
        self.night()
        case = move.collection_case_id
        self.assertEqual(case.state, "to_send")
        self.give()
        case.sudo().action_send_now()
        self.run_jobs()
        self.assertEqual(case.state, "cancelled")
        self.assertFalse(self.other.told("case"))

    def test_one_click_matches_it(self):
        move = self.make_invoice()
        self.give(400)
        self.credit(300)
        move.with_user(self.collector).action_collection_match()
        self.assertEqual(move.amount_residual, 300)
        self.assertEqual(move.collection_given, 0)
        self.assertFalse(self.reasons(move, "automatic"))

    def test_what_is_over_stays_the_customers(self):
        move, next_one = self.make_invoices(2)
        self.give(1500)
        move.with_user(self.collector).action_collection_match()
        self.assertEqual(move.amount_residual, 0)
        self.assertEqual(next_one.collection_given, 500)
        next_one.with_user(self.collector).action_collection_match()
        self.assertEqual(next_one.amount_residual, 500)

    def test_what_cannot_be_matched_from_here_says_where(self):
        move = self.make_invoice()
        self.state()
        with self.assertRaisesRegex(UserError, "on a bank statement"):
            move.with_user(self.collector).action_collection_match()

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SOUTH, EinvoiceCommon, acknowledgement

REFUSED = "einvoice_consumer.mail_activity_type_refused"


@tagged("post_install", "-at_install")
class TestOnTheWay(EinvoiceCommon):
    """A message that was handed out may be at the bank already: nothing cancels it by
    itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls.order()
        cls.move = cls.make_invoice()
        cls.document = cls.send(cls.move)

    def pay(self, amount=None, move=None):
        vals = {"amount": amount} if amount else {}
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=(move or self.move).ids
        ).create(vals)._create_payments()

    def get_notes(self, move=None):
        activities = (move or self.move).activity_ids
        self.assertEqual(
            activities.activity_type_id,
            self.env.ref(REFUSED) if activities else activities.activity_type_id,
        )
        return " ".join(activities.mapped("note"))

    # === HANDED OUT === #

    def test_what_a_program_fetched_is_not_reset(self):
        self.channel.fetch_outgoing()
        with self.assertRaisesRegex(UserError, "on its way"):
            self.move.button_draft()
        self.channel.confirm_outgoing(self.document.ids)
        self.assertEqual(self.document.state, "sent")

    def test_what_a_person_downloaded_is_not_reset(self):
        self.document.action_download()
        with self.assertRaisesRegex(UserError, "on its way"):
            self.move.button_draft()

    def test_who_knows_that_it_never_left_takes_it_back(self):
        self.channel.fetch_outgoing()
        self.document.sudo().leased_until = fields.Datetime.now() + timedelta(minutes=1)
        with self.assertRaisesRegex(UserError, "in this moment"):
            self.document.action_take_back()
        self.document.sudo().leased_until = False
        self.document.action_take_back()
        self.assertEqual(self.document.state, "cancelled")
        self.assertIn(self.env.user.name, self.document.summary)
        self.move.button_draft()

    def test_the_end_of_the_order_leaves_it_to_a_person(self):
        self.channel.fetch_outgoing()
        self.agreement.end()
        self.assertEqual(self.document.state, "to_send")
        self.assertIn("order ended", self.get_notes())
        self.assertFalse(self.move.sending_data)
        # which is still so when the program says that it carried it
        self.channel.confirm_outgoing(self.document.ids)
        self.assertIn("order ended", self.get_notes())
        self.document.sudo()._presume_delivered()
        self.assertFalse(self.move.activity_ids)

    def test_a_new_order_does_not_send_it_twice(self):
        self.channel.fetch_outgoing()
        self.order_later(2, address=SOUTH)
        self.order_later(3, action="DELETE")
        self.assertEqual(self.move.einvoice_document_ids, self.document)

    def test_what_is_carried_after_all_is_told(self):
        self.move.button_draft()
        self.assertEqual(self.document.state, "cancelled")
        for _time in range(2):  # a program repeats itself
            self.channel.confirm_outgoing(self.document.ids)
            self.assertEqual(self.document.state, "cancelled")
            self.assertIn("carried to the bank", self.get_notes())
            self.assertEqual(len(self.move.activity_ids), 1)

    def test_a_repeated_confirmation_tells_nobody(self):
        self.channel.confirm_outgoing(self.document.ids)
        self.take_in(acknowledgement(self.document, code="6"))
        self.move.action_einvoice_handled()
        self.channel.confirm_outgoing(self.document.ids)
        self.assertFalse(self.move.activity_ids)

    # === PAID MEANWHILE === #

    def test_what_was_paid_is_not_asked_for(self):
        self.move.sudo().is_move_sent = True
        self.pay()
        self.assertEqual(self.document.state, "cancelled")
        self.assertIn("paid or credited", self.move.einvoice_summary)
        self.assertFalse(self.move.is_move_sent)

    def test_what_was_credited_is_not_asked_for(self):
        self.move._reverse_moves([{"invoice_date": fields.Date.today()}], cancel=True)
        self.assertEqual(self.document.state, "cancelled")

    def test_a_credit_note_that_is_settled_goes_out(self):
        credit = self.make_invoice(move_type="out_refund")
        document = self.send(credit)
        receivables = (self.move | credit).line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        receivables.reconcile()
        self.assertEqual(credit.payment_state, "paid")
        self.assertEqual(document.state, "to_send")

    def test_what_was_paid_and_has_left_stays(self):
        self.channel.fetch_outgoing()
        self.pay()
        self.assertEqual(self.document.state, "to_send")

    def test_a_part_that_was_paid_is_not_asked_for(self):
        self.tax.amount = 25
        move = self.make_move()
        first = self.send(move)
        self.pay(45, move)
        second = move._get_einvoice()
        self.assertEqual((first.state, second.state), ("cancelled", "to_send"))
        self.assertIn(b">80,00</EpiInstructedAmount>", second._get_bytes())


@tagged("post_install", "-at_install")
class TestParts(EinvoiceCommon):
    """Each part of a direct payment has a life of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kerttu.invoice_sending_method = "email"
        cls.order(service="01")
        term = cls.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    Command.create({"value_amount": 50, "nb_days": 20}),
                    Command.create({"value_amount": 50, "nb_days": 50}),
                ],
            }
        )
        cls.move = cls.make_invoice(invoice_payment_term_id=term.id)
        cls.move.send_einvoice()
        cls.first, cls.second = cls.move.einvoice_document_ids.sorted("part")

    def test_the_notice_names_what_is_at_the_bank(self):
        days = [f"{self.first.due_date:%m/%d/%Y}", f"{self.second.due_date:%m/%d/%Y}"]
        notice = self.move.einvoice_notice
        self.assertTrue(all(day in notice for day in days))
        self.channel.confirm_outgoing((self.first | self.second).ids)
        self.take_in(acknowledgement(self.first, code="6"))
        notice = self.move.einvoice_notice
        self.assertNotIn(days[0], notice)
        self.assertIn(days[1], notice)

    def test_one_part_does_not_settle_another(self):
        self.channel.confirm_outgoing(self.first.ids)
        self.take_in(acknowledgement(self.first, code="6"))
        self.assertEqual(len(self.move.activity_ids), 1)
        self.channel.confirm_outgoing(self.second.ids)
        self.assertEqual(len(self.move.activity_ids), 1)
        self.move.send_einvoice()
        again = self.move._get_einvoices() - self.second
        self.channel.confirm_outgoing(again.ids)
        self.assertFalse(self.move.activity_ids)

from datetime import date
from unittest.mock import patch

from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..formats import ebxml_frame
from .common import NORTH, SOUTH, EinvoiceCommon, acknowledgement

# The day on which what is sent in these tests falls due: a Monday. The Friday before,
# and Wednesday 23 December, are banking days; 24 to 27 December are not.
DUE = date(2027, 12, 27)
AMOUNTS = ("EpiInstructedAmount", "InvoiceTotalVatIncludedAmount")


@tagged("post_install", "-at_install")
class TestCancellation(EinvoiceCommon):
    """What was credited in full is cancelled at the bank (Finvoice guidelines, 10.14):
    four banking days before it falls due, one where both have the same bank."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kerttu.invoice_sending_method = "email"
        # at another bank than the company's
        cls.agreement = cls.order(service="01", address=SOUTH)

    def at_bank(self, **values):
        move = self.make_invoice(**values)
        self.send_by_hand(move)
        return move

    def credit(self, move, cancel=True, **values):
        """Credit an invoice; of a part where it has other lines."""
        credit = move._reverse_moves(
            [{"invoice_date": fields.Date.today(), **values}], cancel=cancel
        )
        if not cancel:
            credit.action_post()
        return credit

    def read(self, document, *tags):
        [message] = ebxml_frame.split_messages(document._get_bytes())
        root = etree.fromstring(message.payload)
        return [root.findtext(f".//{tag}") for tag in tags]

    def refuse(self, document, **values):
        self.take_in(acknowledgement(document, **values))

    # === IN TIME === #

    def test_what_was_credited_is_cancelled_at_the_bank(self):
        move = self.at_bank()
        original = move._get_einvoice()
        self.assertFalse(move.einvoice_can_cancel)
        credit = self.credit(move)
        for each in (move, credit):
            self.assertTrue(each.einvoice_can_cancel)
            self.assertIn(move.name, each.einvoice_cancel_notice)
        credit.action_einvoice_cancel()
        cancellation = credit.einvoice_document_ids
        self.assertRecordValues(
            cancellation,
            [
                {
                    "type": "cancellation",
                    "state": "to_send",
                    "original_id": original.id,
                    "move_id": credit.id,
                    "due_date": move.invoice_date_due,
                    "recipient_address": original.recipient_address,
                }
            ],
        )
        tags = ("EpiDateOptionDate", "EpiRemittanceInfoIdentifier", "ToIdentifier")
        self.assertEqual(self.read(cancellation, *tags), self.read(original, *tags))
        [asked] = self.read(original, "EpiInstructedAmount")
        self.assertEqual(
            self.read(cancellation, "OriginCode", "EpiInstructedAmount"),
            ["Cancel", f"-{asked}"],
        )
        self.assertFalse(move.einvoice_can_cancel)
        self.assertIn("was asked to cancel", move.einvoice_cancel_notice)
        with self.assertRaises(UserError):
            credit.action_einvoice_cancel()

    def test_a_credit_note_alone_is_no_cancellation(self):
        self.order_later(2, action="CHANGE", ref="RI-1", service="00")
        credit = self.credit(self.at_bank())
        document = self.send(credit)
        self.assertEqual(self.read(document, "OriginCode"), ["Original"])
        # and does not stand in the way of one
        self.channel.confirm_outgoing(document.ids)
        credit.action_einvoice_cancel()
        self.assertEqual(
            sorted(credit.einvoice_document_ids.mapped("type")),
            ["cancellation", "invoice"],
        )
        self.assertEqual(credit.einvoice_state, "to_send")

    def test_silence_means_that_it_was_cancelled(self):
        move = self.at_bank()
        original = move._get_einvoice()
        credit = self.credit(move)
        credit.action_einvoice_cancel()
        cancellation = credit._get_einvoice()
        self.channel.confirm_outgoing(cancellation.ids)
        self.assertEqual(original.state, "sent")
        cancellation.sudo()._presume_delivered()
        self.assertEqual(move.einvoice_state, "cancelled")
        self.assertFalse(move.einvoice_cancel_notice)
        # the bank says otherwise after all
        self.refuse(cancellation, code="6", text="Could not be allocated")
        self.assertEqual(move.einvoice_state, "presumed_delivered")
        self.assertEqual(credit.einvoice_state, "rejected")
        [activity] = credit.activity_ids
        self.assertIn(move.name, activity.note)
        self.assertIn("Could not be allocated", activity.note)
        # once more
        self.assertTrue(credit.einvoice_can_cancel)
        credit.action_einvoice_send_again()
        self.assertEqual(credit._get_einvoice().type, "cancellation")
        self.assertEqual(credit.einvoice_state, "to_send")

    def test_each_part_of_a_direct_payment_is_cancelled(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    Command.create({"value_amount": 50, "nb_days": 20}),
                    Command.create({"value_amount": 50, "nb_days": 50}),
                ],
            }
        )
        move = self.at_bank(invoice_payment_term_id=term.id)
        credit = self.credit(move)
        credit.action_einvoice_cancel()
        cancellations = credit.einvoice_document_ids
        self.assertEqual(
            cancellations.original_id, move.einvoice_document_ids.filtered("is_latest")
        )
        self.assertEqual(
            sorted(cancellations.mapped("due_date")),
            sorted(filter(None, move.line_ids.mapped("date_maturity"))),
        )

    # === TOO LATE === #

    def judge(self, credit, today):
        channel = self.env.registry["einvoice.channel"]
        with patch.object(channel, "_get_today", return_value=today):
            credit.invalidate_recordset(["einvoice_can_cancel"])
            return credit.einvoice_can_cancel, credit.einvoice_cancel_notice

    def make_due(self, due):
        move = self.make_invoice()
        document = self.send_by_hand(move)
        document.sudo().due_date = due
        return self.credit(move)

    def test_banking_days_are_counted(self):
        """Before Monday 27 December 2027 banks work on the 23rd, 22nd, 21st, 20th."""
        credit = self.make_due(DUE)
        self.assertEqual(self.judge(credit, date(2027, 12, 20))[0], True)
        possible, why = self.judge(credit, date(2027, 12, 21))
        self.assertFalse(possible)
        self.assertIn("12/20/2027 was the last day", why)
        self.assertIn("pay the money back", why)
        self.channel.cancel_days = 3
        self.assertEqual(self.judge(credit, date(2027, 12, 21))[0], True)

    def test_one_day_is_enough_where_both_have_one_bank(self):
        self.order_later(2, service="01", address=NORTH)
        credit = self.make_due(DUE)
        self.assertEqual(self.judge(credit, date(2027, 12, 23))[0], True)
        self.assertEqual(self.judge(credit, date(2027, 12, 24))[0], False)

    def test_too_late_is_refused(self):
        credit = self.make_due(fields.Date.today())
        with self.assertRaisesRegex(UserError, "no longer cancels"):
            credit.action_einvoice_cancel()
        self.assertFalse(credit.einvoice_document_ids)

    # === WHILE IT IS CREDITED === #

    def open_dialog(self, move):
        action = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        return action.create({"journal_id": move.journal_id.id})

    def test_who_credits_is_told_of_the_bank(self):
        move = self.make_invoice()
        self.assertFalse(self.open_dialog(move).einvoice_notice)
        document = self.send_by_hand(move)
        self.assertIn("Cancel at the bank", self.open_dialog(move).einvoice_notice)
        document.sudo().due_date = fields.Date.today()
        self.assertIn("Pay the money back", self.open_dialog(move).einvoice_notice)

    # === NOT POSSIBLE === #

    def test_a_part_is_not_cancelled(self):
        move = self.at_bank()
        credit = move._reverse_moves([{"invoice_date": fields.Date.today()}])
        credit.invoice_line_ids.price_unit = 40
        credit.action_post()
        self.assertFalse(credit.einvoice_can_cancel)
        self.assertIn("about a part", credit.einvoice_cancel_notice)
        with self.assertRaisesRegex(UserError, "about a part"):
            move.action_einvoice_cancel()

    # === PAID ANOTHER WAY === #

    def pay(self, move):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({})._create_payments()

    def test_what_was_paid_another_way_is_not_paid_by_the_bank_too(self):
        move = self.at_bank()
        original = move._get_einvoice()
        self.pay(move)
        self.assertTrue(move.einvoice_can_cancel)
        self.assertIn("once more", move.einvoice_cancel_notice)
        self.assertEqual(
            move.activity_ids.activity_type_id,
            self.env.ref("einvoice_consumer.mail_activity_type_double"),
        )
        move.action_einvoice_cancel()
        self.assertFalse(move.activity_ids)
        cancellation = move.einvoice_document_ids - original
        self.assertRecordValues(
            cancellation,
            [{"type": "cancellation", "original_id": original.id, "state": "to_send"}],
        )
        [asked] = self.read(original, "EpiInstructedAmount")
        self.assertEqual(
            self.read(cancellation, "OriginCode", "InvoiceTypeCode", *AMOUNTS),
            ["Cancel", "INV02", f"-{asked}", f"-{asked}"],
        )
        self.assertEqual(move.einvoice_state, "sent", "of the invoice, as before")
        self.assertFalse(move.einvoice_can_cancel)
        self.channel.confirm_outgoing(cancellation.ids)
        cancellation.sudo()._presume_delivered()
        self.assertEqual(move.einvoice_state, "cancelled")
        self.assertFalse(move.einvoice_cancel_notice)

    def test_a_refused_cancellation_of_what_was_paid_needs_somebody(self):
        move = self.at_bank()
        self.pay(move)
        move.action_einvoice_cancel()
        cancellation = move.einvoice_document_ids.filtered(
            lambda d: d.type == "cancellation"
        )
        self.channel.confirm_outgoing(cancellation.ids)
        self.refuse(cancellation, code="6", text="Could not be allocated")
        self.assertEqual(move.einvoice_state, "rejected")
        self.assertIn("Could not be allocated", move.activity_ids.note)
        self.assertTrue(move.einvoice_can_cancel)

    def test_what_the_bank_paid_is_not_cancelled(self):
        move = self.at_bank()
        move._get_einvoice().sudo().due_date = fields.Date.today()
        self.pay(move)
        self.assertFalse(move.einvoice_cancel_notice)
        self.assertFalse(move.activity_ids)

    def test_what_was_paid_and_credited_is_not_paid_by_the_bank_too(self):
        move = self.at_bank()
        self.pay(move)
        credit = self.credit(move, cancel=False)
        self.assertTrue(credit.einvoice_can_cancel)
        credit.action_einvoice_cancel()
        self.assertEqual(credit.einvoice_document_ids.type, "cancellation")

    def test_what_was_paid_is_paid_back(self):
        self.order_later(2, action="CHANGE", ref="RI-1", service="00")
        move = self.at_bank()
        self.pay(move)
        self.assertFalse(move.einvoice_can_cancel)
        credit = self.credit(move, cancel=False)
        self.assertIn("pay the money back", credit.einvoice_cancel_notice)
        self.assertFalse(credit.einvoice_can_cancel)

    def test_what_the_bank_does_not_have(self):
        move = self.make_invoice()
        with self.assertRaisesRegex(UserError, "No bank"):
            move.action_einvoice_cancel()
        self.send(move)
        self.credit(move)
        self.assertEqual(move.einvoice_state, "cancelled")  # had not left
        self.assertFalse(move.einvoice_cancel_notice)

    def test_who_may_not_send_does_not_cancel(self):
        credit = self.credit(self.at_bank())
        reader = new_test_user(
            self.env(su=True),
            "reader",
            groups="account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertTrue(credit.with_user(reader).einvoice_can_cancel)
        with self.assertRaises(AccessError):
            credit.with_user(reader).action_einvoice_cancel()

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestSend(EinvoiceCommon):
    """Invoices go out through Odoo's own Send dialog, batch and job."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement = cls.order()
        cls.move = cls.make_invoice()

    def open_dialog(self, moves):
        action = moves.action_send_and_print()
        model = self.env[action["res_model"]].with_context(**action["context"])
        return model.create({})

    def alert(self, wizard, code):
        return (wizard.alerts or {}).get(f"einvoice_consumer_{code}")

    def assertStopped(self, move, code, fix_model=None):
        """The dialog says why the invoice cannot go, leads to the remedy, and
        refuses to send; nothing is written."""
        wizard = self.open_dialog(move)
        alert = self.alert(wizard, code)
        self.assertTrue(alert, f"no alert {code} in {wizard.alerts}")
        self.assertEqual(alert["level"], "danger")
        if fix_model:
            self.assertEqual(alert["action"]["res_model"], fix_model)
            self.assertTrue(alert["action_text"])
        with self.assertRaises(UserError):
            wizard.action_send_and_print()
        self.assertFalse(move.einvoice_document_ids)

    # === THE DIALOG === #

    def test_send_from_the_dialog(self):
        agreement, move = self.agreement, self.move
        wizard = self.open_dialog(move)
        self.assertEqual(wizard.sending_methods, ["einvoice_consumer"])
        self.assertFalse(wizard.alerts)
        wizard.action_send_and_print()
        document = move.einvoice_document_ids
        self.assertRecordValues(
            document,
            [
                {
                    "type": "invoice",
                    "direction": "out",
                    "state": "to_send",
                    "agreement_id": agreement.id,
                    "recipient_address": agreement.recipient_address,
                    "environment": "prod",
                }
            ],
        )
        self.assertEqual(move.einvoice_state, "to_send")
        self.assertTrue(move.is_move_sent)

    def test_the_method_is_offered_only_with_an_open_channel(self):
        move = self.move
        self.assertIn(
            "einvoice_consumer", self.open_dialog(move).sending_method_checkboxes
        )
        self.channel.environment = "disabled"
        self.assertNotIn(
            "einvoice_consumer", self.open_dialog(move).sending_method_checkboxes
        )

    def test_disabled_channel_falls_back_to_email(self):
        self.channel.environment = "disabled"
        wizard = self.open_dialog(self.move)
        self.assertEqual(wizard.sending_methods, ["email"])

    def test_second_sending_is_stopped(self):
        move = self.move
        self.open_dialog(move).action_send_and_print()
        wizard = self.open_dialog(move)
        self.assertEqual(self.alert(wizard, "sent")["level"], "danger")
        with self.assertRaises(UserError):
            wizard.action_send_and_print()
        self.assertEqual(len(move.einvoice_document_ids), 1)

    # === PRE-FLIGHT === #

    def test_customer_without_an_order(self):
        self.agreement.end()
        self.kerttu.invoice_sending_method = "email"
        move = self.move
        wizard = self.open_dialog(move)
        self.assertEqual(wizard.sending_methods, ["email"])
        wizard.sending_method_checkboxes = {"einvoice_consumer": {"checked": True}}
        alert = self.alert(wizard, "no_agreement")
        self.assertEqual(alert["action"]["res_model"], "res.partner")

    def test_due_date_too_soon(self):
        self.assertStopped(
            self.make_invoice(days=6), "due_date", "einvoice.due.date.wizard"
        )

    def test_due_dates_that_banks_and_consumers_take(self):
        due = self.move.invoice_date_due
        for days, expected in (
            (6, [("due_date", "danger")]),
            (7, [("due_soon", "warning")]),
            (13, [("due_soon", "warning")]),
            (14, []),
            (365, []),
            (366, [("due_date", "danger")]),
        ):
            today = due - timedelta(days=days)
            channel = self.env.registry["einvoice.channel"]
            with (
                self.subTest(days=days),
                patch.object(channel, "_get_today", return_value=today),
            ):
                [problems] = self.move._einvoice_check().values()
                self.assertEqual([(p.code, p.level) for p in problems], expected)

    def test_a_due_date_that_is_soon_is_told_and_sent(self):
        wizard = self.open_dialog(self.make_invoice(days=13))
        self.assertEqual(self.alert(wizard, "due_soon")["level"], "warning")

    def test_move_the_due_date(self):
        move = self.make_invoice(days=2)
        alert = self.alert(self.open_dialog(move), "due_date")
        wizard = (
            self.env["einvoice.due.date.wizard"]
            .with_context(**alert["action"]["context"])
            .create({})
        )
        today = self.channel._get_today()
        self.assertEqual(wizard.earliest_date, today + timedelta(days=7))
        self.assertEqual(wizard.date, today + timedelta(days=14))
        wizard.date = today + timedelta(days=6)
        with self.assertRaises(UserError):
            wizard.action_apply()
        wizard.date = today + timedelta(days=14)
        balance = move.line_ids.mapped("balance")
        reopened = wizard.action_apply()
        self.assertEqual(reopened["res_model"], "account.move.send.wizard")
        self.assertEqual(move.invoice_date_due, today + timedelta(days=14))
        receivable = move.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        self.assertEqual(receivable.date_maturity, today + timedelta(days=14))
        self.assertEqual(move.line_ids.mapped("balance"), balance)
        self.assertEqual(move.state, "posted")
        self.assertFalse(self.open_dialog(move).alerts)

    def test_instalments(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": 20}),
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": 50}),
                ],
            }
        )
        self.assertStopped(
            self.make_invoice(invoice_payment_term_id=term.id), "instalments"
        )

    def test_other_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        self.assertStopped(
            self.make_invoice(currency_id=dollar.id), "currency", "account.move"
        )

    def press(self, alert):
        """Follow the link of an alert that mends at once; the dialog is there again."""
        action = self.env["ir.actions.server"].browse(alert["action"]["id"])
        reopened = action.with_context(**alert["action"]["context"]).run()
        self.assertEqual(reopened["res_model"], "account.move.send.wizard")

    def test_account_that_was_not_announced(self):
        other = self.account.copy({"acc_number": "FI2057236410002345"})
        move = self.make_invoice(partner_bank_id=other.id)
        self.assertStopped(move, "account")
        alert = self.alert(self.open_dialog(move), "account")
        self.assertIn(self.account.acc_number, alert["action_text"])
        self.press(alert)
        self.assertEqual(move.partner_bank_id, self.account)
        self.assertFalse(self.open_dialog(move).alerts)

    def test_no_account_was_announced(self):
        channels = self.env.registry["einvoice.channel"]
        with patch.object(channels, "_is_told", return_value=False):
            alert = self.alert(self.open_dialog(self.move), "account")
        self.assertEqual(alert["action"]["res_model"], "einvoice.channel")

    def test_reference_of_another_country(self):
        self.journal.invoice_reference_model = "odoo"
        move, other = self.make_move(), self.make_move()
        self.assertStopped(move, "reference")
        self.press(self.alert(self.open_dialog(move), "reference"))
        digits = "".join(filter(str.isdigit, move.name))
        self.assertEqual(move.payment_reference[:-1], digits)
        self.assertFalse(self.open_dialog(move).alerts)
        # one that is taken is not given twice
        other.name = f"X{move.name}"
        self.press(self.alert(self.open_dialog(other), "reference"))
        self.assertNotEqual(other.payment_reference, move.payment_reference)
        self.assertFalse(self.open_dialog(other).alerts)

    def test_a_credit_note_of_its_own_needs_no_reference(self):
        credit = self.make_invoice(move_type="out_refund")
        self.assertEqual(credit._einvoice_get_button("reference"), {})

    # what the consumer's bank was told from here

    def announce(self, **terms):
        action = self.channel.action_announce()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard.action_check()
        wizard.action_send()
        self.channel.confirm_outgoing(
            self.channel.document_ids.filtered(lambda d: d.state == "to_send").ids
        )
        notification = self.channel.notification_ids
        notification.sudo().terms = {**notification.terms, **terms}

    def test_another_payment_subject_than_announced(self):
        self.announce(payment_subject="OTHER")
        self.assertStopped(self.move, "subject", "einvoice.channel")

    def test_another_sender_than_announced(self):
        self.announce(sender_address="FI5810171000000122")
        self.assertStopped(self.move, "sender", "einvoice.channel")

    def test_direct_payment_that_was_not_announced(self):
        self.order_later(2, action="CHANGE", ref="RI-1", service="01")
        self.announce()
        self.assertStopped(self.make_invoice(), "service", "einvoice.channel")
        self.channel.notification_ids.sudo().terms |= {"service": "direct_payment"}
        self.assertNotIn(
            "einvoice_consumer_service", self.open_dialog(self.make_invoice()).alerts
        )

    def test_an_address_that_has_ended(self):
        self.address.sudo().date_to = self.channel._get_today() - timedelta(days=1)
        self.assertStopped(self.move, "address_dates", "einvoice.channel")

    def test_a_bank_that_is_not_listed_any_more(self):
        bank = self.env.ref("einvoice_consumer.einvoice_intermediator_ndeafihh")
        bank.date_to = self.channel._get_today() - timedelta(days=1)
        wizard = self.open_dialog(self.move)
        self.assertEqual(self.alert(wizard, "unlisted_bank")["level"], "warning")

    def test_creditor_reference(self):
        self.journal.invoice_reference_model = "fi_rf"
        self.assertFalse(self.open_dialog(self.make_invoice()).alerts)

    def test_long_number(self):
        self.assertStopped(
            self.make_invoice(name="INV/2026/000000000000001"),
            "number",
            "account.journal",
        )

    def test_customer_without_address(self):
        self.kerttu.zip = False
        self.assertStopped(self.make_invoice(), "format", "res.partner")

    def test_characters_the_bank_lacks(self):
        move = self.make_invoice(
            narration="<p>Kiitos 🙂 Спасибо</p>",
        )
        wizard = self.open_dialog(move)
        alert = self.alert(wizard, "characters")
        self.assertEqual(alert["level"], "info")
        self.assertIn("🙂", alert["message"])
        wizard.action_send_and_print()
        self.assertEqual(move.einvoice_state, "to_send")

    def test_two_taxes_on_a_row(self):
        move = self.make_invoice(post=False)
        tax = self.tax
        move.invoice_line_ids.tax_ids = tax | tax.copy({"name": "2", "amount": 2})
        move.action_post()
        self.assertStopped(move, "taxes", "account.move")

    # === BATCH AND JOB === #

    def test_batch_sends_what_can_go(self):
        good, late = self.make_invoice(), self.make_invoice(days=1)
        wizard = self.open_dialog(good | late)
        self.assertEqual(wizard.summary_data["einvoice_consumer"]["count"], 2)
        alert = self.alert(wizard, "due_date")
        self.assertEqual(alert["level"], "warning")
        self.assertIn(late.name, alert["message"])
        wizard.action_send_and_print()
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()
        self.assertEqual(good.einvoice_state, "to_send")
        self.assertTrue(good.is_move_sent)
        self.assertFalse(late.einvoice_state or late.is_move_sent)
        self.assertEqual(
            late.activity_ids.activity_type_id,
            self.env.ref("einvoice_consumer.mail_activity_type_refused"),
        )
        self.assertFalse(late.sending_data)

    def test_batch_goes_each_customers_own_way(self):
        other = self.make_invoice(
            partner=self.kerttu.copy({"invoice_sending_method": "manual"})
        )
        own = self.make_invoice()
        wizard = self.open_dialog(own | other)
        self.assertEqual(wizard.summary_data["einvoice_consumer"]["count"], 1)

    def test_query_count_does_not_grow_with_the_batch(self):
        moves = self.env["account.move"].union(
            *[self.make_invoice() for _n in range(6)]
        )
        counts = []
        moves._einvoice_render()  # caches that outlive a batch
        for batch in (moves[:2], moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rendered = batch._einvoice_render()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertTrue(all(item for _move, item, _problems in rendered))
        self.assertEqual(*counts)

    # === CHANGING A SENT INVOICE === #

    def test_reset_to_draft_takes_a_waiting_message_back(self):
        move = self.move
        document = self.send(move)
        move.button_draft()
        self.assertEqual(document.state, "cancelled")
        self.assertEqual(move.einvoice_state, "cancelled")
        move.action_post()
        self.assertFalse(self.open_dialog(move).alerts)

    def test_an_invoice_in_the_netbank_is_not_reset(self):
        move = self.move
        self.send_by_hand(move)
        self.assertFalse(move.show_reset_to_draft_button)
        with self.assertRaises(UserError):
            move.button_draft()
        self.assertEqual(move.state, "posted")

    # === CREDIT NOTES AND PART PAYMENTS === #

    def test_credit_note_needs_no_due_date(self):
        credit = self.move._reverse_moves([{"invoice_date": fields.Date.today()}])
        credit.action_post()
        self.open_dialog(credit).action_send_and_print()
        self.assertEqual(credit.einvoice_state, "to_send")

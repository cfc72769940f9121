import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_avtalegiro import DEADLINE, AvtalegiroCommon


@tagged("post_install", "-at_install")
class TestClaims(AvtalegiroCommon):
    """One demand for the same money, whichever way the invoice goes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bring(("1", cls.make_kid(), "N"))
        cls.mandate = cls.get_mandate()

    def assertClaimed(self, move):
        claim = move.avtalegiro_claim_ids
        self.assertEqual(len(claim), 1)
        self.assertEqual(claim.state, "waiting")
        self.assertEqual(claim.amount, 125)
        self.assertEqual(claim.due_date, move.invoice_date_due)
        self.assertEqual(claim.kid, move.payment_reference)

    def assertNotAsked(self, move):
        """The one e-mail says that the bank pays."""
        mail = move.message_ids.filtered(lambda m: self.kari in m.partner_ids)
        self.assertEqual(len(mail), 1)
        self.assertIn("your bank pays this invoice", mail.body)
        self.assertNotIn(move.payment_reference, mail.body)

    # === EVERY WAY OF SENDING === #

    def test_dialog(self):
        move = self.make_invoice()
        action = move.action_send_and_print()
        model = self.env[action["res_model"]].with_context(**action["context"])
        wizard = model.create({})
        self.assertEqual(set(wizard.alerts), {"einvoice_consumer_avtalegiro"})
        wizard._onchange_sending_method_checkboxes()  # as the dialog does when it opens
        wizard.action_send_and_print()
        self.assertClaimed(move)
        self.assertNotAsked(move)

    def test_batch_and_job(self):
        moves = self.make_invoice() | self.make_invoice()
        action = moves.action_send_and_print()
        model = self.env[action["res_model"]].with_context(**action["context"])
        model.create({}).action_send_and_print()
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()
        for move in moves:
            self.assertClaimed(move)
            self.assertNotAsked(move)

    def test_sent_again_it_is_claimed_once(self):
        move = self.make_invoice()
        self.send_invoice(move)
        self.send_invoice(move)
        self.assertClaimed(move)
        self.carry()
        self.send_invoice(move)
        self.assertEqual(move.avtalegiro_claim_ids.state, "claimed")

    def test_what_was_sent_before_the_mandate_is_not_claimed(self):
        move = self.make_invoice()
        move.is_move_sent = True
        self.assertFalse(self.send_invoice(move))
        self.assertFalse(self.get_notes(move))

    def test_an_invoice_that_could_not_be_sent_is_not_claimed(self):
        move = self.make_invoice()

        def fail(model, data):
            for values in data.values():
                values["error"] = {"error_title": "No", "errors": ["paper"]}

        move._einvoice_send_otherwise()
        send = type(self.env["account.move.send"])
        with patch.object(send, "_prepare_invoice_pdf_report", fail):
            self.send_invoice(move, from_cron=True)
        self.assertEqual(move.avtalegiro_claim_ids.state, "cancelled")

    def test_a_credit_note_and_customers_without_a_mandate(self):
        ola = self.kari.copy({"name": "Ola Nordmann"})
        self.assertFalse(self.send_invoice(self.make_invoice(ola)))
        refund = self.make_invoice(move_type="out_refund")
        self.assertFalse(self.send_invoice(refund))

    # === THE FILE === #

    def test_the_bank_reads_the_file(self):
        move = self.make_invoice()
        self.send_invoice(move)
        transmission = self.carry()
        self.assertEqual(transmission.number, "0000042")
        self.assertEqual(transmission.data_transmitter, "55555555")
        [assignment] = transmission.assignments
        self.assertEqual(assignment.account, "86011117947")
        [row] = assignment.transactions
        self.assertEqual(int(row.type), 2)
        self.assertEqual(
            (row.kid, row.amount, row.date, row.reference, row.payer_name),
            (
                move.payment_reference,
                125,
                move.invoice_date_due,
                move.name,
                "Kari Nordm",
            ),
        )
        self.assertEqual(move.avtalegiro_claim_ids.state, "claimed")
        self.assertFalse(self.giro.sudo()._write_claims())

    def test_the_bank_tells_who_wants_it(self):
        self.bring(("1", self.make_kid(), "J"), number="0000002")
        move = self.make_invoice()
        self.assertTrue(self.send_invoice(move).is_told_by_bank)
        [row] = self.carry().assignments[0].transactions
        self.assertEqual(int(row.type), 21)
        self.assertIn(move.name, row.text)
        self.assertIn("Strøm, november", row.text)

    def test_the_job_writes_and_sends_nothing_of_a_disabled_channel(self):
        move = self.make_invoice()
        self.send_invoice(move)
        self.giro.environment = "disabled"
        self.run_job()
        self.assertClaimed(move)
        self.giro.environment = "prod"
        self.run_job()
        self.assertEqual(move.avtalegiro_claim_ids.state, "claimed")
        self.assertEqual(move.avtalegiro_claim_ids.document_id.state, "to_send")

    def test_a_channel_that_cannot_write_does_not_hold_up_another(self):
        second = self.giro.copy({"name": "Second", "environment": "prod"})
        written = []

        def write(channel):
            written.append(channel)
            if channel == self.giro:
                raise ValueError

        self.patch(self.registry["einvoice.channel"], "_write_claims", write)
        with mute_logger("odoo.addons.einvoice_consumer.models.mandate.claim_file"):
            self.run_job()
        self.assertEqual(written, [self.giro, second])
        self.assertIn("ValueError", self.giro.activity_ids.note)

    def test_a_mandate_of_a_test_does_not_stand_before_the_real_one(self):
        trial = self.giro.copy({"name": "Trial", "environment": "test"})
        mandates = self.env["einvoice.avtalegiro.mandate"].sudo()
        values = {"partner_id": self.kari.id, "state": "active"}
        mandates.create({"channel_id": trial.id, "kid": self.mandate.kid, **values})
        claim = self.send_invoice(self.make_invoice())
        self.assertEqual(claim.mandate_id, self.mandate)  # it came first
        self.mandate.sudo()._end("The payer took it back")
        kid = self.make_kid(invoice="1")
        last = mandates.create({"channel_id": self.giro.id, "kid": kid, **values})
        self.assertEqual(self.send_invoice(self.make_invoice()).mandate_id, last)

    def test_a_file_that_the_bank_did_not_take_comes_again(self):
        claim = self.send_invoice(self.make_invoice())
        self.carry()
        document = claim.document_id
        document.action_refused_by_bank()
        self.assertEqual(document.state, "rejected")
        self.assertEqual(claim.state, "waiting")
        self.assertEqual(self.carry().number, "0000043")
        self.assertEqual(claim.state, "claimed")

    def test_a_receipt_of_the_bank_is_read_by_people(self):
        claim = self.send_invoice(self.make_invoice())
        self.carry()
        receipt = base64.b64encode(b"%PDF-1.4 L00202").decode()
        [taken] = self.giro.import_message("L00202.pdf", receipt)
        document = self.env["einvoice.document"].browse(taken["document_id"])
        self.assertEqual(
            (document.type, document.state), ("avtalegiro_receipt", "processed")
        )
        self.assertEqual(
            document.activity_ids.activity_type_id,
            self.env.ref("einvoice_consumer.mail_activity_type_receipt"),
        )
        self.assertFalse(document.text)
        # it lists the claim as refused, and the customer was told that the bank pays
        claim.action_refused_by_bank()
        self.assertEqual(claim.state, "unpaid")
        self.assertIn("ask the customer to pay", self.get_notes(claim.move_id)[0])

    def test_parts_are_claimed_on_their_days(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (20, 50)
                ],
            }
        )
        move = self.make_invoice(invoice_payment_term_id=term.id)
        claims = self.send_invoice(move)
        today = self.giro._get_today()
        self.assertEqual(
            sorted(claims.mapped("due_date")),
            [today + timedelta(days=20), today + timedelta(days=50)],
        )
        self.assertEqual(claims.mapped("amount"), [62.5, 62.5])

    # === WHAT THE BANK WOULD NOT TAKE === #

    def assertNotClaimed(self, move, sentence):
        self.assertFalse(self.send_invoice(move))
        [note] = self.get_notes(move)
        self.assertIn(sentence, note)
        self.assertTrue(move.is_move_sent)
        self.assertFalse(move.einvoice_notice)

    def test_due_dates(self):
        self.assertNotClaimed(self.make_invoice(days=2), "another way")
        self.assertNotClaimed(self.make_invoice(days=380), "another way")

    def test_a_reference_that_is_no_kid(self):
        move = self.make_invoice(payment_reference="Hello")
        self.assertNotClaimed(move, "no KID")

    def test_the_kid_of_somebody_else(self):
        ola = self.kari.copy({"name": "Ola Nordmann"})
        kid = self.make_kid(ola, "7")
        self.assertNotClaimed(self.make_invoice(payment_reference=kid), "wrong account")

    def test_another_account(self):
        other = self.account.copy({"acc_number": "86011117955"})
        move = self.make_invoice(partner_bank_id=other.id)
        self.assertNotClaimed(move, "not the account of AvtaleGiro")

    # === WHAT CHANGES === #

    def test_paid_before_the_file(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.pay(move)
        self.assertEqual(claim.state, "cancelled")
        self.assertFalse(self.giro.sudo()._write_claims())

    def test_paid_another_way_is_cancelled_at_the_bank(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.carry()
        self.pay(move)
        self.assertEqual(claim.state, "to_cancel")
        [assignment] = self.carry().assignments
        [row] = assignment.transactions
        self.assertEqual(int(row.type), 93)
        self.assertEqual(
            (row.kid, row.amount, row.date),
            (move.payment_reference, 125, move.invoice_date_due),
        )
        self.assertEqual(claim.state, "cancelled")

    def test_credited_in_full(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.carry()
        refund = move._reverse_moves(
            [{"date": move.date, "invoice_date": move.date}], cancel=True
        )
        self.assertTrue(refund)
        self.assertEqual(claim.state, "to_cancel")

    def test_a_part_that_was_paid_is_not_asked_for_again(self):
        move = self.make_invoice()
        old = self.send_invoice(move)
        self.carry()
        self.pay(move, amount=25)
        new = move.avtalegiro_claim_ids - old
        self.assertEqual((old.state, new.state), ("to_cancel", "waiting"))
        self.assertEqual(new.amount, 100)
        cancelled, sent = self.carry().assignments
        self.assertEqual(cancelled.transactions[0].amount, 125)
        self.assertEqual(sent.transactions[0].amount, 100)

    def test_another_due_date(self):
        move = self.make_invoice()
        old = self.send_invoice(move)
        self.carry()
        later = move.invoice_date_due + timedelta(days=14)
        move.invoice_date_due = later
        new = move.avtalegiro_claim_ids - old
        self.assertEqual((old.state, new.state), ("to_cancel", "waiting"))
        self.assertEqual(new.due_date, later)

    def test_too_late_to_cancel(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.carry()
        now = fields.Datetime.now().astimezone()
        with patch(DEADLINE, lambda rail, due: now - timedelta(minutes=1)):
            self.pay(move)
        self.assertEqual(claim.state, "claimed")
        [note] = self.get_notes(move)
        self.assertIn("too late to cancel", note)
        late = move.invoice_date_due + timedelta(days=20)
        with patch.object(type(self.giro), "_get_today", lambda channel: late):
            self.giro.sudo()._look_for_unpaid()
        self.assertEqual(claim.state, "paid")

    def test_it_becomes_too_late_before_the_file(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.carry()
        self.pay(move)
        self.assertEqual(claim.state, "to_cancel")
        now = fields.Datetime.now().astimezone()
        with patch(DEADLINE, lambda rail, due: now - timedelta(minutes=1)):
            self.assertFalse(self.giro.sudo()._write_claims())
        self.assertEqual(claim.state, "claimed")
        self.assertIn("too late to cancel", self.get_notes(move)[0])

    def test_the_bank_paid(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.carry()
        with patch.object(
            type(self.giro), "_get_today", lambda channel: move.invoice_date_due
        ):
            self.pay(move)
        self.assertEqual(claim.state, "paid")
        self.assertFalse(self.get_notes(move))

    def test_the_bank_did_not_pay(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.carry()
        late = move.invoice_date_due + timedelta(days=20)
        with patch.object(type(self.giro), "_get_today", lambda channel: late):
            self.giro.sudo()._look_for_unpaid()
        self.assertEqual(claim.state, "unpaid")
        self.assertIn("no money has come", self.get_notes(move)[0])

    def test_the_mandate_ends(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.carry()
        self.bring(("2", self.make_kid(), "N"), number="0000009")
        self.assertEqual(claim.state, "unpaid")
        self.assertIn("ask the customer to pay", self.get_notes(move)[0])
        self.assertFalse(move.einvoice_notice)

    def test_an_invoice_is_not_changed_under_a_claim(self):
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.carry()
        with self.assertRaisesRegex(UserError, "cancel the claim first"):
            move.button_draft()
        claim.action_cancel()
        self.assertEqual(claim.state, "to_cancel")
        move.button_draft()

    # === EFAKTURA BESIDE IT === #

    def test_with_efaktura_the_bank_tells_nothing(self):
        """Combined with eFaktura the code is always 02 (Nets, notification of payers),
        also where the payer wants the bank's notice."""
        self.bring(("1", self.make_kid(), "J"), number="0000002")
        self.channel.environment = "prod"
        self.approve_issuer()
        agreement = (
            self.env["einvoice.agreement"]
            .sudo()
            .create({"channel_id": self.channel.id, "recipient_address": "9200000001"})
        )
        agreement._put_in_force({agreement: self.kari})
        move = self.make_invoice()
        [result] = move.send_einvoice()
        self.assertEqual(result["state"], "to_send")
        self.assertClaimed(move)
        self.assertFalse(move.avtalegiro_claim_ids.is_told_by_bank)
        [told] = self.fetch("invoice")
        self.assertTrue(told["avtalegiro"])
        self.assertEqual(told["kid"], move.payment_reference)
        [row] = self.carry().assignments[0].transactions
        self.assertEqual(int(row.type), 2)
        self.assertIn("your bank pays this invoice", move.einvoice_notice)

    def test_an_efaktura_that_cannot_go_leaves_no_claim(self):
        self.channel.environment = "prod"
        self.approve_issuer()
        agreement = self.env["einvoice.agreement"].sudo()
        agreement = agreement.create(
            {"channel_id": self.channel.id, "recipient_address": "9200000001"}
        )
        agreement._put_in_force({agreement: self.kari})
        move = self.make_invoice(days=1)
        [result] = move.send_einvoice()
        self.assertFalse(result["state"])
        self.assertFalse(move._avtalegiro_get_open())

    # === TEST === #

    def test_what_was_tried_counts_for_nothing(self):
        trial = self.giro.copy({"name": "Trial", "avtalegiro_unit": "55555555"})
        self.giro.environment = "disabled"
        trial.environment = "test"
        content = self.make_file(("1", self.make_kid(), "N"))
        trial.import_message("mandates.txt", base64.b64encode(content).decode())
        move = self.make_invoice()
        claim = self.send_invoice(move)
        self.assertEqual((claim.environment, claim.state), ("test", "waiting"))
        self.assertFalse(move.einvoice_notice)
        trial.environment = "prod"
        self.assertEqual(claim.state, "cancelled")
        self.assertEqual(trial.mandate_ids.state, "ended")

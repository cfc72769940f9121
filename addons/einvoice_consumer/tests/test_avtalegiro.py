import base64
from datetime import timedelta
from unittest.mock import patch

import netsgiro

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_norway import NorwayCommon

ATTENTION = "einvoice_consumer.mail_activity_type_avtalegiro"
DEADLINE = (
    "odoo.addons.einvoice_consumer.adapters.avtalegiro.Avtalegiro"
    ".get_last_cancel_moment"
)


class AvtalegiroCommon(NorwayCommon):
    """Kari has given her bank a mandate; invoices go to her by e-mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.environment = "disabled"
        cls.giro = cls.env["einvoice.channel"].create(
            {
                "name": "AvtaleGiro",
                "rail": "avtalegiro",
                "company_id": cls.company.id,
                "bank_account_ids": cls.account.ids,
                "avtalegiro_unit": "55555555",
                "avtalegiro_number": 41,
                "environment": "prod",
            }
        )
        cls.kari.invoice_sending_method = "email"

    @classmethod
    def make_kid(cls, partner=None, invoice="0", layout=None):
        """A KID as a bank registers it with a mandate."""
        layout = layout or cls.layout
        return layout._make(partner or cls.kari, invoice)

    @classmethod
    def make_file(cls, *rows, number="0000001"):
        """A bank's file of mandates; rows are ``(registration type, KID, J or N)``."""
        body = [
            f"NY219470{place:07}{kind}{kid:>25}{notice}{'0' * 38}"
            for place, (kind, kid, notice) in enumerate(rows, start=1)
        ]
        return "\r\n".join(
            [
                f"NY00001000008080{number}55555555{'0' * 49}",
                f"NY212420000000000000000286011117947{'0' * 45}",
                *body,
                f"NY212488{len(rows):08}{len(rows) + 2:08}{'0' * 56}",
                f"NY000089{len(rows):08}{len(rows) + 4:08}{'0' * 17}190426{'0' * 33}",
                "",
            ]
        ).encode()

    @classmethod
    def bring(cls, *rows, number="0000001"):
        content = base64.b64encode(cls.make_file(*rows, number=number)).decode()
        [taken] = cls.giro.import_message("mandates.txt", content)
        return cls.env["einvoice.document"].browse(taken["document_id"])

    @classmethod
    def get_mandate(cls, kid=None):
        return cls.env["einvoice.avtalegiro.mandate"].search(
            [("channel_id", "=", cls.giro.id), ("kid", "=", kid or cls.make_kid())]
        )

    @classmethod
    def send_invoice(cls, move, **settings):
        cls.env["account.move.send"]._generate_and_send_invoices(move, **settings)
        return move.avtalegiro_claim_ids

    def carry(self):
        """Write the file, carry it to the bank, and read it there."""
        document = self.giro.sudo()._write_claims()
        self.giro.confirm_outgoing(document.ids)
        return netsgiro.parse(document._get_bytes().decode("iso-8859-1"))

    def run_job(self):
        with self.enter_registry_test_mode():
            job = self.env.ref("einvoice_consumer.ir_cron_einvoice_claims")
            job.method_direct_trigger()

    def get_notes(self, move):
        kind = self.env.ref(ATTENTION)
        return move._get_activities(kind).mapped("note")

    def pay(self, move, amount=None, day=None):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        values = {"payment_date": day or self.giro._get_today()}
        if amount:
            values["amount"] = amount
        wizard.create(values).action_create_payments()


@tagged("post_install", "-at_install")
class TestMandates(AvtalegiroCommon):
    """What banks tell of mandates, and whose they are."""

    def test_the_kid_tells_the_customer(self):
        document = self.bring(("1", self.make_kid(), "N"))
        self.assertEqual(
            (document.type, document.state), ("avtalegiro_mandates", "processed")
        )
        mandate = self.get_mandate()
        self.assertEqual(mandate.state, "active")
        self.assertEqual(mandate.partner_id, self.kari)
        self.assertFalse(mandate.wants_notice)
        self.bring(("1", self.make_kid(), "J"), number="0000002")
        self.assertTrue(mandate.wants_notice)

    def test_the_kid_of_an_invoice(self):
        move = self.make_invoice()
        self.bring(("1", move.payment_reference, "N"))
        self.assertEqual(self.get_mandate(move.payment_reference).partner_id, self.kari)

    def test_a_kid_that_tells_nobody_waits_for_a_person(self):
        self.bring(("1", "12345678901234565", "N"))
        mandate = self.get_mandate("12345678901234565")
        self.assertEqual(mandate.state, "to_review")
        self.assertIn("tells no customer", mandate.reason)
        self.assertTrue(mandate.activity_ids)
        wizard = self.env["einvoice.avtalegiro.mandate.wizard"].create(
            {"mandate_id": mandate.id, "partner_id": self.kari.id}
        )
        wizard.action_allocate()
        self.assertEqual((mandate.state, mandate.partner_id), ("active", self.kari))
        self.assertFalse(mandate.activity_ids)

    def test_it_is_looked_for_again(self):
        other = self.layout.copy({"name": "Water", "part_ids": False})
        other.part_ids = [
            Command.create({"kind": "fixed", "digits": "9", "digit_count": 1}),
            Command.create({"kind": "customer", "digit_count": 6}),
        ]
        kid = self.make_kid(layout=other)
        other.active = False
        self.bring(("1", kid, "N"))
        mandate = self.get_mandate(kid)
        self.assertEqual(mandate.state, "to_review")
        other.active = True
        mandate.action_find_customer()
        self.assertEqual(mandate.partner_id, self.kari)

    def test_what_the_payer_took_back_ends(self):
        self.bring(("1", self.make_kid(), "N"))
        self.bring(("2", self.make_kid(), "N"), number="0000002")
        self.assertEqual(self.get_mandate().state, "ended")
        self.bring(("1", self.make_kid(), "N"), number="0000003")
        self.assertEqual(self.get_mandate().state, "active")

    def test_a_list_of_all_ends_what_is_missing(self):
        ola = self.kari.copy({"name": "Ola Nordmann"})
        self.bring(("1", self.make_kid(), "N"), ("1", self.make_kid(ola), "J"))
        self.bring(("0", self.make_kid(ola), "J"), number="0000002")
        self.assertEqual(self.get_mandate().state, "ended")
        self.assertEqual(self.get_mandate(self.make_kid(ola)).state, "active")

    def test_a_broken_file_is_parked_whole(self):
        data = self.make_file(("1", self.make_kid(), "N"))[:-40]
        [taken] = self.giro.import_message("x.txt", base64.b64encode(data).decode())
        self.assertEqual(taken["state"], "error")
        self.assertIn("ask the bank to send it again", taken["message"])
        self.assertFalse(self.get_mandate())

    def test_mandates_of_another_account_are_refused(self):
        data = self.make_file(("1", self.make_kid(), "N")).replace(
            b"86011117947", b"86011117955"
        )
        [taken] = self.giro.import_message("x.txt", base64.b64encode(data).decode())
        self.assertIn("on the right channel", taken["message"])

    def test_a_line_brings_files_of_several_channels(self):
        line = self.env["receivables.connection"].create(
            {
                "name": "Line",
                "way": "manual",
                "environment": "prod",
                "company_id": self.company.id,
            }
        )
        self.channel.environment = "prod"
        (self.channel | self.giro).connection_id = line
        taken = line.sudo()._take_in(
            "mandates.txt", self.make_file(("1", self.make_kid(), "N"))
        )
        self.assertEqual(taken.channel_id, self.giro)
        self.assertEqual(self.get_mandate().state, "active")

    def test_payments_beside_mandates_are_left_to_the_bank_journal(self):
        """Nets may send both in one file, of which nothing is lost."""
        start, *mandates, _end, _blank = (
            self.make_file(("1", self.make_kid(), "N")).decode().split("\r\n")
        )
        data = "\r\n".join(
            [
                start,
                "NY090020001008566000000286011117947" + "0" * 45,
                "NY09153000000011911261320101464" + f"{self.make_kid():>43}000000",
                "NY09153100000010963682719409903856"
                + f"{'0' * 7}19112699990512341{'0' * 22}",
                "NY0900880000000100000004" + "0" * 17 + "191126" * 3 + "0" * 21,
                *mandates,
                "NY0000890000000200000009" + "0" * 17 + "191126" + "0" * 33,
                "",
            ]
        ).encode()
        [taken] = self.giro.import_message("ocr.txt", base64.b64encode(data).decode())
        self.assertEqual(taken["state"], "processed")
        self.assertIn("are for the bank journal", taken["message"])
        self.assertEqual(self.get_mandate().state, "active")
        document = self.env["einvoice.document"].browse(taken["document_id"])
        self.assertEqual(document._get_bytes(), data)
        self.assertNotIn(
            "bank journal",
            self.bring(("1", self.make_kid(), "N"), number="0000003").summary,
        )

    def test_what_a_channel_needs(self):
        self.giro.environment = "disabled"
        self.giro.write({"avtalegiro_unit": "5", "bank_account_ids": False})
        self.journal.invoice_reference_model = "odoo"
        self.giro.invalidate_recordset(["checklist"])
        self.assertEqual(
            set(self.giro.checklist), {"avtalegiro_unit", "accounts", "reference"}
        )
        with self.assertRaisesRegex(ValidationError, "customer unit"):
            self.giro.environment = "prod"


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

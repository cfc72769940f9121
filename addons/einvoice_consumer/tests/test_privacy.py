import io
import json
import zipfile
from datetime import date
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NORTH, EinvoiceCommon, acknowledgement, receiver_info

# The specimen of the Digital and Population Data Services Agency.
IDENTITY_CODE = "131052-308T"
LEDGER = "odoo.addons.einvoice_consumer"


class PrivacyCommon(EinvoiceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        companies = {
            "company_id": cls.company.id,
            "company_ids": [Command.set(cls.company.ids)],
        }
        cls.user = new_test_user(
            cls.env,
            "privacy_user",
            groups="base.group_allow_export,"
            "einvoice_consumer.einvoice_consumer_group_user",
            **companies,
        )
        cls.auditor = new_test_user(
            cls.env,
            "privacy_auditor",
            groups="base.group_user,account.group_account_readonly",
            **companies,
        )

    def order_with_code(self, **values):
        """An order in which the consumer typed the identity code."""
        return self.order(identifiers=(("03", IDENTITY_CODE),), **values)

    def assertNothingPersonal(self, *texts):
        for text in texts:
            self.assertNotIn(IDENTITY_CODE, str(text))
            self.assertNotIn(NORTH[0], str(text))


@tagged("post_install", "-at_install")
class TestPrivacy(PrivacyCommon):
    """Identity codes and routing addresses are for those who need them."""

    def test_lists_and_their_export_show_the_ends(self):
        agreement = self.order_with_code().with_user(self.user)
        shown = agreement.export_data(
            ["consumer_name", "address_shown", "identifiers_text"]
        )["datas"]
        self.assertEqual(shown, [["Kerttu Talvela", "FI49••••••8730", "••••••"]])
        for name in ("recipient_address", "identifiers"):
            with self.assertRaises(AccessError):
                agreement.export_data([name])
            with self.assertRaises(AccessError):
                agreement.search([(name, "!=", False)])
        found = agreement.name_search(NORTH[0])
        self.assertFalse(found)
        shown = agreement.with_user(self.bookkeeper)
        self.assertEqual(shown.address_shown, NORTH[0])
        self.assertEqual(shown.identifiers_text, IDENTITY_CODE)

    def test_the_comparison_shows_no_code_to_who_decides(self):
        agreement = self.order_with_code(name="K. Talvela", address=NORTH)
        candidate = agreement.candidate_ids[:1]
        if not candidate:
            candidate = self.env["einvoice.agreement.candidate"]._propose_partner(
                agreement.sudo(), self.kerttu
            )
        candidate = candidate.with_user(self.bookkeeper)
        self.assertIn(IDENTITY_CODE, candidate.evidence_html)
        candidate = candidate.with_user(self.user)
        self.assertNothingPersonal(candidate.evidence_html)
        self.assertIn("Kerttu Talvela", candidate.evidence_html)
        with self.assertRaises(AccessError):
            candidate.read(["evidence"])

    def test_a_message_shows_neither_and_is_not_carried_off(self):
        document = self.order_with_code().document_ids
        for who in (self.user, self.auditor):
            seen = document.with_user(who)
            self.assertNothingPersonal(seen.text, seen.address_shown)
            self.assertIn("Kerttu Talvela", seen.text)
            for name in ("content", "attachment_id", "recipient_address"):
                with self.assertRaises(AccessError):
                    seen.read([name])
            with self.assertRaises(AccessError):
                seen.action_download()
            file = document.attachment_id.with_user(who)
            with self.assertRaises(AccessError):
                file.read(["raw"])
        self.assertIn(IDENTITY_CODE, document.text)
        self.assertTrue(document.attachment_id.with_user(self.bookkeeper).raw)

    def test_who_carries_messages_must_see_them(self):
        self.order()
        self.send(self.make_invoice())
        channel = self.channel.with_user(self.user)
        with self.assertRaises(AccessError):
            channel.fetch_outgoing()
        self.user.sudo().group_ids += self.env.ref(
            "einvoice_consumer.einvoice_consumer_group_private"
        )
        self.assertEqual(len(channel.fetch_outgoing()), 1)

    def test_no_history_keeps_them(self):
        agreement = self.order_with_code(name="K. Talvela")
        agreement.allocate(self.kerttu.id)
        document = self.send_by_hand(self.make_invoice())
        text = f"Receiver {NORTH[0]} ({IDENTITY_CODE}) is not known"
        self.take_in(acknowledgement(document, code="6", text=text))
        self.assertEqual(document.state, "rejected")
        self.assertIn("Receiver FI49••••••8730 (••••••)", document.summary)
        records = agreement, document, document.move_id, self.kerttu
        for record in records:
            messages = record.sudo().message_ids
            self.assertNothingPersonal(
                *messages.mapped("body"),
                *messages.tracking_value_ids.mapped("new_value_char"),
                *record.sudo().activity_ids.mapped("note"),
            )
        self.assertIn("Kerttu Talvela", "".join(agreement.message_ids.mapped("body")))
        self.assertNothingPersonal(document.move_id.einvoice_summary)

    def test_no_sentence_of_what_was_parked_tells_them(self):
        broken = receiver_info(identifiers=(("03", IDENTITY_CODE),)).replace(
            b"<MessageActionCode>ADD<",
            b"<MessageActionCode>%s<" % IDENTITY_CODE.encode(),
        )
        [taken] = self.take_in(broken)
        self.assertEqual(taken["state"], "error")
        self.assertIn("••••••", taken["message"])
        document = self.env["einvoice.document"].browse(taken["document_id"])
        self.assertNothingPersonal(
            taken["message"], *document.activity_ids.mapped("note")
        )

    def test_no_log_tells_of_an_unexpected_fault_with_a_value(self):
        def fail(_self, _channel, _orders):
            raise ValueError(f"nobody thought of {IDENTITY_CODE} and {NORTH[0]}")

        self.patch(self.registry["einvoice.agreement"], "_process_orders", fail)
        with self.assertLogs(LEDGER, "ERROR") as logs:
            [taken] = self.take_in(receiver_info())
        self.assertEqual(taken["state"], "error")
        self.assertIn("ValueError", logs.output[0])
        self.assertIn("in _process_receiver_info", logs.output[0])
        self.assertNotIn("nobody thought of", logs.output[0])
        self.assertNothingPersonal(*logs.output)

    # === RETENTION === #

    def purge(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "einvoice_consumer.ir_cron_einvoice_purge"
            ).method_direct_trigger()
        self.env.invalidate_all()

    def test_an_order_is_forgotten_when_it_has_been_over_for_long_enough(self):
        agreement = self.order_with_code(name="K. Talvela")
        agreement.allocate(self.kerttu.id)
        document = agreement.document_ids
        self.assertFalse(agreement.purge_on)
        agreement.end()
        ended = fields.Datetime.to_datetime("2024-01-31 12:00:00")
        agreement.sudo().ended_at = ended
        self.assertEqual(agreement.purge_on, date(2026, 1, 31))
        self.assertEqual(document.purge_on, date(2026, 1, 31))
        self.channel.order_months = 25
        self.assertEqual(agreement.purge_on, date(2024 + 2, 2, 28))

        digest, file = document.sha256, document.attachment_id
        later = fields.Datetime.to_datetime("2026-02-28 12:00:00")
        with patch.object(fields.Date, "context_today", return_value=later.date()):
            self.purge()
        self.assertFalse(agreement.purged_at, "it is kept until the end of the day")
        self.purge_at(date(2026, 3, 1))
        self.assertTrue(agreement.purged_at)
        for name in ("recipient_address", "identifiers", "consumer_name"):
            self.assertFalse(agreement[name])
        self.assertFalse(agreement.message_ids)
        self.assertFalse(agreement.candidate_ids)
        self.assertFalse(file.raw)
        self.assertEqual((document.sha256, document.state), (digest, "processed"))
        self.assertEqual(document._get_bytes(), b"")
        # a repeat of what was forgotten is recognised, and stays forgotten
        again = self.order_with_code(name="K. Talvela")
        self.assertEqual(again, agreement)
        self.assertFalse(agreement.recipient_address)

    def purge_at(self, day):
        with patch.object(fields.Date, "context_today", return_value=day):
            self.purge()

    def test_an_invoices_message_is_kept_as_long_as_a_voucher(self):
        """Six years from the end of the year in which the financial year ended."""
        self.company.sudo().write(
            {"fiscalyear_last_month": "3", "fiscalyear_last_day": 31}
        )
        self.order()
        document = self.send_by_hand(self.make_invoice())
        today = fields.Date.today()
        ended_in = today.year + (today.month > 3)
        self.assertEqual(document.purge_on, date(ended_in + 6, 12, 31))
        self.purge_at(date(ended_in + 6, 12, 31))
        self.assertFalse(document.purged_at)
        self.purge_at(date(ended_in + 7, 1, 1))
        self.assertTrue(document.purged_at)
        self.assertEqual(document._get_bytes(), b"")
        self.assertTrue(document.sha256)
        self.assertFalse(document.recipient_address)
        self.assertEqual(document.move_id.einvoice_state, "sent")

    def test_what_was_never_understood_is_forgotten_too(self):
        [taken] = self.take_in(b"<Nonsense>%s</Nonsense>" % IDENTITY_CODE.encode())
        document = self.env["einvoice.document"].browse(taken["document_id"])
        self.assertTrue(document.activity_ids)
        self.purge_at(fields.Date.add(fields.Date.today(), months=24, days=1))
        self.assertTrue(document.purged_at)
        self.assertEqual(document.state, "handled")
        self.assertFalse(document.activity_ids)

    def test_an_order_in_force_is_kept(self):
        agreement = self.order()
        self.assertEqual(agreement.state, "active")
        self.purge_at(date(2090, 1, 1))
        self.assertEqual(agreement.recipient_address, NORTH[0])
        self.assertTrue(agreement.document_ids.filtered("agreement_id")._get_bytes())


@tagged("post_install", "-at_install")
class TestPersonExport(PrivacyCommon, HttpCase):
    """One button on the customer gives one file, to who may have it."""

    def fetch(self, partner, user):
        user.sudo().password = "privacy-of-consumers"
        self.authenticate(user.login, "privacy-of-consumers")
        action = partner.action_export_einvoice_data()
        return self.url_open(action["url"])

    def test_the_file_holds_all_of_one_person_and_nobody_else(self):
        agreement = self.order_with_code(name="K. Talvela")
        agreement.allocate(self.kerttu.id)
        document = self.send_by_hand(self.make_invoice())
        other = self.kerttu.copy({"name": "Otso Karhu", "ref": "80001"})
        self.order(
            name="Otso Karhu",
            identifiers=(("09", "80001"),),
            address=("FI5810171000000122", "OKOYFIHH"),
            message_id="RI-2",
        )
        answer = self.fetch(self.kerttu, self.bookkeeper)
        self.assertEqual(answer.status_code, 200)
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        told = json.loads(archive.read("einvoices.json"))
        self.assertEqual(told["customer"]["name"], "Kerttu Talvela")
        [order] = told["agreements"]
        self.assertEqual(order["recipient_address"], NORTH[0])
        self.assertEqual(order["identifiers"][0]["value"], IDENTITY_CODE)
        self.assertEqual(
            {message["type"] for message in told["messages"]},
            {"receiver_info", "invoice"},
        )
        self.assertEqual(
            archive.read(f"messages/{document.id}.xml"), document._get_bytes()
        )
        self.assertNotIn(other.name.encode(), answer.content)
        self.assertEqual(len(archive.namelist()), 3)
        self.assertIn("exported", self.kerttu.message_ids[0].body)

    def test_who_may_not_see_it_gets_none(self):
        self.order()
        partner = self.kerttu.with_user(self.user)
        with self.assertRaises(AccessError):
            partner.action_export_einvoice_data()
        self.user.sudo().password = "privacy-of-consumers"
        self.authenticate(self.user.login, "privacy-of-consumers")
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/einvoice_consumer/person/{self.kerttu.id}")
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn(NORTH[0], answer.text)

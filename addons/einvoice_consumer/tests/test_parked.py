import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import EinvoiceCommon, acknowledgement, receiver_info

PARKED = "einvoice_consumer.mail_activity_type_parked"
XSD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
    '<xs:element name="FinvoiceReceiverInfo"><xs:complexType><xs:sequence>'
    '<xs:element name="{}" type="xs:anyType"/>'
    '<xs:any processContents="skip" minOccurs="0" maxOccurs="99"/>'
    '</xs:sequence><xs:attribute name="Version"/></xs:complexType></xs:element>'
    "</xs:schema>"
)


@tagged("post_install", "-at_install")
class TestParked(EinvoiceCommon):
    """What came in and was not understood is told, and seen to."""

    def park(self, **values):
        [result] = self.take_in(receiver_info(**values))
        document = self.env["einvoice.document"].browse(result["document_id"])
        self.assertEqual(document.state, "error")
        return document

    def load(self, element, **values):
        attachment = self.env["ir.attachment"].create(
            {"name": "info.xsd", "raw": XSD.format(element).encode()}
        )
        return self.env["einvoice.schema"].create(
            {
                "name": "Receiver info",
                "root": "FinvoiceReceiverInfo",
                "attachment_ids": attachment.ids,
                **values,
            }
        )

    def test_it_is_told_once_and_counted(self):
        document = self.park(subject="OTHER")
        self.take_in(receiver_info(subject="OTHER"))
        activity = document.activity_ids
        self.assertEqual(activity.activity_type_id, self.env.ref(PARKED))
        self.assertEqual(activity.user_id, self.channel.user_id)
        self.assertIn("OTHER", activity.note)
        self.assertEqual(self.channel.parked_count, 1)

    def test_it_is_told_to_somebody_who_is_there(self):
        self.channel.user_id = new_test_user(
            self.env,
            "gone",
            groups="einvoice_consumer.einvoice_consumer_group_user",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.channel.user_id.active = False
        self.company.receivables_user_id = self.env.user
        self.assertEqual(self.park(subject="X1").activity_ids.user_id, self.env.user)

    def test_processing_again_after_the_cause_was_removed(self):
        document = self.park(subject="OTHER")
        self.channel.payment_subject = "OTHER"
        document.action_process_again()
        self.assertEqual(document.state, "processed")
        self.assertFalse(document.activity_ids)
        self.assertEqual(self.channel.agreement_ids.state, "active")

    def test_the_bank_sends_it_again_after_the_cause_was_removed(self):
        document = self.park(subject="OTHER")
        self.channel.payment_subject = "OTHER"
        [result] = self.take_in(receiver_info(subject="OTHER"))
        self.assertEqual(result["document_id"], document.id)
        self.assertEqual(result["state"], "processed")

    def test_a_conflict_stays_one_however_often_it_is_processed(self):
        self.take_in(receiver_info())
        [result] = self.take_in(receiver_info(name="Somebody Else"))
        document = self.env["einvoice.document"].browse(result["document_id"])
        document.action_process_again()
        self.assertEqual(document.state, "error")
        self.assertIn("other contents", document.summary)
        self.assertTrue(document.activity_ids)
        self.assertEqual(self.channel.agreement_ids.consumer_name, "Kerttu Talvela")

    def test_what_cannot_be_read_keeps_its_reason(self):
        [result] = self.take_in(receiver_info()[:-40])
        document = self.env["einvoice.document"].browse(result["document_id"])
        document.action_process_again()
        self.assertEqual(document.state, "error")
        self.assertEqual(document.summary, result["message"])
        self.assertIn("ends in the middle", document.summary)

    def test_nobody_here_is_told_to_correct_the_banks_message(self):
        good = receiver_info()
        for data in (
            receiver_info(action="add"),
            good.replace(
                b"<BuyerOrganisationName>Kerttu Talvela", b"<BuyerOrganisationName>"
            ),
        ):
            [result] = self.take_in(data)
            self.assertEqual(result["state"], "error")
            self.assertIn("Ask the bank", result["message"])
            for word in ("correct it", "fill it in"):
                self.assertNotIn(word, result["message"])

    def test_handled_by_a_person(self):
        document = self.park(subject="OTHER")
        document.action_handled()
        self.assertEqual(document.state, "handled")
        self.assertFalse(document.activity_ids)
        self.assertEqual(self.channel.parked_count, 0)

    def test_only_users_of_the_addon_may(self):
        document = self.park(subject="OTHER")
        biller = new_test_user(
            self.env,
            "biller",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        for action in ("action_process_again", "action_handled", "action_retry"):
            with self.assertRaises(AccessError):
                getattr(document.with_user(biller), action)()

    def test_sentences_are_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("fi_FI")
        document = self.park(subject="OTHER")
        finnish = document.with_context(lang="fi_FI").summary
        self.assertIn("OTHER", finnish)
        self.assertNotEqual(finnish, document.summary)

    def test_an_unforeseen_fault_is_parked_too(self):
        with (
            patch.object(
                self.env.registry["einvoice.agreement"],
                "_process_orders",
                side_effect=ZeroDivisionError,
            ),
            mute_logger("odoo.addons.einvoice_consumer.models.document.inbox"),
        ):
            document = self.park()
        self.assertTrue(document.activity_ids)
        document.action_process_again()
        self.assertEqual(document.state, "processed")

    def test_a_name_cannot_forge_a_line_of_a_log(self):
        name = "a.xml\n2026-11-28 WARNING forged\u2028"
        content = base64.b64encode(receiver_info()).decode()
        [result] = self.channel.import_message(name, content)
        document = self.env["einvoice.document"].browse(result["document_id"])
        self.assertEqual(document.name, "a.xml\ufffd2026-11-28 WARNING forged\ufffd")

    # === FILES THAT ARE NO GOOD === #

    def test_broken_files_are_kept_with_a_remedy(self):
        good = receiver_info()
        for name, data in (
            ("garbage", b"\x00\xff garbage"),
            ("cut", good[: len(good) // 2]),
            ("doctype", good.replace(b"?><Finvoice", b"?><!DOCTYPE x><Finvoice", 1)),
            ("frame alone", good.split(b"<?xml")[0]),
            ("blank", b"   "),
            ("UTF-16", good.decode("iso-8859-15").encode("utf-16")),
        ):
            with self.subTest(name):
                results = self.take_in(data)
                self.assertTrue(results)
                self.assertTrue(all(r["state"] == "error" for r in results), results)
                self.assertTrue(all(r["message"] for r in results))
        empty = self.channel.sudo()._take_in("empty.xml", b"")
        self.assertEqual(empty.state, "error")
        self.assertTrue(empty.summary)
        self.assertFalse(self.channel.agreement_ids)

    def test_a_broken_message_does_not_cost_its_neighbours(self):
        eero = receiver_info(
            name="Eero", identifiers=[("09", "70022")], message_id="RI-2"
        )
        results = self.take_in(
            receiver_info() + eero[: len(eero) - 40] + receiver_info(message_id="RI-3")
        )
        self.assertIn("error", {result["state"] for result in results})
        self.assertEqual(
            [r["state"] for r in results if r["type"] == "receiver_info"],
            ["processed", "processed"],
        )

    def test_order_for_another_subject(self):
        [result] = self.take_in(receiver_info(subject="OTHER"))
        self.assertEqual(result["state"], "error")
        self.assertIn("OTHER", result["message"])

    # === SCHEMAS === #

    def test_a_message_is_explained_against_a_loaded_schema(self):
        document = self.park(subject="OTHER")
        self.assertFalse(document.findings)
        schema = self.load("Expected")
        document.invalidate_recordset()
        self.assertIn("FinvoiceReceiverInfo lacks Expected", document.findings)
        shown = document.with_context(bin_size=True).read(["findings", "text"])[0]
        self.assertIn("lacks Expected", shown["findings"])
        self.assertIn("<FinvoiceReceiverInfo", shown["text"])
        self.assertIn("Ask the bank", document.findings)
        schema.version = "9.9"  # the message says 2.0
        document.invalidate_recordset()
        self.assertFalse(document.findings)

    def test_a_schema_whose_files_are_gone_says_so(self):
        document = self.park(subject="OTHER")
        self.load("Expected").attachment_ids.unlink()
        document.invalidate_recordset()
        self.assertIn("cannot be used any more", document.findings)

    def test_a_schema_finds_nothing_wrong(self):
        document = self.park(subject="OTHER")
        self.load("MessageDetails")
        document.invalidate_recordset()
        self.assertIn("Nothing wrong", document.findings)

    def test_a_refused_invoice_is_explained_against_our_own_schema(self):
        self.order()
        document = self.send(self.make_invoice())
        self.channel.confirm_outgoing(document.ids)
        self.assertFalse(document.findings)
        self.take_in(acknowledgement(document, code="7", text="Schema"))
        self.assertIn("Nothing wrong", document.findings)
        broken = document._get_bytes().replace(b"EUR", b"NOK")
        with patch.object(
            self.env.registry["einvoice.document"], "_get_bytes", return_value=broken
        ):
            document.invalidate_recordset()
            self.assertIn("In /Finvoice/", document.findings)
            self.assertIn("Correct the invoice", document.findings)

    def test_files_that_are_no_schema_are_refused(self):
        with self.assertRaises(ValidationError):
            self.load("A", root="Other")
        attachment = self.env["ir.attachment"].create({"name": "a", "raw": b"x"})
        with self.assertRaises(ValidationError):
            self.load("A", attachment_ids=attachment.ids)

import base64

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_avtalegiro import AvtalegiroCommon


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

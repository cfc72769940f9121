import io
import json
import zipfile

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..formats import ebxml_frame
from .common import NORTH, SOUTH, EinvoiceCommon, acknowledgement


@tagged("post_install", "-at_install")
class TestProposal(EinvoiceCommon):
    """Consumers who get paper are asked by their banks (notification service
    guidelines, 2)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        codes = ("ndeafihh", "okoyfihh")
        banks = [
            cls.env.ref(f"einvoice_consumer.einvoice_intermediator_{code}").id
            for code in codes
        ]
        action = cls.channel.action_announce()
        wizard = cls.env[action["res_model"]].browse(action["res_id"])
        wizard.intermediator_ids = banks
        wizard.action_check()
        wizard.action_send()
        cls.channel.confirm_outgoing(cls.channel.document_ids.ids)
        # the consumers' own accounts, which lie at their banks by their numbers
        cls.aino = cls.make_customer("Aino Mäkinen", "70015", "FI5810171000000122")
        cls.onni = cls.make_customer("Onni Virta", "70016", "FI9757800750155448")
        cls.add_account(cls.kerttu, "FI4819503000000010")
        for partner in cls.kerttu | cls.aino | cls.onni:
            cls.make_invoice(partner)

    @classmethod
    def make_customer(cls, name, number, account):
        partner = cls.env["res.partner"].create({"name": name, "ref": number})
        if account:
            cls.add_account(partner, account)
        return partner

    @classmethod
    def add_account(cls, partner, number):
        cls.env["res.partner.bank"].create(
            {"partner_id": partner.id, "acc_number": number}
        )

    def open_wizard(self, **values):
        action = self.channel.action_propose()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard.write(values)
        return wizard

    def propose(self, **values):
        self.open_wizard(**values).action_propose()
        return self.channel.proposal_ids.sorted("id")

    def carry(self):
        waiting = self.channel.document_ids.filtered(lambda d: d.state == "to_send")
        self.channel.confirm_outgoing(waiting.ids)

    def refuse(self, proposal, code):
        class Sent:
            """What an acknowledgement names of a message."""

            message_id = proposal.message_id
            message_timestamp = proposal.document_id.message_timestamp
            recipient_address = "PROPOSAL"

        self.take_in(acknowledgement(Sent, code, "No", f"ACK-{proposal.id}"))

    # === WHO IS ASKED === #

    def test_who_is_asked(self):
        self.order(identifiers=[("09", "70014")])  # Kerttu has ordered
        nobody = self.make_customer("Ilman Tiliä", "1", False)
        company = self.make_customer("Yritys Oy", "2", "FI2112345600000785")
        company.is_company = True
        elsewhere = self.make_customer("Muu Pankki", "3", "FI4131313130000004")
        idle = self.make_customer("Ei Laskua", "4", "FI2112345600000785")
        for partner in nobody | company | elsewhere:
            self.make_invoice(partner)
        wizard = self.open_wizard()
        ours = self.kerttu | self.aino | self.onni | nobody | company | elsewhere | idle
        self.assertEqual(wizard.partner_ids & ours, self.aino | self.onni)
        self.assertIn("no account is known", wizard.left_out)
        self.assertIn("do not know the channel", wizard.left_out)
        wizard.partner_ids = self.aino
        wizard.action_propose()
        self.assertEqual(self.channel.proposal_ids.partner_id, self.aino)
        self.assertEqual(self.open_wizard().partner_ids & ours, self.onni)

    # === ASKING === #

    def test_each_bank_gets_one_file(self):
        proposals = self.propose(free_text="Saat laskut verkkopankkiin.")
        documents = proposals.document_id
        self.assertEqual(documents.mapped("type"), ["proposal"] * 2)
        [north] = documents.filtered(lambda d: self.kerttu in d.proposal_ids.partner_id)
        self.assertEqual(north.proposal_ids.partner_id, self.kerttu | self.aino)
        messages = list(ebxml_frame.split_messages(north._get_bytes()))
        found = {}
        for message in messages:
            root = etree.fromstring(message.payload)
            self.assertEqual(message.frame.receiver, "PROPOSAL")
            self.assertEqual(message.frame.receiver_intermediator, NORTH[1])
            self.assertEqual(root.findtext("RPFreeText"), "Saat laskut verkkopankkiin.")
            found[message.frame.message_id] = (
                root.findtext(".//InvoiceRecipientAddress"),
                root.findtext(".//SellerInvoiceIdentifier"),
                root.findtext(".//SenderInfoIdentifier"),
            )
        identifier = proposals.notification_id[0].identifier
        account = {self.kerttu: "FI4819503000000010", self.aino: "FI5810171000000122"}
        self.assertEqual(
            found,
            {
                each.message_id: (
                    account[each.partner_id],
                    each.partner_id.ref,
                    identifier,
                )
                for each in north.proposal_ids
            },
        )
        self.assertEqual(set(proposals.mapped("state")), {"to_send"})
        self.carry()
        self.assertEqual(set(proposals.mapped("state")), {"sent"})
        self.assertTrue(proposals[0].sent_at)

    def test_what_does_not_fit_is_told_and_costs_the_others_nothing(self):
        self.aino.ref = "x" * 36
        proposals = self.propose()
        odd = proposals.filtered(lambda p: p.partner_id == self.aino)
        self.assertEqual(odd.state, "cancelled")
        self.assertIn("The customer number", odd.summary)
        self.assertEqual(len(proposals.document_id), 2)

    def test_what_is_not_sent_asks_nobody(self):
        proposals = self.propose()
        proposals.document_id.sudo()._take_back("No.")
        self.assertEqual(set(proposals.mapped("state")), {"cancelled"})
        self.assertTrue(self.open_wizard().partner_ids & self.aino)
        # a program carries it all the same
        self.channel.confirm_outgoing(proposals.document_id.ids)
        self.assertEqual(set(proposals.mapped("state")), {"sent"})

    def test_a_message_that_could_not_be_sent_needs_somebody(self):
        document = self.propose().document_id[0]
        document.sudo()._give_up("The folder is gone.")
        self.assertIn("The folder is gone.", document.activity_ids.note)
        document.action_retry()
        self.channel.confirm_outgoing(document.ids)
        self.assertFalse(document.activity_ids)

    def test_who_was_never_asked_can_be_asked_again(self):
        """A person puts the message aside: nothing waits, and nobody is reminded."""
        proposals = self.propose()
        documents = proposals.document_id
        documents.sudo()._give_up("The folder is gone.")
        documents.action_handled()
        self.assertEqual(set(documents.mapped("state")), {"handled"})
        self.assertEqual(set(proposals.mapped("state")), {"cancelled"})
        self.assertFalse(documents.activity_ids)
        self.assertTrue(self.open_wizard().partner_ids & self.aino)

    def test_a_message_is_no_voucher(self):
        """It holds the account numbers of many, and is kept as long as orders are."""
        document = self.propose().document_id[0]
        made = document.create_date.date()
        self.assertEqual(document.purge_on, fields.Date.add(made, months=24))

    # === THE ANSWER === #

    def asked(self, partner):
        proposals = self.propose()
        self.carry()
        return proposals.filtered(lambda p: p.partner_id == partner)

    def test_who_accepts_is_allocated_by_itself(self):
        """The bank names our proposal; the consumer typed nothing."""
        proposal = self.asked(self.aino)
        values = {"street": "", "postcode": "", "town": "", "identifiers": ()}
        agreement = self.order(name="Aino Mäkinen", ref=proposal.message_id, **values)
        self.assertEqual(agreement.state, "active")
        self.assertEqual(agreement.partner_id, self.aino)
        self.assertEqual(
            (proposal.state, proposal.agreement_id), ("ordered", agreement)
        )
        self.assertIn("Our proposal to", agreement.candidate_ids.evidence_html)

    def test_somebody_else_who_answers_is_for_a_person(self):
        proposal = self.asked(self.aino)
        agreement = self.order(name="Onni Virta", ref=proposal.message_id)
        self.assertEqual(agreement.state, "to_review")
        self.assertEqual(proposal.state, "ordered")

    def test_who_declines(self):
        proposal = self.asked(self.onni)
        self.refuse(proposal, "806")
        self.assertEqual(proposal.state, "refused")
        self.assertIn("declined", proposal.summary)
        self.assertFalse(proposal.notification_id.activity_ids)
        # and orders after all
        self.order(name="Onni Virta", address=SOUTH, ref=proposal.message_id)
        self.assertEqual(proposal.state, "ordered")

    def test_a_bank_that_does_not_know_the_channel(self):
        proposal = self.asked(self.onni)
        self.refuse(proposal, "801")
        self.assertEqual(proposal.state, "refused")
        self.assertIn("does not know", proposal.notification_id.activity_ids.note)

    def test_it_is_told_to_a_consumer_who_asks_what_is_kept(self):
        proposal = self.asked(self.aino)
        content = self.aino.with_user(self.bookkeeper)._get_einvoice_export()[1]
        told = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("einvoices.json"))
        self.assertEqual(
            [(each["message_id"], each["state"]) for each in told["proposals"]],
            [(proposal.message_id, "sent")],
        )

    # === WHO MAY === #

    def test_who_may_propose(self):
        reader = new_test_user(
            self.env, "reader", groups="account.group_account_readonly"
        )
        with self.assertRaises(AccessError):
            self.channel.with_user(reader).action_propose()
        with self.assertRaises(AccessError):
            self.propose()[0].with_user(self.env.user).state = "ordered"

    def test_no_bank_knows_the_channel(self):
        channel = self.channel.copy({"name": "New", "environment": "prod"})
        with self.assertRaisesRegex(UserError, "announce it"):
            channel.action_propose()

from ast import literal_eval
from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.tests import tagged

from .common import EinvoiceCommon, acknowledgement


@tagged("post_install", "-at_install")
class TestOverview(EinvoiceCommon):
    """What the overview counts, and how invoices reached their consumers."""

    def open_messages(self, name):
        """Click a number of the overview; return the messages that are shown."""
        channel = self.channel.with_context(**{f"search_default_{name}": 1})
        action = channel.action_view_documents()
        self.assertEqual(action["context"], {f"search_default_{name}": 1})
        views = self.env["einvoice.document"].get_views([(False, "search")])
        [shown] = etree.fromstring(views["views"]["search"]["arch"]).xpath(
            f"//filter[@name='{name}']/@domain"
        )
        domain = [*action["domain"], *literal_eval(shown)]
        return self.env["einvoice.document"].search(domain)

    def test_each_number_opens_what_it_counts(self):
        self.order()
        early, late, refused = (
            self.send_by_hand(self.make_invoice()) for _number in range(3)
        )
        self.take_in(acknowledgement(refused, code="6"))
        waiting = self.send(self.make_invoice())
        now = fields.Datetime.now()
        early.sudo().write({"sent_at": now - timedelta(days=9)})
        early.sudo()._presume_delivered()
        long_ago = self.send_by_hand(self.make_invoice())
        long_ago.sudo().write({"sent_at": now - timedelta(days=40)})
        long_ago.sudo()._presume_delivered()
        counts = {
            "sent_today": late | refused,
            "silent": late,
            "presumed": early,
            "waiting": waiting,
        }
        self.channel.invalidate_recordset()
        for name, documents in counts.items():
            with self.subTest(name):
                self.assertEqual(self.open_messages(name), documents.sorted())
                self.assertEqual(self.channel[f"{name}_count"], len(documents))

    def by_month(self):
        """What the pivot shows of this company."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "einvoice_consumer.account_move_action_ways"
        )
        found = self.env["account.move"].formatted_read_group(
            [*literal_eval(action["domain"]), ("journal_id", "=", self.journal.id)],
            ["einvoice_way"],
            ["__count"],
        )
        return {group["einvoice_way"]: group["__count"] for group in found}

    def send_by(self, move, *methods):
        self.env["account.move.send"]._generate_and_send_invoices(
            move, sending_methods=[*methods]
        )

    def test_an_invoice_counts_for_the_way_it_took_last(self):
        before = self.make_invoice()
        self.assertFalse(before.einvoice_way)
        self.send_by(before, "email")
        self.assertEqual(before.einvoice_way, "email")
        printed = self.make_invoice()
        self.send_by(printed, "manual")
        self.assertEqual(printed.einvoice_way, "post")
        self.order()
        move = self.make_invoice()
        document = self.send(move)
        self.assertFalse(move.einvoice_way, "the bank does not have it yet")
        self.channel.confirm_outgoing(document.ids)
        self.assertEqual(move.einvoice_way, "netbank")
        self.assertEqual(self.by_month(), {"email": 1, "post": 1, "netbank": 1})
        self.take_in(acknowledgement(document, code="6"))
        self.assertFalse(move.einvoice_way)
        self.send_by(move, "email")
        self.assertEqual(self.by_month(), {"email": 2, "post": 1})

    def test_direct_payment_is_a_way_of_its_own(self):
        self.order(service="01")
        move = self.make_invoice()
        self.send_by(move, "einvoice_consumer")
        self.channel.confirm_outgoing(move.einvoice_document_ids.ids)
        self.assertEqual(move.einvoice_way, "direct_payment")

    def test_what_waits_to_be_posted_is_posted_when_a_person_says_so(self):
        self.kerttu.email = False
        self.channel.after_refusal = "otherwise"
        self.order()
        move = self.make_invoice()
        document = self.send_by_hand(move)
        self.take_in(acknowledgement(document, code="6"))
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()
        self.assertFalse(move.einvoice_way)
        move.action_einvoice_posted()
        self.assertEqual(move.einvoice_way, "post")

    def test_a_test_reaches_nobody(self):
        channel = self.channel.copy({"environment": "test", "name": "Trial"})
        self.channel.environment = "disabled"
        self.order(channel)
        move = self.make_invoice()
        document = self.send(move)
        channel.confirm_outgoing(document.ids)
        self.assertEqual(move.einvoice_state, "sent")
        self.assertFalse(move.einvoice_way)

"""What docs/architecture.md says of adding one, followed to the letter."""

import base64

from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.collection_partner.adapters import Agency
from odoo.addons.payment_terminal.services.teller import Teller

from ..adapters.way import Drawer


@tagged("post_install", "-at_install")
class TestExample(AccountTestInvoicingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        for addon in ("einvoice_consumer", "collection_partner", "payment_terminal"):
            cls.env.user.group_ids += cls.env.ref(f"{addon}.{addon}_group_manager")
        cls.env.user.group_ids += cls.env.ref("base.group_system")
        cls.connection = cls.env["receivables.connection"].create(
            {
                "name": "Drawer",
                "company_id": cls.company.id,
                "way": "example_drawer",
                "environment": "prod",
            }
        )
        cls.partner = cls.env["res.partner"].create(
            {"name": "Kerttu Talvela", "ref": "70014"}
        )

    def bill(self, amount):
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_date": "2026-03-02",
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Power", "price_unit": amount, "tax_ids": False}
                    )
                ],
            }
        )
        move.action_post()
        return move

    def choices(self, model, field):
        return dict(self.env[model]._fields[field]._description_selection(self.env))

    def test_they_are_offered(self):
        for model, field, name in (
            ("receivables.connection", "way", "example_drawer"),
            ("einvoice.channel", "rail", "example_postcard"),
            ("collection.agency", "adapter", "example_letterbox"),
            ("payment.terminal.network", "dialect", "example_shouting"),
        ):
            self.assertIn(name, self.choices(model, field))

    def test_an_order_comes_and_an_invoice_goes(self):
        channel = self.env["einvoice.channel"].create(
            {
                "name": "Postcards",
                "company_id": self.company.id,
                "rail": "example_postcard",
                "asked_identifiers": "customer",
                "connection_id": self.connection.id,
                "environment": "prod",
            }
        )
        content = base64.b64encode(b"70014 LANE-5 Kerttu Talvela").decode()
        [taken] = channel.import_message("card.txt", content)
        agreement = self.env["einvoice.agreement"].browse(taken["agreement_id"])
        self.assertEqual(agreement.recipient_address, "LANE-5")
        if agreement.state == "to_review":
            agreement.allocate(self.partner.id)
        move = self.bill(100)
        [sent] = move.send_einvoice()
        document = self.env["einvoice.document"].browse(sent["document_id"])
        self.assertEqual(document._get_bytes(), f"{move.name} 100.0".encode())
        line = self.connection._open()
        line.send(document.name, document._get_bytes())
        self.assertIn(document.name, Drawer.drawers[self.connection.id])

    def test_a_kiosk_is_answered(self):
        network = self.env["payment.terminal.network"].create(
            {
                "name": "Market square",
                "company_id": self.company.id,
                "dialect": "example_shouting",
                "environment": "test",
                "address_ids": [Command.create({"range": "127.0.0.1"})],
            }
        )
        number = (
            self.env["payment.terminal.account"]
            .create({"partner_id": self.partner.id, "company_id": self.company.id})
            .number
        )
        self.bill(600)
        self.env.flush_all()
        teller = Teller.at(self.env, network.token)
        answers = [
            teller.answer(
                "127.0.0.1",
                [],
                method="GET",
                query=f"do={word}&id=1&account={number}&sum=50",
            ).body
            for word in ("check", "pay", "pay", "fly")
        ]
        self.assertTrue(answers[0].startswith(b"OK 600"))
        self.assertTrue(answers[1].startswith(b"OK 50"))
        self.assertEqual(answers[2], answers[1])
        self.assertEqual(answers[3], b"BAD_REQUEST")

    def test_an_agency_is_reached_over_its_connection(self):
        agency = self.env["collection.agency"].create(
            {
                "name": "Letterbox",
                "company_id": self.company.id,
                "adapter": "example_letterbox",
                "connection_id": self.connection.id,
            }
        )
        adapter, line = agency.sudo()._open_line()
        self.assertIsInstance(adapter, Agency)
        agency.sudo()._apply_terms(adapter.get_terms(line))
        self.assertEqual(agency.terms_text, "Put it in.")
        adapter.send_action(line, "C-1", "pause", "", None, "key")
        self.assertEqual(Drawer.drawers[self.connection.id]["C-1/key"], b"pause")
        with self.assertRaises(NotImplementedError):
            adapter.get_case(line, "C-1")

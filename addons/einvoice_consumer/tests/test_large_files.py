from contextlib import suppress
from unittest.mock import patch

from odoo.tests import tagged

from ..adapters.finvoice import Finvoice
from ..models.document import inbox
from .common import NORTH, SOUTH, EinvoiceCommon, acknowledgement, receiver_info


@tagged("post_install", "-at_install")
class TestLargeFiles(EinvoiceCommon):
    """What is much is worked through by a job, and shows how far it has come."""

    def run_job(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"einvoice_consumer.{name}").method_direct_trigger()

    def test_a_large_file_is_worked_through_by_the_job(self):
        orders = [
            receiver_info(message_id="RI-1"),
            receiver_info(action="CHANGE", message_id="RI-2", ref="RI-1", service="01"),
            receiver_info(message_id="RI-3", address=SOUTH, identifiers=[("09", "1")]),
            b"<Envelope>no message",
        ]
        with patch.object(inbox, "AT_ONCE", 3):
            told = self.take_in(b"\n".join(orders))
            self.assertEqual([each["state"] for each in told], ["received"] * 4)
            self.assertEqual(self.channel.received_count, 4)
            self.run_job("ir_cron_einvoice_process")
            self.channel.invalidate_recordset()
            self.assertEqual(self.channel.received_count, 0)
            again = self.take_in(b"\n".join(orders))
        states = ["processed"] * 3 + ["error"]
        self.assertEqual([each["state"] for each in again], states)
        [agreement] = self.kerttu.einvoice_agreement_ids
        self.assertEqual(agreement.service, "direct_payment")

    def make_neighbours(self, count):
        """Customers of an apartment house, and the order of each."""
        known = self.env["res.partner"].search_count([("ref", "=like", "8%")])
        numbers = range(80000 + known, 80000 + known + count)
        self.env["res.partner"].create(
            [
                {"name": f"Asukas{n} Talvela", "ref": str(n), "zip": "00100"}
                for n in numbers
            ]
        )
        return [
            receiver_info(
                name=f"Asukas{n} Talvela",
                message_id=f"RI-{n}",
                address=(f"ADDRESS{n}", NORTH[1]),
                identifiers=[("09", str(n))],
            )
            for n in numbers
        ]

    def work_through(self, orders):
        with patch.object(inbox, "AT_ONCE", 0):
            told = self.take_in(b"\n".join(orders))
        documents = self.env["einvoice.document"].browse(
            [each["document_id"] for each in told]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        begun = self.cr.sql_log_count
        documents.sudo()._process_anew()
        self.cr.flush()
        return documents, self.cr.sql_log_count - begun

    def test_queries_do_not_grow_with_the_orders(self):
        """Neither where the customer is known, nor where a person must look."""
        self.work_through(self.make_neighbours(2))
        for number in ("8", "none"):
            counts = []
            for many in (4, 40):
                orders = self.make_neighbours(many)
                if number == "none":
                    orders = [order.replace(b">8", b">9") for order in orders]
                documents, queries = self.work_through(orders)
                counts.append(queries)
                self.assertEqual(set(documents.mapped("state")), {"processed"})
                states = {"8": "active", "none": "to_review"}
                found = set(documents.agreement_id.mapped("state"))
                self.assertEqual(found, {states[number]})
                self.assertTrue(all(documents.agreement_id.mapped("candidate_ids")))
            self.assertLessEqual(counts[1], counts[0], number)

    def test_messages_of_one_consumer_count_in_their_order(self):
        """Among those of others."""
        others = iter(self.make_neighbours(3))
        at = {"identifiers": [("09", "70014")]}
        orders = [
            receiver_info(message_id="A", timestamp="2026-11-20T10:00:00+02:00", **at),
            next(others),
            receiver_info(
                action="CHANGE",
                message_id="B",
                service="01",
                timestamp="2026-11-20T11:00:00+02:00",
                **at,
            ),
            receiver_info(
                action="DELETE",
                message_id="C",
                ref="A",
                timestamp="2026-11-20T12:00:00+02:00",
                **at,
            ),
            next(others),
            receiver_info(message_id="D", timestamp="2026-11-20T13:00:00+02:00", **at),
            next(others),
        ]
        documents, _queries = self.work_through(orders)
        self.assertEqual(set(documents.mapped("state")), {"processed"})
        new, ended = self.kerttu.einvoice_agreement_ids
        self.assertEqual((ended.state, ended.service), ("ended", "direct_payment"))
        self.assertEqual((new.state, new.service), ("active", "einvoice"))
        self.assertEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")
        self.assertEqual(
            [
                document.agreement_id
                for document in documents
                if document.message_id < "E"
            ],
            [ended, ended, ended, new],
        )

    def test_a_change_of_banks_in_one_file_keeps_the_customer(self):
        """Whichever comes first, and what they had before comes back at the end."""
        self.kerttu.invoice_sending_method = "email"
        self.work_through([receiver_info(message_id="A")])
        moves = [
            receiver_info(
                action="DELETE", message_id="B", timestamp="2026-11-21T10:00:00+02:00"
            ),
            receiver_info(
                address=SOUTH, message_id="C", timestamp="2026-11-21T10:00:00+02:00"
            ),
        ]
        self.work_through(moves)
        new, old = self.kerttu.einvoice_agreement_ids.sorted("state")
        self.assertEqual((new.state, old.state), ("active", "ended"))
        self.assertEqual(self.kerttu.invoice_sending_method, "einvoice_consumer")
        new.end()
        self.assertEqual(self.kerttu.invoice_sending_method, "email")

    def test_a_poisoned_order_costs_its_neighbours_nothing(self):
        candidates = self.registry["einvoice.agreement.candidate"]
        compare = candidates._prepare_values

        def fail(self, agreement, partner, found):
            if "80002" in agreement.consumer_name:
                raise ZeroDivisionError
            return compare(self, agreement, partner, found)

        orders = self.make_neighbours(7)
        with (
            patch.object(candidates, "_prepare_values", fail),
            self.assertLogs("odoo.addons.einvoice_consumer", "ERROR"),
        ):
            documents, _queries = self.work_through(orders)
        states = ["processed"] * 2 + ["error"] + ["processed"] * 4
        self.assertEqual(documents.mapped("state"), states)
        self.assertFalse(documents[2].agreement_id)
        self.assertEqual(len(self.channel.agreement_ids), 6)
        documents[2].action_process_again()
        self.assertEqual(documents[2].agreement_id.state, "active")

    def test_a_job_that_is_killed_loses_and_doubles_nothing(self):
        orders = self.make_neighbours(6)
        with patch.object(inbox, "AT_ONCE", 0), patch.object(inbox, "BATCH", 2):
            self.take_in(b"\n".join(orders))
            with (
                self.enter_registry_test_mode(),
                patch.object(
                    self.registry["einvoice.agreement"],
                    "_send_stranded",
                    side_effect=[None, KeyboardInterrupt],
                ),
                suppress(KeyboardInterrupt),
            ):
                self.env.ref(
                    "einvoice_consumer.ir_cron_einvoice_process"
                ).method_direct_trigger()
            self.env.invalidate_all()
            states = self.channel.document_ids.sorted("id").mapped("state")
            self.assertEqual(states, ["processed"] * 2 + ["received"] * 4)
            self.run_job("ir_cron_einvoice_process")
        self.env.invalidate_all()
        self.assertEqual(set(self.channel.document_ids.mapped("state")), {"processed"})
        self.assertEqual(self.channel.agreement_ids.mapped("state"), ["active"] * 6)

    def test_of_two_with_one_identifier_the_first_counts(self):
        """Whether they are worked through together or not."""
        orders = b"\n".join(
            receiver_info(name=name) for name in ("Kerttu Talvela", "Somebody Else")
        )
        for many in (1, inbox.BATCH):
            with patch.object(inbox, "AT_ONCE", 0), patch.object(inbox, "BATCH", many):
                told = self.take_in(orders)
                self.run_job("ir_cron_einvoice_process")
            self.env.invalidate_all()
            documents = self.env["einvoice.document"].browse(
                [each["document_id"] for each in told]
            )
            self.assertEqual(documents.mapped("state"), ["processed", "error"])
            self.assertIn("came before", documents[1].summary)
            self.assertEqual(documents[0].agreement_id.consumer_name, "Kerttu Talvela")
            orders = orders.replace(b"RI-1", b"RI-2")

    def test_each_message_of_a_file_is_worked_through_once_and_as_its_kind(self):
        self.order()
        sent = self.send_by_hand(self.make_invoice())
        read = []
        original = Finvoice.read_order

        def read_order(rail, channel, raw):
            read.append(raw)
            return original(rail, channel, raw)

        self.patch(Finvoice, "read_order", read_order)
        told = self.take_in(
            b"\n".join(
                [
                    receiver_info(message_id="RI-2", address=SOUTH, identifiers=()),
                    acknowledgement(sent),
                    receiver_info(message_id="RI-3", language="SV"),
                    receiver_info(message_id="RI-4", language="EN"),
                ]
            )
        )
        self.assertEqual([each["state"] for each in told], ["processed"] * 4)
        self.assertEqual(sent.state, "rejected")
        self.assertEqual(len(read), 3)

    def test_the_same_message_twice_in_a_file(self):
        order = receiver_info()
        [told] = self.take_in(order + b"\n" + order)
        self.assertEqual(told["state"], "processed")

    def test_invoices_that_are_being_prepared_are_counted(self):
        self.make_invoice()._einvoice_send_otherwise()
        self.assertEqual(self.channel.preparing_count, 1)

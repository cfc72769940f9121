from unittest.mock import patch

from odoo.tests import tagged

from ..models.document import inbox
from .common import SOUTH, EinvoiceCommon, receiver_info


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

    def test_the_same_message_twice_in_a_file(self):
        order = receiver_info()
        [told] = self.take_in(order + b"\n" + order)
        self.assertEqual(told["state"], "processed")

    def test_invoices_that_are_being_prepared_are_counted(self):
        self.make_invoice()._einvoice_send_otherwise()
        self.assertEqual(self.channel.preparing_count, 1)

import json

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import EinvoiceCommon


@tagged("post_install", "-at_install")
class TestOperator(EinvoiceCommon):
    """What an operator says of messages, and what its connection needs."""

    def refuse(self, document, code="2", **more):
        told = {
            "status": "ERROR",
            "message_id": "11111111-2222-3333-4444-555555555555",
            "original_message_id": document.message_id,
            "code": code,
            "text": "Receiver not found",
            **more,
        }
        [taken] = self.take_in(json.dumps(told).encode())
        return self.env["einvoice.document"].browse(taken["document_id"])

    def test_a_refusal_in_the_operators_words_is_one(self):
        self.order()
        document = self.send_by_hand(self.make_invoice())
        answer = self.refuse(document)
        self.assertEqual((answer.type, answer.state), ("acknowledgement", "processed"))
        self.assertEqual(answer.original_id, document)
        self.assertEqual(document.state, "rejected")
        self.assertEqual(document.reason_id.code, "2")
        self.assertIn("Receiver not found", document.summary)
        self.refuse(document, updated_at="later")
        self.assertEqual(document.state, "rejected")

    def test_a_refusal_of_nothing_of_ours_is_parked_and_tried_again(self):
        self.order()
        document = self.send_by_hand(self.make_invoice())
        stranger = document.new({"message_id": "somebody-elses"})
        answer = self.refuse(stranger)
        self.assertEqual(answer.state, "error")
        answer.action_process_again()
        self.assertEqual(answer.state, "error")
        self.assertIn("somebody-elses", answer.summary)

    def test_an_operator_is_a_way_that_a_channel_can_take(self):
        connection = self.env["receivables.connection"].create(
            {"name": "Operator", "company_id": self.company.id, "way": "maventa"}
        )
        self.assertTrue(connection.carries_files and connection.is_web)
        with self.assertRaises(ValidationError):
            connection.environment = "prod"
        connection.write(
            {
                "url": "https://operator.example.com/v1",
                "token_url": "https://operator.example.com/oauth2/token",
                "username": "company",
                "password": "key",
                "environment": "prod",
            }
        )
        self.channel.connection_id = connection
        self.assertTrue(self.channel.is_automatic)

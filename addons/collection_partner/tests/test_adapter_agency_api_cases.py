import json
from datetime import date, datetime
from decimal import Decimal
from email.parser import BytesParser
from email.policy import HTTP
from types import SimpleNamespace

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..formats.signature import sign
from .agency_server import (
    CASE,
    TRANSFER,
    AdapterCase,
    event,
    refusal,
)


@tagged("post_install", "-at_install")
class TestCases(AdapterCase):
    def test_a_case_goes_over(self):
        case = SimpleNamespace(_prepare_transfer=lambda: TRANSFER)
        body = self.adapter._render_case(self.agency, case)
        self.script((202, CASE))
        told = self.adapter._create_case(self.agency, body, "key-1")
        [call] = self.server.calls
        self.assertEqual((call.method, call.path), ("POST", "/cases"))
        self.assertEqual(call.body, body)
        sent = json.loads(body)
        self.assertEqual(sent["invoice"]["original_amount"], "1250")
        self.assertEqual(sent["letter_text"], "Snow clearing")
        self.assertEqual(sent["claim"]["fees_already_claimed"][0]["amount"], "60")
        self.assertEqual(sent["debtor"]["type"], "person")
        self.assertEqual(sent["debtor"]["contact"], {"name": "Per"})
        self.assertEqual(
            sent["debtor"]["address"],
            {
                "street": "Storgatan 1",
                "zip": "111 22",
                "city": "Stockholm",
                "country": "SE",
            },
        )
        self.assertNotIn("note", sent)
        self.assertEqual(
            told["balance"]["capital"],
            {
                "original": Decimal("1250.00"),
                "paid": Decimal("50.00"),
                "remaining": Decimal("1200.00"),
            },
        )
        self.assertEqual((told["status_code"], told["outcome"]), ("tratta", ""))
        self.assertEqual(told["updated_at"], datetime(2026, 11, 22, 10, 15))
        self.assertEqual(told["available_actions"], ["pause", "withdraw"])
        self.assertEqual(
            told["instalments"],
            [
                {
                    "due_date": date(2026, 12, 1),
                    "amount": Decimal("400.00"),
                    "paid": False,
                }
            ],
        )
        self.assertEqual(told["limitation_date"], date(2036, 10, 1))
        self.assertEqual(told["new_address"]["city"], "Luleå")
        self.assertEqual(told["history"][0]["at"], datetime(2026, 11, 22, 10, 15))
        self.assertEqual(told["documents"][0]["size"], 5)
        self.assertEqual(told["withdrawal_fee"]["amount"], Decimal("150.00"))

    def test_what_is_missing_is_named(self):
        for part, name, value, sentence in (
            ("debtor", "zip", "", "The customer's postcode is missing"),
            ("debtor", "type", "company", "The customer's Company ID is missing"),
            ("invoice", "due_date", False, "The due date is missing"),
            ("invoice", "letter_text", "x" * 1001, "The collection text has 1001"),
            ("debtor", "language", "swedish", "The customer's language is swedish"),
        ):
            values = {**TRANSFER, part: {**TRANSFER[part], name: value}}
            case = SimpleNamespace(_prepare_transfer=lambda values=values: values)
            with self.subTest(name=name), self.assertRaisesRegex(UserError, sentence):
                self.adapter._render_case(self.agency, case)

    def test_a_case_that_the_agency_has_already(self):
        known = {"existing_case_id": "ca_9", "case_number": "100009"}
        self.script((409, refusal("duplicate_invoice", **known)))
        error = self.failure(self.adapter._create_case, self.agency, b"{}", "key-1")
        self.assertEqual((error.kind, error.code), ("conflict", "duplicate_invoice"))
        self.assertEqual(error.details["existing_case_id"], "ca_9")
        self.assertEqual(error.details["case_number"], "100009")
        self.assertIn("100009", error.message)

    def test_documents(self):
        files = [
            ("Räkning 1.pdf", "application/pdf", b"%PDF-1\r\n--x"),
            ('a"b.bin', False, b"\x00\xff"),
        ]
        self.script(
            (201, {"documents": []}), (200, b"%PDF", {"Content-Type": "a/b; c=d"})
        )
        self.adapter._send_documents(self.agency, "ca_1", files, "key-1")
        [call] = self.server.calls
        self.assertEqual((call.method, call.path), ("POST", "/cases/ca_1/documents"))
        self.assertEqual(call.headers["Idempotency-Key"], "key-1")
        head = f"Content-Type: {call.headers['Content-Type']}\r\n\r\n".encode()
        parts = list(BytesParser(policy=HTTP).parsebytes(head + call.body).iter_parts())
        self.assertEqual(parts[0].get_content().strip(), "invoice")
        self.assertIn('name="file"; filename="Räkning 1.pdf"'.encode(), call.body)
        self.assertIn(b'name="file"; filename="a\'b.bin"', call.body)
        self.assertEqual(
            [(part.get_content_type(), part.get_content()) for part in parts[1:]],
            [
                ("application/pdf", b"%PDF-1\r\n--x"),
                ("application/octet-stream", b"\x00\xff"),
            ],
        )
        document = self.adapter._get_document(self.agency, "ca_1", "do_1")
        self.assertEqual(document, (b"%PDF", "a/b"))
        self.assertEqual(self.server.calls[1].path, "/cases/ca_1/documents/do_1")

    def test_an_action(self):
        fee = {"amount": "150.00", "currency": "SEK"}
        self.script((200, {"type": "withdraw", "fee": fee, "case": CASE}))
        told = self.adapter._send_action(
            self.agency, "ca_1", "withdraw", "Paid", False, "key-1"
        )
        self.assertEqual(told["fee"], {"amount": Decimal("150.00"), "currency": "SEK"})
        self.assertEqual(told["case"]["case_number"], "100001")
        self.assertEqual(
            json.loads(self.server.calls[0].body),
            {"type": "withdraw", "reason": "Paid"},
        )
        self.script((202, {"type": "pause", "fee": None, "case": CASE}))
        told = self.adapter._send_action(
            self.agency, "ca_1", "pause", "", date(2026, 12, 1), "key-2"
        )
        self.assertIsNone(told["fee"])
        self.assertEqual(
            json.loads(self.server.calls[1].body),
            {"type": "pause", "until": "2026-12-01"},
        )

    def test_events_are_read_to_the_last(self):
        self.script(
            (200, {"events": [event(1), event(2)]}),
            (200, {"events": [event(3, case_id=None, case_version=None)]}),
            (204, b""),
        )
        events = self.adapter._get_events(self.agency, "ev_0")
        self.assertEqual(
            [call.path for call in self.server.calls],
            ["/events?after=ev_0", "/events?after=ev_2", "/events?after=ev_3"],
        )
        self.assertEqual([one["event_id"] for one in events], ["ev_1", "ev_2", "ev_3"])
        self.assertEqual(
            events[2],
            {
                "event_id": "ev_3",
                "type": "case.updated",
                "created_at": datetime(2026, 11, 22, 10, 15),
                "creditor_id": "cr_1",
                "case_id": "",
                "case_version": None,
                "object_id": "",
            },
        )

    def test_events_older_than_the_agency_keeps(self):
        self.script(
            (404, refusal("not_found")), (200, {"events": [event(7)]}), (204, b"")
        )
        events = self.adapter._get_events(self.agency, "ev_1")
        self.assertEqual([one["event_id"] for one in events], ["ev_7"])
        self.assertEqual(self.server.calls[1].path, "/events")

    def test_a_page_that_repeats_itself_ends_the_reading(self):
        self.script((200, {"events": [event(1)]}), (200, {"events": [event(1)]}))
        self.assertEqual(len(self.adapter._get_events(self.agency, "")), 1)

    def test_webhooks(self):
        now = datetime(2026, 11, 22, 10, 15)
        stamp = 1795342500
        secret = self.agency.webhook_secret
        body = json.dumps(event(1)).encode()

        def read(header, body=body):
            headers = {"x-agency-signature": header, "Host": "odoo"}
            return self.adapter._read_webhook(self.agency, headers, body, now)

        [told] = read(sign(secret, stamp, body))
        self.assertEqual((told["event_id"], told["case_id"]), ("ev_1", "ca_1"))
        many = json.dumps({"events": [event(1), event(2)]}).encode()
        self.assertEqual(len(read(sign(secret, stamp, many), many)), 2)
        for header, content, code in (
            ("", body, "bad_signature"),
            (sign("another", stamp, body), body, "bad_signature"),
            (sign(secret, stamp, body), body + b" ", "bad_signature"),
            (sign(secret, stamp - 301, body), body, "too_old"),
            (sign(secret, stamp, b"{}"), b"{}", "invalid_answer"),
        ):
            error = self.failure(read, header, content)
            self.assertEqual((error.kind, error.code), ("final", code))
        self.agency.webhook_secret = False
        error = self.failure(read, sign(secret, stamp, body))
        self.assertEqual(error.code, "bad_signature")

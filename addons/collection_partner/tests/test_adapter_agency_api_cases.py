import json
from datetime import date, datetime
from decimal import Decimal

from odoo.tests import tagged

from .scripted_line import (
    CASE,
    TRANSFER,
    AdapterCase,
    event,
    refusal,
    sign,
)


@tagged("post_install", "-at_install")
class TestCases(AdapterCase):
    def test_a_case_goes_over(self):
        body = self.adapter.render_case(TRANSFER)
        self.script((202, CASE))
        told = self.adapter.create_case(self.line, body, "key-1")
        [call] = self.line.calls
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
        self.assertEqual(told["withdrawal_fee"], Decimal("150.00"))

    def test_what_is_missing_is_named(self):
        for part, change, sentence in (
            ("debtor", {"address": {}}, "The customer's street is missing"),
            ("debtor", {"type": "company"}, "The customer's Company ID is missing"),
            ("invoice", {"due_date": False}, "The due date is missing"),
            ("invoice", {"number": "x" * 65}, "The invoice number has 65"),
            ("debtor", {"language": "swedish"}, "The customer's language is swedish"),
        ):
            values = {**TRANSFER, part: {**TRANSFER[part], **change}}
            with self.subTest(change):
                error = self.failure(self.adapter.render_case, values)
                self.assertIn(sentence, str(error.sentence))

    def test_a_case_that_the_agency_has_already(self):
        known = {"existing_case_id": "ca_9", "case_number": "100009"}
        self.script((409, refusal("duplicate_invoice", **known)))
        error = self.failure(self.adapter.create_case, self.line, b"{}", "key-1")
        self.assertEqual((error.kind, error.code), ("conflict", "duplicate_invoice"))
        self.assertEqual(error.details["existing_case_id"], "ca_9")
        self.assertEqual(error.details["case_number"], "100009")
        self.assertIn("100009", str(error.sentence))

    def test_documents(self):
        files = [
            ("Räkning 1.pdf", "application/pdf", b"%PDF-1\r\n--x"),
            ('a"b.bin', False, b"\x00\xff"),
        ]
        self.script(
            (201, {"documents": []}), (200, b"%PDF", {"Content-Type": "a/b; c=d"})
        )
        self.adapter.send_documents(self.line, "ca_1", files, "key-1")
        [call] = self.line.calls
        self.assertEqual((call.method, call.path), ("POST", "/cases/ca_1/documents"))
        self.assertEqual(call.headers["Idempotency-Key"], "key-1")
        self.assertEqual(
            call.files,
            [
                ("kind", (None, "invoice")),
                ("file", ("Räkning 1.pdf", b"%PDF-1\r\n--x", "application/pdf")),
                ("file", ("a'b.bin", b"\x00\xff", "application/octet-stream")),
            ],
        )
        document = self.adapter.get_document(self.line, "ca_1", "do_1")
        self.assertEqual(document, (b"%PDF", "a/b"))
        self.assertEqual(self.line.calls[1].path, "/cases/ca_1/documents/do_1")

    def test_an_action(self):
        self.script((200, {"type": "withdraw"}), (202, {"type": "pause"}))
        self.adapter.send_action(self.line, "ca_1", "withdraw", "Paid", None, "key-1")
        self.adapter.send_action(
            self.line, "ca_1", "pause", "", date(2026, 12, 1), "key-2"
        )
        self.assertEqual(
            [(call.path, json.loads(call.body)) for call in self.line.calls],
            [
                ("/cases/ca_1/actions", {"type": "withdraw", "reason": "Paid"}),
                ("/cases/ca_1/actions", {"type": "pause", "until": "2026-12-01"}),
            ],
        )

    def test_money(self):
        told = {
            "external_id": "M/1",
            "number": "RINV/1",
            "date": date(2026, 11, 20),
            "amount": Decimal("300.00"),
            "currency": "SEK",
        }
        self.script(
            (201, {"applied_amount": "250.00", "ignored_amount": "50.00"}),
            (201, {"applied_amount": "300.00"}),
            (200, {"reversed_amount": "250.00"}),
        )
        paid = self.adapter.report_payment(self.line, "ca_1", told, "key-1")
        credited = self.adapter.report_credit_note(self.line, "ca_1", told, "key-2")
        self.adapter.take_back_payment(self.line, "ca_1", "M/1", "key-3")
        self.assertEqual(paid, {"applied": Decimal(250), "ignored": Decimal(50)})
        self.assertEqual(credited, {"applied": Decimal(300), "ignored": Decimal(0)})
        self.assertEqual(
            [(call.method, call.path) for call in self.line.calls],
            [
                ("POST", "/cases/ca_1/payments"),
                ("POST", "/cases/ca_1/credit-notes"),
                ("DELETE", "/cases/ca_1/payments/M%2F1"),
            ],
        )
        self.assertEqual(
            json.loads(self.line.calls[1].body),
            {
                "external_id": "M/1",
                "number": "RINV/1",
                "date": "2026-11-20",
                "amount": "300.00",
                "currency": "SEK",
            },
        )

    def test_settlements(self):
        settlement = {
            "id": "se_1",
            "payout_mode": "per_invoice",
            "bank_reference": "INV/1",
            "value_date": "2026-11-23",
            "payer_name": "Nordanvind",
            "payer_iban": "SE45",
            "currency": "SEK",
            "total": "100.00",
            "pdf_url": "https://agency.example.com/v1/settlements/se_1/pdf",
            "lines": [],
        }
        self.script(
            (200, {"settlements": [settlement], "next_cursor": "c 2"}),
            (200, {"settlements": [{**settlement, "id": "se_2"}], "next_cursor": None}),
            (200, b"%PDF-"),
            (200, settlement),
        )
        found, faults = self.adapter.get_settlements(self.line)
        self.assertEqual([one["settlement_id"] for one in found], ["se_1", "se_2"])
        self.assertFalse(faults)
        paper = self.adapter.get_settlement_pdf(self.line, "se_1")
        self.assertEqual(paper, (b"%PDF-", "application/pdf"))
        self.adapter.confirm_settlement(self.line, "se_1", "MISC/1", "k")
        calls = [(c.method, c.path, c.params) for c in self.line.calls]
        page = {"status": "open", "limit": "100"}
        self.assertEqual(
            calls,
            [
                ("GET", "/settlements", page),
                ("GET", "/settlements", {**page, "cursor": "c 2"}),
                ("GET", "/settlements/se_1/pdf", None),
                (
                    "PATCH",
                    "/settlements/se_1/bookkeep",
                    {"internal_accounting_id": "MISC/1"},
                ),
            ],
        )
        self.assertEqual(self.line.calls[-1].headers, {"Idempotency-Key": "k"})

    def test_events_are_read_to_the_last(self):
        self.script(
            (200, {"events": [event(1), event(2)]}),
            (200, {"events": [event(3, case_id=None, case_version=None)]}),
            (204, b""),
        )
        events, _faults = self.adapter.get_events(self.line, "ev_0")
        self.assertEqual(
            [(call.path, call.params) for call in self.line.calls],
            [("/events", {"after": after}) for after in ("ev_0", "ev_2", "ev_3")],
        )
        self.assertEqual([one["event_id"] for one in events], ["ev_1", "ev_2", "ev_3"])
        self.assertEqual(
            events[2], {"event_id": "ev_3", "type": "case.updated", "case_id": ""}
        )

    def test_events_older_than_the_agency_keeps(self):
        self.script(
            (404, refusal("not_found")), (200, {"events": [event(7)]}), (204, b"")
        )
        events, _faults = self.adapter.get_events(self.line, "ev_1")
        self.assertEqual([one["event_id"] for one in events], ["ev_7"])
        self.assertIsNone(self.line.calls[1].params)

    def test_a_page_that_repeats_itself_ends_the_reading(self):
        self.script((200, {"events": [event(1)]}), (200, {"events": [event(1)]}))
        self.assertEqual(len(self.adapter.get_events(self.line, "")[0]), 1)

    def test_webhooks(self):
        now = datetime(2026, 11, 22, 10, 15)
        stamp = 1795342500
        secret = "whsec-0123456789"
        body = json.dumps(event(1)).encode()

        def read(header, body=body, secret=secret):
            headers = {"x-agency-signature": header, "Host": "odoo"}
            return self.adapter.read_webhook(secret, headers, body, now)

        [told] = read(sign(secret, body, stamp))
        self.assertEqual((told["event_id"], told["case_id"]), ("ev_1", "ca_1"))
        many = json.dumps({"events": [event(1), event(2)]}).encode()
        self.assertEqual(len(read(sign(secret, many, stamp), many)), 2)
        for header, content, code in (
            ("", body, "bad_signature"),
            (sign("another", body, stamp), body, "bad_signature"),
            (sign(secret, body, stamp), body + b" ", "bad_signature"),
            (sign(secret, body, stamp - 301), body, "too_old"),
            (sign(secret, b"{}", stamp), b"{}", "invalid_answer"),
        ):
            error = self.failure(read, header, content)
            self.assertEqual((error.kind, error.code), ("final", code))
        error = self.failure(read, sign(secret, body, stamp), secret="")
        self.assertEqual(error.code, "bad_signature")

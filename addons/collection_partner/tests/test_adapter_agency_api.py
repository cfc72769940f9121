import logging
import time
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..adapters import agency_api_transport
from .agency_server import (
    CASE,
    LOGGER,
    ZERO,
    AdapterCase,
    creditor,
    refusal,
)


@tagged("post_install", "-at_install")
class TestTransport(AdapterCase):
    def test_the_token_is_kept_until_its_last_minute(self):
        self.script((200, CASE), (200, CASE), (200, CASE))
        self.adapter._get_case(self.agency, "ca_1")
        self.adapter._get_case(self.agency, "ca_1")
        self.assertEqual(
            self.server.logins, [{"client_id": "demo", "client_secret": "demo-secret"}]
        )
        expiry = self.agency.access_token_expiry
        left = (expiry - fields.Datetime.now()).total_seconds()
        self.assertAlmostEqual(left, 3540, delta=5)
        self.agency.access_token_expiry = fields.Datetime.now() - timedelta(seconds=1)
        self.adapter._get_case(self.agency, "ca_1")
        tokens = [call.headers["Authorization"] for call in self.server.calls]
        self.assertEqual(tokens, ["Bearer t1", "Bearer t1", "Bearer t2"])

    def test_a_call_with_an_old_token_is_repeated_unchanged(self):
        self.script((401, refusal("token_expired")), (201, CASE))
        self.adapter._create_case(self.agency, b'{"a": 1}', "key-1")
        first, second = self.server.calls
        self.assertEqual(first.body, b'{"a": 1}')
        self.assertEqual(first.body, second.body)
        self.assertEqual(first.headers["Idempotency-Key"], "key-1")
        self.assertEqual(second.headers["Idempotency-Key"], "key-1")
        self.assertEqual(second.headers["Authorization"], "Bearer t2")
        self.assertEqual(second.headers["Content-Type"], "application/json")

    def test_wrong_credentials_are_final(self):
        answer = (401, refusal("token_invalid"))
        self.script(answer, answer)
        error = self.failure(self.adapter._get_case, self.agency, "ca_1")
        self.assertEqual((error.kind, error.code), ("final", "wrong_credentials"))
        self.assertEqual(len(self.server.calls), 2)
        self.agency.access_token = False
        self.server.login_answer = (401, refusal("invalid_client"))
        error = self.failure(self.adapter._get_case, self.agency, "ca_1")
        self.assertEqual((error.kind, error.code), ("final", "wrong_credentials"))
        self.assertEqual(len(self.server.calls), 2)

    def test_nothing_leaves_where_it_should_not(self):
        for url, code in (
            (False, "not_configured"),
            ("  ", "not_configured"),
            ("agency.example.com/v1", "not_configured"),
            ("https://", "not_configured"),
            ("https://[::1/v1", "not_configured"),
            ("https://user:secret@agency.example.com", "not_configured"),
            ("https://agency.example.com/v1?x=1", "not_configured"),
            ("http://agency.example.com/v1", "insecure_url"),
            ("http://127.0.0.1.example.com/v1", "insecure_url"),
            ("ftp://127.0.0.1/v1", "insecure_url"),
        ):
            with self.subTest(url=url):
                self.agency.base_url = url
                error = self.failure(self.adapter._get_case, self.agency, "ca_1")
                self.assertEqual((error.kind, error.code), ("final", code))
        self.agency.write({"base_url": f"{self.url}/", "client_secret": False})
        error = self.failure(self.adapter._get_case, self.agency, "ca_1")
        self.assertEqual((error.kind, error.code), ("final", "not_configured"))
        self.assertFalse(self.server.calls or self.server.logins)

    def test_a_slash_at_the_end_of_the_address_does_not_matter(self):
        self.agency.base_url = f" {self.url}/ "
        self.script((200, CASE))
        self.adapter._get_case(self.agency, "a/b ö")
        self.assertEqual(self.server.calls[0].path, "/cases/a%2Fb%20%C3%B6")

    def test_answers_by_kind(self):
        wait = {"Retry-After": "7"}
        for answer, kind, code, retry_after in (
            ((500, refusal("internal_error")), "retry", "internal_error", None),
            (
                (503, b"<html>", {"Retry-After": "soon"}),
                "retry",
                "internal_error",
                None,
            ),
            ((408, b""), "retry", "internal_error", None),
            ((429, refusal("rate_limited"), wait), "retry", "rate_limited", 7),
            ((409, refusal("idempotency_in_flight"), wait), "retry", None, 7),
            ((409, refusal("duplicate_reference")), "conflict", None, None),
            ((409, refusal("duplicate_invoice")), "conflict", None, None),
            ((409, refusal("case_closed")), "final", None, None),
            ((422, refusal("idempotency_conflict")), "final", None, None),
            ((404, refusal("not_found")), "final", "not_found", None),
            ((404, b"<html>not here</html>"), "final", "invalid_answer", None),
            ((302, b"", {"Location": "/v1/other"}), "final", "invalid_answer", None),
            ((418, refusal("new_code", "Tea.")), "final", "new_code", None),
        ):
            with self.subTest(answer=answer):
                error = self.get_case_error(*answer)
                code = code or answer[1]["code"]
                self.assertEqual((error.kind, error.code), (kind, code))
                self.assertEqual(error.retry_after, retry_after)
                self.assertEqual(error.http_status, answer[0])
                self.assertIsInstance(error.answer, bytes)
                self.assertFalse(self.server.script)

    def test_a_replayed_answer_is_a_success(self):
        self.script((201, CASE, {"Idempotent-Replayed": "true"}))
        case = self.adapter._create_case(self.agency, b"{}", "key-1")
        self.assertEqual(case["agency_case_id"], "ca_1")

    def test_an_answer_that_never_comes(self):
        def never(_handler):
            time.sleep(0.6)

        self.script(never)
        arguments = (self.agency, "POST", "/cases")
        error = self.failure(
            self.adapter._send_api_request, *arguments, json=b"{}", timeout=0.2
        )
        self.assertEqual((error.kind, error.code), ("retry", "timeout"))

    def test_a_connection_that_breaks(self):
        def half(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "500")
            handler.end_headers()
            handler.wfile.write(b"{")

        self.script(lambda handler: None)
        error = self.failure(self.adapter._get_case, self.agency, "ca_1")
        self.assertEqual((error.kind, error.code), ("retry", "network"))
        self.script(half)
        error = self.failure(self.adapter._get_case, self.agency, "ca_1")
        self.assertEqual((error.kind, error.code), ("retry", "network"))
        self.agency.base_url = "http://127.0.0.1:1/v1"
        error = self.failure(self.adapter._get_case, self.agency, "ca_1")
        self.assertEqual((error.kind, error.code), ("retry", "network"))

    def test_an_answer_that_is_not_as_agreed_names_the_place(self):
        paid = {**CASE["balance"], "capital": {**ZERO, "paid": 5}}
        error = self.get_case_error(200, {**CASE, "balance": paid})
        self.assertEqual((error.kind, error.code), ("final", "invalid_answer"))
        self.assertIn("balance.capital.paid", error.message)
        self.assertEqual(error.http_status, 200)
        for body in (b"<html>", b'{"id": "a", "id": "b"}', b'{"version": NaN}', b"[]"):
            error = self.get_case_error(200, body)
            self.assertEqual((error.code, error.answer), ("invalid_answer", body))

    def test_an_endless_answer_is_not_read(self):
        with patch.object(agency_api_transport, "MAX_ANSWER_BYTES", 1000):
            error = self.get_case_error(200, b" " * 1001)
        self.assertEqual((error.kind, error.code), ("final", "invalid_answer"))

    def test_the_log_names_no_person_and_no_secret(self):
        self.script((200, CASE), (200, b"%PDF"), (200, creditor("active")))
        with self.assertLogs(LOGGER, logging.INFO) as logs:
            self.adapter._get_case(self.agency, "ca_1")
            self.adapter._get_document(self.agency, "ca_1", "do_1")
            self.adapter._get_creditor(self.agency)
        text = "\n".join(logs.output)
        self.assertIn(f"Agency {self.agency.id}: GET /v1/cases/… 200 in ", text)
        self.assertIn("/v1/cases/…/documents/… 200", text)
        self.assertIn("/v1/creditors/current 200", text)
        for secret in ("demo", "t1", "ca_1", "do_1", "Luleå"):
            self.assertNotIn(secret, text)

    def test_a_refusal_says_what_to_do(self):
        fields_wrong = [
            {"field": "debtor.address.zip", "code": "length", "message": "Too long."},
            {"field": "bank_accounts[1].bic", "code": "format", "message": ""},
            {"field": "bank_accounts[x].bic", "code": "type", "message": "?"},
            {"field": "debtor.name", "code": "required", "message": ""},
        ]
        error = self.get_case_error(
            400, refusal("validation_failed", field_errors=fields_wrong)
        )
        self.assertIn("The customer's postcode: Too long.", error.message)
        self.assertIn("Bank account 2 (BIC) is not written as it sh", error.message)
        self.assertIn("The customer's name is missing.", error.message)
        self.assertIn("bank_accounts[x].bic: ?", error.message)
        self.assertEqual(error.details["field_errors"], fields_wrong)
        self.assertEqual(error.details["trace_id"], "tr_1")
        error = self.get_case_error(
            422, refusal("too_early", earliest_date="2026-12-24")
        )
        self.assertIn("12/24/2026", error.message)
        error = self.get_case_error(422, refusal("too_early", earliest_date=5))
        self.assertIn("5", error.message)
        error = self.get_case_error(
            403, refusal("creditor_not_active", state="suspended")
        )
        self.assertIn("the service is suspended", error.message)
        error = self.get_case_error(422, refusal("brand_new", "Ask us."))
        self.assertEqual(error.message, "brand_new: Ask us.")

    def test_every_code_of_the_contract_has_a_sentence(self):
        for code in (
            *("validation_failed", "creditor_not_active", "not_found"),
            *("method_not_allowed", "duplicate_reference", "duplicate_invoice"),
            *("action_not_available", "case_closed", "version_conflict"),
            *("idempotency_in_flight", "length_required", "attachment_too_large"),
            *("request_too_large", "unsupported_media_type", "non_positive_amount"),
            *("currency_not_supported", "amount_exceeds_capital", "too_early"),
            *("org_number_missing", "address_incomplete", "too_old"),
            *("debtor_excluded", "service_not_agreed", "agreement_number_unknown"),
            *("onboarding_incomplete", "terms_outdated", "idempotency_conflict"),
        ):
            error = self.get_case_error(400, refusal(code))
            self.assertEqual(error.code, code)
            self.assertFalse(error.message.startswith(code), error.message)

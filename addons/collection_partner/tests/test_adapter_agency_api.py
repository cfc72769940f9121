from odoo.tests import tagged

from .scripted_line import (
    CASE,
    ZERO,
    AdapterCase,
    refusal,
)


@tagged("post_install", "-at_install")
class TestTransport(AdapterCase):
    def test_what_goes_into_the_address(self):
        self.script((200, CASE))
        self.adapter.get_case(self.line, "a/b ö")
        self.assertEqual(self.line.calls[0].path, "/cases/a%2Fb%20%C3%B6")

    def test_answers_by_kind(self):
        wait = {"Retry-After": "7"}
        for answer, kind, code, retry_after in (
            ((500, refusal("internal_error")), "retry", "internal_error", 0),
            (
                (503, b"<html>", {"Retry-After": "soon"}),
                "retry",
                "internal_error",
                0,
            ),
            ((408, b""), "retry", "internal_error", 0),
            ((429, refusal("rate_limited"), wait), "retry", "rate_limited", 7),
            ((409, refusal("idempotency_in_flight"), wait), "retry", None, 7),
            ((409, refusal("duplicate_reference")), "conflict", None, 0),
            ((409, refusal("duplicate_invoice")), "conflict", None, 0),
            ((409, refusal("case_closed")), "final", None, 0),
            ((422, refusal("idempotency_conflict")), "final", None, 0),
            ((404, refusal("not_found")), "final", "not_found", 0),
            ((404, b"<html>not here</html>"), "final", "invalid_answer", 0),
            ((302, b"", {"Location": "/v1/other"}), "final", "invalid_answer", 0),
            ((418, refusal("new_code", "Tea.")), "final", "new_code", 0),
        ):
            with self.subTest(answer=answer):
                error = self.get_case_error(*answer)
                code = code or answer[1]["code"]
                self.assertEqual((error.kind, error.code), (kind, code))
                self.assertEqual(error.retry_after, retry_after)
                self.assertFalse(self.line.script)

    def test_a_replayed_answer_is_a_success(self):
        self.script((201, CASE, {"Idempotent-Replayed": "true"}))
        case = self.adapter.create_case(self.line, b"{}", "key-1")
        self.assertEqual(case["agency_case_id"], "ca_1")

    def test_an_answer_that_is_not_as_agreed_names_the_place(self):
        paid = {**CASE["balance"], "capital": {**ZERO, "paid": 5}}
        error = self.get_case_error(200, {**CASE, "balance": paid})
        self.assertEqual((error.kind, error.code), ("final", "invalid_answer"))
        self.assertIn("balance.capital.paid", str(error.sentence))
        for body in (b"<html>", b'{"id": "a", "id": "b"}', b'{"version": NaN}', b"[]"):
            error = self.get_case_error(200, body)
            self.assertEqual(error.code, "invalid_answer")

    def test_a_refusal_whose_details_are_not_texts(self):
        for details in (
            {"existing_case_id": ["ca_1"]},
            {"existing_case_id": "a\0b"},
            {"case_number": "\ud800"},
            {"case_number": "9" * 300},
        ):
            error = self.get_case_error(409, refusal("duplicate_invoice", **details))
            self.assertEqual((error.kind, error.code), ("final", "invalid_answer"))
            self.assertFalse(error.details)
            self.assertIn("Tell the agency", str(error.sentence))

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
        self.assertIn("The customer's postcode: Too long.", str(error.sentence))
        self.assertIn(
            "Bank account 2 (BIC) is not written as it sh", str(error.sentence)
        )
        self.assertIn("The customer's name is missing.", str(error.sentence))
        self.assertIn("bank_accounts[x].bic: ?", str(error.sentence))
        error = self.get_case_error(
            422, refusal("too_early", earliest_date="2026-12-24")
        )
        self.assertIn("2026-12-24", str(error.sentence))
        error = self.get_case_error(422, refusal("too_early", earliest_date=5))
        self.assertIn("5", str(error.sentence))
        error = self.get_case_error(
            403, refusal("creditor_not_active", state="suspended")
        )
        self.assertIn("the service is suspended", str(error.sentence))
        error = self.get_case_error(422, refusal("brand_new", "Ask us."))
        self.assertEqual(str(error.sentence), "brand_new: Ask us.")

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
            self.assertFalse(str(error.sentence).startswith(code), code)

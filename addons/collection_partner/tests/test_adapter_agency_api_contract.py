import json

from odoo.tests import tagged

from .scripted_line import (
    ONBOARDING,
    SETTINGS,
    AdapterCase,
    creditor,
    refusal,
)


@tagged("post_install", "-at_install")
class TestContract(AdapterCase):
    def setUp(self):
        super().setUp()
        self.asked = dict(ONBOARDING)

    def get_calls(self):
        return [(call.method, call.path) for call in self.line.calls]

    def test_the_service_is_opened_in_steps(self):
        self.script(
            (404, refusal("not_found")),
            (201, creditor("initialised")),
            (200, creditor("initialised")),
            (200, {"url": "https://odoo.example.com/hook"}),
            (202, creditor("pending_signature")),
        )
        result = self.adapter.onboard(self.line, self.asked, "key")
        self.assertEqual(
            self.get_calls(),
            [
                ("GET", "/creditors/current"),
                ("POST", "/creditors"),
                ("PATCH", "/creditors/cr_1"),
                ("PUT", "/creditors/cr_1/webhook"),
                ("POST", "/creditors/cr_1/activate"),
            ],
        )
        bodies = [json.loads(call.body) for call in self.line.calls[1:]]
        self.assertEqual(
            bodies[0],
            {
                "external_id": "db-1",
                "accounting_system": "Odoo",
                "terms_version": "2026-01",
            },
        )
        self.assertEqual(
            bodies[1],
            {
                "company": {"name": "Kaamos AB", "org_number": "556000-4615"},
                "bank_accounts": [
                    {"iban": "SE1", "bic": "ESSESESS", "currency": "SEK"}
                ],
                "contact": {
                    "name": "Lisa",
                    "email": "lisa@example.com",
                    "language": "sv",
                },
                "terms_accepted": {
                    "version": "2026-01",
                    "at": "2026-11-22T08:30:00Z",
                    "by": "Lisa",
                },
            },
        )
        self.assertEqual(bodies[2]["secret"], "s" * 32)
        keys = [call.headers["Idempotency-Key"] for call in self.line.calls[1:]]
        self.assertEqual(len(set(keys)), 4)
        self.assertEqual(result["creditor_id"], "cr_1")
        self.assertEqual(result["state"], "pending_signature")
        self.assertEqual(result["agreement_number"], "")
        self.assertEqual(result["terms_url"], "https://a.example.com/terms")
        settings = {**SETTINGS, "notification_email": ""}
        del settings["version"]
        self.assertEqual(result["settings"], settings)

    def test_an_opening_goes_on_where_it_was_interrupted(self):
        tail = (200, creditor("initialised")), (200, {})
        self.script((200, creditor("initialised")), *tail, (500, b""))
        self.assertEqual(
            self.failure(self.adapter.onboard, self.line, self.asked, "key").kind,
            "retry",
        )
        self.script(
            (200, creditor("initialised")), *tail, (202, creditor("pending_signature"))
        )
        self.adapter.onboard(self.line, self.asked, "key")
        self.asked["company"] = {"name": "Kaamos Group AB"}
        self.script(
            (200, creditor("pending_signature")), (200, creditor("active")), (200, {})
        )
        self.assertEqual(
            self.adapter.onboard(self.line, self.asked, "key")["state"], "active"
        )
        calls = self.line.calls
        keys = [call.headers.get("Idempotency-Key") for call in calls]
        self.assertEqual(keys[0:4], keys[4:8])
        self.assertEqual(calls[9].method, "PATCH")
        self.assertNotIn(keys[9], keys[:9])

    def test_a_contract_made_outside_is_taken_over(self):
        pending = creditor("pending_signature", external_id=None)
        self.script((200, pending), (200, pending), (200, {}))
        self.adapter.onboard(self.line, self.asked, "key")
        self.assertEqual(json.loads(self.line.calls[1].body)["external_id"], "db-1")
        self.assertEqual(len(self.line.calls), 3)

    def test_an_ended_contract_is_taken_up_again(self):
        self.script(
            (200, creditor("terminated")),
            (200, creditor("active")),
            (200, creditor("active")),
            (200, {}),
        )
        self.assertEqual(
            self.adapter.onboard(self.line, self.asked, "key")["state"], "active"
        )
        self.assertEqual(self.get_calls()[1], ("POST", "/creditors/cr_1/reactivate"))

    def test_the_company_is_updated_without_accepting_terms_anew(self):
        self.script((200, creditor("active")), (200, creditor("active")), (200, {}))
        self.adapter.update_creditor(self.line, self.asked, "key")
        self.assertNotIn("terms_accepted", json.loads(self.line.calls[1].body))
        self.script((404, refusal("not_found")))
        error = self.failure(self.adapter.update_creditor, self.line, self.asked, "key")
        self.assertEqual((error.kind, error.code), ("final", "not_found"))

    def test_what_cannot_be_written_is_an_error_before_it_is_sent(self):
        self.asked["terms_accepted"] = {**self.asked["terms_accepted"], "by": ""}
        self.script((200, creditor("initialised")))
        error = self.failure(self.adapter.onboard, self.line, self.asked, "key")
        self.assertEqual((error.kind, error.code), ("final", "missing"))
        self.assertIn("The person who accepted the terms", str(error.sentence))

    def test_no_contract_is_none_and_a_wrong_address_is_an_error(self):
        self.script((404, refusal("not_found")), (404, b"nothing here"))
        self.assertIsNone(self.adapter.get_creditor(self.line))
        error = self.failure(self.adapter.get_creditor, self.line)
        self.assertEqual(error.code, "invalid_answer")

    def test_terms(self):
        terms = {
            "version": "2026-02",
            "url": "https://a.example.com/terms",
            "price_list_url": "https://a.example.com/prices",
            "text": "Terms",
        }
        self.script((200, terms))
        self.assertEqual(
            self.adapter.get_terms(self.line),
            {
                "terms_version": "2026-02",
                "terms_url": terms["url"],
                "price_list_url": terms["price_list_url"],
                "text": "Terms",
            },
        )

    def test_settings_end_and_return(self):
        self.script((200, SETTINGS), (200, creditor("terminated")))
        settings = {"approve_before_demand": True, "notification_email": ""}
        told = self.adapter.put_settings(self.line, "cr_1", settings, "key-1")
        self.assertTrue(told["approve_before_demand"])
        ended = self.adapter.terminate(self.line, "cr_1", "Sold", "key-2")
        self.assertEqual(ended["state"], "terminated")
        self.script((200, creditor("terminated")), (200, creditor("active")))
        back = self.adapter.reactivate(self.line, "", "key-3")
        self.assertEqual(back["agreement_number"], "A-1001")
        self.assertEqual(
            [(c.method, c.path, c.body) for c in self.line.calls if c.body],
            [
                (
                    "PUT",
                    "/creditors/cr_1/settings",
                    b'{"approve_before_demand":true,"notification_email":null}',
                ),
                ("POST", "/creditors/cr_1/terminate", b'{"reason":"Sold"}'),
                ("POST", "/creditors/cr_1/reactivate", b"{}"),
            ],
        )

import json
from unittest.mock import patch

from odoo.tests import tagged

from .agency_server import (
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
        self.startPatcher(
            patch.object(
                type(self.agency), "_prepare_onboarding", lambda agency: self.asked
            )
        )

    def get_calls(self):
        return [(call.method, call.path) for call in self.server.calls]

    def test_the_service_is_opened_in_steps(self):
        self.script(
            (404, refusal("not_found")),
            (201, creditor("initialised")),
            (200, creditor("initialised")),
            (200, {"url": "https://odoo.example.com/hook"}),
            (202, creditor("pending_signature")),
        )
        result = self.adapter._onboard(self.agency, "key")
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
        bodies = [json.loads(call.body) for call in self.server.calls[1:]]
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
        keys = [call.headers["Idempotency-Key"] for call in self.server.calls[1:]]
        self.assertEqual(len(set(keys)), 4)
        self.assertEqual(result["creditor_id"], "cr_1")
        self.assertEqual(result["state"], "pending_signature")
        self.assertEqual(result["agreement_number"], "")
        self.assertEqual(result["terms_url"], "https://a.example.com/terms")
        self.assertEqual(result["settings"], {**SETTINGS, "notification_email": ""})

    def test_an_opening_goes_on_where_it_was_interrupted(self):
        tail = (200, creditor("initialised")), (200, {})
        self.script((200, creditor("initialised")), *tail, (500, b""))
        self.assertEqual(
            self.failure(self.adapter._onboard, self.agency, "key").kind, "retry"
        )
        self.script(
            (200, creditor("initialised")), *tail, (202, creditor("pending_signature"))
        )
        self.adapter._onboard(self.agency, "key")
        self.asked["company"] = {"name": "Kaamos Group AB"}
        self.script(
            (200, creditor("pending_signature")), (200, creditor("active")), (200, {})
        )
        self.assertEqual(self.adapter._onboard(self.agency, "key")["state"], "active")
        calls = self.server.calls
        keys = [call.headers["Idempotency-Key"] for call in calls]
        self.assertEqual(keys[0:4], keys[4:8])
        self.assertEqual(calls[9].method, "PATCH")
        self.assertNotIn(keys[9], keys[:9])

    def test_a_contract_made_outside_is_taken_over(self):
        self.asked["webhook"] = {"url": False}
        pending = creditor("pending_signature", external_id=None)
        self.script((200, pending), (200, pending))
        self.adapter._onboard(self.agency, "key")
        self.assertEqual(json.loads(self.server.calls[1].body)["external_id"], "db-1")
        self.assertEqual(len(self.server.calls), 2)

    def test_an_ended_contract_is_taken_up_again(self):
        self.script(
            (200, creditor("terminated")),
            (200, creditor("active")),
            (200, creditor("active")),
            (200, {}),
        )
        self.assertEqual(self.adapter._onboard(self.agency, "key")["state"], "active")
        self.assertEqual(self.get_calls()[1], ("POST", "/creditors/cr_1/reactivate"))

    def test_the_company_is_updated_without_accepting_terms_anew(self):
        self.script((200, creditor("active")), (200, creditor("active")), (200, {}))
        self.adapter._update_creditor(self.agency, "key")
        self.assertNotIn("terms_accepted", json.loads(self.server.calls[1].body))
        self.script((404, refusal("not_found")))
        error = self.failure(self.adapter._update_creditor, self.agency, "key")
        self.assertEqual((error.kind, error.code), ("final", "not_found"))

    def test_what_cannot_be_written_is_an_error_before_it_is_sent(self):
        self.asked["accepted_by"] = ""
        self.script((200, creditor("initialised")))
        error = self.failure(self.adapter._onboard, self.agency, "key")
        self.assertEqual((error.kind, error.code), ("final", "missing"))
        self.assertIn("The person who accepted the terms", error.message)

    def test_no_contract_is_none_and_a_wrong_address_is_an_error(self):
        self.script((404, refusal("not_found")), (404, b"nothing here"))
        self.assertIsNone(self.adapter._get_creditor(self.agency))
        error = self.failure(self.adapter._get_creditor, self.agency)
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
            self.adapter._get_terms(self.agency),
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
        told = self.adapter._put_settings(self.agency, settings, "key-1")
        self.assertEqual(told["version"], 3)
        ended = self.adapter._terminate(self.agency, "Sold", "key-2")
        self.assertEqual(ended["state"], "terminated")
        self.agency.creditor_ref = False
        self.script((200, creditor("terminated")), (200, creditor("active")))
        back = self.adapter._reactivate(self.agency, "key-3")
        self.assertEqual(back["agreement_number"], "A-1001")
        self.assertEqual(
            [(c.method, c.path, c.body) for c in self.server.calls if c.body],
            [
                (
                    "PUT",
                    "/creditors/cr_1/settings",
                    b'{\n  "approve_before_demand": true,\n'
                    b'  "notification_email": null\n}',
                ),
                ("POST", "/creditors/cr_1/terminate", b'{\n  "reason": "Sold"\n}'),
                ("POST", "/creditors/cr_1/reactivate", b"{}"),
            ],
        )

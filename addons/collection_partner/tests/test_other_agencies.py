import hashlib
import json
from contextlib import suppress
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError

from ..adapters.kravia import Kravia
from .common import CollectionCommon
from .scripted_line import ScriptedLine


class TestOtherAgencies(CollectionCommon):
    """What an agreement asks for, and what becomes of what its agency cannot be told,
    is the adapter's business."""

    def setUp(self):
        super().setUp()
        self.line = ScriptedLine()
        connection = self.registry["receivables.connection"]
        self.enterContext(
            patch.object(connection, "_open", lambda _connection: self.line)
        )

    def make(self, adapter, **values):
        agency = self.env["collection.agency"].create(
            {
                "name": adapter,
                "company_id": self.company.id,
                "adapter": adapter,
                "contact_name": "Saga Ek",
                "contact_email": "saga.ek@example.com",
                **values,
            }
        )
        agency.sudo().environment = "test"
        return agency

    def open_kravia(self):
        agency = self.make("kravia", agreement_number="10759")
        agency.sudo().write({"client_secret": "s", "environment": "test"})
        self.line.script[:] = [(200, {}), (200, {})]
        agency.sudo()._start_onboarding()
        with self.as_job():
            self.env["collection.message"].sudo()._cron_send()
        return agency

    def test_the_adapter_says_what_the_agreement_needs(self):
        kravia = self.make("kravia")
        self.assertEqual(set(kravia.checklist), {"connection", "agreement_number"})
        self.assertEqual(kravia.status_catalogue, "kravia")
        files = self.make("file_exchange")
        self.assertEqual(
            set(files.checklist), {"connection", "files", "agreement_number"}
        )
        self.assertEqual(files.status_catalogue, "intrum")
        folder = self.env["receivables.connection"].sudo()
        files.sudo().connection_id = folder.create(
            {
                "name": "Share",
                "company_id": self.company.id,
                "way": "folder",
                "folder_path": "/srv/agency",
                "environment": "test",
            }
        )
        files.agreement_number = "4711"
        self.assertFalse(files.checklist)

    def test_a_secret_is_all_that_a_connection_needs(self):
        agency = self.make("kravia")
        agency.sudo().client_secret = "hush"
        connection = agency.sudo().connection_id
        self.assertEqual(
            (connection.url, connection.header_name, connection.password),
            ("https://api.kravia.ai/api/v2", "Authorization", "hush"),
        )

    def test_the_service_opens_with_what_can_be_told(self):
        agency = self.open_kravia()
        self.assertEqual((agency.state, agency.creditor_ref), ("active", "10759"))
        self.assertEqual(
            [call.path for call in self.line.calls],
            ["/creditor/10759/webhook", "/creditor/10759/invite"],
        )

    def test_settings_are_agreed_with_the_agency_itself(self):
        agency = self.open_kravia()
        agency.approve_before_demand = True
        self.assertEqual(agency.settings_state, "synced")
        self.assertNotIn("settings", agency.message_queue_ids.mapped("type"))

    def test_the_end_is_said_by_a_person(self):
        agency = self.open_kravia()
        agency.action_terminate()
        self.assertEqual(agency.state, "terminated")
        self.assertTrue(self.activities(agency, "agency"))
        agency.action_reactivate()
        self.assertEqual(agency.state, "active")
        self.assertNotIn("terminate", agency.message_queue_ids.mapped("type"))

    def test_terms_on_paper_do_not_take_away_their_address(self):
        agency = self.make("kravia", terms_url="https://example.com/terms")
        agency.sudo()._apply_terms(Kravia(None).get_terms(None))
        self.assertEqual(agency.terms_url, "https://example.com/terms")
        self.assertEqual(agency.terms_version, "contract")
        self.assertIn("contract with the agency", agency.terms_text)

    def test_a_transfer_that_may_have_arrived_is_looked_for_first(self):
        agency = self.open_kravia()
        self.company.collection_agency_id = agency
        agency.undo_minutes = 0
        move = self.make_invoice()
        [answer] = move.transfer_to_collection()
        case = self.env["collection.case"].browse(answer["case_id"])
        self.line.calls.clear()
        self.line.script[:] = [(500, {})]
        with self.as_job():
            self.env["collection.case"].sudo()._cron_transfer()
            self.env["collection.message"].sudo()._cron_send()
        [message] = case.exchange_ids
        self.assertTrue(message.tried_at)
        self.assertEqual(message.state, "to_send")
        row = {
            "invoiceId": 7,
            "accountingInvoiceId": case.external_id,
            "lastUpdatedTime": fields.Datetime.now().isoformat(),
        }
        self.line.script[:] = [(200, [row])]
        message.action_retry()
        with self.as_job():
            self.env["collection.message"].sudo()._cron_send()
        self.assertEqual((case.state, case.agency_case_id), ("received", "7"))
        self.assertEqual(
            [call.path for call in self.line.calls],
            ["/invoice/register", "/invoice/search"],
        )
        # there is no way to send it
        self.assertNotIn("documents", case.exchange_ids.mapped("type"))

    def register(self):
        """An invoice that Kravia has registered as its case 7."""
        self.company.collection_agency_id = agency = self.open_kravia()
        agency.undo_minutes = 0
        [answer] = self.make_invoice().transfer_to_collection()
        self.line.script[:] = [(200, {"invoiceId": 7})]
        with self.as_job():
            self.env["collection.case"].sudo()._cron_transfer()
            self.env["collection.message"].sudo()._cron_send()
        case = self.env["collection.case"].browse(answer["case_id"])
        self.assertEqual(case.agency_case_id, "7")
        return case

    def call(self, case):
        """Kravia says that case 7 has changed, in one and the same second."""
        data = {"timestamp": 1663063069, "eventType": "CaseUpdate", "claimId": 7}
        text = json.dumps(data, separators=(",", ":"))
        agency = case.agency_id.sudo()
        signed = hashlib.md5(
            (text + agency.webhook_secret).encode(), usedforsecurity=False
        )
        content = {"header": {"algorithm": "MD5"}, "data": data}
        body = json.dumps({**content, "signature": signed.hexdigest()}).encode()
        self.assertTrue(agency._receive_webhook({}, body))

    def work(self):
        with self.as_job():
            self.env["collection.message"].sudo()._work_through_events()

    def test_a_change_in_the_same_second_is_asked_for_too(self):
        case = self.register()
        for _change in range(2):
            case.sudo().next_attempt = False
            self.call(case)
            self.call(case)
            self.work()
            self.assertTrue(case.next_attempt)
        domain = [("agency_id", "=", case.agency_id.id), ("type", "=", "event")]
        self.assertEqual(self.env["collection.message"].sudo().search_count(domain), 1)

    def test_a_change_while_the_case_is_asked_for_is_asked_for_again(self):
        case = self.register()
        case.sudo()._ask_refresh()
        for asks in (True, False):
            stages = case.sudo()._refresh()
            next(stages)
            if asks:
                case.sudo()._ask_refresh()
            self.assertIsNone(next(stages, None))
            self.assertEqual(bool(case.next_attempt), asks)

    def test_who_asks_while_the_agency_is_asked_is_heard(self):
        agency = self.open_kravia()
        for asks in (True, False):
            stages = agency.sudo()._poll()
            next(stages)
            if asks:
                agency.sudo()._ask_soon()
            stages.send(([], []))
            with suppress(StopIteration):
                stages.send(([], []))
            self.assertEqual(bool(agency.sudo().next_attempt), not asks)

    def test_files_are_for_agencies_that_answer_in_files(self):
        with self.assertRaises(UserError):
            self.make("kravia").import_file("a.txt", "eA==")

import json
import time

from odoo.exceptions import ConcurrencyError
from odoo.tests import HttpCase, tagged

from .common import CollectionCommon
from .scripted_line import sign

# docs/agency_api.md, Events: what the agency takes as "try again".
RETRIED = (404, 408, 429)
LIMIT = 512 * 1024


@tagged("post_install", "-at_install")
class TestWebhook(CollectionCommon, HttpCase):
    """The agency reports over the internet, where others call too."""

    def setUp(self):
        super().setUp()
        self.other.creditor.update(state="active", agreement_number="A-1")
        self.secret = self.agency.sudo().webhook_secret
        self.path = self.get_path(self.agency)

    def get_path(self, agency):
        return f"/collection_partner/webhook/{agency.sudo().webhook_token}"

    def make_event(self, number=1, case_id="C-1", kind="case.updated", version=2):
        return {
            "id": f"ev_{number}",
            "type": kind,
            "created_at": "2026-11-22T10:15:00Z",
            "creditor_id": "CR-1",
            "case_id": case_id,
            "case_version": version,
            "object_id": None,
        }

    def post(self, body, header=None, path=None, **headers):
        """Send what the agency sends; signed as agreed unless said otherwise."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if header is None:
            header = sign(self.secret, body)
        headers["Content-Type"] = "application/json"
        if header:
            headers["X-Agency-Signature"] = header
        answer = self.url_open(path or self.path, data=body, headers=headers)
        self.env.invalidate_all()
        return answer

    def kept(self, agency=None):
        """The events that were kept, in the order in which they came."""
        return (
            self.env["collection.message"]
            .sudo()
            .search(
                [
                    ("agency_id", "=", (agency or self.agency).id),
                    ("direction", "=", "in"),
                ],
                order="id",
            )
        )

    def assertRefusedForGood(self, answer):
        """The agency does not try again, and nothing was kept or told."""
        self.assertGreaterEqual(answer.status_code, 400)
        self.assertLess(answer.status_code, 500)
        self.assertNotIn(answer.status_code, RETRIED)
        self.assertFalse(self.kept())
        for word in (self.agency.name, self.secret, "Traceback"):
            self.assertNotIn(word, answer.text)

    # === GENUINE === #

    def test_a_signed_event_moves_the_case(self):
        case = self.transfer(self.make_invoice())
        self.other.change(case, state="reminder", status_code="reminder")
        answer = self.post(self.make_event(case_id=case.agency_case_id))
        self.assertEqual(answer.status_code, 204)
        self.assertEqual(answer.content, b"")
        # It is kept first; the job asks the agency what has changed.
        self.assertEqual(self.kept().state, "received")
        self.assertEqual(case.state, "received")
        self.run_jobs()
        self.assertEqual(self.kept().state, "processed")
        self.assertEqual(self.kept().case_id, case)
        self.assertEqual(case.state, "reminder")

    def test_a_call_that_met_another_transaction_is_read_again(self):
        log = type(self.env["collection.message"])._log_events
        met = iter([ConcurrencyError("met another")])

        def meet_once(*given, **options):
            for error in met:
                raise error
            return log(*given, **options)

        self.patch(type(self.env["collection.message"]), "_log_events", meet_once)
        self.assertEqual(self.post(self.make_event()).status_code, 204)
        self.assertEqual(self.kept().event_id, "ev_1")

    def test_the_signature_is_over_the_bytes_as_they_came(self):
        body = b'{ "case_id":"C-1",\n "id" : "ev_1", "type":"case.updated",'
        body += b'"created_at":"2026-11-22T10:15:00Z","creditor_id":"CR-1" }'
        self.assertEqual(self.post(body).status_code, 204)
        self.assertEqual(self.kept().event_id, "ev_1")

    def test_the_clocks_may_differ_by_less_than_five_minutes(self):
        for number, offset in enumerate((-285, 285)):
            with self.subTest(offset):
                body = json.dumps(self.make_event(number)).encode()
                header = sign(self.secret, body, time.time() + offset)
                self.assertEqual(self.post(body, header).status_code, 204)

    def test_signatures_of_other_kinds_beside_it_are_ignored(self):
        body = json.dumps(self.make_event()).encode()
        header = f"{sign(self.secret, body)},v2=abcdef,k=7"
        self.assertEqual(self.post(body, header).status_code, 204)

    def test_row_10_the_agencys_activation_comes_this_way(self):
        newcomer = self.make_agency("Väst Inkasso", state="onboarding")
        body = json.dumps(
            self.make_event(case_id=None, kind="creditor.activated", version=None)
        ).encode()
        header = sign(newcomer.sudo().webhook_secret, body)
        answer = self.post(body, header, self.get_path(newcomer))
        self.assertEqual(answer.status_code, 204)
        self.run_jobs()
        self.assertEqual(newcomer.state, "active")

    # === NOT GENUINE === #

    def test_without_a_signature(self):
        for header in ("", "nonsense", "t=,v1=", "v1=00", f"t={int(time.time())}"):
            with self.subTest(header):
                answer = self.post(self.make_event(), header)
                self.assertRefusedForGood(answer)
                self.assertEqual(answer.status_code, 401)

    def test_signed_with_another_secret(self):
        body = json.dumps(self.make_event()).encode()
        for secret in ("", "secret", self.secret[:-1], self.secret.upper()):
            with self.subTest(secret):
                answer = self.post(body, sign(secret, body))
                self.assertRefusedForGood(answer)
                self.assertEqual(answer.status_code, 401)

    def test_changed_on_the_way(self):
        body = json.dumps(self.make_event()).encode()
        header = sign(self.secret, body)
        answer = self.post(body.replace(b"C-1", b"C-2"), header)
        self.assertRefusedForGood(answer)
        # Nor can the time be renewed.
        old = sign(self.secret, body, time.time() - 400)
        renewed = f"t={int(time.time())},{old.partition(',')[2]}"
        self.assertRefusedForGood(self.post(body, renewed))

    def test_recorded_and_played_back_later(self):
        body = json.dumps(self.make_event()).encode()
        for offset in (-3600, -315, 315, 3600):
            with self.subTest(offset):
                header = sign(self.secret, body, time.time() + offset)
                answer = self.post(body, header)
                self.assertRefusedForGood(answer)
                self.assertEqual(answer.status_code, 401)

    def test_another_agencys_secret_is_none_here(self):
        theirs = self.make_agency("Öst Inkasso")
        body = json.dumps(self.make_event()).encode()
        header = sign(theirs.sudo().webhook_secret, body)
        self.assertRefusedForGood(self.post(body, header))
        self.assertFalse(self.kept(theirs))

    def test_signed_but_not_understood(self):
        for body in (
            b"",
            b"not json",
            b"[]",
            b'{"id": 7}',
            b'{"events": "all"}',
            b'{"id": "ev_1"}',
            b"\xff\xfe",
            b"[" * 100000,
        ):
            with self.subTest(body[:20]):
                self.assertRefusedForGood(self.post(body))

    def test_an_unknown_address_reveals_nothing(self):
        body = json.dumps(self.make_event()).encode()
        header = sign(self.secret, body)
        for path in (
            "/collection_partner/webhook/unknown",
            "/collection_partner/webhook/False",
            "/collection_partner/webhook/%25",
            "/collection_partner/webhook/%00",
            f"{self.path}%00",
            "/collection_partner/webhook/%2e%2e%2f",
            "/collection_partner/webhook/" + "a" * 5000,
            self.path[:-1],
            f"/collection_partner/webhook/{self.path.rpartition('/')[2].upper()}",
        ):
            with self.subTest(path):
                answer = self.post(body, header, path)
                self.assertEqual(answer.status_code, 404)
                self.assertNotIn(self.agency.name, answer.text)
        self.assertFalse(self.kept())

    def test_a_disabled_agency_is_not_heard(self):
        self.agency.environment = "disabled"
        self.assertEqual(self.post(self.make_event()).status_code, 404)
        self.assertFalse(self.kept())

    def test_it_only_takes_deliveries(self):
        answer = self.url_open(self.path)
        self.assertEqual(answer.status_code, 405)

    # === SIZE === #

    def test_a_body_that_is_too_large_is_not_read(self):
        event = json.dumps(self.make_event()).encode()
        answer = self.post(event.ljust(LIMIT + 1))
        self.assertEqual(answer.status_code, 413)
        self.assertFalse(self.kept())
        self.assertEqual(self.post(event.ljust(LIMIT)).status_code, 204)
        self.assertEqual(len(self.kept()), 1)

    def test_nor_without_saying_its_length(self):
        event = json.dumps(self.make_event()).encode()
        body = event.ljust(LIMIT + 1)
        pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
        headers = {"X-Agency-Signature": sign(self.secret, body)}
        answer = self.url_open(self.path, data=pieces, headers=headers)
        self.env.invalidate_all()
        self.assertRefusedForGood(answer)

    # === MANY, TWICE, OUT OF ORDER === #

    def test_a_batch(self):
        events = [self.make_event(number, None) for number in range(500)]
        self.assertEqual(self.post({"events": events}).status_code, 204)
        self.assertEqual(
            self.kept().mapped("event_id"), [event["id"] for event in events]
        )
        self.run_jobs()
        self.assertEqual(set(self.kept().mapped("state")), {"processed"})

    def test_an_empty_batch(self):
        self.assertEqual(self.post({"events": []}).status_code, 204)
        self.assertFalse(self.kept())

    def test_delivered_twice_it_is_kept_once(self):
        case = self.transfer(self.make_invoice())
        event = self.make_event(case_id=case.agency_case_id)
        for attempt in ("1", "2"):
            answer = self.post(event, **{"X-Agency-Attempt": attempt})
            self.assertEqual(answer.status_code, 204)
        self.run_jobs()
        # Also after it was worked on, and within a batch.
        answer = self.post({"events": [event, event, self.make_event(2)]})
        self.assertEqual(answer.status_code, 204)
        self.assertEqual(self.kept().mapped("event_id"), ["ev_1", "ev_2"])

    def test_the_access_log_hides_the_address(self):
        with self.assertLogs("werkzeug") as logs:
            self.post(self.make_event())
        text = "\n".join(logs.output)
        self.assertNotIn(self.path.rpartition("/")[2], text)
        self.assertIn("/collection_partner/webhook/***", text)

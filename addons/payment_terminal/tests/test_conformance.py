import time
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.receivables_base.adapters import LineError

from ..adapters.loopback import Loopback
from ..services import Teller
from .common import NOW, TerminalCommon

DIALECTS = {
    "osmp": "basic",
    "kaspi_json": "secret",
    "kaspi_xml": "none",
    "sber_eps": "basic",
    "privatbank_debt": "none",
    "payme": "basic",
    "signed_json": "hmac",
}
OURSELVES = "198.51.100.1"


@tagged("post_install", "-at_install")
class TestConformance(TerminalCommon):
    """The rehearsal of a certification. The way over HTTP is replaced at its one seam;
    system tests take the real one."""

    def setUp(self):
        super().setUp()
        self.fault = None
        serve = self.serve
        self.startPatcher(
            patch.object(Loopback, "send", lambda loopback, wire: serve(loopback, wire))
        )

    def serve(self, loopback, wire):
        """Answer as the endpoint does, with the fault that a test wants."""
        headers = {name.lower(): value for name, value in wire.headers.items()}
        forwarded = headers.pop("x-forwarded-for", "")
        started = time.monotonic()
        answer = Teller.at(self.env, loopback.network.token).answer(
            peer=OURSELVES,
            forwarded=[forwarded] if forwarded else [],
            method=wire.method,
            query=wire.query,
            body=wire.body,
            content_type=wire.content_type,
            headers=headers,
        )
        spent = round((time.monotonic() - started) * 1000)
        return (self.fault(answer) if self.fault else answer), spent

    def run_on(self, dialect, **values):
        network = self.make_network(
            dialect,
            dialect=dialect,
            environment="test",
            authentication=DIALECTS[dialect],
            basic_login="network",
            basic_password="Tr0ub4dor",
            secret="correct horse",
            **values,
        )
        action = network.action_start_conformance()
        run = self.env["payment.terminal.conformance"].browse(action["res_id"])
        self.assertEqual(run.state, "waiting")
        with self.as_job():
            run.sudo()._cron_try()
        self.env.invalidate_all()
        return run

    def assertPassed(self, run):
        failed = run.line_ids.filtered(lambda line: not line.is_passed)
        self.assertFalse(
            failed,
            [(line.name, line.expected, line.found, line.answer) for line in failed],
        )
        self.assertEqual(run.state, "passed")

    def test_every_protocol_passes(self):
        self.make_invoice(amount=5000)
        for dialect in DIALECTS:
            with self.subTest(dialect):
                run = self.run_on(dialect)
                self.assertPassed(run)
                self.assertGreaterEqual(run.passed_count, 7)
                self.assertFalse(run.failed_count)

    def test_nothing_of_it_is_booked_and_no_stranger_stays_admitted(self):
        run = self.run_on("osmp")
        payments = run.network_id.transaction_ids
        self.assertTrue(payments)
        self.assertEqual(set(payments.mapped("is_test")), {True})
        self.book()
        self.assertFalse(payments.line_ids)
        self.assertEqual(run.network_id.address_ids.mapped("range"), ["127.0.0.1"])

    def test_limits_of_the_network_are_kept(self):
        self.assertPassed(self.run_on("osmp", minimum_amount=500, maximum_amount=700))

    def test_with_lookups_off_payments_are_still_tried(self):
        self.assertPassed(self.run_on("osmp", lookups_enabled=False))

    def test_a_proxy_that_spoils_answers_is_found(self):
        self.fault = lambda answer: type(answer)(b"<html/>", "text/html", 200)
        run = self.run_on("osmp")
        self.assertEqual(run.state, "failed")
        self.assertIn(
            "A payment",
            run.line_ids.filtered(lambda line: not line.is_passed).mapped("name"),
        )

    def test_an_endpoint_that_cannot_be_reached_ends_the_run_with_a_sentence(self):
        def broken(_answer):
            raise LineError("timeout")

        self.fault = broken
        run = self.run_on("osmp")
        self.assertEqual(run.state, "failed")
        self.assertIn("web.base.url", run.summary)

    def test_a_run_that_was_lost_with_its_server_is_ended(self):
        run = self.run_on("osmp")
        run.sudo().write(
            {
                "state": "running",
                "started_at": NOW - timedelta(hours=1),
                "summary": False,
            }
        )
        with self.as_job():
            run.sudo()._cron_try()
        self.assertEqual(run.state, "failed")
        self.assertIn("start it again", run.summary)

    def test_a_network_in_production_is_not_tried(self):
        with self.assertRaisesRegex(UserError, "Duplicate QIWI"):
            self.network.action_start_conformance()

    def test_the_report_prints_every_step(self):
        run = self.run_on("kaspi_json")
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "payment_terminal.report_conformance", run.ids
        )
        for line in run.line_ids:
            self.assertIn(line.found, html.decode())

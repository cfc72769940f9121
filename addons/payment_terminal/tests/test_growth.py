from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import SQL

from ..models import request
from ..services.payments import BOOKING_JOB
from .common import NOW
from .service_common import ServiceCommon


@tagged("post_install", "-at_install")
class TestGrowth(ServiceCommon):
    """What a busy network leaves behind, and what wakes the jobs."""

    def test_lookups_are_forgotten_whatever_their_number(self):
        with freeze_time(NOW - timedelta(days=100)):
            for _time in range(7):
                self.check()
        requests = self.env["payment.terminal.request"]
        with patch.object(request, "DELETED_AT_ONCE", 3):
            self.assertEqual(requests._gc_lookups(), (3, 1))
            self.assertEqual(requests._gc_lookups(), (3, 1))
            self.assertEqual(requests._gc_lookups(), (1, 0))
        self.env.invalidate_all()
        self.assertFalse(self.requests())

    def test_refused_calls_are_forgotten_after_a_week(self):
        for days in (8, 6):
            with freeze_time(NOW - timedelta(days=days)):
                self.check(wire={"peer": "198.51.100.7"})
                self.check()
        self.env["payment.terminal.request"]._gc_lookups()
        self.env.invalidate_all()
        self.assertEqual(self.requests().mapped("result"), ["ok", "forbidden", "ok"])

    def test_columns_of_other_addons_take_their_defaults(self):
        """An addon asks where each payment came from; kiosks know nothing of it."""
        model = "payment.terminal.transaction"
        self.env["ir.model.fields"].create(
            {
                "name": "x_source",
                "model_id": self.env["ir.model"]._get_id(model),
                "field_description": "Source",
                "ttype": "char",
            }
        )
        self.env["ir.default"].set(model, "x_source", "kiosk")
        self.env.cr.execute(
            "UPDATE payment_terminal_transaction SET x_source = 'kiosk'; "
            "ALTER TABLE payment_terminal_transaction "
            "ALTER COLUMN x_source SET NOT NULL"
        )
        self.assertEqual(self.paid(1).result, "0")
        self.assertEqual(self.payments(1).x_source, "kiosk")

    def test_what_waits_is_found_among_many_that_are_booked(self):
        payments = self.env["payment.terminal.transaction"].sudo()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for domain in (
            [("state", "=", "suspense")],
            payments._find_to_reverse(),
            payments._find_to_expire(),
        ):
            query = payments._search(domain)
            plan = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
            self.assertRegex(str(plan), "open_idx|owed_idx", domain)

    def triggers(self):
        job = self.env.ref(BOOKING_JOB)
        return self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])

    def test_a_payment_wakes_the_booking_job_once(self):
        self.triggers().unlink()
        self.check()
        self.assertFalse(self.triggers())
        self.paid(1)
        self.paid(2)
        self.paid(2)
        self.assertEqual(len(self.triggers()), 1)

    def test_a_test_payment_wakes_nobody(self):
        self.triggers().unlink()
        self.network.environment = "test"
        self.paid(1)
        self.assertFalse(self.triggers())

    def test_a_payment_that_is_taken_back_wakes_it_too(self):
        self.paid(1)
        self.book()
        self.triggers().unlink()
        self.ask("cancel", 1)
        self.assertEqual(len(self.triggers()), 1)

    def test_an_invoice_uses_the_credit_and_nothing_else_is_looked_at(self):
        payments = self.env["payment.terminal.transaction"].sudo()
        other = self.make_customer("Bolat")
        self.pay(100)
        self.pay(100, other)
        self.book()
        self.triggers().unlink()
        self.assertFalse(payments.search(payments._find_to_use()))
        invoice = self.make_invoice(amount=60)
        waiting = payments.search(payments._find_to_use())
        self.assertEqual(waiting.partner_id, self.customer)
        self.assertEqual(len(self.triggers()), 1)
        self.book()
        self.assertEqual((invoice.amount_residual, waiting.credit), (0, 40))
        self.assertFalse(payments.search(payments._find_to_use()))

    def test_a_credit_that_was_overlooked_is_used_the_next_day(self):
        payments = self.env["payment.terminal.transaction"].sudo()
        payment = self.pay(100)
        self.book()
        self.make_invoice(amount=60)
        payment.sudo().next_attempt = False
        payments._note_credits()
        self.book()
        self.assertEqual(payment.credit, 40)

    def test_the_live_screen_looks_an_hour_back(self):
        for hours in (2, 0):
            with freeze_time(NOW - timedelta(hours=hours)):
                self.check(wire={"peer": "198.51.100.7"})
        [figures] = self.network.get_live_figures()["networks"]
        self.assertEqual(figures["refused_count"], 1)

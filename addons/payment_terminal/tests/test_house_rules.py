from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from ..models.transaction.transaction import STATES
from .common import NOW
from .service_common import ServiceCommon

# What may follow what, from the lives a payment can have.
LIVES = (
    ("reserved", "accepted", "booked", "reversing", "reversed"),
    ("reserved", "cancelled"),
    ("accepted", "cancelled"),
    ("accepted", "suspense", "booked"),
    ("booked", "suspense", "reversing"),
)
KEPT = ("payment.terminal.transaction", "payment.terminal.request")


@tagged("post_install", "-at_install")
class TestHouseRules(ServiceCommon):
    """What nobody may do, not even by mistake."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = {
            "terminal_user": "payment_terminal.payment_terminal_group_user",
            "terminal_manager": "payment_terminal.payment_terminal_group_manager",
            "book_keeper": "account.group_account_manager",
            "auditor": "account.group_account_readonly",
            "administrator": "base.group_system,base.group_erp_manager",
            "everything": "payment_terminal.payment_terminal_group_manager,"
            "account.group_account_manager,base.group_system",
        }
        cls.people = [
            new_test_user(
                cls.env,
                login,
                groups=f"base.group_user,{names}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for login, names in groups.items()
        ]

    # === STATES === #

    def test_only_what_may_follow(self):
        allowed = {pair for life in LIVES for pair in zip(life, life[1:], strict=False)}
        states = [state for state, _label in STATES]
        payment = self.pay(100, state="reserved").sudo()
        for before in states:
            for after in states:
                payment.write({"state": before})
                if before == after:
                    self.assertFalse(payment._set_state(after), "a repeat is nothing")
                elif (before, after) in allowed:
                    self.assertEqual(payment._set_state(after), payment)
                else:
                    self.assertFalse(payment._set_state(after), (before, after))
                    self.assertEqual(payment.state, before)

    def test_a_step_of_many_is_taken_by_those_who_can(self):
        good, over = self.pay(100).sudo(), self.pay(100, state="reversed").sudo()
        self.assertEqual((good + over)._set_state("booked"), good)
        self.assertEqual((good + over).mapped("state"), ["booked", "reversed"])

    # === KEPT === #

    def rpc(self, user, model, method, *args):
        """As the web client or a program calls."""
        return call_kw(self.env(user=user)[model], method, args, {})

    def test_payments_and_requests_are_not_edited(self):
        self.paid(1)
        for model in KEPT:
            record = self.env[model].search([("network_id", "=", self.network.id)])
            values = record.copy_data()[0] if model == KEPT[0] else {}
            for user in self.people:
                for method, args in (
                    ("write", [record.ids, {"network_id": self.network.id}]),
                    ("write", [record.ids, {"txn_id": "2"}]),
                    ("create", [values]),
                    ("unlink", [record.ids]),
                    ("copy", [record.ids]),
                    ("web_save", [record.ids, {"txn_id": "2"}, {}]),
                ):
                    with (
                        self.subTest(model=model, user=user.login, method=method),
                        self.assertRaises(AccessError),
                        self.env.cr.savepoint(),
                    ):
                        self.rpc(user, model, method, *args)
            with self.assertRaises(UserError), self.env.cr.savepoint():
                record.sudo().unlink()

    def test_what_is_private_stays_private(self):
        self.paid(1)
        payment = self.payments(1)
        token = self.network.token
        for model, method, args in (
            (KEPT[0], "_set_state", [payment.ids, "cancelled"]),
            (KEPT[0], "_insert_once", [{}]),
            (KEPT[1], "_log", [{}]),
            ("payment.terminal.network", "_get_snapshot", [token]),
            ("payment.terminal.network", "_get_snapshots", []),
        ):
            for user in self.people:
                with self.assertRaises(AccessError):
                    self.rpc(user, model, method, *args)

    def test_contents_of_requests_are_for_managers(self):
        self.paid(1)
        request = self.requests()
        terminal_user, manager = self.people[:2]
        for name in ("query", "body", "answer"):
            with self.assertRaises(AccessError):
                request.with_user(terminal_user).read([name])
        self.assertIn(self.number, request.with_user(manager).query)
        self.assertEqual(request.with_user(terminal_user).result, "ok")

    def test_a_network_that_was_asked_is_not_deleted(self):
        self.check()
        with self.assertRaises(UserError):
            self.network.unlink()
        self.assertTrue(self.make_called_network("Never asked").unlink())

    def test_currency_and_company_stay(self):
        self.paid(1)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.network.currency_id = self.env.ref("base.USD")

    # === FORGOTTEN === #

    def test_lookups_are_forgotten_by_age(self):
        """What moved money never is, nor what was refused because of it."""
        self.company.terminal_request_days = 30
        with freeze_time(NOW - timedelta(days=31)):
            self.check()
            self.check("99999999")
            self.check(wire={"peer": "198.51.100.7"})
            self.paid(1, "100")
            self.paid(1, "100")
            self.paid(1, "200")
            self.ask("cancel", 2)
            self.ask("cancel", 1)
        with freeze_time(NOW - timedelta(days=29)):
            self.check()
        self.assertEqual(len(self.requests()), 9)
        first = self.requests(operation="cancel", txn_id="1").answer
        self.env["payment.terminal.request"]._gc_lookups()
        self.env.invalidate_all()
        kept = self.requests()
        self.assertEqual(
            kept.mapped("operation"), ["pay", "pay", "pay", "cancel", "cancel", "check"]
        )
        self.assertEqual(self.ask("cancel", 1).body.decode(), first)

    def test_each_company_has_its_own_time(self):
        other = self.make_company("Other")
        network = self.make_called_network(
            "Other",
            company_id=other.id,
            environment="test",
            journal_id=False,
            clearing_account_id=False,
            suspense_account_id=False,
        )
        self.company.terminal_request_days = 10
        other.terminal_request_days = 100
        with freeze_time(NOW - timedelta(days=50)):
            self.check()
            self.check(network=network)
        self.env["payment.terminal.request"]._gc_lookups()
        self.env.invalidate_all()
        self.assertFalse(self.requests())
        self.assertEqual(len(self.requests(network)), 1)

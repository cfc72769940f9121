import ast
import inspect
from textwrap import dedent

from odoo.exceptions import AccessError
from odoo.models import BaseModel
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from odoo.addons.rpc.controllers.xmlrpc import dumps

from .common import TerminalCommon

ADDON = "odoo.addons.payment_terminal."
# Inherited from Odoo, which says what they return.
OF_THE_ORM = {name for name in dir(BaseModel) if not name.startswith("_")}


@tagged("post_install", "-at_install")
class TestPublicMethods(TerminalCommon):
    """Programs call every public method by XML-RPC, which cannot carry None."""

    def public_methods(self):
        for name, model in self.env.registry.items():
            for base in model.__mro__:
                if not base.__module__.startswith(f"{ADDON}models") and (
                    not base.__module__.startswith(f"{ADDON}wizard")
                ):
                    continue
                for method, function in vars(base).items():
                    if (
                        inspect.isfunction(function)
                        and not method.startswith("_")
                        and method not in OF_THE_ORM
                        and not getattr(function, "_api_private", False)
                    ):
                        yield name, method, function

    def test_every_public_method_returns_something(self):
        seen = set()
        for model, method, function in self.public_methods():
            with self.subTest(model=model, method=method):
                source = dedent(inspect.getsource(function))
                body = ast.parse(source).body[0]
                self.assertIsInstance(body.body[-1], ast.Return | ast.Raise)
                for node in ast.walk(body):
                    if isinstance(node, ast.Return):
                        self.assertIsNotNone(node.value)
                seen.add(method)
        self.assertLessEqual(
            {"action_reverse", "action_block", "action_retry", "action_issue"}, seen
        )

    def test_what_they_return_can_be_carried(self):
        payment = self.pay(100)
        account = self.customer.terminal_account_ids
        other = self.make_customer("Bolat", number=False)
        for record, method in (
            (self.network, "action_disable"),
            (self.network, "action_try"),
            (self.network, "action_go_live"),
            (self.network, "action_add_known_addresses"),
            (self.network, "action_open_self_test"),
            (self.network, "action_open_entries"),
            (self.network, "get_live_figures"),
            (payment, "action_retry"),
            (payment, "action_open_invoices"),
            (other, "action_issue_terminal_number"),
            (other, "action_open_terminal_numbers"),
            (other, "action_open_terminal_payments"),
            (account, "action_replace"),
            (account, "action_block"),
        ):
            with self.subTest(method=method):
                answer = call_kw(record.browse(), method, [record.ids], {})
                dumps((answer,))

    def test_who_may_read_may_not_start_a_conformance_run(self):
        trial = self.make_network("Trial", environment="test")
        for login, groups in (
            ("auditor", "account.group_account_readonly"),
            ("invoicing", "account.group_account_invoice"),
            ("user", "payment_terminal.payment_terminal_group_user"),
        ):
            user = new_test_user(
                self.env,
                login,
                groups=f"base.group_user,{groups}",
                company_id=self.company.id,
            )
            with self.subTest(login), self.assertRaises(AccessError):
                trial.with_user(user).action_start_conformance()

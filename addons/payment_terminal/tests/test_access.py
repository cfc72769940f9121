from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user

from .common import TerminalCommon

SECRETS = (
    "basic_login",
    "basic_password",
    "certificate_fingerprint",
    "endpoint_url",
    "secret",
    "token",
)
BYTES = ("query", "body", "answer")
MODELS = (
    "payment.terminal.account",
    "payment.terminal.address",
    "payment.terminal.network",
    "payment.terminal.request",
    "payment.terminal.transaction",
)


class TestAccess(TerminalCommon):
    """Users follow payments, managers open networks, administrators know secrets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Medeu Heat"})
        for name, group in (
            ("manager", "payment_terminal.payment_terminal_group_manager"),
            ("biller", "account.group_account_invoice"),
            ("auditor", "account.group_account_readonly"),
            ("employee", "base.group_user"),
            ("admin", "base.group_system"),
        ):
            user = cls.make_user(name, group, cls.company)
            setattr(cls, name, user)
        cls.admin.group_ids += cls.env.ref(
            "payment_terminal.payment_terminal_group_manager"
        )
        cls.stranger = cls.make_user(
            "stranger",
            "payment_terminal.payment_terminal_group_manager",
            cls.other_company,
        )
        cls.network.sudo().write({"basic_login": "qiwi", "basic_password": "s3cret"})
        cls.payment = cls.pay(500.0)
        cls.env["payment.terminal.request"]._log(
            {
                "network_id": cls.network.id,
                "operation": "pay",
                "result": "ok",
                "transaction_id": cls.payment.id,
                "query": "command=pay",
                "answer": "<response/>",
                "duration": 5,
            }
        )
        cls.request = cls.env["payment.terminal.request"].search([], limit=1)

    @classmethod
    def make_user(cls, name, group, company):
        return new_test_user(
            cls.env,
            f"terminal_{name}",
            group,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def assertForbidden(self, *calls):
        for number, call in enumerate(calls):
            with self.subTest(number), self.assertRaises(AccessError):
                call()

    def test_only_administrators_know_the_secrets(self):
        for user in (self.accountant, self.manager, self.biller, self.auditor):
            network = self.network.with_user(user)
            self.assertForbidden(
                *(lambda name=name, n=network: n.read([name]) for name in SECRETS)
            )
            self.assertFalse(set(SECRETS) & set(network.fields_get()))
        [values] = self.network.with_user(self.admin).read(SECRETS)
        self.assertEqual(values["basic_password"], "s3cret")
        self.assertIn("/payment_terminal/", values["endpoint_url"])

    def test_the_form_shows_an_address_to_administrators_alone(self):
        for user, shown in ((self.admin, True), (self.manager, False)):
            arch = self.network.with_user(user).get_view(view_type="form")["arch"]
            with self.subTest(user.login):
                self.assertEqual('name="endpoint_url"' in arch, shown)
                self.assertEqual('name="basic_password"' in arch, shown)

    def test_only_managers_see_what_was_said_word_for_word(self):
        for user in (self.accountant, self.auditor):
            request = self.request.with_user(user)
            self.assertEqual(request.result, "ok")
            self.assertForbidden(
                *(lambda name=name, r=request: r.read([name]) for name in BYTES)
            )
        [values] = self.request.with_user(self.manager).read(BYTES)
        self.assertEqual(values["answer"], "<response/>")

    def test_a_user_gives_numbers_and_changes_no_network(self):
        partner = self.make_customer("Serik Abdrakhmanov", number=False)
        wizard = self.env["payment.terminal.issue"].with_user(self.accountant)
        action = wizard.create(
            {"scope": "chosen", "partner_ids": [Command.set(partner.ids)]}
        ).action_issue()
        [account] = self.env["payment.terminal.account"].search(action["domain"])
        self.assertEqual(account.partner_id, partner)
        account.with_user(self.accountant).action_block()
        network = self.network.with_user(self.accountant)
        self.assertForbidden(
            lambda: network.write({"name": "Mine"}),
            network.action_disable,
            network.action_go_live,
            network.action_renew_token,
            lambda: network.create({"name": "Mine", "dialect": "osmp"}),
            lambda: self.payment.with_user(self.accountant).write({"amount": 1}),
            lambda: self.request.with_user(self.accountant).write({"result": "fault"}),
        )

    def test_a_manager_opens_a_network_step_by_step(self):
        form = Form(self.env["payment.terminal.network"].with_user(self.manager))
        form.name = "Kaspi"
        form.dialect = "kaspi_json"
        form.currency_id = self.tenge
        network = form.save()
        self.assertEqual(network.environment, "disabled")
        self.assertEqual(
            list(network.checklist),
            ["journal", "clearing", "suspense", "addresses"],
        )
        network.action_try()
        self.assertEqual(network.environment, "test")
        with self.assertRaises(UserError):
            network.action_go_live()
        network.action_add_known_addresses()
        network.write(
            {
                "journal_id": self.journal.id,
                "clearing_account_id": self.clearing.id,
                "suspense_account_id": self.suspense.id,
            }
        )
        network.with_user(self.admin).secret = "s3cret"
        self.assertFalse(network.checklist)
        network.action_go_live()
        network.action_disable()
        network.action_try()
        self.assertEqual(network.environment, "test")

    def test_the_checklist_knows_the_rate_and_the_companys_number(self):
        self.company.partner_id.write({"company_registry": False, "vat": False})
        bolivars = self.env.ref("base.VES")
        bolivars.active = True
        network = self.make_network(
            "Kaspi",
            dialect="kaspi_json",
            currency_id=bolivars.id,
            environment="disabled",
        )
        self.assertEqual(
            {
                code: line["action"]["res_model"]
                for code, line in network.checklist.items()
            },
            {"company_number": "res.company", "rate": "res.currency"},
        )
        with self.assertRaises(UserError):
            network.action_go_live()
        self.env["res.currency.rate"].create(
            {"currency_id": bolivars.id, "company_id": self.company.id, "rate": 2}
        )
        network.invalidate_recordset(["checklist"])
        self.assertEqual(set(network.checklist), {"company_number"})
        network.dialect = "osmp"
        self.assertFalse(network.checklist)

    def test_billers_and_auditors_look_only(self):
        for user in (self.biller, self.auditor):
            with self.subTest(user.login):
                payment = self.payment.with_user(user)
                self.assertEqual(payment.amount, 500.0)
                number = self.customer.with_user(user).terminal_number
                self.assertEqual(number, self.customer.terminal_account_ids.number)
                account = self.customer.terminal_account_ids.with_user(user)
                self.assertForbidden(account.action_block, account.action_replace)

    def test_an_employee_sees_nothing(self):
        self.assertForbidden(
            *(
                lambda model=model: self.env[model].with_user(self.employee).search([])
                for model in MODELS
            ),
            lambda: self.customer.with_user(self.employee).terminal_transaction_count,
        )
        name = self.customer.with_user(self.employee).name
        self.assertEqual(name, "Aigerim Suleimenova")

    def test_every_company_has_its_own(self):
        for model in MODELS:
            with self.subTest(model):
                self.assertTrue(self.env[model].with_user(self.manager).search([]))
                self.assertFalse(self.env[model].with_user(self.stranger).search([]))
        figures = self.env["payment.terminal.network"].with_user(self.stranger)
        self.assertFalse(figures.get_live_figures()["networks"])
        self.assertForbidden(
            lambda: self.network.with_user(self.stranger).get_live_figures()
        )

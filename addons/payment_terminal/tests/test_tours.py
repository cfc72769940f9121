from odoo.tests import HttpCase, tagged

from .common import NOW, TerminalCommon


@tagged("post_install", "-at_install")
class TestTours(TerminalCommon, HttpCase):
    """What a bookkeeper does in the web client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant.password = "dana"
        cls.env["payment.terminal.network"].search(
            [("id", "!=", cls.network.id)]
        ).active = False

    def tour(self, path, name):
        self.start_tour(f"/odoo/{path}", f"payment_terminal_{name}", login="dana")
        self.env.invalidate_all()

    def take_payments(self):
        """Two payments of a customer and one of nobody, today."""
        self.pay(1500.0)
        self.pay(500.0)
        self.pay(1000.0, partner=self.nobody)
        self.book()

    def test_from_the_overview_to_a_payment(self):
        self.take_payments()
        self.env["payment.terminal.request"]._log(
            {
                "network_id": self.network.id,
                "operation": "check",
                "result": "ok",
                "duration": 20,
            }
        )
        self.tour("payment-terminals", "overview")

    def test_give_numbers(self):
        self.make_invoice()
        debtor = self.make_customer("Serik Abdrakhmanov", number=False)
        self.make_invoice(debtor)
        paid = self.make_customer("Dana Bekova", number=False)
        self.tour("terminal-numbers", "issue")
        self.assertTrue(debtor.with_company(self.company).terminal_number)
        self.assertFalse(paid.with_company(self.company).terminal_number)

    def test_replace_and_block_a_number(self):
        account = self.customer.terminal_account_ids
        self.tour(f"terminal-numbers/{account.id}", "block")
        self.assertEqual(account.state, "blocked")
        self.assertEqual(account.ended_on, NOW.date())
        number = self.customer.with_company(self.company).terminal_number
        self.assertNotIn(number, (False, account.number))

    def test_live(self):
        self.take_payments()
        self.tour("payment-terminals-live", "live")

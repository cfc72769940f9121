import json

from odoo.tests import tagged

from .service_common import ServiceCommon


@tagged("post_install", "-at_install")
class TestDebtPages(ServiceCommon):
    """A network fetches page by page what all customers owe."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kaspi = cls.make_called_network(
            "Kaspi", dialect="kaspi_json", pages_debts=True
        )
        cls.bolat, cls.dinara = (cls.make_customer(n) for n in ("Bolat", "Dinara"))
        cls.make_invoice(amount=1000)
        cls.make_invoice(cls.dinara, amount=50)
        cls.pay(600)

    def page(self, page=1, rows=10):
        query = f"date=202611&page={page}&rows={rows}"
        answer = self.serve(self.kaspi, method="GET", query=query)
        return json.loads(answer.body)

    def test_it_tells_what_a_kiosk_would_show(self):
        told = self.page()
        self.assertEqual((told["result"], told["total"]), (0, 3))
        self.assertEqual(
            [(row["account"], row["name"], row["sum"]) for row in told["accounts"]],
            [
                (self.number, "А****** С**********", "400.00"),
                (self.bolat.terminal_number, "B****", "0.00"),
                (self.dinara.terminal_number, "D*****", "50.00"),
            ],
        )
        self.assertEqual(self.requests(self.kaspi).operation, "debts")

    def test_all_pages_together_are_all_customers(self):
        numbers = [
            row["account"]
            for page in (1, 2, 3)
            for row in self.page(page, rows=2)["accounts"]
        ]
        self.assertEqual(
            numbers,
            [self.number, self.bolat.terminal_number, self.dinara.terminal_number],
        )

    def test_blocked_numbers_and_archived_customers_are_not_on_it(self):
        self.bolat.terminal_account_ids.action_block()
        self.dinara.active = False
        told = self.page()
        self.assertEqual(
            ([row["account"] for row in told["accounts"]], told["total"]),
            ([self.number], 1),
        )

    def test_only_where_it_is_allowed(self):
        for values in (
            {"pages_debts": False},
            {"show_debt": "none"},
            {"second_factor": "zip"},
            {"lookups_enabled": False},
        ):
            with self.subTest(values):
                before = {name: self.kaspi[name] for name in values}
                self.kaspi.write(values)
                told = self.page()
                self.assertEqual(told["result"], 5)
                self.assertNotIn("accounts", told)
                self.kaspi.write(before)

    def test_a_stranger_gets_none(self):
        answer = self.serve(
            self.kaspi, peer="203.0.113.9", method="GET", query="page=1&rows=10"
        )
        self.assertEqual(answer.status, 403)

    def test_queries_do_not_grow_with_the_page(self):
        for customer in (self.make_customer(f"Customer {n}") for n in range(20)):
            self.make_invoice(customer, amount=10)
        self.page()
        with self.assertQueryCount(20):
            self.assertEqual(len(self.page(rows=100)["accounts"]), 23)

from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import NOW, TODAY
from .registry_common import RegistryCommon

YESTERDAY = TODAY - timedelta(days=1)
# 100.00 + 250.50 = 350.50, of which Sber keeps 7.01 and transfers 343.49
SBER = (
    "20-11-2026;10-11-12;8619;MB;s-1;{number};100,00;98,00;2,00",
    "20-11-2026;10-15-00;8619;MB;s-2;{number};250,50;245,49;5,01",
    "=2;350,50;343,49;7,01;900;21-11-2026",
)


@tagged("post_install", "-at_install")
class TestRegistryDays(RegistryCommon):
    """Online, the registry and the bank, day by day: sums are added up by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fees, transit = cls.env["account.account"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "account_type": kind,
                    "company_ids": cls.company.ids,
                }
                for name, code, kind in (
                    ("Fees of kiosks", "719901", "expense"),
                    ("Bank, to clear up", "103001", "asset_current"),
                )
            ]
        )
        cls.bank = cls.env["account.journal"].create(
            {
                "name": "Bank",
                "code": "BNK",
                "type": "bank",
                "suspense_account_id": transit.id,
                "company_id": cls.company.id,
            }
        )

    def receive(self, amount, reference="Payout", date=TODAY):
        """The bank receives a sum."""
        lines = self.env["account.bank.statement.line"].sudo()
        return lines.create(
            {
                "journal_id": self.bank.id,
                "date": date,
                "payment_ref": reference,
                "amount": amount,
            }
        )

    def sber(self):
        text = "\r\n".join(SBER).format(number=self.number)
        return self.take(text.encode("cp1251"), name="sber.txt")

    def open(self, **values):
        wizard = self.env["payment.terminal.payout"].with_user(self.accountant)
        return Form(wizard.with_context(default_network_id=self.network.id, **values))

    def days_of(self, form):
        return [(str(row["day"]), row["amount"]) for row in form.line_ids._records]

    def chosen(self, form):
        return [str(row["day"]) for row in form.line_ids._records if row["is_chosen"]]

    def pay_and_book(self, **days):
        """Payments of the days before today, by their number of days."""
        for name, amount in days.items():
            ago = timedelta(days=int(name.removeprefix("d")))
            self.pay(amount, paid_at=NOW - ago, business_date=TODAY - ago)
        self.book()

    # === FEES === #

    def test_fees_are_booked_on_the_clearing_account(self):
        self.network.fee_account_id = self.fees
        registry = self.sber()
        self.assertEqual((registry.total, registry.fee), (350.5, 7.01))
        self.assertEqual(
            self.entry(registry.fee_move_id),
            sorted(
                [
                    (self.fees, self.nobody, 7.01, 0.0),
                    (self.clearing, self.nobody, 0.0, 7.01),
                ]
            ),
        )
        self.book()
        # what the network owes is what Sber says that it transfers
        self.assertEqual(self.balance(self.clearing), 343.49)
        self.assertEqual(self.day_totals()["difference"], 0)
        self.assertEqual(self.day().fee, 7.01)
        registry.fee_move_id.with_user(self.env.user)._reverse_moves()

    def test_fees_without_an_account_wait_for_one(self):
        registry = self.sber()
        self.assertFalse(registry.fee_move_id)
        mine = registry.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "Choose the account"):
            mine.action_book_fee()
        self.network.fee_account_id = self.fees
        mine.action_book_fee()
        self.assertTrue(registry.fee_move_id)
        self.assertFalse(mine.has_fee_to_book)

    def test_fees_of_what_was_listed_before_are_not_booked_again(self):
        self.network.fee_account_id = self.fees
        self.sber()
        text = "\r\n".join((SBER[0], "=1;100,00;98,00;2,00;901;21-11-2026"))
        again = self.take(text.format(number=self.number).encode("cp1251"))
        self.assertCounts(again, "matched", known=1)
        self.assertFalse(again.fee_move_id)

    def list_again(self, *lines, total):
        text = "\r\n".join((*lines, total)).format(number=self.number)
        return self.take(text.encode("cp1251"), name="again.txt")

    def test_fees_of_a_payment_that_differs_are_booked_once(self):
        self.network.fee_account_id = self.fees
        self.pay(90, txn_id="s-1")
        first = self.sber()
        self.assertCounts(first, "differs", differing=1, only_theirs=1, open_count=1)
        for number in ("901", "902"):
            again = self.list_again(
                SBER[0], total=f"=1;100,00;98,00;2,00;{number};21-11-2026"
            )
            self.assertCounts(again, "matched", known=1)
            self.assertFalse(again.fee_move_id)
        # with another amount it is the network's last word
        last = self.list_again(
            SBER[0].replace("100,00;98,00;2,00", "90,00;88,20;1,80"),
            total="=1;90,00;88,20;1,80;903;21-11-2026",
        )
        self.assertCounts(last, "matched", matched=1)
        self.assertEqual(self.balance(self.fees), 6.81)

    def balance(self, account):
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return round(sum(lines.mapped("balance")), 2)

    # === THE ALARM === #

    def test_a_registry_that_has_not_come_at_its_hour(self):
        self.network.write({"registry_expected_from": YESTERDAY, "registry_hour": 13.0})
        self.network._watch_registries()
        self.assertFalse(self.network.registry_missing, "it is noon")
        with freeze_time(NOW + timedelta(hours=2)):
            self.env.invalidate_all()
            self.network._watch_registries()
            self.assertEqual(self.network.registry_missing, "2026-11-19")
            [activity] = self.activities(self.network, "registry_missing")
            self.assertIn("2026-11-19", activity.note)
            yesterday = NOW - timedelta(days=1)
            self.take(self.write(self.line("1", "5.00", at=yesterday)))
            self.network._watch_registries()
            self.assertFalse(self.activities(self.network, "registry_missing"))

    def test_an_empty_file_is_the_registry_of_the_day_before(self):
        self.network.write({"registry_expected_from": YESTERDAY, "registry_hour": 1.0})
        self.assertEqual(self.network.registry_missing, "2026-11-19")
        payment = self.pay(5, paid_at=NOW - timedelta(days=1), business_date=YESTERDAY)
        registry = self.take(b"")
        self.assertEqual(registry.date_until, YESTERDAY)
        self.assertEqual(registry.line_ids.transaction_id, payment)
        self.network.invalidate_recordset()
        self.assertFalse(self.network.registry_missing)

    def test_no_day_has_an_hour_25(self):
        with self.assertRaises(ValidationError):
            self.network.registry_hour = 25

    # === THE BANK === #

    def test_a_payout_of_two_days_in_one_click(self):
        self.pay_and_book(d3=50, d2=100, d1=30)
        self.receive(999, "Rent")
        line = self.receive(130)
        form = self.open()
        self.assertEqual(form.statement_line_id, line)
        self.assertEqual(self.chosen(form), ["2026-11-18", "2026-11-19"])
        self.assertEqual((form.difference, form.explanation), (0, False))
        form.save().action_reconcile()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(
            [(day.paid_out, day.waiting) for day in map(self.day, self.three_days())],
            [(0, 50), (100, 0), (30, 0)],
        )
        with self.assertRaises(UserError):
            form.save().action_reconcile()

    def three_days(self):
        return [TODAY - timedelta(days=ago) for ago in (3, 2, 1)]

    def test_a_payout_less_fees_that_are_booked(self):
        self.network.fee_account_id = self.fees
        self.sber()
        self.book()
        line = self.receive(343.49)
        form = self.open()
        self.assertEqual(self.days_of(form), [("2026-11-20", 343.49)])
        self.assertEqual(form.difference, 0)
        form.save().action_reconcile()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self.balance(self.clearing), 0)
        self.assertEqual(self.day().waiting, 0)

    def test_fees_that_are_not_booked_explain_a_difference(self):
        self.sber()
        self.book()
        line = self.receive(343.49, f"{self.network.name} payout")
        form = self.open()
        self.assertAlmostEqual(form.difference, -7.01)
        self.assertIn(
            "Fees not booked yet: 7.01", form.explanation.replace("\xa0", " ")
        )
        form.is_fee = True
        form.fee_account_id = self.fees
        form.save().action_reconcile()
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self.balance(self.fees), 7.01)
        self.assertEqual(self.balance(self.clearing), 0)

    def test_payments_that_the_network_misses_explain_a_difference(self):
        payments = self.pay(100) + self.pay(40)
        self.take(self.write(self.listed(payments[0])))
        self.book()
        line = self.receive(100, self.network.name)
        form = self.open()
        self.assertEqual(form.difference, -40)
        told = form.explanation.replace("\ufeff", "")
        self.assertIn("Only ours: -40.00", told)
        form.save().action_reconcile()
        self.assertTrue(line.is_reconciled)
        # 40 stay open until the network has paid them or taken them back
        self.assertEqual((self.day().paid_out, self.day().waiting), (100, 40))

    def test_another_days_money_explains_a_difference(self):
        self.pay_and_book(d2=100, d1=30)
        self.receive(130.5, self.network.name)
        form = self.open()
        self.assertEqual(self.chosen(form), ["2026-11-18", "2026-11-19"])
        self.assertIn("No registry came of", form.explanation)
        with form.line_ids.edit(1) as row:
            row.is_chosen = False
        self.assertEqual(form.difference, 30.5)
        with form.line_ids.edit(1) as row:
            row.is_chosen = True
        form.statement_line_id = self.receive(30)
        self.assertEqual(self.chosen(form), ["2026-11-19"])
        with form.line_ids.edit(0) as row:
            row.is_chosen = True
        self.assertIn("2026-11-18 brings just this", form.explanation)

    def test_nothing_is_reconciled_without_a_choice(self):
        form = self.open()
        with self.assertRaisesRegex(UserError, "Choose what the bank"):
            form.save().action_reconcile()

    # === THE MONTH === #

    def test_a_months_end(self):
        self.network.fee_account_id = self.fees
        self.pay_and_book(d30=500)
        october = self.receive(200, date=TODAY - timedelta(days=25))
        form = self.open()
        form.statement_line_id = october
        form.save().action_reconcile()
        self.sber()
        self.book()
        self.env.flush_all()
        months = self.env["payment.terminal.month"].search(
            [("account_id", "=", self.clearing.id)], order="month"
        )
        self.assertRecordValues(
            months,
            [
                {
                    "opening": 0,
                    "collected": 500,
                    "fee": 0,
                    "paid_out": -200,
                    "other": 0,
                    "closing": 300,
                    "waiting": 300,
                },
                {
                    "opening": 300,
                    "collected": 350.5,
                    "fee": -7.01,
                    "paid_out": 0,
                    "other": 0,
                    "closing": 643.49,
                    "waiting": 343.49,
                },
            ],
        )
        self.assertEqual(self.balance(self.clearing), 643.49)
        items = self.env["account.move.line"].search(
            months[1].with_user(self.accountant).action_open_items()["domain"]
        )
        self.assertEqual(round(sum(items.mapped("balance")), 2), 343.49)

from collections import defaultdict
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from unittest import skipUnless
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..services.customers import Customers
from .common import NOW, TODAY, TerminalCommon

try:
    from hypothesis import HealthCheck, Phase, example, given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None


def cents(minimum, maximum):
    return st.integers(minimum, maximum).map(lambda value: Decimal(value) / 100)


@tagged("post_install", "-at_install")
class TestAllocation(TerminalCommon):
    """Which invoices a payment pays, and what becomes of the rest."""

    def left(self, *invoices):
        return [invoice.amount_residual for invoice in invoices]

    def test_the_oldest_due_first_then_the_first(self):
        newest = self.make_invoice(amount=10, due=9)
        oldest = self.make_invoice(amount=10, due=-9)
        first, second = (self.make_invoice(amount=10, due=0) for _twice in range(2))
        self.pay(25)
        self.book()
        self.assertEqual(self.left(oldest, first, second, newest), [0, 0, 5, 10])

    def test_the_chosen_invoice_first(self):
        older = self.make_invoice(amount=10, due=-9)
        for number, invoice in enumerate(
            self.make_invoice(amount=10, due=due) for due in (5, 6, 7)
        ):
            chosen = [
                invoice.name,
                invoice.payment_reference.lower(),
                f" {invoice.name} ",
            ][number]
            with self.subTest(chosen):
                self.pay(10, invoice=chosen)
                self.book()
                self.assertEqual(self.left(older, invoice), [10, 0])

    def test_a_chosen_invoice_and_then_the_oldest(self):
        older = self.make_invoice(amount=10, due=-9)
        chosen = self.make_invoice(amount=10, due=9)
        self.pay(15, invoice=chosen.name)
        self.book()
        self.assertEqual(self.left(older, chosen), [5, 0])

    def test_an_invoice_of_somebody_else_cannot_be_chosen(self):
        bolats = self.make_invoice(self.make_customer("Bolat"), amount=10)
        hers = self.make_invoice(amount=10)
        self.pay(10, invoice=bolats.name)
        self.book()
        self.assertEqual(self.left(hers, bolats), [0, 10])

    def test_instalments_are_paid_in_order(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    fields.Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (5, 35)
                ],
            }
        )
        halves = self.make_invoice(
            amount=100, invoice_payment_term_id=term.id, invoice_date_due=False
        )
        between = self.make_invoice(amount=10, due=20)
        self.pay(55)
        self.book()
        self.assertEqual(self.left(halves, between), [50, 5])

    def test_several_payments_of_one_batch(self):
        invoices = [self.make_invoice(amount=10, due=due) for due in (1, 2, 3)]
        payments = self.pay(15) + self.pay(10) + self.pay(10)
        self.book()
        self.assertEqual(self.left(*invoices), [0, 0, 0])
        self.assertEqual(payments.mapped("credit"), [0, 0, 5])
        self.assertEqual(payments[1].invoice_ids, invoices[1] + invoices[2])

    def test_a_credit_note_is_used_as_the_kiosk_has_shown(self):
        """1,000 less 400: whoever pays 600 owes nothing."""
        invoice = self.make_invoice(amount=1000)
        refund = self.make_invoice(amount=400, move_type="out_refund")
        self.assertEqual(self.shown(), 600)
        payment = self.pay(600)
        self.book()
        self.assertEqual(self.left(invoice, refund), [0, 0])
        self.assertEqual((payment.credit, payment.invoice_ids), (0, invoice))

    def test_a_credit_note_pays_its_own_invoice_first(self):
        self.make_invoice(amount=100, due=-9)
        invoice = self.make_invoice(amount=100)
        refund = self.make_invoice(
            amount=30, move_type="out_refund", reversed_entry_id=invoice.id
        )
        self.pay(1)
        self.book()
        self.assertEqual(self.left(invoice, refund), [70, 0])

    def test_an_opening_entry_is_paid(self):
        """5,000 from the earlier system, on the receivable account."""
        entry = self.make_entry(5000)
        self.assertEqual(self.shown(), 5000)
        self.pay(5000)
        self.book()
        self.assertTrue(self.receivable(entry).reconciled)
        self.assertEqual(self.shown(), 0)

    def test_what_the_kiosk_shows_is_what_is_paid(self):
        for amount, due in ((10, 3), (20, -3), (30, 0)):
            self.make_invoice(amount=amount, due=due)
        owed = self.read_debt()
        _payment, shares = owed.pay(self.customer.id, self.tenge.id, Decimal(35))
        payment = self.pay(35)
        self.book()
        shown = {share.debt.id: float(share.amount) for share in shares}
        paid = {
            partial.debit_move_id.id: partial.amount
            for partial in payment.line_ids.matched_debit_ids
        }
        self.assertEqual(shown, paid)

    def read_debt(self, network=None, customer=None):
        network = (network or self.network).sudo()
        self.env.flush_all()
        customers = Customers(network.env, network._take_snapshot())
        return customers.read_debt((customer or self.customer).id)

    def shown(self, network=None, customer=None):
        customer = customer or self.customer
        return float(self.read_debt(network, customer).get_debt(customer.id))

    def make_entry(self, amount, partner=None, account=None, currency=None):
        """An entry on a customer's receivable account; negative: a credit."""
        partner = (partner or self.customer).with_company(self.company)
        account = account or partner.property_account_receivable_id
        values = {
            "currency_id": (currency or self.tenge).id,
            "partner_id": partner.id,
            "date_maturity": TODAY,
        }
        other = self.env["account.journal"].search(
            [("code", "=", "INV"), ("company_id", "=", self.company.id)]
        )
        entry = self.env["account.move"].create(
            {
                "journal_id": self.journal.id,
                "date": TODAY - timedelta(days=9),
                "line_ids": [
                    fields.Command.create(
                        {**values, "account_id": one.id, "amount_currency": sign}
                    )
                    for one, sign in (
                        (account, amount),
                        (other.default_account_id, -amount),
                    )
                ],
            }
        )
        entry.action_post()
        return entry

    def receivable(self, move):
        return move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    # === CREDIT === #

    def test_the_next_invoice_is_paid_from_the_credit(self):
        payment = self.pay(100)
        self.book()
        self.assertEqual(payment.credit, 100)
        first = self.make_invoice(amount=70)
        self.book()
        self.assertEqual((first.payment_state, payment.credit), ("paid", 30))
        second = self.make_invoice(amount=50)
        self.book()
        self.assertEqual((second.amount_residual, payment.credit), (20, 0))
        self.assertEqual(payment.invoice_ids, first + second)

    def test_where_nothing_has_changed_nothing_is_looked_at(self):
        self.pay(100)
        self.make_invoice(self.make_customer("Bolat"))
        self.book()
        payments = self.env["payment.terminal.transaction"].sudo()
        self.assertFalse(payments.search(payments._find_to_use()))

    def test_what_a_person_has_unmatched_is_left_to_people_for_a_day(self):
        invoice = self.make_invoice(amount=100)
        payment = self.pay(100)
        self.book()
        payment.line_ids.remove_move_reconcile()
        self.book()
        self.assertEqual((payment.credit, invoice.amount_residual), (100, 100))
        payment.sudo().next_attempt = NOW
        self.book()
        self.assertEqual((payment.credit, invoice.amount_residual), (0, 0))

    def test_receivables_on_two_accounts(self):
        """An older invoice is on the account that the customer had then."""
        before = self.customer.property_account_receivable_id
        old = self.make_invoice(amount=10, due=-9)
        self.customer.property_account_receivable_id = before.copy()
        new = self.make_invoice(amount=10, due=9)
        payment = self.pay(15)
        self.book()
        self.assertEqual(self.left(old, new), [0, 5])
        self.assertEqual(payment.credit, 0)
        self.assertEqual(payment.invoice_ids, old + new)
        self.assertEqual((old + new).terminal_transaction_ids, payment)
        self.take_back(payment)
        self.book()
        self.assertEqual(self.left(old, new), [10, 10])
        self.assertEqual(sum(self.receivable(old + new).mapped("balance")), 20)
        self.assertEqual(self.shown(), 20)

    def test_what_is_open_on_an_account_of_earlier_days(self):
        """It was archived with something open on it: shown, paid and booked."""
        old = self.customer.property_account_receivable_id.copy()
        debt = self.make_entry(50, account=old)
        credit = self.make_entry(-20, account=old)
        invoice = self.make_invoice(amount=100, due=9)
        old.active = False
        self.assertEqual(self.shown(), 130)
        payment = self.pay(130)
        self.book()
        self.assertEqual(payment.state, "booked")
        self.assertEqual(self.shown(), 0)
        self.assertEqual(invoice.amount_residual, 0)
        for entry in (debt, credit):
            self.assertTrue(self.receivable(entry).reconciled)
        self.take_back(payment)
        self.book()
        self.assertEqual(payment.state, "reversed")
        self.assertEqual(self.shown(), 130)

    # === CURRENCIES === #

    def euros(self, *rates):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            [
                {
                    "currency_id": euro.id,
                    "name": day,
                    "inverse_company_rate": rate,
                    "company_id": self.company.id,
                }
                for day, rate in rates
            ]
        )
        return euro

    def test_a_network_in_euros(self):
        """Invoiced at 500 tenge, paid at 520: the difference of 2,000 is core's."""
        euro = self.euros((date(2026, 11, 1), 500), (TODAY, 520))
        network = self.make_network("Abroad", currency_id=euro.id)
        invoice = self.make_invoice(amount=100, due=-9, currency_id=euro.id)
        payment = self.pay(100, network=network)
        self.book()
        self.assertRecordValues(
            payment.move_id.line_ids.sorted("id"),
            [
                {"amount_currency": -100, "balance": -52000},
                {"amount_currency": 100, "balance": 52000},
            ],
        )
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual((invoice.amount_residual, payment.credit), (0, 0))
        exchange = payment.line_ids.matched_debit_ids.exchange_move_id
        self.assertEqual(abs(exchange.line_ids[0].balance), 2000)
        self.assertEqual(self.day_totals(network)["booked"], 100)

    def test_an_invoice_in_euros_paid_in_tenge(self):
        """At the day's rate of 520 tenge, 26,000 pay 50 euros."""
        euro = self.euros((date(2026, 11, 1), 500), (TODAY, 520))
        invoice = self.make_invoice(amount=100, due=-9, currency_id=euro.id)
        payment = self.pay(26000)
        self.book()
        self.assertEqual((invoice.amount_residual, payment.credit), (50, 0))

    def test_an_invoice_in_euros_is_paid_with_what_was_shown(self):
        """10 euros booked at 400 tenge; today the kiosk shows 5,000, and 5,000 pay."""
        euro = self.euros((date(2026, 11, 1), 400), (TODAY, 500))
        invoice = self.make_invoice(amount=10, due=-9, currency_id=euro.id)
        self.assertEqual(self.shown(), 5000)
        payment = self.pay(5000)
        self.book()
        self.assertEqual((invoice.payment_state, payment.credit), ("paid", 0))
        self.assertEqual(payment.invoice_ids, invoice)
        exchange = self.receivable(invoice).matched_credit_ids.exchange_move_id
        self.assertEqual(abs(exchange.line_ids[0].balance), 1000)
        self.assertEqual(self.shown(), 0)
        self.take_back(payment)
        self.book()
        self.assertEqual(invoice.amount_residual, 10)
        self.assertEqual(self.shown(), 5000)

    def test_without_exchange_accounts_it_stays_as_credit(self):
        euro = self.euros((date(2026, 11, 1), 500), (TODAY, 520))
        invoice = self.make_invoice(amount=100, due=-9, currency_id=euro.id)
        tenge = self.make_invoice(amount=1000)
        self.company.currency_exchange_journal_id = False
        payment = self.pay(26000)
        self.book()
        self.assertEqual((payment.state, payment.credit), ("booked", 25000))
        self.assertEqual(self.left(invoice, tenge), [100, 0])
        self.book()
        self.assertEqual(payment.credit, 25000)

    def test_a_payment_taken_back_takes_the_exchange_difference_along(self):
        euro = self.euros((date(2026, 11, 1), 500), (TODAY, 520))
        network = self.make_network("Abroad", currency_id=euro.id)
        invoice = self.make_invoice(amount=100, due=-9, currency_id=euro.id)
        payment = self.pay(100, network=network)
        self.book()
        self.take_back(payment)
        self.book()
        self.assertEqual((payment.state, invoice.amount_residual), ("reversed", 100))
        lines = self.env["account.move.line"].search(
            [("partner_id", "=", self.customer.id), ("parent_state", "=", "posted")]
        )
        self.assertEqual(
            sum(lines.filtered("account_id.reconcile").mapped("balance")), 50000
        )

    # === WHATEVER IS OPEN: who pays what was shown owes nothing === #

    @skipUnless(given, "hypothesis is not installed (dev/requirements.txt)")
    def test_whoever_pays_what_was_shown_owes_nothing(self):
        euro = self.euros((date(2026, 11, 1), 400.17), (TODAY, 517.31))
        networks = [self.network, self.make_network("Abroad", currency_id=euro.id)]
        second = self.customer.property_account_receivable_id.copy()
        amounts = cents(1, 500000)

        @settings(
            max_examples=10,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        # tenge that are worth a few cents, and a credit on the other account
        @example([("", Decimal("76.93"), False, True, 5)], Decimal("1.5"), True)
        # credits in tenge that pay a part of an invoice in euros, which stays paid
        @example(
            [
                ("out_receipt", Decimal("6.92"), False, False, -7),
                ("out_refund", Decimal("21.96"), False, True, 2),
                ("out_receipt", Decimal("8.01"), True, True, 0),
                ("out_receipt", Decimal("68.8"), True, True, -9),
                ("out_invoice", Decimal(5000), True, False, 5),
                ("out_invoice", Decimal("3600.13"), True, True, 8),
            ],
            Decimal(1),
            False,
        )
        @example(
            [
                ("out_invoice", Decimal("76.93"), False, False, 5),
                ("", Decimal("50.01"), False, True, 4),
            ],
            Decimal(1),
            True,
        )
        @given(
            items=st.lists(
                st.tuples(
                    st.sampled_from(["out_invoice", "out_refund", "out_receipt", ""]),
                    amounts,
                    st.booleans(),  # in euros
                    st.booleans(),  # on the second account
                    st.integers(-9, 9),
                ),
                min_size=1,
                max_size=6,
            ),
            paid=st.sampled_from([Decimal(1), Decimal("0.5"), Decimal("1.5")]),
            abroad=st.booleans(),
        )
        def check(items, paid, abroad):
            with self.rolled_back():
                self.check_shown(items, paid, networks[abroad], euro, second)

        check()

    def check_shown(self, items, paid, network, euro, second):
        first = self.customer.property_account_receivable_id
        for kind, amount, in_euros, on_second, due in items:
            currency = euro if in_euros else self.tenge
            account = second if on_second else first
            if not kind:  # an entry, every other one a credit
                sign = 1 if due % 2 else -1
                self.make_entry(sign * float(amount), None, account, currency)
                continue
            self.customer.property_account_receivable_id = account
            self.make_invoice(
                amount=float(amount), due=due, move_type=kind, currency_id=currency.id
            )
        shown = self.shown(network)
        amount = network.currency_id.round(shown * float(paid))
        if not amount:
            return
        payment = self.pay(amount, network=network)
        self.assertAlmostEqual(self.shown(network), max(shown - amount, 0), 2)
        self.book()
        self.assertEqual(payment.state, "booked", payment.summary)
        owed = self.read_debt(network)
        # a cent of what costs more than the network's smallest unit cannot be halved
        cent = 5.2
        margin = cent if paid != 1 else 0.0
        left = float(owed.get_debt(self.customer.id))
        self.assertAlmostEqual(left, max(shown - amount, 0), delta=margin + 0.001)
        if paid >= 1:
            self.assertFalse(owed.get_open(self.customer.id))
        self.assertEqual(self.day_totals(network)["difference"], 0)
        self.take_back(payment)
        self.book()
        # what credits have paid stays paid, in whole cents of the invoice's currency
        self.assertAlmostEqual(self.shown(network), shown, delta=cent + 0.011)
        self.assertEqual(payment.state, "reversed")
        self.assertTrue(all(payment.line_ids.mapped("reconciled")))

    @contextmanager
    def rolled_back(self):
        savepoint = self.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    # === ANY DAY: whatever is paid by whomever in any order === #

    @skipUnless(given, "hypothesis is not installed (dev/requirements.txt)")
    def test_sums_are_equal_to_the_cent(self):
        customers = [self.make_customer(f"Customer {letter}") for letter in "ABC"]

        @settings(
            max_examples=10,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(
            invoices=st.lists(
                st.tuples(st.integers(0, 2), cents(1, 5000), st.integers(-9, 9)),
                max_size=6,
            ),
            payments=st.lists(
                st.tuples(
                    st.integers(0, 3),
                    cents(1, 8000),
                    st.integers(0, 2),
                    st.integers(0, 6),
                ),
                min_size=1,
                max_size=9,
            ),
            batch=st.integers(1, 4),
        )
        def check(invoices, payments, batch):
            self.check_day(customers, invoices, payments, batch)

        check()

    def check_day(self, customers, invoices, payments, batch):
        with self.rolled_back():
            network = self.make_network("Of the day")
            made = [
                self.make_invoice(customers[owner], amount=float(amount), due=due)
                for owner, amount, due in invoices
            ]
            paid = self.env["payment.terminal.transaction"]
            for owner, amount, ago, chosen in payments:
                partner = customers[owner] if owner < 3 else self.nobody
                paid += self.pay(
                    float(amount),
                    partner,
                    invoice=made[chosen].name if chosen < len(made) else "",
                    network=network,
                    business_date=TODAY - timedelta(days=ago),
                )
            with patch.object(
                self.registry["payment.terminal.transaction"], "_BATCH", batch
            ):
                self.book()
            self.check_books(network, made, invoices, paid, payments)

    def check_books(self, network, made, invoices, paid, payments):
        # Each payment once: a journal item of its own, with its amount.
        self.assertEqual(len(paid.line_ids), len(paid))
        for payment, (owner, amount, _ago, _chosen) in zip(paid, payments, strict=True):
            self.assertEqual(round(Decimal(payment.line_ids.credit), 2), amount)
            self.assertEqual(payment.state, "suspense" if owner == 3 else "booked")
        # The days: what came in is on the clearing account.
        days = defaultdict(Decimal)
        for _owner, amount, ago, _chosen in payments:
            days[TODAY - timedelta(days=ago)] += amount
        for day, amount in days.items():
            totals = self.day_totals(network, day)
            self.assertEqual(round(Decimal(totals["booked"]), 2), amount)
            self.assertEqual(totals["difference"], 0)
            entries = self.env["account.move"].search(
                [("terminal_network_id", "=", network.id), ("date", "=", day)]
            )
            debits = sum(
                entries.line_ids.filtered(
                    lambda line: line.account_id == self.clearing
                ).mapped("debit")
            )
            self.assertEqual(round(Decimal(debits), 2), amount)
        # A customer's payments pay their invoices until one of both is used up.
        for number in range(3):
            owed = sum(amount for owner, amount, _due in invoices if owner == number)
            given_ = sum(
                amount for owner, amount, *_more in payments if owner == number
            )
            mine = [
                invoice
                for invoice, (owner, *_rest) in zip(made, invoices, strict=True)
                if owner == number
            ]
            left = sum(round(Decimal(invoice.amount_residual), 2) for invoice in mine)
            self.assertEqual(left, max(owed - given_, 0))
            credit = sum(
                round(Decimal(payment.credit), 2)
                for payment, (owner, *_rest) in zip(paid, payments, strict=True)
                if owner == number
            )
            self.assertEqual(credit, max(given_ - owed, 0))
        self.check_order(made, invoices, payments)

    def check_order(self, made, invoices, payments):
        """Play the day again by the rule itself: the days in order, in each the
        payments in order, each to the chosen invoice, then by day due."""
        left = {
            number: amount for number, (_owner, amount, _due) in enumerate(invoices)
        }
        order = sorted(range(len(payments)), key=lambda n: (-payments[n][2], n))
        for place in order:
            owner, amount, _ago, chosen = payments[place]
            mine = [n for n, (whose, *_rest) in enumerate(invoices) if whose == owner]
            mine.sort(key=lambda n: (n != chosen, invoices[n][2], n))
            for number in mine:
                share = min(amount, left[number])
                left[number] -= share
                amount -= share
        self.assertEqual(
            [round(Decimal(invoice.amount_residual), 2) for invoice in made],
            list(left.values()),
        )

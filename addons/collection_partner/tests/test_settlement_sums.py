from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from unittest import skipUnless

from odoo.tests import tagged

from .settlement_common import SettlementCommon

try:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None


def cents(least, most):
    return st.integers(least, most).map(lambda number: Decimal(number) / 100)


def draw_lines():
    line = st.fixed_dictionaries(
        {
            "capital": cents(1, 150_000),
            "interest": cents(0, 5_000),
            "fees": cents(0, 6_000),
            "agency_fees": cents(0, 18_000),
            "court_fees": cents(0, 30_000),
            "commission": cents(0, 9_000),
            "vat": cents(0, 7_000),
        }
    )
    return st.lists(line, min_size=1, max_size=4)


@tagged("post_install", "-at_install")
@skipUnless(given, "hypothesis is not installed (dev/requirements.txt)")
class TestSettlementSums(SettlementCommon):
    """Whatever an agency pays out, its entry balances, its lines and the rounding make
    what comes to the bank, and the agency never hears of it again."""

    @contextmanager
    def undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.other.settlements.clear()

    def check(self, cases, lines, rounding):
        self.other.calls.clear()
        currency = cases[0].currency_id
        told = [
            self.told_line(case, number, **amounts)
            for number, (case, amounts) in enumerate(zip(cases, lines, strict=False))
        ]
        total = sum((line["net"] for line in told), rounding)
        settlement = self.pay_out(*told, total=total, currency=currency.name)
        self.assertEqual(settlement.state, "booked", settlement.summary)
        items = settlement.move_id.line_ids
        self.assertFalse(self.company.currency_id.round(sum(items.mapped("balance"))))
        self.assertFalse(currency.round(sum(items.mapped("amount_currency"))))
        clearing = settlement.clearing_item_id
        self.assertEqual(clearing.account_id, self.accounts["clearing"])
        self.assertFalse(
            currency.compare_amounts(clearing.amount_currency, float(total))
        )
        nets = sum(settlement.line_ids.mapped("net"))
        self.assertFalse(
            currency.compare_amounts(nets + settlement.rounding, float(total))
        )
        for case, amounts in zip(cases, lines, strict=False):
            left = max(Decimal(1000) - amounts["capital"], 0)
            self.assertFalse(currency.compare_amounts(case.residual, float(left)))
        self.run_jobs()
        self.assertFalse(self.other.told("report_payment"))

    def test_every_settlement_adds_up_and_is_never_told_back(self):
        euro = self.setup_other_currency("EUR")
        euro.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            [
                {
                    "currency_id": euro.id,
                    "company_id": self.company.id,
                    "name": self.today - timedelta(days=days),
                    "inverse_company_rate": rate,
                }
                for days, rate in ((90, 11.4937), (1, 11.0219))
            ]
        )
        pools = [
            self.transfer(self.make_invoices(4)),
            self.transfer(self.make_invoices(4, currency_id=euro.id)),
        ]

        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.sampled_from(pools), draw_lines(), cents(-5, 5))
        def adds_up(cases, lines, rounding):
            with self.undone():
                self.check(cases, lines, rounding)

        adds_up()

import json
from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from .common import TODAY
from .service_common import ServiceCommon

DONE = "0"
TEMPORARY = "1"
NOT_NUMBER = "4"
NOT_FOUND = "5"
FORBIDDEN = "7"
BLOCKED = "79"
UNFINISHED = "90"
TOO_SMALL = "241"
TOO_LARGE = "242"
NOT_CHECKED = "243"
OTHER = "300"


@tagged("post_install", "-at_install")
class TestService(ServiceCommon):
    """What each thing asked means, whatever the network's language."""

    # === QUESTIONS === #

    def test_an_amount_that_no_book_can_hold_is_refused(self):
        """A sum of a batch must keep its last tiyin in a binary fraction."""
        self.network.maximum_amount = 0
        self.assertRefused(self.paid(1, "999999999999999"), "242", 1)
        self.assertRefused(self.paid(1, "100000000000.01"), "242", 1)
        self.assertRefused(self.check(sum="100000000000.01"), "242")
        self.assertEqual(self.paid(1, "100000000000.00").result, "0")
        self.book()
        self.assertEqual(self.payments(1).state, "booked")
        self.assertEqual(self.payments(1).credit, 100000000000)

    def test_questions_register_nothing(self):
        self.make_invoice(amount=500)
        self.assertEqual(self.ask("getInfo", account=self.number).result, DONE)
        self.assertEqual(self.check(sum="200.00").result, DONE)
        self.assertFalse(self.payments())
        self.assertEqual(
            self.requests().mapped("operation"), ["lookup", "check"], "both were kept"
        )
        self.assertFalse(self.requests().transaction_id)

    def test_who_is_not_known(self):
        self.assertRefused(self.check("99999999"), NOT_FOUND)
        self.assertRefused(self.check("ab"), NOT_NUMBER)
        blocked, number = self.make_open_customer("Blocked")
        blocked.terminal_account_ids.action_block()
        self.assertRefused(self.check(number), BLOCKED)

    def test_a_number_with_spaces_and_dashes(self):
        spaced = f" {self.number[:4]} {self.number[4:8]}-{self.number[8:]} "
        self.assertEqual(self.check(spaced).result, DONE)
        self.assertEqual(self.paid(1, account=spaced).result, DONE)
        payment = self.payments(1)
        self.assertEqual(payment.partner_id, self.customer)
        self.assertEqual(payment.account_number, spaced)

    def test_limits_are_the_checks_business(self):
        self.network.write({"minimum_amount": 50, "maximum_amount": 1000})
        self.assertRefused(self.check(sum="49.99"), TOO_SMALL)
        self.assertEqual(self.check(sum="50").result, DONE)
        self.assertEqual(self.check(sum="1000").result, DONE)
        self.assertRefused(self.check(sum="1000.01"), TOO_LARGE)
        self.assertEqual(self.paid(1, "49.99").result, DONE)
        self.assertEqual(self.paid(2, "1000.01").result, DONE)
        self.assertEqual(len(self.payments()), 2)

    def test_without_a_largest_amount(self):
        self.assertEqual(self.check(sum="999999999").result, DONE)

    def test_another_currency(self):
        self.assertRefused(self.check(sum="5", ccy="USD"), FORBIDDEN)
        self.assertRefused(self.paid(1, "5", ccy="USD"), FORBIDDEN, txn_id=1)
        self.assertEqual(self.paid(2, "5", ccy="KZT").result, DONE)
        self.assertEqual(self.paid(3, "5", ccy="398").result, DONE)

    # === PAYMENTS === #

    def test_pay_without_check(self):
        heard = self.paid(1, "150.50", trm_id="K-7")
        self.assertEqual((heard.result, heard.sum), (DONE, "150.50"))
        payment = self.payments(1)
        self.assertEqual(heard.payment, str(payment.id))
        self.assertEqual(payment.state, "accepted")
        self.assertEqual(payment.amount, 150.5)
        self.assertEqual(payment.partner_id, self.customer)
        self.assertEqual(payment.account_id.number, self.number)
        self.assertEqual(payment.currency_id, self.tenge)
        self.assertEqual(payment.terminal, "K-7")
        self.assertFalse(payment.is_test)

    def test_money_is_taken_whoever_the_customer_is(self):
        archived, number = self.make_open_customer("Moved away")
        archived.active = False
        blocked, known_by_strangers = self.make_open_customer("Blocked")
        blocked.terminal_account_ids.action_block()
        for txn_id, account in enumerate(
            ["99999999", "?!", number, known_by_strangers], start=1
        ):
            self.assertEqual(self.paid(txn_id, account=account).result, DONE)
        payments = self.payments().sorted("id")
        self.assertEqual(payments.mapped("state"), ["accepted"] * 4)
        self.assertFalse(payments[:2].partner_id)
        self.assertEqual(payments[2].partner_id, archived)
        self.assertEqual(payments[3].partner_id, blocked)
        self.assertEqual(payments[1].account_number, "?!")

    def test_money_without_an_amount_is_none(self):
        for amount in ("", "0", "-5", "1e3", "NaN", "10.001", "1 000"):
            self.assertRefused(self.paid(1, amount), OTHER, txn_id=1)

    def test_a_replaced_number_still_pays(self):
        self.customer.terminal_account_ids.action_replace()
        self.assertNotEqual(self.customer.terminal_number, self.number)
        self.assertEqual(self.check().result, DONE)
        self.paid(1)
        self.assertEqual(self.payments(1).partner_id, self.customer)

    def test_lookups_off(self):
        """Nobody learns a debt, everybody can pay."""
        self.network.lookups_enabled = False
        heard = self.check()
        self.assertRefused(heard, NOT_CHECKED)
        self.assertFalse(heard.fields)
        self.assertRefused(self.ask("getInfo", account=self.number), NOT_CHECKED)
        self.assertEqual(self.paid(1).result, DONE)

    def test_under_test(self):
        """Everything is answered and kept, nothing counts."""
        self.make_invoice(amount=500)
        self.network.environment = "test"
        self.assertEqual(self.paid(1).result, DONE)
        self.assertTrue(self.payments(1).is_test)
        self.assertDebt("500.00")
        self.book()
        self.assertFalse(self.payments(1).move_id)

    def test_a_number_that_was_tried_out_is_new_in_production(self):
        self.network.environment = "test"
        self.paid(1)
        self.network.environment = "prod"
        self.assertEqual(self.paid(1).result, DONE)
        self.assertEqual(sorted(self.payments(1).mapped("is_test")), [False, True])
        self.book()
        self.assertEqual(
            self.payments(1).filtered("move_id").mapped("is_test"), [False]
        )

    def test_disabled(self):
        """The network shall ask again, for everything."""
        self.network.environment = "disabled"
        for heard in (
            self.check(),
            self.paid(1),
            self.ask("cancel", 2),
            self.ask("status", 3),
        ):
            self.assertRefused(heard, TEMPORARY)
        self.assertFalse(self.payments())
        self.network.environment = "prod"
        self.assertEqual(self.paid(1).result, DONE)

    # === THE SAME AGAIN === #

    def test_a_repeat_is_answered_byte_for_byte(self):
        invoice = self.make_invoice(amount=500)
        first = self.paid(1, "300", txn_date="20261120115900")
        self.customer.name = "Renamed"
        self.make_invoice(amount=700)
        invoice.button_draft()
        self.network.write({"lang": "fi_FI", "show_debt": "none", "name": "Renamed"})
        self.customer.terminal_account_ids.action_block()
        for state in ("accepted", "booked"):
            self.payments(1).sudo()._set_state(state)
            again = self.paid(1, "300", txn_date="20261120115900")
            self.assertEqual(again.body, first.body)
        self.assertEqual(len(self.payments()), 1)
        pays = self.requests(operation="pay")
        self.assertEqual(pays.mapped("is_repeat"), [False, True, True])
        self.assertEqual(pays.mapped("is_binding"), [True, False, False])
        self.assertEqual(pays.transaction_id, self.payments(1))

    def test_a_repeat_may_write_the_same_otherwise(self):
        first = self.paid(1, "300")
        spaced = f"{self.number[:4]} {self.number[4:]}"
        self.assertEqual(self.paid(1, "300.00", spaced).body, first.body)

    def test_the_same_number_for_another_payment(self):
        self.paid(1, "300")
        other, number = self.make_open_customer("Other")
        for heard in (
            self.paid(1, "300.01"),
            self.paid(1, "300", account=number),
            self.paid(1, "300", account="99999999"),
            self.paid(1, "300", ccy="USD"),
        ):
            self.assertEqual(heard.result, FORBIDDEN)
            self.assertFalse(heard.payment)
        self.assertEqual(self.payments(1).amount, 300)
        self.assertEqual(self.payments(1).partner_id, self.customer)
        conflicts = self.requests(result="conflict")
        self.assertEqual(len(conflicts), 4)
        self.assertEqual(conflicts.transaction_id, self.payments(1))
        self.assertEqual(self.paid(1, "300").result, DONE, "the first one stays good")

    def test_two_networks_number_their_payments_alike(self):
        other = self.make_called_network("Other kiosks")
        self.paid(1, "100")
        self.paid(1, "250", network=other)
        self.assertEqual(self.payments(1).amount, 100)
        self.assertEqual(self.payments(1, other).amount, 250)

    # === TAKEN BACK === #

    def test_cancelled_before_it_is_booked(self):
        self.paid(1, "300")
        first = self.ask("cancel", 1)
        self.assertEqual(first.result, DONE)
        payment = self.payments(1)
        self.assertEqual(payment.state, "cancelled")
        self.assertEqual(payment.cancelled_at, fields.Datetime.now())
        self.assertEqual(self.ask("cancel", 1).body, first.body)
        self.assertEqual(self.paid(1, "300").result, FORBIDDEN, "it is over")

    def test_cancelled_after_it_was_booked(self):
        self.make_invoice(amount=500)
        self.paid(1, "300")
        self.book()
        self.assertEqual(self.payments(1).state, "booked")
        first = self.ask("cancel", 1)
        self.assertEqual(first.result, DONE)
        self.assertEqual(self.payments(1).state, "reversing")
        self.assertEqual(self.ask("cancel", 1).body, first.body)
        self.assertEqual(self.paid(1, "300").result, FORBIDDEN, "it is over")
        self.book()
        self.assertEqual(self.payments(1).state, "reversed")
        self.assertEqual(self.ask("cancel", 1).body, first.body)
        self.assertEqual(self.paid(1, "300").result, FORBIDDEN, "it is over")

    def test_cancelled_while_nobody_knows_whose_it_is(self):
        self.paid(1, "300", account="7000000001")
        self.book()
        self.assertEqual(self.payments(1).state, "suspense")
        self.assertEqual(self.ask("cancel", 1).result, DONE)
        self.assertEqual(self.payments(1).state, "reversing")
        self.book()
        self.assertEqual(self.payments(1).state, "reversed")

    def test_cancelled_before_it_came(self):
        """The cancellation overtook the payment: the payment is refused."""
        first = self.ask("cancel", 1)
        self.assertEqual(first.result, DONE)
        self.assertEqual(self.payments(1).state, "cancelled")
        self.assertEqual(self.paid(1, "300").result, FORBIDDEN)
        self.assertEqual(self.payments(1).state, "cancelled")
        self.assertFalse(self.payments(1).amount)
        self.assertEqual(self.ask("cancel", 1).body, first.body)
        self.assertFalse(self.requests(result="conflict"))

    # === WHAT BECAME OF IT === #

    def test_status(self):
        self.assertRefused(self.ask("status", 1), OTHER, txn_id=1)
        self.paid(1, "300")
        heard = self.ask("status", 1)
        self.assertEqual((heard.result, heard.sum), (DONE, "300.00"))
        self.assertEqual(heard.payment, str(self.payments(1).id))
        self.ask("cancel", 1)
        self.assertEqual(self.ask("status", 1).result, FORBIDDEN)
        self.assertEqual(len(self.payments()), 1)

    def test_statement(self):
        """A bank asks for its payments of a period, the edges included."""
        bank = self.make_bank()

        def pay(name, moment):
            answer = self.signed(
                bank,
                operation="pay",
                id=name,
                account=self.number,
                amount="10.00",
                currency="KZT",
                paid_at=moment,
            )
            self.assertEqual(answer.status, 200, answer.body)

        for name, moment in (
            ("before", "2026-11-18T23:59:59+05:00"),
            ("first", "2026-11-19T00:00:00+05:00"),
            ("last", "2026-11-19T23:59:59+05:00"),
            ("after", "2026-11-20T00:00:00+05:00"),
        ):
            pay(name, moment)
        self.paid("5", txn_date="20261119120000")
        answer = self.signed(
            bank,
            operation="statement",
            since="2026-11-19T00:00:00+05:00",
            until="2026-11-19T23:59:59+05:00",
        )
        self.assertEqual(answer.status, 200)
        self.assertIn(b'"id":"first"', answer.body)
        self.assertIn(b'"id":"last"', answer.body)
        for other in (b'"before"', b'"after"', b'"5"'):
            self.assertNotIn(other, answer.body)

    # === ON WHICH DAY === #

    def assertDay(self, txn_id, day, **more):
        self.assertEqual(self.paid(txn_id, **more).result, DONE)
        self.assertEqual(self.payments(txn_id, more.get("network")).business_date, day)

    def test_the_day_is_that_of_the_networks_clock(self):
        """Almaty is five hours ahead of UTC, where the day is a day younger."""
        yesterday = TODAY - timedelta(days=1)
        self.assertDay(1, yesterday, txn_date="20261119235959")
        self.assertEqual(
            self.payments(1).paid_at, fields.Datetime.to_datetime("2026-11-19 18:59:59")
        )
        self.assertDay(2, TODAY, txn_date="20261120000000")
        self.assertDay(3, TODAY)
        self.assertEqual(self.payments(3).paid_at, fields.Datetime.now())

    def test_the_last_day_of_a_month_and_of_a_year(self):
        self.assertDay(1, fields.Date.to_date("2026-10-31"), txn_date="20261031235959")
        self.assertDay(2, fields.Date.to_date("2025-12-31"), txn_date="20251231235959")

    def test_when_the_clocks_go_back(self):
        """In Helsinki 03:30 comes twice on 25 October 2026: the first is meant."""
        network = self.make_called_network("Helsinki", tz="Europe/Helsinki")
        day = fields.Date.to_date("2026-10-25")
        for txn_id, told, utc in (
            (1, "20261025000000", "2026-10-24 21:00:00"),
            (2, "20261025033000", "2026-10-25 00:30:00"),
            (3, "20261025235959", "2026-10-25 21:59:59"),
        ):
            self.assertDay(txn_id, day, txn_date=told, network=network)
            self.assertEqual(
                self.payments(txn_id, network).paid_at, fields.Datetime.to_datetime(utc)
            )

    def test_times_that_cannot_be_true(self):
        """A kiosk's clock that lost its battery does not move a payment to another
        year."""
        for txn_id, told in enumerate(
            ["20000101000000", "20251119115959", "20261121120001", "20990101000000"],
            start=1,
        ):
            self.assertDay(txn_id, TODAY, txn_date=told)
        self.assertEqual(
            set(self.payments().mapped("paid_at")), {fields.Datetime.now()}
        )
        self.assertDay(8, fields.Date.to_date("2025-11-19"), txn_date="20251119120000")
        self.assertDay(9, TODAY, txn_date="20261332250000")

    def test_amounts_are_exact(self):
        for txn_id, amount in enumerate(["0.01", "0.10", "999999999.99"], start=1):
            self.assertEqual(self.paid(txn_id, amount).sum, amount)
            stored = Decimal(f"{self.payments(txn_id).amount:.2f}")
            self.assertEqual(stored, Decimal(amount))

    # === TWO COMPANIES WITH KIOSKS OF THEIR OWN === #

    def test_the_same_numbers_in_two_companies(self):
        other = self.make_company("Other Water")
        accounts = self.env["payment.terminal.account"].with_company(other)
        neighbour = self.make_customer("Neighbour", number=False)
        accounts.create({"partner_id": neighbour.id, "number": self.number})
        network = self.make_called_network(
            "Kiosks of the other",
            company_id=other.id,
            environment="test",
            journal_id=False,
            clearing_account_id=False,
            suspense_account_id=False,
        )
        self.paid(1, "100")
        self.paid(1, "200", network=network)
        self.assertEqual(self.payments(1).partner_id, self.customer)
        theirs = self.payments(1, network)
        self.assertEqual(theirs.partner_id, neighbour)
        self.assertEqual(theirs.company_id, other)
        self.assertEqual(self.requests(network, txn_id="1").company_id, other)

    def test_the_companys_own_number_in_the_answer(self):
        """Kaspi wants it; it changes where people change it, at the partner."""
        network = self.make_called_network("Kaspi", dialect="kaspi_json")
        asked = {
            "method": "GET",
            "query": f"command=check&txn_id=1&account={self.number}",
        }
        for number in ("990140000385", "980540000397"):
            self.company.partner_id.company_registry = number
            answer = json.loads(self.serve(network, **asked).body)
            self.assertEqual(answer["bin"], number)

    def test_a_company_does_not_know_the_others_customers(self):
        other = self.make_company("Other Water")
        network = self.make_called_network(
            "Kiosks of the other",
            company_id=other.id,
            environment="test",
            journal_id=False,
            clearing_account_id=False,
            suspense_account_id=False,
        )
        self.assertRefused(self.check(network=network), "5")
        self.make_invoice(amount=500)
        self.env["payment.terminal.account"]._issue_for(self.customer, other)
        theirs = self.customer.with_company(other).terminal_number
        self.assertDebt("0.00", theirs, network=network)

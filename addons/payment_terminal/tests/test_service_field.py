import json

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .service_common import ServiceCommon

INACTIVE, TOO_SMALL, TOO_LARGE = "79", "241", "242"


@tagged("post_install", "-at_install")
class TestServiceField(ServiceCommon):
    """What networks do in the field, whatever their documents say."""

    def test_a_check_of_nothing_is_told_what_is_owed(self):
        self.make_invoice(amount=500)
        self.make_invoice(amount=120, move_type="out_refund")
        heard = self.check(txn_id="0", sum="0.00")
        self.assertEqual((heard.result, heard.sum), ("0", "380.00"))
        self.assertFalse(self.check(sum="100.00").sum)

    def test_what_is_due_and_what_is_owed_in_all(self):
        self.make_invoice(amount=300, due=-5)
        later = self.make_invoice(amount=200, due=30)
        heard = self.check()
        self.assertEqual(heard.shown("To pay"), ["500.00"])
        self.assertEqual(heard.shown("Of it due"), ["300.00"])
        later.button_cancel()
        self.assertFalse(self.check().shown("Of it due"), "all of it")

    def test_a_limit_is_told_with_its_figure(self):
        self.network.write({"minimum_amount": 50, "maximum_amount": 1000})
        for amount, result, words in (
            ("49.99", TOO_SMALL, "Pay at least 50.00 KZT"),
            ("1000.01", TOO_LARGE, "Pay at most 1000.00 KZT"),
        ):
            heard = self.check(sum=amount)
            self.assertEqual((heard.result, heard.comment), (result, words))

    def test_every_refusal_has_a_sentence(self):
        for heard in (
            self.check(sum="1e5"),
            self.ask("dance", 1, self.number),
            self.ask("pay", "x", self.number, sum="1"),
            self.ask("pay", 1, self.number, sum="1", ccy="roubles"),
        ):
            self.assertNotEqual(heard.result, "0")
            self.assertTrue(heard.comment)
        self.network.environment = "disabled"
        self.assertTrue(self.check().comment)

    def test_another_currency_under_another_name(self):
        heard = self.ask("pay", 1, self.number, sum="10", CURRENCY="RUB")
        self.assertRefused(heard, "7", 1)

    def test_a_number_that_the_kiosk_has_filled_up_with_zeros(self):
        self.make_invoice(amount=10)
        self.assertDebt("10.00", "000" + self.number)
        self.paid(1, "10.00", "000" + self.number)
        self.assertEqual(self.payments(1).partner_id, self.customer)
        # a number of an earlier system begins with zeros: it is its customer's
        other = self.make_customer("Other", number=False)
        self.env["payment.terminal.account"].create(
            {"partner_id": other.id, "number": f"0{self.number}"}
        )
        self.paid(2, "10.00", f"0{self.number}")
        self.assertEqual(self.payments(2).partner_id, other)

    def test_money_is_taken_at_whatever_time(self):
        self.assertEqual(self.paid(1, txn_date="2026-11-20 11:40:00").result, "0")
        self.assertEqual(str(self.payments(1).paid_at), "2026-11-20 06:40:00")
        self.assertEqual(self.paid(2, txn_date="yesterday").result, "0")

    def test_a_cancellation_by_our_own_number(self):
        first = self.paid(1, "300")
        heard = self.ask("cancel", prv_txn=first.payment)
        self.assertEqual(heard.result, "0")
        self.assertEqual(self.payments(1).state, "cancelled")
        self.assertEqual(self.ask("cancel", prv_txn=first.payment).body, heard.body)
        self.assertEqual(self.ask("cancel", prv_txn="99999999").result, "300")
        other = self.make_called_network("Other")
        heard = self.ask("cancel", prv_txn=first.payment, network=other)
        self.assertEqual(heard.result, "300", "another network's payment")

    def test_an_archived_customer(self):
        self.make_invoice(amount=500)
        self.customer.active = False
        heard = self.check()
        self.assertRefused(heard, INACTIVE)
        self.assertFalse(heard.fields)
        self.assertEqual(self.paid(1, "10").result, "0", "money is taken")
        self.book()
        self.assertEqual(self.payments(1).state, "suspense")

    def test_payme_finds_the_field_that_it_sent(self):
        network = self.make_payme()
        stamp = 1795158000000
        self.payme(
            network,
            "CreateTransaction",
            id="a1",
            time=stamp,
            amount=10000,
            account={"phone": self.number},
        )
        answer = self.payme(network, "GetStatement", **{"from": stamp, "to": stamp})
        [told] = answer["result"]["transactions"]
        self.assertEqual(told["account"], {"phone": self.number}, json.dumps(told))

    # === WHAT PAYMENTS WERE UNDERSTOOD BY === #

    def test_protocol_and_clock_stay_under_payments(self):
        self.paid(1)
        for name, value in (("tz", "Asia/Oral"), ("dialect", "kaspi_xml")):
            with self.assertRaisesRegex(ValidationError, "has payments"):
                self.network[name] = value
        self.network.write({"tz": self.network.tz, "dialect": "osmp"})
        trial = self.make_called_network("Trial", environment="test")
        self.paid(1, network=trial)
        trial.tz = "Asia/Oral"

    def test_the_clock_is_of_the_companys_country(self):
        networks = self.env["payment.terminal.network"].with_company(self.company)
        self.env.user.tz = "Europe/Paris"
        self.company.country_id = self.env.ref("base.is")
        self.assertEqual(networks._get_usual_tz(), "Atlantic/Reykjavik")
        self.company.country_id = self.env.ref("base.ru")
        self.assertEqual(networks._get_usual_tz(), "Europe/Moscow")
        self.env.user.tz = "Asia/Omsk"
        self.assertEqual(networks._get_usual_tz(), "Asia/Omsk")
        self.company.country_id = False
        self.assertEqual(networks._get_usual_tz(), "Asia/Omsk")

    def test_a_number_that_cannot_be_replaced_says_so(self):
        account = self.customer.terminal_account_ids
        account.action_block()
        with self.assertRaisesRegex(UserError, "Blocked numbers are not"):
            account.action_replace()

    def test_journal_and_accounts_with_one_click(self):
        books = ("journal_id", "clearing_account_id", "suspense_account_id")
        network = self.make_network(
            "New", environment="test", **dict.fromkeys(books, False)
        )
        network.action_open_books()
        self.assertTrue(network.journal_id.company_id == self.company)
        accounts = network.clearing_account_id + network.suspense_account_id
        self.assertEqual(
            accounts.mapped("account_type"), ["asset_current", "liability_current"]
        )
        self.assertTrue(all(accounts.mapped("reconcile")))
        network.environment = "prod"
        before = network.journal_id, accounts
        network.action_open_books()
        self.assertEqual(
            before,
            (
                network.journal_id,
                network.clearing_account_id + network.suspense_account_id,
            ),
        )
        self.pay(10, network=network)
        self.book()
        self.assertEqual(self.day_totals(network)["booked"], 10)

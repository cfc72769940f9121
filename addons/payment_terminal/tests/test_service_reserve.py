from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from .common import NOW, TODAY
from .service_common import ServiceCommon

# Payme's "Типы данных" and the errors of its methods.
CANNOT_PERFORM = -31008
NOT_KNOWN = -31003
WRONG_ACCOUNT = range(-31099, -31049)
SYSTEM = -32400
MILLISECONDS = 1763622000000 + 365 * 24 * 3600 * 1000  # 20 November 2026, 07:00 UTC


@tagged("post_install", "-at_install")
class TestServiceReserve(ServiceCommon):
    """A payment that is announced, performed later and perhaps taken back: Payme."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = cls.make_payme()

    def create_payment(self, txn_id="p1", amount=15000, account=None, **more):
        """CreateTransaction: ``amount`` is in tiyin."""
        return self.payme(
            self.network,
            "CreateTransaction",
            id=txn_id,
            time=MILLISECONDS,
            amount=amount,
            account={"account": account or self.number},
            **more,
        )

    def perform(self, txn_id="p1"):
        return self.payme(self.network, "PerformTransaction", id=txn_id)

    def take(self, txn_id="p1", reason=5):
        return self.payme(self.network, "CancelTransaction", id=txn_id, reason=reason)

    def assertError(self, answer, code):
        self.assertNotIn("result", answer)
        self.assertEqual(answer["error"]["code"], code)

    def test_announced_and_performed(self):
        first = self.create_payment()["result"]
        payment = self.payments("p1")
        self.assertEqual(first["state"], 1)
        self.assertEqual(first["transaction"], str(payment.id))
        self.assertEqual(payment.state, "reserved")
        self.assertEqual(payment.amount, 150)
        self.assertFalse(payment.accepted_at)
        with freeze_time(NOW + timedelta(hours=1)):
            done = self.perform()["result"]
            self.assertEqual(done["state"], 2)
            self.assertEqual(done["perform_time"], MILLISECONDS + 3600 * 1000)
        payment = self.payments("p1")
        self.assertEqual(payment.state, "accepted")
        self.assertEqual(payment.accepted_at, NOW + timedelta(hours=1))
        self.assertEqual(payment.business_date, TODAY)

    def test_the_money_counts_once_it_is_performed(self):
        self.make_invoice(amount=500)

        def debt():
            answer = self.payme(
                self.network,
                "CheckPerformTransaction",
                amount=15000,
                account={"account": self.number},
            )
            return answer["result"]["additional"]["debt"]

        self.assertEqual(debt(), "500.00")
        self.create_payment()
        self.assertEqual(debt(), "500.00")
        self.perform()
        self.assertEqual(debt(), "350.00")

    def test_everything_twice(self):
        """Payme's test environment sends all twice and compares the answers."""
        for step in (self.create_payment, self.perform, self.take):
            first = step()
            with freeze_time(NOW + timedelta(minutes=5)):
                self.assertEqual(step(), first)
        self.assertEqual(len(self.payments()), 1)

    def test_what_changes_between_two_announcements(self):
        """The answer is a promise: the same one again, whatever was switched since."""
        first = self.create_payment()
        self.network.lookups_enabled = False
        self.assertEqual(self.create_payment(), first)
        self.network.write({"lookups_enabled": True, "minimum_amount": 200})
        self.assertEqual(self.create_payment(), first)
        self.customer.terminal_account_ids.action_block()
        self.assertEqual(self.create_payment(), first)
        self.assertEqual(self.perform()["result"]["state"], 2)

    def test_announcing_obeys_the_check(self):
        self.network.write({"minimum_amount": 100, "maximum_amount": 1000})
        for amount in (9999, 100001):
            self.assertError(self.create_payment(amount=amount), -31001)
        answer = self.create_payment(account="99999999")
        self.assertIn(answer["error"]["code"], WRONG_ACCOUNT)
        self.customer.terminal_account_ids.action_block()
        answer = self.create_payment()
        self.assertIn(answer["error"]["code"], WRONG_ACCOUNT)
        self.assertFalse(self.payments())

    def test_with_lookups_off_an_announcement_tells_nothing_and_is_taken(self):
        self.network.lookups_enabled = False
        answers = [
            self.create_payment("p1"),
            self.create_payment("p2", account="99999999"),
        ]
        for answer in answers:
            self.assertEqual(answer["result"]["state"], 1)
        self.assertEqual(set(answers[0]["result"]), set(answers[1]["result"]))

    def test_the_same_number_for_another_announcement(self):
        self.create_payment()
        self.assertIn("error", self.create_payment(amount=15001))
        self.assertEqual(len(self.requests(result="conflict")), 1)
        self.assertEqual(self.payments("p1").amount, 150)

    def test_half_a_day(self):
        """43 200 000 ms, to the second, then it is over for good."""
        self.create_payment("p1")
        self.create_payment("p2")
        with freeze_time(NOW + timedelta(hours=12)):
            self.assertEqual(self.perform("p1")["result"]["state"], 2)
        with freeze_time(NOW + timedelta(hours=12, seconds=1)):
            self.assertError(self.perform("p2"), CANNOT_PERFORM)
            state = self.payme(self.network, "CheckTransaction", id="p2")["result"]
        self.assertEqual((state["state"], state["reason"]), (-1, 4))
        late = self.payments("p2")
        self.assertEqual(late.state, "cancelled")
        self.assertFalse(late.accepted_at)
        self.assertError(self.perform("p2"), CANNOT_PERFORM)
        self.assertError(self.create_payment("p2"), CANNOT_PERFORM)

    def test_taken_back_before_the_money(self):
        self.create_payment()
        self.assertEqual(self.take(reason=3)["result"]["state"], -1)
        self.assertEqual(self.payments("p1").state, "cancelled")
        self.assertEqual(self.payments("p1").cancel_reason, "3")
        self.assertError(self.perform(), CANNOT_PERFORM)

    def test_taken_back_after_the_money(self):
        self.create_payment()
        self.perform()
        self.assertEqual(self.take()["result"]["state"], -2)
        self.assertEqual(self.payments("p1").state, "cancelled")

    def test_taken_back_after_it_was_booked(self):
        self.create_payment()
        self.perform()
        self.book()
        self.assertEqual(self.payments("p1").state, "booked")
        first = self.take()
        self.assertEqual(first["result"]["state"], -2)
        self.book()
        self.assertEqual(self.payments("p1").state, "reversed")
        self.assertEqual(self.take(), first)

    def test_nobody_knows_it(self):
        for answer in (
            self.perform(),
            self.payme(self.network, "CheckTransaction", id="p1"),
        ):
            self.assertError(answer, NOT_KNOWN)
        self.assertFalse(self.payments())

    def test_disabled(self):
        self.network.environment = "disabled"
        self.assertError(self.create_payment(), SYSTEM)

    def test_statement_has_what_was_announced(self):
        self.create_payment("p1")
        self.create_payment("p2")
        self.perform("p2")
        ask = {"from": MILLISECONDS, "to": MILLISECONDS}
        answer = self.payme(self.network, "GetStatement", **ask)
        listed = answer["result"]["transactions"]
        self.assertEqual([one["id"] for one in listed], ["p1", "p2"])
        self.assertEqual([one["state"] for one in listed], [1, 2])
        self.assertEqual({one["time"] for one in listed}, {MILLISECONDS})
        self.assertEqual(fields.Datetime.to_string(NOW), "2026-11-20 07:00:00")

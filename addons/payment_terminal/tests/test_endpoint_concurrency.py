import threading
import time
from urllib.parse import urlencode

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tests import TransactionCase, tagged

from ..services import Teller
from .service_common import KIOSK, Heard

# Kept records that nobody may delete in Odoo; the test leaves the database clean.
LEFTOVERS = (
    "DELETE FROM payment_terminal_request WHERE network_id = %(network)s",
    "DELETE FROM payment_terminal_transaction WHERE network_id = %(network)s",
    "DELETE FROM payment_terminal_account WHERE partner_id = %(partner)s",
)
PATIENCE = 20  # seconds until a test gives up
ROUNDS = 10


@tagged("post_install", "-at_install")
class TestEndpointConcurrency(TransactionCase):
    """A network repeats while it is being answered, and asks several things at once;
    each in a connection of its own, on data that is really there."""

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            self.make_network(api.Environment(cr, SUPERUSER_ID, {}))
        self.addCleanup(self.clean_up)
        self.first = self.open_environment()
        self.second = self.open_environment()

    def make_network(self, env):
        partner = env["res.partner"].create({"name": "Concurrent customer"})
        account = env["payment.terminal.account"].create({"partner_id": partner.id})
        network = env["payment.terminal.network"].create(
            {
                "name": "Concurrent kiosks",
                "dialect": "osmp",
                "environment": "test",
                "tz": "Asia/Almaty",
                "lang": "en_US",
                "address_ids": [Command.create({"range": KIOSK})],
            }
        )
        self.number, self.token = account.number, network.token
        self.ids = {"network": network.id, "partner": partner.id}

    def open_environment(self):
        cr = self.registry.cursor()
        self.addCleanup(cr.close)
        return api.Environment(cr, SUPERUSER_ID, {})

    def clean_up(self):
        with self.registry.cursor() as cr:
            for statement in LEFTOVERS:
                cr.execute(statement, self.ids)
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["payment.terminal.network"].browse(self.ids["network"]).unlink()
            env["res.partner"].browse(self.ids["partner"]).unlink()

    # === WHAT HAPPENS AT ONCE === #

    def ask(self, env, command, txn_id, amount="100.00"):
        """What a kiosk asks, in a transaction that stays open."""
        asked = {"command": command, "txn_id": txn_id, "account": self.number}
        if command == "pay":
            asked["sum"] = amount
        answer = Teller.at(env, self.token).answer(
            KIOSK, [], method="GET", query=urlencode(asked)
        )
        return Heard(answer)

    def start(self, env, *asked):
        """Ask beside the test, and commit; the test goes on once that waits for another
        transaction or is done.

        :return: what waits for the answer, and returns it
        """
        env.cr.execute("SELECT pg_backend_pid()")
        [process] = env.cr.fetchone()
        env.cr.rollback()
        answers = []

        def run():
            answers.append(self.ask(env, *asked))
            env.cr.commit()

        def finish():
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())
            [answer] = answers
            return answer

        thread = threading.Thread(target=run)
        thread.start()
        with self.registry.cursor() as cr:
            for _attempt in range(100):
                cr.execute("SELECT pg_blocking_pids(%s)", [process])
                if cr.fetchone()[0] or not thread.is_alive():
                    break
                time.sleep(0.02)
        return finish

    def hold(self, env, change=False):
        """What the job that books does with a payment: it locks it, and writes."""
        env.cr.execute(
            "SELECT id FROM payment_terminal_transaction"
            " WHERE network_id = %(network)s FOR NO KEY UPDATE",
            self.ids,
        )
        if change:
            env.cr.execute(
                "UPDATE payment_terminal_transaction SET state = 'booked'"
                " WHERE network_id = %(network)s",
                self.ids,
            )

    def look(self, columns):
        with self.registry.cursor() as cr:
            cr.execute(
                f"SELECT {columns} FROM payment_terminal_transaction"
                " WHERE network_id = %(network)s ORDER BY id",
                self.ids,
            )
            return cr.fetchall()

    # === THE SAME PAYMENT TWICE === #

    def test_two_equal_payments_at_the_same_instant(self):
        first = self.ask(self.first, "pay", 1)
        finish = self.start(self.second, "pay", 1)
        self.first.cr.commit()
        second = finish()
        self.assertEqual(first.result, "0")
        self.assertEqual(second.body, first.body)
        self.assertEqual(self.look("txn_id, amount, state"), [("1", 100, "accepted")])

    def test_the_first_of_two_fails(self):
        """Its money is the second one's then."""
        self.ask(self.first, "pay", 1)
        finish = self.start(self.second, "pay", 1)
        self.first.cr.rollback()
        self.assertEqual(finish().result, "0")
        self.assertEqual(len(self.look("id")), 1)

    def test_many_times(self):
        """Whoever is first, both hear the same."""
        barrier = threading.Barrier(2)
        heard = {}

        def run(env):
            for number in range(ROUNDS):
                barrier.wait(PATIENCE)
                answer = self.ask(env, "pay", number)
                env.cr.commit()
                heard.setdefault(number, []).append(answer)

        threads = [
            threading.Thread(target=run, args=[env])
            for env in (self.first, self.second)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(len(self.look("id")), ROUNDS)
        for answers in heard.values():
            one, other = answers
            self.assertEqual(one.result, "0")
            self.assertEqual(one.body, other.body)

    def test_another_amount_at_the_same_instant(self):
        self.ask(self.first, "pay", 1, "100.00")
        finish = self.start(self.second, "pay", 1, "200.00")
        self.first.cr.commit()
        self.assertEqual(finish().result, "7")
        self.assertEqual(self.look("amount"), [(100,)])

    # === A PAYMENT AND ITS CANCELLATION === #

    def test_a_cancellation_while_the_payment_is_being_stored(self):
        paid = self.ask(self.first, "pay", 1)
        finish = self.start(self.second, "cancel", 1)
        self.first.cr.commit()
        self.assertEqual((paid.result, finish().result), ("0", "0"))
        self.assertEqual(self.look("amount, state"), [(100, "cancelled")])

    def test_a_payment_while_its_cancellation_is_being_stored(self):
        cancelled = self.ask(self.first, "cancel", 1)
        finish = self.start(self.second, "pay", 1)
        self.first.cr.commit()
        self.assertEqual((cancelled.result, finish().result), ("0", "7"))
        self.assertEqual(self.look("amount, state"), [(0, "cancelled")])

    def test_two_equal_cancellations(self):
        self.ask(self.first, "pay", 1)
        self.first.cr.commit()
        first = self.ask(self.first, "cancel", 1)
        second = self.ask(self.second, "cancel", 1)
        self.assertEqual((first.result, second.result), ("0", "90"), "ask again")
        self.second.cr.commit()
        self.first.cr.commit()
        self.assertEqual(self.ask(self.second, "cancel", 1).body, first.body)

    # === WHILE IT IS BEING BOOKED === #

    def test_a_lane_passes_over_what_another_one_books(self):
        for number in (1, 2):
            self.ask(self.first, "pay", number)
        self.first.cr.commit()
        domain = Domain("network_id", "=", self.ids["network"])
        claimed = []
        for env in (self.first, self.second):
            env.cr.execute("SET LOCAL lock_timeout = '1s'")
            payments = env["payment.terminal.transaction"]
            claimed.append(payments._claim(domain, 1, "id").txn_id)
        self.assertEqual(claimed, ["1", "2"])
        self.second.cr.rollback()
        self.first.cr.rollback()

    def test_a_repeat_waits_for_no_booking(self):
        first = self.ask(self.first, "pay", 1)
        self.first.cr.commit()
        for change in (False, True):
            self.hold(self.first, change)
            self.second.cr.execute("SET LOCAL lock_timeout = '1s'")
            self.assertEqual(self.ask(self.second, "pay", 1).body, first.body)
            self.assertEqual(self.ask(self.second, "status", 1).result, "0")
            self.assertEqual(self.ask(self.second, "check", 2).result, "0")
            self.second.cr.commit()
            self.first.cr.rollback()

    def test_a_cancellation_is_asked_again_after_the_booking(self):
        self.ask(self.first, "pay", 1)
        self.first.cr.commit()
        self.hold(self.first, change=True)
        self.second.cr.execute("SET LOCAL lock_timeout = '1s'")
        self.assertEqual(self.ask(self.second, "cancel", 1).result, "90")
        self.second.cr.commit()
        self.assertEqual(self.look("state"), [("accepted",)])
        self.first.cr.commit()
        self.assertEqual(self.ask(self.second, "cancel", 1).result, "0")
        self.second.cr.commit()
        self.assertEqual(self.look("state"), [("reversing",)])

    def test_a_cancellation_that_looked_before_the_booking_was_done(self):
        """It sees the booked payment in its next transaction."""
        self.ask(self.first, "pay", 1)
        self.first.cr.commit()
        self.second.cr.execute("SELECT 1 FROM payment_terminal_transaction LIMIT 1")
        self.hold(self.first, change=True)
        self.first.cr.commit()
        self.assertEqual(self.ask(self.second, "cancel", 1).result, "0")
        self.second.cr.commit()
        self.assertEqual(self.look("state"), [("reversing",)])

    # === WHILE THE NETWORK IS BEING CHANGED === #

    def test_a_question_during_the_change_does_not_keep_what_was_before(self):
        """Whoever asks meanwhile is answered by what was; nobody after the change."""
        network = self.first["payment.terminal.network"].browse(self.ids["network"])
        network.lookups_enabled = False
        self.first.flush_all()
        self.assertEqual(self.ask(self.second, "check", 1).result, "0")
        self.second.cr.commit()
        self.first.cr.commit()
        self.assertEqual(self.ask(self.second, "check", 1).result, "243")

    # === TWO PEOPLE === #

    def test_two_people_assign_the_same_payment(self):
        """The second one is told, at once."""
        self.ask(self.first, "pay", 1)
        self.first.cr.execute(
            "UPDATE payment_terminal_transaction SET state = 'suspense'"
            " WHERE network_id = %(network)s",
            self.ids,
        )
        self.first.cr.commit()
        self.hold(self.first)
        payments = self.second["payment.terminal.transaction"].search(
            [("network_id", "=", self.ids["network"])]
        )
        with self.assertRaisesRegex(UserError, "Somebody else"):
            payments._check_assignable()
        self.first.cr.rollback()
        payments._check_assignable()

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW
from .service_common import KIOSK, ServiceCommon

CLOSED = "243"
NOT_FOUND = "5"
STRANGER = "198.51.100.7"
TRIED = "Somebody tries customer numbers"
CONFLICT = "Same transaction ID, other data"
REFUSED = "Calls were refused"
DIFFERENCE = "A day does not add up"


@tagged("post_install", "-at_install")
class TestEnumeration(ServiceCommon):
    """Somebody tries numbers at a kiosk; people hear of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network.write(
            {"misses_per_kiosk": 3, "misses_per_network": 8, "miss_window": 15}
        )

    def miss(self, times, kiosk="K-1", first=0):
        for number in range(first, first + times):
            heard = self.check(f"9999{number:04}", trm_id=kiosk)
            self.assertRefused(heard, NOT_FOUND)

    def watch(self):
        """What the job does every five minutes."""
        self.env.invalidate_all()
        root = self.env.ref("base.user_root")
        with self.as_job():
            self.env["payment.terminal.network"].with_user(root)._cron_watch()
        self.env.invalidate_all()

    def told(self, summary=None):
        activities = self.network.activity_ids
        if summary:
            activities = activities.filtered(lambda one: one.summary == summary)
        return activities

    # === LOOKUPS PAUSE === #

    def test_at_one_kiosk(self):
        self.miss(2)
        self.assertEqual(self.check(trm_id="K-1").result, "0", "two are mistakes")
        self.miss(1)
        heard = self.check(trm_id="K-1")
        self.assertRefused(heard, CLOSED)
        self.assertFalse(heard.fields)
        heard = self.ask("getInfo", account=self.number, trm_id="K-1")
        self.assertRefused(heard, CLOSED)
        self.assertEqual(self.check(trm_id="K-2").result, "0", "others go on")

    def test_the_answer_does_not_depend_on_the_number(self):
        self.miss(3)
        right, wrong = (
            self.check(account, trm_id="K-1") for account in (self.number, "99999999")
        )
        self.assertEqual(right.body, wrong.body)

    def test_in_the_whole_network(self):
        for kiosk in range(4):
            self.miss(2, f"K-{kiosk}")
        self.assertRefused(self.check(trm_id="K-9"), CLOSED)
        self.assertRefused(self.check(), CLOSED)
        other = self.make_called_network("Other")
        self.assertEqual(self.check(network=other).result, "0")

    def test_without_the_name_of_a_kiosk(self):
        """Who sends no kiosk is only counted in the whole network."""
        self.miss(7, kiosk="")
        self.assertEqual(self.check().result, "0")
        self.miss(1, kiosk="")
        self.assertRefused(self.check(), CLOSED)

    def test_payments_are_always_taken(self):
        self.miss(3)
        self.assertEqual(self.paid(1, trm_id="K-1").result, "0")
        self.assertEqual(self.paid(2, account="99999999", trm_id="K-1").result, "0")
        self.assertEqual(self.ask("cancel", 1).result, "0")
        self.assertEqual(self.ask("status", 1).result, "7")

    def test_a_window_that_passes(self):
        self.miss(3)
        with freeze_time(NOW + timedelta(minutes=14, seconds=59)):
            self.assertRefused(self.check(trm_id="K-1"), CLOSED)
        with freeze_time(NOW + timedelta(minutes=15)):
            self.assertEqual(self.check(trm_id="K-1").result, "0")

    def test_who_asks_while_it_is_paused_does_not_prolong_it(self):
        self.miss(3)
        with freeze_time(NOW + timedelta(minutes=14)):
            self.assertRefused(self.check("99999999", trm_id="K-1"), CLOSED)
        with freeze_time(NOW + timedelta(minutes=15)):
            self.assertEqual(self.check(trm_id="K-1").result, "0")

    def test_what_counts(self):
        """Numbers that are none and wrong second factors; not closed numbers, wrong
        amounts or payments to nobody."""
        self.network.second_factor = "zip"
        self.customer.zip = "050000"
        self.assertRefused(self.check("!", trm_id="K-1"), "4")
        self.assertRefused(self.check(data1="1", trm_id="K-1"), "31")
        self.paid(1, account="99999999", trm_id="K-1")
        self.check(data1="050000", sum="0", trm_id="K-1")
        right = {"data1": "050000", "trm_id": "K-1"}
        self.assertEqual(self.check(**right).result, "0")
        self.assertRefused(self.check(data1="2", trm_id="K-1"), "31")
        self.assertRefused(self.check(**right), CLOSED)

    def test_without_limits(self):
        self.network.write({"misses_per_kiosk": 0, "misses_per_network": 0})
        self.miss(12)
        self.assertEqual(self.check(trm_id="K-1").result, "0")

    def test_two_kiosks_at_once(self):
        """Whoever goes from one to the other is caught at both."""
        self.network.misses_per_network = 0
        for round_ in range(3):
            self.miss(1, "K-1", round_)
            self.miss(1, "K-2", round_)
        for kiosk in ("K-1", "K-2"):
            self.assertRefused(self.check(trm_id=kiosk), CLOSED)

    # === PEOPLE HEAR OF IT === #

    def test_nothing_to_tell(self):
        self.check()
        self.paid(1)
        self.paid(1)
        self.miss(2)
        self.watch()
        self.assertFalse(self.told())

    def test_attempts_are_told_once(self):
        self.miss(3)
        self.watch()
        activity = self.told(TRIED)
        self.assertEqual(activity.user_id, self.accountant)
        self.assertIn("3 wrong numbers within 15 minutes", activity.note)
        self.watch()
        self.assertEqual(self.told(TRIED), activity)
        self.assertTrue(self.network.is_paused)
        with freeze_time(NOW + timedelta(minutes=20)):
            activity.action_done()
            self.watch()
            self.assertFalse(self.network.is_paused)
            self.assertFalse(self.told(TRIED))

    def test_conflicts_are_told_once(self):
        self.paid(1, "100")
        self.paid(1, "200")
        self.watch()
        activity = self.told(CONFLICT)
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.accountant)
        self.watch()
        self.assertEqual(self.told(CONFLICT), activity)
        activity.action_done()
        self.watch()
        self.assertFalse(self.told(CONFLICT), "it was looked at")

    def test_a_conflict_while_a_person_looks_into_another(self):
        self.paid("111", "100")
        self.paid("111", "200")
        self.watch()
        self.paid("222", "100")
        self.paid("222", "200")
        self.watch()
        first = self.told(CONFLICT)
        self.assertIn("111", first.note)
        self.assertNotIn("222", first.note)
        first.action_done()
        self.watch()
        second = self.told(CONFLICT)
        self.assertIn("222", second.note)
        self.assertNotIn("111", second.note)

    def test_refused_calls_are_told_once(self):
        self.check(wire={"peer": STRANGER})
        self.check(wire={"peer": STRANGER})
        self.check(wire={"peer": KIOSK})
        self.watch()
        activity = self.told(REFUSED)
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.note.count(STRANGER), 1)
        self.assertNotIn(KIOSK, activity.note)
        self.watch()
        self.assertEqual(self.told(REFUSED), activity)
        activity.action_done()
        self.watch()
        self.assertFalse(self.told(REFUSED), "it was looked at")
        self.check(wire={"peer": STRANGER})
        self.watch()
        self.assertEqual(len(self.told(REFUSED)), 1, "and happened again")

    def test_a_network_that_is_disabled_tells_nothing(self):
        self.check(wire={"peer": STRANGER})
        self.network.environment = "disabled"
        self.watch()
        self.assertFalse(self.told())

    def test_booking_goes_on_while_there_is_something_to_book(self):
        """The last network is closed and archived; what was accepted is money still."""
        job = self.env.ref("payment_terminal.ir_cron_payment_terminal_book")
        self.env["payment.terminal.network"].sudo().search([]).environment = "disabled"
        self.network.environment = "prod"
        self.paid(1)
        self.network.write({"environment": "disabled", "active": False})
        self.assertTrue(job.active)
        self.book()
        self.assertEqual(self.payments(1).state, "booked")
        self.assertTrue(job.active, "a credit may be used still")

    def watch_with(self, fault):
        """The first network that is looked at fails."""
        broken = self.make_called_network("Broken", sequence=0)
        self.check(wire={"peer": STRANGER})
        kind = type(self.network)
        watch = kind._watch_conflicts

        def fail(network):
            if network == broken:
                raise fault
            watch(network)

        with patch.object(kind, "_watch_conflicts", fail):
            self.watch()
        return broken

    @mute_logger("odoo.addons.payment_terminal.models.network.watch")
    def test_what_goes_wrong_with_one_network_stops_no_other(self):
        broken = self.watch_with(KeyError("a secret"))
        self.assertTrue(self.told(REFUSED))
        self.assertIn("KeyError", broken.activity_ids.note)

    def test_a_network_that_somebody_has_just_changed_is_no_fault(self):
        with patch.object(self.cr, "rollback", self.env.flush_all):
            changed = self.watch_with(SerializationFailure())
        self.assertTrue(self.told(REFUSED))
        self.assertFalse(changed.activity_ids)

    def test_a_day_that_does_not_add_up_is_told(self):
        self.paid(1)
        self.book()
        self.watch()
        self.assertFalse(self.network.difference)
        self.assertFalse(self.told(DIFFERENCE))
        self.env.cr.execute(
            "UPDATE payment_terminal_transaction SET amount = 150 WHERE id = %s",
            self.payments(1).ids,
        )
        self.env.invalidate_all()
        self.watch()
        self.assertEqual(self.network.difference, 50)
        self.assertEqual(self.told(DIFFERENCE).user_id, self.accountant)
        self.env.cr.execute(
            "UPDATE payment_terminal_transaction SET amount = 100 WHERE id = %s",
            self.payments(1).ids,
        )
        self.env.invalidate_all()
        self.watch()
        self.assertFalse(self.told(DIFFERENCE))

    def test_any_number_of_announcements_runs_out_in_one_run(self):
        payme = self.make_payme()
        for number in range(120):
            self.pay(1, network=payme, state="reserved", reserved_at=NOW, txn_id=number)
        with freeze_time(NOW + timedelta(hours=13)):
            self.watch()
        self.assertEqual(set(payme.transaction_ids.mapped("state")), {"cancelled"})

    def test_the_jobs_go_on_when_no_network_is_open(self):
        crons = [
            self.env.ref(f"payment_terminal.ir_cron_payment_terminal_{name}")
            for name in ("book", "watch")
        ]
        self.assertTrue(all(cron.active for cron in crons))
        for cron in crons:
            cron.active = False
        network = self.make_called_network("First", environment="disabled")
        self.assertTrue(all(cron.active for cron in crons))
        self.env["payment.terminal.network"].sudo().search([]).write(
            {"environment": "disabled", "active": False}
        )
        network.active = False
        self.assertTrue(all(cron.active for cron in crons))

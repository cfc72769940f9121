from datetime import datetime, timedelta

from freezegun import freeze_time

from .common import NOW, TODAY, TerminalCommon


class TestFigures(TerminalCommon):
    """What the overview and the live screen say of a network."""

    def ask(self, result="ok", minutes=0, network=None, **values):
        """A request of a network, some minutes ago."""
        with freeze_time(NOW - timedelta(minutes=minutes)):
            self.env["payment.terminal.request"]._log(
                {
                    "network_id": (network or self.network).id,
                    "operation": "check",
                    "result": result,
                    "duration": 20,
                    **values,
                }
            )
        self.env.invalidate_all()

    def test_today_is_the_day_of_the_network(self):
        other = self.make_network("Reykjavik", tz="Atlantic/Reykjavik")
        yesterday = TODAY - timedelta(days=1)
        for network in self.network + other:
            self.pay(100.0, network=network)
            self.pay(40.0, network=network, business_date=yesterday)
        self.pay(7.0, state="cancelled")
        self.assertRecordValues(
            self.network + other,
            [{"today_count": 1, "today_amount": 100.0}] * 2,
        )
        # In Almaty it is Saturday already, in Reykjavik it is Friday still.
        with freeze_time(datetime(2026, 11, 20, 20, 0)):
            self.env.invalidate_all()
            self.assertRecordValues(
                self.network + other,
                [
                    {"today_count": 0, "today_amount": 0.0},
                    {"today_count": 1, "today_amount": 100.0},
                ],
            )

    def test_a_network_under_test_counts_its_tests_and_a_real_one_does_not(self):
        trial = self.make_network("Kaspi", environment="test")
        self.pay(100.0, network=trial, is_test=True)
        self.pay(30.0, is_test=True)
        self.pay(5.0)
        self.assertRecordValues(
            trial + self.network,
            [
                {"today_count": 1, "today_amount": 100.0, "waiting_count": 0},
                {"today_count": 1, "today_amount": 5.0, "waiting_count": 1},
            ],
        )

    def test_only_the_part_that_waits_is_to_assign(self):
        payment = self.pay(100.0, self.nobody)
        self.book()
        payment.sudo()._assign(self.customer, amount=60)
        self.assertEqual(payment.state, "suspense")
        self.assertRecordValues(
            self.network, [{"suspense_count": 1, "suspense_amount": 40.0}]
        )
        self.assertEqual(self.day_totals()["suspense"], 40.0)

    def test_what_waits(self):
        self.pay(100.0, accepted_at=NOW - timedelta(minutes=9))
        self.pay(50.0, next_attempt=NOW, attempts=1)
        self.pay(30.0, state="suspense", partner=self.nobody)
        self.assertRecordValues(
            self.network,
            [
                {
                    "waiting_count": 2,
                    "waiting_since": NOW - timedelta(minutes=9),
                    "error_count": 1,
                    "suspense_count": 1,
                    "suspense_amount": 30.0,
                }
            ],
        )

    def test_answers_of_the_last_day(self):
        limit = self.network.answer_limit * 1000
        for _number in range(19):
            self.ask(duration=10)
        self.ask(duration=limit + 1)
        self.ask(duration=limit * 9, minutes=24 * 60 + 1)
        self.ask("conflict", duration=10)
        self.ask("forbidden", duration=10, minutes=60)
        self.assertRecordValues(
            self.network,
            [
                {
                    "request_count": 22,
                    "conflict_count": 1,
                    "refused_count": 1,
                    "is_slow": True,
                    "is_silent": False,
                    "last_request_at": NOW,
                }
            ],
        )
        self.assertIn("no more than 10 ms", self.network.latency_sentence)

    def test_a_silent_network(self):
        self.assertTrue(self.network.is_silent)
        self.ask(minutes=24 * 60 + 1)
        self.assertTrue(self.network.is_silent)
        self.ask()
        self.assertFalse(self.network.is_silent)

    def test_wrong_numbers_pause_a_kiosk_then_the_network(self):
        self.network.write({"misses_per_kiosk": 2, "misses_per_network": 4})
        self.ask("not_found", terminal="K1")
        self.ask("not_found", terminal="K2")
        self.ask("not_found", terminal="K1", minutes=16)
        self.assertRecordValues(
            self.network,
            [{"miss_count": 2, "is_paused": False, "paused_kiosks": ""}],
        )
        self.ask("bad_account", terminal="K1")
        self.assertRecordValues(
            self.network,
            [{"miss_count": 3, "is_paused": True, "paused_kiosks": "K1"}],
        )
        self.network.misses_per_kiosk = 0
        self.env.invalidate_all()
        self.assertFalse(self.network.is_paused)
        self.ask("bad_factor")
        self.assertTrue(self.network.is_paused)

    def test_the_live_screen(self):
        self.pay(100.0)
        self.pay(50.0, paid_at=NOW - timedelta(hours=2), accepted_at=NOW)
        self.ask(duration=30)
        self.ask(duration=50, minutes=61)
        figures = self.env["payment.terminal.network"].get_live_figures()
        [network] = [n for n in figures["networks"] if n["id"] == self.network.id]
        self.assertEqual(figures["now"], "2026-11-20 07:00:00")
        self.assertEqual((network["today_count"], network["today_amount"]), (2, 150.0))
        self.assertEqual(network["hours"][12], [1, 100.0])
        self.assertEqual(network["hours"][10], [1, 50.0])
        self.assertEqual(network["answers"]["count"], 1)
        self.assertEqual(network["answers"]["longest"], 30)
        self.assertEqual(
            [payment["amount"] for payment in network["payments"]], [50.0, 100.0]
        )

    def test_the_hours_that_are_over_are_not_counted_again(self):
        """50 at ten o'clock and 100 at noon; the job has added up until noon."""
        early = self.pay(50.0, paid_at=NOW - timedelta(hours=2))
        self.pay(100.0)
        self.network._close_hours()
        self.assertEqual(self.network._read_hours()[self.network.id][10], [1, 50.0])
        self.assertEqual(
            (self.network.today_count, self.network.today_amount), (2, 150)
        )
        early.sudo().amount = 70
        self.pay(20.0)
        self.env.invalidate_all()
        self.assertEqual(
            (self.network.today_count, self.network.today_amount), (3, 170)
        )
        self.network._close_hours()
        self.env.invalidate_all()
        self.assertEqual(
            (self.network.today_count, self.network.today_amount), (3, 190)
        )
        with freeze_time(NOW + timedelta(days=1)):
            self.env.invalidate_all()
            self.assertEqual(self.network.today_count, 0, "another day")

    def test_many_networks_are_counted_at_once(self):
        networks = self.network
        for number in range(5):
            networks += self.make_network(f"Network {number}")
        names = ["today_count", "request_count", "miss_count"]
        networks.read()
        with self.assertQueryCount(3):
            for name in names:
                networks.mapped(name)

from contextlib import contextmanager

from odoo.tests import tagged

from .transfer_common import TransferCommon


@tagged("post_install", "-at_install")
class TestQueryCounts(TransferCommon):
    """A company with many overdue invoices waits no longer than one with few."""

    @classmethod
    def setUpClass(cls):
        """Invoices of many customers, each blocked by something else or by nothing."""
        super().setUpClass()
        partners = [
            cls.make_customer(
                f"Customer {number}",
                city=number % 7 != 0 and "Göteborg",
                collection_ban=number % 5 == 0,
            )
            for number in range(20)
        ]
        cls.mixed = cls.env["account.move"].create(
            [
                cls.prepare_move(partner, due=-2 - number % 4)
                for number, partner in enumerate(partners)
            ]
        )
        cls.mixed.action_post()
        cls.mixed.is_move_sent = True
        for move in cls.mixed[::3]:
            cls.remind(move, days_ago=1)

    @contextmanager
    def counted(self, counts):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        yield
        self.env.flush_all()
        counts.append(self.env.cr.sql_log_count - before)

    def assert_constant(self, ask):
        """As many queries for fifteen invoices as for five, that go and that do not."""
        moves = self.mixed
        with self.counted([]):
            ask(moves)  # what is cached for the whole server is cached by now
        counts = []
        for some in (moves[:5], moves[5:]):
            with self.counted(counts):
                ask(some)
        self.assertEqual(counts[0], counts[1])

    def test_the_engine_by_hand_and_by_night(self):
        for mode in ("manual", "automatic"):
            with self.subTest(mode):
                self.assert_constant(
                    lambda m, mode=mode: m.collection_eligibility(mode)
                )

    def test_the_list_with_its_reasons(self):
        self.assert_constant(
            lambda moves: moves.with_user(self.collector).read(
                [
                    "name",
                    "collection_eligible",
                    "collection_blocked_reason",
                    "collection_state",
                    "collection_action_required",
                ]
            )
        )

    def test_the_search_for_what_can_go(self):
        self.assert_constant(
            lambda moves: moves.search(
                [("id", "in", moves.ids), ("collection_eligible", "=", True)]
            )
        )

    def test_the_dialog(self):
        def open_dialog(moves):
            action = moves.action_transfer_to_collection()
            self.env[action["res_model"]].browse(action["res_id"]).read(
                ["ready_count", "blocked_count", "ready_amounts", "demand_count"]
            )

        self.assert_constant(open_dialog)

    def test_the_box_for_settlements(self):
        """On payments of many customers, some with cases and one of the agency."""
        self.mixed[:6].transfer_to_collection()
        self.run_jobs()
        self.agency.partner_id = self.mixed[7].partner_id
        payments = self.env["account.payment"].create(
            [
                {
                    "partner_id": move.partner_id.id,
                    "amount": 100,
                    "payment_type": "inbound",
                    "journal_id": self.journal.id,
                }
                for move in self.mixed
            ]
        )
        self.assertEqual(payments.mapped("collection_payer").count("agency"), 1)
        names = ["collection_offered", "is_collection_settlement"]
        for ask in (
            lambda some: some.read(names),
            lambda some: some._filter_from_agencies(),
        ):
            counts = []
            with self.counted([]):
                ask(payments)
            for some in (payments[:5], payments[5:]):
                with self.counted(counts):
                    ask(some)
            self.assertLessEqual(counts[1], counts[0])

    def test_what_tonight_would_send(self):
        self.agency.auto_transfer = True
        with self.counted([]):
            self.agency._get_tonight()
        counts, found = [], []
        for _time in range(2):
            with self.counted(counts):
                found.append(len(self.agency._get_tonight()))
            self.make_invoices(10)
        self.assertEqual(found[1], found[0] + 10)
        self.assertEqual(counts[0], counts[1])

    def assert_linear(self, transfer, each):
        """Ten invoices more cost at most ``each`` queries apiece."""
        transfer(self.make_invoices(2))
        counts = []
        for count in (2, 12):
            moves = self.make_invoices(count)
            with self.counted(counts):
                transfer(moves)
            self.assertEqual(len(moves.collection_case_ids), count)
        few, many = counts
        self.assertLessEqual(many - few, 10 * each, counts)

    def test_a_transfer_by_hand_of_many(self):
        self.assert_linear(lambda moves: moves.transfer_to_collection(note="All"), 5)

    def test_a_transfer_by_night_of_many(self):
        self.agency.auto_transfer = True
        self.assert_linear(lambda _moves: self.night(), 5)

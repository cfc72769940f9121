import itertools
from datetime import datetime, timedelta
from unittest.mock import patch

from psycopg2 import InterfaceError
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..exceptions import ExchangeError
from ..models import receivables_queue
from .common import OFFER, ReceivablesCase

QUEUE = "odoo.addons.receivables_base.models.receivables_queue"
NOW = datetime(2026, 3, 2, 12, 0)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestQueue(ReceivablesCase):
    def write(self, names, **vals):
        return self.letters.create([{"name": name, **vals} for name in names])

    def seal(self, **kwargs):
        return self.letters._work_through("_get_waiting", "_seal", **kwargs)

    def test_batches_are_done_in_order_and_grouped(self):
        self.write("ab", group="x")
        self.write("c", group="y")
        self.write("de", group="x")
        with self.as_job() as commits:
            self.assertTrue(self.seal(keys=("group",), batch=4))
        self.assertEqual(self.worked_on, [("a", "b", "d"), ("c",), ("e",)])
        self.assertEqual(commits, [(4, 1), (1, 1), (0, 0)])

    def test_nothing_to_do_is_no_commit(self):
        with self.as_job() as commits:
            self.assertTrue(self.seal())
        self.assertEqual(commits, [])

    @mute_logger(QUEUE)
    def test_a_poisoned_one_is_found_by_halves_and_waits_alone(self):
        letters = self.write("abcd")
        letters[2].is_bad = True
        with self.as_job():
            self.seal()
        self.assertEqual(letters.mapped("state"), ["sent", "sent", "to_send", "sent"])
        self.assertEqual(letters[2].attempts, 1)
        self.assertEqual(letters[2].next_attempt, NOW + timedelta(minutes=1))
        self.assertIn("ValueError", letters[2].summary)
        self.assertNotIn("eyes of people", letters[2].summary)

    @mute_logger(QUEUE)
    def test_what_does_not_wait_is_tried_once_a_run(self):
        """Not every domain looks at when something is due again."""
        bad, _good = letters = self.write("ab")
        bad.is_bad = True
        with self.as_job() as commits:
            done = self.letters._work_through([("state", "=", "to_send")], "_seal")
        self.assertTrue(done)
        self.assertEqual(letters.mapped("state"), ["to_send", "sent"])
        self.assertEqual(bad.attempts, 1)
        self.assertEqual(commits, [(2, 1), (0, 0)])

    def test_the_log_says_where_a_fault_came_from_and_not_what_it_said(self):
        self.write("a", is_bad=True)
        with self.as_job(), self.assertLogs(QUEUE, "ERROR") as logs:
            self.seal()
        [told] = logs.output
        self.assertIn("ValueError", told)
        self.assertIn("in _seal", told)
        self.assertNotIn("eyes of people", told)

    @mute_logger(QUEUE)
    def test_waits_grow_and_end_with_a_person(self):
        letter = self.write("a", is_bad=True)
        waits = []
        for _attempt in range(3):
            letter.next_attempt = False
            with self.as_job():
                self.seal()
            waits.append(letter.next_attempt - NOW)
        self.assertEqual(waits, [timedelta(minutes=m) for m in (1, 2, 4)])
        self.assertEqual((letter.state, letter.attempts), ("error", 3))

    def test_a_run_ends_with_its_share(self):
        self.write("abc")
        with self.as_job(seconds=0):
            self.assertFalse(self.seal(batch=1))
        self.assertEqual(self.worked_on, [("a",)])

    def test_a_run_whose_share_is_over_does_not_begin(self):
        self.write("a")
        with self.as_job():
            letters = self.letters.with_context(cron_end_time=0.0)
            self.assertFalse(letters._work_through("_get_waiting", "_seal"))
        self.assertEqual(self.worked_on, [])

    def test_collisions_are_tried_again_and_end(self):
        self.write("a")
        faults = iter([SerializationFailure()] * 2)
        claim = self.registry[OFFER]._claim

        def collide(model, *args):
            for fault in faults:
                raise fault
            return claim(model, *args)

        with (
            self.as_job(),
            patch.object(self.registry[OFFER], "_claim", collide),
            patch.object(self.cr, "rollback", lambda: None),
        ):
            self.assertTrue(self.seal())
            self.assertEqual(self.worked_on, [("a",)])
            faults = iter([SerializationFailure()] * 9)
            self.assertFalse(self.seal())
        self.assertEqual(len(list(faults)), 8 - receivables_queue.COLLISIONS)

    def test_lanes_that_meet_at_every_row_go_on(self):
        """Only collisions in a row end a run."""
        names = "abcdefgh"
        self.write(names)
        claim = self.registry[OFFER]._claim
        turns = itertools.cycle([True, False])

        def collide(model, *args):
            if next(turns):
                raise SerializationFailure
            return claim(model, *args)

        with (
            self.as_job(),
            patch.object(self.registry[OFFER], "_claim", collide),
            patch.object(self.registry[OFFER], "_ask", lambda _m, name: name),
            patch.object(self.cr, "rollback", lambda: None),
        ):
            self.assertTrue(self.letters._call_through("_get_waiting", "_send"))
        self.assertEqual(self.worked_on, list(names))

    def test_a_database_that_is_gone_is_no_letters_fault(self):
        """As when the server stops while a job is at work: the next run does it."""
        letters = self.write("ab")

        def lose(_model):
            raise InterfaceError("connection already closed")

        def lose_before_the_call(model):
            yield lose(model)

        for loop, step, work in (
            ("_work_through", "_seal", lose),
            ("_call_through", "_send", lose_before_the_call),
        ):
            with (
                self.as_job(),
                patch.object(self.registry[OFFER], step, work),
                self.assertNoLogs(QUEUE),
                self.assertRaises(InterfaceError),
            ):
                getattr(self.letters, loop)("_get_waiting", step)
        self.assertEqual(letters.mapped("attempts"), [0, 0])

    def test_nothing_is_open_while_the_other_party_is_waited_for(self):
        letters = self.write("ab")
        with self.as_job() as commits:

            def ask(_model, name):
                self.assertEqual(commits[-1], "commit")
                return name.upper()

            with patch.object(self.registry[OFFER], "_ask", ask):
                self.letters._call_through("_get_waiting", "_send")
        self.assertEqual(self.worked_on, ["A", "B"])
        self.assertEqual(letters.mapped("state"), ["sent", "sent"])
        self.assertFalse(any(letters.mapped("leased_until")))

    def test_many_calls_have_a_lease_each(self):
        letter = self.write("a")
        clock = [NOW]
        leases = []

        def send(record):
            for _stage in range(3):
                yield lambda: clock.append(clock[-1] + receivables_queue.LEASE * 0.9)
                leases.append(record.leased_until - clock[-1])
            record._set_state("sent")

        with (
            self.as_job(),
            patch.object(self.registry[OFFER], "_send", send),
            patch.object(fields.Datetime, "now", lambda *_args: clock[-1]),
        ):
            self.letters._call_through("_get_waiting", "_send")
        self.assertEqual(letter.state, "sent")
        self.assertEqual(len(leases), 3)
        self.assertTrue(all(left > timedelta(0) for left in leases))

    def call_over_lines(self, names):
        """Make calls over the line that each name begins with.

        :return: how often a letter was looked for
        """
        letters = self.write(names)
        lines = {
            name: self.env["receivables.connection"].create({"name": name})
            for name in {name[0] for name in names}
        }
        looks = []

        def lease(_model, _find, _order, served, _batch):
            looks.append(served)
            return letters.filtered(
                lambda r: r.state == "to_send" and lines[r.name[0]] not in served
            )[:1]

        model = self.registry[OFFER]
        self.patch(model, "_lease", lease)
        self.patch(model, "_get_connection", lambda record: lines[record.name[0]])
        self.patch(model, "_ask", lambda _m, name: name)
        with self.as_job():
            self.letters._call_through("_get_waiting", "_send")
        return len(looks)

    def test_lines_take_turns(self):
        self.call_over_lines(["a1", "a2", "a3", "b1", "b2"])
        self.assertEqual(self.worked_on, ["a1", "b1", "a2", "b2", "a3"])

    def test_beside_a_line_that_alone_has_work_others_are_seldom_looked_for(self):
        names = [f"a{number:02}" for number in range(24)]
        self.assertEqual(self.call_over_lines(names), len(names) + 4)
        self.assertEqual(self.worked_on, names)

    def test_a_batch_is_called_for_together_and_what_is_left_is_taken_up_again(self):
        letters = self.write("abc")
        batches = []

        def send(records):
            batches.append(records.mapped("name"))
            self.assertTrue(all(records.mapped("leased_until")))
            first = records[0]
            yield lambda: None
            first._set_state("sent")

        with (
            self.as_job() as commits,
            patch.object(self.registry[OFFER], "_send", send),
        ):
            self.letters._call_through("_get_waiting", "_send", batch=2)
        self.assertEqual(batches, [["a", "b"], ["b", "c"], ["c"]])
        self.assertEqual(letters.mapped("state"), ["sent"] * 3)
        self.assertFalse(any(letters.mapped("leased_until")))
        self.assertEqual(commits.count("commit"), 3)

    @mute_logger(QUEUE)
    def test_what_stops_a_batch_stops_each_of_it(self):
        letters = self.write("ab")

        def send(_records):
            yield lambda: None
            raise ZeroDivisionError

        with self.as_job(), patch.object(self.registry[OFFER], "_send", send):
            self.letters._call_through("_get_waiting", "_send", batch=2)
        self.assertEqual(letters.mapped("attempts"), [1, 1])
        self.assertFalse(any(letters.mapped("leased_until")))

    def test_a_lease_is_respected_until_it_is_over(self):
        letter = self.write("a")
        letter.leased_until = NOW + timedelta(seconds=1)
        with (
            self.as_job(),
            patch.object(self.registry[OFFER], "_ask", lambda _m, name: name),
        ):
            self.letters._call_through("_get_waiting", "_send")
            self.assertEqual(letter.state, "to_send")
            letter.leased_until = NOW - timedelta(seconds=1)
            self.letters._call_through("_get_waiting", "_send")
        self.assertEqual(letter.state, "sent")

    def call(self, *faults):
        letter = self.write(["Please wait"])
        for fault in faults:
            letter.next_attempt = False

            def ask(_model, _name, fault=fault):
                raise fault

            with (
                self.as_job(),
                patch.object(self.registry[OFFER], "_ask", ask),
            ):
                self.letters._call_through("_get_waiting", "_send")
        return letter

    def test_what_passes_waits_as_long_as_the_other_party_asks(self):
        letter = self.call(ExchangeError("retry", "busy", "Busy.", retry_after=90))
        self.assertEqual(letter.next_attempt, NOW + timedelta(seconds=90))
        self.assertEqual(letter.summary, "Busy.")

    def test_what_is_final_goes_to_a_person_at_once(self):
        letter = self.call(ExchangeError("final", "no", "No."))
        self.assertEqual((letter.state, letter.summary), ("error", "No."))

    def test_a_line_that_is_down_uses_up_no_patience(self):
        for kind in ("retry", "final"):
            with self.subTest(kind):
                fault = ExchangeError(kind, "down", "Down.", is_line=True)
                letter = self.call(*[fault] * 5)
                self.assertEqual(letter.state, "to_send")

    @mute_logger(QUEUE)
    def test_what_nobody_thought_of_stops_nobody(self):
        letters = self.write("ab")

        def ask(_model, name):
            if name == "a":
                raise KeyError("x")
            return name

        with self.as_job(), patch.object(self.registry[OFFER], "_ask", ask):
            self.letters._call_through("_get_waiting", "_send")
        self.assertEqual(letters.mapped("state"), ["to_send", "sent"])

    def count_wishes(self, crons):
        triggers = self.env["ir.cron.trigger"]
        return [triggers.search_count([("cron_id", "=", cron.id)]) for cron in crons]

    def test_one_wish_wakes_a_job_and_its_lanes_once(self):
        job = "base.autovacuum_job"
        cron = self.env.ref(job)
        self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()
        lane, asleep = cron.copy(), cron.copy({"active": False})
        another = cron.copy({"code": "model._another()"})
        lane._trigger()
        for _wish in range(3):
            self.letters._wake(job)
        self.letters._wake(job, at=NOW + timedelta(hours=1))
        crons = [cron, lane, asleep, another]
        self.assertEqual(self.count_wishes(crons), [1, 1, 0, 0])
        cron.active = False
        self.letters._wake(job, at=NOW - timedelta(hours=1))
        self.assertEqual(self.count_wishes(crons), [1, 2, 0, 0])

    def test_lanes_cost_no_query(self):
        job = "base.autovacuum_job"
        cron = self.env.ref(job)
        self.letters._wake(job)
        for _wish in range(2):
            with self.assertQueryCount(4):  # the job, savepoint, question, its end
                self.letters._wake(job)
            cron.copy()
            self.letters._wake(job)

import threading
from itertools import count

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SOUTH, EinvoiceCommon

LEFTOVERS = (
    "DELETE FROM receivables_change WHERE topic = 'einvoice.agreement/' || %(channel)s",
    "DELETE FROM einvoice_agreement WHERE channel_id = %(channel)s",
    "DELETE FROM mail_message"
    " WHERE model = 'einvoice.channel' AND res_id = %(channel)s",
    "DELETE FROM mail_followers"
    " WHERE res_model = 'einvoice.channel' AND res_id = %(channel)s",
    "DELETE FROM einvoice_channel WHERE id = %(channel)s",
)


@tagged("post_install", "-at_install")
class TestChanges(EinvoiceCommon):
    """Programs follow the agreements page by page."""

    def changes(self, since="", limit=100):
        agreements = self.env["einvoice.agreement"]
        answer = agreements.fetch_changes(self.channel.id, since, limit)
        return answer["changes"], answer["next"], answer["more"]

    def test_page_by_page(self):
        orders = [
            self.order_later(number, identifiers=[("09", str(number))], address=SOUTH)
            for number in range(1, 6)
        ]
        seen, since, more, pages = [], "", True, 0
        while more:
            page, since, more = self.changes(since, 2)
            seen += [each["agreement_id"] for each in page]
            pages += 1
        self.assertEqual((seen, pages), ([order.id for order in orders], 3))
        self.assertEqual(self.changes(since), ([], since, False))
        orders[1].allocate(self.kerttu.id)
        orders[3].sudo().write({"consumer_city": "Espoo"})  # nothing that is told
        [change], since, _more = self.changes(since)
        at = change.pop("at")
        self.assertRegex(at, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertEqual(
            change,
            {
                "agreement_id": orders[1].id,
                "state": "active",
                "service": "einvoice",
                "partner_id": self.kerttu.id,
            },
        )
        orders[1].end()
        [change], _since, _more = self.changes(since)
        self.assertEqual(change["state"], "ended")

    def test_who_may_ask(self):
        with self.assertRaisesRegex(UserError, "next of an earlier answer"):
            self.changes("yesterday")
        with self.assertRaisesRegex(UserError, "1000"):
            self.changes(limit=1001)
        accountant = new_test_user(
            self.env, "accountant", groups="account.group_account_invoice"
        )
        for user, channel in ((accountant, self.channel.id), (self.env.user, 2**30)):
            agreements = self.env["einvoice.agreement"].with_user(user)
            with self.assertRaises(AccessError):
                agreements.fetch_changes(channel)


@tagged("post_install", "-at_install")
class TestConcurrentChanges(TransactionCase):
    """Each transaction has a cursor of its own, on data that is really there."""

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.channel = env["einvoice.channel"].create({"name": "Concurrent"}).id
        self.addCleanup(self.clean_up)
        self.numbers = count()

    def clean_up(self):
        with self.registry.cursor() as cr:
            for query in LEFTOVERS:
                cr.execute(query, {"channel": self.channel})

    def open(self):
        cr = self.registry.cursor()
        self.addCleanup(cr.close)
        return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})

    def make(self, env):
        values = {"channel_id": self.channel, "consumer_name": str(next(self.numbers))}
        return env["einvoice.agreement"].create(values).id

    def ask(self, since="", env=None):
        """One call of a program: a transaction of its own."""
        if not env:
            with self.registry.cursor() as cr:
                return self.ask(since, api.Environment(cr, SUPERUSER_ID, {}))
        answer = env["einvoice.agreement"].fetch_changes(self.channel, since, 3)
        env.cr.commit()
        return [each["agreement_id"] for each in answer["changes"]], answer["next"]

    def test_who_commits_late_is_not_passed_over(self):
        slow, quick = self.open(), self.open()
        first = self.make(slow)
        second = self.make(quick)
        quick.cr.commit()
        seen, since = self.ask()
        self.assertEqual(seen, [second])
        slow.cr.commit()
        seen, since = self.ask(since)
        self.assertEqual(seen, [first])
        self.assertEqual(self.ask(since), ([], since))

    @mute_logger("odoo.sql_db")
    def test_two_programs_at_once_get_the_same(self):
        writer = self.open()
        made = self.make(writer)
        writer.cr.commit()
        one, other = self.open(), self.open()
        other.cr.execute("SELECT 1")  # its snapshot is older than one's answer
        answer = self.ask(env=one)
        with self.assertRaises(SerializationFailure):  # Odoo makes the call again
            self.ask(env=other)
        other.cr.rollback()
        self.assertEqual(self.ask(env=other), answer)
        self.assertEqual(answer[0], [made])

    @mute_logger("odoo.sql_db")
    def test_who_asks_with_a_change_of_its_own_gets_it_the_second_time(self):
        """Its number is the one that another gave away since the snapshot."""
        writer, one, other = self.open(), self.open(), self.open()
        other.cr.execute("SELECT 1")
        first = self.make(writer)
        writer.cr.commit()
        seen, since = self.ask(env=one)
        self.assertEqual(seen, [first])
        self.make(other)
        with self.assertRaises(ConcurrencyError):  # Odoo makes the call again
            self.ask(since, env=other)
        other.cr.rollback()
        second = self.make(other)
        self.assertEqual(self.ask(since, env=other)[0], [second])

    def test_many_writers_and_one_reader(self):
        made, seen, since = [], [], ""

        def write(env):
            for _time in range(8):
                number = self.make(env)
                env.cr.execute("SELECT pg_sleep(random() / 50)")
                env.cr.commit()
                made.append(number)

        # the registry, which an environment looks at first, is locked by the tests
        writers = [
            threading.Thread(target=write, args=(self.open(),)) for _writer in range(3)
        ]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            page, since = self.ask(since)
            seen += page
        page = True
        while page:
            page, since = self.ask(since)
            seen += page
        self.assertEqual(len(made), 24)
        self.assertEqual(sorted(seen), sorted(made))

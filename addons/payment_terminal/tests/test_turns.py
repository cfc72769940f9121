from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase, tagged

from .file_common import ktl

# Kept records that nobody may delete in Odoo; the test leaves the database clean.
LEFTOVERS = (
    "DELETE FROM payment_terminal_registry_line WHERE network_id = %(network)s",
    "DELETE FROM payment_terminal_transaction WHERE network_id = %(network)s",
    "DELETE FROM payment_terminal_registry WHERE network_id = %(network)s",
    "DELETE FROM payment_terminal_debt_list WHERE network_id = %(network)s",
    "DELETE FROM payment_terminal_file WHERE name = %(name)s",
    """DELETE FROM ir_attachment WHERE id > %(last)s AND res_model IN (
       'payment.terminal.registry', 'payment.terminal.debt.list',
       'payment.terminal.file')""",
    """DELETE FROM mail_activity WHERE res_model = 'payment.terminal.file'
       AND create_date > now() - interval '1 hour'""",
)
NAME = "two at once"


@tagged("post_install", "-at_install")
class TestTurns(TransactionCase):
    """Two do the same at once, each in a transaction of its own, on data that is really
    there: whoever is second begins anew, and sees what the first has done."""

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            network = env["payment.terminal.network"].create(
                {
                    "name": "Kiosks in turns",
                    "dialect": "osmp",
                    "environment": "test",
                    "tz": "Asia/Almaty",
                    "lang": "en_US",
                    "debt_format": "csv",
                }
            )
            cr.execute("SELECT coalesce(max(id), 0) FROM ir_attachment")
            self.ids = {
                "network": network.id,
                "name": NAME,
                "last": cr.fetchone()[0],
            }
        self.addCleanup(self.clean_up)
        self.first = self.open_environment()
        self.second = self.open_environment()

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

    def race(self, run, second_run=None):
        """Do something in a transaction, and the same in another that began earlier.

        :return: the id that each gives, and what the second gives when it begins anew
        """
        second_run = second_run or run
        self.second.cr.execute("SELECT 1 FROM res_company LIMIT 1")
        first = run(self.first).id
        self.first.cr.commit()
        with self.assertRaises(SerializationFailure):
            second_run(self.second)
        self.second.cr.rollback()
        again = second_run(self.second)
        self.second.cr.commit()
        return first, again

    def take(self, *lines):
        def run(env):
            network = env["payment.terminal.network"].browse(self.ids["network"])
            total = f"Total:\t{len(lines)}\t{len(lines)}.00"
            data = "\r\n".join([*lines, total]).encode()
            return env["payment.terminal.registry"]._take_in(network, NAME, data)

        return run

    def line(self, txn_id):
        return f"{txn_id}\t20.11.2026\t10:00:00\t42\t1.00"

    def test_the_same_registry(self):
        first, again = self.race(self.take(self.line("1")))
        self.assertEqual(again.id, first)

    def test_registries_with_a_payment_in_common(self):
        _first, again = self.race(
            self.take(self.line("1")), self.take(self.line("1"), self.line("2"))
        )
        self.assertEqual((again.known, again.only_theirs), (1, 1))
        self.second.cr.execute(
            "SELECT count(*) FROM payment_terminal_transaction WHERE network_id = %s",
            [self.ids["network"]],
        )
        self.assertEqual(self.second.cr.fetchone(), (2,))

    def test_a_comparison_by_the_job(self):
        """Of a registry that was read before."""
        _first, second = self.race(self.take(self.line("1")), self.compare_another())
        self.assertEqual((second.known, second.only_theirs), (1, 1))

    def compare_another(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            registries = env["payment.terminal.registry"]
            registry = registries.create(
                {
                    "name": NAME,
                    "network_id": self.ids["network"],
                    "direction": "in",
                    "is_test": True,
                }
            )
            lines = [self.line("1"), self.line("2"), "Total:\t2\t2.00"]
            registry._store_bytes(["\r\n".join(lines).encode()])
            registry._read()
            there = registry.id

        def run(env):
            found = env["payment.terminal.registry"].browse(there)
            found._compare()
            return found

        return run

    def test_the_same_file_of_payments(self):
        data = ktl(("1232", 10000, "A1"), account="99999900000785")

        def run(env):
            files = env["payment.terminal.file"]
            return files._import(NAME, data, company=env.company)[0]

        first, again = self.race(run)
        self.assertEqual((again.id, again.state), (first, "error"))

    def test_the_same_list_of_debts(self):
        def run(env):
            network = env["payment.terminal.network"].browse(self.ids["network"])
            return network._take_debts()

        first, again = self.race(run)
        self.assertEqual(again.id, first)

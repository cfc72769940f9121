import tempfile
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import file_path

from ..adapters import Entry, Line, LineError
from ..adapters.folder import FolderLine
from ..adapters.sftp import SftpLine
from ..adapters.way import Manual
from .common import OFFER, ReceivablesCase

SECRETS = {
    "password",
    "private_key",
    "passphrase",
    "access_token",
    "client_certificate",
    "folder_key",
}
HIDDEN = SECRETS | {"username", "url", "host", "folder_path", "host_key", "report"}
SHOWN = ["name", "way", "environment", "health", "summary", "refused_summary"]


class Handler(BaseHTTPRequestHandler):
    """Answers everything with 200, tokens too."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"access_token": "t1", "expires_in": 3600}')

    do_POST = do_GET

    def log_message(self, *_args):
        """Say nothing."""


@tagged("post_install", "-at_install")
class TestConnection(ReceivablesCase):
    """A line to another party: who sees it, when it rests, who is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = cls.make_user("boss", "base.group_system")
        cls.clerk = cls.make_user("clerk", "account.group_account_invoice")
        cls.auditor = cls.make_user("auditor", "account.group_account_readonly")
        cls.employee = cls.make_user("employee", "base.group_user")
        cls.env.company.receivables_user_id = cls.clerk
        cls.connections = cls.env["receivables.connection"]
        cls.connection = cls.connections.create({"name": "Bank"})

    @classmethod
    def make_user(cls, login, group):
        groups = cls.env.ref("base.group_user") | cls.env.ref(group)
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": f"{login}_of_connections",
                "group_ids": [Command.set(groups.ids)],
            }
        )

    def setUp(self):
        super().setUp()
        self.enterContext(self.as_job())
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def make_folder(self, **values):
        return self.connections.create(
            {
                "name": "Share",
                "way": "folder",
                "folder_path": str(self.folder),
                **values,
            }
        )

    # === WHO SEES WHAT === #

    def test_only_administrators_see_how_it_is_reached(self):
        for user in (self.clerk, self.auditor):
            seen = self.connection.with_user(user)
            self.assertEqual(seen.read(SHOWN)[0]["name"], "Bank")
            for name in HIDDEN:
                with self.subTest(user=user.name, field=name):
                    self.assertRaises(AccessError, seen.read, [name])
            self.assertRaises(AccessError, seen.write, {"name": "Mine"})
            for call in ("test", "prepare", "accept_host_key", "forget_refused"):
                with self.subTest(user=user.name, call=call):
                    self.assertRaises(AccessError, getattr(seen, f"action_{call}"))
        seen = self.connection.with_user(self.employee)
        self.assertRaises(AccessError, seen.read, ["name"])
        self.assertEqual(
            self.connection.with_user(self.boss).read(["password"])[0]["password"],
            False,
        )

    def test_who_is_told_can_open_it(self):
        """The form shows others how it fares, and nothing of how it is reached."""
        view = self.env.ref("receivables_base.receivables_connection_view_form")
        arch = self.connections.with_user(self.clerk).get_view(view.id)["arch"]
        for name in ("summary", "health", "refused_summary"):
            self.assertIn(f'name="{name}"', arch)
        for name in (*HIDDEN - {"report"}, "report_summary", "action_test"):
            self.assertNotIn(f'name="{name}"', arch)

    def test_other_companies_do_not_see_it(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.connection.copy({"company_id": other.id})
        for user in (self.boss, self.clerk):
            found = self.connections.with_user(user).search([])
            self.assertIn(self.connection, found)
            self.assertNotIn(theirs, found)

    def test_a_copy_has_no_secrets(self):
        connection = self.make_folder(
            username="u", environment="disabled", **dict.fromkeys(SECRETS, "hush")
        )
        copied = connection.copy()
        self.assertEqual(copied.environment, "disabled")
        for name in SECRETS | {"username", "folder_path"}:
            self.assertNotIn(copied[name], ("hush", "u", str(self.folder)))

    def test_a_neutralized_database_reaches_nobody(self):
        connection = self.make_folder(
            username="u",
            environment="test",
            access_token_expiry=fields.Datetime.now(),
            **dict.fromkeys(SECRETS, "hush"),
        )
        self.env.flush_all()
        script = file_path("receivables_base/data/neutralize.sql")
        self.env.cr.execute(Path(script).read_text())
        self.env.invalidate_all()
        self.assertEqual(connection.environment, "disabled")
        self.assertFalse(any(connection[name] for name in SECRETS))
        self.assertFalse(connection.folder_path or connection.username)
        with self.assertRaises(LineError) as caught:
            connection._open()
        self.assertEqual(caught.exception.code, "disabled")

    # === SWITCHING ON === #

    def test_it_is_complete_before_it_is_switched_on(self):
        for way, given, missing in (
            ("folder", {}, "folder is missing"),
            ("folder", {"folder_path": "relative"}, "full path"),
            ("sftp", {"host": "h", "username": "u"}, "private key are both missing"),
            ("sftp", {"host": "h", "username": "u", "password": "p"}, "server's key"),
            ("https", {"authentication": "none"}, "address is missing"),
            ("https", {"url": "https://a.example"}, "client ID is missing"),
            (
                "https",
                {"url": "http://a.example", "authentication": "none"},
                "https://",
            ),
        ):
            with self.subTest(way=way, given=given):
                connection = self.connection.copy({"way": way, **given})
                with self.assertRaisesRegex(ValidationError, missing):
                    connection.environment = "test"
        self.connection.environment = "test"
        with self.assertRaises(LineError) as caught:
            self.connection._open()
        self.assertEqual(caught.exception.code, "manual")

    def test_a_call_has_less_time_than_its_lease(self):
        for seconds in (0, 101):
            with self.assertRaises(ValidationError):
                self.connection.timeout = seconds

    # === THE BREAKER === #

    def fail(self, code="timeout"):
        self.connection._note(LineError(code))

    def activities(self, kind="connection", connection=None):
        name = f"receivables_base.mail_activity_type_{kind}"
        record = connection or self.connection
        return record.activity_ids.filtered(
            lambda a: a.activity_type_id == self.env.ref(name)
        )

    def test_a_line_that_fails_rests_ever_longer(self):
        self.connection.environment = "test"
        pauses = []
        for _time in range(8):
            self.fail()
            pause = self.connection.paused_until - fields.Datetime.now()
            pauses.append(round(pause.total_seconds() / 60))
        self.assertEqual(pauses, [1, 2, 4, 8, 16, 30, 30, 30])
        self.assertEqual(self.connection.health, "paused")
        self.assertIn("did not answer in time", self.connection.summary)
        self.connection._note()
        self.assertFalse(self.connection.paused_until or self.connection.failures)
        self.assertFalse(self.connection.summary)
        self.assertEqual(self.connection.health, "working")

    def test_one_bad_file_does_not_stop_a_line(self):
        self.fail("answer_broken")
        self.assertFalse(self.connection.failures)
        self.assertTrue(self.connection.last_success)

    def test_somebody_is_told_once_and_no_longer_when_it_works(self):
        self.fail()
        self.fail()
        self.assertFalse(self.activities())
        self.fail()
        self.fail()
        [activity] = self.activities()
        self.assertEqual(activity.user_id, self.clerk)
        self.assertIn("did not answer in time", activity.note)
        self.connection._note()
        self.assertFalse(self.activities())
        self.fail("bad_key")
        self.assertEqual(len(self.activities()), 1)
        pause = self.connection.paused_until - fields.Datetime.now()
        self.assertGreater(pause, timedelta(minutes=29))

    def test_a_row_that_somebody_else_writes_is_left_alone(self):
        nobody = self.connections.browse()
        with patch.object(
            self.registry["receivables.connection"],
            "try_lock_for_update",
            lambda *_args, **_kwargs: nobody,
        ):
            self.fail()
        self.assertFalse(self.connection.failures)

    def test_a_success_is_not_written_for_every_call(self):
        self.connection._note()
        before = self.connection.last_success = fields.Datetime.now() - timedelta(
            seconds=30
        )
        self.connection._note()
        self.assertEqual(self.connection.last_success, before)

    def test_new_settings_are_tried_at_once(self):
        connection = self.make_folder(access_token="t")
        connection._note(LineError("bad_key"))
        self.assertTrue(connection.paused_until)
        connection.folder_path = "/elsewhere"
        self.assertFalse(connection.paused_until)
        self.assertEqual(connection.access_token, "t")
        connection.password = "new"
        self.assertFalse(connection.access_token)

    # === REFUSED FILES === #

    def test_a_refused_file_is_told_once(self):
        name = "a\n2026 INFO forged"
        entry = Entry(name, 1, LineError("not_a_file", file=name))
        for _time in range(2):
            self.connection._refuse(entry.label, entry.problem)
        self.connection._refuse("b", LineError("too_large", file="b", limit=50))
        self.assertEqual(len(self.activities("refused_file")), 1)
        first, second = self.connection.refused_summary.splitlines()
        self.assertIn("a\\n2026 INFO forged", first)
        self.assertIn("50 MB", second)
        self.connection.with_user(self.boss).action_forget_refused()
        self.assertFalse(self.connection.refused_summary)
        self.assertFalse(self.activities("refused_file"))

    # === SETTING UP === #

    def test_a_folder_is_prepared_and_tested(self):
        connection = self.make_folder().with_user(self.boss)
        connection.action_test()
        self.assertIn("✗", connection.report_summary)
        self.assertIn("Prepare the folder", connection.report_summary)
        self.assertEqual(list(self.folder.iterdir()), [])
        self.assertEqual(connection.summary, connection.report_summary[2:])
        connection.action_prepare()
        self.assertNotIn("✗", connection.report_summary)
        self.assertIn("The connection works.", connection.report_summary)
        self.assertTrue(connection.last_success)
        connection.environment = "test"
        self.assertIsInstance(connection._open(), FolderLine)

    def test_facts_are_written_by_nobody(self):
        """What is read-only is so for programs too, also for administrators."""
        connection = self.connection.with_user(self.boss)
        for values in ({"failures": 0}, {"host_key": "ssh-ed25519 SHA256:abc"}):
            with self.subTest(values):
                with self.assertRaises(AccessError):
                    connection.write(values)
                with self.assertRaises(AccessError):
                    connection.create({"name": "Another", **values})
        self.connection.write({"access_token": "t", "paused_until": "2026-03-02"})
        connection.write({"url": "https://bank.example.com"})
        self.assertFalse(self.connection.access_token or self.connection.paused_until)
        self.assertEqual(connection.copy().failures, 0)

    def test_a_run_of_a_job_keeps_lines_open(self):
        """What a line keeps open serves the next record; at the end it is closed."""
        lines, seen = [], []

        class KeptLine(Line):
            def take_over(self, other):
                seen.append(("after", other))

            def close(self):
                seen.append(("closed", self))

        def send(record):
            lines.append(self.connection.with_env(record.env)._open())
            yield lambda: None
            record._set_state("sent")

        self.connection.environment = "test"
        self.letters.create([{"name": name} for name in "abc"])
        with (
            self.as_job(),
            patch.object(Manual, "open", lambda _way, _connection: KeptLine()),
            patch.object(self.registry[OFFER], "_send", send),
        ):
            self.letters._call_through("_get_waiting", "_send")
        first, second, third = lines
        self.assertEqual(seen, [("after", first), ("after", second), ("closed", third)])

    def test_no_transaction_is_open_while_the_network_is_waited_for(self):
        connection = self.make_folder()
        commits = []

        def try_out(_line):
            self.assertEqual(commits, ["commit"])

        with (
            patch.object(self.cr, "commit", lambda: commits.append("commit")),
            patch.object(FolderLine, "try_out", try_out),
        ):
            connection.action_test()

    def test_a_test_that_works_ends_a_pause(self):
        connection = self.make_folder()
        connection.action_prepare()
        connection._note(LineError("bad_key"))
        self.assertTrue(self.activities(connection=connection))
        connection.action_test()
        self.assertFalse(connection.failures or connection.paused_until)
        self.assertFalse(self.activities(connection=connection))

    def test_a_servers_key_is_shown_and_accepted(self):
        connection = self.connections.create(
            {
                "name": "Bank",
                "way": "sftp",
                "host": "bank.example",
                "username": "u",
                "password": "p",
            }
        )

        def try_out(line):
            line.host_key_shown = "ssh-ed25519 SHA256:abc"
            known = line.settings.host_key
            if known != line.host_key_shown:
                raise LineError("unknown_host_key", shown=line.host_key_shown)
            line.host_key_shown = False

        with patch.object(SftpLine, "try_out", try_out):
            connection.action_test()
            self.assertEqual(connection.host_key_shown, "ssh-ed25519 SHA256:abc")
            self.assertFalse(connection.host_key)
            connection.action_accept_host_key()
        self.assertEqual(connection.host_key, "ssh-ed25519 SHA256:abc")
        self.assertFalse(connection.host_key_shown)
        self.assertIn("works", connection.report_summary)

    def test_a_token_is_kept_by_a_transaction_of_its_own(self):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        connection = self.connections.create(
            {
                "name": "Agency",
                "way": "https",
                "url": f"http://127.0.0.1:{server.server_port}",
                "username": "u",
                "password": "p",
                "token_url": "/token",
                "environment": "test",
            }
        )
        self.env.flush_all()
        with patch.object(
            self.registry, "cursor", lambda **_kw: _SameCursor(self.env.cr)
        ):
            answer = connection._open().request("GET", "/")
        self.assertEqual(answer.status, 200)
        connection.invalidate_recordset()
        self.assertEqual(connection.access_token, "t1")
        self.assertEqual(connection._open().token, "t1")
        left = connection.access_token_expiry - fields.Datetime.now()
        self.assertAlmostEqual(left.total_seconds(), 3540, delta=30)
        connection.environment = "prod"
        with self.assertRaises(LineError) as caught:
            connection._open().request("GET", "/")
        self.assertEqual(caught.exception.code, "private_address")


class _SameCursor:
    """The test's own cursor, which must not be closed."""

    def __init__(self, cr):
        self.cr = cr

    def __enter__(self):
        return self.cr

    def __exit__(self, *_error):
        self.cr.flush()

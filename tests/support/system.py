"""Databases, Odoo servers and banks for one test run."""

import itertools
import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import odoorpc

from dev.database import Databases
from dev.server import (
    INVOICERS,
    House,
    Server,
    free_port,
    start_bank,
    start_odoo,
    unexpected,
)

READY_SECONDS = 120
STOPPING = "odoo.service.server: Initiating shutdown"
CUT_OFF = re.compile(r"already closed|connection pointer is NULL")
Json = Any
# a key for each user at once
API_KEYS = """
until = datetime.datetime.now() + datetime.timedelta(days=1)
action = {
    user.login: env['res.users.apikeys'].with_user(user)._generate(
        'rpc', 'system test', until)
    for user in env['res.users'].search([('share', '=', False)])
}
"""


def unused_port() -> int:
    """A port that nothing uses and no other test run takes."""
    return free_port(20_000 + 100 * (os.getpid() % 100))


class TestDatabases:
    """Databases that live as long as the test run."""

    __test__ = False

    def __init__(self, house: House) -> None:
        self.house = house
        self.all = Databases(house)
        self.made: list[str] = []

    def new_database(self) -> str:
        """The name of a fresh database with every addon and its demo data."""
        name = f"test_{os.getpid()}_{len(self.made)}"
        self.made.append(name)
        self.all.copy(self.all.demo_template(), name)
        self.all.leave_out_charts(name)
        return name

    def neutralized_copy(self, source: str) -> str:
        """The name of a disarmed copy of a database that nobody uses at the moment."""
        name = f"test_{os.getpid()}_{len(self.made)}"
        self.made.append(name)
        self.all.copy(source, name)
        subprocess.run(
            self.house.odoo(name, command="neutralize"),
            env=self.house.environment,
            cwd=self.house.places.state,
            capture_output=True,
            check=True,
        )
        return name

    def exchange_folder(self, database: str) -> Path:
        """The folder its demo channel uses."""
        return self.all.exchange_folder(database)

    def sql(self, database: str, statement: str) -> list[str]:
        """Rows of a statement, columns separated by `|`."""
        return self.all.sql(statement, database)

    def end_leases(self, database: str) -> None:
        """What a killed server had in its hands is free, as it is after minutes."""
        self.sql(
            database,
            "DO $$ DECLARE queue text; BEGIN "
            "FOR queue IN SELECT table_name FROM information_schema.columns "
            "WHERE column_name = 'leased_until' LOOP "
            "EXECUTE format('UPDATE %I SET leased_until = create_date "
            "WHERE leased_until IS NOT NULL', queue); END LOOP; END $$",
        )

    def drop_all(self) -> None:
        """Drop what was made."""
        for name in self.made:
            self.all.drop(name)


@dataclass
class OdooInstance:
    """A running Odoo server on a database of its own or a shared one."""

    server: Server
    database: str
    folder: Path
    house: House
    expected: list[str] = field(default_factory=list)
    """Patterns of log lines that a test provokes on purpose."""
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    """API keys by login."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.server.url

    @property
    def port(self) -> int:
        """The port of `url`."""
        return int(self.url.rpartition(":")[2])

    def rpc(self, login: str = "admin", password: str = "admin") -> odoorpc.ODOO:
        """A logged-in OdooRPC client (authentication takes about a second)."""
        client = odoorpc.ODOO("127.0.0.1", port=self.port, timeout=120)
        client.login(self.database, login, password)
        return client

    def json2(self, key: str, model: str, method: str, **arguments: Json) -> Json:
        """Call `/json/2/<model>/<method>`; a refusal raises JsonRefusal."""
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            data=json.dumps(arguments).encode(),
            headers={
                "Authorization": f"bearer {key}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise JsonRefusal(error.code, error.read()) from None

    def api_key(self, login: str = "admin") -> str:
        """An API key of a user, made as an administrator would on the server."""
        if login not in self.keys:
            self.keys = self.act(API_KEYS)
        return self.keys[login]

    def act(self, code: str) -> Json:
        """Run Python in the server as a server action, for which nothing is imported;
        what it calls `action`."""
        client = self.rpc()
        actions = "ir.actions.server"
        [model] = client.execute("ir.model", "search", [("model", "=", "res.users")])
        told = {"name": "Test", "model_id": model, "state": "code"}
        told["code"] = f"env = env(su=True)\n{code}"
        made = client.execute(actions, "create", told)
        answer = client.execute(actions, "run", [made])
        client.execute(actions, "unlink", [made])
        return answer

    def shell(self, code: str) -> str:
        """Run Python in an Odoo shell on the database; what it printed, stripped.

        Starting it costs four seconds of a processor (`act` costs none).
        """
        done = subprocess.run(
            self.house.odoo(
                self.database, "--no-http", "--log-level=error", command="shell"
            ),
            input=code,
            env=self.house.environment,
            cwd=self.house.places.state,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()

    def log_lines(self) -> list[str]:
        """What the server has logged so far."""
        return self.server.log.read_text(encoding="utf-8").splitlines()

    def surprises(self) -> list[str]:
        """Warnings and errors in its log that nobody expected.

        A job that is at work when the server is stopped loses its database.
        """
        lines = self.log_lines()
        ends = [n for n, line in enumerate(lines) if STOPPING in line]
        end = ends[0] if ends else len(lines)
        found = unexpected(lines[:end])
        found += [line for line in unexpected(lines[end:]) if not CUT_OFF.search(line)]
        return [
            line
            for line in found
            if not any(re.search(pattern, line) for pattern in self.expected)
        ]

    def stop(self) -> None:
        """Stop the server; its database stays."""
        self.server.stop()


class JsonRefusal(Exception):
    """A JSON-2 call that was refused: HTTP status, exception name and sentence."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        try:
            told = json.loads(body)
            self.name, self.message = told.get("name", ""), told.get("message", "")
        except (ValueError, AttributeError):
            self.name, self.message = "", body.decode(errors="replace")
        super().__init__(f"{status} {self.name}: {self.message}")


class ServerFactory:
    """Starts Odoo servers and looks into their logs at the end."""

    def __init__(self, databases: TestDatabases) -> None:
        self.databases = databases
        self.house = databases.house
        self.started: list[OdooInstance] = []
        self._numbers = itertools.count(1)

    def __call__(
        self,
        database: str | None = None,
        workers: int = 0,
        cron_threads: int = 1,
        options: Sequence[str] = (),
        port: int = 0,
        printer: Path | None = None,
    ) -> OdooInstance:
        """Start a server, on a fresh database unless one is named.

        On the database and port of one that was stopped, it is that one again.
        `printer` is a folder with another wkhtmltopdf.
        """
        house = replace(self.house, printer=printer or self.house.printer)
        number, port = next(self._numbers), port or unused_port()
        if database is None:
            database = self.databases.new_database()
            self.databases.all.set_address(database, f"http://127.0.0.1:{port}")
        folder = self.house.places.instance(database)
        settings = [
            # sessions of its own, as on a host of its own
            f"--data-dir={folder / f'data-{number}'}",
            f"--workers={workers}",
            f"--max-cron-threads={cron_threads}",
            f"--gevent-port={unused_port()}",
        ]
        log = self.house.places.logs / f"{database}-odoo-{number}.log"
        server = start_odoo(house, database, port, log, *settings, *options)
        instance = OdooInstance(
            server, database, self.databases.exchange_folder(database), house
        )
        self.started.append(instance)
        server.wait_until_ready("/web/health", READY_SECONDS)
        return instance

    def close(self) -> None:
        """Stop all; fail on what their logs should not say."""
        for instance in self.started:
            instance.stop()
        surprises = [
            f"{instance.server.log}: {line}"
            for instance in self.started
            for line in instance.surprises()
        ]
        assert not surprises, "unexpected in Odoo's log:\n" + "\n".join(surprises)


@dataclass
class BankInstance:
    """A running bank and the folder it shares with Odoo."""

    server: Server
    folder: Path

    @property
    def url(self) -> str:
        """Where its pages are."""
        return self.server.url

    def post(self, action: str, **given: Json) -> Json:
        """Do something through its JSON API; what it refuses is an error here."""
        request = urllib.request.Request(
            f"{self.url}/api/{action}", data=json.dumps(given).encode()
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"the bank: {error.read().decode()}") from None

    def state(self) -> Json:
        """Everything it knows."""
        with urllib.request.urlopen(f"{self.url}/api/state", timeout=30) as answer:
            return json.load(answer)

    def stop(self) -> None:
        """Stop it; what it knows stays in its file."""
        self.server.stop()


class BankFactory:
    """Starts banks."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.started: list[BankInstance] = []

    def __call__(self, folder: Path, invoicers: Path = INVOICERS) -> BankInstance:
        """Start a bank on an exchange folder."""
        log = (
            self.house.places.logs
            / f"test_{os.getpid()}_bank-{len(self.started) + 1}.log"
        )
        server = start_bank(self.house.python, folder, unused_port(), log, invoicers)
        instance = BankInstance(server, folder)
        self.started.append(instance)
        server.wait_until_ready("/health", READY_SECONDS)
        return instance

    def close(self) -> None:
        """Stop all."""
        for instance in self.started:
            instance.stop()

"""`make run` as a developer sees it, on ports and a database of its own."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev.environment import CHECKOUT
from support.system import TestDatabases, unused_port
from support.waiting import eventually

READY_SECONDS = 180


class MakeRun:
    """A `make run` that was started."""

    def __init__(self, database: str, log: Path) -> None:
        self.port = unused_port()
        self.database = database
        self.log = log
        ports = ("BANK_PORT", "AGENCY_PORT", "KIOSK_PORT", "OPERATOR_PORT")
        with log.open("w") as written:
            self.process = subprocess.Popen(
                [sys.executable, CHECKOUT / "dev" / "make.py", "run"],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                env={
                    **os.environ,
                    "PYTHON": sys.executable,
                    "DATABASE": database,
                    "PORT": str(self.port),
                    **{name: str(unused_port()) for name in ports},
                },
            )

    def told(self) -> str:
        """What it has printed."""
        return self.log.read_text()

    def answers(self) -> bool:
        """Whether its Odoo does; it must not have ended."""
        assert self.process.poll() is None, self.told()
        try:
            address = f"http://127.0.0.1:{self.port}/web/health"
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def odoo(self) -> int:
        """The process of its Odoo."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"--http-port={self.port}".encode() in command:
                found.append(int(folder.name))
        [process] = found
        return process

    def stop(self) -> int:
        """Press Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def make_run(databases: TestDatabases) -> Iterator[Callable[[str], MakeRun]]:
    """`make_run(database)`: started, and answering."""
    started: list[MakeRun] = []

    def start(database: str) -> MakeRun:
        log = databases.house.places.logs / f"{database}-make-{len(started)}.log"
        run = MakeRun(database, log)
        started.append(run)
        eventually(lambda: "Ctrl-C" in run.told(), READY_SECONDS, "make run is ready")
        return run

    yield start
    for run in started:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(60)


def test_a_reload_and_a_copied_network(
    databases: TestDatabases, make_run: Callable[[str], MakeRun]
) -> None:
    """A reload of Odoo does not end it, nor does a network without its secrets."""
    database = databases.new_database()
    run = make_run(database)
    log = databases.house.places.logs / f"{database}-odoo.log"

    os.kill(run.odoo(), signal.SIGHUP)
    eventually(
        lambda: run.answers() and log.read_text().count("Odoo version") > 1,
        READY_SECONDS,
        "Odoo has started anew",
    )

    databases.sql(
        database,
        "UPDATE payment_terminal_network SET basic_password = NULL, name = 'A copy' "
        "WHERE id = (SELECT res_id FROM ir_model_data WHERE module = 'demo' "
        "AND name = 'network_kz_qiwi')",
    )
    assert run.stop() == 0, run.told()
    again = make_run(database)
    assert again.answers()
    assert "do without network A copy: its authentication is not" in again.told()
    assert again.stop() == 0

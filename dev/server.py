"""Programs that keep running: Odoo, and the bank, agency and kiosks beside it."""

import contextlib
import fcntl
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dev import steps
from dev.environment import (
    ADDONS,
    CHECKOUT,
    Places,
    program_environment,
    python_environment,
)
from dev.odoo_tree import OdooTree, odoo_tree
from dev.postgres import Postgres, postgres
from dev.printer import printer
from dev.steps import Problem, locked, tail

COUNTERPARTIES = CHECKOUT / "tests" / "counterparties"
INVOICERS = COUNTERPARTIES / "bank" / "demo_invoicers.json"
PEOPLE = COUNTERPARTIES / "operator" / "demo_people.json"
CLIENTS = CHECKOUT / "dev" / "agency_clients.json"
PROGRAM = CHECKOUT / "dev" / "bin" / "run_odoo.py"
# what chooses the port of each; Odoo's own is PORT
PORT_VARIABLES = {
    "The bank": "BANK_PORT",
    "The agency": "AGENCY_PORT",
    "The kiosks": "KIOSK_PORT",
    "The operator": "OPERATOR_PORT",
}

# Warnings that say nothing about the addons, each with its reason
EXPECTED_WARNINGS = (
    # Odoo 20 will drop XML-RPC; on 19 it is a part of what we promise to programs
    re.compile(r"The /xmlrpc, /xmlrpc/2 and /jsonrpc endpoints are deprecated"),
    # Odoo's invoice form asks for a widget of partner_autocomplete, which is left out
    # here because it sends what is typed to Odoo's servers; a plain widget stands in
    re.compile(r"Missing widget: res_partner_many2one"),
    # two requests met on one row: Odoo logs the query and does the request again;
    # one that it gives up on, or a job that fails, is logged besides
    re.compile(r"bad query: [\s\S]*could not serialize access due to"),
    # somebody pressed Run manually while the job was at work, and was told so
    re.compile(r"odoo\.http: Job '.*' already executing"),
)
LEVELS = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")
ANY_LEVEL = re.compile(r"^\d{4}-\d\d-\d\d \S+ \d+ [A-Z]+ ")
# ports that this process has taken, with the file that it holds locked for each
_ours: dict[int, TextIO] = {}


@dataclass(frozen=True)
class House:
    """Everything Odoo needs to start: folders, interpreter, tree, database server."""

    places: Places
    python: Path
    tree: OdooTree
    postgres: Postgres
    printer: Path | None
    """The folder of a wkhtmltopdf with patched Qt; without one the system's is used."""
    addons: Path = ADDONS

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of every Odoo process.

        On PATH is first what prints, then the interpreter, which a server that reloads
        starts by its bare name.
        """
        variables = program_environment(self.places)
        known = variables.get("PATH", os.defpath)
        folders = [self.printer, self.python.parent, known]
        return {
            **variables,
            **self.postgres.environment,
            "PATH": os.pathsep.join(str(folder) for folder in folders if folder),
            "PYTHONPATH": str(self.tree.root),
        }

    @property
    def script_environment(self) -> dict[str, str]:
        """The same for a script of ours, which may import what scripts share."""
        paths = f"{self.tree.root}{os.pathsep}{CHECKOUT}"
        return {**self.environment, "PYTHONPATH": paths}

    def odoo(self, database: str, *options: str, command: str = "server") -> list[str]:
        """The command line that starts Odoo on a database."""
        addons = ",".join(map(str, [self.addons, *self.tree.addons]))
        return [
            *(str(self.python), str(PROGRAM), command),
            f"--config={CHECKOUT / 'odoo.conf'}",
            f"--addons-path={addons}",
            f"--data-dir={self.places.instance(database) / 'data'}",
            *self.postgres.odoo_options,
            f"--database={database}",
            *options,
        ]


@contextlib.contextmanager
def house() -> Iterator[House]:
    """Bring what is missing, start PostgreSQL, and stop it at the end."""
    places = Places.default()
    with locked(places.cache / "lock", "another make, which prepares the same things"):
        python = python_environment(places)
        tree = odoo_tree(places)
        printing = printer(places, python)
    with postgres(places, python) as server:
        yield House(places, python, tree, server, printing)


@dataclass(frozen=True)
class Server:
    """A program that was started, its address and its log."""

    name: str
    process: subprocess.Popen[str]
    url: str
    log: Path

    def wait_until_ready(self, path: str, seconds: float) -> None:
        """Return when the address answers 200."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Problem(f"{self.name} ended at its start\n{tail(self.log)}")
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(self.url + path, timeout=5) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(0.2)
        raise Problem(
            f"{self.name} does not answer after {seconds:.0f} s\n{tail(self.log)}"
        )

    def stop(self) -> None:
        """End it, and whatever it started."""
        steps.stop(self.process)


def start(
    name: str, command: Sequence[str | Path], port: int, log: Path, env: dict[str, str]
) -> Server:
    """Start a program in a process group of its own."""
    need_port(port, name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as written:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            env=env,
            cwd=log.parent,
            text=True,
            start_new_session=True,
        )
    return Server(name, process, f"http://127.0.0.1:{port}", log)


def start_odoo(
    house: House, database: str, port: int, log: Path, *options: str
) -> Server:
    """Start Odoo on a database; `/web/health` tells when it is ready."""
    command = house.odoo(database, f"--http-port={port}", *options)
    return start("Odoo", command, port, log, house.environment)


def counterparty_environment() -> dict[str, str]:
    """Environment variables of the programs that play another party."""
    variables = program_environment(Places.default())
    return {**variables, "PYTHONPATH": str(COUNTERPARTIES.parent)}


def start_bank(
    python: Path, folder: Path, port: int, log: Path, invoicers: Path = INVOICERS
) -> Server:
    """Start the bank on an exchange folder; it remembers in a file beside it."""
    command = [str(python), "-m", "counterparties.bank", f"--port={port}"]
    command += [f"--folder={folder}", f"--invoicers={invoicers}"]
    command += [f"--state={folder.parent / 'bank.sqlite'}"]
    return start("The bank", command, port, log, counterparty_environment())


def start_agency(
    python: Path,
    folder: Path,
    port: int,
    log: Path,
    clients: Path = CLIENTS,
    options: Sequence[str] = (),
) -> Server:
    """Start the agency for its clients; it remembers in a file in the folder."""
    command = [str(python), "-m", "counterparties.agency", f"--port={port}"]
    command += [f"--clients={clients}", f"--state={folder / 'agency.sqlite'}", *options]
    return start("The agency", command, port, log, counterparty_environment())


def start_kiosk(
    python: Path,
    folder: Path,
    port: int,
    log: Path,
    networks: Path,
    options: Sequence[str] = (),
) -> Server:
    """Start the kiosks of some networks; they remember in a file in the folder."""
    state = folder / "kiosk.sqlite"
    state.touch(mode=0o600)  # it holds the secrets of the networks
    command = [str(python), "-m", "counterparties.kiosk", f"--port={port}"]
    command += [f"--networks={networks}", f"--state={state}", *options]
    return start("The kiosks", command, port, log, counterparty_environment())


def start_operator(
    python: Path, folder: Path, port: int, log: Path, people: Path | None = PEOPLE
) -> Server:
    """Start the operator, who knows people in Norway; it remembers in a file."""
    command = [str(python), "-m", "counterparties.operator", f"--port={port}"]
    command += [f"--state={folder / 'operator.sqlite'}"]
    command += [f"--people={people}"] if people else []
    return start("The operator", command, port, log, counterparty_environment())


def is_free(port: int) -> bool:
    """Whether a server can be started on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def need_port(port: int, name: str) -> None:
    """Refuse a port that is in use or no port at all."""
    if not 1 <= port <= 65535:
        raise Problem(f"{port} is no port: choose one between 1024 and 65535")
    if not is_free(port):
        variable = PORT_VARIABLES.get(name, "PORT")
        raise Problem(
            f"port {port} for {name} is busy: stop what uses it, or choose another "
            f"with {variable}=..."
        )


def free_port(first: int, taken: Collection[int] = ()) -> int:
    """Take the first free port from `first` on.

    Nobody else who asks here gets it before this process ends, so that it may be used
    at any time, also again. Ports in `taken` are left to others.
    """
    folder = Places.default().state / "ports"
    folder.mkdir(exist_ok=True)
    for port in range(first, first + 1000):
        if port in taken or port in _ours or not is_free(port):
            continue
        # closed, and so released, when the process ends
        held = (folder / str(port)).open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            continue
        if is_free(port):
            _ours[port] = held
            return port
        held.close()
    raise Problem(f"no free port between {first} and {first + 999}")


def unexpected(lines: Sequence[str]) -> list[str]:
    """The warnings and errors in an Odoo log that nobody expects.

    Each with the lines that follow it (a traceback), as one text.
    """
    found: list[str] = []
    is_part = False
    for line in lines:
        if ANY_LEVEL.match(line):
            is_part = bool(LEVELS.match(line))
            if is_part:
                found.append(line)
        elif is_part:
            found[-1] += f"\n{line}"
    return [
        record
        for record in found
        if not any(expected.search(record) for expected in EXPECTED_WARNINGS)
    ]

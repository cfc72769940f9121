"""PostgreSQL: the server PGHOST or odoo.conf names, else one of our own.

Our own runs from a Python wheel, on a socket that only this user (for root: nobody,
because PostgreSQL refuses to run as root) can reach. Everybody who uses it holds a
shared lock; whoever finds at the end that nobody else does stops it.
"""

import configparser
import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.environment import CHECKOUT, Places
from dev.steps import Problem, Step, locked, need_space, run, tail

UNPRIVILEGED = "nobody"
ROLE = "odoo"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # a crash of the machine may cost the last second of a development database
    "synchronous_commit": "off",
    "jit": "off",
    # each look into each of dozens of databases starts a process; copies of templates
    # come with their statistics
    "autovacuum_naptime": "10min",
    # parallel queries want more shared memory than containers have by default
    "max_parallel_workers_per_gather": "0",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class Postgres:
    """A running server and how to reach it."""

    programs: Path
    host: str
    port: str = ""
    user: str = ROLE
    password: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The variables every PostgreSQL client understands, Odoo included."""
        given = {
            "PGHOST": self.host,
            "PGPORT": self.port,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
        }
        return {name: value for name, value in given.items() if value}

    @property
    def odoo_options(self) -> list[str]:
        """The same for Odoo, whose command line goes before its odoo.conf."""
        options = [f"--db_host={self.host}", f"--db_user={self.user}"]
        return options + ([f"--db_port={self.port}"] if self.port else [])

    def sql(self, statement: str, database: str = "postgres") -> list[str]:
        """Run one statement and return its rows, columns separated by `|`."""
        done = subprocess.run(
            [self.programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database],
            input=statement,
            env={**os.environ, **self.environment, "PGCONNECT_TIMEOUT": "5"},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            why = done.stderr.strip().splitlines() or ["no reason given"]
            raise Problem(f"PostgreSQL: {why[0].removeprefix('psql: error: ')}")
        return done.stdout.splitlines()


def named_server(programs: Path) -> Postgres | None:
    """The server PGHOST or `db_host` in odoo.conf names, when either does."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(CHECKOUT / "odoo.conf", encoding="utf-8")

    def setting(variable: str, option: str) -> str:
        value = parser.get("options", option, fallback="")
        return os.environ.get(variable) or ("" if value == "False" else value)

    host = setting("PGHOST", "db_host")
    if not host:
        return None
    return Postgres(
        programs,
        host,
        setting("PGPORT", "db_port"),
        setting("PGUSER", "db_user") or pwd.getpwuid(os.geteuid()).pw_name,
        setting("PGPASSWORD", "db_password"),
    )


@contextlib.contextmanager
def postgres(places: Places, python: Path) -> Iterator[Postgres]:
    """A server for as long as the context lasts."""
    programs = next(python.parent.parent.glob("lib/*/site-packages/*/pginstall18/bin"))
    named = named_server(programs)
    if named:
        try:
            named.sql("SELECT 1")
        except Problem as problem:
            raise Problem(f"the server at PGHOST={named.host}: {problem}") from None
        yield named
        return
    cluster = Cluster(places, programs)
    with cluster.used():
        yield Postgres(programs, str(cluster.socket))


class Cluster:
    """Our own server's data, socket and life."""

    def __init__(self, places: Places, programs: Path) -> None:
        self.folder = places.state / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "postgres.log"
        self.socket = self.folder / "socket"
        if len(str(self.socket)) > 85:  # a socket's path has at most 107 bytes
            name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]
            self.socket = Path(tempfile.gettempdir()) / f"receivables-odoo-{name}"
        self.programs = programs
        self.owner = UNPRIVILEGED if os.geteuid() == 0 else None

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Start the server when nobody did; stop it when nobody else uses it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "users").open("a") as users:
            with locked(self.folder / "lock", "PostgreSQL"):
                fcntl.flock(users, fcntl.LOCK_SH)
                self.start()
            try:
                yield
            finally:
                with locked(self.folder / "lock", "PostgreSQL"):
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass
                    else:
                        self.stop()

    def start(self) -> None:
        """Create the cluster on first use and wait until it accepts connections."""
        self.make_reachable()
        if not self.data.exists():
            self.create()
        if self.answers():
            return
        self.log.unlink(missing_ok=True)
        command = [str(self.programs / "postgres"), "-D", str(self.data)]
        command += ["-k", str(self.socket)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("w") as log:
            server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.owner,
                group=self.owner_group(),
                extra_groups=None if self.owner is None else [],
                cwd=self.data,
                start_new_session=True,
            )
        for _attempt in range(150):
            if self.answers():
                return
            if server.poll() is not None:
                break
            time.sleep(0.2)
        raise Problem(
            f"PostgreSQL does not start (log: {self.log})\n{tail(self.log, 5)}"
        )

    def stop(self) -> None:
        """Stop quickly: sessions are rolled back, data is written."""
        process = self.process_id()
        if not process or not self.answers():
            return
        os.kill(process, signal.SIGINT)
        for _attempt in range(300):
            # a child of ours stays in the process table until it is waited for
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)
            if not self.process_id():
                return
            time.sleep(0.1)
        raise Problem(f"PostgreSQL (process {process}) does not stop (log: {self.log})")

    def answers(self) -> bool:
        """Whether the server accepts connections."""
        try:
            Postgres(self.programs, str(self.socket)).sql("SELECT 1")
        except Problem:
            return False
        return True

    def process_id(self) -> int | None:
        """The running server's process id."""
        return running_process(self.data)

    def create(self) -> None:
        """Initialise under another name: an interrupted start leaves nothing."""
        need_space(self.folder, 1200, "creating the databases")
        partial = self.folder / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        self.give(partial)
        command = [str(self.programs / "initdb"), f"--username={ROLE}", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        with Step("create a PostgreSQL cluster"):
            run(
                [*command, f"--pgdata={partial}"],
                log=self.folder / "initdb.log",
                failure="PostgreSQL cannot create its data folder",
                owner=self.owner,
                cwd=partial,
            )
            partial.rename(self.data)

    def make_reachable(self) -> None:
        """Prepare the socket's folder; as root also programs the other user can run."""
        self.socket.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.socket.owner() not in (self.owner, pwd.getpwuid(os.geteuid()).pw_name):
            raise Problem(f"{self.socket} belongs to {self.socket.owner()}: remove it")
        if self.owner is None:
            return
        self.give(self.socket)
        kept = self.folder / f"programs-{self.programs.stat().st_mtime_ns}"
        package, site = self.programs.parents[1], self.programs.parents[2]
        if not kept.exists():
            partial = self.folder / "programs.partial"
            shutil.rmtree(partial, ignore_errors=True)
            # the programs find their libraries by the relative path they have here
            for part in (self.programs.parent, site / f"{package.name}.libs"):
                shutil.copytree(part, partial / part.relative_to(site), symlinks=True)
            partial.rename(kept)
        self.programs = kept / self.programs.relative_to(site)

    def give(self, folder: Path) -> None:
        """Hand a folder to the user the server runs as."""
        if self.owner is not None:
            shutil.chown(folder, self.owner, self.owner_group())

    def owner_group(self) -> int | None:
        """The group of that user."""
        return None if self.owner is None else pwd.getpwnam(self.owner).pw_gid


def running_process(data: Path) -> int | None:
    """The id of the server process that runs on a data folder."""
    try:
        process = int((data / "postmaster.pid").read_text().split()[0])
        os.kill(process, 0)
    except (OSError, ValueError, IndexError):
        return None
    return process

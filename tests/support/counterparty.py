"""Counterparties without pages: started, told what to do, and gone with their test."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dev.server import counterparty_environment
from support.system import Json


class Counterparty:
    """A running program of `tests/counterparties` that obeys orders."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.told = self._listen()

    @property
    def port(self) -> int:
        """Where it takes calls."""
        return int(self.told["port"])

    def order(self, **order: Json) -> Json:
        """Tell it what to do from now on; how things stand then."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.told = self._listen()
        return self.told

    def _listen(self) -> Json:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the counterparty ended"
        return json.loads(line)


@contextmanager
def counterparty(program: str, *options: str) -> Iterator[Counterparty]:
    """Start a program by its name, such as `sftp_server`."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"counterparties.{program}", *options],
        env=counterparty_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Counterparty(process)
    finally:
        process.kill()
        process.wait()

"""Steps with progress, errors of one line, locks. Standard library only."""

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import ClassVar

Command = Sequence[str | Path]
printing = threading.Lock()
# what `run` has started and is waiting for
started: set[subprocess.Popen[str]] = set()
MAKE_ROOM = "free some space, or set XDG_CACHE_HOME to a folder on another disk"


class Problem(Exception):
    """Something the user can act on: shown as one line, without a traceback."""


class Step:
    """A named step of the work. Shows that it runs, how far it is and how long it took.

    On a terminal the line is live, and steps that run at the same time share it;
    elsewhere a line is printed at the start, every 15 seconds and at the end.
    """

    QUIET_SECONDS = 15
    _running: ClassVar[list["Step"]] = []

    def __init__(self, name: str) -> None:
        self.name = name
        self.note = ""
        self.failed = False
        """Set by work that goes on although what the step was for has failed."""
        self.worked = 0.0
        """Seconds for which the processors have worked in the programs of the step."""
        self._started = time.monotonic()
        self._live = sys.stdout.isatty()
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def __enter__(self) -> "Step":
        if not self._live:
            say(f"  {self.name} ...")
        self._running.append(self)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._finished.set()
        self._thread.join()
        self._running.remove(self)
        mark = "--" if kind or self.failed else "ok"
        say(f"{mark} {self.name} ({self.seconds:.0f} s)")

    def __str__(self) -> str:
        return f"{self.name} {self.seconds:.0f} s {self.note}".rstrip()

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._started

    def _show(self) -> None:
        signs = "|/-\\"
        turn = 0
        while not self._finished.wait(0.2 if self._live else self.QUIET_SECONDS):
            running = self._running.copy()
            if not self._live:
                say(f"  ... {self}")
            elif running[0] is self:
                width = (shutil.get_terminal_size().columns - 4) // len(running)
                text = "".join(f"{step!s:{width}.{width - 1}}" for step in running)
                say(f"{signs[turn % 4]}  {text.rstrip()}", end="")
            turn += 1


def say(text: str, end: str = "\n") -> None:
    """Print, in the place of the live line where there is one."""
    erase = "\r\033[K" if sys.stdout.isatty() else ""
    with printing:
        print(f"{erase}{text}", end=end, flush=True)


def run(
    command: Command,
    *,
    log: Path,
    failure: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    stdin: Path | None = None,
    owner: str | None = None,
    step: Step | None = None,
) -> list[str]:
    """Run a program, add its output to `log`, and return the output's lines.

    The program gets a process group of its own, which ends with us; `owner` is the
    user it runs as; `step` is told how long it has worked.
    A non-zero exit raises a Problem: `failure` and the reason as the program gave it.
    """
    lines: list[str] = []
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a", encoding="utf-8") as written,
        stdin.open("rb") if stdin else contextlib.nullcontext() as given,
    ):
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=given or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            user=owner,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        started.add(process)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                written.write(line)
                lines.append(line.rstrip())
                if on_line:
                    on_line(lines[-1])
            if step:
                # somebody may have stopped it meanwhile
                with contextlib.suppress(ChildProcessError):
                    step.worked += processor_seconds(process.pid)
            code = process.wait()
        except BaseException:
            stop(process)
            raise
        finally:
            was_stopped = process not in started
            started.discard(process)
    if was_stopped:
        raise KeyboardInterrupt
    if code:
        raise Problem(f"{failure}: {reason(lines, code)} (log: {log})")
    return lines


def reason(lines: Sequence[str], code: int) -> str:
    """The line of a failed program's output that says why it failed."""
    if any(os.strerror(errno.ENOSPC) in line for line in lines):
        return f"the disk is full: {MAKE_ROOM}"
    marks = ("error", "critical", "e: ", "fatal", "failed", "denied")
    telling = [line for line in lines if any(mark in line.lower() for mark in marks)]
    return (telling or [line for line in lines if line] or [f"exit code {code}"])[-1]


def processor_seconds(process_id: int) -> float:
    """How long a child of ours has worked, with all that it started and waited for,
    when it has ended; it is still to be waited for."""
    os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOWAIT)
    told = Path(f"/proc/{process_id}/stat").read_text()
    # its name, which may be anything, stands in brackets
    fields = told.rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def stop_started() -> None:
    """End every program that `run` waits for in other threads, as when we are told to
    stop, which only the main thread hears."""
    for process in list(started):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    while started:
        stop(started.pop(), patience=60)


def stop(process: subprocess.Popen[str], patience: float = 15) -> None:
    """End a program started by `run` or a server, and everything it started itself."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def locked(path: Path, waiting_for: str) -> Iterator[None]:
    """Hold a lock file; while another process holds it, say so and wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with Step(f"wait for {waiting_for}"):
                fcntl.flock(held, fcntl.LOCK_EX)
        yield


def need_space(folder: Path, megabytes: int, purpose: str) -> None:
    """Refuse early when a disk cannot hold what is about to be written."""
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise Problem(
            f"{purpose} needs {megabytes} MB on the disk of {folder}, {free} MB are "
            f"free: {MAKE_ROOM}"
        )


def tail(path: Path, count: int = 30) -> str:
    """The last lines of a log, indented, to be shown with an error."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"    {line[:300]}" for line in lines[-count:])


def stop_on_signals() -> None:
    """Let every request to stop raise KeyboardInterrupt, so that clean-up is one path.

    A shell's background job starts with SIGINT ignored, so that one is set as well;
    SIGHUP stays ignored under nohup.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        # a second request must not cut the clean-up short
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, interrupt)

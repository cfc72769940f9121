"""`make test` and its parts: linters, module tests, and pytest on tests/."""

import os
import re
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from dev import lanes, lint, steps
from dev.database import Databases
from dev.environment import (
    CHECKOUT,
    Places,
    need_program,
    program_environment,
    python_environment,
)
from dev.odoo_tree import complete_browser_files
from dev.printer import fall_back
from dev.server import House, free_port, house, unexpected
from dev.steps import Problem, Step, locked, run, say

FIRST_PORT = 8100
SHOWN_ENTRIES = 30
SHOWN_LINES = 15
SLOWEST = 10
SYSTEM_TEST = re.compile(r"tests/(\S+) [A-Z]+ +\[ *(\d+%)\]")
DETAILS = re.compile(r"=+ (ERRORS|FAILURES) =+")
TESTS_RUN = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
MODULE_TEST = re.compile(r"^(\S+ \S+),\d+ .*(?:Starting (\w+\.\w+)|\d+ post-tests in)")


@dataclass
class Tally:
    """How one part of the tests went."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each of its tests took."""
    worked: float = 0.0
    """Seconds for which its programs, without PostgreSQL, kept a processor busy."""

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        worked = f"{self.worked:.0f} s" if self.worked else ""
        said = f"{self.name:28} {self.passed} passed, {self.failed} failed{skipped}"
        return f"{said:64} {worked:>6}".rstrip()


def test(parts: Collection[str], addon: str = "", story: str = "") -> int:
    """Run the named parts; the last line printed sums them up.

    :param addon: only the module tests of this one
    :param story: only the system tests in this folder of tests/
    """
    begun, worked = time.monotonic(), processor_seconds()
    places = Places.default()
    tallies: list[Tally] = []
    with ThreadPoolExecutor(1) as beside:
        with locked(places.cache / "lock", "another make"):
            python = python_environment(places)
        linting = beside.submit(lint.lint, places, python) if "lint" in parts else None
        try:
            if set(parts) - {"lint"}:
                for tally in proven(parts, addon, story):
                    tallies.append(tally)
        except Problem as problem:
            print(f"\n{problem}")
            tallies.append(Tally("set-up", failed=1))
        if linting:
            tallies.insert(0, linters(linting))
    show_slowest(tallies)
    took, worked = time.monotonic() - begun, processor_seconds() - worked
    share = worked / took / (os.cpu_count() or 1)
    print(
        f"\n{took:.0f} s, in which the processors worked {share:.0%}: {worked:.0f} s; "
        "below each lane's own, without PostgreSQL's"
    )
    return summary(tallies, must_run=bool(set(parts) - {"lint"}))


def proven(parts: Collection[str], addon: str, story: str) -> Iterator[Tally]:
    """Module tests and system tests, on a server of their own."""
    need_program("chromium")
    with suppress(Problem):  # where there is none, the other one serves
        need_program("headless")
    places = Places.default()
    with (
        locked(places.state / "test.lock", "another make test, which writes its logs"),
        house() as here,
    ):
        if not here.printer:
            fall_back(required=True)
        complete_browser_files(here.places, here.tree, required=True)
        databases = Databases(here)
        drop_leftovers(databases)
        chosen = lanes.chosen(databases, parts, addon, story)
        if os.environ.get("CI"):
            databases.forget_templates()
        built: Future[str] = Future()
        works: list[Callable[[], Tally]] = []
        if not {lanes.name_of(folder) for folder in chosen} <= set(lanes.PURE):
            works.append(partial(install, databases, built))
        works += [
            partial(system_tests, here, built, folder.name)
            if folder.parent == lanes.TESTS
            else partial(module_tests, databases, built, folder.name)
            for folder in chosen
        ]
        took = {}
        for tally in lanes.side_by_side(works):
            took[tally.name] = tally.worked
            yield tally
        lanes.note_work(here.places, took)


def linters(linting: Future[list[lint.Check]]) -> Tally:
    """Show what the linters found."""
    tally = Tally("lint")
    with Step("linters") as step:
        checks = linting.result()
        step.failed = not all(check.passed for check in checks)
    for check in checks:
        if check.passed:
            tally.passed += 1
        else:
            tally.failed += 1
            print(f"\n{check.name}:\n{check.output}")
    return tally


def install(databases: Databases, built: Future[str]) -> Tally:
    """Build the databases that the lanes copy, which must not log a warning.

    :param built: told the name of the one for module tests when all are there
    """
    tally = Tally("install")
    try:
        templates = (
            databases.base_template(),
            databases.addons_template(),
            databases.demo_template(),
        )
    except BaseException as fault:
        built.set_exception(fault)
        raise
    built.set_result(templates[1])
    for name in templates:
        log = databases.template_log(name)
        found = unexpected(read(log)) if log.exists() else []
        show(found, log)
        tally.failed += bool(found)
        tally.passed += not found
    return tally


def module_tests(databases: Databases, built: Future[str], addon: str) -> Tally:
    """Odoo's own runner on one addon, on a copy of the template.

    The template was installed from the same files: nothing is updated.
    """
    template = built.result()
    tally = Tally(addon)
    log = databases.house.places.logs / f"module-{addon}.log"
    log.unlink(missing_ok=True)
    problem = ""
    with temporary(databases, template, f"module_{addon}") as database:
        command = databases.house.odoo(
            database,
            f"--test-tags=/{addon}",
            f"--http-port={free_port(FIRST_PORT)}",
            f"--screenshots={databases.house.places.logs / 'screenshots'}",
            "--stop-after-init",
        )
        with Step(f"module tests of {addon}") as step:

            def note(line: str) -> None:
                found = re.search(r"Starting (\w+\.\w+)", line)
                step.note = found.group(1) if found else step.note

            try:
                run(
                    command,
                    log=log,
                    failure=f"module tests of {addon}",
                    env=databases.house.environment,
                    cwd=databases.house.places.state,
                    on_line=note,
                    step=step,
                )
            except Problem as caught:
                problem = str(caught)
            tally.worked = step.worked
            lines = read(log)
            noise = unexpected(lines)
            step.failed = bool(problem or noise)
    tally.seconds = module_seconds(addon, lines)
    for found in filter(None, map(TESTS_RUN.search, lines)):
        failed, errors, count = map(int, found.groups())
        tally.failed += failed + errors
        # a class that cannot be set up is an error but no test
        tally.passed += max(0, count - failed - errors)
    show(noise, log)
    has_tests = any((databases.house.addons / addon / "tests").glob("test_*.py"))
    if problem and not tally.failed:
        say(f"\n{problem}\n{steps.tail(log)}")
    elif has_tests and not tally.passed + tally.failed:
        say(f"\n{addon}: no test ran (log: {log})")
    elif not noise:
        return tally
    tally.failed += not tally.failed
    return tally


def module_seconds(addon: str, lines: Sequence[str]) -> dict[str, float]:
    """How long each test took, by the times at which Odoo began them."""
    found = [match for match in map(MODULE_TEST.match, lines) if match]
    begun = [datetime.fromisoformat(match[1]) for match in found]
    # a test that stops the clock writes its own time into the log
    return {
        f"{addon} {match[2]}": (end - begin).total_seconds()
        for match, begin, end in zip(found, begun, begun[1:], strict=False)
        if timedelta() <= end - begin < timedelta(hours=1)
    }


def system_tests(here: House, built: Future[str], story: str) -> Tally:
    """pytest on a folder of tests/; what it says of failures is shown."""
    tally = Tally(f"tests/{story}")
    if tally.name not in lanes.PURE:
        built.result()
    log = here.places.logs / f"pytest-{story}.log"
    report = log.with_suffix(".xml")
    log.unlink(missing_ok=True)
    report.unlink(missing_ok=True)
    failed_run = False
    with Step(f"tests/{story}") as step:

        def note(line: str) -> None:
            found = SYSTEM_TEST.match(line)
            step.note = f"{found[2]} {found[1]}" if found else step.note

        try:
            run(
                [
                    *(here.python, "-m", "pytest", "-v"),
                    *(f"--junit-xml={report}", f"tests/{story}"),
                ],
                log=log,
                failure=f"tests/{story}",
                env=program_environment(here.places),
                cwd=CHECKOUT,
                on_line=note,
                step=step,
            )
        except Problem:
            failed_run = step.failed = True
    tally.worked = step.worked
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            tally.failed += failed
            tally.skipped += skipped
            tally.passed += int(suite.get("tests", 0)) - failed - skipped
            for case in suite.iter("testcase"):
                name = f"{case.get('classname')}::{case.get('name')}"
                tally.seconds[name] = float(case.get("time", 0))
    if failed_run:
        lines = read(log)
        details = next((i for i, line in enumerate(lines) if DETAILS.match(line)), -30)
        say("\n" + "\n".join(lines[details:]))
        tally.failed = tally.failed or 1
    return tally


def show_slowest(tallies: Sequence[Tally]) -> None:
    """Print the tests that took longest."""
    tests = {name: took for tally in tallies for name, took in tally.seconds.items()}
    slowest = sorted(tests, key=tests.__getitem__, reverse=True)[:SLOWEST]
    if slowest:
        print(f"\nthe slowest {len(slowest)} of {len(tests)}:")
    for name in slowest:
        print(f"{tests[name]:7.1f} s  {name}")


def processor_seconds() -> float:
    """How long this machine's processors have worked since it was started."""
    _cpu, user, nice, system, *_rest = Path("/proc/stat").read_text().split()
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


def summary(tallies: list[Tally], must_run: bool) -> int:
    """Print the parts and, as the last line, their sum; return the exit code."""
    print()
    for tally in tallies:
        print(tally)
    passed = sum(tally.passed for tally in tallies)
    failed = sum(tally.failed for tally in tallies)
    tests = [tally for tally in tallies if tally.name not in ("lint", "install")]
    if must_run and not any(tally.passed + tally.failed for tally in tests):
        print("no test ran")
        failed += 1
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


@contextmanager
def temporary(databases: Databases, template: str, name: str) -> Iterator[str]:
    """A copy of a template that lives as long as the context.

    Its name carries our process id, so that what a killed run left can be told from
    what another run is using.
    """
    database = f"test_{os.getpid()}_{name}"
    databases.copy(template, database)
    databases.leave_out_charts(database)
    try:
        yield database
    finally:
        databases.drop(database)


def drop_leftovers(databases: Databases) -> None:
    """Drop databases and logs of test runs that are over."""
    for database in databases.sql(
        "SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'"
    ):
        if is_over(database):
            databases.drop(database)
    for log in databases.house.places.logs.glob("test_*"):
        if is_over(log.name):
            log.unlink()


def is_over(name: str) -> bool:
    """Whether the process whose id a test's database or log carries has ended."""
    found = re.match(r"test_(\d+)_", name)
    return found is not None and not Path(f"/proc/{found.group(1)}").exists()


def read(log: Path) -> list[str]:
    """The lines of a log."""
    return log.read_text(encoding="utf-8", errors="replace").splitlines()


def show(entries: list[str], log: Path) -> None:
    """Print log entries nobody expects, long ones without their middle."""
    if not entries:
        return
    shown = [f"\nwarnings and errors in {log}:"]
    for entry in entries[:SHOWN_ENTRIES]:
        lines = entry.splitlines()
        if len(lines) > SHOWN_LINES:
            lines = [lines[0], "...", *lines[-SHOWN_LINES:]]
        shown += [f"    {line[:400]}" for line in lines]
    if len(entries) > SHOWN_ENTRIES:
        shown.append(f"    and {len(entries) - SHOWN_ENTRIES} more")
    say("\n".join(shown))

"""What `make test` does side by side: a lane for each folder of tests/ and addon."""

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from dev import steps
from dev.database import Databases
from dev.environment import CHECKOUT, Places
from dev.steps import Problem

TESTS = CHECKOUT / "tests"
# stories wait for jobs and pages half of the time
AT_ONCE = 2 * (os.cpu_count() or 1)
# what needs no database, and so begins while those are built
PURE = ("tests/formats", "tests/counterparties")
# where the lanes of the last run are remembered
WORK = "lanes.json"
Result = TypeVar("Result")


def chosen(
    databases: Databases, parts: Collection[str], addon: str, story: str
) -> list[Path]:
    """Which folders of tests/ and which addons are tested.

    Those that need no database come first. Of the others those with the most work, so
    that nothing long is left over at the end: before all others those that nobody has
    timed, the largest first.
    """
    found = (path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))
    stories = {TESTS / path.parts[0] for path in found}
    addons = {databases.house.addons / name for name in databases.addons()}
    for given, known in ((story, stories), (addon, addons)):
        names = sorted(path.name for path in known)
        if given and given not in names:
            raise Problem(f"there is no {given}; there are {', '.join(names)}")
    if addon or story:
        wanted = {path for path in stories | addons if path.name in (addon, story)}
    else:
        wanted = {*(stories if "system" in parts else ())}
        wanted |= {*(addons if "module" in parts else ())}
    took = known_work(databases.house.places)

    def rank(folder: Path) -> tuple[bool, float]:
        name = name_of(folder)
        size = sum(path.stat().st_size for path in folder.rglob("test_*.py"))
        return name in PURE, took.get(name, size)

    return sorted(wanted, key=rank, reverse=True)


def name_of(folder: Path) -> str:
    """What a lane is called."""
    return f"tests/{folder.name}" if folder.parent == TESTS else folder.name


def known_work(places: Places) -> dict[str, float]:
    """Seconds of work by the names of lanes, as they were last time."""
    try:
        told: dict[str, float] = json.loads((places.state / WORK).read_text())
    except (OSError, ValueError):
        return {}
    return told


def note_work(places: Places, took: Mapping[str, float]) -> None:
    """Remember for the next run how much work the lanes had."""
    told = known_work(places) | {name: work for name, work in took.items() if work}
    (places.state / WORK).write_text(json.dumps(told))


def side_by_side(works: Sequence[Callable[[], Result]]) -> Iterator[Result]:
    """Do works, some at a time; results come in the works' order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(work) for work in works]
        try:
            for future in futures:
                yield future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            steps.stop_started()
            raise

"""One lane of a job beside two: what the benchmarks of lanes share.

A lane is a process that runs the job until nothing is due, as one more Odoo host does.
It is a fork of the shell, so that nobody waits for a registry. The rounds take turns;
the best of each is compared, because other programs can only slow a round down. With
one processor there is nothing to gain: the figure is shown, not judged.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from odoo import sql_db
from odoo.api import Environment
from odoo.modules.registry import Registry

Work = Callable[[Any], object]


def compare(
    env: Any, prepare: Work, work: Work, count: int, unit: str, rounds: int = 2
) -> float:
    """Print how many a second one lane does and two do; return the gain.

    :param prepare: lets the next ``count`` be due
    :param work: the job, called with the environment of its lane
    """
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _round in range(rounds):
        for lanes, found in rates.items():
            prepare(env)
            env.cr.commit()
            found.append(count / run(env.cr.dbname, lanes, work))
            env.cr.rollback()
            env.invalidate_all()
    for lanes, found in rates.items():
        told = ", ".join(f"{rate:.0f}" for rate in found)
        print(f"{lanes} lane{'s' * (lanes > 1)}: {told} {unit} a second")
    return max(rates[2]) / max(rates[1])


def is_enough(gain: float, aim: float, least: float) -> bool:
    """Print what a gain is worth; whether it lies above what is least."""
    judged = (os.cpu_count() or 1) > 1
    verdict = "reached" if gain >= aim else "below the aim"
    print(f"gain {gain:.2f}, aim {aim}: {verdict if judged else 'not judged'}")
    return gain >= least or not judged


def run(database: str, lanes: int, work: Work) -> float:
    """Work in so many processes; return how long it took."""
    begun = time.perf_counter()
    children = [fork(lane, database, work) for _lane in range(lanes)]
    for child in children:
        _pid, status = os.waitpid(child, 0)
        if status:
            raise SystemExit("error: a lane failed")
    return time.perf_counter() - begun


def fork(call: Callable[..., object], *arguments: object) -> int:
    """Call something in a process of its own; return its number."""
    child = os.fork()
    if not child:
        code = 1
        try:
            call(*arguments)
            code = 0
        finally:
            os._exit(code)
    return child


def lane(database: str, work: Work) -> None:
    """Work with a registry whose connections are this process's own."""
    # the parent's stay the parent's: neither used nor closed here
    _inherited, sql_db._Pool = sql_db._Pool, None
    registry = Registry(database)
    registry._db = sql_db.db_connect(database)
    with registry.cursor() as cr:
        work(Environment(cr, 1, {}))

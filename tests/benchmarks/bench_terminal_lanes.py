"""Two lanes of the booking job beside one: how much sooner the payments are booked.

What: payments of two networks, each with a journal of its own and each payment of an
open invoice, are booked by one process that runs the job, then as many others by two
processes at the same time, as two Odoo hosts do. Commits are in the figures. Nothing is
booked twice: entries and payments are counted afterwards.

How: `make bench` makes a database that may be thrown away and pipes this file into
`odoo shell`. The processes are forks of the shell, so that nobody waits for a registry.
The rounds take turns; the best of each is compared, because other programs can only
slow a round down. With one processor there is nothing to gain: the figure is shown, not
judged. Exit code 1: the gain lies far below its aim, or something is booked twice.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from odoo import sql_db
from odoo.api import Environment
from odoo.modules.registry import Registry

sys.path.insert(0, str(Path(os.environ["RECEIVABLES_CHECKOUT"], "tests", "benchmarks")))
import bench_terminal_booking as booking

NETWORKS = ("Lane A", "Lane B")
# payments of each network in a round
ROUND = 400
ROUNDS = 2
# payments in a batch: several for each lane
BATCH = 100
AIM, LEAST = 1.5, 1.2


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    for place, name in enumerate(NETWORKS, start=1):
        quiet = env(context={**env.context, "tracking_disable": True})
        booking.make(quiet, name, ROUND * ROUNDS * 2, place)
    env["payment.terminal.transaction"].search([("state", "=", "accepted")]).write(
        {"next_attempt": "2999-01-01"}
    )
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _round in range(ROUNDS):
        for lanes, found in rates.items():
            let_go(env)
            found.append(2 * ROUND / book(env, lanes))
    for lanes, found in rates.items():
        told = ", ".join(f"{rate:.0f}" for rate in found)
        print(f"{lanes} lane{'s' * (lanes > 1)}: {told} payments a second")
    gain = max(rates[2]) / max(rates[1])
    judged = (os.cpu_count() or 1) > 1
    verdict = "reached" if gain >= AIM else "below the aim"
    print(f"gain {gain:.2f}, aim {AIM}: {verdict if judged else 'not judged'}")
    return int(not is_sound(env) or (judged and gain < LEAST))


def let_go(env: Any) -> None:
    """Let the next payments of each network be due."""
    for name in NETWORKS:
        env["payment.terminal.transaction"].search(
            [("network_id.name", "=", name), ("state", "=", "accepted")],
            order="id",
            limit=ROUND,
        ).write({"next_attempt": False})
    env.cr.commit()


def book(env: Any, lanes: int) -> float:
    """Book what is due in so many processes; return how long it took."""
    database = env.cr.dbname
    env.cr.rollback()
    begun = time.perf_counter()
    children = []
    for _lane in range(lanes):
        child = os.fork()
        if not child:
            lane(database)
        children.append(child)
    for child in children:
        _pid, status = os.waitpid(child, 0)
        if status:
            raise SystemExit("error: a lane failed")
    return time.perf_counter() - begun


def lane(database: str) -> None:
    """Run the job until nothing is due, and end the process."""
    code = 1
    try:
        # the parent's connections stay the parent's: neither used nor closed here
        _inherited, sql_db._Pool = sql_db._Pool, None
        registry = Registry(database)
        registry._db = sql_db.db_connect(database)
        with registry.cursor() as cr:
            payments = Environment(cr, 1, {})["payment.terminal.transaction"]
            type(payments)._BATCH = BATCH
            payments._cron_book()
            code = 0
    finally:
        os._exit(code)


def is_sound(env: Any) -> bool:
    """Whether every payment is booked once, to the cent."""
    networks = env["payment.terminal.network"].search([("name", "in", NETWORKS)])
    env.cr.rollback()
    lines = networks.transaction_ids.move_line_id
    states = set(networks.transaction_ids.mapped("state"))
    sound = (
        states == {"booked"}
        and len(lines) == len(networks.transaction_ids)
        and not any(networks.mapped("difference"))
    )
    print("every payment is booked once" if sound else f"FAILED: {states}")
    return sound


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

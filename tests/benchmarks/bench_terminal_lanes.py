"""Two lanes of the booking job beside one: how much sooner the payments are booked.

What: payments of two networks, each with a journal of its own and each payment of an
open invoice, are booked by one process that runs the job, then as many others by two
processes at the same time, as two Odoo hosts do. Commits are in the figures. Nothing is
booked twice: entries and payments are counted afterwards.

How: `make bench` makes a database that may be thrown away and pipes this file into
`odoo shell`; `lanes.py` tells how lanes are compared. Exit code 1: the gain lies far
below its aim, or something is booked twice.
"""

from __future__ import annotations

import sys
from typing import Any

import bench_terminal_booking as booking
import lanes

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
    gain = lanes.compare(env, let_go, book, 2 * ROUND, "payments", ROUNDS)
    return int(not is_sound(env) or not lanes.is_enough(gain, AIM, LEAST))


def let_go(env: Any) -> None:
    """Let the next payments of each network be due."""
    for name in NETWORKS:
        env["payment.terminal.transaction"].search(
            [("network_id.name", "=", name), ("state", "=", "accepted")],
            order="id",
            limit=ROUND,
        ).write({"next_attempt": False})


def book(env: Any) -> None:
    """Run the job until nothing is due."""
    payments = env["payment.terminal.transaction"]
    type(payments)._BATCH = BATCH
    payments._cron_book()


def is_sound(env: Any) -> bool:
    """Whether every payment is booked once, to the cent."""
    networks = env["payment.terminal.network"].search([("name", "in", NETWORKS)])
    lines = networks.transaction_ids.line_ids
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

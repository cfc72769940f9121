"""Registries of a month: read and compared, beside plain parsing and COPY.

What: a file of QIWI's with 100,000 payments of 30 days, all of which came online too.
Ours keeps the bytes, reads every line and proves the total, writes the lines, finds the
payment of each by its identifier and says which agree: what a person waits for. Beside
it what reading such a file costs at the least: lines split into columns and given to
COPY, and nothing compared.

How: `make bench` makes a database that may be thrown away, with the addons, and pipes
this file into `odoo shell`. Payments are made in SQL, committed once, and ANALYZEd.
What a round writes is rolled back. Ratios are shown of the medians and of the best
rounds; the second is judged, because other programs can only slow a round down. Exit
code 1: not all of them agreed, time grows faster than the payments, the statements grow
at all, or the ratio lies far below its aim.
"""

from __future__ import annotations

import gc
import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from odoo import fields
from odoo.tools import SQL

PAYMENTS = 100_000
FEW = 10_000
DAYS = 30
ROUNDS = 3
NETWORK = "Network of the registries"
OURS = "ours: read and compare"
OURS_FEW = f"ours: of {FEW}"
PLAIN = "plain parsing and COPY"
# ours beside the other: what is aimed at, and what is a regression
AIM, LIMIT = 0.12, 0.05
# time of a payment among many beside one among few
MOST_GROWTH = 1.5


@dataclass
class Contender:
    """One way of reading a registry: what it ran, and how fast it was."""

    name: str
    count: int
    run: Callable[[], object]
    rates: list[float] = field(default_factory=list)
    queries: int = 0


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    network = seed(env)
    many, few = write(env, network, PAYMENTS), write(env, network, FEW)
    contenders = [
        Contender(OURS, PAYMENTS, lambda: ours(env, network, many, PAYMENTS)),
        Contender(OURS_FEW, FEW, lambda: ours(env, network, few, FEW)),
        Contender(PLAIN, PAYMENTS, lambda: plain(env, many)),
    ]
    for contender in contenders:
        measure(env, contender)
        contender.rates.clear()
    for _round in range(ROUNDS):
        for contender in contenders:
            measure(env, contender)
    print_rates(contenders)
    return judge({contender.name: contender for contender in contenders})


# --- data ---------------------------------------------------------------------


def seed(env: Any) -> Any:
    """A network with its payments of a month."""
    found = env["payment.terminal.network"].search([("name", "=", NETWORK)])
    if found:
        return found
    network = env["payment.terminal.network"].create(
        {"name": NETWORK, "dialect": "osmp", "tz": "Europe/Moscow"}
    )
    company = network.company_id
    first = datetime.combine(
        fields.Date.today() - timedelta(days=DAYS), datetime.min.time()
    )
    env.cr.execute(
        SQL(
            """INSERT INTO payment_terminal_transaction (
                   network_id, company_id, currency_id, txn_id, state, is_test,
                   account_number, amount, money, paid_at, accepted_at, business_date)
               SELECT %s, %s, %s, (700000000 + n)::text, 'booked', FALSE,
                      (4000000000 + n)::text, (n %% 9000 + 100) / 100.0,
                      (n %% 9000 + 100) / 100.0, moment, moment,
                      (moment AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Moscow')::date
                 FROM generate_series(1, %s) AS n,
                      LATERAL (SELECT %s::timestamp
                               + n %% %s * interval '1 second' AS moment) at""",
            network.id,
            company.id,
            network.currency_id.id,
            PAYMENTS,
            first,
            DAYS * 86_000,
        )
    )
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    return network


def write(env: Any, network: Any, count: int) -> bytes:
    """The network's file of its first payments."""
    env.cr.execute(
        SQL(
            """SELECT txn_id, to_char(paid_at AT TIME ZONE 'UTC'
                      AT TIME ZONE 'Europe/Moscow', 'DD.MM.YYYY' || chr(9)
                      || 'HH24:MI:SS'), account_number, amount
                 FROM payment_terminal_transaction
                WHERE network_id = %s ORDER BY id LIMIT %s""",
            network.id,
            count,
        )
    )
    rows = env.cr.fetchall()
    lines = ["\t".join((*texts, f"{amount:.2f}")) for *texts, amount in rows]
    lines.append(f"Total:\t{len(rows)}\t{sum(row[-1] for row in rows):.2f}")
    return "\r\n".join(lines).encode()


# --- the contenders -----------------------------------------------------------


def ours(env: Any, network: Any, data: bytes, count: int) -> None:
    """As the job does it, both steps."""
    registries = env["payment.terminal.registry"]
    registry = registries._take_in(network, "bench.csv", data)
    if registry.state == "received":
        registry._read()
        registry._compare()
    env.flush_all()
    if registry.matched != count:
        raise SystemExit(f"error: {registry.matched} of {count} agree")


def plain(env: Any, data: bytes) -> None:
    """Split, and COPY."""
    env.cr.execute(
        "CREATE TEMPORARY TABLE plain_registry (txn_id varchar, day varchar, "
        "clock varchar, account varchar, amount numeric) ON COMMIT DROP"
    )
    text = io.StringIO()
    for line in data.decode().splitlines()[:-1]:
        text.write("\t".join(line.split("\t")) + "\n")
    text.seek(0)
    env.cr.copy_expert("COPY plain_registry FROM STDIN", text)


# --- measuring and telling ----------------------------------------------------


def measure(env: Any, contender: Contender) -> None:
    """Run once, from an empty record cache; leave nothing behind."""
    env.invalidate_all()
    gc.collect()
    queries, begun = env.cr.sql_log_count, time.perf_counter()
    contender.run()
    taken = time.perf_counter() - begun
    contender.queries = env.cr.sql_log_count - queries
    contender.rates.append(contender.count / taken)
    env.cr.rollback()


def print_rates(contenders: list[Contender]) -> None:
    """The table: payments a second, and what all of them cost."""
    heads = f"{'N':>8}{'s in all':>10}{'a second':>11}{'SQL in all':>12}"
    print(f"\n{'':28}{heads}")
    for contender in contenders:
        middle = statistics.median(contender.rates)
        print(
            f"{contender.name:28}{contender.count:8}{contender.count / middle:10.2f}"
            f"{middle:11.0f}{contender.queries:12}"
        )


def judge(contenders: dict[str, Contender]) -> int:
    """Print the ratios beside their aims; 1 when something is badly missed."""
    many, few = contenders[OURS], contenders[OURS_FEW]
    other = contenders[PLAIN].rates
    usual = statistics.median(many.rates) / statistics.median(other)
    best = max(many.rates) / max(other)
    growth = max(few.rates) / max(many.rates)
    failed = best < LIMIT or growth > MOST_GROWTH or many.queries > few.queries
    print(f"\nours / {PLAIN}: {usual:.2f}, best {best:.2f} (aim {AIM}, limit {LIMIT})")
    print(f"a payment among {PAYMENTS} beside one among {FEW}: {growth:.2f} times")
    print(f"statements: {few.queries} and {many.queries}")
    print("FAILED" if failed else "reached" if best >= AIM else "below the aim")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

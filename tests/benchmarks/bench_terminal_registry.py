"""Registries of a month: read and compared, beside plain parsing, core and OCA.

What: a file of QIWI's with 100,000 payments of 30 days, all of which came online too.
Ours keeps the bytes, reads every line and proves the total, writes the lines, finds the
payment of each by its identifier and says which agree: what a person waits for. Beside
it what reading such a file costs at the least: lines split into columns and given to
COPY, and nothing compared. And how such a list comes into Odoo otherwise, of some of
them: as lines of a bank statement, each then looked for among the payments; as camt.053
through OCA's `account_statement_import_camt`, where it is installed, which compares
nothing.

How: `make bench`. Payments are made in SQL, committed once, and ANALYZEd;
`contenders.py` tells how the ways take turns. Exit code 1: not all payments agreed,
time grows faster than they, the statements grow, or a ratio lies far below its aim.
"""

from __future__ import annotations

import io
import sys
from datetime import datetime, timedelta
from typing import Any

import bench_payment_files as payment_files
from contenders import Contender, compete, grows, judge

from odoo import fields
from odoo.tools import SQL

PAYMENTS = 100_000
FEW = PAYMENTS // 10
SAMPLE = 200
DAYS = 30
ROUNDS = 3
NETWORK = "Network of the registries"
OURS = "ours: read and compare"
OURS_FEW = f"ours: of {FEW}"
PLAIN = "plain parsing and COPY"
CORE = "core: statement lines"
OCA = "OCA: camt.053, not compared"
# ours beside the other: what is aimed at, and what is a regression
AIMS = {PLAIN: (0.02, 0.01), CORE: (40, 20), OCA: (10, 5)}
# time of a payment among many beside one among few
MOST_GROWTH = 1.2
# a large file is left to the job
MOST_MORE = 10


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    network = seed(env)
    many, few = write(env, network, PAYMENTS), write(env, network, FEW)
    some = write(env, network, SAMPLE)
    contenders = [
        Contender(OURS, PAYMENTS, lambda: ours(env, network, many, PAYMENTS)),
        Contender(OURS_FEW, FEW, lambda: ours(env, network, few, FEW)),
        Contender(PLAIN, PAYMENTS, lambda: plain(env, many)),
        Contender(CORE, SAMPLE, lambda: core(env, network, some)),
    ]
    if "account.statement.import" in env:
        camt = payment_files.statement([str(10**9 + n) for n in range(SAMPLE)])
        contenders.append(Contender(OCA, SAMPLE, lambda: oca(env, camt)))
    compete(env, contenders, ROUNDS)
    failed = judge(contenders, OURS, AIMS)
    among_many, among_few, *_others = contenders
    failed |= grows(among_few, among_many, MOST_GROWTH)
    grown = among_many.queries - among_few.queries
    print(f"statements: {among_few.queries}, and {grown} more")
    return int(failed or grown > MOST_MORE)


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
    # midnight in Moscow: the few are whole days, too
    first = datetime.combine(
        fields.Date.today() - timedelta(days=DAYS), datetime.min.time()
    ) - timedelta(hours=3)
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
                               + (n - 1) * %s * interval '1 second' AS moment) at""",
            network.id,
            company.id,
            network.currency_id.id,
            PAYMENTS,
            first,
            DAYS * 86_400 / PAYMENTS,
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


def core(env: Any, network: Any, data: bytes) -> None:
    """A line of a statement for each, and its payment found."""
    journal = payment_files.make_journal(env)
    rows = [line.split("\t") for line in data.decode().splitlines()[:-1]]
    lines = env["account.bank.statement.line"].create(
        [
            {
                "journal_id": journal.id,
                "date": fields.Date.today(),
                "payment_ref": txn_id,
                "amount": float(amount),
            }
            for txn_id, _day, _clock, _account, amount in rows
        ]
    )
    found = env["payment.terminal.transaction"].search(
        [
            ("network_id", "=", network.id),
            ("txn_id", "in", lines.mapped("payment_ref")),
        ]
    )
    amounts = {payment.txn_id: payment.amount for payment in found}
    if any(line.amount != amounts[line.payment_ref] for line in lines):
        raise SystemExit("error: a payment differs")
    env.flush_all()


def oca(env: Any, data: bytes) -> None:
    """OCA's wizard."""
    payment_files.oca(payment_files.make_journal(env), data)
    env.flush_all()


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

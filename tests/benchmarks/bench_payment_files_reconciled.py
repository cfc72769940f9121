"""A bank's file until its invoices are paid, beside OCA's import that reconciles.

What: the camt.053 of `bench_payment_files.py`, in an Odoo that has OCA's
`account_reconcile_oca` too. With it OCA's import finds the customer of each line by the
payer's name and pays what it finds open; ours reads the reference.

How: `make bench`, which installs that addon for this benchmark alone: with it, lines
that others make are reconciled as well. Exit code 1: an invoice was not paid, or the
ratio lies far below its aim.
"""

from __future__ import annotations

import sys
from typing import Any

import bench_payment_files as payment_files
from contenders import Contender, compete, judge

PAYMENTS = 500
SAMPLE = 50
ROUNDS = 2
OURS = "ours: read, booked, paid"
OCA = "OCA: import, reconciled"
# ours beside the other: what is aimed at, and what is a regression
AIMS = {OCA: (40, 20)}


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    journal, references = payment_files.seed(env)
    quiet = journal.with_context(tracking_disable=True)
    many = payment_files.statement(references[:PAYMENTS])
    few = payment_files.statement(references[:SAMPLE])
    contenders = [
        Contender(OURS, PAYMENTS, lambda: payment_files.ours(journal, many, PAYMENTS)),
    ]
    if "account.account.reconcile" in env:
        contenders.append(Contender(OCA, SAMPLE, lambda: oca(quiet, few)))
    compete(env, contenders, ROUNDS)
    return int(judge(contenders, OURS, AIMS))


def oca(journal: Any, data: bytes) -> None:
    """OCA's wizard; it reconciles what it can."""
    payment_files.oca(journal, data)
    payment_files.check(journal.env, data, SAMPLE)


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

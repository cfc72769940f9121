"""A utility's month: invoices from posted to the bank's folder, beside core's e-mail.

What: 10,000 posted invoices of customers who get them in the netbank alone are put in
Odoo's sending queue, as its batch sending does. Then core's job prepares them in one
process while the outbox's job hands them to a folder in another, as two of Odoo's cron
workers do on two cores; what is done is told on the way. Beside it core's own job, on
30 of such invoices by e-mail: it prints each, and leaves the e-mail in its queue (no
mail server is called).

How: `make bench` makes a database that may be thrown away, with the addons, and pipes
this file into `odoo shell`. Some invoices are made as those of
`bench_einvoice_rendering.py`, the others copied from them in SQL (`invoices.py`);
everything is committed as the jobs commit it. One round, for each invoice is sent once.
Exit code 1: an invoice did not arrive or arrived twice, it took longer than the limit,
or the ratio lies far below its aim.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bench_einvoice_rendering as rendering
import lanes
from invoices import copy_invoices, copy_rows

from odoo.tools import SQL

COUNT = 10_000
BY_EMAIL = 30
# made by Odoo itself, so many of them at once
MODELS = 100
# seconds for all: what is aimed at, and what is a regression
AIM, LIMIT = 300, 600
# ours beside core's
RATIO, LEAST = 20, 8
# how often it is told what is done, and how often the outbox is looked into
TOLD, LOOKED = 30.0, 0.5


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    # the job has no session, and no language but the company's
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    by_email, netbank = seed(env)
    emailed = timed(lambda: prepare(env, by_email))
    with tempfile.TemporaryDirectory() as folder:
        open_line(env, netbank, folder)
        begun, busy = time.perf_counter(), cpu()
        netbank._einvoice_send_otherwise()
        env.cr.commit()
        queued = time.perf_counter() - begun
        work(env, netbank)
        taken, busy = time.perf_counter() - begun, cpu() - busy
        # what the jobs did is seen by a new transaction
        env.cr.rollback()
        env.invalidate_all()
        arrived = check(env, netbank, Path(folder, "outbox"))
    rows = (
        ("core, by e-mail", len(by_email), emailed),
        ("ours", len(netbank), taken),
        ("of which CPU of Odoo", len(netbank), busy),
        ("of which queueing", len(netbank), queued),
    )
    print(f"\n{'':22}{'N':>8}{'s in all':>10}{'ms each':>10}")
    for name, count, seconds in rows:
        print(f"{name:22}{count:8}{seconds:10.1f}{seconds / count * 1000:10.1f}")
    ratio = (emailed / len(by_email)) / (taken / len(netbank))
    print(f"\n{len(netbank)} invoices: {taken:.0f} s (aim {AIM}, limit {LIMIT})")
    print(f"ours / core's e-mail: {ratio:.0f} (aim {RATIO}, limit {LEAST})")
    failed = not arrived or taken > LIMIT or ratio < LEAST
    print("FAILED" if failed else "reached" if taken <= AIM else "below the aim")
    return int(failed)


# --- data ---------------------------------------------------------------------


def seed(env: Any) -> tuple[Any, Any]:
    """Invoices by e-mail, and those to the netbank: their customers have ordered."""
    moves = rendering.seed(env).with_env(env)[:MODELS]
    for company, own in moves.grouped("company_id").items():
        partners = own.commercial_partner_id.with_company(company)
        partners.invoice_sending_method = "einvoice_consumer"
    # kept for this benchmark: they are sent once
    env.flush_all()
    env.cr.execute(
        "UPDATE res_partner SET ref = 'MONTH-' || ref WHERE id = ANY(%s)",
        [moves.partner_id.ids],
    )
    env.invalidate_all()
    agreements = moves.einvoice_agreement_id
    last = env["account.move"].search([], order="id desc", limit=1).id
    steps = copy_invoices(env, moves, COUNT + MODELS)
    copy_rows(
        env,
        agreements,
        COUNT // MODELS,
        id=None,
        partner_id=SQL("partner_id + n * %s", steps["res_partner"]),
    )
    env.invalidate_all()
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    by_email = moves[:BY_EMAIL]
    by_email.commercial_partner_id.einvoice_agreement_ids._end("Not any more")
    for company, own in by_email.grouped("company_id").items():
        own.commercial_partner_id.with_company(company).invoice_sending_method = "email"
    env.cr.commit()
    copies = [("id", ">", last), ("move_type", "=", "out_invoice")]
    return by_email, env["account.move"].search(copies)


def open_line(env: Any, moves: Any, folder: str) -> None:
    """A folder for the channel's files."""
    agreement = moves[0].einvoice_agreement_id
    connection = env["receivables.connection"].create(
        {
            "name": "Folder of the benchmark",
            "way": "folder",
            "folder_path": folder,
            "company_id": agreement.company_id.id,
            "environment": "prod",
        }
    )
    connection.action_prepare()
    agreement.channel_id.connection_id = connection
    env.cr.commit()


# --- the work -----------------------------------------------------------------


def prepare(env: Any, moves: Any) -> None:
    """Batch sending, and its job until nothing waits."""
    moves._einvoice_send_otherwise()
    env.cr.commit()
    run_job(env)


def run_job(env: Any) -> None:
    """Core's job until nothing waits."""
    while env["account.move"].search_count([("sending_data", "!=", False)], limit=1):
        env["account.move"]._cron_account_move_send()
        env.invalidate_all()


def work(env: Any, moves: Any) -> None:
    """Prepare in one process, hand over in another, and tell how far it is."""
    database, number = env.cr.dbname, len(moves)
    preparing = lanes.fork(lanes.lane, database, lambda env: run_job(speak(env)))
    carrying = lanes.fork(lanes.lane, database, lambda env: carry(speak(env)))
    told = time.perf_counter()
    waiting = {preparing, carrying}
    while waiting:
        time.sleep(LOOKED)
        for child in list(waiting):
            ended, status = os.waitpid(child, os.WNOHANG)
            waiting -= {ended}
            if ended and status:
                raise SystemExit("error: a job failed")
        if time.perf_counter() - told > TOLD:
            told = time.perf_counter()
            print(f"{count_sent(env)} of {number}", flush=True)


def speak(env: Any) -> Any:
    """The environment of a job."""
    return env(context={"lang": "en_US"})


def carry(env: Any) -> None:
    """The outbox's job until nothing waits, neither for it nor for the other."""
    messages, moves = env["einvoice.document"], env["account.move"]
    while moves.search_count(
        [("sending_data", "!=", False)], limit=1
    ) or messages.search_count([("state", "=", "to_send")], limit=1):
        messages._cron_send()
        env.cr.commit()
        time.sleep(LOOKED)


def count_sent(env: Any) -> int:
    """How many messages of the benchmark have left."""
    env.cr.rollback()
    env.cr.execute(
        """SELECT count(*) FROM einvoice_document AS message
             JOIN res_partner AS partner ON partner.id = message.partner_id
            WHERE message.state = 'sent' AND partner.ref LIKE 'MONTH-%'"""
    )
    [(count,)] = env.cr.fetchall()
    return count


def check(env: Any, moves: Any, folder: Path) -> bool:
    """Whether each invoice lies in the folder once."""
    documents = env["einvoice.document"].search([("move_id", "in", moves.ids)])
    names = {path.name for path in folder.iterdir()}
    states = Counter(moves.mapped("einvoice_state"))
    sound = (
        states == {"sent": len(moves)}
        and len(documents) == len(moves)
        and names == set(documents.mapped("name"))
    )
    print("each arrived once" if sound else f"FAILED: {states}, {len(names)} files")
    return sound


def timed(run: Callable[[], object]) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def cpu() -> float:
    """Seconds that this process and its jobs have worked."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(each) for each in who]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

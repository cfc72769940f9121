"""Invoices from *Send* to the bank's folder, beside core's sending by e-mail.

What: 1,000 posted invoices of customers who get them in the netbank alone are put in
Odoo's sending queue, as its batch sending does, and the two jobs carry them to a
folder. Beside it core's own job, on 30 of such invoices by e-mail: it prints each, and
leaves the e-mail in its queue (no mail server is called).

How: `make bench` makes a database that may be thrown away, with the addons, and pipes
this file into `odoo shell`. The invoices are made as those of
`bench_einvoice_rendering.py`, of one row each; everything is committed as the jobs
commit it. One round, for each invoice is sent once. Exit code 1: an invoice did not
arrive, 10,000 would take longer than the limit, or the ratio lies far below its aim.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import bench_einvoice_rendering as rendering

BY_EMAIL = 30
MONTH = 10_000
# seconds for so many: what is aimed at, and what is a regression
AIM, LIMIT = 300, 600
# ours beside core's
RATIO, LEAST = 20, 8


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    # the job has no session, and no language but the company's
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    moves = rendering.seed(env).with_env(env)
    take_over(env, moves)
    by_email, netbank = moves[:BY_EMAIL], moves[BY_EMAIL:]
    with tempfile.TemporaryDirectory() as folder:
        open_line(env, netbank, folder)
        leave(env, by_email)
        emailed = timed(lambda: send(env, by_email))
        prepared = timed(lambda: send(env, netbank))
        carried = timed(lambda: carry(env, netbank))
        files = len(list(Path(folder, "outbox").iterdir()))
    rows = (
        ("core, by e-mail", len(by_email), emailed),
        ("ours, prepared", len(netbank), prepared),
        ("ours, carried", len(netbank), carried),
    )
    print(f"\n{'':20}{'N':>8}{'s in all':>10}{'ms each':>10}")
    for name, count, taken in rows:
        print(f"{name:20}{count:8}{taken:10.1f}{taken / count * 1000:10.1f}")
    month = (prepared + carried) / len(netbank) * MONTH
    ratio = (emailed / len(by_email)) / ((prepared + carried) / len(netbank))
    print(f"\n{MONTH} invoices: {month:.0f} s (aim {AIM}, limit {LIMIT})")
    print(f"ours / core's e-mail: {ratio:.0f} (aim {RATIO}, limit {LEAST})")
    arrived = files == len(netbank) and set(netbank.mapped("einvoice_state")) == {
        "sent"
    }
    failed = not arrived or month > LIMIT or ratio < LEAST
    print("FAILED" if failed else "reached" if month <= AIM else "below the aim")
    return int(failed)


def take_over(env: Any, moves: Any) -> None:
    """Keep these invoices for this benchmark: they are sent once. Their customers have
    ordered, so the netbank is their way."""
    for company, own in moves.grouped("company_id").items():
        partners = own.commercial_partner_id.with_company(company)
        partners.invoice_sending_method = "einvoice_consumer"
    env.flush_all()
    env.cr.execute(
        "UPDATE res_partner SET ref = 'MONTH-' || ref WHERE id = ANY(%s)",
        [moves.partner_id.ids],
    )
    env.invalidate_all()


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


def leave(env: Any, moves: Any) -> None:
    """Have their customers get invoices by e-mail."""
    moves.commercial_partner_id.einvoice_agreement_ids._end("Not any more")
    for company, own in moves.grouped("company_id").items():
        own.commercial_partner_id.with_company(company).invoice_sending_method = "email"
    env.cr.commit()


def send(env: Any, moves: Any) -> None:
    """Batch sending, and its job until nothing waits."""
    moves._einvoice_send_otherwise()
    env.cr.commit()
    while any(moves.mapped("sending_data")):
        env["account.move"]._cron_account_move_send()
        env.invalidate_all()


def carry(env: Any, moves: Any) -> None:
    """The outbox's job until nothing waits."""
    env["einvoice.document"]._cron_send()
    env.invalidate_all()


def timed(run: Any) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

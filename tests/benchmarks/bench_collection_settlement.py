"""Payments a second: an agency's settlement taken in, booked and matched, beside core.

What: a settlement of 10,000 lines, each of which pays another customer's invoice in
full: it is kept as the agency told it, judged, booked in one balanced entry (capital,
interest, commission and VAT) and matched with the invoices, as the job does. Beside it
what a bookkeeper's bank statement costs in core: a statement line for each payment,
then its reconciliation with the invoice, without interest and commission.

How: `make bench` makes a database that may be thrown away, with the addons, and pipes
this file into `odoo shell`.

Some invoices and cases are made by Odoo and then copied row by row in SQL, with their
rows and customers. All that is committed once, and ANALYZEd. Every contender starts
with an empty record cache in every round, and they take turns, so that a busy moment
of the machine meets all of them. What a round writes is rolled back, so a commit is in
no figure. Ratios are shown of the medians and of the best rounds; the second is judged,
because other programs can only slow a round down. Exit code 1: an invoice was not paid,
queries or time grow faster than the lines, or the ratio lies far below its aim.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from odoo import fields
from odoo.tools import SQL

sys.path.insert(0, str(Path(os.environ["RECEIVABLES_CHECKOUT"], "tests", "benchmarks")))
from bench_terminal_booking import copy_invoices, copy_rows, last_id

LINES = 10_000
FEW = 1000
SAMPLE = 30
MODELS = 20
ROUNDS = 2
AGENCY = "Agency of the settlements"
OURS = "ours: a settlement"
OURS_FEW = f"ours: a settlement, {FEW}"
STATEMENT = "core: statement lines"
# ours beside the other: what is aimed at, and what is a regression
AIMS = {STATEMENT: (20, 10)}
# time of a line among many beside one among few
MOST_GROWTH = 1.4


@dataclass
class Contender:
    """One way of booking payments: what it ran, and how fast it was."""

    name: str
    count: int
    run: Callable[[], object]
    rates: list[float] = field(default_factory=list)
    queries: int = 0


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = seed(env)
    contenders = enter(env)
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
    """An agency with a case of each of 10,000 invoices."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    if not env["collection.agency"].search([("name", "=", AGENCY)]):
        begun = time.perf_counter()
        make(env(context={**env.context, "tracking_disable": True}))
        env.cr.commit()
        print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)
    # without statistics a query on fresh rows may take minutes
    env.cr.execute("ANALYZE")
    env.cr.commit()
    return env


def make(env: Any) -> None:
    """Make customers, invoices and cases, and copy them."""
    company = env.company
    accounts = env["account.account"].create(
        [
            {
                "name": name,
                "code": f"1998{number}",
                "account_type": kind,
                "reconcile": name == "clearing",
                "company_ids": company.ids,
            }
            for number, (name, kind) in enumerate(
                {
                    "clearing": "asset_receivable",
                    "interest": "income_other",
                    "fee": "income_other",
                    "commission": "expense",
                    "rounding": "income_other",
                }.items()
            )
        ]
    )
    agency = env["collection.agency"].create(
        {
            "name": AGENCY,
            "company_id": company.id,
            "state": "active",
            "environment": "disabled",
            "settlement_journal_id": env["account.journal"]
            .create({"name": AGENCY, "code": "BSET", "type": "general"})
            .id,
            **{f"{account.name}_account_id": account.id for account in accounts},
        }
    )
    partners = env["res.partner"].create(
        [{"name": f"Debtor {number}"} for number in range(MODELS)]
    )
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    fields.Command.create({"name": "Internet", "price_unit": 100})
                ],
            }
            for partner in partners
        ]
    )
    moves.action_post()
    env.flush_all()
    cases = env["collection.case"].create(
        [
            {
                "move_id": move.id,
                "agency_id": agency.id,
                "state": "demand",
                "agency_case_id": str(move.id),
                "capital_original": move.amount_total,
                "capital_open": move.amount_total,
            }
            for move in moves
        ]
    )
    env.flush_all()
    steps = {name: last_id(env, name) for name in ("res_partner", "account_move")}
    copies = LINES // MODELS - 1
    copy_invoices(env, moves, partners, copies)
    move_id = SQL("move_id + n * %s", steps["account_move"])
    first = last_id(env, "collection_case")
    copy_rows(
        env,
        cases,
        copies,
        id=SQL("id + n * %s", first),
        move_id=move_id,
        partner_id=SQL("partner_id + n * %s", steps["res_partner"]),
        external_id=SQL("concat(external_id, '-', n)"),
        agency_case_id=SQL("(%s)::text", move_id),
    )
    env.cr.execute(
        """UPDATE account_move AS m SET collection_case_id = c.id
             FROM collection_case AS c WHERE c.move_id = m.id AND c.agency_id = %s""",
        [agency.id],
    )
    env.invalidate_all()


# --- the contenders -----------------------------------------------------------


def enter(env: Any) -> list[Contender]:
    """All contenders."""
    quiet = env(context={**env.context, "tracking_disable": True})
    agency = env["collection.agency"].search([("name", "=", AGENCY)])
    cases = agency.case_ids.sorted("id")
    many, few = tell(agency, cases), tell(agency, cases[:FEW])
    sample = cases[:SAMPLE].move_id.ids
    return [
        Contender(OURS, LINES, lambda: settle(env, agency.id, many)),
        Contender(OURS_FEW, FEW, lambda: settle(env, agency.id, few)),
        Contender(STATEMENT, SAMPLE, lambda: statement(quiet, sample)),
    ]


def tell(agency: Any, cases: Any) -> dict[str, Any]:
    """What the agency says: each invoice paid, some interest, commission and VAT."""
    zero = Decimal(0)
    lines = [
        {
            "case_id": case.agency_case_id,
            "case_number": "",
            "external_id": "",
            "invoice_number": case.move_id.name,
            "reference": "",
            "payment_id": f"P-{case.id}",
            "date": fields.Date.today(),
            "capital": Decimal(str(case.move_id.amount_total)),
            "interest": Decimal("1.50"),
            "fees": zero,
            "agency_fees": zero,
            "court_fees": zero,
            "commission": Decimal("6.00"),
            "vat": Decimal("1.50"),
            "net": Decimal(str(case.move_id.amount_total)) - Decimal("6.00"),
        }
        for case in cases
    ]
    return {
        "settlement_id": f"S-{len(lines)}",
        "kind": "daily_batch",
        "date": fields.Date.today(),
        "bank_reference": f"BATCH-{len(lines)}",
        "payer_name": AGENCY,
        "payer_account": "",
        "currency": agency.currency_id.name,
        "total": sum((line["net"] for line in lines), zero),
        "has_pdf": False,
        "lines": lines,
    }


def settle(env: Any, agency_id: int, told: dict[str, Any]) -> None:
    """Take a settlement in and book it, as the job does without its commits."""
    agency = env["collection.agency"].browse(agency_id)
    settlements = env["collection.settlement"]
    settlements._take_in(agency, [told])
    settlement = settlements.search([("name", "=", told["settlement_id"])])
    settlement._book_by_itself()
    env.flush_all()
    if settlement.state != "booked":
        raise SystemExit(f"error: {settlement.state}: {settlement.summary}")
    check_paid(settlement.line_ids.case_id.move_id)


def statement(env: Any, move_ids: list[int]) -> None:
    """A statement line for each payment, and its reconciliation."""
    moves = env["account.move"].browse(move_ids)
    journal = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
    )
    lines = env["account.bank.statement.line"].create(
        [
            {
                "journal_id": journal.id,
                "date": fields.Date.today(),
                "payment_ref": move.name,
                "partner_id": move.partner_id.id,
                "amount": move.amount_total,
            }
            for move in moves
        ]
    )
    for move, line in zip(moves, lines, strict=True):
        _liquidity, suspense, _other = line._seek_for_lines()
        owed = move.line_ids.filtered(
            lambda item: item.account_type == "asset_receivable"
        )
        suspense.account_id = owed.account_id
        (suspense + owed).reconcile()
    check_paid(moves)


def check_paid(moves: Any) -> None:
    """Every invoice is paid."""
    moves.env.flush_all()
    states = set(moves.mapped("payment_state"))
    if not states <= {"paid", "in_payment"}:
        raise SystemExit(f"error: invoices are {states}")


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
    """The table: payments a second, and what one costs."""
    heads = f"{'N':>6}{'ms each':>9}{'a second':>10}  {'min - max':16}{'SQL each':>9}"
    print(f"\n{'':28}{heads}")
    for contender in contenders:
        middle = statistics.median(contender.rates)
        spread = f"{min(contender.rates):.1f} - {max(contender.rates):.1f}"
        print(
            f"{contender.name:28}{contender.count:6}{1000 / middle:9.2f}{middle:10.1f}"
            f"  {spread:16}{contender.queries / contender.count:9.2f}"
        )


def judge(contenders: dict[str, Contender]) -> int:
    """Print the ratios beside their aims; 1 when something is badly missed."""
    failed = False
    ours = contenders[OURS]
    print(f"\n{'ours / ...':28}{'medians':>9}{'best':>7}{'aim':>7}{'limit':>7}")
    for name, (aim, limit) in AIMS.items():
        other = contenders[name].rates
        usual = statistics.median(ours.rates) / statistics.median(other)
        best = max(ours.rates) / max(other)
        verdict = "reached" if best >= aim else "below the aim"
        if best < limit:
            failed, verdict = True, "FAILED"
        print(f"{name:28}{usual:9.1f}{best:7.1f}{aim:7}{limit:7}  {verdict}")
    few = contenders[OURS_FEW]
    growth = max(few.rates) / max(ours.rates)
    queries = (ours.queries / ours.count) / (few.queries / few.count)
    print(
        f"a line among {LINES} beside one among {FEW}: {growth:.2f} of the time, "
        f"{queries:.2f} of the queries"
    )
    if max(growth, queries) > MOST_GROWTH:
        failed = True
        print(f"FAILED: more than {MOST_GROWTH}")
    sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

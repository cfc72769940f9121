"""Payments a second: an agency's settlement taken in, booked and matched, beside core.

What: a settlement of 10,000 lines, each of which pays another customer's invoice in
full: it is kept as the agency told it, judged, booked in one balanced entry (capital,
interest, commission and VAT) and matched with the invoices, as the job does. Beside it
what a bookkeeper's bank statement costs in core: a statement line for each payment,
then its reconciliation with the invoice, without interest and commission.

How: `make bench` makes a database that may be thrown away, with the addons, and pipes
this file into `odoo shell`; `invoices.py` tells how the invoices come into being,
`contenders.py` how the ways take turns. Exit code 1: an invoice was not paid, queries
or time grow faster than the lines, or the ratio lies far below its aim.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any

from contenders import Contender, compete, grows, judge
from invoices import (
    MODELS,
    check_paid,
    copy_invoices,
    copy_rows,
    last_id,
    make_once,
    pay_by_statement,
    post_invoices,
)

from odoo import fields
from odoo.tools import SQL

LINES = 10_000
FEW = 1000
SAMPLE = 30
ROUNDS = 2
AGENCY = "Agency of the settlements"
OURS = "ours: a settlement"
OURS_FEW = f"ours: a settlement, {FEW}"
STATEMENT = "core: statement lines"
# ours beside the other: what is aimed at, and what is a regression
AIMS = {STATEMENT: (20, 10)}
# time of a line among many beside one among few
MOST_GROWTH = 1.4


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = seed(env)
    contenders = enter(env)
    compete(env, contenders, ROUNDS)
    many, few, *_others = contenders
    failed = judge(contenders, OURS, AIMS)
    return int(grows(few, many, MOST_GROWTH) or failed)


# --- data ---------------------------------------------------------------------


def seed(env: Any) -> Any:
    """An agency with a case of each of 10,000 invoices."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    there = env["collection.agency"].search([("name", "=", AGENCY)])
    make_once(env, there, make)
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
    moves = post_invoices(env, "Debtor")
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
    steps = copy_invoices(env, moves, LINES)
    move_id = SQL("move_id + n * %s", steps["account_move"])
    first = last_id(env, "collection_case")
    copy_rows(
        env,
        cases,
        LINES // MODELS - 1,
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
    check(env, settlement.line_ids.case_id.move_id.ids)


def statement(env: Any, move_ids: list[int]) -> None:
    """A statement line for each payment, and its reconciliation."""
    pay_by_statement(env["account.move"].browse(move_ids))
    check(env, move_ids)


def check(env: Any, move_ids: list[int]) -> None:
    """Every invoice is paid."""
    check_paid(env, [("id", "in", move_ids)], len(move_ids))


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

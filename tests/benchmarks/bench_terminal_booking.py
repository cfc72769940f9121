"""Payments a second: from accepted to booked and reconciled, beside core's ways.

What: each payment pays one open invoice of its own customer in full. Ours books them as
the job does every minute (`_cron_book`): one entry for each network, day and 500
payments, then the reconciliation with the invoices. Beside it what a bookkeeper's bank
statement costs in core: a statement line for each payment, then its reconciliation with
the invoice; and core's payment register, and one batch entry written and reconciled in
the plainest way, which is what a straightforward addon would do.

How: `make bench` makes a database that may be thrown away, with the addons, and pipes
this file into `odoo shell`; `invoices.py` tells how the invoices come into being,
`contenders.py` how the ways take turns. Exit code 1: an invoice was not paid, queries
or time grow faster than the payments, or a ratio lies far below its aim.
"""

from __future__ import annotations

import sys
from typing import Any
from unittest.mock import patch

from contenders import Contender, compete, grows, judge
from invoices import (
    check_paid,
    copy_invoices,
    make_once,
    pay_by_statement,
    post_invoices,
)

from odoo import fields

PAYMENTS = 2000
FEW = 500
SAMPLE = 30
ROUNDS = 3
NETWORK = "Network of the benchmark"
OURS = "ours: the job"
OURS_FEW = f"ours: the job, {FEW}"
STATEMENT = "core: statement lines"
REGISTER = "core: register payments"
PLAIN = "one entry, plainly"
# ours beside the other: what is aimed at, and what is a regression
AIMS = {STATEMENT: (10, 7), REGISTER: (10, 7), PLAIN: (1.5, 1.1)}
# time of a payment among many beside one among few
MOST_GROWTH = 1.4


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = seed(env)
    network = env["payment.terminal.network"].search([("name", "=", NETWORK)])
    payments = network.transaction_ids.sorted("id")
    contenders = enter(env, network, payments.ids)
    compete(env, contenders, ROUNDS)
    many, few, *_others = contenders
    failed = judge(contenders, OURS, AIMS)
    return int(grows(few, many, MOST_GROWTH) or failed)


# --- data ---------------------------------------------------------------------


def seed(env: Any) -> Any:
    """A network, customers with an open invoice each, and their payments."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    there = env["payment.terminal.network"].search([("name", "=", NETWORK)])
    make_once(env, there, make)
    return env


def make(env: Any, name: str = NETWORK, count: int = PAYMENTS, place: int = 0) -> None:
    """Make what is measured: a network with payments, each of an open invoice.

    :param place: of the network among several, for its journal and accounts
    """
    company = env.company
    clearing, suspense = env["account.account"].create(
        [
            {
                "name": name,
                "code": code,
                "account_type": "asset_current",
                "reconcile": True,
                "company_ids": company.ids,
            }
            for name, code in (
                ("Clearing", f"1999{place}1"),
                ("Suspense", f"1999{place}2"),
            )
        ]
    )
    network = env["payment.terminal.network"].create(
        {
            "name": name,
            "dialect": "osmp",
            "tz": "UTC",
            "currency_id": company.currency_id.id,
            "journal_id": env["account.journal"]
            .create({"name": name, "code": f"BEN{place}", "type": "general"})
            .id,
            "clearing_account_id": clearing.id,
            "suspense_account_id": suspense.id,
            "address_ids": [fields.Command.create({"range": "127.0.0.1"})],
            "environment": "prod",
        }
    )
    moves = post_invoices(env, "Customer")
    copy_invoices(env, moves, count)
    env.cr.execute(
        """SELECT partner_id, amount_total FROM account_move
            WHERE move_type = 'out_invoice' AND partner_id >= %s
         ORDER BY id""",
        [min(moves.partner_id.ids)],
    )
    now = fields.Datetime.now()
    env["payment.terminal.transaction"].create(
        [
            {
                "network_id": network.id,
                "company_id": company.id,
                "currency_id": company.currency_id.id,
                "txn_id": str(number),
                "account_number": str(number),
                "partner_id": partner,
                "amount": amount,
                "is_test": False,
                "accepted_at": now,
                "paid_at": now,
                "business_date": fields.Date.today(),
            }
            for number, (partner, amount) in enumerate(env.cr.fetchall())
        ]
    )
    env.flush_all()


# --- the contenders -----------------------------------------------------------


def enter(env: Any, network: Any, ids: list[int]) -> list[Contender]:
    """All contenders."""
    quiet = env(context={**env.context, "tracking_disable": True})
    return [
        Contender(OURS, PAYMENTS, lambda: book(env, ids)),
        Contender(OURS_FEW, FEW, lambda: book(env, ids[:FEW])),
        Contender(PLAIN, FEW, lambda: plainly(quiet, network.id, ids[:FEW])),
        Contender(STATEMENT, SAMPLE, lambda: statement(quiet, ids[:SAMPLE])),
        Contender(REGISTER, SAMPLE, lambda: register(quiet, ids[:SAMPLE])),
    ]


def get_invoice_lines(payments: Any) -> dict[Any, Any]:
    """The open journal item of each payment's invoice."""
    lines = payments.env["account.move.line"].search(
        [
            ("partner_id", "in", payments.partner_id.ids),
            ("account_type", "=", "asset_receivable"),
            ("reconciled", "=", False),
        ]
    )
    by_partner = {line.partner_id: line for line in lines}
    return {payment: by_partner[payment.partner_id] for payment in payments}


def check(payments: Any) -> None:
    """Every customer's invoice is paid."""
    whose = [("partner_id", "in", payments.partner_id.ids)]
    check_paid(payments.env, whose, len(payments))


def book(env: Any, ids: list[int]) -> None:
    """The job, without its commits; other payments are out of its sight."""
    model = env["payment.terminal.transaction"]
    others = model.search([("id", "not in", ids), ("state", "=", "accepted")])
    others.next_attempt = fields.Datetime.add(fields.Datetime.now(), days=1)
    env.flush_all()
    env.invalidate_all()
    with patch.object(
        env.registry["ir.cron"], "_commit_progress", lambda *_args, **_more: 60.0
    ):
        model._cron_book()
    check(model.browse(ids))


def plainly(env: Any, network_id: int, ids: list[int]) -> None:
    """One entry for all payments, then one plan."""
    network = env["payment.terminal.network"].browse(network_id)
    payments = env["payment.terminal.transaction"].browse(ids)
    owed = get_invoice_lines(payments)
    rows = [
        {
            "account_id": payment.partner_id.property_account_receivable_id.id,
            "partner_id": payment.partner_id.id,
            "name": payment.txn_id,
            "credit": payment.amount,
        }
        for payment in payments
    ]
    rows.append(
        {
            "account_id": network.clearing_account_id.id,
            "debit": sum(payments.mapped("amount")),
        }
    )
    move = env["account.move"].create(
        {
            "journal_id": network.journal_id.id,
            "line_ids": [fields.Command.create(row) for row in rows],
        }
    )
    move.action_post()
    made = {line.partner_id: line for line in move.line_ids}
    env["account.move.line"]._reconcile_plan(
        [made[payment.partner_id] + line for payment, line in owed.items()]
    )
    check(payments)


def statement(env: Any, ids: list[int]) -> None:
    """A statement line for each payment, and its reconciliation."""
    payments = env["payment.terminal.transaction"].browse(ids)
    owed = get_invoice_lines(payments).values()
    pay_by_statement(env["account.move.line"].union(*owed).move_id)
    check(payments)


def register(env: Any, ids: list[int]) -> None:
    """A payment for each invoice, with core's dialog."""
    payments = env["payment.terminal.transaction"].browse(ids)
    for line in get_invoice_lines(payments).values():
        env["account.payment.register"].with_context(
            active_model="account.move.line", active_ids=line.ids
        ).create({})._create_payments()
    env.flush_all()


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

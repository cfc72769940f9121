"""Open invoices by the thousand: what the benchmarks of payments and collection share.

A few are made by Odoo itself and then copied row by row in SQL, with their rows and
customers. All that is committed once, and ANALYZEd.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from odoo import fields
from odoo.tools import SQL

MODELS = 20


def make_once(env: Any, is_there: Any, make: Callable[[Any], object]) -> None:
    """Make what is measured, unless it is there, and commit it."""
    if not is_there:
        begun = time.perf_counter()
        make(env(context={**env.context, "tracking_disable": True}))
        env.cr.commit()
        print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)
    # without statistics a query on fresh rows may take minutes
    env.cr.execute("ANALYZE")
    env.cr.commit()


def post_invoices(env: Any, name: str, **line: Any) -> Any:
    """The models: posted invoices of 100, each of a customer of its own."""
    partners = env["res.partner"].create(
        [{"name": f"{name} {number}"} for number in range(MODELS)]
    )
    row = {"name": "Internet", "price_unit": 100, **line}
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [fields.Command.create(row)],
            }
            for partner in partners
        ]
    )
    moves.action_post()
    env.flush_all()
    return moves


def copy_invoices(env: Any, moves: Any, count: int) -> dict[str, int]:
    """Copy models and their customers until there are so many.

    :return: the step of each table: a copy's id is its model's plus some steps
    """
    partners, copies = moves.partner_id, count // len(moves) - 1
    tables = ("res_partner", "account_move", "account_move_line")
    steps = {table: last_id(env, table) for table in tables}

    def moved(column: str, table: str) -> SQL:
        return SQL("%s + n * %s", SQL.identifier(column), steps[table])

    copy_rows(
        env,
        partners,
        copies,
        id=moved("id", "res_partner"),
        commercial_partner_id=moved("commercial_partner_id", "res_partner"),
    )
    customer = {
        name: moved(name, "res_partner")
        for name in ("partner_id", "commercial_partner_id", "partner_shipping_id")
    }
    copy_rows(
        env,
        moves,
        copies,
        id=moved("id", "account_move"),
        name=SQL("concat(name, '-', n)"),
        **customer,
    )
    copy_rows(
        env,
        moves.line_ids,
        copies,
        id=moved("id", "account_move_line"),
        move_id=moved("move_id", "account_move"),
        move_name=SQL("concat(move_name, '-', n)"),
        partner_id=customer["partner_id"],
    )
    env.cr.execute(
        """INSERT INTO account_move_line_account_tax_rel
           SELECT account_move_line_id + n * %s, account_tax_id
             FROM account_move_line_account_tax_rel, generate_series(1, %s) AS n
            WHERE account_move_line_id = ANY(%s)""",
        [steps["account_move_line"], copies, moves.line_ids.ids],
    )
    env.invalidate_all()
    return steps


def copy_rows(env: Any, records: Any, copies: int, **changes: SQL | None) -> None:
    """Copy rows so many times; None leaves a column to its default."""
    table = records._table
    env.cr.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_schema = current_schema AND table_name = %s""",
        [table],
    )
    columns = {
        name: changes.get(name, SQL.identifier(name)) for (name,) in env.cr.fetchall()
    }
    chosen = {name: value for name, value in columns.items() if value is not None}
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s, generate_series(1, %s) AS n"
            " WHERE id = ANY(%s)",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, chosen)),
            SQL(", ").join(chosen.values()),
            SQL.identifier(table),
            copies,
            records.ids,
        )
    )
    env.cr.execute("SELECT setval(%s, %s)", [f"{table}_id_seq", last_id(env, table)])
    # or foreign keys to this table are checked as when it was small
    env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


def last_id(env: Any, table: str) -> int:
    """The greatest id that is in use."""
    env.cr.execute(SQL("SELECT max(id) FROM %s", SQL.identifier(table)))
    [(last,)] = env.cr.fetchall()
    return last or 1


def pay_by_statement(moves: Any, journal: Any = None) -> None:
    """Core's way: a statement line for each invoice, then its reconciliation."""
    env = moves.env
    journal = journal or env["account.journal"].search(
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


def check_paid(env: Any, domain: list[tuple[str, str, Any]], count: int) -> None:
    """Every one of so many invoices is paid."""
    env.flush_all()
    states = env["account.move"]._read_group(
        [*domain, ("move_type", "=", "out_invoice")], ["payment_state"], ["__count"]
    )
    if count != sum(n for state, n in states if state in ("paid", "in_payment")):
        raise SystemExit(f"error: of {count} invoices: {states}")

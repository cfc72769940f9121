"""Payments in a file a second: camt.053, from its bytes to paid invoices.

What: a statement of entries, each with the reference of an invoice of its own
customer. Ours takes it in as the remote call does (`import_payment_file`, then the job)
until each invoice is paid. Beside it: only reading it with lxml and writing its lines
with COPY, which is the least that any import does; OCA's
`account_statement_import_camt`, where it is installed, which makes the statement and
pays nothing; and what is done with core after that, a line's suspense replaced and
reconciled.

How: `make bench`. What a round writes is rolled back. Exit code 1: an invoice was not
paid, time grows faster than the payments, or a ratio lies far below its aim.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from bench_terminal_booking import copy_invoices
from lxml import etree

from odoo import fields

PAYMENTS = int(os.environ.get("PAYMENTS", "2000"))
FEW = PAYMENTS // 4
SAMPLE = 50
MODELS = 20
ROUNDS = 2
# of no company in the demo
IBAN = "FI3715903000000776"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
OURS = "ours: read, booked, paid"
OURS_FEW = "ours, a quarter of it"
PLAIN = "lxml and COPY, nothing booked"
OCA = "OCA: statement, nothing paid"
CORE = "core: lines, then reconciled"
# ours beside the other: what is aimed at, and what is a regression
AIMS = {OCA: (10, 5), CORE: (10, 5)}
MOST_GROWTH = 1.4


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    journal, references = seed(env)
    ways: dict[str, tuple[int, Callable[[bytes], None]]] = {
        OURS: (PAYMENTS, lambda data: ours(journal, data)),
        OURS_FEW: (FEW, lambda data: ours(journal, data)),
        PLAIN: (PAYMENTS, lambda data: plainly(env, data)),
        CORE: (SAMPLE, lambda data: core(journal, data)),
    }
    if "account.statement.import" in env:
        ways[OCA] = (SAMPLE * 4, lambda data: oca(journal, data))
    rates = {}
    for name, (count, run) in ways.items():
        data = statement(references[:count])
        found = []
        for _round in range(ROUNDS):
            env.invalidate_all()
            savepoint = env.cr.savepoint(flush=False)
            begun = time.perf_counter()
            run(data)
            env.flush_all()
            found.append(count / (time.perf_counter() - begun))
            if name in (OURS, OURS_FEW, CORE):
                check_paid(env, references[:count])
            env.invalidate_all(flush=False)
            savepoint.close(rollback=True)
        rates[name] = statistics.median(found)
        print(f"{name:32} {count:7} {rates[name]:10.0f} a second", flush=True)
    growth = rates[OURS_FEW] / rates[OURS]
    print(f"a payment among many takes {growth:.2f} of one among a quarter")
    failed = growth > MOST_GROWTH
    for name, (aim, least) in AIMS.items():
        if name in rates:
            ratio = rates[OURS] / rates[name]
            print(f"{ratio:.1f} times {name} (aim {aim})")
            failed |= ratio < least
    return int(failed)


def make_journal(env: Any) -> Any:
    """A bank journal in euros."""
    company = env.company
    bank, suspense = env["account.account"].create(
        [
            {
                "name": name,
                "code": code,
                "account_type": kind,
                "company_ids": company.ids,
            }
            for name, code, kind in (
                ("Bank", "191977", "asset_cash"),
                ("Suspense", "199977", "asset_current"),
            )
        ]
    )
    euro = env.ref("base.EUR")
    return env["account.journal"].create(
        {
            "name": "Bank of the benchmark",
            "code": "BENF",
            "type": "bank",
            "default_account_id": bank.id,
            "suspense_account_id": suspense.id,
            "bank_acc_number": IBAN,
            "currency_id": company.currency_id != euro and euro.id,
        }
    )


def seed(env: Any) -> tuple[Any, list[tuple[str, str]]]:
    """A bank journal, and customers with an open invoice each."""
    quiet = env(context={**env.context, "tracking_disable": True})
    journal = make_journal(quiet)
    partners = quiet["res.partner"].create(
        [{"name": f"Payer {number}"} for number in range(MODELS)]
    )
    moves = quiet["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "currency_id": env.ref("base.EUR").id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    fields.Command.create(
                        {"name": "Internet", "price_unit": 100, "tax_ids": []}
                    )
                ],
            }
            for partner in partners
        ]
    )
    moves.action_post()
    env.flush_all()
    copy_invoices(env, moves, partners, PAYMENTS // MODELS)
    env.cr.execute(
        """UPDATE account_move SET payment_reference = '77' || lpad(id::text, 10, '0')
            WHERE move_type = 'out_invoice' AND partner_id >= %s
        RETURNING payment_reference""",
        [min(partners.ids)],
    )
    references = sorted(row[0] for row in env.cr.fetchall())
    env.invalidate_all()
    env.cr.execute("ANALYZE")
    return journal, references


def statement(references: list[str]) -> bytes:
    """A camt.053 with an entry of 100.00 for each reference."""
    day = fields.Date.today()
    entries = "".join(
        f'<Ntry><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>E{reference}</AcctSvcrRef><NtryDtls><TxDtls>"
        f'<AmtDtls><TxAmt><Amt Ccy="EUR">100.00</Amt></TxAmt></AmtDtls>'
        f"<RltdPties><Dbtr><Nm>Payer</Nm></Dbtr></RltdPties><RmtInf><Strd><CdtrRefInf>"
        f"<Ref>{reference}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for reference in references
    )
    closing = 100 * len(references)
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="EUR">{amount}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount in (("OPBD", 0), ("CLBD", closing))
    )
    return (
        f'<Document xmlns="{NAMESPACE}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId>'
        f"<CreDtTm>{day}T06:00:00</CreDtTm></GrpHdr><Stmt><Id>1</Id>"
        f"<CreDtTm>{day}T06:00:00</CreDtTm><Acct><Id><IBAN>{IBAN}</IBAN></Id>"
        f"<Ccy>EUR</Ccy></Acct>{balances}{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def ours(journal: Any, data: bytes) -> None:
    """The remote call, then the job, without its commits."""
    journal.import_payment_file("a.xml", b64encode(data).decode())
    with patch.object(
        journal.env.registry["ir.cron"],
        "_commit_progress",
        lambda *_args, **_more: 60.0,
    ):
        journal.env["payment.terminal.file.line"]._cron_book()


def entries_of(data: bytes) -> list[tuple[str, str, str]]:
    """Identifier, amount and reference of each entry, read in the plainest way."""
    path = f"{{{NAMESPACE}}}"
    return [
        (
            entry.findtext(f"{path}AcctSvcrRef"),
            entry.findtext(f"{path}Amt"),
            entry.findtext(f".//{path}Ref"),
        )
        for entry in etree.fromstring(data).iter(f"{path}Ntry")
    ]


def plainly(env: Any, data: bytes) -> None:
    """Read it and write its lines into a table, and nothing else."""
    env.cr.execute("CREATE TEMP TABLE plain (id text, amount numeric, reference text)")
    lines = "".join("\t".join(row) + "\n" for row in entries_of(data))
    env.cr._obj.copy_from(io.StringIO(lines), "plain")


def core(journal: Any, data: bytes) -> None:
    """A line of the statement for each, then its suspense replaced and reconciled."""
    rows = entries_of(data)
    lines = journal.env["account.bank.statement.line"].create(
        [
            {
                "journal_id": journal.id,
                "date": fields.Date.today(),
                "payment_ref": reference,
                "amount": float(amount),
            }
            for _number, amount, reference in rows
        ]
    )
    moves = journal.env["account.move"].search(
        [("payment_reference", "in", [row[2] for row in rows])]
    )
    by_reference = {move.payment_reference: move for move in moves}
    for line in lines:
        move = by_reference[line.payment_ref]
        owed = move.line_ids.filtered(
            lambda item: item.account_type == "asset_receivable"
        )
        _bank, suspense, _others = line._seek_for_lines()
        suspense.write(
            {"account_id": owed.account_id.id, "partner_id": move.partner_id.id}
        )
        (suspense + owed).reconcile()


def oca(journal: Any, data: bytes) -> None:
    """OCA's wizard on the same bytes."""
    journal.env["account.statement.import"].with_context(journal_id=journal.id).create(
        {"statement_file": b64encode(data), "statement_filename": "a.xml"}
    ).import_file_button()


def check_paid(env: Any, references: list[str]) -> None:
    """Each invoice is paid."""
    states = env["account.move"]._read_group(
        [("payment_reference", "in", references), ("move_type", "=", "out_invoice")],
        ["payment_state"],
        ["__count"],
    )
    if [count for state, count in states if state in ("paid", "in_payment")] != [
        len(references)
    ]:
        raise SystemExit(f"error: of {len(references)} invoices: {states}")


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

"""Payments in a file a second: camt.053, from its bytes to paid invoices.

What: a statement of entries, each with the reference of an invoice of its own
customer. Ours takes it in as the remote call does (`import_payment_file`: it is kept,
proven, and each payment told apart from what came before), then the job books until
each invoice is paid. Beside the import: only reading it with lxml and writing its lines
with COPY, which is the least that any import does; and OCA's
`account_statement_import_camt`, where it is installed, which makes the lines of the
statement and pays nothing. Beside all of it: what is done with core after that, a
line's suspense replaced and reconciled. `bench_payment_files_reconciled.py` has OCA's
reconciliation.

How: `make bench`; `invoices.py` tells how the invoices come into being, `contenders.py`
how the ways take turns. Exit code 1: an invoice was not paid, time or queries grow
faster than the payments, or a ratio lies far below its aim.
"""

from __future__ import annotations

import io
import sys
from base64 import b64encode
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
from lxml import etree

from odoo import fields

PAYMENTS = 2000
FEW = PAYMENTS // 4
IMPORTED = 20_000
SAMPLE = 50
OCA_SAMPLE = 200
ROUNDS = 2
JOURNAL = "BENF"
PAYER = "Payer of the benchmark"
# of no company in the demo
IBAN = "FI3715903000000776"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
OURS = "ours: read, booked, paid"
OURS_FEW = "ours, a quarter of it"
IMPORT = "ours: read, proven, kept"
IMPORT_FEW = "ours: kept, a tenth of it"
PLAIN = "lxml and COPY"
OCA = "OCA: statement, nothing paid"
CORE = "core: lines, then reconciled"
# ours beside the other: what is aimed at, and what is a regression
IMPORT_AIMS = {OCA: (10, 10), PLAIN: (0.05, 0.02)}
AIMS = {CORE: (10, 5)}
MOST_GROWTH = 1.6


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    journal, references = seed(env)
    quiet = journal.with_context(tracking_disable=True)
    many, few = statement(references), statement(references[:FEW])
    some, fewest = statement(references[:OCA_SAMPLE]), statement(references[:SAMPLE])
    month = statement([str(10**11 + number) for number in range(IMPORTED)])
    tenth = statement([str(10**11 + number) for number in range(IMPORTED // 10)])
    contenders = [
        Contender(OURS, PAYMENTS, lambda: ours(journal, many, PAYMENTS)),
        Contender(OURS_FEW, FEW, lambda: ours(journal, few, FEW)),
        Contender(IMPORT, IMPORTED, lambda: keep(journal, month, IMPORTED)),
        Contender(IMPORT_FEW, IMPORTED // 10, lambda: keep(journal, tenth)),
        Contender(PLAIN, IMPORTED, lambda: plainly(env, month)),
        Contender(CORE, SAMPLE, lambda: core(quiet, fewest)),
    ]
    if "account.statement.import" in env:
        contenders.append(Contender(OCA, OCA_SAMPLE, lambda: oca(quiet, some)))
    compete(env, contenders, ROUNDS)
    many_paid, few_paid, many_kept, few_kept, *_others = contenders
    failed = judge(contenders, IMPORT, IMPORT_AIMS)
    failed |= judge(contenders, OURS, AIMS)
    failed |= grows(few_kept, many_kept, MOST_GROWTH)
    return int(grows(few_paid, many_paid, MOST_GROWTH) or failed)


def make_journal(env: Any) -> Any:
    """A bank journal in euros, where there is none yet."""
    found = env["account.journal"].search([("code", "=", JOURNAL)])
    if found:
        return found
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
            "code": JOURNAL,
            "type": "bank",
            "default_account_id": bank.id,
            "suspense_account_id": suspense.id,
            "bank_acc_number": IBAN,
            "currency_id": company.currency_id != euro and euro.id,
        }
    )


def seed(env: Any) -> tuple[Any, list[str]]:
    """A bank journal, and the references of open invoices."""
    make_once(env, env["account.journal"].search([("code", "=", JOURNAL)]), make)
    moves = env["account.move"].search([("partner_id.name", "=like", f"{PAYER} %")])
    return make_journal(env), sorted(moves.mapped("payment_reference"))


def make(env: Any) -> None:
    """The journal, and customers with an open invoice each."""
    make_journal(env)
    moves = post_invoices(env, PAYER, tax_ids=[])
    copy_invoices(env, moves, PAYMENTS)
    env.cr.execute(
        """UPDATE account_move SET payment_reference = '77' || lpad(id::text, 10, '0')
            WHERE move_type = 'out_invoice' AND partner_id >= %s""",
        [min(moves.partner_id.ids)],
    )
    # by name alone OCA finds whose payment it is
    env.cr.execute(
        """UPDATE res_partner partner
              SET name = %s || payment_reference,
                  complete_name = %s || payment_reference
             FROM account_move move
            WHERE move.partner_id = partner.id AND partner.id >= %s""",
        [f"{PAYER} ", f"{PAYER} ", min(moves.partner_id.ids)],
    )


def statement(references: list[str]) -> bytes:
    """A camt.053 with an entry of 100.00 for each reference."""
    day = fields.Date.today()
    entries = "".join(
        f'<Ntry><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>E{reference}</AcctSvcrRef><NtryDtls><TxDtls>"
        f'<AmtDtls><TxAmt><Amt Ccy="EUR">100.00</Amt></TxAmt></AmtDtls>'
        f"<RltdPties><Dbtr><Nm>{PAYER} {reference}</Nm></Dbtr></RltdPties>"
        f"<RmtInf><Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd></RmtInf>"
        f"</TxDtls></NtryDtls></Ntry>"
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


def keep(journal: Any, data: bytes, count: int = IMPORTED // 10) -> None:
    """The remote call: nothing is booked by it, for there are many."""
    [told] = journal.import_payment_file("a.xml", b64encode(data).decode())
    if (told["state"], told["count"], told["total"]) != (
        "received",
        count,
        100 * count,
    ):
        raise SystemExit(f"error: {told}")


def ours(journal: Any, data: bytes, count: int) -> None:
    """The remote call, then the job, without its commits."""
    keep(journal, data, count)
    with patch.object(
        journal.env.registry["ir.cron"],
        "_commit_progress",
        lambda *_args, **_more: 60.0,
    ):
        journal.env["payment.terminal.file.line"]._cron_book()
    check(journal.env, data, count)


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
    """The invoice of each entry, then core's way of paying it."""
    references = [reference for _number, _amount, reference in entries_of(data)]
    moves = journal.env["account.move"].search(
        [("payment_reference", "in", references)]
    )
    pay_by_statement(moves, journal)
    check(journal.env, data, SAMPLE)


def oca(journal: Any, data: bytes) -> None:
    """OCA's wizard on the same bytes."""
    journal.env["account.statement.import"].with_context(journal_id=journal.id).create(
        {"statement_file": b64encode(data), "statement_filename": "a.xml"}
    ).import_file_button()


def check(env: Any, data: bytes, count: int) -> None:
    """The invoice of each entry is paid."""
    references = [reference for _number, _amount, reference in entries_of(data)]
    check_paid(env, [("payment_reference", "in", references)], count)


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

from base64 import b64encode
from datetime import timedelta

from .common import TODAY, TerminalCommon

ACCOUNT = "12345600000785"
IBAN = "FI2112345600000785"
YESTERDAY = TODAY - timedelta(days=1)


def ktl(*payments, number="012345678", account=ACCOUNT):
    """A batch of Finnish reference payments, as the banks describe it.

    :param payments: ``(reference, cents, archive id)``, with a fourth part: payer, and
        a fifth: day; cents below zero take an earlier payment back
    """
    lines = [f"0{TODAY:%y%m%d}153011{number:>9}1".ljust(90)]
    sums = {"0": [0, 0], "1": [0, 0]}
    for reference, cents, archive, *more in payments:
        payer, day = [*more, "MEIKÄLÄINEN", YESTERDAY][:2] if len(more) < 2 else more
        flag = "1" if cents < 0 else "0"
        sums[flag][0] += 1
        sums[flag][1] += abs(cents)
        lines.append(
            f"3{account}{day:%y%m%d}{day:%y%m%d}{archive:<16}{reference:>020}"
            f"{payer:<12.12}1A{abs(cents):010d}{flag}A "
        )
    paid, taken = sums["0"], sums["1"]
    lines.append(f"9{paid[0]:06d}{paid[1]:011d}{taken[0]:06d}{taken[1]:011d}".ljust(90))
    return "".join(line + "\r\n" for line in lines).encode("iso-8859-1")


def camt(*entries, kind="camt.053", number="7", opening="0.00", closing=None):
    """A statement or a notification; :func:`entry` makes the entries."""
    message, part = {
        "camt.053": ("BkToCstmrStmt", "Stmt"),
        "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }[kind]
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
        for code, amount in (("OPBD", opening), ("CLBD", closing))
        if closing
    )
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}.001.02"><{message}>'
        f"<GrpHdr><MsgId>1</MsgId></GrpHdr><{part}><Id>{number}</Id>"
        f"<CreDtTm>{TODAY}T06:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}"
        f"{''.join(entries)}</{part}></{message}></Document>"
    ).encode()


def giro(*payments, mandates=(), account="86011117947"):
    """Nets's file of payments by KID, and of mandates where it brings some, too.

    :param payments: ``(KID, øre)``
    :param mandates: KIDs
    """
    day = f"{YESTERDAY:%d%m%y}"
    total = sum(cents for _kid, cents in payments)
    money = [
        line
        for place, (kid, cents) in enumerate(payments, start=1)
        for line in (
            f"NY091530{place:07}{day}1320101464{cents:018}{kid:>25}000000",
            f"NY091531{place:07}{'0963682719409903856'}{'0' * 7}{day}99990512341",
        )
    ]
    given = [
        f"NY219470{place:07}1{kid:>25}J" for place, kid in enumerate(mandates, start=1)
    ]
    assignments = [
        f"NY0900200010085660000002{account}",
        *money,
        f"NY090088{len(payments):08}{len(money) + 2:08}{total:017}{day * 3}",
    ]
    if given:
        assignments += [
            f"NY2124200000000000000002{account}",
            *given,
            f"NY212488{len(given):08}{len(given) + 2:08}",
        ]
    count = len(payments) + len(given)
    lines = [
        "NY00001000008080017003100010200",
        *assignments,
        f"NY000089{count:08}{len(assignments) + 2:08}{total:017}{day}",
    ]
    return "".join(f"{line:0<80}\r\n" for line in lines).encode()


def entry(amount, bank_id="", details=(), reverses=False, text=""):
    """An entry of a statement.

    :param details: ``(amount, reference, payer, bank id)``
    """
    return (
        f'<Ntry><Amt Ccy="EUR">{amount.lstrip("-")}</Amt>'
        f"<CdtDbtInd>{'DBIT' if amount.startswith('-') else 'CRDT'}</CdtDbtInd>"
        f"{'<RvslInd>true</RvslInd>' if reverses else ''}<Sts>BOOK</Sts>"
        f"<BookgDt><Dt>{YESTERDAY}</Dt></BookgDt>"
        f"{f'<AcctSvcrRef>{bank_id}</AcctSvcrRef>' if bank_id else ''}<NtryDtls>"
        + "".join(
            f"<TxDtls><Refs>{f'<AcctSvcrRef>{own}</AcctSvcrRef>' if own else ''}</Refs>"
            f'<Amt Ccy="EUR">{part}</Amt>'
            f"<RltdPties><Dbtr><Nm>{payer}</Nm></Dbtr></RltdPties><RmtInf>"
            + (
                f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>"
                if reference
                else f"<Ustrd>{text}</Ustrd>"
            )
            + "</RmtInf></TxDtls>"
            for part, reference, payer, own in details
        )
        + "</NtryDtls></Ntry>"
    )


class FileCommon(TerminalCommon):
    """A Finnish company with a bank journal, whose invoices have references."""

    @classmethod
    def setup_independent_company(cls):
        # OVERRIDE
        company = cls.make_company("Kide Energia Oy")
        euro = cls.env.ref("base.EUR")
        euro.active = True
        company.write({"currency_id": euro.id, "country_id": cls.env.ref("base.fi").id})
        return company

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        bank, waiting = cls.env["account.account"].create(
            [
                {
                    "name": name,
                    "code": code,
                    "account_type": kind,
                    "company_ids": cls.company.ids,
                }
                for name, code, kind in (
                    ("Bank", "191000", "asset_cash"),
                    ("Bank suspense", "199900", "asset_current"),
                )
            ]
        )
        cls.bank_account, cls.waiting_account = bank, waiting
        cls.bank = cls.env["account.journal"].create(
            {
                "name": "Bank",
                "code": "BNK9",
                "type": "bank",
                "default_account_id": bank.id,
                "suspense_account_id": waiting.id,
                "bank_acc_number": IBAN,
                "company_id": cls.company.id,
            }
        )

    @classmethod
    def invoice(cls, reference, amount, partner=None, due=0, **values):
        invoice = cls.make_invoice(partner, amount, due, **values)
        invoice.payment_reference = reference
        return invoice

    def load(self, data, journal=None, name="a.txt"):
        """What a program gets that hands a file in."""
        journal = (journal or self.bank).with_user(self.accountant)
        answer = journal.import_payment_file(name, b64encode(data).decode())
        self.env.invalidate_all()
        return answer

    def file(self, answer):
        return self.env["payment.terminal.file"].browse(answer[0]["file_id"])

    def balance(self, account):
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return self.company.currency_id.round(sum(lines.mapped("balance")))

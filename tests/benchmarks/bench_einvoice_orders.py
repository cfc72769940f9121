"""A file of 10,000 consumers' orders, compared with 100,000 customers.

What: one file with 10,000 orders as a bank writes it. Nine of ten name a customer by
number, of those one in nine under another name, so that a person has to look; the tenth
names nobody, and customers of a similar name are searched. Ours keeps every message,
reads it, finds the customer or the candidates, puts the certain ones in force, and
asks a person about the others: what the job does after the file came. Beside it, in the
same run, core's own methods for that: each customer searched by number, set to another
way of sending, and the order noted in the history; and the floor, which compares and
nothing else: customer numbers given to COPY and joined in SQL.

How: `make bench` makes a database that may be thrown away, with the addons, and pipes
this file into `odoo shell`. Customers are made in SQL, committed once, and ANALYZEd.
Ours goes once, for every order is new only once; what the others write is rolled back.
Exit code 1: orders were not decided on as they must be, CPU or statements grow with the
orders, comparing takes longer than its limit, or the ratio to core is far below its
aim.
"""

from __future__ import annotations

import io
import sys
import time
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from contenders import Contender, judge, measure, print_rates
from invoices import copy_rows

from odoo.tools import SQL

from odoo.addons.einvoice_consumer.models.document.inbox import BATCH

CUSTOMERS = 100_000
ORDERS = 10_000
FEW = 1_000
MARK = "ORDER-BENCH-"
SUBJECT = "ORDER-BENCH"
ADDRESS = "003712345671"
BANK = "NDEAFIHH"
# seconds that comparing may take: what is aimed at, and what is a regression
AIM, LIMIT = 60, 120
# CPU of an order in the large file beside one in the small file
MOST_GROWTH = 1.5
# statements of a batch, whatever is in it
MOST_QUERIES = 200
SAMPLE = 200
OURS = "ours, kept and decided"
CORE = "core, one by one"
FLOOR = "COPY and a join"
# ours beside the other: what is aimed at, and what is a regression
AIMS = {CORE: (1.5, 0.7)}
FRAME = (
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:eb="http://www.oasis-open.org'
    '/committees/ebxml-msg/schema/msg-header-2_0.xsd"><SOAP-ENV:Header>'
    '<eb:MessageHeader SOAP-ENV:mustUnderstand="1" eb:version="2.0">'
    "<eb:From><eb:PartyId>{address}</eb:PartyId><eb:Role>Sender</eb:Role></eb:From>"
    f"<eb:From><eb:PartyId>{BANK}</eb:PartyId><eb:Role>Intermediator</eb:Role></eb:From>"
    f"<eb:To><eb:PartyId>{ADDRESS}</eb:PartyId><eb:Role>Receiver</eb:Role></eb:To>"
    f"<eb:To><eb:PartyId>{BANK}</eb:PartyId><eb:Role>Intermediator</eb:Role></eb:To>"
    "<eb:CPAId>yoursandmycpa</eb:CPAId><eb:Service>Routing</eb:Service>"
    "<eb:Action>ProcessInvoice</eb:Action><eb:MessageData>"
    "<eb:MessageId>{message}</eb:MessageId>"
    "<eb:Timestamp>2026-11-20T10:00:00+02:00</eb:Timestamp></eb:MessageData>"
    "</eb:MessageHeader></SOAP-ENV:Header><SOAP-ENV:Body>"
    '<eb:Manifest eb:id="Manifest" eb:version="2.0"><eb:Reference '
    'eb:id="FinvoiceReceiverInfo" xlink:href="{message}">'
    '<eb:Schema eb:location="x.xsd" eb:version="2.0"/></eb:Reference></eb:Manifest>'
    "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
ORDER = (
    '<?xml version="1.0" encoding="ISO-8859-15"?>'
    '<FinvoiceReceiverInfo Version="2.0"><MessageDetails>'
    "<MessageTypeCode>RECEIVERINFO</MessageTypeCode>"
    "<MessageTypeText>RECEIVER NOTIFICATION</MessageTypeText>"
    "<MessageActionCode>ADD</MessageActionCode><MessageDate>20261120</MessageDate>"
    "<SenderInfoIdentifier>SI-1</SenderInfoIdentifier></MessageDetails>"
    "<SellerPartyDetails><SellerPartyIdentifier>1234567-1</SellerPartyIdentifier>"
    '<SellerOrganisationNames LanguageCode="FI"><SellerOrganisationName>Kaamos'
    "</SellerOrganisationName></SellerOrganisationNames></SellerPartyDetails>"
    "<InvoiceSenderInformationDetails>"
    f"<InvoiceSenderAddress>{ADDRESS}</InvoiceSenderAddress>"
    f"<InvoiceSenderIntermediatorAddress>{BANK}</InvoiceSenderIntermediatorAddress>"
    "</InvoiceSenderInformationDetails><SellerInvoiceDetails>"
    f"<PaymentInstructionIdentifier>{SUBJECT}</PaymentInstructionIdentifier>"
    "<SellerInvoiceTypeDetails><SellerInvoiceIdentifierText LanguageCode='FI'>"
    "Asiakasnumero</SellerInvoiceIdentifierText></SellerInvoiceTypeDetails>"
    "</SellerInvoiceDetails><ReceiverInfoTimeStamp>2026-11-20T10:00:00"
    "</ReceiverInfoTimeStamp><BuyerPartyDetails>"
    "<BuyerOrganisationName>{name}</BuyerOrganisationName>"
    "<BuyerPostalAddressDetails><BuyerStreetName>Mittarikatu {number}"
    "</BuyerStreetName><BuyerTownName>Helsinki</BuyerTownName>"
    "<BuyerPostCodeIdentifier>{postcode}</BuyerPostCodeIdentifier>"
    "</BuyerPostalAddressDetails></BuyerPartyDetails><InvoiceRecipientDetails>"
    "<InvoiceRecipientAddress>{address}</InvoiceRecipientAddress>"
    f"<InvoiceRecipientIntermediatorAddress>{BANK}"
    "</InvoiceRecipientIntermediatorAddress>"
    '<SellerInvoiceIdentifier SellerInvoiceIdentifierType="09">{typed}'
    "</SellerInvoiceIdentifier>"
    "<InvoiceRecipientLanguageCode>FI</InvoiceRecipientLanguageCode>"
    "</InvoiceRecipientDetails><BuyerServiceCode>00</BuyerServiceCode>"
    "</FinvoiceReceiverInfo>"
)


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = env(user=env.ref("base.user_root"), context={"lang": "en_US"})
    channel = seed(env)
    few = take_in(env, channel, range(ORDERS, ORDERS + FEW))
    core = Contender(CORE, SAMPLE, lambda: by_core(env))
    floor = Contender(FLOOR, ORDERS, lambda: join(env))
    measure(env, core)
    many = take_in(env, channel, range(ORDERS))
    measure(env, core)
    measure(env, floor)
    print(
        f"\n{'orders':>8}{'keep s':>9}{'decide s':>10}{'of which compare s':>20}"
        f"{'of which CPU s':>16}{'SQL a batch':>13}"
    )
    for each in (few, many):
        print(
            f"{each.count:8}{each.keep:9.1f}{each.decide:10.1f}{each.compare:20.1f}"
            f"{each.cpu:16.1f}{each.statements:13.0f}"
        )
    ours = Contender(OURS, ORDERS, lambda: None, [ORDERS / (many.keep + many.decide)])
    ours.queries = int(many.statements * ORDERS / BATCH)
    # ours has one round, between two of core: it met what both of them met
    core.rates[:] = [core.middle]
    contenders = (ours, core, floor)
    print_rates(contenders)
    failed = judge(contenders, OURS, AIMS)
    # by the processor, for the two go at different times
    growth = many.cpu / many.count / (few.cpu / few.count)
    print(
        f"\ncompared in {many.compare:.1f} s (aim {AIM}, limit {LIMIT}); "
        f"an order of many takes {growth:.2f} of the CPU of one of few"
    )
    return int(
        failed
        or many.compare > LIMIT
        or growth > MOST_GROWTH
        or many.statements > MOST_QUERIES
    )


def seed(env: Any) -> Any:
    """A channel that asks for customer numbers, and the customers."""
    company = env["res.company"].search([("chart_template", "=", "fi")], limit=1)
    env = env["base"].with_company(company).env
    channel = env["einvoice.channel"].search([("payment_subject", "=", SUBJECT)])
    if channel:
        return channel
    bank = env.ref("einvoice_consumer.einvoice_intermediator_ndeafihh")
    found = env["einvoice.address"].search([("company_id", "=", company.id)])
    address = found.filtered(lambda a: a.address == ADDRESS) or found.create(
        {
            "company_id": company.id,
            "address": ADDRESS,
            "intermediator_id": bank.id,
        }
    )
    channel = env["einvoice.channel"].create(
        {
            "name": "Benchmark of orders",
            "company_id": company.id,
            "address_id": address[:1].id,
            "payment_subject": SUBJECT,
            "asked_identifiers": "customer",
        }
    )
    # what is missing for sending does not matter here
    env.flush_all()
    env.cr.execute(
        "UPDATE einvoice_channel SET environment = 'prod' WHERE id = %s", [channel.id]
    )
    channel.invalidate_recordset()
    make_customers(env)
    env.invalidate_all()
    env.cr.commit()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    return channel


def make_customers(env: Any) -> None:
    """Copies in SQL of one that Odoo made, each with a number, name and home."""
    values = {"name": f"{MARK}0", "city": "Helsinki", "ref": f"{MARK}0"}
    first = env["res.partner"].create(values)
    env.flush_all()
    name = SQL("concat('Etu', n %% 500, ' Suku', n / 5)")
    copy_rows(
        env,
        first,
        CUSTOMERS,
        id=SQL("id + n"),
        commercial_partner_id=SQL("id + n"),
        name=name,
        complete_name=name,
        ref=SQL("concat(%s, n)", MARK),
        street=SQL("concat('Mittarikatu ', n)"),
        zip=SQL("lpad((n %% 900 + 1)::text, 5, '0')"),
    )


def write(numbers: range) -> bytes:
    """The bank's file with an order of each of these customers."""
    messages = []
    for place in numbers:
        number = place + 1
        name = f"Etu{number % 500} Suku{number // 5}"
        typed = f"{MARK}{number}"
        if place % 10 == 9:
            typed = f"{number}"
        elif place % 10 == 8:
            name = f"Muu Suku{number // 5}"
        values = {
            "address": f"FI49{place:014}",
            "message": f"BENCH-{place}",
            "name": name,
            "number": number,
            "postcode": f"{number % 900 + 1:05}",
            "typed": typed,
        }
        messages.append(FRAME.format(**values) + ORDER.format(**values))
    return "\n".join(messages).encode("iso-8859-15")


@dataclass
class Taken:
    """What a file took, in seconds; statements are those of one batch."""

    count: int
    keep: float
    decide: float
    compare: float
    cpu: float
    statements: float


def take_in(env: Any, channel: Any, numbers: range) -> Taken:
    """Take a file in and work through it."""
    data = write(numbers)
    env.invalidate_all()
    compared = 0.0
    candidates = env.registry["einvoice.agreement.candidate"]
    real = candidates._propose

    def timed(self: Any, agreements: Any) -> Any:
        nonlocal compared
        begun = time.perf_counter()
        found = real(self, agreements)
        compared += time.perf_counter() - begun
        return found

    begun, busy = time.perf_counter(), time.process_time()
    documents = channel._take_in("bench.xml", data)
    env.cr.commit()
    kept, queries = time.perf_counter(), env.cr.sql_log_count
    with patch.object(candidates, "_propose", timed):
        env["einvoice.document"]._cron_process()
    worked, cpu = time.perf_counter(), time.process_time() - busy
    statements = (env.cr.sql_log_count - queries) / (len(numbers) / BATCH)
    check(env, documents)
    return Taken(len(numbers), kept - begun, worked - kept, compared, cpu, statements)


def by_core(env: Any) -> None:
    """Search, write, note; the customer's number is there as it stands."""
    for number in range(1, SAMPLE + 1):
        partner = env["res.partner"].search([("ref", "=", f"{MARK}{number}")])
        if partner.name != f"Etu{number % 500} Suku{number // 5}":
            raise SystemExit(f"error: {partner.name}")
        partner.invoice_sending_method = "email"
        partner._message_log(body=f"Ordered by {partner.name}")
        env.flush_all()


def join(env: Any) -> None:
    """Compare numbers, and nothing else."""
    env.cr.execute("CREATE TEMPORARY TABLE asked (ref varchar) ON COMMIT DROP")
    text = "".join(f"{MARK}{number + 1}\n" for number in range(ORDERS))
    env.cr.copy_expert("COPY asked FROM STDIN", io.StringIO(text))
    env.cr.execute("SELECT count(*) FROM asked JOIN res_partner USING (ref)")
    [found] = env.cr.fetchone()
    if found != ORDERS:
        raise SystemExit(f"error: {found} of {ORDERS}")


def check(env: Any, documents: Any) -> None:
    """Eight of ten are in force, the others wait with a candidate."""
    env.invalidate_all()
    if set(documents.mapped("state")) != {"processed"}:
        raise SystemExit(f"error: states {set(documents.mapped('state'))}")
    agreements = documents.agreement_id
    active = agreements.filtered(lambda a: a.state == "active")
    waiting = agreements - active
    if len(active) * 10 != len(documents) * 8 or not all(
        waiting.mapped("candidate_ids")
    ):
        raise SystemExit(f"error: {len(active)} of {len(documents)} are in force")


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))

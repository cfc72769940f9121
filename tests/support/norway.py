"""A company in Norway, its office, and the operator that it writes to."""

import datetime as dt
import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.server import House
from support.clerk import Clerk
from support.mailbox import Mailbox
from support.operator import Operator, operator
from support.system import OdooInstance
from support.waiting import PATIENCE, eventually

# with its country Odoo gives a company the chart and VAT of Norway
COMPANY = """
env.ref("base.NOK").active = True
env["res.company"].create({
    "name": "Fjordkraft og Lys AS", "country_id": env.ref("base.no").id,
    "currency_id": env.ref("base.NOK").id,
    "company_registry": "974760673", "vat": "NO974760673MVA",
    "street": "Kaigaten 4", "zip": "5003", "city": "Bergen",
})
env.cr.commit()
"""
# its bookkeeper, an account, a channel over the operator, and customers
OFFICE = """
import json
company = env["res.company"].search([("company_registry", "=", "974760673")])
if not company.chart_template:
    env["account.chart.template"].try_loading("no", company)
norway = company.country_id
env["res.users"].create({
    "name": "Anne Berg", "login": "anne", "password": "anne-berg-1",
    "company_id": company.id, "company_ids": [(6, 0, company.ids)],
    "group_ids": [(4, env.ref(group).id) for group in (
        "account.group_account_manager",
        "einvoice_consumer.einvoice_consumer_group_manager",
    )],
})
env = env(context=dict(env.context, allowed_company_ids=company.ids))
account = env["res.partner.bank"].create({
    "acc_number": "86011117947", "partner_id": company.partner_id.id,
    "allow_out_payment": True,
})
layout = env["einvoice.kid.layout"].create({
    "name": "Seven and nine", "company_id": company.id, "part_ids": [
        (0, 0, {"kind": "customer", "digit_count": 7}),
        (0, 0, {"kind": "invoice", "digit_count": 9}),
    ],
})
env["account.journal"].search(
    [("company_id", "=", company.id), ("type", "=", "sale")]
).write({"invoice_reference_model": "own_kid", "kid_layout_id": layout.id})
line = env["receivables.connection"].create({
    "name": "Operator", "company_id": company.id, "way": "efaktura_operator",
    "environment": "prod", "allow_private": True, "timeout": 10,
    **json.loads('''%s'''),
})
channel = env["einvoice.channel"].create({
    "name": "eFaktura", "rail": "efaktura", "company_id": company.id,
    "bank_account_ids": account.ids, "connection_id": line.id, "environment": "prod",
})
partners = {}
for identifier, name in json.loads('''%s''').items():
    partner = env["res.partner"].create({
        "name": name, "country_id": norway.id, "street": "Strandgaten 18",
        "zip": "5013", "city": "Bergen", "company_id": company.id,
    })
    agreement = env["einvoice.agreement"].create({
        "channel_id": channel.id, "recipient_address": identifier,
        "consumer_name": name,
    })
    agreement._put_in_force({agreement: partner})
    partners[name] = partner.id
env.cr.commit()
print(json.dumps({
    "company": company.id, "channel": channel.id, "account": account.id,
    "tax": company.account_sale_tax_id.id, "partners": partners,
}))
"""
AT_ONCE = """
channel = env["einvoice.channel"].browse(%s)
channel.connection_id.write({"paused_until": False})
waiting = env["einvoice.document"].search([("state", "=", "to_send")])
waiting.write({"next_attempt": False})
env["einvoice.document"]._wake("einvoice_consumer.ir_cron_einvoice_send")
env["einvoice.document"]._wake("einvoice_consumer.ir_cron_einvoice_receive")
"""
# Letters go to the mailbox, and SMS no further than into Odoo's queue.
MAIL = """
env["ir.mail_server"].create(
    {"name": "Test", "smtp_host": "127.0.0.1", "smtp_port": %s}
)
env.ref("sms.ir_cron_sms_scheduler_action").write({"active": False})
"""
KARI, PER = "Kari Nordmann", "Per Hansen"
PEOPLE = {"920000000000000001": KARI, "920000000000000002": PER}


@dataclass
class Norway:
    """The company's office in Norway, and the operator that it writes to."""

    server: OdooInstance
    office: Clerk
    admin: Clerk
    operator: Operator
    made: dict[str, Any]
    mailbox: Mailbox

    def page(self, path: str, what: str) -> str:
        """Somebody presses a button of the operator's pages; the page then."""
        data = urllib.parse.urlencode({"what": what}).encode()
        url = urllib.parse.urljoin(self.operator.server.url, path)
        with urllib.request.urlopen(url, data=data, timeout=30) as answer:
            return answer.read().decode()

    def until(self, condition: Any, what: str) -> Any:
        """Wait for the jobs, which are woken in between."""

        def there() -> Any:
            found = condition()
            if not found:
                self.server.act(AT_ONCE % self.made["channel"])
            return found

        return eventually(there, PATIENCE, what)

    # The issuer agreement

    def order_issuer_agreement(self) -> str:
        """Order it from the operator; the link that the approver gets."""
        channel = self.made["channel"]
        opened = self.office.call(
            "einvoice.channel", "action_view_issuer_agreement", [channel]
        )
        self.made["issuer"] = opened["res_id"]
        told = {
            "approver_name": "Ola Nordmann",
            "approver_email": "ola@fjordlys.example.com",
            "other_provider": "yes",
            "take_over": True,
        }
        self.office.call("einvoice.issuer.agreement", "write", [opened["res_id"]], told)
        self.office.call(
            "einvoice.issuer.agreement", "action_order", [opened["res_id"]]
        )
        return self.until(lambda: self.issuer("link"), "the link")

    def issuer(self, field: str) -> Any:
        """A field of the issuer agreement."""
        issuer = self.made["issuer"]
        return self.office.read("einvoice.issuer.agreement", issuer, field)[field]

    def issue(self) -> None:
        """The company may issue eFaktura; the approver approves, unless they have."""
        if "issuer" not in self.made:
            self.page(self.order_issuer_agreement(), "approve")
        self.until(lambda: self.issuer("state") == "approved", "it is approved")

    # Invoices

    def invoice(self, name: str, days: int = 14) -> int:
        """A posted invoice of 100 kroner and 25 % VAT."""
        due = dt.date.today() + dt.timedelta(days=days)
        line = {"name": "Strøm", "quantity": 1, "price_unit": 100.0}
        line["tax_ids"] = [(6, 0, [self.made["tax"]])]
        move = self.office.call(
            "account.move",
            "create",
            {
                "move_type": "out_invoice",
                "company_id": self.made["company"],
                "partner_id": self.made["partners"][name],
                "partner_bank_id": self.made["account"],
                "invoice_date_due": due.isoformat(),
                "invoice_line_ids": [(0, 0, line)],
            },
        )
        self.office.call("account.move", "action_post", [move])
        return move

    def send(self, name: str) -> tuple[int, str]:
        """Send an invoice until the operator has it; it and its message."""
        move = self.invoice(name)
        [answer] = self.office.call("account.move", "send_einvoice", [move])
        assert answer["state"] == "to_send", answer
        document = self.office.read(
            "einvoice.document", answer["document_id"], "message_id"
        )
        key = document["message_id"]
        self.until(lambda: self.bills(key), f"the operator has {key}")
        return move, key

    def bills(self, key: str) -> list[Any]:
        """What lies in netbanks of a message."""
        return [bill for bill in self.operator.state()["bills"] if bill["id"] == key]

    def progress(self, move: int) -> tuple[Any, Any]:
        """How far an invoice is: at the customer, and as a whole."""
        found = self.office.read(
            "account.move", move, "einvoice_progress", "einvoice_state"
        )
        return found["einvoice_progress"], found["einvoice_state"]


@contextmanager
def open_norway(server: OdooInstance, house: House, folder: Path) -> Iterator[Norway]:
    """The company on a server, with an operator that remembers in a folder."""
    with operator(house, folder) as running:
        for identifier, name in PEOPLE.items():
            running.order("person", identifier=identifier, name=name)
        server.shell(COMPANY)
        told = server.shell(OFFICE % (json.dumps(running.settings), json.dumps(PEOPLE)))
        made = json.loads(told.splitlines()[-1])
        mailbox = Mailbox()
        server.act(MAIL % mailbox.port)
        office, admin = Clerk(server.rpc("anne", "anne-berg-1")), Clerk(server.rpc())
        yield Norway(server, office, admin, running, made, mailbox)
        mailbox.close()

"""eFaktura in Norway: who is asked before the first invoice, and what they decide."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from support.clerk import Row
from support.norway import Norway
from support.waiting import PATIENCE, eventually

# A private customer with a mobile number, who receives e-documents.
CUSTOMER = """
env = env(context=dict(env.context, allowed_company_ids=[%(company)s]))
partner = env["res.partner"].create({
    "name": "%(name)s", "phone": "%(mobile)s", "email": "%(email)s" or False,
    "country_id": env.ref("base.no").id, "street": "Torget 1", "zip": "5014",
    "city": "Bergen", "lang": "nb_NO", "company_id": %(company)s,
})
partner.write({"einvoice_access_point": "B2CNO", "einvoice_receives": True})
"""
# Three days have passed since somebody was asked, and more.
LATER = """
then = datetime.datetime.now() - datetime.timedelta(minutes=1)
asked = env["einvoice.agreement"].search([("partner_id.name", "=", "%s")])
asked.write({"consent_until": then})
asked.waiting_move_ids.write({"einvoice_waits_until": then})
env["einvoice.document"]._wake("einvoice_consumer.ir_cron_einvoice_consent")
"""
POST = "einvoice_consumer.mail_activity_type_post"


@dataclass
class Customer:
    """Somebody with a netbank, whose first invoice is sent."""

    norway: Norway
    name: str
    identifier: str
    mobile: str
    email: str
    move: int = 0

    def send(self) -> None:
        """Send the first invoice: it waits, and nobody has been sent anything."""
        self.move = self.norway.invoice(self.name)
        [answer] = self.norway.office.call("account.move", "send_einvoice", [self.move])
        assert answer["state"] == "waits", answer
        assert not self.letters()

    def link(self) -> str:
        """Where they approve, as the SMS says that waits to be sent."""

        def told() -> list[str]:
            texts = [row["body"] for row in self.texts()]
            return [link for text in texts for link in re.findall("http.*", text)]

        [link] = self.norway.until(told, f"{self.name} is asked")
        return link

    def texts(self) -> list[Row]:
        """The SMS to them, which wait in Odoo for whoever sends them."""
        mine = [("number", "=", self.mobile)]
        return self.norway.admin.find("sms.sms", mine, "body")

    def letters(self) -> list[list[str]]:
        """What each letter to them had with it."""
        found = self.norway.mailbox.letters_to(self.email) if self.email else []
        return [letter.attachments for letter in found]

    def is_in_netbank(self) -> bool:
        """Whether an invoice lies in their netbank."""
        bills = self.norway.operator.state()["bills"]
        return any(bill["recipient"] == self.identifier for bill in bills)

    def agreement(self) -> str:
        """How far their consent is."""
        [row] = self.norway.office.find(
            "einvoice.agreement", [("partner_id.name", "=", self.name)], "consent_state"
        )
        return row["consent_state"]

    def got(self, what: Any) -> None:
        """Wait until the invoice went by e-mail with its PDF, and nowhere else."""

        def arrived() -> bool:
            self.norway.admin.run("account.ir_cron_account_move_send")
            self.norway.admin.run("mail.ir_cron_mail_scheduler_action")
            return any(
                name.endswith(".pdf") for each in self.letters() for name in each
            )

        eventually(arrived, PATIENCE, f"{self.name} got it by e-mail")
        assert self.agreement() == what
        assert not self.is_in_netbank()


@pytest.fixture
def customer(norway: Norway, request: pytest.FixtureRequest) -> Customer:
    """A new customer, in a netbank and in Odoo."""
    norway.issue()
    name, has_email = request.param
    number = len(norway.made["partners"])
    mobile, email = f"+4790000{number:03}", f"kunde{number}@example.com" * has_email
    made = Customer(norway, name, f"93000000000000{number:04}", mobile, email)
    told = {"identifier": made.identifier, "name": name}
    norway.operator.order("person", **told, mobile=mobile, email=email)
    where = {"company": norway.made["company"], "name": name}
    norway.server.act(CUSTOMER % {**where, "mobile": mobile, "email": email})
    [row] = norway.office.find("res.partner", [("name", "=", name)], "name")
    norway.made["partners"][name] = row["id"]
    return made


@pytest.mark.parametrize("customer", [("Ola Fjell", True)], indirect=True)
def test_who_approves_gets_it_in_the_netbank_and_is_not_asked_again(
    customer: Customer, norway: Norway
) -> None:
    customer.send()
    norway.page(customer.link(), "approve")
    norway.until(customer.is_in_netbank, "the invoice is in the netbank")
    assert customer.agreement() == "approved"
    # one letter asked, as the SMS did; neither brought the invoice
    norway.admin.run("mail.ir_cron_mail_scheduler_action")
    assert customer.letters() == [[]]
    norway.send(customer.name)
    assert len(customer.texts()) == 1
    assert customer.letters() == [[]]


@pytest.mark.parametrize("customer", [("Kari Berg", True)], indirect=True)
def test_who_takes_all_is_not_asked(customer: Customer, norway: Norway) -> None:
    norway.page(f"/no/netbank/{customer.identifier}", "general")
    customer.send()
    norway.until(customer.is_in_netbank, "the invoice is in the netbank")
    assert customer.agreement() == "general"
    assert not customer.texts()
    assert not customer.letters()


@pytest.mark.parametrize("customer", [("Nils Dahl", True)], indirect=True)
def test_who_does_not_answer_gets_it_by_email(
    customer: Customer, norway: Norway
) -> None:
    customer.send()
    customer.link()
    norway.server.act(LATER % customer.name)
    customer.got("expired")


@pytest.mark.parametrize("customer", [("Ingrid Sand", False)], indirect=True)
def test_who_does_not_answer_and_has_no_email_gets_it_by_post(
    customer: Customer, norway: Norway
) -> None:
    customer.send()
    customer.link()
    norway.server.act(LATER % customer.name)
    post = [
        ("res_model", "=", "account.move"),
        ("res_id", "=", customer.move),
        ("activity_type_id", "=", norway.admin.ref(POST)),
    ]

    def to_post() -> bool:
        norway.admin.run("account.ir_cron_account_move_send")
        return bool(norway.office.find("mail.activity", post, "summary"))

    eventually(to_post, PATIENCE, "somebody is asked to post it")
    assert customer.agreement() == "expired"
    assert not customer.is_in_netbank()


@pytest.mark.parametrize("customer", [("Per Lie", True)], indirect=True)
def test_who_blocks_the_company_gets_it_by_email(
    customer: Customer, norway: Norway
) -> None:
    customer.send()
    norway.page(customer.link(), "block")
    norway.until(lambda: customer.agreement() == "blocked", "the block is known")
    customer.got("blocked")

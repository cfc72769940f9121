"""Two companies of one database, each with its own channel, folder and customers.

What is ordered from one and invoiced by one never reaches the other.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import odoorpc
import pytest

from support.office import NORTH, PATIENCE, Consumer, Netbank, Office, Row
from support.system import BankFactory, OdooInstance
from support.waiting import eventually

NAME = "Tuulivoima Oy"
SUBJECT = "TUULI-WIND"
ADDRESS = "003776543212"
IBAN = "FI5810171000000122"
LOGIN = "tuuli"
# Both companies number their customers by themselves.
SHARED_NUMBER = "20007"

COMPANY = """
import json
told = json.loads(%r)
euro = env.ref("base.EUR")
company = env["res.company"].create({
    "name": told["name"], "country_id": env.ref("base.fi").id, "currency_id": euro.id,
    "street": "Myrskykatu 1", "zip": "28100", "city": "Pori",
    "vat": "FI76543212", "company_registry": "7654321-2",
})
env["account.chart.template"].try_loading("fi", company, install_demo=False)
company.external_report_layout_id = env.ref("web.external_layout_standard")
env["account.journal"].search([
    ("company_id", "=", company.id), ("type", "=", "sale"),
]).invoice_reference_model = "fi"
bank = env["res.bank"].search([("bic", "=", "NDEAFIHH")], limit=1)
account = env["res.partner.bank"].create({
    "acc_number": told["iban"], "partner_id": company.partner_id.id,
    "bank_id": bank.id, "allow_out_payment": True,
})
env["account.journal"].search([
    ("company_id", "=", company.id), ("type", "=", "bank"),
], limit=1).bank_account_id = account
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": told["login"], "login": told["login"], "password": told["login"],
    "email": told["login"] + "@example.com",
    "company_id": company.id, "company_ids": [(6, 0, company.ids)],
    "group_ids": [
        (4, env.ref("einvoice_consumer.einvoice_consumer_group_manager").id),
        (4, env.ref("base.group_partner_manager").id),
    ],
})
connection = env["receivables.connection"].create({
    "name": "Bank of " + told["name"], "company_id": company.id,
    "way": "folder", "folder_path": told["folder"],
})
connection._make_line().prepare()
connection.environment = "test"
address = env["einvoice.address"].create({
    "company_id": company.id, "address": told["address"],
    "intermediator_id": env.ref(
        "einvoice_consumer.einvoice_intermediator_ndeafihh").id,
})
channel = env["einvoice.channel"].create({
    "name": "Netbanks of " + told["name"], "company_id": company.id,
    "address_id": address.id,
    "payment_subject": told["subject"], "bank_account_ids": account.ids,
    "asked_identifiers": "customer", "user_id": user.id,
    "connection_id": connection.id, "environment": "test",
})
env.cr.commit()
print(channel.id)
"""


@dataclass
class Company:
    """A company's bookkeepers and the bank it exchanges files with."""

    office: Office
    netbank: Netbank
    partner: int
    order: Row

    def has(self, consumer: Consumer) -> list[Row]:
        """Its invoices that the consumer has in the netbank."""
        return self.netbank.invoices(consumer)


# One person each, with the same number
LEENA = Consumer("Leena Lampi", SHARED_NUMBER)
SEPPO = Consumer("Seppo Seita", SHARED_NUMBER, "Tuulentie 4")


def announce(folder: Path) -> Path:
    """What the second company has told its bank."""
    invoicers = [
        {
            "name": NAME,
            "business_id": "7654321-2",
            "sender_address": ADDRESS,
            "sender_intermediator": NORTH,
            "payment_subject": SUBJECT,
            "accounts": [{"iban": IBAN, "bic": NORTH}],
            "identifiers": [{"label": "Customer number", "type": "09"}],
        }
    ]
    path = folder / "invoicers.json"
    path.write_text(json.dumps(invoicers), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def first(office: Office, netbank: Netbank) -> Company:
    """The demo company, with Leena as its customer."""
    channel = office.read("einvoice.channel", office.channel, "company_id")
    partner = office.register(LEENA, company_id=channel["company_id"][0])
    order = netbank.order(LEENA)
    office.arrived(order)
    return Company(office, netbank, partner, order)


@pytest.fixture(scope="module")
def second(
    odoo_server: OdooInstance,
    start_bank: BankFactory,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Company]:
    """Another company in the same database, with Seppo as its customer."""
    place = tmp_path_factory.mktemp("second")
    folder = place / "exchange"
    bank = start_bank(folder, announce(place))
    told = {
        "name": NAME,
        "login": LOGIN,
        "iban": IBAN,
        "address": ADDRESS,
        "subject": SUBJECT,
        "folder": str(folder),
    }
    channel = int(odoo_server.shell(COMPANY % json.dumps(told)))
    office = Office(odoo_server.rpc(LOGIN, LOGIN), channel)
    netbank = Netbank(bank, SUBJECT)
    partner = office.register(SEPPO, company_id=office.client.env.user.company_id.id)
    order = netbank.order(SEPPO)
    office.arrived(order)
    yield Company(office, netbank, partner, order)
    bank.stop()


def test_one_number_is_two_customers(first: Company, second: Company) -> None:
    for company, consumer in ((first, LEENA), (second, SEPPO)):
        agreement = company.office.agreement(company.order)
        assert agreement["partner_id"] == [company.partner, consumer.name]


def test_invoices_go_to_the_own_bank_with_the_own_account(
    first: Company, second: Company
) -> None:
    accounts = {}
    for company, consumer in ((first, LEENA), (second, SEPPO)):
        move = company.office.invoice(company.partner)
        assert company.office.send(move)[0]["state"] == "to_send"
        company.office.exchange()
        [invoice] = eventually(
            lambda company=company, consumer=consumer: company.has(consumer),
            PATIENCE,
            f"the invoice of {consumer.name}",
        )
        accounts[invoice["seller"]] = (invoice["account"], invoice["subject"])
    assert accounts == {
        "Kaamos Energia Oy": ("FI2112345600000785", "KAAMOS-ELECTRICITY"),
        NAME: (IBAN, SUBJECT),
    }
    assert not first.has(SEPPO)
    assert not second.has(LEENA)


def test_file_in_the_wrong_folder_is_refused(first: Company, second: Company) -> None:
    archive = first.netbank.bank.folder / "archive"
    [path] = [
        path
        for path in archive.iterdir()
        if path.is_file()
        and first.order["address"].encode() in path.read_bytes()
        and b"<MessageActionCode>ADD<" in path.read_bytes()
    ]
    wrong = second.netbank.bank.folder / "inbox" / "stray.xml"
    hidden = wrong.with_name(".stray.xml")
    hidden.write_bytes(path.read_bytes())
    hidden.rename(wrong)
    second.office.until(lambda: not wrong.exists(), "the stray file is taken")
    [document] = second.office.documents(("name", "=", "stray.xml"))
    assert document["state"] == "error"
    assert "KAAMOS-ELECTRICITY" in document["summary"]
    assert "Import it on the right channel." in document["summary"]
    assert not second.office.find(
        "einvoice.agreement", [("consumer_name", "=", LEENA.name)], "state"
    )


def test_users_see_only_their_company(
    first: Company, second: Company, odoo_server: OdooInstance
) -> None:
    odoo_server.expected.append("This seems to be a multi-company issue")
    client = second.office.client
    for model in ("einvoice.channel", "einvoice.agreement", "einvoice.document"):
        found = second.office.find(model, [], "company_id")
        assert {row["company_id"][1] for row in found} == {NAME}
        [foreign] = first.office.call(
            model, "search", [("company_id", "!=", found[0]["company_id"][0])], limit=1
        )
        with pytest.raises(odoorpc.error.RPCError, match="[Aa]ccess|company"):
            client.execute_kw(model, "read", [[foreign], ["display_name"]])
    agreement = first.office.agreement(first.order)["id"]
    with pytest.raises(odoorpc.error.RPCError, match="[Aa]ccess|company"):
        second.office.call("einvoice.agreement", "end", [agreement])
    content = base64.b64encode(b"<a/>").decode()
    with pytest.raises(odoorpc.error.RPCError, match="[Aa]ccess|company"):
        second.office.call(
            "einvoice.channel", "import_message", [first.office.channel], "a", content
        )

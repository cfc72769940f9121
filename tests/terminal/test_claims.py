"""Iceland's bank is told of claims over HTTPS, and hears when they are paid."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from dev.environment import python_environment
from dev.server import Server, counterparty_environment, start
from support.cashier import Cashier
from support.system import OdooInstance, unused_port
from support.waiting import PATIENCE, eventually

JOB = "payment_terminal.ir_cron_payment_terminal_debts"
LIST = "payment.terminal.debt.list"
CLIENT, SECRET = "thokuljos", "only-for-tests"


class ClaimsBank:
    """The bank, seen from its own side."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def ask(self, path: str, given: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.server.url}/sandbox/{path}",
            data=None if given is None else json.dumps(given).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def claims(self) -> dict[str, tuple[float, str]]:
        """Amount and status of each claim, by the customer's number."""
        return {
            claim["customerNumber"]: (claim["amount"], claim["claimStatus"])
            for claim in self.ask("claims")["claims"].values()
        }


@pytest.fixture(scope="module")
def bank(odoo_server: OdooInstance) -> Iterator[ClaimsBank]:
    """The bank's service in a process of its own."""
    places = odoo_server.house.places
    port = unused_port()
    command = [python_environment(places), "-m", "counterparties.claims"]
    command += [f"--port={port}", f"--client={CLIENT}", f"--secret={SECRET}"]
    log = places.logs / f"claims-{port}.log"
    server = start("The bank", command, port, log, counterparty_environment())
    server.wait_until_ready("/health", PATIENCE)
    yield ClaimsBank(server)
    server.stop()


@pytest.fixture
def network(icelandic_cashier: Cashier, bank: ClaimsBank) -> int:
    """A network of the Icelandic company whose claims go to the bank."""
    cashier = icelandic_cashier
    connection = cashier.call(
        "receivables.connection",
        "create",
        {
            "name": "Claims",
            "way": "https",
            "url": bank.server.url,
            "token_url": "/token",
            "username": CLIENT,
            "password": SECRET,
            "environment": "test",
            "company_id": cashier.company,
        },
    )
    number = cashier.open_network("osmp", "none", like="is_hraunbanki")
    cashier.change(
        number,
        debt_format="claims_is",
        claim_branch="0999",
        claim_template="001",
        debt_connection_id=connection,
    )
    return number


def test_claims_are_made_altered_and_cancelled(
    icelandic_cashier: Cashier, bank: ClaimsBank, network: int
) -> None:
    """What a customer pays elsewhere, the bank does not ask for any more; nothing is
    told twice, whatever goes wrong on the way."""
    cashier = icelandic_cashier
    jon = cashier.register("Jón Jónsson", company_registry="010130-2989")
    anna = cashier.register("Anna", company_registry="120174-3399")
    nobody = cashier.register("Without an ID")
    for partner, amount in ((jon, 99123), (anna, 5000), (nobody, 700)):
        cashier.bill(partner, amount)
    of_jon, of_anna, of_nobody = map(cashier.number, (jon, anna, nobody))

    bank.ask("fault", {"fault": "lost"})
    [told] = take(cashier, network)
    arrive(cashier, told)
    claims = bank.claims()
    assert claims[of_jon] == (99123, "Unpaid")
    assert claims[of_anna] == (5000, "Unpaid")
    assert of_nobody not in claims
    left_out = cashier.read(LIST, told, "left_out_text")["left_out_text"]
    assert "Without an ID" in left_out
    assert "Anna" not in left_out

    assert take(cashier, network) == []
    pay(cashier, jon, 99123)
    pay(cashier, anna, 1000)
    bank.ask("fault", {"fault": "busy"})
    [told] = take(cashier, network)
    arrive(cashier, told)
    claims = bank.claims()
    assert claims[of_jon] == (99123, "Cancelled")
    assert claims[of_anna] == (4000, "Unpaid")
    assert bank.ask("claims")["batches"] == 2


def test_paid_claims_are_fetched_once_and_pay_their_invoices(
    icelandic_cashier: Cashier, bank: ClaimsBank, network: int
) -> None:
    """Page by page, over the line that carries the claims; a bank that is closed for a
    moment is asked again, and what was fetched is not fetched twice."""
    cashier = icelandic_cashier
    people = [
        cashier.register(name, company_registry=number)
        for name, number in (
            ("Gunnar", "010130-2989"),
            ("Sigrún", "120174-3399"),
            ("Björk", "080871-1049"),
        )
    ]
    bills = [
        cashier.bill(partner, amount)
        for partner, amount in zip(people, (2000, 3000, 4000), strict=True)
    ]
    [told] = take(cashier, network)
    arrive(cashier, told)
    numbers = list(map(cashier.number, people))
    for number, amount in zip(numbers, (2000, 3000, 1500), strict=True):
        bank.ask("payments", {"customer": number, "amount": amount})

    journal = make_bank(cashier)
    bank.ask("fault", {"fault": "unpaid"})
    cashier.change(network, claim_journal_id=journal)
    eventually(
        lambda: fetch(cashier, network) and cashier.residuals(*bills) == [0, 0, 2500],
        PATIENCE,
        "the invoices are paid",
    )
    asked = bank.ask("claims")["asked"]
    assert asked[:2] == [1, 2]

    bank.ask("payments", {"customer": numbers[2], "amount": 500})
    eventually(
        lambda: fetch(cashier, network) and cashier.residuals(*bills) == [0, 0, 2000],
        PATIENCE,
        "the next payment has come",
    )
    lines = cashier.find(
        "payment.terminal.file.line", [("journal_id", "=", journal)], "amount", "state"
    )
    assert sorted((line["amount"], line["state"]) for line in lines) == [
        (500, "booked"),
        (1500, "booked"),
        (2000, "booked"),
        (3000, "booked"),
    ]


def make_bank(cashier: Cashier) -> int:
    """A bank journal of the Icelandic company, in krónur."""
    accounts = [
        cashier.call(
            "account.account",
            "create",
            {
                "code": code,
                "name": name,
                "account_type": kind,
                "company_ids": [(6, 0, [cashier.company])],
            },
        )
        for code, name, kind in (
            ("191981", "Claims at the bank", "asset_cash"),
            ("199981", "Claims to assign", "asset_current"),
        )
    ]
    return cashier.call(
        "account.journal",
        "create",
        {
            "name": "Claims that were paid",
            "code": "KRAFA",
            "type": "bank",
            "company_id": cashier.company,
            "default_account_id": accounts[0],
            "suspense_account_id": accounts[1],
        },
    )


def fetch(cashier: Cashier, network: int) -> bool:
    """Have the job ask now, as if its time had come."""
    row = cashier.terms(
        network, "debt_connection_id", "claim_journal_id", "claim_since"
    )
    [line, _name] = row["debt_connection_id"]
    # nobody waits in a test: the line is tried again, and the days asked for, at once
    cashier.call("receivables.connection", "write", [line], {"timeout": 30})
    cashier.change(network, claim_since=row["claim_since"])
    cashier.run("payment_terminal.ir_cron_payment_terminal_claims")
    cashier.run("payment_terminal.ir_cron_payment_terminal_files")
    return True


def take(cashier: Cashier, network: int) -> list[int]:
    """Write the list of now, as a person does; none when nothing is new."""
    shown = cashier.call("payment.terminal.network", "action_take_debts", [network])
    return [shown["res_id"]] if "res_id" in shown else []


def arrive(cashier: Cashier, told: int) -> None:
    """Wait until a list is with the bank and the bank has worked on it."""

    def there() -> bool:
        cashier.run(JOB)
        row = cashier.read(LIST, told, "state", "batches", "network_id")
        if row["state"] == "sent" and not row["batches"]:
            return True
        # nobody waits in a test: the line is tried again at once
        connection = cashier.terms(row["network_id"][0], "debt_connection_id")
        [number, _name] = connection["debt_connection_id"]
        cashier.call("receivables.connection", "write", [number], {"timeout": 30})
        cashier.call(LIST, "action_retry", [told])
        return False

    eventually(there, PATIENCE, f"list {told} has arrived")


def pay(cashier: Cashier, partner: int, amount: float) -> None:
    """A customer pays into the company's bank account."""
    payment = cashier.call(
        "account.payment",
        "create",
        {
            "payment_type": "inbound",
            "partner_id": partner,
            "amount": amount,
            "company_id": cashier.company,
        },
    )
    cashier.call("account.payment", "action_post", [payment])

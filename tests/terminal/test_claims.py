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

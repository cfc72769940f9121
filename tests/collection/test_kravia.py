"""An invoice's way through Kravia, and what goes wrong on it.

Kravia is played by a program that was written to its public pages; docs/kravia.md says
what of its answers is a guess.
"""

from collections.abc import Iterator

import pytest

from dev.server import House
from support.collector import PATIENCE
from support.kravia import CREDITOR, SECRET, Client, Kravia, kravia
from support.system import OdooInstance
from support.waiting import eventually


@pytest.fixture(scope="module")
def other(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kravia]:
    """Kravia."""
    with kravia(house, tmp_path_factory.mktemp("kravia")) as running:
        yield running


@pytest.fixture(scope="module")
def client(odoo_server: OdooInstance, other: Kravia) -> Iterator[Client]:
    """The Swedish company, whose service with Kravia is open."""
    with Client.choosing(
        odoo_server,
        other,
        name="Kravia",
        adapter="kravia",
        agreement_number=CREDITOR,
        base_url=other.api,
        client_secret=SECRET,
    ) as opened:
        yield opened


@pytest.fixture
def case(client: Client) -> int:
    """An invoice that Kravia has."""
    return client.at_agency("registered")


def test_from_the_transfer_to_the_end(client: Client, other: Kravia, case: int) -> None:
    state = other.state()
    assert state["webhook"]["url"].endswith(
        client.contract("webhook_url")["webhook_url"].rpartition("/")[2]
    )
    assert state["invited"] == ["saga@example.com"]
    number = client.number(case)
    assert other.claim(number)["originalAmount"] == 1000

    # by its call
    other.happens(number, "move", status="betalingsoppfordring", fees=180)
    client.comes_to(case, state="demand", fees_open=180.0)
    assert {"claimId": other.claim(number)["invoiceId"], "status": 204} in (
        other.state()["told"]
    )
    # by asking, when the call went astray
    other.call_fault("drop_webhook", number)
    other.happens(number, "move", status="rettslig tiltak")
    client.fetch()
    client.comes_to(case, state="legal")

    client.pay(case, 300)
    client.comes_to(case, capital_open=700.0)
    client.credit(case, 100)
    client.comes_to(case, capital_open=600.0, differs=False)
    claim = other.claim(number)
    assert [entry["amount"] for entry in claim["payments"]] == [300, -100]

    other.happens(number, "collect", amount=600)
    client.comes_to(case, state="closed", outcome="paid", capital_owed=600.0)

    # what is paid out is booked, and Kravia learns under which number
    payout = other.order("settle")
    client.fetch()
    client.comes_to(case, capital_owed=0.0, residual=0.0)

    def booked() -> bool:
        [settlement] = [
            one
            for one in other.state()["settlements"]
            if one["settlementId"] == payout["settlementId"]
        ]
        return bool(settlement["closed"])

    eventually(booked, PATIENCE, "the settlement is marked as booked")


def test_what_there_is_no_call_for_is_for_a_person(client: Client, case: int) -> None:
    client.pay(case, 300)
    client.comes_to(case, capital_open=700.0)
    client.unmatch(case)

    def refused() -> bool:
        return [one["state"] for one in client.messages(case, "payment_removed")] == [
            "refused"
        ]

    eventually(refused, PATIENCE, "the removal cannot be told")
    client.comes_to(case, differs=True)


@pytest.mark.parametrize("fault", ["timeout", "500_after_commit", "unreadable"])
def test_a_transfer_without_an_answer_opens_one_case(
    client: Client, other: Kravia, fault: str
) -> None:
    move = client.debt()
    other.fault(fault, "invoice/register")
    client.send(move)
    if fault != "unreadable":
        client.retry(client.tried(move))
    client.arrived(move, "registered")
    assert len(other.claims(client.number(move))) == 1


def test_a_transfer_that_failed_before_it_was_done_is_made(
    client: Client, other: Kravia
) -> None:
    move = client.debt()
    other.fault("500_before_commit", "invoice/register")
    client.send(move)
    client.retry(client.tried(move))
    client.arrived(move, "registered")


@pytest.mark.parametrize("fault", ["timeout", "500_after_commit"])
def test_money_without_an_answer_counts_once(
    client: Client, other: Kravia, case: int, fault: str
) -> None:
    other.fault(fault, "invoice/payment")
    client.pay(case, 250)
    client.retry(client.tried(case, "payment"))
    client.comes_to(case, capital_open=750.0)
    assert len(other.claim(client.number(case))["payments"]) == 1


def test_a_call_that_hangs_costs_its_seconds_only(
    client: Client, other: Kravia, case: int
) -> None:
    connection = client.contract("connection_id")["connection_id"][0]
    client.call("receivables.connection", "write", [connection], {"timeout": 2})
    other.fault("hang", "invoice/payment")
    client.pay(case, 100)
    client.retry(client.tried(case, "payment"))
    client.comes_to(case, capital_open=900.0)


def test_calls_that_are_forged_or_repeated_change_nothing(
    client: Client, other: Kravia, case: int
) -> None:
    number = client.number(case)
    other.call_fault("bad_signature", number)
    other.happens(number, "move", status="på vent")
    told = {"claimId": other.claim(number)["invoiceId"], "status": 401}
    eventually(lambda: told in other.state()["told"], PATIENCE, "a forged call")
    other.call_fault("duplicate_webhook", number)
    other.happens(number, "move", status="overvåkning")
    client.comes_to(case, state="monitoring")
    client.quiet()


def test_a_secret_that_is_not_taken_any_more(
    client: Client, other: Kravia, case: int
) -> None:
    other.order("secret", secret="new-secret")
    client.pay(case, 400)

    def told() -> bool:
        return "does not let us in" in (
            client.contract("connection_summary")["connection_summary"] or ""
        )

    eventually(told, PATIENCE, "the agreement says that the secret is not taken")
    client.change(client_secret="new-secret")
    # whatever is heard of the case next brings what is still to be told
    other.happens(client.number(case), "move", status="på vent")
    client.comes_to(case, state="paused", capital_open=600.0)

"""One running agency for the tests of the agency, forgetful before each of them."""

from collections.abc import Iterator

import pytest

from counterparties.agency.driver import AgencyProcess, Client
from support.contract import AGENCY_API


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgencyProcess]:
    folder = tmp_path_factory.mktemp("agency")
    process = AgencyProcess(folder, f"--contract={AGENCY_API}")
    yield process
    told = process.session.get(f"{process.address}/v1/sandbox/breaches").json()
    process.stop()
    # what the tests say wrong they say on purpose
    broken = [each for each in told if each["party"] == "server"]
    assert not broken, broken


@pytest.fixture
def agency(running: AgencyProcess) -> AgencyProcess:
    """The agency without creditors."""
    running.sandbox("reset")
    return running


@pytest.fixture
def erp(agency: AgencyProcess) -> Client:
    """The program of an active creditor."""
    client = Client(agency, "erp")
    client.onboard()
    return client

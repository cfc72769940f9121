"""One running agency for the tests of the agency, forgetful before each of them."""

from collections.abc import Iterator

import pytest

from counterparties.agency.driver import AgencyProcess, Client


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgencyProcess]:
    process = AgencyProcess(tmp_path_factory.mktemp("agency"))
    yield process
    process.stop()


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

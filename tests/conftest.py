"""Fixtures of the system tests: Odoo, bank, agency, kiosks, a browser; all real.

Nothing starts before a test asks for it. `make system` or, in the environment's
Python, `pytest tests/...` both work; what is missing is prepared as `make test` does.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dev import kiosks
from dev.server import House
from dev.server import house as opened_house
from dev.steps import stop_on_signals
from support.agency import AgencyFactory, AgencyInstance
from support.browser import Browser, Page, open_browser, open_page
from support.cashier import Cashier
from support.collector import Collector
from support.creditor import Creditor
from support.desk import Desk
from support.kiosk import KioskFactory, KioskInstance
from support.mailbox import Mailbox
from support.norway import Norway, open_norway
from support.office import Netbank, Office
from support.portal import Portal
from support.system import (
    BankFactory,
    BankInstance,
    OdooInstance,
    ServerFactory,
    TestDatabases,
)

# tested by Odoo's runner: see project/test_adding.py
collect_ignore = ["project/addons"]


def pytest_configure(config: pytest.Config) -> None:
    """A test run that is told to stop still cleans up behind itself."""
    stop_on_signals()


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Odoo's tree, the interpreter and a running PostgreSQL server."""
    with opened_house() as prepared:
        yield prepared


@pytest.fixture(scope="session")
def databases(house: House) -> Iterator[TestDatabases]:
    """Copies of the template with all addons and demo data; dropped at the end."""
    made = TestDatabases(house)
    yield made
    made.drop_all()


@pytest.fixture(scope="session")
def start_server(databases: TestDatabases) -> Iterator[ServerFactory]:
    """`start_server(database=None, workers=0, cron_threads=1, options=(), port=0,
    printer=None)`.

    Several servers may share a database, as on several hosts. At the end each is
    stopped, and a warning or error in its log that was not expected is a failure.
    """
    factory = ServerFactory(databases)
    yield factory
    factory.close()


@pytest.fixture(scope="session")
def odoo_server(start_server: ServerFactory) -> OdooInstance:
    """One server with demo data, shared by the tests that only add to it."""
    return start_server()


@pytest.fixture(scope="session")
def start_bank(house: House) -> Iterator[BankFactory]:
    """`start_bank(folder, invoicers=...)`: the bank on an exchange folder."""
    factory = BankFactory(house)
    yield factory
    factory.close()


@pytest.fixture(scope="session")
def odoo_bank(start_bank: BankFactory, odoo_server: OdooInstance) -> BankInstance:
    """The bank beside `odoo_server`, for consumers that a story brings along."""
    return start_bank(odoo_server.folder)


@pytest.fixture(scope="session")
def start_agency(house: House) -> Iterator[AgencyFactory]:
    """`start_agency(folder, clients=..., port=0, options=...)`: the agency."""
    factory = AgencyFactory(house)
    yield factory
    factory.close()


@pytest.fixture(autouse=True)
def contract_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every call between Odoo and an agency keeps docs/agency_api.yaml, every one of
    a kiosk docs/terminal_json.yaml."""
    yield
    for factory in ("start_agency", "start_kiosk"):
        if factory in request.fixturenames:
            request.getfixturevalue(factory).check()


@pytest.fixture(scope="session")
def odoo_agency(
    start_agency: AgencyFactory, odoo_server: OdooInstance, databases: TestDatabases
) -> AgencyInstance:
    """The agency beside `odoo_server`, known to it as the demo agency."""
    agency = start_agency(odoo_server.folder.parent)
    databases.all.set_demo_agency(odoo_server.database, agency.api)
    return agency


@pytest.fixture(scope="session")
def collector(odoo_server: OdooInstance, odoo_agency: AgencyInstance) -> Collector:
    """Who follows the debts of the Swedish demo company, on `odoo_server`."""
    return Collector.of(odoo_server)


@pytest.fixture(scope="session")
def creditor(
    start_server: ServerFactory, start_agency: AgencyFactory, databases: TestDatabases
) -> Creditor:
    """The Swedish company with the service open, on a server and agency of its own.

    For stories that disturb the agency: its faults, its clock.
    """
    server = start_server()
    agency = start_agency(server.folder.parent)
    databases.all.set_demo_agency(server.database, agency.api)
    return Creditor.open(server, agency)


@pytest.fixture(scope="session")
def start_kiosk(house: House) -> Iterator[KioskFactory]:
    """`start_kiosk(folder, networks=(), port=0, options=...)`: kiosks of networks."""
    factory = KioskFactory(house)
    yield factory
    factory.close()


@pytest.fixture(scope="session")
def kiosk(
    start_kiosk: KioskFactory, odoo_server: OdooInstance, databases: TestDatabases
) -> KioskInstance:
    """The kiosks beside `odoo_server`, of the networks in its demo data."""
    networks = kiosks.networks(databases.all, odoo_server.database, odoo_server.url)
    return start_kiosk(odoo_server.folder.parent, networks)


@pytest.fixture(scope="session")
def cashier(odoo_server: OdooInstance) -> Cashier:
    """Who looks after payments in the Kazakh demo company, on `odoo_server`."""
    return Cashier(odoo_server)


@pytest.fixture(scope="session")
def icelandic_cashier(odoo_server: OdooInstance) -> Cashier:
    """The same in the Icelandic company."""
    return Cashier(odoo_server, "is")


@pytest.fixture(scope="session")
def mailbox(odoo_server: OdooInstance) -> Iterator[Mailbox]:
    """Where the mail of `odoo_server` goes."""
    opened = Mailbox()
    Office.of(odoo_server).call(
        "ir.mail_server",
        "create",
        {"name": "Test", "smtp_host": "127.0.0.1", "smtp_port": opened.port},
    )
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def office(odoo_server: OdooInstance, mailbox: Mailbox) -> Office:
    """The demo company's bookkeepers, who work on `odoo_server`."""
    return Office.of(odoo_server)


@pytest.fixture(scope="session")
def norway(
    house: House, start_server: ServerFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Norway]:
    """A company in Norway on a server of its own, and its operator."""
    folder = tmp_path_factory.mktemp("operator")
    with open_norway(start_server(), house, folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def netbank(odoo_bank: BankInstance) -> Netbank:
    """The netbank of consumers who get invoices from `odoo_server`."""
    return Netbank(odoo_bank)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with a profile of its own; an error in its scripts fails the test."""
    with open_page(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def company_server(start_server: ServerFactory) -> Iterator[OdooInstance]:
    """An Odoo for the stories of one file, which change the contract."""
    server = start_server()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def company(
    company_server: OdooInstance, start_agency: AgencyFactory, databases: TestDatabases
) -> Iterator[Creditor]:
    """The Swedish company on `company_server`, with the service open."""
    agency = start_agency(company_server.folder.parent)
    databases.all.set_demo_agency(company_server.database, agency.api)
    opened = Creditor.open(company_server, agency)
    yield opened
    opened.quiet()
    agency.stop()


@pytest.fixture(scope="module")
def desk(
    browser: Browser, company_server: OdooInstance, company: Creditor
) -> Iterator[Desk]:
    """The manager of `company` at the web client."""
    with open_page(browser) as page:
        yield Desk(page, company_server, company="Björkvik Bredband AB")


@pytest.fixture(scope="module")
def portal(browser: Browser, company: Creditor) -> Iterator[Portal]:
    """The portal of the agency of `company`, in a window of its own."""
    with open_page(browser) as page:
        yield Portal(page, company.other)

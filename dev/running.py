"""`make run`: Odoo with demo companies, the bank and the agency, until Ctrl-C.

Also `make clean`.
"""

import contextlib
import os
import shutil
import sys
import time

from dev.database import Databases, need_name
from dev.environment import Places, find_program, install_command, need_program
from dev.odoo_tree import complete_browser_files
from dev.postgres import running_process
from dev.server import (
    Server,
    free_port,
    house,
    need_port,
    start_agency,
    start_bank,
    start_odoo,
)
from dev.steps import Problem, Step, tail

FIRST_BANK_PORT = 8090
FIRST_AGENCY_PORT = 8092
READY_SECONDS = 300
READY = """
  Odoo    {odoo}  (admin / admin)
  Bank    {bank}
  Agency  {agency}
  Files   {folder}
  Logs    {logs}

  Ctrl-C stops everything.
"""


def run(database: str, port: int, bank_port: int, agency_port: int) -> int:
    """Start one instance and wait until it is stopped; 0 is any free port."""
    need_name(database)
    need_ports(port, bank_port, agency_port)
    parent = os.getppid()
    with contextlib.ExitStack() as started:
        here = started.enter_context(house())
        want_wkhtmltopdf()
        complete_browser_files(here.places, here.tree, required=False)
        databases = Databases(here)
        databases.open(database)
        folder = databases.exchange_folder(database)
        logs = here.places.logs
        # asked again: preparing may have taken minutes
        bank_port = bank_port or free_port(FIRST_BANK_PORT, (port, agency_port))
        agency_port = agency_port or free_port(FIRST_AGENCY_PORT, (port, bank_port))
        with Step("start Odoo, the bank and the agency"):
            bank = start_bank(
                here.python, folder, bank_port, logs / f"{database}-bank.log"
            )
            started.callback(bank.stop)
            agency = start_agency(
                here.python,
                here.places.instance(database),
                agency_port,
                logs / f"{database}-agency.log",
            )
            started.callback(agency.stop)
            databases.set_demo_agency(database, f"{agency.url}/v1")
            databases.set_address(database, f"http://127.0.0.1:{port}")
            odoo = start_odoo(here, database, port, logs / f"{database}-odoo.log")
            started.callback(odoo.stop)
            bank.wait_until_ready("/health", READY_SECONDS)
            agency.wait_until_ready("/v1/terms", READY_SECONDS)
            odoo.wait_until_ready("/web/health", READY_SECONDS)
        print(
            READY.format(
                odoo=odoo.url,
                bank=bank.url,
                agency=f"{agency.url}/portal/",
                folder=folder,
                logs=logs,
            )
        )
        sys.stdout.flush()
        try:
            watch([odoo, bank, agency], parent)
        except KeyboardInterrupt:
            print("\nstopping", flush=True)
    return 0


def need_ports(port: int, bank_port: int, agency_port: int) -> None:
    """Refuse ports that cannot be used, and one that is given to two programs."""
    need_port(port, "Odoo")
    given = [port]
    for name, wanted in (("The bank", bank_port), ("The agency", agency_port)):
        if wanted:
            need_port(wanted, name)
            if wanted in given:
                raise Problem(f"port {wanted} is given to two programs: choose others")
            given.append(wanted)


def watch(servers: list[Server], parent: int) -> None:
    """Return when the `make` that called us is gone; fail when a server is."""
    while os.getppid() == parent:
        for server in servers:
            if server.process.poll() is not None:
                raise Problem(f"{server.name} ended by itself\n{tail(server.log)}")
        time.sleep(0.5)


def want_wkhtmltopdf() -> None:
    """Have wkhtmltopdf if that is possible; without it only PDFs are missing."""
    if find_program("wkhtmltopdf"):
        return
    try:
        need_program("wkhtmltopdf")
    except Problem:
        command = install_command("wkhtmltopdf")
        print(f"   no PDFs: wkhtmltopdf is missing ({command})")


def clean() -> int:
    """Remove everything kept outside the checkout, after naming it."""
    places = Places.default()
    process = running_process(places.state / "postgres" / "data")
    if process:
        raise Problem(f"PostgreSQL (process {process}) is in use: stop make run first")
    for folder in dict.fromkeys((places.state, places.cache)):
        print(f"removing {folder}")
        shutil.rmtree(folder)
    return 0

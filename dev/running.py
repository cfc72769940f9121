"""`make run`: Odoo with demo companies and their other parties, until Ctrl-C.

Also `make clean`.
"""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Mapping

from dev.database import Databases, need_name
from dev.environment import Places
from dev.kiosks import write_networks
from dev.odoo_tree import complete_browser_files
from dev.postgres import running_process
from dev.printer import fall_back
from dev.server import (
    Server,
    free_port,
    house,
    need_port,
    start_agency,
    start_bank,
    start_kiosk,
    start_odoo,
    start_operator,
)
from dev.steps import Problem, Step, tail

# where the search for a free port begins
FIRST_PORTS = {
    "The bank": 8090,
    "The agency": 8092,
    "The kiosks": 8094,
    "The operator": 8096,
}
READY_SECONDS = 300
READY = """
  Odoo      {odoo}  (admin / admin)
  Bank      {bank}
  Agency    {agency}
  Kiosks    {kiosks}
  Operator  {operator}
  Files     {folder}
  Logs      {logs}

  Ctrl-C stops everything.
"""


def run(database: str, port: int, wanted: Mapping[str, int]) -> int:
    """Start one instance and wait until it is stopped.

    :param wanted: ports of the programs beside Odoo; 0 is any free one
    """
    need_name(database)
    need_ports(port, wanted)
    parent = os.getppid()
    with contextlib.ExitStack() as started:
        here = started.enter_context(house())
        if not here.printer:
            fall_back(required=False)
        complete_browser_files(here.places, here.tree, required=False)
        databases = Databases(here)
        databases.open(database)
        folder = databases.exchange_folder(database)
        logs = here.places.logs
        # asked again: preparing may have taken minutes
        ports = chosen_ports(port, wanted)
        with Step("start Odoo, the bank, the agency, the kiosks and the operator"):
            bank = start_bank(
                here.python, folder, ports["The bank"], logs / f"{database}-bank.log"
            )
            started.callback(bank.stop)
            agency = start_agency(
                here.python,
                here.places.instance(database),
                ports["The agency"],
                logs / f"{database}-agency.log",
            )
            started.callback(agency.stop)
            address = f"http://127.0.0.1:{port}"
            kiosks = start_kiosk(
                here.python,
                here.places.instance(database),
                ports["The kiosks"],
                logs / f"{database}-kiosk.log",
                write_networks(databases, database, address),
            )
            started.callback(kiosks.stop)
            operator = start_operator(
                here.python,
                here.places.instance(database),
                ports["The operator"],
                logs / f"{database}-operator.log",
            )
            started.callback(operator.stop)
            databases.set_demo_operator(database, operator.url)
            databases.set_demo_agency(database, f"{agency.url}/v1")
            databases.set_address(database, address)
            odoo = start_odoo(here, database, port, logs / f"{database}-odoo.log")
            started.callback(odoo.stop)
            bank.wait_until_ready("/health", READY_SECONDS)
            agency.wait_until_ready("/v1/terms", READY_SECONDS)
            kiosks.wait_until_ready("/health", READY_SECONDS)
            operator.wait_until_ready("/health", READY_SECONDS)
            odoo.wait_until_ready("/web/health", READY_SECONDS)
        print(
            READY.format(
                odoo=odoo.url,
                bank=bank.url,
                agency=f"{agency.url}/portal/",
                kiosks=kiosks.url,
                operator=operator.url,
                folder=folder,
                logs=logs,
            )
        )
        sys.stdout.flush()
        try:
            watch([odoo, bank, agency, kiosks, operator], parent)
        except KeyboardInterrupt:
            print("\nstopping", flush=True)
    return 0


def need_ports(port: int, wanted: Mapping[str, int]) -> None:
    """Refuse ports that cannot be used, and one that is given to two programs."""
    need_port(port, "Odoo")
    given = [port]
    for name, number in wanted.items():
        if number:
            need_port(number, name)
            if number in given:
                raise Problem(f"port {number} is given to two programs: choose others")
            given.append(number)


def chosen_ports(port: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """A port for each program beside Odoo: the wanted one, else the first free one."""
    chosen: dict[str, int] = {}
    for name, first in FIRST_PORTS.items():
        taken = (port, *wanted.values(), *chosen.values())
        chosen[name] = wanted.get(name) or free_port(first, taken)
    return chosen


def watch(servers: list[Server], parent: int) -> None:
    """Return when the `make` that called us is gone; fail when a server is."""
    while os.getppid() == parent:
        for server in servers:
            if server.process.poll() is not None:
                raise Problem(f"{server.name} ended by itself\n{tail(server.log)}")
        time.sleep(0.5)


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

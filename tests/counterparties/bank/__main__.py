"""The program: see the package."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import threading
from datetime import date
from pathlib import Path

from counterparties import bank as package
from counterparties.bank import setup
from counterparties.bank.incoming import Incoming
from counterparties.bank.netbank import Bank
from counterparties.bank.pages import application
from counterparties.bank.records import Folder, Records
from counterparties.bank.schemas import Schemas
from counterparties.common import web


def default_schemas() -> Path:
    """Beside the project, unless RECEIVABLES_TEST_DATA names another folder."""
    project = Path(__file__).resolve().parents[3]
    named = os.environ.get("RECEIVABLES_TEST_DATA")
    data = Path(named) if named else project.parent / "shared" / "data"
    return data / "finvoice" / "xsd"


def read_arguments() -> argparse.Namespace:
    """The options of the command line."""
    reader = argparse.ArgumentParser("bank", description=package.__doc__.split("\n")[0])
    add = reader.add_argument
    add("--folder", type=Path, required=True, help="exchange folder shared with Odoo")
    add("--invoicers", type=Path, required=True, help="JSON list of the announced")
    add("--port", type=int, default=8090, help="0 takes a free one (default 8090)")
    add("--schemas", type=Path, help="folder with the official XSD files")
    add(
        "--state", default=":memory:", help="SQLite file; else all is forgotten at stop"
    )
    add("--today", type=date.fromisoformat, help="play this date, YYYY-MM-DD")
    add("--consumers", type=Path, help="JSON list of demo consumers")
    add(
        "--bank",
        action="append",
        metavar="BIC:DIGITS:NAME",
        help="a bank to play, first digits of its accounts, name; may be repeated "
        f"(default {' and '.join(setup.BANKS)})",
    )
    add("--poll", type=float, default=0.3, help="seconds between looks (default 0.3)")
    add("--max-request", type=int, default=65_536, help="largest web request, bytes")
    add("--max-file", type=int, default=20_000_000, help="largest file taken, bytes")
    return reader.parse_args()


def open_bank(options: argparse.Namespace) -> Bank:
    """The bank with its books; demo consumers are entered into empty books."""
    bank = Bank(
        Records(options.state),
        Folder(options.folder),
        Schemas(options.schemas or default_schemas()),
        setup.read_banks(options.bank or list(setup.BANKS)),
        options.today,
    )
    if not bank.books.all("customer"):
        for person in setup.read_list(options.consumers or setup.CONSUMERS):
            bank.customer(person)
    bank.register.begin(setup.read_invoicers(options.invoicers))
    return bank


def poll_until(stopped: threading.Event, incoming: Incoming, pause: float) -> None:
    """Look into the outbox until told to stop; a bad look is not the last one."""
    while not stopped.wait(pause):
        try:
            incoming.poll()
        except Exception as error:
            print(f"bank: looking failed: {error!r}", file=sys.stderr, flush=True)


def main() -> int:
    """Play the bank until told to stop."""
    options = read_arguments()
    try:
        bank = open_bank(options)
    except (web.Refusal, ValueError, KeyError, OSError, sqlite3.Error) as error:
        print(f"bank: {error!r}", file=sys.stderr)
        return 1
    incoming = Incoming(bank, options.max_file)
    app = application(bank, incoming, options.max_request)
    server = web.listen(app, "127.0.0.1", options.port)
    if server is None:
        return web.BUSY
    stopped = threading.Event()
    poller = threading.Thread(target=poll_until, args=(stopped, incoming, options.poll))
    poller.start()
    ready = f"Bank ready at http://127.0.0.1:{server.port}/ ({bank.schemas})"
    web.serve(server, ready, stopped.set, poller.join, bank.books.close)
    return 0


if __name__ == "__main__":
    sys.exit(main())

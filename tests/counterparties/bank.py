"""A stand-in for Finnish banks and their netbank, for demo and system tests.

    python tests/counterparties/bank.py --folder DIR --invoicers FILE.json

It takes what the invoicer writes to DIR/outbox, checks it as a consumer's bank
does, shows good invoices in the netbank, answers bad ones in DIR/inbox, and
delivers there the ReceiverInfo messages that consumers cause. It shares no code
with the addons: its rules come from the public guidelines and official schemas.
"""

from __future__ import annotations

import argparse
import datetime as dt
import errno
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from bank_core import Bank, BankError
from bank_frame import Schemas
from bank_incoming import Incoming
from bank_setup import (
    DEFAULT_BANKS,
    DEFAULT_CONSUMERS,
    SetupError,
    load_invoicers,
    parse_banks,
    read_json_list,
)
from bank_store import Exchange, Store
from bank_web import Server

_BUSY = 2


def default_schemas() -> Path:
    """Beside the project, unless RECEIVABLES_TEST_DATA names another folder."""
    project = Path(__file__).resolve().parents[2]
    named = os.environ.get("RECEIVABLES_TEST_DATA")
    data = Path(named) if named else project.parent / "shared" / "data"
    return data / "finvoice" / "xsd"


def read_arguments(given: list[str] | None = None) -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    add = reader.add_argument
    add("--folder", type=Path, required=True, help="exchange folder shared with Odoo")
    add("--invoicers", type=Path, required=True, help="JSON list of the announced")
    add("--port", type=int, default=8090, help="0 takes a free one (default 8090)")
    add("--schemas", type=Path, help="folder with the official XSD files")
    add("--state", type=Path, help="SQLite file; without it all is forgotten at stop")
    add("--today", type=dt.date.fromisoformat, help="play this date, YYYY-MM-DD")
    add("--consumers", type=Path, help="JSON list of demo consumers")
    add(
        "--bank",
        action="append",
        metavar="BIC:DIGITS:NAME",
        help=f"a bank to play, first digits of its accounts, name; may be repeated "
        f"(default {' and '.join(DEFAULT_BANKS)})",
    )
    add("--poll", type=float, default=0.3, help="seconds between looks (default 0.3)")
    add("--max-request", type=int, default=65_536, help="largest web request, bytes")
    add("--max-file", type=int, default=20_000_000, help="largest file taken, bytes")
    return reader.parse_args(given)


def open_bank(options: argparse.Namespace) -> Bank:
    """The bank with its books; demo consumers are entered into empty books."""
    folder = options.schemas or default_schemas()
    bank = Bank(
        Store(str(options.state or ":memory:")),
        Exchange(options.folder),
        Schemas(folder if folder.is_dir() else None),
        parse_banks(options.bank or list(DEFAULT_BANKS)),
        load_invoicers(options.invoicers),
        options.today,
    )
    if not bank.store.all("customer"):
        consumers = (
            read_json_list(options.consumers)
            if options.consumers
            else DEFAULT_CONSUMERS
        )
        try:
            for person in consumers:
                bank.add_customer(person)
        except BankError as error:
            raise SetupError(f"A demo consumer cannot be entered: {error}") from error
    return bank


def poll_until(stopped: threading.Event, incoming: Incoming, pause: float) -> None:
    """Look into the outbox until told to stop; a bad look is not the last one."""
    while not stopped.wait(pause):
        try:
            incoming.poll()
        except Exception as error:
            print(f"bank: looking failed: {error!r}", file=sys.stderr, flush=True)


def serve(options: argparse.Namespace) -> int:
    bank = open_bank(options)
    incoming = Incoming(bank, options.max_file)
    try:
        server = Server(options.port, bank, incoming, options.max_request)
    except (OSError, OverflowError) as error:
        busy = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "is busy" if busy else f"cannot be used: {error}"
        print(f"bank: port {options.port} {why}", file=sys.stderr)
        return _BUSY
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    poller = threading.Thread(target=poll_until, args=(stopped, incoming, options.poll))
    web = threading.Thread(target=server.serve_forever, daemon=True)
    poller.start()
    web.start()
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    print(f"Bank ready at {address} ({bank.schemas.describe()})", flush=True)
    stopped.wait()
    server.shutdown()
    poller.join()
    server.server_close()
    bank.store.close()
    return 0


def main() -> int:
    options = read_arguments()
    try:
        return serve(options)
    except (SetupError, OSError, sqlite3.DatabaseError) as error:
        print(f"bank: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

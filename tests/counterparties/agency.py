"""A stand-in for a debt-collection agency, for demo and system tests.

    python tests/counterparties/agency.py --port 8092

It speaks the contract in docs/agency_api.md under /v1, has a portal for people
under /portal/ and controls for tests under /v1/sandbox/. It shares no code with
the addons and needs nothing but Python.
"""

from __future__ import annotations

import argparse
import errno
import json
import signal
import sqlite3
import sys
import threading
from pathlib import Path

import agency_access
from agency_core import Agency
from agency_errors import ApiError
from agency_http import Server
from agency_store import Store
from agency_webhooks import Sender

_BUSY = 2
_PATIENCE = 2
_POLL = 0.1
_DEMO = {"client_id": "demo", "client_secret": "demo-secret"}


class SetupError(Exception):
    """The program cannot start as it was told to."""


def read_arguments(given: list[str] | None = None) -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    add = reader.add_argument
    add("--port", type=int, default=8092, help="0 takes a free one (default 8092)")
    add("--host", default="127.0.0.1", help="address to listen on (default loopback)")
    add("--state", type=Path, help="SQLite file; without it all is forgotten at stop")
    add("--clients", type=Path, help="JSON list of clients (default: one, demo)")
    add("--name", default="Nordanvind Inkasso (sandbox)", help="the agency's name")
    add("--country", default="SE", help="where the agency is (default SE)")
    add(
        "--retry-unit",
        type=float,
        default=60,
        help="seconds before the second attempt of a webhook; doubles (default 60)",
    )
    add("--log", type=Path, help="file for a line a request, with ids only")
    return reader.parse_args(given)


def read_clients(path: Path | None) -> list[dict]:
    if path is None:
        return [_DEMO]
    try:
        clients = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error
    if not isinstance(clients, list) or not all(isinstance(c, dict) for c in clients):
        raise SetupError(f"{path} is not a JSON list of objects")
    return clients


def open_agency(options: argparse.Namespace) -> Agency:
    """The agency with its books and clients."""
    clients = read_clients(options.clients)
    agency = Agency(
        Store(str(options.state or ":memory:")), options.name, options.country
    )
    for client in clients:
        try:
            agency_access.add_client(agency, client)
        except ApiError as error:
            raise SetupError(f"A client cannot be entered: {error}") from error
    return agency


def serve(options: argparse.Namespace) -> int:
    agency = open_agency(options)
    try:
        server = Server(options.host, options.port, agency, options.log)
    except (OSError, OverflowError) as error:
        busy = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "is busy" if busy else f"cannot be used: {error}"
        print(f"agency: port {options.port} {why}", file=sys.stderr)
        return _BUSY
    agency.base_url = f"http://{options.host}:{server.server_address[1]}"
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    sender = Sender(agency, options.retry_unit)
    web = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
    sender.start()
    web.start()
    print(f"agency: {agency.base_url}/", flush=True)
    stopped.wait()
    sender.stop()
    server.shutdown()
    server.server_close()
    # a delivery under way may still want to enter its result
    sender.join(_PATIENCE)
    agency.store.close()
    return 0


def main() -> int:
    options = read_arguments()
    try:
        return serve(options)
    except (SetupError, OSError, sqlite3.DatabaseError) as error:
        print(f"agency: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""Starts the agency; see the package for what it is."""

import argparse
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

from flask import Flask

from counterparties.common import web

from . import __doc__ as description
from . import access
from .app import application
from .books import Ledger
from .core import Agency
from .errors import ApiError
from .webhooks import Sender

_DEMO = {"client_id": "demo", "client_secret": "demo-secret"}


def read_arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The options of the command line."""
    summary = (description or "").split("\n", 1)[0]
    reader = argparse.ArgumentParser(prog="agency", description=summary)
    add = reader.add_argument
    add("--port", type=int, default=8092, help="0 takes a free one (default 8092)")
    add("--host", default="127.0.0.1", help="address to listen on (default loopback)")
    add("--state", type=Path, help="SQLite file; without it all is forgotten at stop")
    add("--clients", type=Path, help="JSON list of clients (default: one, demo)")
    add("--name", default="Nordanvind Inkasso (sandbox)", help="the agency's name")
    add("--country", default="SE", help="where the agency is (default SE)")
    words = "seconds before the second attempt of a webhook; doubles (default 60)"
    add("--retry-unit", type=float, default=60, help=words)
    words = "OpenAPI document; what breaks it is told at /v1/sandbox/breaches"
    add("--contract", type=Path, help=words)
    add("--log", type=Path, help="file for a line a request, with ids only")
    return reader.parse_args(given)


def read_clients(path: Path | None) -> list[dict]:
    """Who may call the agency.

    :raises ValueError: the file is not made as it should be
    """
    clients = json.loads(path.read_bytes()) if path else [_DEMO]
    if not isinstance(clients, list) or not all(isinstance(c, dict) for c in clients):
        raise ValueError(f"{path} is not a JSON list of objects")
    return clients


def watched(app: Flask, document: Path) -> Any:
    """Have a contract look at all that is said; what it needs is for tests only."""
    from counterparties.common import contract

    watch = contract.Watch(app.wsgi_app, contract.Contract(document, "/v1"), "/v1")
    app.wsgi_app = watch
    return watch


def run(options: argparse.Namespace) -> int:
    """Serve until it is told to stop."""
    books = Ledger(str(options.state or ":memory:"))
    agency = Agency(books, options.name, options.country)
    log = options.log.open("a", encoding="utf-8") if options.log else None
    app = application(agency, log)
    watch = watched(app, options.contract) if options.contract else None
    with app.app_context():
        for client in read_clients(options.clients):
            access.add_client(client)
    server = web.listen(app, options.host, options.port)
    if server is None:
        return web.BUSY
    agency.base_url = f"http://{options.host}:{server.port}"
    sender = Sender(app, options.retry_unit, watch)
    sender.start()
    web.serve(server, f"agency: {agency.base_url}/", sender.stop, books.close)
    return 0


def main() -> int:
    """The exit status."""
    try:
        return run(read_arguments())
    except (ApiError, OSError, ValueError, sqlite3.DatabaseError) as error:
        print(f"agency: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""A stand-in for kiosk networks and their kiosks, for demo and system tests.

    python -m counterparties.kiosk --port 8093 --state kiosk.sqlite \\
        --networks networks.json

Customers pay at `/`, the operator looks at `/operator`, tests use `/sandbox/…`.

networks.json is a list of networks, or an object with that list under "networks":

    {"name": "demo-osmp",              the key of the network here
     "title": "Demo kiosk network",    what people see (default: the name)
     "protocol": "osmp",               osmp, kaspi_json, kaspi_xml, sber_eps,
                                       privatbank_debt, payme or signed_json
     "endpoint": "http://127.0.0.1:8069/payment_terminal/<token>",
     "auth": {"kind": "none"},         or {"kind": "basic", "login", "password"},
                                       {"kind": "secret", "value"} (a parameter of the
                                       protocol, or with "header" a header),
                                       {"kind": "hmac", "secret"},
                                       {"kind": "certificate", "header", "value"}
     "headers": {},                    sent with every request, such as what a proxy
                                       in front of the company would add
     "currency": "KZT", "decimals": 2, "zone": "Asia/Almaty",
     "kiosks": ["K-001"],              ids of its kiosks; the first is the screen's
     "limit_seconds": null,            how long it waits for an answer (null: as the
                                       protocol says, 15 or 60)
     "sandbox": false,                 true: reserve, pay and cancel are sent twice
     "options": {}}                    by protocol, all texts or true/false:
                                       any: ask_factor, ask_invoice (more fields on
                                         the screen)
                                       osmp: ccy, prv_id, cancel (same_id, own_id)
                                       sber_eps: style (action, command)
                                       privatbank_debt: unit_name, service_code,
                                         company_code
                                       payme: account_field

Only "name", "protocol" and "endpoint" must be there.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from pathlib import Path

from flask import Flask

from counterparties.common import web

from . import money, networks
from .books import Books
from .core import Kiosk
from .exchange import readable
from .operators import operators
from .sandbox import sandbox
from .screens import screens
from .worker import Workers

_LIMIT = 4 * 1024 * 1024
MENU = {"Pay": "/", "Receipts": "/receipt", "Operator": "/operator"}


def read_arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    add = reader.add_argument
    add("--port", type=int, default=8093, help="0 takes a free one (default 8093)")
    add("--host", default="127.0.0.1", help="address to listen on (default loopback)")
    add("--state", type=Path, help="SQLite file; without it all is forgotten at stop")
    add("--networks", type=Path, help="JSON file with the networks to play")
    add(
        "--retry-unit",
        type=float,
        default=10,
        help="seconds before the second attempt; the gap grows (default 10)",
    )
    words = "OpenAPI document of signed_json; what breaks it is a complaint"
    add("--contract", type=Path, help=words)
    return reader.parse_args()


def application(kiosk: Kiosk, workers: Workers) -> Flask:
    """The screens, the operator's pages and the controls."""
    app = web.application(Path(__file__).parent, _LIMIT, api="/sandbox/")
    app.extensions.update(kiosk=kiosk, workers=workers)
    for part in (screens, operators, sandbox):
        app.register_blueprint(part)
    app.context_processor(lambda: {"party": "Demo kiosk", "menu": MENU})
    app.add_template_filter(money.printed, "money")
    app.add_template_filter(readable)
    return app


def run(options: argparse.Namespace) -> int:
    books = Books(str(options.state or ":memory:"))
    kiosk = Kiosk(books, options.retry_unit, options.contract)
    for network in networks.read_file(options.networks) if options.networks else ():
        kiosk.add_network(network)
    workers = Workers(kiosk)
    server = web.listen(application(kiosk, workers), options.host, options.port)
    if server is None:
        return web.BUSY
    workers.start()
    ready = f"kiosk: http://{options.host}:{server.port}/"
    web.serve(server, ready, workers.stop, kiosk.books.close)
    return 0


def main() -> int:
    try:
        return run(read_arguments())
    except (web.Refusal, OSError, ValueError, sqlite3.DatabaseError) as error:
        print(f"kiosk: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

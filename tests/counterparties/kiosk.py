"""A stand-in for kiosk networks and their kiosks, for demo and system tests.

    python tests/counterparties/kiosk.py --port 8093 --state kiosk.sqlite \\
        --networks networks.json

Customers pay at `/`, the operator looks at `/operator`, tests use `/sandbox/…`.
It speaks the protocols of terminal networks as the network's side does, shares no
code with the addons, and needs Python, lxml and nothing else.

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
import errno
import signal
import sqlite3
import sys
import threading
from pathlib import Path

import kiosk_networks
from kiosk_core import Kiosk
from kiosk_errors import KioskError
from kiosk_http import Server
from kiosk_store import Store
from kiosk_worker import Workers

_BUSY = 2
_POLL = 0.1
_PATIENCE = 2


def read_arguments(given: list[str] | None = None) -> argparse.Namespace:
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
    return reader.parse_args(given)


def serve(options: argparse.Namespace) -> int:
    kiosk = Kiosk(Store(str(options.state or ":memory:")), options.retry_unit)
    if options.networks:
        for network in kiosk_networks.read_file(options.networks):
            kiosk.add_network(network)
    workers = Workers(kiosk)
    try:
        server = Server(options.host, options.port, kiosk, workers)
    except (OSError, OverflowError) as error:
        busy = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "is busy" if busy else f"cannot be used: {error}"
        print(f"kiosk: port {options.port} {why}", file=sys.stderr)
        return _BUSY
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    web = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
    workers.start()
    web.start()
    print(f"kiosk: http://{options.host}:{server.server_address[1]}/", flush=True)
    stopped.wait()
    workers.stop()
    server.shutdown()
    server.server_close()
    # an attempt under way may still want to be written down
    workers.join(_PATIENCE)
    kiosk.store.close()
    return 0


def main() -> int:
    options = read_arguments()
    try:
        return serve(options)
    except (KioskError, OSError, sqlite3.DatabaseError) as error:
        print(f"kiosk: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""Starts Kravia; see the package for what it is."""

import argparse
import sys
from pathlib import Path

from counterparties.common import web

from . import __doc__ as description
from .app import application
from .books import Ledger
from .webhooks import Sender


def main() -> int:
    """Serve until it is told to stop; the exit status."""
    summary = (description or "").split("\n", 1)[0]
    reader = argparse.ArgumentParser(prog="kravia", description=summary)
    add = reader.add_argument
    add("--port", type=int, default=8095, help="0 takes a free one (default 8095)")
    add("--host", default="127.0.0.1", help="address to listen on (default loopback)")
    add("--state", type=Path, help="SQLite file; without it all is forgotten at stop")
    add("--secret", default="kravia-secret", help="what the creditor's program shows")
    add("--creditor", type=int, default=10759, help="the creditor's number")
    given = reader.parse_args()
    books = Ledger(str(given.state or ":memory:"))
    books.set_setting("secret", given.secret)
    books.set_setting("creditor", given.creditor)
    sender = Sender(books)
    server = web.listen(application(books, sender), given.host, given.port)
    if server is None:
        return web.BUSY
    sender.start()
    ready = f"kravia: http://{given.host}:{server.port}/"
    web.serve(server, ready, sender.stop, books.close)
    return 0


if __name__ == "__main__":
    sys.exit(main())

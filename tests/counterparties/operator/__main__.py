"""Starts the operator; see the package for what it is."""

import argparse
import json
import sys
from pathlib import Path

from counterparties.common import web

from . import __doc__ as description
from .app import application
from .books import Mailroom


def main() -> int:
    """Serve until it is told to stop; the exit status."""
    summary = (description or "").split("\n", 1)[0]
    reader = argparse.ArgumentParser(prog="operator", description=summary)
    add = reader.add_argument
    add("--port", type=int, default=8096, help="0 takes a free one (default 8096)")
    add("--host", default="127.0.0.1", help="address to listen on (default loopback)")
    add("--state", type=Path, help="SQLite file; without it all is forgotten at stop")
    add("--people", type=Path, help="JSON: people in Norway who have a netbank")
    given = reader.parse_args()
    books = Mailroom(str(given.state or ":memory:"))
    if given.people:
        for person in json.loads(given.people.read_text(encoding="utf-8")):
            books.register(person)
    server = web.listen(application(books), given.host, given.port)
    if server is None:
        return web.BUSY
    web.serve(server, f"operator: http://{given.host}:{server.port}/", books.close)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The web application."""

from pathlib import Path

from flask import Flask

from counterparties.common import web

from .api import api
from .books import Ledger
from .desk import Desk
from .sandbox import sandbox
from .webhooks import Sender

LIMIT = 1024 * 1024


def application(books: Ledger, sender: Sender) -> Flask:
    """The calls and the orders, on these books."""
    app = web.application(Path(__file__).resolve().parent, LIMIT)
    app.extensions["desk"] = Desk(books, sender)
    app.register_blueprint(api)
    app.register_blueprint(sandbox)
    return app

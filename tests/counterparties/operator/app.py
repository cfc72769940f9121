"""The web application."""

from pathlib import Path

from flask import Flask

from counterparties.common import web

from .api import api, login
from .books import Mailroom
from .sandbox import sandbox

LIMIT = 4 * 1024 * 1024


def application(books: Mailroom) -> Flask:
    """The calls and the orders, on these books."""
    app = web.application(Path(__file__).resolve().parent, LIMIT, api="/")
    app.extensions["books"] = books
    for part in (login, api, sandbox):
        app.register_blueprint(part)
    return app

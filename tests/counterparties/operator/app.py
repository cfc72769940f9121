"""The web application."""

from pathlib import Path

from flask import Flask

from counterparties.common import web

from . import norway  # noqa: F401 (its calls are the API's)
from .api import api, login
from .books import Mailroom
from .pages import pages
from .sandbox import sandbox

LIMIT = 4 * 1024 * 1024


def application(books: Mailroom) -> Flask:
    """The calls and the orders, on these books."""
    app = web.application(Path(__file__).resolve().parent, LIMIT, api="/v1/")
    app.extensions["books"] = books
    for part in (login, api, sandbox, pages):
        app.register_blueprint(part)
    return app

"""The contracts that Odoo keeps, for tests that see both ends of a line."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from common.contract import Breach, Contract, Exchange
from kiosk_line import Answer, Ask

DOCS = Path(__file__).resolve().parents[2] / "docs"
AGENCY_API = DOCS / "agency_api.yaml"
TERMINAL_JSON = DOCS / "terminal_json.yaml"
# what says that the request itself was not as agreed
REFUSED = (400, 422)


@cache
def terminal_json() -> Contract:
    """What a bank without a protocol of its own speaks."""
    return Contract(TERMINAL_JSON, "/payment_terminal")


def breaches_of_terminal_json(ask: Ask, answer: Answer) -> list[Breach]:
    """What a network and the company broke; a request may be refused for its form."""
    parts = urlsplit(ask.url)
    exchange = Exchange(
        ask.method,
        f"{parts.path}?{parts.query}" if parts.query else parts.path,
        ask.headers,
        ask.body,
        answer.status,
        answer.headers,
        answer.body,
    )
    found = terminal_json().breaches(exchange)
    judged = answer.status in REFUSED
    return [each for each in found if each.party == "server" or not judged]

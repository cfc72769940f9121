"""An exchange of Terminal JSON against the document that describes it.

What is needed to look is for tests only.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from counterparties.common.contract import Breach, Contract, Exchange

from .line import Answer, Ask

START = "/payment_terminal"


@cache
def terminal_json(document: Path) -> Contract:
    """What a bank without a protocol of its own speaks."""
    return Contract(document, START)


def breaches(document: Path, ask: Ask, answer: Answer) -> list[Breach]:
    """What broke it; of a request that was refused it was the request."""
    path = urlsplit(ask.url).path
    sent, got = (ask.headers, ask.body), (answer.status, answer.headers, answer.body)
    exchange = Exchange(ask.method, path, *sent, *got)
    is_refused = answer.status in (400, 422)
    found = terminal_json(document).breaches(exchange)
    return [each for each in found if each.party == "server" or not is_refused]

"""How a counterparty without pages is told what to do: a line of JSON at a time.

It says in its first line where it is, then answers each order with a line, and ends
with its standard input: whoever started it cannot leave it behind.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def obey(hello: Json, order: Callable[[Json], Json]) -> None:
    """Say hello, then carry out what is ordered until nothing more comes."""
    _say(hello)
    for line in sys.stdin:
        _say(order(json.loads(line)))


def _say(said: Json) -> None:
    print(json.dumps(said), flush=True)

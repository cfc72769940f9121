"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")
# between two questions, each of which an Odoo has to answer: ever more of a pause
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.1, 1.0, 1.5
# seconds until a test gives up: a busy machine may take its time
PATIENCE = 240


def eventually(
    condition: Callable[[], Answer],
    seconds: float,
    what: str,
    pause: float = 0,
) -> Answer:
    """The first true answer of a condition that is asked again and again.

    :param pause: seconds between two questions, where they are to stay the same
    """
    deadline = time.monotonic() + seconds
    wait = pause or FIRST_PAUSE
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what} (last: {answer!r})")
        time.sleep(wait)
        wait = pause or min(wait * GROWTH, LONGEST_PAUSE)
    return answer

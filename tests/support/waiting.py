"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")
PAUSE_SECONDS = 0.2
# seconds until a test gives up: a busy machine may take its time
PATIENCE = 240


def eventually(
    condition: Callable[[], Answer],
    seconds: float,
    what: str,
    pause: float = PAUSE_SECONDS,
) -> Answer:
    """The first true answer of a condition that is asked again and again."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what} (last: {answer!r})")
        time.sleep(pause)
    return answer

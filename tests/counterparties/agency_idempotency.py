"""Repeated calls: done once, answered every time."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import agency_clock
from agency_core import Agency
from agency_errors import ApiError, invalid
from agency_multipart import Part

_HEADER = "Idempotency-Key"
_LIMIT = 255
_DAYS = 30
_RETRY_AFTER = "1"


def read_key(value: str | None) -> str:
    """
    :raises ApiError: no key, or not one
    """
    if not value:
        raise invalid(_HEADER, "required", f"The header {_HEADER} is missing.")
    if len(value) > _LIMIT or not value.isascii() or not value.isprintable():
        words = f"{_HEADER} is not made of 1 to {_LIMIT} printable ASCII characters."
        raise invalid(_HEADER, "format", words)
    return value


def fingerprint(
    method: str, target: str, content: dict | None, parts: list[Part]
) -> str:
    """What makes two calls the same: not the order of members, not the boundary."""
    made = hashlib.sha256(f"{method} {target}\n".encode())
    made.update(json.dumps(content, sort_keys=True).encode())
    for part in parts:
        what = part.name, part.filename, part.content_type
        made.update(json.dumps([*what, len(part.data)]).encode())
        made.update(part.data)
    return made.hexdigest()


class InFlight:
    """The calls that are being worked on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: set[tuple[str, str]] = set()

    @contextmanager
    def hold(self, client: str, key: str) -> Iterator[None]:
        """
        :raises ApiError: a call with this key is still being worked on
        """
        with self._lock:
            if (client, key) in self._keys:
                raise ApiError(
                    "idempotency_in_flight",
                    "The first call with this key is still being worked on.",
                    headers={"Retry-After": _RETRY_AFTER},
                )
            self._keys.add((client, key))
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard((client, key))


def stored(
    agency: Agency, client: str, key: str, mark: str
) -> tuple[int, bytes] | None:
    """The answer of the first call with this key, if it succeeded.

    :raises ApiError: the first call was another one
    """
    since = agency.clock.now() - dt.timedelta(days=_DAYS)
    known = agency.store.answer(client, key, agency_clock.show(since))
    if known is None:
        return None
    if known[0] != mark:
        raise ApiError(
            "idempotency_conflict", "This key was used for another call already."
        )
    return known[1], known[2]


def keep(
    agency: Agency, client: str, key: str, mark: str, status: int, body: bytes
) -> None:
    stamp = agency.clock.stamp()
    agency.store.keep_answer(client, key, mark, stamp, status, body)

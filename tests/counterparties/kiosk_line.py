"""The line to the company: one request over HTTP, and the faults lines have."""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_MOST_BYTES = 4 * 1024 * 1024
_PLACES = {"before": "before", "middle": "in the middle of", "after": "after"}


@dataclass(frozen=True)
class Ask:
    """A request as the protocol writes it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Traffic:
    """One attempt: an answer, or why there is none."""

    answer: Answer | None
    silence: str
    seconds: float
    # the answer was there, but the network did not get it
    lost: Answer | None = None


def _connect(url: str, limit: float) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    kind: type[http.client.HTTPConnection] = http.client.HTTPConnection
    if parts.scheme == "https":
        kind = http.client.HTTPSConnection
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return kind(parts.hostname or "", parts.port, timeout=limit), target


def _fetch(ask: Ask, limit: float) -> Answer:
    """:raises OSError: no connection, or no answer in time
    :raises http.client.HTTPException: not an answer of HTTP
    """
    begun = time.monotonic()
    connection, target = _connect(ask.url, limit)
    try:
        connection.request(ask.method, target, ask.body or None, ask.headers)
        found = connection.getresponse()
        body = found.read(_MOST_BYTES + 1)
        if found.length and len(body) <= _MOST_BYTES:
            # the line broke in the middle of the answer
            raise http.client.IncompleteRead(body, found.length)
        if len(body) > _MOST_BYTES:
            raise http.client.HTTPException("too long")
        if time.monotonic() - begun > limit:
            raise TimeoutError
        names = {name.lower(): value for name, value in found.headers.items()}
        return Answer(found.status, names, body)
    finally:
        connection.close()


def send(ask: Ask, limit: float) -> Traffic:
    """One request without a fault; a redirect is an answer like any other."""
    begun = time.monotonic()
    try:
        answer = _fetch(ask, limit)
    except TimeoutError:
        return Traffic(None, "no answer in time", time.monotonic() - begun)
    except (OSError, http.client.HTTPException) as error:
        why = f"the line broke: {type(error).__name__}"
        return Traffic(None, why, time.monotonic() - begun)
    return Traffic(answer, "", time.monotonic() - begun)


def lose_answer(ask: Ask, limit: float) -> Traffic:
    """The company did its work; the network never hears of it."""
    whole = send(ask, limit)
    why = whole.silence or "the answer was lost"
    return Traffic(None, why, whole.seconds, lost=whole.answer)


def delay(ask: Ask, limit: float, seconds: float) -> Traffic:
    """The answer comes later by so much; beyond the limit it comes too late."""
    whole = send(ask, limit)
    total = whole.seconds + seconds
    time.sleep(max(0.0, min(total, limit) - whole.seconds))
    if total >= limit:
        why = whole.silence or "no answer in time"
        return Traffic(None, why, limit, lost=whole.answer)
    return Traffic(whole.answer, whole.silence, total)


def corrupt(ask: Ask, limit: float) -> Traffic:
    """Half of the answer arrives, and ends in bytes that are no text."""
    whole = send(ask, limit)
    if whole.answer is None:
        return whole
    body = whole.answer.body
    spoilt = body[: len(body) // 2] + b"\xff\x00<"
    answer = Answer(whole.answer.status, whole.answer.headers, spoilt)
    return Traffic(answer, "", whole.seconds, lost=whole.answer)


def _half(ask: Ask, target: str, host: str) -> bytes:
    """Half of the body, or without one half of the address."""
    if not ask.body:
        return f"{ask.method} {target[: len(target) // 2]}".encode()
    headers = {"Host": host, **ask.headers, "Content-Length": str(len(ask.body))}
    head = f"{ask.method} {target} HTTP/1.1\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{head}\r\n".encode() + ask.body[: len(ask.body) // 2]


def cut(ask: Ask, limit: float, where: str) -> Traffic:
    """Hang up `before` a byte is sent, in the `middle` or `after` the request."""
    begun = time.monotonic()
    connection, target = _connect(ask.url, limit)
    try:
        connection.connect()
        if where == "after":
            connection.request(ask.method, target, ask.body or None, ask.headers)
        elif where == "middle" and connection.sock is not None:
            connection.sock.sendall(_half(ask, target, connection.host))
            connection.sock.shutdown(socket.SHUT_WR)
    except OSError as error:
        why = f"the line broke: {type(error).__name__}"
        return Traffic(None, why, time.monotonic() - begun)
    finally:
        connection.close()
    why = f"the line was cut {_PLACES[where]} the request"
    return Traffic(None, why, time.monotonic() - begun)

"""The line to the company: one request over HTTP, and the faults lines have."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import urllib3

from .faults import Fault

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


def send(ask: Ask, limit: float) -> Traffic:
    """One request without a fault; a redirect is an answer like any other."""
    begun = time.monotonic()
    answer, silence = None, ""
    try:
        with urllib3.PoolManager(headers=ask.headers, timeout=limit) as line:
            body = ask.body or None
            found = line.urlopen(
                ask.method, ask.url, redirect=False, retries=False, body=body
            )
        names = {name.lower(): value for name, value in found.headers.items()}
        answer = Answer(found.status, names, found.data)
    except urllib3.exceptions.ReadTimeoutError:
        silence = "no answer in time"
    except (OSError, urllib3.exceptions.HTTPError) as error:
        silence = f"the line broke: {type(error).__name__}"
    seconds = time.monotonic() - begun
    if answer and seconds > limit:
        # it came drop by drop
        return Traffic(None, "no answer in time", seconds)
    return Traffic(answer, silence, seconds)


def play(ask: Ask, limit: float, fault: Fault | None) -> Traffic:
    """One request on a line that has this fault."""
    kind = fault.kind if fault else ""
    if kind.startswith("cut_"):
        return _cut(ask, limit, kind.removeprefix("cut_"))
    whole = send(ask, limit)
    if whole.answer is None:
        return whole
    if kind == "lose_answer":
        return Traffic(None, "the answer was lost", whole.seconds, whole.answer)
    if fault and kind == "delay":
        total = whole.seconds + fault.seconds
        time.sleep(max(0.0, min(total, limit) - whole.seconds))
        if total >= limit:
            return Traffic(None, "no answer in time", limit, whole.answer)
        return Traffic(whole.answer, "", total)
    if kind == "corrupt":
        body = whole.answer.body
        spoilt = body[: len(body) // 2] + b"\xff\x00<"
        answer = Answer(whole.answer.status, whole.answer.headers, spoilt)
        return Traffic(answer, "", whole.seconds, whole.answer)
    return whole


def written(ask: Ask) -> bytes:
    """A request as it goes through the socket."""
    parts = urlsplit(ask.url)
    target = ask.url.partition(parts.netloc)[2] or "/"
    headers = {"Host": parts.netloc, "Connection": "close", **ask.headers}
    if ask.body:
        headers.setdefault("Content-Length", str(len(ask.body)))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    start = f"{ask.method} {target} HTTP/1.1\r\n{head}\r\n"
    return start.encode("utf-8", "surrogateescape") + ask.body


def _cut(ask: Ask, limit: float, where: str) -> Traffic:
    """Hang up `before` a byte is sent, in the `middle` or `after` the request."""
    begun = time.monotonic()
    parts, whole = urlsplit(ask.url), written(ask)
    # half of the body, or without one half of the address
    half = len(whole) - len(ask.body) // 2 if ask.body else whole.index(b"\r\n") // 2
    sent = {"before": b"", "middle": whole[:half], "after": whole}[where]
    why = f"the line was cut {_PLACES[where]} the request"
    try:
        place = (parts.hostname or "", parts.port or 80)
        with socket.create_connection(place, limit) as line:
            line.sendall(sent)
            if where == "middle":
                line.shutdown(socket.SHUT_WR)
    except OSError as error:
        why = f"the line broke: {type(error).__name__}"
    return Traffic(None, why, time.monotonic() - begun)

"""Rubbish never gets further than a dialect's reader, and every reader answers it.

The same rubbish goes through a real server in ``tests/terminal/test_fuzz.py``; here it
is read without one, which allows a million pieces in minutes
(``RECEIVABLES_FUZZ_REQUESTS=1000000``).
"""

import os
import time
import tracemalloc
from types import SimpleNamespace
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from terminal_formats import (
    kaspi,
    osmp,
    payme,
    privatbank_debt,
    sber_eps,
    signed_json,
)
from terminal_formats.calls import BadCall, Outcome, Result, Terms, WireRequest

from counterparties.kiosk import networks
from support.caller import Caller
from support.rubbish import Heap

PIECES = int(os.environ.get("RECEIVABLES_FUZZ_REQUESTS") or 2000)
KEY = "a key of the bank and of ours"
DIALECTS = {
    "osmp": osmp,
    "kaspi_json": SimpleNamespace(read=kaspi.read, write=kaspi.JSON.write),
    "kaspi_xml": SimpleNamespace(read=kaspi.read, write=kaspi.XML.write),
    "sber_eps": sber_eps,
    "privatbank_debt": privatbank_debt,
    "payme": payme,
    "signed_json": signed_json,
}
TERMS = Terms("KZT", 2, ZoneInfo("Asia/Almaty"), key=KEY.encode())
# Nothing is kept between two requests; some slack for what Python itself keeps.
MOST_MORE_BYTES = 2_000_000


def wire_request(data: bytes) -> WireRequest | None:
    """The request inside what goes through a socket; None when HTTP would not pass."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, _version = rest.rpartition(" ")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    try:
        query = urlsplit(target).query
    except ValueError:
        return None
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return WireRequest(method, query, body, kind, headers)


@pytest.fixture(scope="module", name="heap")
def _heap():
    proofs = {
        "payme": {"kind": "basic", "login": "Paycom", "password": "x"},
        "signed_json": {"kind": "hmac", "secret": KEY},
    }
    callers = [
        Caller(
            networks.read(
                {
                    "name": name,
                    "protocol": name,
                    "title": name,
                    "endpoint": "http://127.0.0.1:9/payment_terminal/token",
                    "auth": proofs.get(name, {"kind": "none"}),
                }
            )
        )
        for name in DIALECTS
    ]
    return Heap(callers, "rubbish")


def test_every_piece_is_answered_and_nothing_is_kept(heap):
    read = refused = 0
    before = None
    began = time.monotonic()
    for number in range(PIECES):
        if number == PIECES // 10:
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
        piece = heap.take()
        wire = wire_request(piece.data)
        if wire is None or piece.dialect not in DIALECTS:
            continue
        dialect = DIALECTS[piece.dialect]
        try:
            call = dialect.read(wire, TERMS)
            outcome = Outcome(Result.NOT_FOUND)
            read += 1
        except BadCall as bad:
            call, outcome = bad.call, Outcome(bad.result)
            refused += 1
        answer = dialect.write(call, outcome, TERMS)
        assert answer.body.decode() or answer.status != 200, piece
        if piece.dialect == "payme":
            assert answer.status == 200, piece
        else:
            assert answer.status < 500, piece
    more = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    spent = time.monotonic() - began
    print(f"{read} read, {refused} refused, {more} bytes more, {spent:.0f} s")
    assert refused > read
    assert more < MOST_MORE_BYTES

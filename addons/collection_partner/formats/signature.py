"""The signature of webhook calls.

Contract: docs/agency_api.md, "Events". The header ``X-Agency-Signature`` is
``t=<unix seconds>,v1=<hex>`` where ``<hex>`` is HMAC-SHA256 with the shared secret
over the time as written, a dot and the body byte for byte. While a secret is being
changed there may be one ``v1`` for the old and one for the new; other names are of
later versions and say nothing to this one.
"""

from __future__ import annotations

import hashlib
import hmac
import re

HEADER = "X-Agency-Signature"
# Seconds.
TOLERANCE = 300

# Year 2286 has ten digits; twelve leave no room for a denial by a huge number.
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)


class SignatureError(ValueError):
    """A call that is not proved to be the agency's, or is not of this moment.

    ``code`` is ``no_secret``, ``missing``, ``malformed``, ``mismatch`` or
    ``too_old``; only the last is said of a call that the agency did sign.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def verify(secret: str, header: str, body: bytes, now: float) -> None:
    """Check that the body was signed with the secret a moment ago.

    :param body: the bytes as they came, before anything has read them
    :param now: Unix seconds; a clock may go ahead as much as it may lag
    :raises SignatureError: it was not; see there
    """
    time, candidates = _read_header(header)
    # Anybody can sign with an empty secret.
    if not secret:
        raise SignatureError("no_secret")
    message = time.encode("ascii") + b"." + body
    digest = hmac.new(secret.encode("utf-8"), message, hashlib.sha256).hexdigest()
    expected = digest.encode("ascii")
    # All are compared: the time taken must not tell which of two secrets fits.
    matches = [hmac.compare_digest(expected, candidate) for candidate in candidates]
    if not any(matches):
        raise SignatureError("mismatch")
    if abs(now - int(time)) > TOLERANCE:
        raise SignatureError("too_old")


def _read_header(header: str) -> tuple[str, list[bytes]]:
    if not header.strip():
        raise SignatureError("missing")
    if not header.isascii():
        raise SignatureError("malformed")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _equals, value in pairs if name == "t"]
    candidates = [value.encode() for name, _equals, value in pairs if name == "v1"]
    if len(times) != 1 or not _TIME.fullmatch(times[0]) or not candidates:
        raise SignatureError("malformed")
    return times[0], candidates

"""Who is calling: addresses, passwords, signatures. Comparisons take equal time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Range = IPv4Network | IPv6Network

_WITH_PORT = re.compile(
    r"(?P<v4>[0-9.]+):[0-9]{1,5}|\[(?P<v6>[^\]]+)\](?::[0-9]{1,5})?", re.ASCII
)
# More hops than any chain of proxies has.
_MOST_HOPS = 20
# The widest ranges that are anybody's own: 10.0.0.0/8 and fc00::/7.
_WIDEST = {4: 8, 6: 7}


def same(given: str | bytes, expected: str | bytes) -> bool:
    """Whether two secrets are equal. An empty expected one equals nothing."""
    left = given.encode() if isinstance(given, str) else given
    right = expected.encode() if isinstance(expected, str) else expected
    return hmac.compare_digest(left, right) and bool(right)


def read_address(text: str) -> Address | None:
    """An IP address, an IPv4 one in IPv6 clothes as IPv4; None when it is none.

    Some proxies write the port behind it: ``192.0.2.7:443``, ``[2001:db8::7]:443``.
    """
    text = text.strip()
    found = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(found["v4"] or found["v6"] if found else text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def read_range(text: str) -> Range | None:
    """An address or a range (``79.142.16.0/20``); None when it is none.

    A range whose address has bits beyond its prefix is none: it was mistyped.
    """
    try:
        return ip_network(text.strip())
    except ValueError:
        return None


def read_proxies(text: str) -> tuple[tuple[Range, ...], tuple[str, ...]]:
    """The company's own proxies, and what can be none of them.

    A range that holds half the world (``0.0.0.0/0``) would let any caller say whose
    address he has.
    """
    ranges, wrong = [], []
    for entry in filter(None, re.split(r"[\s,;]+", text)):
        known = read_range(entry)
        if known is None or known.prefixlen < _WIDEST[known.version]:
            wrong.append(entry)
        else:
            ranges.append(known)
    return tuple(ranges), tuple(wrong)


def is_within(address: Address, ranges: Iterable[Range]) -> bool:
    """Whether an address lies in one of the ranges; no range admits nobody."""
    return any(
        address.version == known.version and address in known for known in ranges
    )


def client_address(
    peer: str, forwarded: Sequence[str], proxies: Iterable[Range]
) -> Address | None:
    """Who is really calling.

    Only what a trusted proxy wrote counts: beginning with the peer of the connection
    and going from right to left through ``X-Forwarded-For``, the first address that is
    no trusted proxy. What a caller wrote himself stands left of it and is never read.

    :param peer: address of the other end of the connection
    :param forwarded: values of all X-Forwarded-For headers, in their order
    :param proxies: the company's own proxies
    :return: None when the place where the address should stand holds none
    """
    trusted = tuple(proxies)
    address = read_address(peer)
    hops = [hop for value in forwarded for hop in value.split(",")]
    for hop in reversed(hops[-_MOST_HOPS:]):
        if address is None or not is_within(address, trusted):
            return address
        address = read_address(hop)
    return address


def basic_matches(header: str, login: str, password: str) -> bool:
    """Whether an ``Authorization`` header has this login and password (RFC 7617).

    An empty password fits nothing.
    """
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return bool(password) and same(given, f"{login}:{password}".encode())


def hide(text: str, secret: str) -> str:
    """The text without the secret, however a query may have escaped it."""
    signs = []
    for sign in secret:
        escaped = "".join(f"%{byte:02x}" for byte in sign.encode())
        ways = [f"(?i:{escaped})", re.escape(sign), *([r"\+"] if sign == " " else [])]
        signs.append(f"(?:{'|'.join(ways)})")
    return re.sub("".join(signs), "***", text) if signs else text


def digest(key: bytes, *parts: bytes) -> str:
    """HMAC-SHA256 in hexadecimal over the parts, joined by dots."""
    return hmac.new(key, b".".join(parts), hashlib.sha256).hexdigest()

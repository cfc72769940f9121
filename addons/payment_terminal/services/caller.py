import time

from ..formats import access

CERTIFICATE_HEADER = "x-client-certificate-fingerprint"
# How far the clock of a network that signs its requests may be off, in seconds.
TOLERANCE = 300


class Caller:
    """Who asks: from which address, and what proves that it is the network. Nothing of
    the request is read before that."""

    def __init__(self, network, peer, forwarded):
        """
        :param network: a :class:`Snapshot`
        :param str peer: address of the other end of the connection
        :param list[str] forwarded: the X-Forwarded-For headers
        """
        self.network = network
        self.address = access.client_address(peer, forwarded, network.proxies)
        self._peer = access.read_address(peer) or self.address

    def is_admitted(self):
        """Whether the network may call from this address today. No address, nobody."""
        return self.network.admits(self.address)

    def is_proved(self, dialect, wire):
        """Whether the request proves that it is the network's."""
        network = self.network
        if network.authentication == "basic":
            header = wire.headers.get("authorization", "")
            return access.basic_matches(header, network.login, network.password)
        if network.authentication == "secret":
            return access.same(dialect.read_secret(wire), network.secret)
        if network.authentication == "certificate":
            given = wire.headers.get(CERTIFICATE_HEADER, "").replace(":", "").lower()
            # only a proxy of the company says something about a certificate
            near = self._peer and access.is_within(self._peer, network.proxies)
            return bool(near) and access.same(given, network.fingerprint)
        if network.authentication == "hmac":
            return self._is_signed(*dialect.read_signature(wire))
        return True

    def _is_signed(self, signature, parts, timestamp):
        key = self.network.terms.key
        return (
            bool(key)
            and access.same(signature.lower(), access.digest(key, *parts))
            and timestamp.isdecimal()
            and len(timestamp) <= 12
            and abs(time.time() - int(timestamp)) <= TOLERANCE
        )

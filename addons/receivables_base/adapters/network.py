"""The way onto the network for all lines: names, addresses, sockets, and their end."""

import contextlib
import ipaddress
import socket
import threading
import time

from odoo.tools import LazyTranslate

from .faults import LineError, show
from .line import get_reason, within

_lt = LazyTranslate(__name__)

NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Deadline:
    """The end of a call in all: what drips a byte now and then never times out by
    itself, so at the end its socket is shut down from a thread of our own."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds
        self.is_over = False
        self._sockets = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def __enter__(self):
        self._timer.start()
        return self

    def __exit__(self, *_error):
        self._timer.cancel()
        with self._lock:
            for twin in self._sockets:
                twin.close()
            self._sockets = []

    @property
    def left(self):
        """Seconds that are left; never nothing, which would mean no limit."""
        return max(self.end - time.monotonic(), 0.001)

    def watch(self, sock):
        """Shut a socket at the end, also after TLS has taken over its number."""
        with self._lock:
            self._sockets.append(sock.dup())
        if self.is_over:
            self._shut()

    def _shut(self):
        with self._lock:
            self.is_over = True
            for twin in self._sockets:
                with contextlib.suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)


def connect(host, port, deadline, check, step):
    """Look a name up once and connect to what it is, in the order it was told.

    :param check: refuses an address: called with an ``ipaddress`` object
    :param step: told what was done, in lazy sentences
    :return: a socket that ends with the deadline
    :raise LineError: ``no_such_name``, ``unreachable``, ``timeout``, or of ``check``
    """
    try:
        found = within(
            deadline.left, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise LineError("no_such_name", host=host) from error
    # address family -> where to connect, each once
    places = list(dict.fromkeys((item[0], item[4]) for item in found))
    for _family, place in places:
        check(ipaddress.ip_address(place[0]))
    addresses = ", ".join(place[0] for _family, place in places)
    if addresses != host:
        step(_lt("%(host)s is %(addresses)s.", host=show(host), addresses=addresses))
    for family, place in places:
        sock = socket.socket(family, socket.SOCK_STREAM)
        deadline.watch(sock)
        sock.settimeout(deadline.left)
        try:
            sock.connect(place)
        except OSError as error:
            sock.close()
            reason = error
            continue
        step(_lt("Connected to port %s.", str(port)))
        return sock
    if deadline.is_over or isinstance(reason, TimeoutError):
        raise LineError("timeout") from reason
    raise LineError(
        "unreachable", host=host, port=port, reason=get_reason(reason)
    ) from reason


def check_public(address):
    """Refuse what lies in a private network, at this server, or nowhere.

    :raise LineError: ``private_address``
    """
    hidden = [address, *_inside(address)]
    if all(one.is_global and not one.is_multicast for one in hidden):
        return
    raise LineError("private_address", address=address)


def _inside(address):
    """Return the IPv4 addresses that an IPv6 address stands for."""
    if address.version == 4:
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [inner for inner in found if inner]

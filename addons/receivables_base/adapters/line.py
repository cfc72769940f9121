"""What a connection opens: a line to another party, without database or transaction.

A line is made of plain values that ``receivables.connection`` has read beforehand, so
nothing is locked while the network is waited for::

    line = connection._open()
    answer = yield lambda: line.request("GET", "/cases")       # see receivables.queue
    entries = yield line.list

Every call ends within ``seconds`` in all, however slowly the other party answers, and
takes no more than ``max_bytes``. What goes wrong is a ``LineError`` (``faults.py``).
"""

import dataclasses
import functools
import itertools
import os
import stat
import threading
import time
from collections.abc import Mapping

from .faults import LineError, show

MAX_BYTES = 50 * 1024 * 1024
MAX_LISTED = 500
MAX_NAME_BYTES = 255
# Seconds that one line sends many files before other lines have their turn.
TURN = 5


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file that waits for us.

    ``name`` is what the other side calls it, to be given back to ``read`` and
    ``put_away`` unchanged; it may hold anything. ``label`` is the same for records,
    logs and people. With a ``problem`` it cannot be read: put it away as broken and
    tell somebody.
    """

    name: str
    size: int = 0
    problem: LineError | None = None

    @property
    def label(self):
        return show(self.name)


@dataclasses.dataclass(frozen=True)
class Answer:
    """An HTTP answer of any status; names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line:
    """What a way can do; a way that cannot raises NotImplementedError.

    :ivar list steps: what was tried, as lazy sentences, in order
    :ivar str label: whose line it is, for logs
    :ivar keep_token: called as ``(token, expiry)`` with a token that was got
    :ivar host_key_shown: the key a server showed that is not the one we know
    """

    def __init__(self, seconds=60, max_bytes=MAX_BYTES):
        self.seconds = seconds
        self.max_bytes = max_bytes
        self.steps = []
        self.label = "line"
        self.keep_token = None
        self.host_key_shown = False

    def send(self, name, content):
        """Hand a file over under its name, exactly once.

        A repeat with the same name and bytes does nothing.

        :raise LineError: ``name_taken`` (other bytes have that name), ``bad_name``,
            ``too_large``, or one of the line
        """
        raise NotImplementedError

    def send_all(self, files, seconds=TURN):
        """Hand files over one after another, as :meth:`send` does each, until the time
        is over or the line is down.

        :param list files: (name, bytes)
        :return: of each that was tried, in order, what went wrong with it, or None
        :raise LineError: the line was down at the first
        """
        until = time.monotonic() + seconds
        told = []
        for name, content in files:
            fault = None
            try:
                self.send(name, content)
            except Exception as caught:
                fault = caught
            is_down = getattr(fault, "is_line", False)
            if is_down and not told:
                raise fault
            told.append(fault)
            if is_down or time.monotonic() > until:
                break
        return told

    def list(self, limit=MAX_LISTED):
        """Return the complete files that wait, as ``Entry``, the oldest first.

        :param int limit: no more than these are told; the rest is for the next time
        """
        raise NotImplementedError

    def read(self, name):  # pylint: disable=method-required-super
        """Return the bytes of a file that was listed.

        :raise LineError: ``gone``, ``changing``, ``not_a_file``, ``too_large``,
            ``unreadable``
        """
        raise NotImplementedError

    def put_away(self, name, broken=False):
        """Take a file that was listed out of the way, once its bytes are stored.

        :raise LineError: ``stuck``: it stays where it is
        """
        raise NotImplementedError

    def request(self, method, path, **options):
        """Make one HTTP call and return its ``Answer``, see ``https.HttpsLine``."""
        raise NotImplementedError

    def prepare(self):
        """Make what the other place needs before it can be used."""
        raise NotImplementedError

    def try_out(self):
        """Try everything the line is for; ``steps`` tells how far it came.

        :raise LineError: what failed, with the remedy
        """
        raise NotImplementedError

    def close(self):
        """End what is kept open between calls; the next call opens it anew."""

    def take_over(self, other):
        """Go on with what an earlier line of the same connection keeps open."""
        other.close()

    def _step(self, sentence):
        self.steps.append(sentence)

    def _make_entry(self, name, mode, size):
        """Return what a directory tells of a file, with what is wrong with it."""
        try:
            self._check_file(name, mode, size)
        except LineError as problem:
            return Entry(name, size, problem)
        return Entry(name, size)

    def _check_file(self, name, mode, size):
        """Refuse anything but a file that can be read; a server may tell no mode.

        :raise LineError: ``not_a_file``, ``too_large``
        """
        check_entry_name(name)
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise LineError("not_a_file", file=name)
        check_size(name, size, self.max_bytes)


def check_name(name, spare=0):
    """Refuse to write a name that is a path, hidden, or leaves no room for ``spare``.

    :raise LineError: ``bad_name``
    """
    odd = not name or name.startswith(".") or "/" in name or "\\" in name
    if odd or not name.isprintable() or len(name.encode()) > MAX_NAME_BYTES - spare:
        raise LineError("bad_name", file=name)


def check_entry_name(name):
    """Return the name of something in a directory, and of nothing beyond.

    :raise LineError: ``not_a_file``
    """
    if "/" in name or "\0" in name or name in ("", ".", ".."):
        raise LineError("not_a_file", file=name)
    return name


def free_names(name):
    """Generate the forms of a name under which a file may be kept, the plain first.

    ``a.xml``, ``a.1.xml``, ``a.2.xml``…, none longer than a directory takes.
    """
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(os.fsencode(suffix)) > MAX_NAME_BYTES // 2:
        stem, dot, suffix = name, "", ""
    for counter in itertools.count():
        end = f".{counter}{dot}{suffix}" if counter else f"{dot}{suffix}"
        while len(os.fsencode(stem + end)) > MAX_NAME_BYTES:
            stem = stem[:-1]
        yield stem + end


def check_size(name, size, limit):
    """:raise LineError: ``too_large``"""
    if size > limit:
        raise LineError("too_large", file=name, limit=limit // 1024 // 1024)


def get_reason(error):
    """Return what a system or server said of itself, for people."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def within(seconds, work, *arguments):
    """Run what cannot be interrupted (a name server, a dead share) for so long.

    It is left to itself in a thread of its own when its time is up.

    :raise LineError: ``timeout``, or whatever ``work`` raises
    """
    outcome = []

    def run():
        try:
            outcome.append((work(*arguments), None))
        except BaseException as error:  # raised again below
            outcome.append((None, error))

    thread = threading.Thread(target=run, name="receivables-line", daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise LineError("timeout")
    result, error = outcome[0]
    if error:
        raise error
    return result


def timed(method):
    """Give a call of a line its total deadline where nothing else can end it."""

    @functools.wraps(method)
    def call(self, *arguments, **options):
        return within(
            self.seconds, functools.partial(method, self, *arguments, **options)
        )

    return call

import contextlib
import dataclasses
import errno
import hashlib
import io
import logging
import posixpath
import secrets
import stat
import time

import paramiko

from odoo.tools import LazyTranslate

from .faults import LineError, show
from .line import (
    MAX_LISTED,
    Line,
    check_entry_name,
    check_name,
    check_size,
    free_names,
    get_reason,
)
from .network import Deadline, check_public, connect
from .way import Way

_lt = LazyTranslate(__name__)

# A file that is still being written grows within this time.
SETTLE_SECONDS = 2
UNFINISHED = (".part", ".tmp", ".filepart")
MAX_LISTING_BYTES = 32 * 1024 * 1024
AHEAD = 64
# What paramiko's threads log comes to us as an exception besides.
QUIET = logging.getLogger(f"{__name__}.paramiko")
QUIET.setLevel(logging.CRITICAL)
KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
RSA = ("rsa-sha2-512", "rsa-sha2-256")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What an SFTP line needs to know; nothing of it is shown in a trace."""

    host: str
    port: int
    host_key: str = ""
    username: str = dataclasses.field(default="", repr=False)
    password: str = dataclasses.field(default="", repr=False)
    private_key: str = dataclasses.field(default="", repr=False)
    passphrase: str = dataclasses.field(default="", repr=False)
    dir_out: str = ""
    dir_in: str = ""
    dir_archive: str = ""
    may_be_private: bool = False


class Sftp(Way):
    """Files on a server of the other party."""

    name = "sftp"
    label = _lt("SFTP")
    carries_files = True

    def get_missing(self, connection):
        missing = []
        if not connection.host:
            missing.append(_lt("The server's name is missing."))
        if not connection.username:
            missing.append(_lt("The user name or client ID is missing."))
        if not connection.password and not connection.private_key:
            missing.append(_lt("Password and private key are both missing."))
        if not connection.host_key:
            missing.append(
                _lt(
                    "The server's key is not known yet: press Test the connection and "
                    "accept it."
                )
            )
        return missing

    def open(self, connection):
        return SftpLine(self._read(connection, Settings))


class SftpLine(Line):
    """Carries files over SFTP.

    Only the server with the key that an administrator accepted is spoken to; nothing of
    the machine's own (agent, keys, known hosts) counts. A file is written under a
    hidden name, which is then changed. Before that, its hash is noted in the directory
    of our own: with the note and without the hidden file it was handed over, whatever
    became of the answer, and the other party may have taken it since.
    """

    def __init__(self, settings, **limits):
        super().__init__(**limits)
        self.settings = settings
        self._client = None

    # === CALLS === #

    def send(self, name, content):
        check_name(name, spare=len("..part"))
        check_size(name, len(content), self.max_bytes)
        digest = hashlib.sha256(content).hexdigest()
        hidden, final = self._out(f".{name}.part"), self._out(name)
        with self._open() as client:
            noted = self._read_note(client, name)
            if noted and noted != digest:
                raise LineError("name_taken", file=name)
            if not noted:
                if _look(client, final):
                    # of an earlier try, or somebody else's
                    if self._download(client, final, name) != content:
                        raise LineError("name_taken", file=name)
                    return
                self._upload(client, hidden, content)
                self._write_note(client, name, digest)
            elif not _look(client, hidden):
                return
            _rename(client, hidden, final)

    def list(self, limit=MAX_LISTED):
        with self._open() as client:
            found = self._scan(client)
            if found:
                time.sleep(SETTLE_SECONDS)
                again = self._scan(client)
                found = {
                    name: status
                    for name, status in found.items()
                    if name in again and _shape(again[name]) == _shape(status)
                }
        entries = sorted(
            found.items(), key=lambda item: (item[1].st_mtime or 0, item[0])
        )
        return [
            self._make_entry(name, status.st_mode or 0, status.st_size or 0)
            for name, status in entries[:limit]
        ]

    def read(self, name):  # pylint: disable=method-required-super
        path = self._in(check_entry_name(name))
        with self._open() as client:
            before = _look(client, path)
            if not before:
                raise LineError("gone", file=name)
            self._check_file(name, before.st_mode or 0, before.st_size or 0)
            content = self._download(client, path, name)
            after = _look(client, path)
            if not after or _shape(before) != _shape(after):
                raise LineError("changing", file=name)
        return content

    def put_away(self, name, broken=False):
        path = self._in(check_entry_name(name))
        with self._open() as client:
            try:
                if not self.settings.dir_archive:
                    client.remove(path)
                    return
                for free in free_names(f"{name}.error" if broken else name):
                    if not _look(client, self._own(free)):
                        client.rename(path, self._own(free))
                        return
            except OSError as error:
                if not _is_alive(client):
                    raise
                raise LineError("stuck", file=name, reason=get_reason(error)) from error

    def try_out(self):
        self.close()
        with self._open() as client:
            found = self._scan(client)
            self._step(
                _lt(
                    "The directory %(name)s can be read; %(count)s files wait in it.",
                    name=show(self.settings.dir_in),
                    count=len(found),
                )
            )
            name = f".{secrets.token_hex(8)}"
            self._upload(client, self._out(f"{name}.part"), b"test")
            try:
                _rename(client, self._out(f"{name}.part"), self._out(f"{name}.tmp"))
            finally:
                for suffix in (".part", ".tmp"):
                    with contextlib.suppress(OSError):
                        client.remove(self._out(f"{name}{suffix}"))
            self._step(
                _lt(
                    "A test file was written to %s, renamed and removed again.",
                    show(self.settings.dir_out),
                )
            )
            if self.settings.dir_archive:
                self._write_note(client, name, "test")
                client.remove(self._own(f"{name}.sent"))
                self._step(
                    _lt("Our directory %s works.", show(self.settings.dir_archive))
                )

    # === SESSION === #

    def close(self):
        client, self._client = self._client, None
        if client:
            client.get_channel().get_transport().close()

    def take_over(self, other):
        if isinstance(other, SftpLine) and other.settings == self.settings:
            self._client, other._client = other._client, None
        other.close()

    def __del__(self):
        self.close()

    @contextlib.contextmanager
    def _open(self):
        """Be logged in, and end whatever happens at the line's deadline.

        A session serves all calls of a line, until one fails.
        """
        with Deadline(self.seconds) as deadline:
            try:
                if _is_alive(self._client):
                    deadline.watch(self._client.get_channel().get_transport().sock)
                else:
                    self.close()
                    self._client = Client.from_transport(self._connect(deadline))
                yield self._client
                if deadline.is_over:
                    raise LineError("timeout")
            except LineError as error:
                if error.is_line:
                    self.close()
                raise
            except (paramiko.SSHException, EOFError, OSError, ValueError) as error:
                fault = _explain(error, self._client)
                self.close()
                if deadline.is_over or isinstance(error, TimeoutError):
                    fault = LineError("timeout")
                raise fault from error

    def _connect(self, deadline):
        def check(address):
            if not self.settings.may_be_private:
                check_public(address)

        settings = self.settings
        host, port = settings.host.strip(), settings.port or 22
        sock = connect(host, port, deadline, check, self._step)
        transport = paramiko.Transport(sock)
        transport.set_log_channel(QUIET.name)
        try:
            kind = settings.host_key.partition(" ")[0]
            if kind:
                options = transport.get_security_options()
                options.key_types = RSA if kind == "ssh-rsa" else (kind,)
            try:
                transport.start_client(timeout=deadline.later)
            except paramiko.ssh_exception.IncompatiblePeer as error:
                if kind and "host key" in str(error):
                    raise self._changed_key(kind) from error
                raise
            self._check_host_key(transport.get_remote_server_key())
            self._log_in(transport)
        except BaseException:
            transport.close()
            raise
        return transport

    def _check_host_key(self, key):
        shown = f"{key.get_name()} {key.fingerprint}"
        known = self.settings.host_key
        if shown == known:
            self._step(_lt("The server has the key that was accepted."))
            return
        self.host_key_shown = shown
        if known:
            raise self._changed_key(shown)
        raise LineError("unknown_host_key", shown=shown)

    def _changed_key(self, shown):
        return LineError("host_key_changed", shown=shown, known=self.settings.host_key)

    def _log_in(self, transport):
        settings = self.settings
        try:
            more = ["password"]
            if settings.private_key:
                key = _read_private_key(settings.private_key, settings.passphrase)
                more = transport.auth_publickey(settings.username, key)
            if settings.password and more:
                transport.auth_password(settings.username, settings.password)
        except paramiko.AuthenticationException as error:
            if "shut down" in str(error) or "EOF" in str(error):
                raise
            raise LineError("login_refused", reason=settings.username) from error
        if not transport.is_authenticated():
            raise paramiko.SSHException("not logged in")
        self._step(_lt("Logged in as “%s”.", settings.username))

    # === FILES === #

    def _out(self, name):
        return _encode(posixpath.join(self.settings.dir_out, name))

    def _in(self, name):
        return _encode(posixpath.join(self.settings.dir_in, name))

    def _own(self, name):
        return _encode(posixpath.join(self.settings.dir_archive, name))

    def _scan(self, client):
        """Return what lies in the directory, by name."""
        found = {}
        client.listed = 0
        for status in client.listdir_attr(_encode(self.settings.dir_in or ".")):
            name = status.filename
            hidden = name.startswith(".") or name.endswith(UNFINISHED)
            if not hidden and not stat.S_ISDIR(status.st_mode or 0):
                found[name] = status
        return found

    def _download(self, client, path, name):
        size = client.stat(path).st_size or 0
        check_size(name, size, self.max_bytes)
        with client.open(path, "rb") as stream:
            if size:
                stream.prefetch(size, AHEAD)
            content = stream.read(size)
        if len(content) != size:
            raise LineError("changing", file=name)
        return content

    def _upload(self, client, path, content):
        """Write a file and see that all of it is there."""
        try:
            with client.open(path, "wb") as stream:
                stream.set_pipelined(True)
                stream.write(content)
            if client.stat(path).st_size != len(content):
                raise OSError("incomplete")
        except OSError as error:
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                client.remove(path)
            raise error

    def _read_note(self, client, name):
        """Return the hash that was noted before the file got its final name."""
        if not self.settings.dir_archive:
            return ""
        path = self._own(f"{name}.sent")
        if not _look(client, path):
            return ""
        with client.open(path, "rb") as stream:
            noted = stream.read(64).decode("ascii", "replace")
        return noted if len(noted) == 64 else ""  # else cut off while it was written

    def _write_note(self, client, name, digest):
        if self.settings.dir_archive:
            self._upload(client, self._own(f"{name}.sent"), digest.encode())


class Client(paramiko.SFTPClient):
    """Takes names as they come: one that is not UTF-8 hides no others."""

    listed = 0

    def _request(self, t, *args):
        t, message = super()._request(t, *args)
        if message is not None:
            message.get_text = lambda: message.get_string().decode(
                "utf-8", "surrogateescape"
            )
            if t == paramiko.sftp.CMD_NAME:
                self.listed += len(message.asbytes())
                if self.listed > MAX_LISTING_BYTES:
                    raise LineError("too_many")
        return t, message


def _encode(path):
    return path.encode("utf-8", "surrogateescape")


def _look(client, path):
    try:
        return client.lstat(path)
    except FileNotFoundError:
        return None


def _rename(client, old, new):
    try:
        client.posix_rename(old, new)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.ENOENT):
            raise
        client.rename(old, new)  # a server that lacks the extension


def _shape(status):
    return status.st_size, status.st_mtime


def _read_private_key(text, passphrase):
    text = "\n".join(text.strip().splitlines()) + "\n"
    for kind in KEYS:
        try:
            return kind.from_private_key(io.StringIO(text), passphrase or None)
        except paramiko.PasswordRequiredException:
            break
        except (paramiko.SSHException, ValueError, IndexError, TypeError):
            continue
    raise LineError("bad_key")


def _is_alive(client):
    return bool(client) and client.get_channel().get_transport().is_active()


def _explain(error, client):
    """Return the LineError for what the server or the way to it did."""
    if isinstance(error, OSError) and _is_alive(client):
        if error.errno == errno.ENOENT:
            return LineError("directory_missing")
        return LineError("server_refused", reason=get_reason(error))
    return LineError("network", reason=get_reason(error))

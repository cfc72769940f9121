"""A real SFTP server on a folder, which can do everything that a server does wrong.

    python -m counterparties.sftp_server --folder FOLDER --user bank
        --password secret [--key PUBLIC]

Orders (see `obeying`), each kept until the next that names it:

- `hang`: where it never answers: connect, login, list, read, write, rename
- `drop`: where it cuts the connection: login, list, read, write, rename (before it is
  done), renamed (after it is done, before it is answered)
- `slow`: bytes a second that are read or written, 0 for as fast as can be
- `full`: whether the disk is full
- `plain`: whether it lacks the extension posix-rename
- `refuse`: whether nobody is let in; `closed`: whether calls are refused
- `endless`: whether its list of files never ends
- `new_key`: show another host key from now on

The answer tells its host key and how many logged in so far.
"""

import argparse
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import paramiko
from paramiko import SFTP_FAILURE, SFTP_OK, SFTP_OP_UNSUPPORTED, SFTPAttributes

from counterparties.common.obeying import Json, obey

FOREVER = 3600
FAULTS: Json = {
    "hang": "",
    "drop": "",
    "slow": 0,
    "full": False,
    "plain": False,
    "refuse": False,
    "closed": False,
    "endless": False,
}


def lenient_text(message: paramiko.Message) -> str:
    """A name as it came: file systems do not ask for UTF-8."""
    raw: bytes = message.get_string()
    return raw.decode("utf-8", "surrogateescape")


class Bank:
    """What all connections have in common."""

    def __init__(self, folder: Path, user: str, password: str, public: str) -> None:
        self.folder = folder
        self.user = user
        self.password = password
        self.public = public
        self.faults = dict(FAULTS)
        self.key: paramiko.PKey = paramiko.ECDSAKey.generate()
        self.logins = 0
        self.listener = self._listen(0)
        self.port: int = self.listener.getsockname()[1]

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(50)
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
        return listener

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                caller, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._receive, args=(caller,), daemon=True).start()

    def _receive(self, caller: socket.socket) -> None:
        if self.faults["closed"]:
            caller.close()
            return
        if self.faults["hang"] == "connect":
            time.sleep(FOREVER)
        transport = paramiko.Transport(caller)
        transport.add_server_key(self.key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
        try:
            transport.start_server(server=Door(self, transport))
        except (paramiko.SSHException, EOFError, OSError):
            transport.close()

    def order(self, order: Json) -> Json:
        """Carry out an order and say how things stand."""
        if order.pop("new_key", False):
            self.key = paramiko.RSAKey.generate(2048)
        was_closed = self.faults["closed"]
        self.faults.update(order)
        if self.faults["closed"] and not was_closed:
            # wakes the thread that waits for callers, which a mere close would not
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        elif was_closed and not self.faults["closed"]:
            self.listener = self._listen(self.port)
        return self.tell()

    def tell(self) -> Json:
        """How things stand."""
        key = f"{self.key.get_name()} {self.key.fingerprint}"
        return {"port": self.port, "key": key, "logins": self.logins}

    def fault(self, where: str, transport: paramiko.Transport) -> None:
        """Hang or cut the connection if that was ordered for this place."""
        if self.faults["hang"] == where:
            time.sleep(FOREVER)
        if self.faults["drop"] == where:
            transport.sock.shutdown(socket.SHUT_RDWR)
            time.sleep(FOREVER)

    def dawdle(self, size: int) -> None:
        """Take the time that so many bytes need."""
        if self.faults["slow"]:
            time.sleep(size / self.faults["slow"])


class Door(paramiko.ServerInterface):
    """Who is let in."""

    def __init__(self, bank: Bank, transport: paramiko.Transport) -> None:
        self.bank = bank
        self.transport = transport

    def get_allowed_auths(self, username: str) -> str:
        return "publickey" if self.bank.public else "password"

    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == (self.bank.user, self.bank.password)
        return self._answer(right and not self.bank.public)

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        right = username == self.bank.user and key.get_base64() == self.bank.public
        return self._answer(right)

    def _answer(self, right: bool) -> int:
        self.bank.fault("login", self.transport)
        if self.bank.faults["refuse"] or not right:
            return paramiko.AUTH_FAILED
        self.bank.logins += 1
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class OpenFile(paramiko.SFTPHandle):
    """A file that somebody reads or writes."""

    def __init__(self, files: "Files", flags: int, stream: Any) -> None:
        super().__init__(flags)
        self.files = files
        self.readfile = self.writefile = stream

    def read(self, offset: int, length: int) -> bytes | int:
        self.files.fault("read")
        self.files.bank.dawdle(length)
        return super().read(offset, length)

    def write(self, offset: int, data: bytes) -> int:
        if offset:
            self.files.fault("write")
        if self.files.bank.faults["full"]:
            return SFTP_FAILURE
        self.files.bank.dawdle(len(data))
        return super().write(offset, data)

    def stat(self) -> SFTPAttributes:
        return SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Files(paramiko.SFTPServerInterface):
    """The folder, as a caller sees it."""

    def __init__(self, server: Door, *args: Any, **named: Any) -> None:
        super().__init__(server, *args, **named)
        self.bank = server.bank
        self.transport = server.transport

    def fault(self, where: str) -> None:
        self.bank.fault(where, self.transport)

    def _real(self, path: str) -> str:
        return str(self.bank.folder) + self.canonicalize(path)

    def list_folder(self, path: str) -> list[SFTPAttributes] | int:
        self.fault("list")
        if self.bank.faults["endless"]:
            return Endless()
        real = Path(self._real(path))
        try:
            return [
                SFTPAttributes.from_stat(path.lstat(), os.fsencode(path.name))
                for path in real.iterdir()
            ]
        except OSError as error:
            return self._number(error)

    def stat(self, path: str) -> SFTPAttributes | int:
        try:
            return SFTPAttributes.from_stat(Path(self._real(path)).stat())
        except OSError as error:
            return self._number(error)

    def lstat(self, path: str) -> SFTPAttributes | int:
        try:
            return SFTPAttributes.from_stat(Path(self._real(path)).lstat())
        except OSError as error:
            return self._number(error)

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> OpenFile | int:
        mode = "wb" if flags & os.O_TRUNC else "rb"
        try:
            return OpenFile(self, flags, Path(self._real(path)).open(mode))
        except OSError as error:
            return self._number(error)

    def remove(self, path: str) -> int:
        return self._do(os.unlink, self._real(path))

    def rename(self, oldpath: str, newpath: str) -> int:
        if os.path.lexists(self._real(newpath)):
            return SFTP_FAILURE
        return self._rename(oldpath, newpath)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        if self.bank.faults["plain"]:
            return SFTP_OP_UNSUPPORTED
        return self._rename(oldpath, newpath)

    def _rename(self, old: str, new: str) -> int:
        self.fault("rename")
        done = self._do(os.rename, self._real(old), self._real(new))
        self.fault("renamed")
        return done

    def _do(self, deed: Any, *paths: str) -> int:
        try:
            deed(*paths)
        except OSError as error:
            return self._number(error)
        return SFTP_OK

    def _number(self, error: OSError) -> int:
        number: int = paramiko.SFTPServer.convert_errno(error.errno or 0)
        return number


class Endless(list):  # type: ignore[type-arg]
    """A list of files that never ends."""

    def __getitem__(self, part: Any) -> Any:
        return self if part.start else [self._file(number) for number in range(100)]

    def __len__(self) -> int:
        return 100

    def _file(self, number: int) -> SFTPAttributes:
        file = SFTPAttributes()
        file.filename = f"{number}-{'x' * 200}"
        return file


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--user", default="bank")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--public", default="", help="the only key that is let in")
    given = parser.parse_args()
    paramiko.Message.get_text = lenient_text
    bank = Bank(given.folder, given.user, given.password, given.public)
    obey(bank.tell(), bank.order)


if __name__ == "__main__":
    main()

"""A mail server that keeps what it gets: every consumer's mailbox."""

import email
import email.policy
import socketserver
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass(frozen=True)
class Letter:
    """One message as it was handed over."""

    to: tuple[str, ...]
    message: EmailMessage

    @property
    def attachments(self) -> list[str]:
        """Names of the files that came with it."""
        return [part.get_filename() or "" for part in self.message.iter_attachments()]


class _Dialogue(socketserver.StreamRequestHandler):
    """One SMTP connection; as much of RFC 5321 as a submitting client needs."""

    server: "_Server"

    def handle(self) -> None:
        to: list[str] = []
        self.answer("220 mailbox ready")
        while line := self.rfile.readline():
            verb, _space, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "QUIT":
                    self.answer("221 bye")
                    return
                case "RCPT":
                    to.append(rest.partition("<")[2].partition(">")[0])
                case "DATA":
                    self.answer("354 end with a dot")
                    self.server.keep(to, self.read_data())
                    to = []
                case "RSET":
                    to = []
            self.answer("250 ok")

    def answer(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def read_data(self) -> bytes:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, letters: list[Letter]) -> None:
        self.letters = letters
        super().__init__(("127.0.0.1", 0), _Dialogue)

    def keep(self, to: list[str], data: bytes) -> None:
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.letters.append(Letter(tuple(to), message))


@dataclass
class Mailbox:
    """Takes every message on a port of its own, until it is closed."""

    letters: list[Letter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = _Server(self.letters)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def letters_to(self, address: str) -> list[Letter]:
        """What somebody got, oldest first."""
        return [letter for letter in self.letters if address in letter.to]

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()

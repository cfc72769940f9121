"""Another party that takes a call and never comes to an end."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def hang(_line: socket.socket) -> Iterator[bytes]:
    """Not a byte."""
    yield b""


def drip_in_the_headers(_line: socket.socket) -> Iterator[bytes]:
    yield HEAD + b"X-Filler: "
    while True:
        yield b"x"


def drip_in_the_body(_line: socket.socket) -> Iterator[bytes]:
    yield HEAD + b"Content-Length: 100000\r\n\r\n"
    while True:
        yield b" "


def half_close(line: socket.socket) -> Iterator[bytes]:
    """The end of what was asked is not waited for, and nothing is said."""
    line.shutdown(socket.SHUT_RD)
    yield b""


MANNERS = (hang, drip_in_the_headers, drip_in_the_body, half_close)


class Rude:
    """A program on a port that answers as its ``manner`` says."""

    def __init__(self, server: socket.socket) -> None:
        self.server = server
        self.manner: Callable[[socket.socket], Iterator[bytes]] = hang
        self.called = 0
        self.url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"

    def serve(self) -> None:
        while True:
            try:
                line, _address = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line:
            self.called += 1
            try:
                for piece in self.manner(line):
                    line.sendall(piece)
                    time.sleep(0.5)
                time.sleep(300)
            except OSError:
                return


@contextmanager
def rude_party() -> Iterator[Rude]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        rude = Rude(server)
        threading.Thread(target=rude.serve, daemon=True).start()
        yield rude
        # Who waits in accept is let go.
        server.shutdown(socket.SHUT_RDWR)

"""An HTTP server that does everything wrong that a server can do, by its path.

    python -m counterparties.web_faults [--tls [--ask]]

With `--ask` it wants a certificate of its authority; its `identity` is one with key.

`/echo` answers with what it was told, as JSON; `/token` gives tokens. Everything else
is a fault, see the methods of `Fault`. Each call is counted by its path. Orders (see
`obeying`): `drip`: seconds between two bytes; `token_seconds`; `tokens`: how they are
given: good, refused, html, rubbish; `forget`: no token given so far is taken any more.
"""

import argparse
import base64
import collections
import datetime
import gzip
import hashlib
import ipaddress
import json
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from counterparties.common.obeying import Json, obey

FOREVER = 3600
MEGABYTE = 1024 * 1024


class Server:
    """What all calls have in common."""

    def __init__(self, tls: bool, ask: bool) -> None:
        self.terms: Json = {"drip": 0.1, "token_seconds": 3600, "tokens": "good"}
        self.calls: collections.Counter[str] = collections.Counter()
        self.tokens: set[str] = set()
        self.authority = self.identity = ""
        self.context = self._make_context() if tls else None
        if self.context and ask:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(cadata=self.authority)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        threading.Thread(target=self._serve, daemon=True).start()

    def _make_context(self) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bank of Faults")])
        now = datetime.datetime.now(datetime.timezone.utc)
        names = [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=9))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
            .sign(key, hashes.SHA256())
        )
        self.authority = certificate.public_bytes(serialization.Encoding.PEM).decode()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.identity = self.authority + secret.decode()
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.identity.encode())
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def tell(self) -> Json:
        """Where it is and what was called."""
        port = self.listener.getsockname()[1]
        return {
            "port": port,
            "authority": self.authority,
            "identity": self.identity,
            "calls": dict(self.calls),
        }

    def order(self, order: Json) -> Json:
        """Carry out an order."""
        if order.pop("forget", False):
            self.tokens.clear()
        self.terms.update(order)
        return self.tell()

    def _serve(self) -> None:
        while True:
            caller, _address = self.listener.accept()
            threading.Thread(target=self._receive, args=(caller,), daemon=True).start()

    def _receive(self, caller: socket.socket) -> None:
        try:
            if self.context:
                caller = self.context.wrap_socket(caller, server_side=True)
            call = Call(caller)
            self.calls[call.path] += 1
            for piece in getattr(Fault(self), call.fault, Fault(self).missing)(call):
                caller.sendall(piece)
        except OSError:
            pass  # the caller had enough
        finally:
            caller.close()


class Call:
    """What a caller said."""

    def __init__(self, caller: socket.socket) -> None:
        stream = caller.makefile("rb")
        self.line = stream.readline().decode("latin-1").strip()
        self.method, target, _version = self.line.split(" ")
        self.path, _mark, self.query = target.partition("?")
        self.headers: dict[str, str] = {}
        while header := stream.readline().decode("latin-1").strip():
            name, _colon, value = header.partition(":")
            self.headers[name.lower()] = value.strip()
        self.fault = self.path.strip("/").split("/")[0].replace("-", "_") or "echo"
        size = int(self.headers.get("content-length", 0))
        self.body = b"" if self.fault == "deaf" else stream.read(size)


def head(status: str, **headers: Any) -> bytes:
    """The beginning of an answer."""
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def whole(status: str, kind: str, body: bytes, **headers: Any) -> Iterator[bytes]:
    """A whole answer."""
    yield head(status, Content_Type=kind, Content_Length=len(body), **headers) + body


class Fault:
    """Each method is what happens at the path of its name."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def missing(self, call: Call) -> Iterator[bytes]:
        return whole("404 Not Found", "text/plain", b"")

    def echo(self, call: Call) -> Iterator[bytes]:
        told = {
            "method": call.method,
            "path": call.path,
            "query": call.query,
            "headers": call.headers,
            "sha256": hashlib.sha256(call.body).hexdigest(),
            "body": call.body.decode("latin-1"),
        }
        return whole("200 OK", "application/json", json.dumps(told).encode())

    def guarded(self, call: Call) -> Iterator[bytes]:
        """Only with a token that is known."""
        kind, _space, token = call.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or token not in self.server.tokens:
            return whole("401 Unauthorized", "application/json", b"{}")
        return self.echo(call)

    def token(self, call: Call) -> Iterator[bytes]:
        kind = self.server.terms["tokens"]
        if kind == "refused":
            return whole("401 Unauthorized", "application/json", b"{}")
        if kind == "html":
            return whole("200 OK", "text/html", b"<html>Welcome</html>")
        if kind == "rubbish":
            return whole(
                "200 OK", "application/json", b'{"access_token": ["a\\u0000"]}'
            )
        token = base64.b64encode(str(len(self.server.tokens)).encode()).decode()
        token = f"t{len(self.server.tokens)}{token}-{time.monotonic_ns()}"
        self.server.tokens.add(token)
        given = {
            "access_token": token,
            "expires_in": self.server.terms["token_seconds"],
        }
        return whole("200 OK", "application/json", json.dumps(given).encode())

    def hang(self, call: Call) -> Iterator[bytes]:
        time.sleep(FOREVER)
        yield b""

    def deaf(self, call: Call) -> Iterator[bytes]:
        """It does not even listen to the end."""
        return self.hang(call)

    def drip_headers(self, call: Call) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for number in range(FOREVER):
            time.sleep(self.server.terms["drip"])
            yield b"X" if number % 20 else b"\r\nX-Name: y"

    def drip_body(self, call: Call) -> Iterator[bytes]:
        yield head("200 OK", Content_Type="application/json", Content_Length=10**6)
        for _number in range(FOREVER):
            time.sleep(self.server.terms["drip"])
            yield b" "

    def drip_unsized(self, call: Call) -> Iterator[bytes]:
        """A body that ends with the connection: its end looks like any other."""
        yield head("200 OK", Content_Type="application/json") + b"{}"
        for _number in range(FOREVER):
            time.sleep(self.server.terms["drip"])
            yield b" "

    def go_on(self, call: Call) -> Iterator[bytes]:
        """An answer that is announced for ever."""
        for _number in range(FOREVER):
            time.sleep(self.server.terms["drip"])
            yield b"HTTP/1.1 100 Continue\r\n\r\n"

    def half(self, call: Call) -> Iterator[bytes]:
        """It closes in the middle of the body."""
        yield head("200 OK", Content_Type="application/json", Content_Length=1000)
        yield b'{"half": '

    def mute(self, call: Call) -> Iterator[bytes]:
        """It closes without a word."""
        yield b""

    def rubbish(self, call: Call) -> Iterator[bytes]:
        yield b"SSH-2.0-not-a-web-server\r\n" * 3

    def redirect(self, call: Call) -> Iterator[bytes]:
        location = "http://127.0.0.1:9/elsewhere\x1b[31m"
        return whole("307 Temporary Redirect", "text/plain", b"", Location=location)

    def html(self, call: Call) -> Iterator[bytes]:
        return whole("200 OK", "text/html; charset=utf-8", b"<html>Maintenance</html>")

    def big(self, call: Call) -> Iterator[bytes]:
        yield head("200 OK", Content_Type="application/json")
        for _number in range(300):
            yield b" " * MEGABYTE

    def bomb(self, call: Call) -> Iterator[bytes]:
        """A few hundred kB that unpack to hundreds of MB."""
        body = gzip.compress(b" " * (300 * MEGABYTE), 9)
        return whole("200 OK", "application/json", body, Content_Encoding="gzip")

    def packed(self, call: Call) -> Iterator[bytes]:
        body = gzip.compress(b'{"packed": true}')
        return whole("200 OK", "application/json", body, Content_Encoding="gzip")

    def broken_gzip(self, call: Call) -> Iterator[bytes]:
        body = gzip.compress(b" " * 9999)[:-20] + b"x" * 20
        return whole("200 OK", "application/json", body, Content_Encoding="gzip")

    def status(self, call: Call) -> Iterator[bytes]:
        code = call.path.rpartition("/")[2]
        return whole(f"{code} As asked", "application/json", b'{"code": "asked"}')


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--ask", action="store_true")
    given = parser.parse_args()
    server = Server(given.tls, given.ask)
    obey(server.tell(), server.order)


if __name__ == "__main__":
    main()

"""Requests that no network in its right mind would send.

None of them may move money: what is a mutated request asks only, and what has the shape
of a payment has a fault in it that no mutation can heal.
"""

import base64
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from counterparties.kiosk.line import Ask, written
from counterparties.kiosk.protocols.signed import signature
from support.caller import Caller
from support.rubbish_words import (
    BAD_AMOUNTS,
    DOCTYPES,
    ENCODINGS,
    FORM,
    HEADERS,
    JSON,
    NUMBERS,
    PARAMETERS,
    TAILS,
    TEXTS,
    TYPES,
    VALUES,
    XML,
    attributes,
)


@dataclass(frozen=True)
class Rubbish:
    """What goes through the socket."""

    kind: str
    dialect: str
    data: bytes
    # whether HTTP itself is as it should be, so that the dialect has to answer
    is_http: bool = True


class Heap:
    """Rubbish without an end, the same for the same seed."""

    def __init__(self, callers: Sequence[Caller], seed: str) -> None:
        self.callers = callers
        self.dice = random.Random(seed)
        self.kinds: list[tuple[Callable[[Caller], Rubbish], int]] = [
            (self.mutated, 30),
            (self.parameters, 14),
            (self.poisoned, 14),
            (self.json, 14),
            (self.xml, 10),
            (self.method, 5),
            (self.headers, 8),
            (self.framing, 5),
            (self.path, 4),
            (self.noise, 2),
            (self.oversized, 1),
        ]

    def take(self) -> Rubbish:
        """The next piece."""
        makers, weights = zip(*self.kinds, strict=True)
        [make] = self.dice.choices(makers, weights)
        return make(self.dice.choice(self.callers))

    # What they are made of

    def valid(self, line: Caller, *operations: str) -> Ask:
        """A request as it should be."""
        possible = [each for each in operations if each in line.protocol.OPERATIONS]
        payment = line.payment(self.dice.choice(NUMBERS), "150.00")
        payment |= {"since": payment["at"], "until": payment["at"], "factor": ""}
        return line.protocol.ask(self.dice.choice(possible or ["check"]), payment)

    def question(self, line: Caller) -> Ask:
        """A request that changes nothing."""
        return self.valid(line, "lookup", "check", "status", "statement")

    def sealed(self, line: Caller, ask: Ask) -> Ask:
        """The request with the right signature over its body, mostly."""
        if line.network.protocol != "signed_json" or self.dice.random() < 0.1:
            return ask
        stamp = str(int(time.time()))
        secret = str(line.network.auth["secret"])
        seal = signature(secret, stamp, ask.body)
        worn = {**ask.headers, "X-Timestamp": stamp, "X-Signature": seal}
        return replace(ask, headers=worn)

    def piece(self, line: Caller, ask: Ask, kind: str, is_http: bool = True) -> Rubbish:
        data = written(self.sealed(line, ask))
        return Rubbish(kind, line.network.protocol, data, is_http)

    def with_query(self, line: Caller, query: str, method: str = "GET") -> Ask:
        """The query in the address or in a form."""
        ask = self.question(line)
        address = line.network.endpoint
        if method == "POST":
            worn = {**ask.headers, "Content-Type": FORM}
            return Ask("POST", address, worn, query.encode("ascii", "replace"))
        return Ask("GET", f"{address}?{query}", ask.headers)

    def with_body(self, line: Caller, body: bytes, kind: str = "") -> Ask:
        kind = kind or self.dice.choice(TYPES)
        ask = self.question(line)
        worn = {**ask.headers, "Content-Type": kind} if kind else dict(ask.headers)
        return Ask("POST", line.network.endpoint, worn, body)

    def bitten(self, data: bytes) -> bytes:
        """The bytes with a few of them changed, lost, doubled or swapped."""
        bytes_ = bytearray(data)
        for _ in range(self.dice.choice((1, 1, 1, 2, 3, 8))):
            place = self.dice.randrange(len(bytes_) + 1)
            length = self.dice.choice((0, 1, 1, 2, 9))
            part = bytes(bytes_[place : place + length])
            junk = self.dice.choice(
                (b"", b"\x00", b"\xff", b'"', b"<", b"&", b"%", b"]]>", b"{", b"=")
                + (part + part, bytes([self.dice.randrange(256)]), b"\xc3", b"0" * 99)
            )
            bytes_[place : place + length] = junk
        return bytes(bytes_)

    # Kinds

    def mutated(self, line: Caller) -> Rubbish:
        """A good question with some bad bytes, in the address or in the body."""
        ask = self.question(line)
        if ask.body:
            body = self.bitten(ask.body)
            return self.piece(line, replace(ask, body=body), "mutated")
        base, _, query = ask.url.partition("?")
        bad = self.bitten(query.encode())
        # what HTTP does not allow in an address comes in escapes
        text = "".join(chr(b) if 0x20 < b < 0x7F else f"%{b:02x}" for b in bad)
        return self.piece(line, replace(ask, url=f"{base}?{text}"), "mutated")

    def parameters(self, line: Caller) -> Rubbish:
        """A query of parameters that do not fit."""
        count = self.dice.choice((0, 1, 2, 4, 7, 7, 7, 63, 66, 700))
        pairs = [
            f"{self.dice.choice(PARAMETERS)}={self.dice.choice(TEXTS)}"
            for _ in range(count)
        ]
        joint = self.dice.choice(("&", "&", "&", ";", "&&", "&amp;"))
        query = joint.join(pairs)
        if self.dice.random() < 0.9:
            query += "&sum=x&sum=x&AMOUNT=x&AMOUNT=x&cancel_txn_id=x"
            query = query.replace("=cancel", "=cancel&txn_id=x&txn_id=x")
        else:
            query = query.replace("=pay", "=check").replace("=cancel", "=check")
        query = query.replace(" ", "+")[:30000]
        how = self.dice.choice(("GET", "GET", "POST"))
        query = "".join(c if c.isascii() else "%C3%28" for c in query)
        return self.piece(line, self.with_query(line, query, how), "parameters")

    def poisoned(self, line: Caller) -> Rubbish:
        """A payment with something in it that nobody can book, and more faults."""
        if line.network.protocol in ("payme", "signed_json"):
            return self.json(line)
        ask = self.valid(line, "pay", "cancel")
        if ask.body:
            whole = self.bitten(ask.body.partition(b"<Data")[2])
            head = b'<Transfer xmlns="http://debt.privatbank.ua/Transfer"'
            head += b' interface="Debt" action="Pay"><Data/><Data/><Data'
            return self.piece(line, replace(ask, body=head + whole), "poisoned")
        base, _, query = ask.url.partition("?")
        bad = self.dice.choice(BAD_AMOUNTS)
        rest = self.bitten(query.encode()).decode("latin-1")
        rest = "".join(c if "!" <= c <= "~" else f"%{ord(c):02x}" for c in rest)
        names = ("sum", "AMOUNT", "cancel_txn_id", "txn_id", "PAY_ID")
        poison = "&".join(f"{name}={bad}&{name}={bad}" for name in names)
        url = f"{base}?{poison}&{rest}"
        return self.piece(line, replace(ask, url=url), "poisoned")

    def json(self, line: Caller) -> Rubbish:
        """JSON of every sort and shape."""
        made = self.dice.random()
        kind = self.dice.choice((JSON, JSON, JSON, JSON, *TYPES))
        if made < 0.3:
            body = self.broken_json()
        else:
            body = json.dumps(self.wrong_members(), ensure_ascii=made < 0.6).encode(
                "utf-8", "surrogatepass"
            )
        if made > 0.9:
            body = self.dice.choice((b"\xef\xbb\xbf" + body, self.bitten(b'"' + body)))
        return self.piece(line, self.with_body(line, body, kind), "json")

    def wrong_members(self) -> object:
        """A call of either JSON dialect in which no identifier is one."""
        pick, dice = self.dice.choice, self.dice
        methods = ("PerformTransaction", "CreateTransaction", "CheckTransaction")
        methods += ("CancelTransaction", "CheckPerformTransaction", "GetStatement")
        params: object = {
            "id": pick(("", " ", "a b", "x" * 65, "é", "a\n", None, 7, [], {}, True)),
            "account": pick(({"account": pick(NUMBERS)}, *VALUES)),
            "amount": pick(VALUES),
            "time": pick((int(time.time() * 1000), *VALUES)),
            "from": pick((10**12, *VALUES)),
            "to": pick((10**12 + 1, *VALUES)),
            "reason": pick((5, *VALUES)),
        }
        if dice.random() < 0.15:
            params = pick(VALUES)
        told = params if isinstance(params, dict) else {}
        operations = ("pay", "check", "lookup", "cancel", "status", "statement")
        body: dict[str, object] = {
            "jsonrpc": pick(("2.0", "1.0", None, 2)),
            "method": pick((*methods, *methods, *VALUES, "pay")),
            "params": params,
            "operation": pick((*operations, *VALUES)),
            **told,
            "currency": pick(("KZT", "kzt", "KZ", "USD", *VALUES)),
            "since": pick(("2026-01-01T00:00:00Z", "2026-13-01", *VALUES)),
            "until": pick(("2026-01-02T00:00:00Z", "9999-12-31T23:59:59-23:59", 1)),
            "paid_at": pick(("2026-01-01T00:00:00Z", "x", *VALUES)),
            "account": pick((*NUMBERS, *VALUES)),
            "terminal": pick(VALUES),
        }
        names = [name for name in body if dice.random() < 0.9]
        return pick(([body], body, body, body, {name: body[name] for name in names}))

    def broken_json(self) -> bytes:
        deep = self.dice.choice((50, 1000, 10_000))
        return self.dice.choice(
            (
                *(b"", b"{", b"[]", b"null", b"1", b'"x"', b"{}", b"[{}]", b"\x00"),
                *(b"[" * deep, b'{"a":' * deep, b"[" * deep + b"]" * deep),
                *(b'{"id":1,"id":2}', b'{"id":NaN}', b'{"id":-Infinity}', b"{'a':1}"),
                *(b'{"id":1e999999999}', b'{"id":' + b"9" * 20000 + b"}", b"\xff\xfe{"),
                *(
                    b'{"a":"\\ud800"}',
                    b'{"\\ud800":1}',
                    b'{"a":"\\u0000"}',
                    b'{"a":"\n"}',
                ),
                *('{"id":1}'.encode("utf-16"), '{"id":1}'.encode("utf-32"), b"{}{}"),
                b'{"operation":"pay","operation":"check"}',
                b'{"__proto__":{},"constructor":1}',
            )
        )

    def xml(self, line: Caller) -> Rubbish:
        """XML of every sort and shape."""
        text = (
            self.question(line).body
            if line.network.protocol == "privatbank_debt"
            else b""
        )
        body = text.decode("utf-8", "ignore").partition("?>")[2]
        if not body.strip().startswith("<"):
            body = '<Transfer interface="Debt" action="Search"><Data/></Transfer>'
        deep = self.dice.choice((300, 8000))
        many = attributes(deep)
        declared, used = self.dice.choice(ENCODINGS)
        head = f'<?xml version="1.0" encoding="{declared}"?>'
        made = self.dice.choice(
            (
                head + self.dice.choice(DOCTYPES) + body,
                head + self.dice.choice(DOCTYPES) + body.replace("<Data/>", "&a;&d;"),
                head + body,
                head + "<a>" * deep,
                head + "<a>" * deep + "</a>" * deep,
                f"{head}<Transfer {many}/>",
                body[: self.dice.randrange(len(body))],
                f"<!--{'-' * 50}{body}",
                f"<![CDATA[{body}]]>",
                f"<?php echo 1 ?>{body}{body}",
                body.replace("<Data", '<Data xmlns:xsi="urn:x"', 1),
                body.replace("Data", "Data\x00"),
                '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
                'href="file:///etc/passwd" parse="text"/>',
                f'<Transfer x="{"y" * 20000}"/>',
                "&#0;&#xD800;&lol;",
            )
        )
        data = made.encode(used, "replace")[:60000]
        return self.piece(line, self.with_body(line, data, XML), "xml")

    def method(self, line: Caller) -> Rubbish:
        """Another method, another type."""
        ask = self.question(line)
        names = ("PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "PATCH", "CONNECT")
        names += ("get", "PROPFIND", "X" * 200, "POST", "GET", "POST", "GET")
        body = self.dice.choice((b"", ask.body, b"--x\r\n\r\n\r\n--x--", b"\xff" * 99))
        kind = self.dice.choice(TYPES)
        worn = {**ask.headers, **({"Content-Type": kind} if kind else {})}
        bad = Ask(self.dice.choice(names), ask.url, worn, body)
        return self.piece(line, bad, "method", bad.method in ("GET", "POST"))

    def headers(self, line: Caller) -> Rubbish:
        """Strange headers on a good question."""
        ask = self.question(line)
        worn = dict(ask.headers)
        for name, value in self.dice.sample(HEADERS, self.dice.choice((1, 1, 2, 4))):
            worn[name] = value
        if self.dice.random() < 0.05:
            worn |= {f"X-{number}": "y" for number in range(150)}
        if self.dice.random() < 0.2 and line.network.auth["kind"] == "basic":
            pair = self.dice.choice((b"a:b", b"a", b":", b"\xff:\x00", b"a:b:c"))
            worn["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return self.piece(line, replace(ask, headers=worn), "headers", False)

    def framing(self, line: Caller) -> Rubbish:
        """Lengths that lie, chunks that are none, and every other trick of HTTP."""
        ask = self.sealed(
            line, self.with_body(line, b"x" * self.dice.choice((0, 9, 999)))
        )
        whole = written(ask)
        head, _, body = whole.partition(b"\r\n\r\n")
        lines_ = [x for x in head.split(b"\r\n") if b"Content-Length" not in x]
        bare = b"\r\n".join(lines_)
        lie = self.dice.choice(
            (b"5", b"0", b"99999", b"-1", b"+3", b"1e3", b"", b"x", b"9" * 30, b"3, 3")
        )
        chunked = bare + b"\r\nTransfer-Encoding: chunked"
        large = b"10000\r\n" + b"y" * 65536 + b"\r\n"
        large *= self.dice.choice((1, 1, 3))
        version = self.dice.choice((b"HTTP/9.9", b"", b"HTTP/"))
        made = self.dice.choice(
            (
                bare + b"\r\nContent-Length: " + lie + b"\r\n\r\n" + body,
                bare + b"\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n" + body,
                chunked + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                chunked + b"\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
                chunked + b"\r\n\r\n-5\r\nhello",
                chunked + b"\r\n\r\nffffffffffffffff\r\nx",
                chunked + b"\r\n\r\n5\r\nhel",
                chunked + b"\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                chunked + b", gzip\r\n\r\n0\r\n\r\n",
                chunked
                + b"\r\n\r\n"
                + large * self.dice.choice((1, 1, 3))
                + b"0\r\n\r\n",
                head.replace(b"HTTP/1.1", version) + b"\r\n\r\n",
                head.replace(b"\r\n", b"\n") + b"\n\n",
                head + b"\r\n folded: yes\r\n\r\n",
                head.replace(b"Host:", b"Host: a\r\nHost:", 1) + b"\r\n\r\n",
                head.replace(b"Host: 127.0.0.1", b"Host: \x01[::", 1) + b"\r\n\r\n",
                head[: self.dice.randrange(head.index(b"\r\nUser-Agent"), len(head))],
                head + b"\r\nExpect: 100-continue\r\n\r\n",
            )
        )
        return Rubbish("framing", line.network.protocol, made, False)

    def path(self, line: Caller) -> Rubbish:
        """Addresses around the endpoint."""
        ask = self.question(line)
        base, _, query = ask.url.partition("?")
        host, _, token = base.rpartition("/payment_terminal/")
        tail = self.dice.choice(TAILS)
        around = self.dice.choice(
            (
                *("/payment_terminal/", "//payment_terminal/", "/payment_terminal//"),
                *(
                    "/./payment_terminal/",
                    "/PAYMENT_TERMINAL/",
                    "/en/payment_terminal/",
                ),
                *(
                    "/web/../payment_terminal/",
                    "/payment_terminal%2f",
                    "payment_terminal/",
                ),
            )
        )
        if tail.startswith("%0"):
            # in any other address Odoo itself stumbles over NUL and line feed
            around = "/payment_terminal/"
        whom = self.dice.choice((token, token[:-1], token.swapcase(), "", "a" * 32))
        whom = self.dice.choice((whom, whom, "x" * 5000, "%ff" * 32, "é", "null"))
        url = f"{host}{around}{whom}{tail}?{query}"
        return self.piece(line, replace(ask, url=url), "path", False)

    def noise(self, line: Caller) -> Rubbish:
        """Bytes."""
        data = self.dice.randbytes(self.dice.choice((1, 20, 500, 5000)))
        start = self.dice.choice(
            (
                b"",
                b"GET ",
                b"POST /payment_terminal/x HTTP/1.1\r\nHost: x\r\n",
                b"\x16\x03\x01",
            )
        )
        return Rubbish("noise", line.network.protocol, start + data, False)

    def oversized(self, line: Caller) -> Rubbish:
        """More than an endpoint takes, or just not more."""
        size = self.dice.choice((65535, 65536, 65537, 70000, 300_000))
        small = size <= 65536
        kind = self.dice.choice((FORM, XML, JSON, "multipart/form-data; boundary=x"))
        ask = self.with_body(line, b"a" * size, kind)
        return self.piece(line, ask, "oversized", small)

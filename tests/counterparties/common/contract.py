"""An OpenAPI document against what is said: who broke it, where and how.

The document leaves room for what other parties may add one day. Ours say nothing that
is not written down: an unknown field or a code that is not listed is a breach here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import OperationNotFound, PathNotFound
from werkzeug.datastructures import Headers, ImmutableMultiDict

Party = Literal["client", "server"]

# codes that are known today, of which there may be more tomorrow
OPEN_ENUM = "x-extensible-enum"
# what is larger is a document, whose bytes no contract tells
LARGEST_LOOKED_AT = 1024 * 1024
# breaches that are kept: the first ones tell what is wrong
MOST_KEPT = 200
# of what is told about a breach
LONGEST = 300
# stands for an escaped slash, which separates nothing
SLASH = "\N{DIVISION SLASH}"


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, as they went over the line."""

    method: str
    target: str
    """Path and query, still escaped."""
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer_headers: Mapping[str, str]
    answer: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.target.partition('?')[0]} {self.status}"


@dataclass(frozen=True)
class Breach:
    """What broke the contract, and whose fault it is."""

    party: Party
    call: str
    what: str


class Contract:
    """An OpenAPI document of 3.1.

    :param start: what stands before its paths where it is spoken, such as ``/v1``
    """

    def __init__(self, document: Path, start: str = "") -> None:
        told = yaml.load(document.read_text(encoding="utf-8"), yaml.CSafeLoader)
        strict = {**closed(told), "servers": [{"url": start or "/"}], "security": []}
        # whether it is valid OpenAPI, another test tells
        self._api = OpenAPI.from_dict(strict, config=Config(spec_validator_cls=None))

    def breaches(self, exchange: Exchange) -> list[Breach]:
        """What broke it, of a call to one of its paths."""
        request, answer = _Request(exchange), _Answer(exchange)
        if exchange.status == self._refused(request):
            return [Breach("client", str(exchange), "there is no such call")]
        found = [
            *_told("client", exchange, self._api.iter_apicall_request_errors(request))
        ]
        # a request that is refused was to be judged, not to be right
        answers = self._api.iter_apicall_response_errors(request, answer)
        return [*found, *_told("server", exchange, answers)]

    def webhook_breaches(self, name: str, exchange: Exchange) -> list[Breach]:
        """What broke it, of a call that the server made to the client."""
        request, answer = _Request(exchange, name), _Answer(exchange)
        requests = self._api.iter_webhook_request_errors(request)
        answers = self._api.iter_webhook_response_errors(request, answer)
        return [
            *_told("server", exchange, requests),
            *_told("client", exchange, answers),
        ]

    def _refused(self, request: _Request) -> int:
        """The status of a call that the document does not have; 0 when it does."""
        try:
            self._api.request_validator.path_finder.find(
                request.method, f"{request.host_url}{request.path}"
            )
        except PathNotFound:
            return 404
        except OperationNotFound:
            return 405
        return 0


def closed(told: Any) -> Any:
    """The document without room for fields and codes that it does not name."""
    if isinstance(told, list):
        return [closed(each) for each in told]
    if not isinstance(told, dict):
        return told
    made = {name: closed(value) for name, value in told.items()}
    if OPEN_ENUM in made:
        made["enum"] = made.pop(OPEN_ENUM)
    if "properties" in made and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


class _Request:
    """An exchange's request as openapi-core wants it."""

    def __init__(self, exchange: Exchange, name: str = "") -> None:
        path, _mark, query = exchange.target.partition("?")
        headers = Headers(exchange.headers)
        self.name = name
        self.host_url = "http://here"
        self.path = unquote(re.sub("%2f", SLASH, path, flags=re.IGNORECASE))
        self.method = exchange.method.lower()
        self.content_type = headers.get("Content-Type", "")
        self.body = exchange.body or None
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(query, keep_blank_values=True)),
            header=headers,
            cookie=ImmutableMultiDict(),
        )


class _Answer:
    """An exchange's answer as openapi-core wants it."""

    def __init__(self, exchange: Exchange) -> None:
        self.headers = Headers(exchange.answer_headers)
        self.status_code = exchange.status
        self.content_type = self.headers.get("Content-Type", "")
        self.data = exchange.answer or None


def _told(
    party: Party, exchange: Exchange, errors: Iterable[Exception]
) -> Iterator[Breach]:
    try:
        for error in errors:
            yield Breach(party, str(exchange), "; ".join(_reasons(error)))
    except Exception as error:
        # what is made to break readers breaks openapi-core's as well
        yield Breach(party, str(exchange), f"unreadable: {type(error).__name__}")


def _reasons(error: BaseException | None) -> Iterator[str]:
    """What is wrong, from the outside in."""
    while error is not None:
        details = getattr(error, "schema_errors", None)
        if details is None:
            # some of them cannot say themselves what bytes they could not read
            yield f"{type(error).__name__} {getattr(error, 'name', '')}".rstrip()
        for each in details or ():
            yield f"{each.json_path}: {each.message[:LONGEST]}"
        error = error.__cause__


Start = Callable[..., Any]


@dataclass
class Watch:
    """A WSGI application around that of a party: looks at every call under its start.

    At ``<start>/sandbox/breaches`` it tells what it has seen; other controls of the
    sandbox are none of its business.
    """

    app: Callable[[dict[str, Any], Start], Iterable[bytes]]
    contract: Contract
    start: str
    seen: list[Breach] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], begin: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == f"{self.start}/sandbox/breaches":
            return self._tell(begin)
        if not path.startswith(f"{self.start}/") or path.startswith(
            f"{self.start}/sandbox/"
        ):
            return self.app(environ, begin)
        return self._look(environ, begin)

    def sent(
        self, webhook: str, url: str, headers: dict[str, str], body: bytes, status: int
    ) -> None:
        """Look at a call that the party made itself, and at the status it got."""
        exchange = Exchange("POST", urlsplit(url).path, headers, body, status, {}, b"")
        self._keep(self.contract.webhook_breaches(webhook, exchange))

    def _look(self, environ: dict[str, Any], begin: Start) -> Iterable[bytes]:
        read = environ["wsgi.input"] = _Read(environ["wsgi.input"])
        told: list[Any] = []

        def noted(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            told[:] = [int(status.split()[0]), dict(headers)]
            return begin(status, headers, *more)

        answer = self.app(environ, noted)
        try:
            parts = [bytes(part) for part in answer]
        finally:
            getattr(answer, "close", lambda: None)()
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = b"".join(read.parts)
        # a body that was refused unread, or is a document, is not looked at
        if len(body) == length <= LARGEST_LOOKED_AT:
            exchange = Exchange(
                environ["REQUEST_METHOD"],
                environ.get("RAW_URI") or environ["PATH_INFO"],
                dict(_headers(environ)),
                body,
                *told,
                b"".join(parts),
            )
            self._keep(self.contract.breaches(exchange))
        return parts

    def _keep(self, breaches: list[Breach]) -> None:
        del breaches[max(0, MOST_KEPT - len(self.seen)) :]
        self.seen += breaches

    def _tell(self, begin: Start) -> Iterable[bytes]:
        body = json.dumps([vars(each) for each in self.seen]).encode()
        begin("200 OK", [("Content-Type", "application/json")])
        return [body]


class _Read:
    """A request's body, which keeps what of it was read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.parts: list[bytes] = []

    def read(self, size: int = -1) -> bytes:
        part: bytes = self._stream.read(size)
        self.parts.append(part)
        return part

    def readline(self, size: int = -1) -> bytes:
        part: bytes = self._stream.readline(size)
        self.parts.append(part)
        return part


def _headers(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").title(), value
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            yield name.replace("_", "-").title(), environ[name]

"""The way of a call through the contract: access, repeats, faults, work, answer."""

import datetime as dt
import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, current_app, g, request

from . import access, faults, messages
from .core import agency, show
from .errors import ApiError, invalid

JSON_LIMIT = 1024 * 1024
# what the headers of the parts may add to the documents themselves
_MULTIPART_EXTRA = 64 * 1024
_KEY = "Idempotency-Key"
_KEPT_DAYS = 30
Work = Callable[..., Any]


class Contract(Blueprint):
    """The calls of the contract; each runs through the gate."""

    def call(self, method: str, rule: str, **how: bool) -> Callable[[Work], Work]:
        """The function below answers this call; it gets the path's names.

        :param how: `public` needs no token; `multipart` takes `request.files` instead
            of the JSON object `g.given`
        """

        def register(work: Work) -> Work:
            def answer(**path: str) -> Response:
                return _answer(work, path, **how)

            self.add_url_rule(rule, work.__name__, answer, methods=[method])
            return work

        return register


def _answer(
    work: Work, path: dict, public: bool = False, multipart: bool = False
) -> Response:
    _check_size(multipart)
    kind, seconds = faults.strike_request(request.method, request.path)
    if kind == "500_before_commit":
        raise ApiError("internal_error", "The agency has a fault.")
    if kind == "429":
        headers = {"Retry-After": str(seconds)}
        raise ApiError("rate_limited", "Too many calls.", headers=headers)
    is_write = not public and request.method not in ("GET", "HEAD")
    if not public:
        g.client = access.client_of(request.headers.get("Authorization"))
    key = _read_key() if is_write else ""
    g.given = _read_body(multipart)
    with _in_flight(key):
        if kind == "slow":
            time.sleep(seconds)
        with agency.books.transaction():
            response = _once(work, path, key) if key else _done(work, path)
    if kind == "500_after_commit":
        raise ApiError("internal_error", "The agency has a fault.")
    if kind == "timeout":
        time.sleep(seconds)
        # done, but whoever waits for the answer sees the connection cut
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return response


def _done(work: Work, path: dict) -> Response:
    return current_app.make_response(work(**path))


# The body


def _check_size(multipart: bool) -> None:
    """
    :raises ApiError: the body is too large, or of unknown length
    """
    size = request.content_length or 0
    unknown = "Content-Length" in request.headers and request.content_length is None
    if unknown or "Transfer-Encoding" in request.headers:
        raise ApiError("length_required", "The request does not say its length.")
    if multipart and size > messages.DOCUMENTS_LIMIT + _MULTIPART_EXTRA:
        raise messages.too_large(size)
    if not multipart and size > JSON_LIMIT:
        words = "The body of a request may have 1 MB."
        sizes = {"limit_bytes": JSON_LIMIT, "size_bytes": size}
        raise ApiError("request_too_large", words, sizes)


def _read_body(multipart: bool) -> dict:
    wanted = "multipart/form-data" if multipart else "application/json"
    if request.mimetype != wanted and (multipart or request.content_length):
        raise ApiError("unsupported_media_type", f"The body must be {wanted}.")
    return {} if multipart else json_object()


def json_object() -> dict:
    """The body of the request; an empty one is `{}`.

    :raises ApiError: not a JSON object
    """
    try:
        content = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        raise ApiError("validation_failed", "The body is not JSON.") from None
    if not isinstance(content, dict):
        raise ApiError("validation_failed", "The body is not a JSON object.")
    return content


# Repeats


def _read_key() -> str:
    key = request.headers.get(_KEY)
    if not key:
        raise invalid(_KEY, "required", f"The header {_KEY} is missing.")
    if len(key) > 255 or not key.isascii() or not key.isprintable():
        words = f"{_KEY} is not made of 1 to 255 printable ASCII characters."
        raise invalid(_KEY, "format", words)
    return key


@contextmanager
def _in_flight(key: str) -> Iterator[None]:
    """
    :raises ApiError: a call with this key is still being worked on
    """
    if not key:
        yield
        return
    mine = g.client, key
    with agency.books.lock:
        if mine in agency.in_flight:
            words = "The first call with this key is still being worked on."
            headers = {"Retry-After": "1"}
            raise ApiError("idempotency_in_flight", words, headers=headers)
        agency.in_flight.add(mine)
    try:
        yield
    finally:
        agency.in_flight.discard(mine)


def _once(work: Work, path: dict, key: str) -> Response:
    """Done now, or answered as the first time; a refusal is not kept."""
    mark, since = _fingerprint(), agency.now() - dt.timedelta(days=_KEPT_DAYS)
    found = agency.books.rows(
        "SELECT mark, status, body FROM answer"
        " WHERE client = ? AND key = ? AND at >= ?",
        *(g.client, key, show(since)),
    )
    for known in found:
        if known["mark"] != mark:
            words = "This key was used for another call already."
            raise ApiError("idempotency_conflict", words)
        headers = {"Idempotent-Replayed": "true", "Content-Type": "application/json"}
        return Response(known["body"], known["status"], headers)
    response = _done(work, path)
    agency.books.run(
        "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?)",
        *(g.client, key, mark, agency.stamp()),
        *(response.status_code, response.get_data()),
    )
    return response


def _fingerprint() -> str:
    """What makes two calls the same: not the order of members, not the boundary."""
    made = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    made.update(json.dumps([g.given, request.form], sort_keys=True).encode())
    for name, file in request.files.items(multi=True):
        data = file.read()
        file.seek(0)
        what = [name, file.filename, file.content_type, len(data)]
        made.update(json.dumps(what).encode() + data)
    return made.hexdigest()

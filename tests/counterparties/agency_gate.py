"""The way of a call through the contract: access, repeats, faults, work, answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import agency_access
import agency_api
import agency_faults
import agency_idempotency
import agency_multipart
import agency_routes
from agency_core import Agency
from agency_errors import ApiError
from agency_faults import Fault
from agency_multipart import Part
from agency_routes import Answer, Call, Route

_WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass
class Request:
    """What came in over HTTP; `read` gives the body, limited to so many bytes."""

    method: str
    path: str
    query: dict[str, str]
    target: str
    headers: dict[str, str]
    read: Callable[[bool], bytes]


@dataclass
class Reply:
    """What goes out; with `cut` the connection is closed instead."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    replayed: bool = False
    cut: bool = False


class Gate:
    """Answers the calls of the contract."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency
        self._in_flight = agency_idempotency.InFlight()

    def answer(self, request: Request, trace_id: str) -> Reply:
        """The reply to a call; a refusal is a reply as well."""
        try:
            return self._answer(request)
        except ApiError as error:
            return refusal(error, trace_id)

    def _answer(self, request: Request) -> Reply:
        route, path = agency_routes.find(
            agency_api.ROUTES, request.method, request.path
        )
        data = request.read(route.multipart)
        fault = agency_faults.strike_request(self.agency, request.method, request.path)
        _fail_before(fault)
        call = Call(self.agency, path=path, query=request.query)
        if route.public:
            _wait(fault, "slow")
            call.body, call.parts = read_body(request, route, data)
            reply = self._work(route, call)
        else:
            reply = self._protected(request, route, call, data, fault)
        return _spoilt(fault, reply)

    def _protected(
        self,
        request: Request,
        route: Route,
        call: Call,
        data: bytes,
        fault: Fault | None,
    ) -> Reply:
        bearer = request.headers.get("authorization")
        call.client = agency_access.client_of(self.agency, bearer)
        if request.method not in _WRITES:
            _wait(fault, "slow")
            return self._work(route, call)
        key = agency_idempotency.read_key(request.headers.get("idempotency-key"))
        call.body, call.parts = read_body(request, route, data)
        # parts stand for a multipart body, whose boundary means nothing
        content = None if route.multipart else call.body
        mark = agency_idempotency.fingerprint(
            request.method, request.target, content, call.parts
        )
        with self._in_flight.hold(call.client, key):
            _wait(fault, "slow")
            return self._once(route, call, key, mark)

    def _once(self, route: Route, call: Call, key: str, mark: str) -> Reply:
        """Done now, or answered as the first time."""
        agency = self.agency
        with agency.store.transaction():
            known = agency_idempotency.stored(agency, call.client, key, mark)
            if known:
                status, body = known
                headers = {"Idempotent-Replayed": "true"}
                return _json(status, body, headers, replayed=True)
            reply = self._work(route, call)
            agency_idempotency.keep(
                agency, call.client, key, mark, reply.status, reply.body
            )
            return reply

    def _work(self, route: Route, call: Call) -> Reply:
        with self.agency.store.transaction():
            return written(route.work(call))


def written(answer: Answer) -> Reply:
    """An answer as bytes."""
    if answer.data is not None:
        headers = {
            "Content-Type": answer.kind,
            "Content-Disposition": answer.disposition(),
        }
        return Reply(answer.status, answer.data, headers)
    if answer.content is None:
        return Reply(answer.status)
    return _json(answer.status, json.dumps(answer.content).encode())


def _json(
    status: int,
    body: bytes,
    headers: dict[str, str] | None = None,
    replayed: bool = False,
) -> Reply:
    kind = {"Content-Type": "application/json"}
    return Reply(status, body, {**kind, **(headers or {})}, replayed)


def refusal(error: ApiError, trace_id: str) -> Reply:
    body = json.dumps(error.content(trace_id)).encode()
    return _json(error.status, body, error.headers)


def read_body(request: Request, route: Route, data: bytes) -> tuple[dict, list[Part]]:
    """The JSON object or the parts of a body.

    :raises ApiError: another type, or not made as its type says
    """
    kind = request.headers.get("content-type", "")
    if route.multipart:
        boundary = agency_multipart.boundary_of(kind)
        if boundary is None:
            raise ApiError(
                "unsupported_media_type", "The body must be multipart/form-data."
            )
        return {}, agency_multipart.split(data, boundary)
    if not data:
        return {}, []
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise ApiError("unsupported_media_type", "The body must be application/json.")
    return json_object(data), []


def json_object(data: bytes) -> dict:
    """
    :raises ApiError: not a JSON object
    """
    try:
        content = json.loads(data or b"{}")
    except (ValueError, RecursionError) as error:
        raise ApiError("validation_failed", "The body is not JSON.") from error
    if not isinstance(content, dict):
        raise ApiError("validation_failed", "The body is not a JSON object.")
    return content


# Faults


def _fail_before(fault: Fault | None) -> None:
    if fault and fault.kind == "500_before_commit":
        raise ApiError("internal_error", "The agency has a fault.")
    if fault and fault.kind == "429":
        raise ApiError(
            "rate_limited",
            "Too many calls.",
            headers={"Retry-After": str(fault.seconds)},
        )


def _wait(fault: Fault | None, kind: str) -> None:
    if fault and fault.kind == kind:
        time.sleep(fault.seconds)


def _spoilt(fault: Fault | None, reply: Reply) -> Reply:
    """A reply that does not arrive, or not as it was meant."""
    if fault and fault.kind == "500_after_commit":
        raise ApiError("internal_error", "The agency has a fault.")
    if fault and fault.kind == "timeout":
        time.sleep(fault.seconds)
        reply.cut = True
    return reply

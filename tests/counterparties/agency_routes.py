"""The calls of the contract: path, method and what answers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from agency_core import Agency
from agency_errors import ApiError, missing
from agency_multipart import Part


@dataclass
class Call:
    """One request, read and allowed."""

    agency: Agency
    client: str = ""
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: dict = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)


@dataclass
class Answer:
    """What goes back: JSON, or bytes with their type and name."""

    status: int
    content: dict | None = None
    data: bytes | None = None
    kind: str = "application/json"
    filename: str = ""

    def disposition(self) -> str:
        return f"attachment; filename*=UTF-8''{quote(self.filename, safe='')}"


Work = Callable[[Call], Answer]


@dataclass(frozen=True)
class Route:
    """A path with names in braces; `multipart` is what it takes instead of JSON."""

    method: str
    pattern: str
    work: Work
    public: bool = False
    multipart: bool = False

    def match(self, segments: list[str]) -> dict[str, str] | None:
        names = self.pattern.strip("/").split("/")
        if len(names) != len(segments):
            return None
        found = {}
        for name, segment in zip(names, segments, strict=True):
            if name.startswith("{"):
                # percent-encoded slashes are part of the value
                found[name.strip("{}")] = unquote(segment)
            elif name != segment:
                return None
        return found


def find(routes: list[Route], method: str, path: str) -> tuple[Route, dict[str, str]]:
    """
    :raises ApiError: no such path, or not with this method
    """
    segments = path.strip("/").split("/")
    allowed = []
    for route in routes:
        values = route.match(segments)
        if values is not None:
            if route.method == method:
                return route, values
            allowed.append(route.method)
    if not allowed:
        raise missing("path")
    words = ", ".join(sorted(set(allowed)))
    raise ApiError(
        "method_not_allowed",
        f"This path is for {words}.",
        headers={"Allow": words},
    )

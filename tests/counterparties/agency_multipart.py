"""Splits a `multipart/form-data` body, byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from agency_errors import ApiError

_NAME_LIMIT = 255
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)
_BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Part:
    """One part: a file has a `filename`, a field has none."""

    name: str
    filename: str
    content_type: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace").strip()


def boundary_of(content_type: str) -> str | None:
    """The boundary in a Content-Type header; None when it is no multipart form."""
    message = Message()
    message["Content-Type"] = content_type
    if message.get_content_type() != "multipart/form-data":
        return None
    boundary = message.get_param("boundary")
    return boundary if isinstance(boundary, str) and boundary else None


def split(body: bytes, boundary: str) -> list[Part]:
    """
    :raises ApiError: the body is not made as its header says
    """
    mark = b"\r\n--" + boundary.encode("ascii", "replace")
    pieces = (b"\r\n" + body).split(mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ApiError("validation_failed", "The multipart body is cut off.")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, gap, data = piece.partition(b"\r\n\r\n")
    if not gap:
        raise ApiError("validation_failed", "A part of the body has no header.")
    message = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            message[name.strip()] = value.strip()
    field = message.get_param("name", header="Content-Disposition")
    filename = message.get_filename() or ""
    kind = message.get("Content-Type", _BINARY)
    return Part(
        field if isinstance(field, str) else "",
        _plain(filename),
        kind if _TYPE.fullmatch(kind) else _BINARY,
        data,
    )


def _plain(filename: str) -> str:
    """Without folders and control characters."""
    last = re.split(r"[/\\]", filename)[-1]
    return "".join(char for char in last if char.isprintable()).strip()[:_NAME_LIMIT]

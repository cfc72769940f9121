"""Messages and documents on a case."""

import re
from collections.abc import Sequence

from werkzeug.datastructures import FileStorage

from . import cases, course, fields
from .core import agency
from .errors import ApiError, invalid
from .fields import Choice, Text, needed

DOCUMENTS_LIMIT = 30 * 1024 * 1024
_MAX_FILES = 20
_KIND = Choice(("invoice", "attachment", "evidence"), "invoice")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)


def write(case: dict, author: str, given: dict) -> dict:
    """Add a message; what the agency writes is announced."""
    text = fields.read({"text": needed(Text(4000))}, given)
    message = {"id": agency.new_id("me"), "at": agency.stamp(), "author": author}
    agency.books.save("message", {**message, **text, "case_id": case["id"]})
    if author == "agency":
        agency.emit(case["creditor_id"], "message.created", case, message["id"])
    return {**message, **text}


def too_large(size: int) -> ApiError:
    words = "The documents of one request may have 30 MB together."
    sizes = {"limit_bytes": DOCUMENTS_LIMIT, "size_bytes": size}
    return ApiError("attachment_too_large", words, sizes)


def attach(case: dict, files: Sequence[FileStorage], kind: str | None) -> list[dict]:
    """Keep the files of a request with the case."""
    kind = fields.read({"kind": _KIND}, {"kind": kind})["kind"]
    contents = [
        (_plain(file.filename), file.content_type, file.read()) for file in files
    ]
    if not contents:
        raise invalid("file", "required", "The request has no file.")
    if len(contents) > _MAX_FILES:
        words = f"The request has more than {_MAX_FILES} files."
        raise invalid("file", "length", words)
    if not all(name and data for name, _, data in contents):
        raise invalid("file", "value", "A file has no name or no contents.")
    size = sum(len(data) for _, _, data in contents)
    if size > DOCUMENTS_LIMIT:
        raise too_large(size)
    course.refuse_closed(case)
    added = []
    for name, content_type, data in contents:
        if not _TYPE.fullmatch(content_type or ""):
            content_type = "application/octet-stream"
        document = {
            "id": agency.new_id("do"),
            "name": name,
            "kind": kind,
            "content_type": content_type,
            "size": len(data),
            "created_at": agency.stamp(),
        }
        agency.books.run("INSERT INTO content VALUES (?, ?)", document["id"], data)
        agency.books.save("document", {**document, "case_id": case["id"]})
        added.append(document)
    names = ", ".join(each["name"] for each in added)
    label = "Document added" if len(added) == 1 else f"{len(added)} documents added"
    cases.note(case, "creditor", "document", label, names)
    cases.changed(case)
    return added


def _plain(filename: str | None) -> str:
    """Without folders and control characters."""
    last = re.split(r"[/\\]", filename or "")[-1]
    return "".join(char for char in last if char.isprintable()).strip()[:255]


def content(document: dict) -> bytes:
    """The bytes of a document."""
    found = agency.books.rows("SELECT bytes FROM content WHERE id = ?", document["id"])
    return found[0]["bytes"]

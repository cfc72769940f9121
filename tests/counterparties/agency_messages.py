"""Messages and documents on a case."""

from __future__ import annotations

import agency_cases
import agency_course
from agency_core import Agency
from agency_errors import ApiError, invalid
from agency_form import Form
from agency_multipart import Part

KINDS = ("invoice", "attachment", "evidence")
DOCUMENTS_LIMIT = 30 * 1024 * 1024
_MAX_FILES = 20


def write(agency: Agency, case: dict, author: str, given: dict) -> dict:
    """Add a message; what the agency writes is announced."""
    form = Form(given)
    text = form.text("text", 4000, required=True)
    form.check()
    message = {
        "id": agency.new_id("me"),
        "case_id": case["id"],
        "at": agency.clock.stamp(),
        "author": author,
        "text": text,
    }
    agency.store.save("message", message)
    if author == "agency":
        agency.emit(case["creditor_id"], "message.created", case, message["id"])
    return message


def message_view(message: dict) -> dict:
    return {name: message[name] for name in ("id", "at", "author", "text")}


def too_large(size: int) -> ApiError:
    return ApiError(
        "attachment_too_large",
        "The documents of one request may have 30 MB together.",
        limit_bytes=DOCUMENTS_LIMIT,
        size_bytes=size,
    )


def attach(agency: Agency, case: dict, parts: list[Part]) -> list[dict]:
    """Keep the files of a request with the case."""
    kind = _kind(parts)
    files = [part for part in parts if part.name == "file"]
    if not files:
        raise invalid("file", "required", "The request has no file.")
    if len(files) > _MAX_FILES:
        words = f"The request has more than {_MAX_FILES} files."
        raise invalid("file", "length", words)
    for part in files:
        if not part.filename or not part.data:
            raise invalid("file", "value", "A file has no name or no contents.")
    size = sum(len(part.data) for part in files)
    if size > DOCUMENTS_LIMIT:
        raise too_large(size)
    agency_course.refuse_closed(case)
    added = [_keep(agency, case, kind, part) for part in files]
    names = ", ".join(each["name"] for each in added)
    label = "Document added" if len(added) == 1 else f"{len(added)} documents added"
    agency_cases.note(agency, case, "creditor", "document", label, names)
    agency_cases.changed(agency, case)
    return added


def _kind(parts: list[Part]) -> str:
    named = [part.text for part in parts if part.name == "kind"]
    form = Form({"kind": named[-1]} if named else {})
    kind = form.choice("kind", KINDS, "invoice")
    form.check()
    return kind


def _keep(agency: Agency, case: dict, kind: str, part: Part) -> dict:
    document = {
        "id": agency.new_id("do"),
        "case_id": case["id"],
        "name": part.filename,
        "kind": kind,
        "content_type": part.content_type,
        "size": len(part.data),
        "created_at": agency.clock.stamp(),
    }
    agency.store.keep(document["id"], part.data)
    return agency.store.save("document", document)


def document(agency: Agency, case: dict, identity: str) -> tuple[dict, bytes]:
    """A document of this case and its bytes."""
    found = agency.record("document", identity)
    if found["case_id"] != case["id"]:
        # as if it did not exist: the case may be another creditor's
        found = agency.record("document", "")
    return found, agency.store.content(identity)

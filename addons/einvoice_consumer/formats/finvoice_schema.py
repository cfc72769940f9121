"""Our schema of the consumer profile: a fast check and a readable explanation."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from .errors import FormatError

if TYPE_CHECKING:
    import xmlschema

SCHEMA = Path(__file__).parent / "schemas" / "finvoice_consumer.xsd"

# The error log belongs to the schema object, which all threads share.
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a document: where, in which element, and why."""

    path: str
    element: str
    reason: str


@lru_cache(maxsize=1)
def _compiled() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


@lru_cache(maxsize=1)
def _explaining() -> xmlschema.XMLSchema:
    import xmlschema

    return xmlschema.XMLSchema(str(SCHEMA), allow="local", defuse="always")


def check(element: etree._Element) -> None:
    """Check a ``Finvoice`` element against the consumer profile.

    :raises FormatError: ``schema``; the field is the element path, the reason is
        libxml2's own words
    """
    schema = _compiled()
    with _lock:
        if schema.validate(element):
            return
        # The stubs know the log only by name.
        log: Any = schema.error_log
        path, reason = log[0].path or "/Finvoice", log[0].message
    raise FormatError("schema", path, reason=reason)


def explain(data: bytes) -> list[Problem]:
    """Everything the consumer profile finds wrong in a document; slow, for people.

    :raises FormatError: the document is not XML (see ``xml.parse``)
    """
    from . import safe_xml as xml

    root = xml.parse(data)
    return [
        Problem(
            path=error.path or "/",
            element=(error.path or "").rpartition("/")[2],
            reason=error.reason or error.message,
        )
        for error in _explaining().iter_errors(root)
    ]

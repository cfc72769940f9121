"""Our schema of the consumer profile: the fast check of everything that is sent."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from .errors import FormatError

SCHEMA = Path(__file__).parent / "schemas" / "finvoice_consumer.xsd"

# The error log belongs to the schema object, which all threads share.
_lock = threading.Lock()


@lru_cache(maxsize=1)
def _compiled() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


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

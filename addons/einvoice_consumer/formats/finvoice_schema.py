"""Our schemas: the fast check of everything that is sent."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from .errors import FormatError

_FOLDER = Path(__file__).parent / "schemas"
SCHEMA = _FOLDER / "finvoice_consumer.xsd"
#: by the root element of what is sent
SCHEMAS = {
    "Finvoice": SCHEMA,
    "FinvoiceSenderInfo": _FOLDER / "finvoice_sender_info.xsd",
    "ReceiverProposal": _FOLDER / "receiver_proposal.xsd",
}

# The error log belongs to the schema object, which all threads share.
_lock = threading.Lock()


@lru_cache(maxsize=len(SCHEMAS))
def _compiled(root: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(SCHEMAS[root])))


def check(element: etree._Element, root: str = "Finvoice") -> None:
    """Check an element against our schema of messages whose root element is ``root``.

    :raises FormatError: ``schema``; the field is the element path, the reason is
        libxml2's own words
    """
    schema = _compiled(root)
    with _lock:
        if schema.validate(element):
            return
        # The stubs know the log only by name.
        log: Any = schema.error_log
        path, reason = log[0].path or f"/{root}", log[0].message
    raise FormatError("schema", path, reason=reason)

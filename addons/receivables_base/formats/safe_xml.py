"""The one way XML from outside is parsed, and XML for others is written."""

from __future__ import annotations

import re

from lxml import etree

from .errors import FormatError

MAX_BYTES = 20 * 1024 * 1024

_DECLARED = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})"""
)
# Encodings in which every markup character is its own ASCII byte, so that no
# declaration can hide behind another reading of the same bytes.
_ENCODINGS = re.compile(
    rb"utf-8|us-ascii|iso-?8859-\d{1,2}|windows-125\d|koi8-[ru]", re.IGNORECASE
)
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(data: bytes, limit: int = MAX_BYTES) -> etree._Element:
    """Parse one document and return its root.

    No entity is expanded, nothing is fetched, a DOCTYPE is refused before a parser
    sees it, and documents libxml2 itself finds too deep or too large are refused.

    :raises FormatError: ``too_large``, ``charset``, ``doctype`` or ``not_xml``
    """
    if len(data) > limit:
        raise FormatError("too_large", "", size=len(data), limit=limit)
    if b"\0" in data:
        raise FormatError("charset", "", characters="U+0000")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise FormatError("doctype")
    declared = _DECLARED.match(data)
    if declared and not _ENCODINGS.fullmatch(declared[1]):
        raise FormatError("charset", "", characters=declared[1].decode("ascii"))
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data.strip(), parser)
    except etree.XMLSyntaxError as error:
        raise FormatError("not_xml", "", reason=error.msg or "no element") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise FormatError("doctype")
    return root


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def leaf_text(element: etree._Element) -> str:
    """The element's own text without surrounding white space."""
    return (element.text or "").strip()


def descend(element: etree._Element, *path: str) -> etree._Element | None:
    """The first element down a path of local names, whatever the namespaces."""
    found: etree._Element | None = element
    for name in path:
        if found is None:
            return None
        found = next((child for child in found if local(child) == name), None)
    return found


def text_at(element: etree._Element, *path: str) -> str:
    """The text down a path of local names; empty when there is no such element."""
    found = descend(element, *path)
    return "" if found is None else leaf_text(found)


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The children with a local name, in document order."""
    return [child for child in element if local(child) == name]


def clean(text: str) -> str:
    """The text without characters that XML cannot carry."""
    return _FORBIDDEN.sub("", text)


def add(parent: etree._Element, tag: str, text: str) -> etree._Element:
    """A new last child with a text; what XML cannot carry is left out of it."""
    child = etree.SubElement(parent, tag)
    child.text = clean(text)
    return child


def write(root: etree._Element) -> bytes:
    """UTF-8 with a declaration, in the quotes that every reader expects."""
    return _DECLARATION + etree.tostring(root, encoding="UTF-8", xml_declaration=False)

"""XML from strangers: small, plain, without a document type; and XML for them."""

from __future__ import annotations

import re

from lxml import etree

# One document type declaration could hold entities that read files or fill the memory;
# no protocol here has one, so it is refused before a parser sees it.
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BadMarkup(ValueError):
    """Bytes that are no XML that we would read; the message names no contents."""


def parse(data: bytes) -> etree._Element:
    """Read a document.

    :raises BadMarkup: it is not well-formed, or it declares a document type
    """
    if _DOCTYPE.search(data) or b"\x00" in data:
        raise BadMarkup("a document type or a character that XML does not have")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadMarkup("not well-formed") from error
    # one that was written in an encoding of many bytes
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadMarkup("a document type")
    return root


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

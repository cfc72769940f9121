"""XML as strictly as a bank reads it."""

from __future__ import annotations

from lxml import etree


class NotXml(Exception):
    """The bytes are no document that a network takes."""


def read(body: bytes, root: str) -> etree._Element:
    """The root element, without namespaces in its name.

    :raises NotXml: not well-formed, a DOCTYPE, not UTF-8, another root
    """
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise NotXml("The answer has a DOCTYPE.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        body.decode()
        tree = etree.fromstring(body, parser)
    except (UnicodeDecodeError, ValueError, etree.XMLSyntaxError) as error:
        raise NotXml(f"The answer is not XML in UTF-8: {error}") from None
    encoding = (tree.getroottree().docinfo.encoding or "UTF-8").upper()
    if encoding not in ("UTF-8", "UTF8", "US-ASCII"):
        raise NotXml(f"The answer declares {encoding}, not UTF-8.")
    if etree.QName(tree).localname != root:
        raise NotXml(f"The answer begins with {etree.QName(tree).localname}.")
    return tree


def children(element: etree._Element, name: str) -> list[etree._Element]:
    return [
        each
        for each in element
        if isinstance(each.tag, str) and etree.QName(each).localname == name
    ]


def text(element: etree._Element, name: str) -> str | None:
    """The text of the only child with this name; None when there is none.

    :raises NotXml: there are several
    """
    found = children(element, name)
    if len(found) > 1:
        raise NotXml(f"The answer has {name} {len(found)} times.")
    return "".join(found[0].itertext()).strip() if found else None


def fields(element: etree._Element) -> list[tuple[str, str]]:
    """`<fields><field1 name="…">…</field1>…</fields>` in the order of their numbers."""
    listed = []
    for block in children(element, "fields"):
        for each in block:
            if isinstance(each.tag, str):
                label = each.get("name") or etree.QName(each).localname
                listed.append((label, "".join(each.itertext()).strip()))
    return listed

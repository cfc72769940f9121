"""XML as strictly as a bank reads it."""

from __future__ import annotations

from lxml import etree

from .heard import Unusable


def read(body: bytes, root: str) -> etree._Element:
    """The root element.

    :raises Unusable: not well-formed, a DOCTYPE, not UTF-8, another root
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        body.decode()
        tree = etree.fromstring(body, parser)
    except (ValueError, etree.XMLSyntaxError) as error:
        sentence = f"The answer is not XML in UTF-8: {error}"
        raise Unusable("unreadable", sentence) from None
    about = tree.getroottree().docinfo
    if about.doctype:
        raise Unusable("unreadable", "The answer has a DOCTYPE.")
    if (about.encoding or "UTF-8").upper() not in ("UTF-8", "UTF8", "US-ASCII"):
        sentence = f"The answer declares {about.encoding}, not UTF-8."
        raise Unusable("unreadable", sentence)
    if etree.QName(tree).localname != root:
        raise Unusable("unreadable", f"The answer begins with {tree.tag}.")
    return tree


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Whatever the namespace."""
    return element.findall(f"{{*}}{name}")


def text(element: etree._Element, name: str) -> str:
    """The text of the only child with this name, empty when there is none.

    :raises Unusable: there are several
    """
    found = children(element, name)
    if len(found) > 1:
        raise Unusable("unreadable", f"The answer has {name} {len(found)} times.")
    return "".join(found[0].itertext()).strip() if found else ""


def fields(element: etree._Element) -> list[tuple[str, str]]:
    """`<fields><field1 name="…">…</field1>…</fields>`: labels and values."""
    return [
        (str(each.get("name") or each.tag), "".join(each.itertext()).strip())
        for each in element.iterfind("{*}fields/*")
    ]

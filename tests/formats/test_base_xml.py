"""XML from outside: small, plain, without a document type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from odoo.addons.receivables_base.formats import safe_xml
from odoo.addons.receivables_base.formats.errors import FormatError

BOMB = b"""<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>"""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_xml"),
        (b"<a>", "not_xml"),
        (b"<a/><b/>", "not_xml"),
        (b"<a>&x;</a>", "not_xml"),
        (b"<!doctype a><a/>", "not_xml"),
        (b"<a>" * 1000, "not_xml"),
        (BOMB, "doctype"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "doctype"),
        (b"<a>\x00</a>", "charset"),
        ("<a/>".encode("utf-16"), "charset"),
        (b'<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-', "charset"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "charset"),
    ],
)
def test_what_is_refused(data, code):
    with pytest.raises(FormatError) as caught:
        safe_xml.parse(data)
    assert caught.value.code == code
    assert str(caught.value)


def test_its_size():
    assert safe_xml.parse(b"<abcd/>", limit=7).tag == "abcd"
    with pytest.raises(FormatError, match="8 bytes where at most 7"):
        safe_xml.parse(b"<abcde/>", limit=7)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("UTF-8", "Äiti Жди"),
        ("ISO-8859-15", "Äiti €"),
        ("iso-8859-1", "Äiti"),
        ("windows-1251", "Жди"),
        ("KOI8-R", "Жди"),
    ],
)
def test_encodings_of_the_trade(encoding, text):
    document = f'<?xml version="1.0" encoding="{encoding}"?><a>{text}</a>'
    assert safe_xml.parse(document.encode(encoding)).text == text


def test_ways_to_what_is_inside():
    root = safe_xml.parse(
        b'\n<x:a xmlns:x="urn:x"><x:b> one </x:b><!-- no --><?p?><b><c/></b></x:a>'
    )
    assert safe_xml.local(root) == "a"
    assert [safe_xml.leaf_text(b) for b in safe_xml.children(root, "b")] == ["one", ""]
    assert safe_xml.text_at(root, "b") == "one"
    assert safe_xml.descend(root, "b", "c") is None
    assert len(root) == 2


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    try:
        safe_xml.parse(data)
    except FormatError as error:
        assert str(error)


@given(st.text())
def test_any_text_can_be_written_and_is_read(text):
    root = etree.Element("a")
    safe_xml.add(root, "b", text)
    [child] = safe_xml.parse(safe_xml.write(root))
    # a reader takes every end of a line for one
    expected = safe_xml.clean(text).replace("\r\n", "\n").replace("\r", "\n")
    assert (child.text or "").replace("\r\n", "\n").replace("\r", "\n") == expected


def test_the_declaration():
    written = safe_xml.write(etree.Element("a"))
    assert written == b'<?xml version="1.0" encoding="UTF-8"?>\n<a/>'

"""JSON from outside, read so that no two readers can differ."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.receivables_base.formats import strict_json
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.moments import read_day
from odoo.addons.receivables_base.formats.strict_json import Node


def refused(data: bytes, **limits) -> FormatError:
    with pytest.raises(FormatError) as caught:
        strict_json.read(data, **limits)
    assert str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff", "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b"[-Infinity]", "not_json"),
        ('{"a": 1}'.encode("utf-16"), "not_json"),
        (b'\xef\xbb\xbf{"a": 1}', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"1" * 5000, "not_json"),
        (b'"\x00"', "not_json"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"a": {"b": 1, "b": 2}}', "duplicate_key"),
    ],
)
def test_what_is_refused(data, code):
    assert refused(data).code == code


def test_a_whole_character_may_be_escaped():
    assert strict_json.read(rb'"\ud83d\ude00\u00e4"') == "\U0001f600ä"


def test_its_size():
    assert refused(b'"123456"', limit=7).params == {"size": 8, "limit": 7}
    assert strict_json.read(b'"123456"', limit=8) == "123456"


def test_numbers_are_exact_or_as_they_are_written():
    assert strict_json.read(b"0.10") == Decimal("0.10")
    assert strict_json.read(b"1e3", number=str) == "1e3"


def test_an_object_is_asked_for():
    assert strict_json.read_object(b'{"a": [1, true]}') == {"a": [1, True]}
    with pytest.raises(FormatError, match="a list where an object"):
        strict_json.read_object(b"[]")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    try:
        strict_json.read(data)
    except FormatError as error:
        assert str(error)


Values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("aäй\U0001f600"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
)


@given(Values)
def test_what_is_written_is_read(value):
    assert strict_json.read(strict_json.write(value)) == value


DOCUMENT = Node(
    strict_json.read(
        b'{"name": "Aino", "none": null, "empty": "", "count": 3, "yes": true,'
        b' "list": ["a", 1], "many": [{"day": "2026-03-01"}, {"day": "1.3."}],'
        b' "one": {"half": 0.5}}'
    )
)


def wrong(read) -> tuple[str, str]:
    with pytest.raises(FormatError) as caught:
        read(DOCUMENT)
    return caught.value.code, caught.value.field


def test_fields_of_an_object():
    assert DOCUMENT.text("name") == DOCUMENT.required("name") == "Aino"
    assert DOCUMENT.text("none", "-") == DOCUMENT.text("absent", "-") == "-"
    assert (DOCUMENT.whole("count"), DOCUMENT.flag("yes")) == (3, True)
    assert (DOCUMENT.number("count"), DOCUMENT.number("absent")) == (3, 0)
    assert str(DOCUMENT.child("one").number("half")) == "0.5"
    first, second = DOCUMENT.children("many")
    assert first.value("day", read_day, "a day").isoformat() == "2026-03-01"
    assert second.place == "many[1]"
    assert DOCUMENT.details("one") == {"half": "0.5"}
    assert list(DOCUMENT.children("absent")) == []
    assert not DOCUMENT.has("none")


@pytest.mark.parametrize(
    ("read", "code", "field"),
    [
        (lambda d: d.text("count"), "type", "count"),
        (lambda d: d.text("list"), "type", "list"),
        (lambda d: d.text("name", most=3), "too_long", "name"),
        (lambda d: d.required("name", most=3), "too_long", "name"),
        (lambda d: d.required("empty"), "missing", "empty"),
        (lambda d: d.whole("yes"), "type", "yes"),
        (lambda d: d.whole("absent"), "missing", "absent"),
        (lambda d: d.number("yes"), "type", "yes"),
        (lambda d: d.number("name"), "type", "name"),
        (lambda d: d.whole("count", most=2), "out_of_range", "count"),
        (lambda d: d.flag("count"), "type", "count"),
        (lambda d: d.texts("list"), "type", "list[1]"),
        (lambda d: d.details("list"), "type", "list"),
        (lambda d: d.child("name"), "type", "name"),
        (lambda d: d.child("none"), "missing", "none"),
        (lambda d: d.child("one").text("half"), "type", "one.half"),
        (lambda d: list(d.children("list")), "type", "list[0]"),
        (
            lambda d: [
                each.value("day", read_day, "a day") for each in d.children("many")
            ],
            "pattern",
            "many[1].day",
        ),
    ],
)
def test_a_wrong_field_is_named(read, code, field):
    assert wrong(read) == (code, field)


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"id": ["1"]}, "type"),
        ({"id": "1\0"}, "charset"),
        ({"id": "\ud800"}, "charset"),
        ({"id": "x" * 256}, "too_long"),
        ({"many": "SEK"}, "type"),
        ({"many": ["SEK", 1]}, "type"),
        ({"many": ["\0"]}, "charset"),
        ({"\0": "a"}, "charset"),
        ({"x" * 65: "a"}, "too_long"),
    ],
)
def test_details_are_short_texts(details, code):
    node = Node({"details": details})
    with pytest.raises(FormatError) as caught:
        node.details("details", lists=("many",))
    assert caught.value.code == code


def test_details_that_may_be_shown():
    details = {"many": ["SEK", "EUR"], "version": 5, "more": {"a": 1}, "no": None}
    found = Node({"details": details}).details("details", lists=("many",))
    assert found == {"many": "SEK, EUR", "version": "5"}

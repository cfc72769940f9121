"""Text in ISO-8859-15, numbers, dates and times."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from einvoice_formats import values
from einvoice_formats.errors import FormatError
from einvoice_formats.text import identity, latin9, paragraphs, spread, wrap
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Hyvä", "Hyvä"),
        ("Hyva\u0308", "Hyvä"),
        ("5 € Žižek Šemeta Œuvre Ÿ", "5 € Žižek Šemeta Œuvre Ÿ"),
        ("a\tb\r\nc\x00d\x85e\u2028f", "a b c d e f"),
        ("  kaksi   väliä\xa0tässä  ", "kaksi väliä tässä"),
        ("Łódź", "Lódz"),
        ("10–12 ’a’ …", "10-12 'a' ..."),
        ("soft\xadhyphen zero\u200bwidth", "softhyphen zerowidth"),
    ],
)
def test_text_becomes_one_latin9_line(typed, sent):
    assert latin9(typed)[0] == sent


def test_only_what_the_character_set_lacks_is_reported():
    assert latin9("Äiti Łódź €")[1] == ("Ł", "ź")
    assert latin9("Äiti\t€")[1] == ()


def test_what_has_no_transliteration_leaves_a_visible_mark():
    assert latin9("a\ue000b") == ("a?b", ("\ue000",))


@given(st.text())
def test_any_text_can_be_encoded_and_stays_as_it_is_the_second_time(text):
    clean, _replaced = latin9(text)
    clean.encode("iso8859-15")
    assert clean == " ".join(clean.split())
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in clean)
    assert latin9(clean) == (clean, ())


@given(
    st.text(alphabet="ab ö", max_size=400),
    st.integers(6, 80),
    st.integers(1, 2),
)
def test_wrapping_keeps_every_character_and_the_limits(text, width, minimum):
    clean = latin9(text)[0]
    pieces = wrap(clean, width, minimum)
    assert "".join(pieces).replace(" ", "") == clean.replace(" ", "")
    if len(clean) >= minimum:
        assert all(minimum <= len(piece) <= width for piece in pieces)
    assert all(piece == piece.strip() for piece in pieces)


def test_wrapping_breaks_between_words():
    assert wrap("Mannerheimintie 100 C 25 Helsinki", 20, 2) == [
        "Mannerheimintie 100",
        "C 25 Helsinki",
    ]


def test_lines_of_a_free_text_stay_lines():
    assert paragraphs("eka\n\ntoka\r\nkolmas", 512) == ["eka", "toka", "kolmas"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "missing"), (" ", "missing"), ("a", "too_short"), ("a" * 80, "too_long")],
)
def test_text_that_does_not_fit_says_why(text, code):
    with pytest.raises(FormatError) as caught:
        spread(text, "buyer.street", 2, 35, 2)
    assert (caught.value.code, caught.value.field) == (code, "buyer.street")
    assert "buyer.street" in str(caught.value)


@pytest.mark.parametrize("text", ["FI\u041021", "a\tb", "12\xa03", "a\u200b", "\ud800"])
def test_an_identifier_is_never_altered(text):
    with pytest.raises(FormatError) as caught:
        identity(text, "number", 1, 20)
    assert caught.value.code == "charset"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1116", "1116,00"),
        ("-0.5", "-0,50"),
        ("0.00", "0,00"),
        ("-0.00", "0,00"),
        ("1E+3", "1000,00"),
        ("12.340", "12,34"),
        ("999999999999999.99", "999999999999999,99"),
        ("-999999999999999.99", "-999999999999999,99"),
    ],
)
def test_amounts(value, text):
    assert values.amount(Decimal(value), "x") == text


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("0.005", "decimals"),
        ("1E+15", "out_of_range"),
        ("1000000000000000.00", "out_of_range"),
        ("NaN", "pattern"),
        ("Infinity", "pattern"),
    ],
)
def test_amounts_are_never_rounded_or_cut(value, code):
    with pytest.raises(FormatError) as caught:
        values.amount(Decimal(value), "net")
    assert (caught.value.code, caught.value.field) == (code, "net")


@given(st.decimals(-(10**15) + 1, 10**15 - 1, places=2))
def test_an_amount_is_written_as_it_is(value):
    assert Decimal(values.amount(value, "x").replace(",", ".")) == value


def test_percentages_prices_and_quantities():
    assert values.percent(Decimal("25.5"), "x") == "25,5"
    assert values.percent(Decimal("24.00"), "x") == "24"
    assert values.percent(Decimal("0"), "x") == "0"
    assert values.unit_price(Decimal("0.08315"), "x") == "0,08315"
    assert values.unit_price(Decimal("3"), "x") == "3,00"
    assert values.quantity(Decimal("-2.500"), "x") == "-2,5"
    for call, value in (
        (values.percent, "-1"),
        (values.percent, "1000"),
        (values.percent, "NaN"),
        (values.unit_price, "0.123456"),
        (values.quantity, "123456789012345"),
        (values.quantity, "12345678901.2345"),
    ):
        with pytest.raises(FormatError):
            call(Decimal(value), "x")


def test_times_keep_their_offset():
    helsinki = timezone(timedelta(hours=2))
    moment = datetime(2012, 8, 31, 12, 40, 57, 999, tzinfo=helsinki)
    assert values.timestamp(moment, "x") == "2012-08-31T12:40:57+02:00"
    with pytest.raises(FormatError) as caught:
        values.timestamp(datetime(2026, 1, 1), "timestamp")
    assert caught.value.code == "timezone"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2012-08-31T12:40:57+02:00", datetime(2012, 8, 31, 10, 40, 57)),
        ("2012-08-31T12:40:57.123Z", datetime(2012, 8, 31, 12, 40, 57)),
        ("2019-03-29T12:00:00", datetime(2019, 3, 29, 10, 0)),
        ("2019-07-01T12:00:00", datetime(2019, 7, 1, 9, 0)),
        ("2019-07-01T12:00:00-03:30", datetime(2019, 7, 1, 15, 30)),
    ],
)
def test_times_are_read_as_aware(text, utc):
    moment = values.read_timestamp(text)
    assert moment.astimezone(timezone.utc).replace(tzinfo=None) == utc


# --- stamps whose form is not prescribed --------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28T12:00:00",
        "2026-11-28 12:00:00",
        "20261128120000",
        "20261128T120000",
        "2026-11-28-12.00.00.00",
        "2026-11-28T10:00:00Z",
        "2026-11-28T11:00:00+01:00",
        "20261128T110000+0100",
        "28.11.2026 12:00:00",
        "28.11.2026 12.00.00",
    ],
)
def test_every_form_of_a_stamp_is_the_same_moment(text):
    # in November Finnish time is two hours before UTC
    moment = datetime(2026, 11, 28, 10, tzinfo=timezone.utc)
    assert values.read_span(text) == (moment, moment)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("20261128", (27, 22, 0, 0), (28, 21, 59, 59)),
        ("2026-11-28", (27, 22, 0, 0), (28, 21, 59, 59)),
        ("28.11.2026", (27, 22, 0, 0), (28, 21, 59, 59)),
        ("202611281200", (28, 10, 0, 0), (28, 10, 0, 59)),
        ("28.11.2026 12:00", (28, 10, 0, 0), (28, 10, 0, 59)),
    ],
)
def test_a_stamp_that_is_not_exact_is_a_span(text, since, until):
    def moment(parts):
        return datetime(2026, 11, *parts, tzinfo=timezone.utc)

    assert values.read_span(text) == (moment(since), moment(until))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sometime",
        "20261328",
        "2026-11-31",
        "20261128250000",
        "0000-01-01",
        "1",
        "x1",
    ],
)
def test_what_is_no_stamp(text):
    assert values.read_span(text) is None


@given(st.text(alphabet="0123456789-.: TZ+", max_size=22))
def test_a_stamp_is_a_span_or_nothing(text):
    span = values.read_span(text)
    assert span is None or span.since <= span.until

"""Money, days, times and references as texts."""

import sys
import unicodedata
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from odoo.addons.receivables_base.formats import amounts, moments, references
from odoo.addons.receivables_base.formats.errors import FormatError
from odoo.addons.receivables_base.formats.texts import check_storable, is_plain

UTC = timezone.utc
RUBBISH = [
    "",
    " 1",
    "1 ",
    "1e3",
    "NaN",
    "Infinity",
    "+1",
    "1.",
    ".5",
    "1_0",
    "١",
    "٢.5",
]


@pytest.mark.parametrize("text", [*RUBBISH, "1,50", "1.1234567", "1" * 16, "--1"])
def test_no_signed_amount(text):
    assert amounts.read_signed(text) is None


@pytest.mark.parametrize("text", ["1250.00", "-1250.5", "0", "1250", "0.123456"])
def test_a_signed_amount_is_read_and_written(text):
    assert amounts.write_signed(amounts.read_signed(text), "total") == text


@pytest.mark.parametrize(
    ("amount", "code"),
    [("NaN", "pattern"), ("Infinity", "pattern"), ("1e15", "out_of_range")],
)
def test_amounts_that_cannot_be_written(amount, code):
    with pytest.raises(FormatError) as caught:
        amounts.write_signed(Decimal(amount), "total")
    assert (caught.value.code, caught.value.field) == (code, "total")


def test_zero_has_no_sign():
    assert amounts.write_signed(Decimal("-0.00"), "total") == "0.00"


@pytest.mark.parametrize(
    ("text", "decimals", "amount"),
    [
        ("200", 2, "200.00"),
        ("200.00", 0, "200"),
        ("10,45", 2, "10.45"),
        ("10.450", 2, "10.45"),
    ],
)
def test_payments_in_units(text, decimals, amount):
    assert str(amounts.read_units(text, decimals)) == amount


@pytest.mark.parametrize("text", [*RUBBISH, "0", "0.00", "-1", "1.234", "1 000"])
def test_no_payment_in_units(text):
    assert amounts.read_units(text, 2) is None


@pytest.mark.parametrize("text", [*RUBBISH, "0", "-1", "1.5"])
def test_no_payment_in_hundredths(text):
    assert amounts.read_minor(text) is None


@given(st.integers(1, 10**15 - 1))
def test_hundredths_and_units(minor):
    amount = amounts.read_minor(str(minor))
    assert amounts.write_minor(amount) == minor
    assert len(amounts.write_units(amount).partition(".")[2]) == 2


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-30T14:34:58+05:00", datetime(2026, 11, 30, 9, 34, 58, 0, UTC)),
        ("2026-11-30T09:34:58Z", datetime(2026, 11, 30, 9, 34, 58, 0, UTC)),
        ("2026-11-30T09:34:58.5Z", datetime(2026, 11, 30, 9, 34, 58, 500_000, UTC)),
        ("2026-11-30T09:34:58.0000019Z", datetime(2026, 11, 30, 9, 34, 58, 1, UTC)),
        ("2026-11-30T00:00:00-23:59", datetime(2026, 11, 30, 23, 59, 0, 0, UTC)),
    ],
)  # fmt: skip
def test_times(text, moment):
    assert moments.read_iso(text) == moment
    assert moments.read_iso(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-11-30", "2026-11-30T14:34:58", "2026-11-30 14:34:58Z",
        "2026-02-30T14:34:58Z", "2026-11-30T24:00:00Z", "2026-11-30T14:34:58+25:00",
        "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2026-11-30T14:34Z",
        "٢٠٢٦-11-30T14:34:58Z", "2026-11-30T14:34:58z",
    ],
)  # fmt: skip
def test_no_times(text):
    assert moments.read_iso(text) is None


def test_a_time_without_a_zone_is_of_the_place_that_is_given():
    helsinki = ZoneInfo("Europe/Helsinki")
    found = moments.read_iso("2026-07-01T12:00:00", helsinki)
    assert moments.write_iso(found) == "2026-07-01T09:00:00Z"


def test_a_time_of_the_database_is_in_utc():
    assert moments.write_iso(datetime(2026, 7, 1, 9)) == "2026-07-01T09:00:00Z"
    with pytest.raises(FormatError, match="has no time zone"):
        moments.check_aware(datetime(2026, 7, 1, 9), "sent_at")
    aware = datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert moments.check_aware(aware, "sent_at") is aware


@given(st.integers(10**12, 10**13 - 1))
def test_milliseconds(value):
    assert moments.write_milliseconds(moments.read_milliseconds(value)) == value


@pytest.mark.parametrize("value", [0, -1, 10**12 - 1, 10**13, 2**63])
def test_no_milliseconds(value):
    assert moments.read_milliseconds(value) is None


@given(st.dates())
def test_days(day):
    assert moments.read_day(moments.write_day(day)) == day
    assert moments.write_compact_day(day) == day.strftime("%Y%m%d").zfill(8)


@pytest.mark.parametrize(
    "text", ["", "2026-02-30", "20260230", "2026-3-1", "0000-01-01"]
)
def test_no_days(text):
    assert moments.read_day(text) is None


def test_a_day_of_a_time():
    assert moments.write_compact_day(datetime(2026, 3, 1, 8)) == "20260301"
    assert moments.read_day("2026-03-01") == date(2026, 3, 1)


@pytest.mark.parametrize("text", ["\x00", "a\ud800", "\udfff"])
def test_what_the_database_cannot_keep(text):
    with pytest.raises(FormatError) as caught:
        check_storable(text, "name")
    assert caught.value.field == "name"
    assert not is_plain(text)


def test_plain_text():
    assert check_storable("Äiti\n") == "Äiti\n"
    assert is_plain("Äiti \U0001f600")
    assert not is_plain("Äiti\n")


def test_what_is_plain_is_as_unicode_has_it():
    signs = map(chr, range(sys.maxunicode + 1))
    wrong = {
        sign
        for sign in signs
        if is_plain(sign) == (unicodedata.category(sign) in ("Cc", "Cs"))
    }
    assert not wrong


def test_an_error_seen_from_outside():
    error = FormatError("missing", "street").within("buyer")
    assert str(error) == "buyer.street: a value is required: fill it in."


NATIONAL = ["1232", "10003", "91901000011", "868516259619897", "559582243294671"]


@pytest.mark.parametrize("whole", NATIONAL)
def test_published_references(whole):
    assert references.make(whole[:-1]) == whole
    assert references.is_valid(whole)
    assert references.is_valid("  000" + whole[:3] + " " + whole[3:])
    wrong = whole[:-1] + str((int(whole[-1]) + 1) % 10)
    assert not references.is_valid(wrong)


@pytest.mark.parametrize(
    "whole", ["RF111232", "RF09868516259619897", "RF06559582243294671"]
)
def test_published_creditor_references(whole):
    assert references.is_valid(whole)
    assert references.make_rf(whole[4:]) == whole
    assert references.is_valid(whole.lower())
    assert not references.is_valid("RF99" + whole[4:])


@pytest.mark.parametrize(
    ("reference", "on_paper"),
    [
        # the bank bar code guide's example, in both of its forms
        ("868516259619897", "86851 62596 19897"),
        ("RF0986851625 9619897", "RF09 8685 1625 9619 897"),
        ("0001232", "1232"),
        ("123453", "1 23453"),
        ("INV/2026/1", "INV/2026/1"),
    ],
)
def test_a_reference_on_paper(reference: str, on_paper: str) -> None:
    assert references.printed(reference) == on_paper


def test_creditor_reference_without_a_finnish_body_is_valid():
    assert references.is_valid("RF18539007547034")
    assert not references.is_national("539007547034")


@pytest.mark.parametrize("bad", ["", "12", "1", "abc", "RF", "RF1", "²³²²", "1" * 21])
def test_not_a_reference(bad):
    assert not references.is_valid(bad)


@pytest.mark.parametrize("bad", ["123", "1" * 20 + "4"])
def test_a_right_check_digit_under_a_wrong_length(bad):
    assert references.check_digit(bad[:-1]) == bad[-1]
    assert not references.is_valid(bad)


@pytest.mark.parametrize("base", ["", "12", "00012", "1" * 20, "12a", "-123"])
def test_bases_that_make_no_reference(base):
    with pytest.raises(ValueError):
        references.make(base)


@given(st.integers(100, 10**19 - 1))
def test_every_made_reference_is_valid_and_has_an_rf_form(base):
    made = references.make(str(base))
    assert references.is_national(made)
    assert iso11649.is_valid(references.make_rf(made))


@given(st.text(max_size=30))
def test_any_text_is_judged_without_an_error(text):
    references.is_valid(text)
